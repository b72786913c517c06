//! Crashes by seed: a workload on the faulty device, the power goes at a random write, and what was
//! acknowledged must be there, in order, with nothing half done beside it.

use super::toy::*;
use crate::io::{FaultPlan, FaultyDevice, Rig};
use crate::task::Rng;
use crate::*;
use alloc::rc::Rc;
use core::cell::RefCell;
use std::vec::Vec;

/// A transaction here is three items carrying its number, then a commit.
fn workload(s: &Rc<Storage>, seed: u64, first: u64, acked: &Rc<RefCell<Vec<u64>>>) {
    for session in 0..3u64 {
        let (s, acked) = (s.clone(), acked.clone());
        let rng = Rng::new(seed ^ session << 32);
        s.scheduler().clone().spawn(async move {
            for n in 0..60 {
                let xid = first + n * 3 + session;
                for part in 0..3 {
                    let len = 60 + rng.below(900) as usize;
                    let item = text(xid * 10 + part, len);
                    if insert(&s, Xid(xid), &item).await.is_err() {
                        return;
                    }
                }
                if rng.chance(1, 20) && s.checkpoint(CheckpointKind::Requested).await.is_err() {
                    return;
                }
                // A relaxed commit is handed over, not promised.
                let strict = rng.chance(4, 5);
                if commit(&s, Xid(xid), strict).await.is_err() {
                    return;
                }
                if !strict {
                    continue;
                }
                acked.borrow_mut().push(xid);
            }
        });
    }
}

fn number(item: &[u8]) -> u64 {
    let digits = item.iter().skip(5).take_while(|b| b.is_ascii_digit());
    digits.fold(0, |n, d| n * 10 + u64::from(d - b'0'))
}

/// Two lives on one device, a crash in each.
fn one_run(seed: u64) -> (u64, u64) {
    let rng = Rng::new(seed);
    let plan = FaultPlan {
        seed,
        max_delay: rng.below(6),
        ..FaultPlan::default()
    };
    let mut rig = Rig::new(FaultyDevice::new(plan));
    rig.scheduler.choose_by_seed(Some(seed));
    let acked = Rc::new(RefCell::new(Vec::new()));
    let mut committed: Vec<u64> = Vec::new();
    let mut redone = 0;
    for life in 0..3u64 {
        let opened = open(
            &mut rig,
            Config {
                max_wal_bytes: 200_000,
                wal_compression: seed.is_multiple_of(4),
                ..small()
            },
        );
        let (s, report) = opened.unwrap_or_else(|e| panic!("seed {seed} life {life}: {e}"));
        redone += report.records;
        committed.extend(report.committed.iter().map(|x| x.0));
        verify(&mut rig, &s, seed, &acked.borrow(), &committed);
        workload(&s, seed, 1000 * (life + 1), &acked);
        let crash_at = rig.device.writes_started() + rng.below(120);
        while rig.device.writes_started() < crash_at && rig.turn() {}
        drop(s);
        // What committed so far may have left the log by the next life.
        committed.extend(acked.borrow().iter());
        rig.device.crash();
        rig = rig.reborn();
        rig.scheduler.choose_by_seed(Some(seed + life));
    }
    (redone, acked.borrow().len() as u64)
}

fn verify(
    rig: &mut Rig<FaultyDevice>,
    s: &Rc<Storage>,
    seed: u64,
    acked: &[u64],
    committed: &[u64],
) {
    let job = s.clone();
    let found = rig.run(async move { items(&job).await }).unwrap();
    let found = found.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let mut parts = std::collections::BTreeMap::<u64, u64>::new();
    for item in &found {
        let n = number(item);
        assert_eq!(
            item[..],
            text(n, item.len())[..],
            "seed {seed}: item damaged"
        );
        *parts.entry(n / 10).or_default() += 1;
    }
    for xid in acked {
        assert!(
            committed.contains(xid),
            "seed {seed}: commit record of {xid} lost"
        );
        assert_eq!(
            parts.get(xid),
            Some(&3),
            "seed {seed}: {xid} was acknowledged"
        );
    }
    // A commit record implies everything before it.
    for xid in committed {
        assert_eq!(
            parts.get(xid),
            Some(&3),
            "seed {seed}: {xid} committed but incomplete"
        );
    }
}

/// `VITRINE_SEEDS` asks for a longer run.
fn seeds(usual: u64) -> u64 {
    std::env::var("VITRINE_SEEDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(usual)
}

#[test]
fn acknowledged_commits_survive_crashes() {
    let (mut redone, mut acked) = (0, 0);
    for seed in 0..seeds(100) {
        let (r, a) = one_run(seed);
        redone += r;
        acked += a;
    }
    assert!(
        redone > 3_000 && acked > 1_000,
        "the runs did little: {redone} {acked}"
    );
}

#[test]
fn a_failed_log_write_ends_the_engine_and_loses_nothing() {
    let plan = FaultPlan {
        seed: 3,
        max_delay: 2,
        ..FaultPlan::default()
    };
    let mut rig = Rig::new(FaultyDevice::new(plan));
    let (s, _) = open(&mut rig, small()).unwrap();
    rig.device.plan_mut().fail_log_after = Some(40);
    let acked = Rc::new(RefCell::new(Vec::new()));
    workload(&s, 3, 1000, &acked);
    for _ in 0..3000 {
        rig.turn();
    }
    assert_eq!(s.check(), Err(StorageError::LogFailed));
    assert!(!acked.borrow().is_empty());
    drop(s);
    rig.device.crash();
    rig.device.plan_mut().fail_log_after = None;
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, small()).unwrap();
    let mut committed: Vec<u64> = report.committed.iter().map(|x| x.0).collect();
    committed.extend(acked.borrow().iter());
    verify(&mut rig, &s, 3, &acked.borrow(), &committed);
}

#[test]
fn a_full_device_keeps_what_was_committed() {
    let plan = FaultPlan {
        seed: 5,
        capacity: Some(1_500_000),
        reserve: 700_000,
        ..FaultPlan::default()
    };
    let mut rig = Rig::new(FaultyDevice::new(plan));
    let config = Config {
        max_wal_bytes: 1 << 30,
        ..small()
    };
    let (s, _) = open(&mut rig, config.clone()).unwrap();
    let acked = Rc::new(RefCell::new(Vec::new()));
    let (job, done) = (s.clone(), acked.clone());
    let error = rig
        .run(async move {
            for n in 0..10_000 {
                let one = async {
                    job.admit_write()?;
                    for part in 0..3 {
                        insert(&job, Xid(1000 + n), &text((1000 + n) * 10 + part, 500)).await?;
                    }
                    commit(&job, Xid(1000 + n), true).await
                };
                match one.await {
                    Ok(()) => done.borrow_mut().push(1000 + n),
                    Err(e) => return e,
                }
            }
            StorageError::Bug("never full")
        })
        .unwrap();
    assert_eq!(error, StorageError::Full);
    assert!(s.check().is_ok(), "a full device is an error, not the end");
    drop(s);
    rig.device.crash();
    // Somebody makes room.
    rig.device.plan_mut().capacity = None;
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, config).unwrap();
    let mut committed: Vec<u64> = report.committed.iter().map(|x| x.0).collect();
    committed.extend(acked.borrow().iter());
    verify(&mut rig, &s, 5, &acked.borrow(), &committed);
}
