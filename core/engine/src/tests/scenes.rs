//! Scenes with two sessions: who sees what, who waits for whom, what VACUUM leaves.

use super::toy::*;
use crate::access::*;
use crate::engine::Engine;
use crate::heap::HeapTable;
use crate::heap::vacuum::VacuumOptions;
use crate::txn::Isolation::{ReadCommitted, RepeatableRead};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::future::Future;
use std::string::String;
use vitrine_data::{Datum, SqlState};
use vitrine_storage::Config;
use vitrine_storage::io::{MemoryDevice, Rig};
use vitrine_storage::task::{OneShot, Rng};

/// Plays a scene on a fresh engine of 16 frames.
fn play<F: Future<Output = ()> + 'static>(scene: impl FnOnce(Rc<Engine>, HeapTable) -> F) {
    let mut rig = Rig::new(MemoryDevice::new());
    let config = Config {
        frames: 16,
        ..Config::default()
    };
    let (engine, _) = open(&mut rig, config).unwrap_or_else(|e| panic!("{}", e.message));
    let e = engine.clone();
    let made = rig.run(async move { create(&e).await.unwrap() }).unwrap();
    rig.run(scene(engine, made)).unwrap();
}

/// Runs a part of a scene as a task beside it.
fn beside<T: 'static>(e: &Engine, job: impl Future<Output = T> + 'static) -> OneShot<T> {
    let scheduler = e.storage.scheduler();
    let result = OneShot::new(scheduler, "test");
    let out = result.clone();
    scheduler.spawn(async move { out.set(job.await) });
    result
}

async fn settle(e: &Engine) {
    for _ in 0..50 {
        e.storage.scheduler().yield_now().await;
    }
}

#[test]
fn others_see_a_row_after_its_commit_and_not_before() {
    play(|e, t| async move {
        let (a, b) = (Client::new(&e), Client::new(&e));
        let (ta, tb) = (a.begin(&e, ReadCommitted), b.begin(&e, RepeatableRead));
        assert!(all(&e, &t, &tb).await.unwrap().is_empty());
        insert(&e, &t, &ta, row(1, 10, "one")).await.unwrap();
        assert_eq!(all(&e, &t, &ta).await.unwrap().len(), 1);
        assert!(all(&e, &t, &tb).await.unwrap().is_empty());
        e.txns.commit(&ta).await.unwrap();
        assert!(
            all(&e, &t, &tb).await.unwrap().is_empty(),
            "repeatable read is not"
        );
        e.txns.commit(&tb).await.unwrap();
        let tb = b.begin(&e, ReadCommitted);
        assert_eq!(all(&e, &t, &tb).await.unwrap(), [(1, 10, "one".into())]);
        let ta = a.begin(&e, ReadCommitted);
        assert!(matches!(
            delete(&e, &t, &ta, 1).await.unwrap(),
            RowOutcome::Ok(_)
        ));
        assert!(all(&e, &t, &ta).await.unwrap().is_empty());
        assert_eq!(all(&e, &t, &tb).await.unwrap().len(), 1);
        e.txns.abort(&ta).await.unwrap();
        assert_eq!(all(&e, &t, &tb).await.unwrap().len(), 1);
    });
}

#[test]
fn a_command_does_not_see_what_it_does_itself() {
    play(|e, t| async move {
        let a = Client::new(&e);
        let txn = a.begin(&e, ReadCommitted);
        let before = e.snapshot(&txn);
        e.insert(&txn, &t, &mut InsertOp::new(row(1, 1, "x")))
            .await
            .unwrap();
        assert!(find(&e, &t, &txn, &before, 1).await.unwrap().is_none());
        txn.next_command().unwrap();
        let after = e.snapshot(&txn);
        let (at, _) = find(&e, &t, &txn, &after, 1).await.unwrap().unwrap();
        // Deleted by this command: still seen by it, gone for the next (a combined command id).
        e.delete(&txn, &t, &mut DeleteOp::new(at.clone(), after.clone()))
            .await
            .unwrap();
        assert!(find(&e, &t, &txn, &after, 1).await.unwrap().is_some());
        let again = e
            .delete(&txn, &t, &mut DeleteOp::new(at, after))
            .await
            .unwrap();
        assert!(matches!(again, RowOutcome::SelfModified));
        txn.next_command().unwrap();
        assert!(
            find(&e, &t, &txn, &e.snapshot(&txn), 1)
                .await
                .unwrap()
                .is_none()
        );
        e.txns.commit(&txn).await.unwrap();
    });
}

#[test]
fn hot_updates_stay_on_their_page_and_are_pruned() {
    play(|e, t| async move {
        let a = Client::new(&e);
        let txn = a.begin(&e, ReadCommitted);
        insert(&e, &t, &txn, row(1, 5, "start")).await.unwrap();
        e.txns.commit(&txn).await.unwrap();
        for n in 0..600 {
            let txn = a.begin(&e, ReadCommitted);
            let body = alloc::format!("version {n}");
            update(&e, &t, &txn, 1, 5, &body, &[2]).await.unwrap();
            e.txns.commit(&txn).await.unwrap();
        }
        let txn = a.begin(&e, ReadCommitted);
        let size = e.act(|| t.size(e.cx(&txn))).await.unwrap();
        assert_eq!(size.blocks, 1);
        assert_eq!(
            all(&e, &t, &txn).await.unwrap(),
            [(1, 5, "version 599".into())]
        );
        e.txns.commit(&txn).await.unwrap();
        assert_eq!(checked(&e, &t).await, 1);
    });
}

#[test]
fn a_second_inserter_of_a_key_waits_for_the_first() {
    for first_commits in [true, false] {
        play(move |e, t| async move {
            let (a, b) = (Client::new(&e), Client::new(&e));
            let (ta, tb) = (a.begin(&e, ReadCommitted), b.begin(&e, ReadCommitted));
            insert(&e, &t, &ta, row(7, 1, "first")).await.unwrap();
            let (e2, t2, tb2) = (e.clone(), t.clone(), tb.clone());
            let second = beside(&e, async move {
                insert(&e2, &t2, &tb2, row(7, 2, "second")).await
            });
            settle(&e).await;
            assert!(second.try_take().is_none());
            assert_eq!(e.locks.blockers(b.session.id), [a.session.id]);
            match first_commits {
                true => drop(e.txns.commit(&ta).await.unwrap()),
                false => e.txns.abort(&ta).await.unwrap(),
            }
            let outcome = second.wait().await.unwrap();
            assert_eq!(first_commits, matches!(outcome, InsertOutcome::Conflict(_)));
            e.txns.abort(&tb).await.unwrap();
            assert_eq!(checked(&e, &t).await, u64::from(first_commits));
        });
    }
}

#[test]
fn an_update_waits_and_then_learns_of_the_newer_version() {
    play(|e, t| async move {
        let (a, b) = (Client::new(&e), Client::new(&e));
        let txn = a.begin(&e, ReadCommitted);
        insert(&e, &t, &txn, row(1, 1, "x")).await.unwrap();
        e.txns.commit(&txn).await.unwrap();
        let (ta, tb) = (a.begin(&e, ReadCommitted), b.begin(&e, ReadCommitted));
        update(&e, &t, &ta, 1, 2, "a", &[1, 2]).await.unwrap();
        let (e2, t2, tb2) = (e.clone(), t.clone(), tb.clone());
        let other = beside(&e, async move {
            update(&e2, &t2, &tb2, 1, 3, "b", &[1, 2]).await
        });
        settle(&e).await;
        assert!(other.try_take().is_none());
        e.txns.commit(&ta).await.unwrap();
        let RowOutcome::Updated(newer) = other.wait().await.unwrap() else {
            panic!("the update did not learn of the newer version");
        };
        let snapshot = e.snapshot(&tb);
        let mut op = UpdateOp::new(newer, snapshot, row(1, 3, "b"), Rc::from([1, 2]));
        assert!(matches!(
            e.update(&tb, &t, &mut op).await.unwrap(),
            RowOutcome::Ok(_)
        ));
        e.txns.commit(&tb).await.unwrap();
        let txn = a.begin(&e, ReadCommitted);
        assert_eq!(all(&e, &t, &txn).await.unwrap(), [(1, 3, "b".into())]);
        assert_eq!(checked(&e, &t).await, 1);
    });
}

#[test]
fn a_circle_of_waits_has_a_victim() {
    play(|e, t| async move {
        let (a, b) = (Client::new(&e), Client::new(&e));
        let txn = a.begin(&e, ReadCommitted);
        insert(&e, &t, &txn, row(1, 1, "x")).await.unwrap();
        insert(&e, &t, &txn, row(2, 2, "y")).await.unwrap();
        e.txns.commit(&txn).await.unwrap();
        let (ta, tb) = (a.begin(&e, ReadCommitted), b.begin(&e, ReadCommitted));
        update(&e, &t, &ta, 1, 10, "a", &[2]).await.unwrap();
        update(&e, &t, &tb, 2, 20, "b", &[2]).await.unwrap();
        let (e2, t2, tb2) = (e.clone(), t.clone(), tb.clone());
        let other = beside(&e, async move {
            let done = update(&e2, &t2, &tb2, 1, 11, "b", &[2]).await;
            e2.txns.abort(&tb2).await.unwrap();
            done.err()
        });
        settle(&e).await;
        let mine = update(&e, &t, &ta, 2, 21, "a", &[2]).await;
        // Whoever looks first after its deadlock_timeout finds the circle: the first to wait.
        let error = other.wait().await.expect("no victim");
        assert_eq!(error.code, SqlState::DEADLOCK_DETECTED);
        assert_eq!(error.message, "deadlock detected");
        let (xa, xb) = (ta.xid().unwrap(), tb.xid().unwrap());
        let expected = alloc::format!(
            "Process {1} waits for ShareLock on transaction {xa}; blocked by process {0}.\n\
             Process {0} waits for ShareLock on transaction {xb}; blocked by process {1}.",
            a.session.id,
            b.session.id
        );
        assert_eq!(error.detail.as_deref(), Some(expected.as_str()));
        assert!(matches!(mine.unwrap(), RowOutcome::Ok(_)));
        e.txns.commit(&ta).await.unwrap();
        assert!(e.locks.inspect().locks.is_empty(), "locks are left over");
    });
}

#[test]
fn a_rolled_back_savepoint_takes_only_its_own_with_it() {
    play(|e, t| async move {
        let a = Client::new(&e);
        let txn = a.begin(&e, ReadCommitted);
        insert(&e, &t, &txn, row(1, 1, "kept")).await.unwrap();
        let outer = e.txns.savepoint(&txn);
        insert(&e, &t, &txn, row(2, 2, "gone")).await.unwrap();
        let inner = e.txns.savepoint(&txn);
        update(&e, &t, &txn, 1, 9, "gone", &[1, 2]).await.unwrap();
        e.txns.release(&txn, inner);
        assert_eq!(all(&e, &t, &txn).await.unwrap().len(), 2);
        e.txns.rollback_to(&txn, outer).await.unwrap();
        assert_eq!(all(&e, &t, &txn).await.unwrap(), [(1, 1, "kept".into())]);
        insert(&e, &t, &txn, row(2, 3, "again")).await.unwrap();
        e.txns.commit(&txn).await.unwrap();
        let txn = a.begin(&e, ReadCommitted);
        let rows = all(&e, &t, &txn).await.unwrap();
        assert_eq!(rows, [(1, 1, "kept".into()), (2, 3, "again".into())]);
        assert_eq!(checked(&e, &t).await, 2);
    });
}

#[test]
fn long_values_go_out_of_line_and_come_back_whole() {
    play(|e, t| async move {
        let a = Client::new(&e);
        let rng = Rng::new(3);
        let noise: String = (0..200_000)
            .map(|_| (b'!' + rng.below(90) as u8) as char)
            .collect();
        let plain = "all the same ".repeat(20_000);
        let txn = a.begin(&e, ReadCommitted);
        insert(&e, &t, &txn, row(1, 1, &noise)).await.unwrap();
        insert(&e, &t, &txn, row(2, 2, &plain)).await.unwrap();
        e.txns.commit(&txn).await.unwrap();
        let txn = a.begin(&e, ReadCommitted);
        let rows = all(&e, &t, &txn).await.unwrap();
        assert!(rows[0].2 == noise && rows[1].2 == plain);
        // A change beside the value leaves its chunks where they are.
        let chunks = e
            .storage
            .pool()
            .length(crate::engine::file_of(500, crate::engine::Fork::Toast));
        update(&e, &t, &txn, 1, 7, &noise, &[1]).await.unwrap();
        let after = e
            .storage
            .pool()
            .length(crate::engine::file_of(500, crate::engine::Fork::Toast));
        assert!(chunks == after && chunks.unwrap() > 20);
        e.txns.commit(&txn).await.unwrap();
        let txn = a.begin(&e, ReadCommitted);
        delete(&e, &t, &txn, 2).await.unwrap();
        let rows = all(&e, &t, &txn).await.unwrap();
        assert!(rows.len() == 1 && rows[0].1 == 7 && rows[0].2 == noise);
        e.txns.commit(&txn).await.unwrap();
    });
}

#[test]
fn vacuum_frees_what_is_dead_and_marks_what_all_can_see() {
    play(|e, t| async move {
        let a = Client::new(&e);
        let txn = a.begin(&e, ReadCommitted);
        let rows: Vec<_> = (0..2000)
            .map(|n| row(n, n as i32 % 7, "some text"))
            .collect();
        let mut bulk = BulkOp::new(rows);
        assert!(e.insert_many(&txn, &t, &mut bulk).await.unwrap().is_none());
        assert_eq!(bulk.done.len(), 2000);
        e.txns.commit(&txn).await.unwrap();
        let txn = a.begin(&e, ReadCommitted);
        for id in (0..2000).filter(|id| id % 3 == 0) {
            delete(&e, &t, &txn, id).await.unwrap();
        }
        e.txns.commit(&txn).await.unwrap();
        let txn = a.begin(&e, ReadCommitted);
        let size = e.act(|| t.size(e.cx(&txn))).await.unwrap();
        let report = t
            .vacuum(e.cx(&txn), VacuumOptions::default())
            .await
            .unwrap();
        assert_eq!((report.versions_removed, report.pointers_freed), (667, 667));
        assert_eq!(report.index_entries_removed, 2 * 667);
        let after = e.act(|| t.size(e.cx(&txn))).await.unwrap();
        assert_eq!(after.all_visible_blocks, size.blocks);
        assert_eq!(index_only(&e, &t, &txn).await, 1333);
        // The room is used again.
        let rows: Vec<_> = (5000..5400).map(|n| row(n, 1, "some text")).collect();
        e.insert_many(&txn, &t, &mut BulkOp::new(rows))
            .await
            .unwrap();
        txn.next_command().unwrap();
        let again = e.act(|| t.size(e.cx(&txn))).await.unwrap();
        assert_eq!(again.blocks, size.blocks);
        assert!(again.all_visible_blocks < size.blocks);
        assert_eq!(index_only(&e, &t, &txn).await, 1733);
        e.txns.commit(&txn).await.unwrap();
        assert_eq!(checked(&e, &t).await, 1733);
    });
}

async fn index_only(e: &Engine, t: &HeapTable, txn: &crate::txn::Txn) -> usize {
    let spec = IndexScanSpec {
        snapshot: e.snapshot(txn),
        columns: Rc::from([]),
        index_oid: ID_INDEX,
        range: KeyRange::all(),
        backward: true,
        index_only: true,
    };
    let mut scan = t.index_scan(spec).unwrap();
    let (mut count, mut last) = (0, key(Datum::Null));
    loop {
        let mut out = RowSink::new(&[], 64).with_keys();
        let more = e.act(|| scan.next(e.cx(txn), &mut out)).await.unwrap();
        for (key, _) in out.keys.unwrap_or_default() {
            assert!(count == 0 || key < last, "a backward scan goes forward");
            last = key;
            count += 1;
        }
        if !more {
            return count;
        }
    }
}

#[test]
fn shared_row_locks_let_each_other_in_and_keep_deleters_out() {
    use crate::RowWait;
    use crate::lock::RowStrength;
    play(|e, t| async move {
        let (a, b) = (Client::new(&e), Client::new(&e));
        let txn = a.begin(&e, ReadCommitted);
        insert(&e, &t, &txn, row(1, 1, "parent")).await.unwrap();
        e.txns.commit(&txn).await.unwrap();
        let (ta, tb) = (a.begin(&e, ReadCommitted), b.begin(&e, ReadCommitted));
        for txn in [&ta, &tb] {
            let snapshot = e.snapshot(txn);
            let (at, _) = find(&e, &t, txn, &snapshot, 1).await.unwrap().unwrap();
            let strength = RowStrength::KeyShare;
            let got = e
                .lock_row(txn, &t, &at, &snapshot, strength, RowWait::Error)
                .await
                .unwrap();
            assert!(matches!(got, RowOutcome::Ok(_)));
        }
        // An update that leaves the key alone goes through; its new version stays protected.
        assert!(matches!(
            update(&e, &t, &ta, 1, 5, "p", &[2]).await.unwrap(),
            RowOutcome::Ok(_)
        ));
        e.txns.commit(&ta).await.unwrap();
        let ta = a.begin(&e, ReadCommitted);
        let (e2, t2, ta2) = (e.clone(), t.clone(), ta.clone());
        let gone = beside(&e, async move { delete(&e2, &t2, &ta2, 1).await });
        settle(&e).await;
        assert!(gone.try_take().is_none(), "deleted under a key share lock");
        e.txns.commit(&tb).await.unwrap();
        assert!(matches!(gone.wait().await.unwrap(), RowOutcome::Ok(_)));
        e.txns.commit(&ta).await.unwrap();
    });
}
