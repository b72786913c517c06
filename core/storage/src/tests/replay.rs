//! A run is a function of its inputs, and watching is not one of them (E4, E17).

use super::toy::*;
use crate::io::{Disk, Io, MemoryDevice, Rig, replay};
use crate::task::{Input, Recorder, Scheduler};
use crate::*;
use alloc::rc::Rc;
use core::cell::RefCell;
use std::vec::Vec;

/// The engine as far as messages can reach it.
#[derive(Clone)]
struct Engine {
    scheduler: Scheduler,
    io: Io,
    storage: Rc<RefCell<Option<Rc<Storage>>>>,
}

impl Engine {
    fn new(scheduler: &Scheduler, io: &Io) -> Engine {
        scheduler.choose_by_seed(Some(99));
        Engine {
            scheduler: scheduler.clone(),
            io: io.clone(),
            storage: Rc::default(),
        }
    }

    /// Message 0 opens the database, any other starts a session of that number.
    fn deliver(&self, message: u8) {
        let this = self.clone();
        self.scheduler.spawn(async move {
            if message == 0 {
                let (io, scheduler) = (this.io.clone(), this.scheduler.clone());
                let opened = Storage::open(small(), io, scheduler, ROWS).await.unwrap();
                *this.storage.borrow_mut() = Some(opened.0);
                return;
            }
            let Some(s) = this.storage.borrow().clone() else {
                return;
            };
            for i in 0..80 {
                let xid = s.take_xid();
                insert(&s, xid, &text(i, 200 + usize::from(message)))
                    .await
                    .unwrap();
                commit(&s, xid, i % 3 == 0).await.unwrap();
                if i == 40 {
                    s.checkpoint(CheckpointKind::Requested).await.unwrap();
                }
            }
        });
    }
}

/// Runs with four sessions; `watch` looks at everything between turns.
fn run(recorder: Option<Recorder>, watch: bool) -> (Disk, u64) {
    let mut rig = Rig::new(MemoryDevice::new());
    rig.scheduler.set_recorder(recorder);
    rig.budget = 7;
    let engine = Engine::new(&rig.scheduler, &rig.io);
    let mut seen = 0;
    for turn in 0..4000 {
        if turn % 50 == 0 && turn <= 200 {
            let message = (turn / 50) as u8;
            rig.scheduler
                .record(|| Input::Message(alloc::vec![message]));
            engine.deliver(message);
        }
        if watch && turn % 5 == 0 {
            rig.trace.switch(true);
            seen += look(&rig, &engine);
        }
        if !rig.turn() && turn > 200 {
            break;
        }
    }
    let storage = engine.storage.borrow().clone().unwrap();
    assert!(storage.wal_snapshot(0).counters.records > 600);
    (rig.device.disk.clone(), seen)
}

fn look(rig: &Rig<MemoryDevice>, engine: &Engine) -> u64 {
    let mut seen = rig.trace.read(0, 100).events.len() + rig.io.inspect().len();
    seen += rig.scheduler.inspect().len();
    if let Some(s) = &*engine.storage.borrow() {
        seen += s.pool().snapshot().frames.len() + s.wal_snapshot(50).records.len();
        let tag = PageTag::new(FILE, 3);
        seen += s.pool().peek_view(tag).map_or(0, |v| v.items.len());
        seen += s.pool().peek(tag).map_or(0, |p| p.bytes().len());
    }
    seen as u64
}

#[test]
fn a_recorded_run_replays_to_identical_bytes() {
    let recorder = Recorder::new();
    let (disk, _) = run(Some(recorder.clone()), false);
    let entries = recorder.take();
    assert!(
        entries
            .iter()
            .any(|e| matches!(e.input, Input::Completion(..)))
    );

    let fresh = Rig::new(MemoryDevice::new());
    let engine = Engine::new(&fresh.scheduler, &fresh.io);
    let submitted = replay(&fresh.scheduler, &fresh.io, &entries, |input| {
        if let Input::Message(bytes) = input {
            engine.deliver(bytes[0]);
        }
    });
    let mut again = Disk::new();
    for (_, op) in submitted.unwrap() {
        again.perform(&op).unwrap();
    }
    assert!(again == disk, "the replay wrote other bytes");

    // A changed input is noticed.
    let mut other: Vec<_> = entries;
    let middle = other.len() / 2;
    let lost = other
        .iter()
        .skip(middle)
        .position(|e| matches!(e.input, Input::Completion(..)));
    other.remove(middle + lost.unwrap());
    let fresh = Rig::new(MemoryDevice::new());
    let engine = Engine::new(&fresh.scheduler, &fresh.io);
    let lost = replay(&fresh.scheduler, &fresh.io, &other, |input| {
        if let Input::Message(bytes) = input {
            engine.deliver(bytes[0]);
        }
    });
    let same = lost.is_ok_and(|ops| {
        let mut disk_again = Disk::new();
        ops.iter().for_each(|(_, op)| drop(disk_again.perform(op)));
        disk_again == disk
    });
    assert!(!same);
}

#[test]
fn watching_changes_nothing() {
    let (quiet, _) = run(None, false);
    let (watched, seen) = run(None, true);
    assert!(seen > 1_000, "{seen}");
    assert!(quiet == watched);
}

#[test]
fn the_ring_says_what_it_dropped() {
    let scheduler = Scheduler::new();
    let trace = trace::Trace::new(&scheduler, 10);
    trace.emit(|| unreachable!("off: the event is not made"));
    trace.switch(true);
    for n in 0..25 {
        trace.emit(|| Event::XidAssigned {
            session: SessionId(1),
            xid: Xid(n),
        });
    }
    let batch = trace.read(3, 4);
    assert_eq!((batch.dropped, batch.next_seq), (12, 19));
    assert_eq!(batch.events.first().map(|e| e.seq), Some(15));
    let rest = trace.read(batch.next_seq, 100);
    assert_eq!((rest.dropped, rest.events.len(), rest.next_seq), (0, 6, 25));
    assert!(trace.read(25, 100).events.is_empty());
}
