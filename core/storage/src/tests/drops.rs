//! Futures are dropped everywhere: after any number of polls, in the middle of fetches, flushes,
//! checkpoints. Nothing may leak, nobody may wait for ever, and no data may go (E2).

use super::toy::*;
use crate::io::{FaultPlan, FaultyDevice, Rig};
use crate::task::Rng;
use crate::*;
use alloc::boxed::Box;
use core::future::{Future, poll_fn};
use core::task::Poll;
use std::vec::Vec;

/// Runs `job` for at most `polls` polls, then drops it.
async fn give_up_after(polls: u64, job: impl Future<Output = ()>) {
    let mut job = Some(Box::pin(job));
    let mut left = polls;
    poll_fn(move |cx| {
        let Some(running) = job.as_mut() else {
            return Poll::Ready(());
        };
        if left == 0 {
            job = None;
            return Poll::Ready(());
        }
        left -= 1;
        running.as_mut().poll(cx)
    })
    .await;
}

fn one_run(seed: u64) {
    let rng = Rng::new(seed);
    let plan = FaultPlan {
        seed,
        max_delay: 3,
        ..FaultPlan::default()
    };
    let mut rig = Rig::new(FaultyDevice::new(plan));
    rig.scheduler.choose_by_seed(Some(seed));
    let (s, _) = open(&mut rig, small()).unwrap();
    let job = s.clone();
    rig.run(async move {
        for i in 0..1200 {
            insert(&job, Xid(3), &text(i, 150)).await.unwrap();
        }
    })
    .unwrap();
    for i in 0..40u64 {
        let (pool, polls) = (s.clone(), 1 + rng.below(8));
        let s = s.clone();
        let (kind, block) = (rng.below(5), rng.below(20) as u32);
        rig.scheduler
            .clone()
            .spawn(give_up_after(polls, async move {
                match kind {
                    0 => drop(insert(&s, Xid(4), &text(5000 + i, 700)).await),
                    1 => drop(commit(&s, Xid(4), true).await),
                    2 => drop(s.checkpoint(CheckpointKind::Requested).await),
                    3 => {
                        let tags = [block, block + 3].map(|b| PageTag::new(FILE, b));
                        let both = |s: &Storage| {
                            let (a, b) = (s.pool().read(tags[0])?, s.pool().read(tags[1])?);
                            Ok(a.item_count() + b.item_count())
                        };
                        s.act(both).await.ok();
                    }
                    _ => drop(items(&s).await),
                }
            }));
        if rng.chance(1, 3) {
            pool.pool().prefetch(FILE, block, 5);
        }
        for _ in 0..rng.below(4) {
            rig.turn();
        }
    }
    // Life goes on: everything is still there and can be read, written, checkpointed and closed.
    let job = s.clone();
    let found = rig
        .run(async move {
            let found = items(&job).await.unwrap();
            insert(&job, Xid(9), b"the last").await.unwrap();
            commit(&job, Xid(9), true).await.unwrap();
            job.close().await.unwrap();
            found
        })
        .unwrap_or_else(|e| panic!("seed {seed}: {e:?} {:?}", rig.scheduler.inspect()));
    let first: Vec<_> = (0..1200).map(|i| text(i, 150)).collect();
    assert_eq!(found[..1200], first[..], "seed {seed}");
    for frame in s.pool().snapshot().frames {
        assert!(
            frame.pins == 0 && !frame.loading && !frame.writing,
            "seed {seed}: {frame:?}"
        );
    }
    assert_eq!(s.pool().dirty_count(), 0, "seed {seed}");
}

#[test]
fn dropped_futures_leave_nothing_behind() {
    for seed in 0..40 {
        one_run(seed);
    }
}
