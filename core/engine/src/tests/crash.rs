//! Random transactions on the faulty device with a crash at a random write: what was acknowledged is
//! there, what was not committed is not, and every index agrees with its table.
//!
//! The model: the rows after each acknowledged commit, and those after the one commit whose fate the
//! crash left open, if there is one. Recovery must give one of the two. `VITRINE_SEED=n` replays one
//! seed, `VITRINE_SEEDS=n` runs that many.

use super::toy::*;
use crate::access::RowOutcome;
use crate::engine::Engine;
use crate::heap::HeapTable;
use crate::heap::vacuum::VacuumOptions;
use crate::txn::Isolation::ReadCommitted;
use crate::{TableAccess, access::InsertOutcome};
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::string::String;
use vitrine_data::Result;
use vitrine_storage::Config;
use vitrine_storage::io::{FaultPlan, FaultyDevice, Rig};
use vitrine_storage::task::Rng;

type Rows = BTreeMap<i64, (i32, String)>;

/// Sessions work on ids of their own (`id % SESSIONS`), so each has a model of its own.
const SESSIONS: i64 = 3;

#[derive(Default)]
struct Model {
    sure: Rows,
    /// After the commit that is under way.
    open: Option<Rows>,
}

async fn one_transaction(
    e: &Engine,
    t: &HeapTable,
    client: &Client,
    rng: &Rng,
    who: i64,
    model: &RefCell<Model>,
) -> Result<()> {
    let mut rows = model.borrow().sure.clone();
    let txn = client.begin(e, ReadCommitted);
    let mut kept = None;
    for step in 0..1 + rng.below(6) {
        let id = rng.below(30) as i64 * SESSIONS + who;
        let v = rng.below(5) as i32;
        let len = if rng.chance(1, 15) {
            9000
        } else {
            rng.below(300) as usize
        };
        let body: String = (0..len)
            .map(|_| (b'a' + rng.below(26) as u8) as char)
            .collect();
        if step == 2 && rng.chance(1, 3) {
            kept = Some((e.txns.savepoint(&txn), rows.clone()));
        }
        match rng.below(4) {
            0 | 1 => {
                let done = insert(e, t, &txn, row(id, v, &body)).await?;
                match done {
                    InsertOutcome::Done(_) => assert!(rows.insert(id, (v, body)).is_none()),
                    _ => {
                        assert!(rows.contains_key(&id), "conflict without a row");
                        e.txns.abort(&txn).await?;
                        return Ok(());
                    }
                }
            }
            2 => {
                let (v, changed): (i32, &[usize]) = match rows.get(&id) {
                    Some((old, _)) if rng.chance(1, 2) => (*old, &[2]),
                    _ => (v, &[1, 2]),
                };
                let done = update(e, t, &txn, id, v, &body, changed).await?;
                let is_there = rows.contains_key(&id);
                assert_eq!(matches!(done, RowOutcome::Ok(_)), is_there, "{done:?}");
                if is_there {
                    rows.insert(id, (v, body));
                }
            }
            _ => {
                let done = delete(e, t, &txn, id).await?;
                assert_eq!(
                    matches!(done, RowOutcome::Ok(_)),
                    rows.remove(&id).is_some(),
                    "{done:?} of {id}, now {:?}",
                    txn.xid()
                );
            }
        }
    }
    if let Some((savepoint, before)) = kept
        && rng.chance(1, 2)
    {
        e.txns.rollback_to(&txn, savepoint).await?;
        rows = before;
    }
    if rng.chance(1, 5) {
        return e.txns.abort(&txn).await;
    }
    model.borrow_mut().open = Some(rows);
    e.txns.commit(&txn).await?;
    let mut model = model.borrow_mut();
    if let Some(rows) = model.open.take() {
        model.sure = rows;
    }
    Ok(())
}

fn workload(e: &Rc<Engine>, t: &HeapTable, seed: u64, models: &[Rc<RefCell<Model>>]) {
    for (who, model) in (0..).zip(models) {
        let (e, t, model) = (e.clone(), t.clone(), model.clone());
        let rng = Rng::new(seed ^ (who as u64 + 1) << 40);
        e.storage.scheduler().clone().spawn(async move {
            let client = Client::new(&e);
            for _ in 0..80 {
                if one_transaction(&e, &t, &client, &rng, who, &model)
                    .await
                    .is_err()
                {
                    return;
                }
                if rng.chance(1, 25) && e.checkpoint().await.is_err() {
                    return;
                }
                if rng.chance(1, 25) {
                    let txn = client.begin(&e, ReadCommitted);
                    let done = t.vacuum(e.cx(&txn), VacuumOptions::default()).await;
                    if done.is_err() || e.txns.commit(&txn).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}

/// What the table shows must be one of the states each session's model allows.
async fn verify(e: &Engine, t: &HeapTable, seed: u64, models: &[Rc<RefCell<Model>>]) {
    let client = Client::new(e);
    let txn = client.begin(e, ReadCommitted);
    let rows = all(e, t, &txn).await.unwrap();
    e.txns.commit(&txn).await.unwrap();
    let report = t.check(e.cx(&txn), e.txns.take_snapshot(0)).await.unwrap();
    assert!(report.faults.is_empty(), "seed {seed}: {:?}", report.faults);
    for (who, model) in (0..).zip(models) {
        let mine = rows.iter().filter(|r| r.0 % SESSIONS == who);
        let found: Rows = mine.map(|r| (r.0, (r.1, r.2.clone()))).collect();
        let mut model = model.borrow_mut();
        let open = model.open.take();
        if found != model.sure {
            let differs = |a: &Rows, b: &Rows| -> Vec<i64> {
                a.iter()
                    .filter(|(k, v)| b.get(k) != Some(v))
                    .map(|(k, _)| *k)
                    .collect()
            };
            assert!(
                open.as_ref() == Some(&found),
                "seed {seed}: session {who} lost {:?} or gained {:?}; a commit was under way: {}",
                differs(&model.sure, &found),
                differs(&found, &model.sure),
                open.is_some(),
            );
            model.sure = found;
        }
    }
}

fn run_seed(seed: u64) {
    let rng = Rng::new(seed);
    let plan = FaultPlan {
        seed,
        max_delay: rng.below(5),
        ..FaultPlan::default()
    };
    let mut rig = Rig::new(FaultyDevice::new(plan));
    rig.scheduler.choose_by_seed(Some(seed));
    let models: Vec<_> = (0..SESSIONS)
        .map(|_| Rc::new(RefCell::new(Model::default())))
        .collect();
    let config = || Config {
        frames: 16,
        max_wal_bytes: 150_000,
        ..Config::default()
    };
    let (e, _) = open(&mut rig, config()).unwrap_or_else(|e| panic!("{seed}: {}", e.message));
    let job = e.clone();
    let mut t = rig.run(async move { create(&job).await.unwrap() }).unwrap();
    let mut engine = e;
    for life in 0..3u64 {
        workload(&engine, &t, seed * 10 + life, &models);
        let crash_at = rig.device.writes_started() + rng.below(400);
        while rig.device.writes_started() < crash_at && rig.turn() {}
        drop(engine);
        rig.device.crash();
        rig = rig.reborn();
        rig.scheduler.choose_by_seed(Some(seed + life));
        let opened = open(&mut rig, config());
        (engine, _) = opened.unwrap_or_else(|e| panic!("seed {seed}: {}", e.message));
        t = table(true);
        let (job, table, models) = (engine.clone(), t.clone(), models.clone());
        rig.run(async move { verify(&job, &table, seed, &models).await })
            .unwrap_or_else(|_| panic!("seed {seed}: verification is stuck"));
    }
}

#[test]
fn nothing_committed_is_lost_and_nothing_else_is_seen() {
    let number = |name| std::env::var(name).ok().and_then(|s| s.parse::<u64>().ok());
    let first = number("VITRINE_SEED");
    let count = number("VITRINE_SEEDS").unwrap_or(if first.is_some() { 1 } else { 20 });
    let first = first.unwrap_or(1);
    for seed in first..first + count {
        run_seed(seed);
    }
}
