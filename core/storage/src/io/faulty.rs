//! A device that fails in all the ways a disk may, by seed.
//!
//! # Fault model
//! - *Order.* Operations take effect for readers in the order of submission. Each completes after a
//!   random number of turns up to `max_delay`, so completions come in any order.
//! - *Durability.* A write survives a crash for certain only once the operation that covers it has
//!   completed: `Sync` covers everything submitted before it; a strict `AppendLog` covers itself and
//!   the log chunks before it (the assumption E9 names); `WriteControl` and `RemoveLogFrom` cover
//!   themselves.
//! - *Crash.* Each write not covered meets a fate of its own, whatever became of its neighbours:
//!   lost, kept or torn. So a later write may survive an earlier one. Reads in flight are forgotten.
//! - *Torn page.* Each 512-byte sector is old or new. *Torn log chunk.* Cut short at any byte, or one
//!   sector of it zeroed. Control slots, truncation and removal are whole or not at all.
//! - *Bit flips.* With `flips` > 0, a crash also flips that many bits in surviving pages.
//! - *Full disk.* With `capacity`, a write that would exceed it fails with `Full` and has no effect;
//!   all but the log and the control slots fail `reserve` bytes earlier (E21).
//! - *Failing log.* With `fail_log_after`, that many appends succeed and every later one fails.
//!
//! Not modelled: writes to a wrong page, and a device that lies about `Sync`.

use super::{Device, Disk, Op, OpId, OpResult};
use crate::error::{Result, StorageError};
use crate::page::PAGE_SIZE;
use crate::task::Rng;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_view::PageTag;

const SECTOR: usize = 512;

#[derive(Clone, Default)]
pub struct FaultPlan {
    pub seed: u64,
    /// The most turns of the rig an operation may take.
    pub max_delay: u64,
    pub flips: u32,
    pub capacity: Option<u64>,
    pub reserve: u64,
    pub fail_log_after: Option<u64>,
}

struct InFlight {
    seq: u64,
    id: OpId,
    op: Op,
    result: Result<OpResult>,
    due: u64,
}

pub struct FaultyDevice {
    plan: FaultPlan,
    rng: Rng,
    turn: u64,
    seq: u64,
    appends: u64,
    /// What readers see.
    seen: Disk,
    /// What a crash would surely leave.
    durable: Disk,
    /// Writes in `seen` that nothing covers yet.
    uncovered: Vec<(u64, Op)>,
    in_flight: Vec<InFlight>,
}

impl FaultyDevice {
    pub fn new(plan: FaultPlan) -> FaultyDevice {
        FaultyDevice {
            rng: Rng::new(plan.seed ^ 0xD15C),
            plan,
            turn: 0,
            seq: 0,
            appends: 0,
            seen: Disk::new(),
            durable: Disk::new(),
            uncovered: Vec::new(),
            in_flight: Vec::new(),
        }
    }

    pub fn disk(&self) -> &Disk {
        &self.seen
    }

    pub fn plan_mut(&mut self) -> &mut FaultPlan {
        &mut self.plan
    }

    /// Writes begun so far: the clock by which a test places its crash.
    pub fn writes_started(&self) -> u64 {
        self.seq
    }

    /// The power goes: what is left is what the fault model says. The device can be used again.
    pub fn crash(&mut self) {
        self.in_flight.clear();
        for (_, op) in core::mem::take(&mut self.uncovered) {
            match op {
                Op::WritePages(pages) => {
                    for (tag, page) in &pages {
                        self.settle_page(*tag, page.bytes());
                    }
                }
                Op::AppendLog {
                    start,
                    bytes,
                    strict,
                } => self.settle_chunk(start, bytes, strict),
                whole => {
                    if self.rng.chance(1, 2) {
                        self.durable.perform(&whole).ok();
                    }
                }
            }
        }
        self.flip_bits();
        self.seen = self.durable.clone();
    }

    fn settle_page(&mut self, tag: PageTag, new: &[u8]) {
        match self.rng.below(3) {
            0 => {}
            1 => self.durable.put_page(tag, new),
            _ => {
                let mut torn = self
                    .durable
                    .page(tag)
                    .map_or_else(|| alloc::vec![0; PAGE_SIZE], |old| old.to_vec());
                for (to, from) in torn.chunks_mut(SECTOR).zip(new.chunks(SECTOR)) {
                    if self.rng.chance(1, 2) {
                        to.copy_from_slice(from);
                    }
                }
                self.durable.put_page(tag, &torn);
            }
        }
    }

    fn settle_chunk(&mut self, start: vitrine_view::Lsn, bytes: Rc<Vec<u8>>, strict: bool) {
        let mut kept = bytes.to_vec();
        match self.rng.below(4) {
            0 => return,
            1 => {}
            2 => kept.truncate(self.rng.below(bytes.len() as u64) as usize),
            _ => {
                let sector = self.rng.below(bytes.len().div_ceil(SECTOR) as u64) as usize;
                if let Some(hole) = kept.chunks_mut(SECTOR).nth(sector) {
                    hole.fill(0);
                }
            }
        }
        let op = Op::AppendLog {
            start,
            bytes: Rc::new(kept),
            strict,
        };
        self.durable.perform(&op).ok();
    }

    fn flip_bits(&mut self) {
        let tags: Vec<PageTag> = self.durable.pages.keys().copied().collect();
        for _ in 0..self.plan.flips {
            if let Some(tag) = tags.get(self.rng.below(tags.len() as u64) as usize) {
                let bit = self.rng.below(PAGE_SIZE as u64 * 8) as usize;
                self.durable.flip_bit(*tag, bit);
            }
        }
    }

    fn refuse(&mut self, op: &Op) -> Option<StorageError> {
        let is_log = matches!(op, Op::AppendLog { .. });
        if is_log {
            self.appends += 1;
            if self.plan.fail_log_after.is_some_and(|n| self.appends > n) {
                let why = String::from("made to fail by the fault plan");
                return Some(StorageError::Device {
                    what: "append to the log",
                    why,
                });
            }
        }
        let capacity = self.plan.capacity?;
        let growth = match op {
            Op::WritePages(pages) => {
                let fresh = pages.iter().filter(|(t, _)| self.seen.page(*t).is_none());
                fresh.count() * PAGE_SIZE
            }
            Op::AppendLog { bytes, .. } => bytes.len(),
            Op::WriteBytes { bytes, .. } | Op::WriteSpill { bytes, .. } => bytes.len(),
            _ => 0,
        };
        let limit = if is_log {
            capacity
        } else {
            capacity.saturating_sub(self.plan.reserve)
        };
        let over = growth > 0 && self.seen.used_bytes() + growth as u64 > limit;
        over.then_some(StorageError::Full)
    }

    /// Moves to `durable` what a completed operation covers.
    fn cover(&mut self, seq: u64, op: &Op) {
        let covered = |other: &(u64, Op)| match op {
            Op::Sync | Op::Close => other.0 <= seq,
            Op::AppendLog { strict: true, .. } => {
                other.0 <= seq && matches!(other.1, Op::AppendLog { .. })
            }
            Op::WriteControl { .. } | Op::RemoveLogFrom(_) | Op::OpenDevice => other.0 == seq,
            _ => false,
        };
        let (now, later): (Vec<_>, Vec<_>) = core::mem::take(&mut self.uncovered)
            .into_iter()
            .partition(covered);
        self.uncovered = later;
        for (_, op) in now {
            self.durable.perform(&op).ok();
        }
    }
}

fn is_write(op: &Op) -> bool {
    matches!(
        op,
        Op::WritePages(_)
            | Op::AppendLog { .. }
            | Op::RemoveLogBefore(_)
            | Op::RemoveLogFrom(_)
            | Op::WriteControl { .. }
            | Op::TruncateFile { .. }
            | Op::RemoveFile(_)
            | Op::WriteBytes { .. }
            | Op::RemoveBytes(_)
            | Op::OpenDevice
    )
}

impl Device for FaultyDevice {
    fn start(&mut self, id: OpId, op: Op) {
        let seq = self.seq;
        if is_write(&op) || matches!(op, Op::Sync) {
            self.seq += 1;
        }
        let result = match self.refuse(&op) {
            Some(e) => Err(e),
            None => self.seen.perform(&op),
        };
        if result.is_ok() && is_write(&op) {
            self.uncovered.push((seq, op.clone()));
        }
        let due = self.turn + self.rng.below(self.plan.max_delay + 1);
        self.in_flight.push(InFlight {
            seq,
            id,
            op,
            result,
            due,
        });
    }

    fn completions(&mut self) -> Vec<(OpId, Result<OpResult>)> {
        self.turn += 1;
        let turn = self.turn;
        let (due, rest): (Vec<_>, Vec<_>) = core::mem::take(&mut self.in_flight)
            .into_iter()
            .partition(|f| f.due < turn);
        self.in_flight = rest;
        due.into_iter()
            .map(|f| {
                if f.result.is_ok() {
                    self.cover(f.seq, &f.op);
                }
                (f.id, f.result)
            })
            .collect()
    }
}
