//! The chapter on this room, with its rules, is its README.
#![doc = include_str!("README.md")]

use alloc::collections::VecDeque;
use core::cell::{Cell, RefCell};
use vitrine_view::{Event, EventBatch, Stamped};

pub struct Trace {
    on: Cell<bool>,
    ring: RefCell<VecDeque<Stamped>>,
    capacity: usize,
    next_seq: Cell<u64>,
    scheduler: crate::task::Scheduler,
}

impl Trace {
    pub fn new(scheduler: &crate::task::Scheduler, capacity: usize) -> Trace {
        Trace {
            on: Cell::new(false),
            ring: RefCell::default(),
            capacity: capacity.max(1),
            next_seq: Cell::new(0),
            scheduler: scheduler.clone(),
        }
    }

    pub fn switch(&self, on: bool) {
        self.on.set(on);
    }

    pub fn is_on(&self) -> bool {
        self.on.get()
    }

    #[inline]
    pub fn emit(&self, event: impl FnOnce() -> Event) {
        if self.on.get() {
            self.push(event());
        }
    }

    #[inline(never)]
    fn push(&self, event: Event) {
        let seq = self.next_seq.get();
        self.next_seq.set(seq + 1);
        let mut ring = self.ring.borrow_mut();
        if ring.len() >= self.capacity {
            ring.pop_front();
        }
        ring.push_back(Stamped {
            seq,
            at_us: self.scheduler.now_us(),
            event,
        });
    }

    /// Up to `limit` events from number `from` on.
    pub fn read(&self, from: u64, limit: usize) -> EventBatch {
        let ring = self.ring.borrow();
        let first = ring.front().map_or(self.next_seq.get(), |e| e.seq);
        let skip = from.saturating_sub(first) as usize;
        let events: alloc::vec::Vec<_> = ring.iter().skip(skip).take(limit).copied().collect();
        let start = from.max(first).min(self.next_seq.get());
        EventBatch {
            next_seq: start + events.len() as u64,
            dropped: first.saturating_sub(from),
            events,
        }
    }
}
