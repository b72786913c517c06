//! Ordinary life: create, insert, read, close, open again; on memory, with few frames.

use super::toy::*;
use crate::io::{MemoryDevice, Rig};
use crate::page::PageEdit;
use crate::*;
use alloc::rc::Rc;
use std::vec::Vec;

fn fill(rig: &mut Rig<MemoryDevice>, s: &Rc<Storage>, from: u64, n: u64) {
    let s = s.clone();
    rig.run(async move {
        for i in from..from + n {
            insert(&s, Xid(i), &text(i, 100)).await.unwrap();
        }
        commit(&s, Xid(from), true).await.unwrap();
    })
    .unwrap();
}

fn all(rig: &mut Rig<MemoryDevice>, s: &Rc<Storage>) -> Vec<Vec<u8>> {
    let s = s.clone();
    rig.run(async move { items(&s).await.unwrap() }).unwrap()
}

fn expected(n: u64) -> Vec<Vec<u8>> {
    (0..n).map(|i| text(i, 100)).collect()
}

#[test]
fn survives_close_and_sudden_death() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, report) = open(&mut rig, small()).unwrap();
    assert!(report.created);
    fill(&mut rig, &s, 0, 2000);
    assert_eq!(all(&mut rig, &s), expected(2000));
    assert!(
        s.pool().counters().evictions > 0,
        "2000 items do not fit sixteen frames"
    );

    // Death without a word: the log brings it back.
    drop(s);
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, small()).unwrap();
    assert!(!report.created && !report.clean);
    assert_eq!(report.committed, [Xid(0)]);
    assert_eq!(report.stopped_because, "end of the log");
    assert_eq!(s.next_xid(), Xid(2000), "replay saw the ids in use");
    assert_eq!(all(&mut rig, &s), expected(2000));
    fill(&mut rig, &s, 2000, 100);

    let closing = s.clone();
    rig.run(async move { closing.close().await })
        .unwrap()
        .unwrap();
    drop(s);
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, small()).unwrap();
    assert!(report.clean, "{report:?}");
    assert_eq!(all(&mut rig, &s), expected(2100));
}

#[test]
fn checkpoint_shortens_recovery_and_removes_log() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 1000);
    let before = rig.device.disk.log_bytes();
    let job = s.clone();
    rig.run(async move { job.checkpoint(CheckpointKind::Requested).await })
        .unwrap()
        .unwrap();
    rig.turn();
    assert!(rig.device.disk.log_bytes() < before / 2);
    fill(&mut rig, &s, 1000, 10);
    let images = s.wal_snapshot(1000).counters.full_page_images;
    assert!(
        images >= 1,
        "the first change after a checkpoint carries an image"
    );
    drop(s);
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, small()).unwrap();
    assert!(report.records < 20, "{}", report.records);
    assert_eq!(all(&mut rig, &s), expected(1010));
}

#[test]
fn checkpoints_come_by_volume_and_by_time() {
    let mut rig = Rig::new(MemoryDevice::new());
    let config = Config {
        max_wal_bytes: 50_000,
        ..small()
    };
    let (s, _) = open(&mut rig, config).unwrap();
    let first = s.control_view().checkpoint;
    fill(&mut rig, &s, 0, 2000);
    let tick = rig.scheduler.sleep(300_000);
    rig.run(tick).unwrap();
    let second = s.control_view();
    assert!(second.checkpoint > first);
    assert_eq!(second.last_checkpoint, Some(CheckpointKind::Volume));
    fill(&mut rig, &s, 2000, 1);
    let tick = rig.scheduler.sleep(400_000_000);
    rig.run(tick).unwrap();
    assert_eq!(
        s.control_view().last_checkpoint,
        Some(CheckpointKind::Timed)
    );
    assert!(
        !rig.turn() || !rig.turn(),
        "an idle engine sleeps without timers"
    );
}

#[test]
fn relaxed_log_is_made_strict_before_pages_go_out() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    let job = s.clone();
    rig.run(async move {
        insert(&job, Xid(5), b"row").await.unwrap();
        commit(&job, Xid(5), false).await.unwrap();
        assert!(job.wal().written_lsn() > job.wal().flushed_lsn());
        job.checkpoint(CheckpointKind::Requested).await.unwrap();
        assert_eq!(job.wal().written_lsn(), job.wal().flushed_lsn());
    })
    .unwrap();
}

#[test]
fn asynchronous_commit_reaches_the_device_by_itself() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    let lsn = s.log(TOY, COMMIT, Xid(9), &[]).unwrap();
    s.flush_soon(lsn);
    let tick = rig.scheduler.sleep(200_000);
    rig.run(tick).unwrap();
    assert!(s.wal().written_lsn() >= lsn);
}

#[test]
fn a_flipped_bit_names_its_page_and_spares_the_rest() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 500);
    let closing = s.clone();
    rig.run(async move { closing.close().await })
        .unwrap()
        .unwrap();
    drop(s);
    let mut rig = rig.reborn();
    let bad = PageTag::new(FILE, 2);
    assert!(rig.device.disk.flip_bit(bad, 40_000));
    let (s, _) = open(&mut rig, small()).unwrap();
    let read = move |s: &Storage, tag| s.pool().read(tag).map(|p| p.item_count());
    let job = s.clone();
    rig.run(async move {
        let got = job.act(|s| read(s, bad)).await;
        assert!(
            matches!(got, Err(StorageError::Corrupt { tag, .. }) if tag == bad),
            "{got:?}"
        );
        assert!(job.act(|s| read(s, PageTag::new(FILE, 1))).await.unwrap() > 0);
    })
    .unwrap();
}

#[test]
fn unknown_format_and_lost_control_are_refused() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 500);
    drop(s);
    let good = rig.device.disk.clone();
    let with_slots = |f: &dyn Fn(&mut Vec<u8>)| {
        let mut disk = good.clone();
        disk.edit_control(f);
        open(&mut Rig::new(MemoryDevice::with(disk)), small()).err()
    };
    assert_eq!(
        with_slots(&|slot| slot[4] = 99),
        Some(StorageError::UnknownFormat(99))
    );
    let torn = with_slots(&|slot| slot[50] ^= 1);
    assert!(
        matches!(torn, Some(StorageError::CorruptControl { .. })),
        "{torn:?}"
    );
}

#[test]
fn a_half_done_action_stops_the_engine() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 10);
    let failed = s.try_act(|s| {
        let mut m = s.mini(TOY, INSERT, Xid(77));
        m.edit(PageTag::new(FILE, 0), PageEdit::Flags { clear: 0, set: 1 })?;
        m.edit(
            PageTag::new(FILE, 0),
            PageEdit::DeleteItems {
                from: 900,
                count: 1,
            },
        )?;
        Ok(m.finish())
    });
    assert!(matches!(failed, Err(Stop::Err(StorageError::Stopped(_)))));
    assert!(s.check().is_err());
    drop(s);
    let mut rig = rig.reborn();
    let (s, _) = open(&mut rig, small()).unwrap();
    assert_eq!(all(&mut rig, &s), expected(10));
    assert_eq!(
        s.pool().peek(PageTag::new(FILE, 0)).map(|p| p.flags()),
        Some(0)
    );
}

#[test]
fn a_miss_before_the_first_edit_changes_nothing() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 2000);
    let gone = (0..30)
        .map(|b| PageTag::new(FILE, b))
        .find(|t| s.pool().peek(*t).is_none());
    let gone = gone.unwrap();
    let before = s.wal().insert_lsn();
    let missed = s.try_act(|s| {
        let mut m = s.mini(TOY, INSERT, Xid(1));
        m.edit(gone, PageEdit::Flags { clear: 0, set: 1 })?;
        Ok(m.finish())
    });
    assert_eq!(missed, Err(Stop::Need(gone)));
    assert_eq!(s.wal().insert_lsn(), before);
    assert!(s.check().is_ok());
}

#[test]
fn hints_do_not_make_pages_dirty() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 10);
    let job = s.clone();
    rig.run(async move { job.checkpoint(CheckpointKind::Requested).await })
        .unwrap()
        .unwrap();
    let tag = PageTag::new(FILE, 0);
    let lsn = s.wal().insert_lsn();
    assert!(s.pool().hint(
        tag,
        &PageEdit::ItemBytes {
            offset: 1,
            at: 0,
            bytes: b"I"
        }
    ));
    assert!(
        !s.pool()
            .hint(tag, &PageEdit::DeleteItems { from: 1, count: 1 }),
        "not a hint"
    );
    assert_eq!(s.pool().dirty_count(), 0);
    assert_eq!(s.wal().insert_lsn(), lsn);
    assert_eq!(
        s.pool().peek(tag).and_then(|p| p.item(1).map(|i| i[0])),
        Some(b'I')
    );
}

#[test]
fn many_sessions_share_sixteen_frames() {
    let mut rig = Rig::new(MemoryDevice::new());
    rig.scheduler.choose_by_seed(Some(4));
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 3000);
    let done = Rc::new(core::cell::Cell::new(0));
    for session in 0..12u32 {
        let (s, done) = (s.clone(), done.clone());
        rig.scheduler.clone().spawn(async move {
            for round in 0..30 {
                // Five pages far apart at once.
                let first = (session * 7 + round * 3) % 10;
                s.act(|s| {
                    let tags = (0..5).map(|k| PageTag::new(FILE, first + k * 6));
                    let pages: Result<Vec<_>, Stop> = tags.map(|t| s.pool().read(t)).collect();
                    Ok(pages?.len())
                })
                .await
                .unwrap();
                if round % 5 == 0 {
                    insert(&s, Xid(10_000), &text(1, 300)).await.unwrap();
                }
            }
            done.set(done.get() + 1);
        });
    }
    for _ in 0..200_000 {
        if done.get() == 12 {
            break;
        }
        rig.turn();
    }
    assert_eq!(done.get(), 12, "{:?}", rig.scheduler.inspect());
    assert!(
        s.pool()
            .snapshot()
            .frames
            .iter()
            .all(|f| f.pins == 0 || f.writing)
    );
}

#[test]
fn files_are_truncated_and_removed_for_good() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    fill(&mut rig, &s, 0, 2000);
    let job = s.clone();
    rig.run(async move { job.truncate_file(FILE, 2).await })
        .unwrap()
        .unwrap();
    let kept = all(&mut rig, &s).len();
    assert!(kept > 100 && kept < 200, "{kept}");
    drop(s);
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, small()).unwrap();
    assert_eq!(all(&mut rig, &s).len(), kept);
    assert!(report.unreadable_pages.is_empty());
    let job = s.clone();
    rig.run(async move { job.remove_file(FILE).await })
        .unwrap()
        .unwrap();
    drop(s);
    let mut rig = rig.reborn();
    let (s, _) = open(&mut rig, small()).unwrap();
    assert_eq!(all(&mut rig, &s).len(), 0);
}

#[test]
fn ids_are_never_given_twice() {
    let mut rig = Rig::new(MemoryDevice::new());
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..6 {
        let (s, _) = open(&mut rig, small()).unwrap();
        for _ in 0..40 {
            assert!(seen.insert((0, s.take_file().unwrap().0)));
            assert!(seen.insert((1, s.take_oid().unwrap())));
        }
        let job = s.clone();
        rig.run(async move {
            job.commit_flush(job.wal().insert_lsn(), true)
                .await
                .unwrap();
            if round % 2 == 0 {
                job.checkpoint(CheckpointKind::Requested).await.unwrap();
            }
        })
        .unwrap();
        for _ in 0..3 {
            assert!(seen.insert((0, s.take_file().unwrap().0)));
        }
        let job = s.clone();
        rig.run(async move { job.commit_flush(job.wal().insert_lsn(), true).await })
            .unwrap()
            .unwrap();
        drop(s);
        rig = rig.reborn();
    }
}

#[test]
fn without_full_images_the_page_lsn_guards_redo() {
    let mut rig = Rig::new(MemoryDevice::new());
    let config = Config {
        full_page_writes: false,
        ..small()
    };
    let (s, _) = open(&mut rig, config.clone()).unwrap();
    fill(&mut rig, &s, 0, 500);
    let job = s.clone();
    rig.run(async move { job.checkpoint(CheckpointKind::Requested).await })
        .unwrap()
        .unwrap();
    // The last page is changed after the checkpoint, then pushed out by reading the others.
    fill(&mut rig, &s, 500, 1500);
    assert_eq!(s.wal_snapshot(0).counters.full_page_images, 0);
    assert_eq!(all(&mut rig, &s), expected(2000));
    drop(s);
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, config).unwrap();
    assert!(
        report.already_there > 0 && report.edits_applied > 0,
        "{report:?}"
    );
    assert_eq!(all(&mut rig, &s), expected(2000));
}

#[test]
fn log_behind_a_gap_never_comes_back() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (s, _) = open(&mut rig, small()).unwrap();
    for n in 0..6 {
        fill(&mut rig, &s, n * 10, 10);
    }
    drop(s);
    // The fourth chunk of rows is lost, the later ones were kept.
    rig.device.disk.lose_chunk(3);
    let mut rig = rig.reborn();
    let (s, report) = open(&mut rig, small()).unwrap();
    assert_eq!(report.stopped_because, "a chunk of the log is missing");
    assert!(report.bytes_after_end > 0);
    let kept = all(&mut rig, &s).len() as u64;
    assert!(kept > 0 && kept < 60);
    // One long chunk now covers the places where the old ones began.
    fill(&mut rig, &s, kept, 100);
    drop(s);
    let mut rig = rig.reborn();
    let (s, _) = open(&mut rig, small()).unwrap();
    assert_eq!(all(&mut rig, &s), expected(kept + 100));
}
