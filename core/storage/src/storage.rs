//! `Storage`: everything below the tables in one hand, and the driver of actions.
//!
//! ```text
//!  act(f):  f(self) ── Ok ──────────────────────────────► done
//!              └─ Need(tag): get a share of the frames, fetch, keep pinned, f(self) again …
//! ```
//!
//! Rules. 1. `f` reads resident pages and either changes nothing and says `Need`, or does all of its
//! change in one go (E1). It may run several times, so it must not keep what it learned in a run that
//! failed. 2. `act` holds no more than `ACTION_PINS` pages, and gets the right to hold them in the
//! order of asking, so that sixteen frames and any number of sessions cannot block each other (E11).
//! 3. A session that waits for anything else holds no pins.

use crate::buffer::{Pin, Pool};
use crate::error::{Act, Result, Stop, StorageError};
use crate::io::Io;
use crate::recovery::Control;
use crate::task::{Scheduler, Semaphore, WaitQueue};
use crate::trace::Trace;
use crate::wal::{Mini, Record, RedoContext, Rmgr, RmgrRow, Scratch, Wal, describe};
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use vitrine_view::{FileId, Lsn, PageTag, RecoveryReport, WalRecordView, WalSnapshot, Xid};

/// Pages an action keeps while it is fetching others (E11).
pub const ACTION_PINS: usize = 6;
/// Frames no action may claim, so that writer and checkpoint always find some.
const SPARE_FRAMES: u32 = 4;
const MOST_RETRIES: u32 = 4096;

#[derive(Clone)]
pub struct Config {
    /// Frames of 8 KiB; at least 16.
    pub frames: u32,
    pub full_page_writes: bool,
    pub wal_compression: bool,
    pub checkpoint_timeout_us: u64,
    /// A checkpoint begins when this much log has been written since the last.
    pub max_wal_bytes: u64,
    /// How long an asynchronous commit may stay in memory.
    pub wal_writer_delay_us: u64,
    /// Actions wait when the log buffer holds more than this.
    pub wal_buffer_bytes: usize,
    /// Used as the system id of a database that is created.
    pub system_id: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            frames: 1024,
            full_page_writes: true,
            wal_compression: false,
            checkpoint_timeout_us: 300_000_000,
            max_wal_bytes: 16 << 20,
            wal_writer_delay_us: 50_000,
            wal_buffer_bytes: 4 << 20,
            system_id: 1,
        }
    }
}

/// The next ids to be given out. Saved by checkpoints; see `recovery/ids.rs`.
#[derive(Default)]
pub(crate) struct Counters {
    pub next_xid: Cell<u64>,
    pub next_file: Cell<u32>,
    pub next_oid: Cell<u32>,
    /// Up to here the log knows that ids are taken.
    pub logged_file: Cell<u32>,
    pub logged_oid: Cell<u32>,
}

pub struct Storage {
    pub(crate) config: Config,
    pub(crate) scheduler: Scheduler,
    pub(crate) io: Io,
    pub(crate) wal: Rc<Wal>,
    pub(crate) pool: Rc<Pool>,
    pub(crate) rmgrs: &'static [RmgrRow],
    pub(crate) counters: Counters,
    pub(crate) control: RefCell<Control>,
    pub(crate) checkpointing: Cell<bool>,
    pub(crate) checkpoint_done: WaitQueue,
    pub(crate) redone: RefCell<RedoContext>,
    pub(crate) report: RefCell<RecoveryReport>,
    pub(crate) scratch: Cell<Option<Scratch>>,
    shares: Semaphore,
}

impl Storage {
    pub(crate) fn assemble(
        config: Config,
        io: Io,
        scheduler: Scheduler,
        rmgrs: &'static [RmgrRow],
    ) -> Storage {
        let wal = Wal::new(&scheduler, &io, config.wal_writer_delay_us);
        let pool = Pool::new(&scheduler, &io, &wal, config.frames);
        let share = pool.frame_count().saturating_sub(SPARE_FRAMES);
        Storage {
            shares: Semaphore::new(&scheduler, "buffer share", share),
            checkpoint_done: WaitQueue::new(&scheduler, "checkpoint"),
            config,
            scheduler,
            io,
            wal,
            pool,
            rmgrs,
            counters: Counters::default(),
            control: RefCell::default(),
            checkpointing: Cell::new(false),
            redone: RefCell::default(),
            report: RefCell::default(),
            scratch: Cell::new(None),
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    pub fn wal(&self) -> &Wal {
        &self.wal
    }

    pub fn io(&self) -> &Io {
        &self.io
    }

    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    pub fn trace(&self) -> &Trace {
        self.io.trace()
    }

    /// An error once the engine has stopped (failed log, half-done action, lost device).
    pub fn check(&self) -> Result<()> {
        self.wal.check()
    }

    /// Runs a synchronous action until it has all its pages; see the rules above.
    pub async fn act<T>(&self, mut f: impl FnMut(&Storage) -> Act<T>) -> Result<T> {
        self.check()?;
        if self.wal.pending_bytes() > self.config.wal_buffer_bytes {
            self.wal.flush(self.wal.insert_lsn(), false).await?;
        }
        match f(self) {
            Ok(value) => Ok(value),
            Err(Stop::Err(e)) => Err(e),
            Err(Stop::Need(tag)) => self.act_with_misses(f, tag).await,
        }
    }

    async fn act_with_misses<T>(
        &self,
        mut f: impl FnMut(&Storage) -> Act<T>,
        mut need: PageTag,
    ) -> Result<T> {
        let _share = self.shares.acquire(ACTION_PINS as u32).await;
        let mut held: VecDeque<Pin> = VecDeque::new();
        for _ in 0..MOST_RETRIES {
            self.check()?;
            if held.len() == ACTION_PINS {
                held.pop_front();
            }
            held.extend(self.pool.ensure(need).await?);
            match f(self) {
                Ok(value) => return Ok(value),
                Err(Stop::Err(e)) => return Err(e),
                Err(Stop::Need(tag)) => need = tag,
            }
        }
        Err(StorageError::TooManyPins)
    }

    /// Runs an action once; a miss is the caller's to deal with.
    pub fn try_act<T>(&self, f: impl FnOnce(&Storage) -> Act<T>) -> Act<T> {
        self.check()?;
        f(self)
    }

    /// An error while the device has no room for pages: to be asked before a statement writes, so
    /// that the reserve is left for commits, aborts and checkpoints (E21).
    pub fn admit_write(&self) -> Result<()> {
        self.check()?;
        if self.pool.device_is_full() {
            Err(StorageError::Full)
        } else {
            Ok(())
        }
    }

    /// Begins an atomic action's change.
    pub fn mini(&self, rmgr: Rmgr, op: u8, xid: Xid) -> Mini<'_> {
        Mini::new(self, rmgr, op, xid)
    }

    /// Inserts a record that changes no page.
    pub fn log(&self, rmgr: Rmgr, op: u8, xid: Xid, data: &[u8]) -> Result<Lsn> {
        self.check()?;
        let mut mini = self.mini(rmgr, op, xid);
        mini.data(data);
        Ok(mini.finish())
    }

    /// Waits until a commit's record is durable (`strict`) or handed over.
    pub async fn commit_flush(&self, lsn: Lsn, strict: bool) -> Result<()> {
        self.wal.flush_commit(lsn, strict).await
    }

    /// For a commit nobody waits for: the record reaches the device within the writer's delay.
    pub fn flush_soon(&self, lsn: Lsn) {
        self.wal.flush_soon(lsn);
    }

    /// The length of a file.
    pub async fn length(&self, file: FileId) -> Result<u32> {
        self.act(|s| s.pool().length(file)).await
    }

    /// What recovery learned beside pages: commits, aborts, what owners left.
    pub fn with_redone<T>(&self, f: impl FnOnce(&RedoContext) -> T) -> T {
        f(&self.redone.borrow())
    }

    pub fn recovery_report(&self) -> RecoveryReport {
        self.report.borrow().clone()
    }

    /// Positions, counters and the last `limit` records that are still in memory.
    pub fn wal_snapshot(&self, limit: usize) -> WalSnapshot {
        let control = self.control.borrow();
        WalSnapshot {
            insert: self.wal.insert_lsn(),
            written: self.wal.written_lsn(),
            flushed: self.wal.flushed_lsn(),
            redo: control.redo,
            checkpoint: control.checkpoint,
            checkpoint_running: self.checkpointing.get(),
            counters: self.wal.counters.get(),
            records: self.recent_records(limit),
        }
    }

    fn recent_records(&self, limit: usize) -> Vec<WalRecordView> {
        let mut places = VecDeque::new();
        self.wal.each_recent(|start, bytes| {
            let mut at = 0;
            while let Some(len) = bytes.get(at..).and_then(Record::length) {
                places.push_back(start.plus(at));
                at += len;
            }
        });
        let skip = places.len().saturating_sub(limit);
        let Some(from) = places.get(skip).copied() else {
            return Vec::new();
        };
        let mut views = Vec::new();
        self.wal.each_recent(|start, bytes| {
            let mut at = start.max(from);
            while let Some(rest) = bytes.get((at.0 - start.0) as usize..) {
                let Ok(record) = Record::decode(at, rest) else {
                    return;
                };
                views.push(describe(&record, self.rmgrs));
                at = record.end;
            }
        });
        views
    }
}
