//! The log in memory: records are inserted here, a flusher task carries them to the device.
//!
//! ```text
//!  … durable … │ handed over │ in flight │ buffer (elastic) │
//!           flushed       written                        insert
//! ```
//!
//! Group commit falls out of having one flusher with one append in flight: whoever commits meanwhile
//! joins the next chunk. A flush is strict when somebody needs durability; relaxed flushes only hand
//! over. If everything needed has been handed over but not made durable, the flusher asks for a
//! `Sync`. A failed append ends the log for good (E21): nothing after it is acknowledged.

use super::record::{CHUNK_HEADER, ChunkHeader, LOG_FORMAT, RECORD_HEADER, Rmgr, record_crc};
use crate::error::{Result, StorageError};
use crate::io::{Io, Op};
use crate::task::{Scheduler, WaitQueue};
use crate::trace::Trace;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use vitrine_view::{Event, Lsn, WalCounters, Xid};

/// Where the first record of a new database lies. Not zero, so that a zero LSN means "never logged".
pub const FIRST_LSN: Lsn = Lsn(0x0100_0000);
/// Flushed chunks kept in memory for the log room.
const RECENT_BYTES: usize = 128 << 10;

pub struct Wal {
    scheduler: Scheduler,
    trace: Rc<Trace>,
    io: Io,
    /// The next chunk: room for its header, then records.
    buf: RefCell<Vec<u8>>,
    buf_start: Cell<Lsn>,
    prev: Cell<Lsn>,
    written: Cell<Lsn>,
    flushed: Cell<Lsn>,
    redo: Cell<Lsn>,
    want_strict: Cell<Lsn>,
    want_relaxed: Cell<Lsn>,
    want_soon: Cell<Lsn>,
    soon_delay_us: u64,
    commits_waiting: Cell<u32>,
    stopped: RefCell<Option<StorageError>>,
    identity: Cell<(u64, u32, u64)>,
    kick: WaitQueue,
    soon: WaitQueue,
    flushes: WaitQueue,
    inserted: WaitQueue,
    recent: RefCell<VecDeque<(Lsn, Rc<Vec<u8>>)>>,
    pub(crate) counters: Cell<WalCounters>,
}

impl Wal {
    pub(crate) fn new(scheduler: &Scheduler, io: &Io, soon_delay_us: u64) -> Rc<Wal> {
        Rc::new(Wal {
            scheduler: scheduler.clone(),
            trace: io.trace().clone(),
            io: io.clone(),
            buf: RefCell::new(alloc::vec![0; CHUNK_HEADER]),
            buf_start: Cell::new(FIRST_LSN),
            prev: Cell::new(Lsn::ZERO),
            written: Cell::new(FIRST_LSN),
            flushed: Cell::new(FIRST_LSN),
            redo: Cell::new(FIRST_LSN),
            want_strict: Cell::default(),
            want_relaxed: Cell::default(),
            want_soon: Cell::default(),
            soon_delay_us,
            commits_waiting: Cell::new(0),
            stopped: RefCell::new(None),
            identity: Cell::default(),
            kick: WaitQueue::new(scheduler, "log work"),
            soon: WaitQueue::new(scheduler, "log work"),
            flushes: WaitQueue::new(scheduler, "log flush"),
            inserted: WaitQueue::new(scheduler, "log growth"),
            recent: RefCell::default(),
            counters: Cell::default(),
        })
    }

    /// Sets the place where writing begins: the end of what recovery found.
    pub(crate) fn begin_at(&self, end: Lsn, prev: Lsn) {
        self.buf_start.set(end);
        self.prev.set(prev);
        self.written.set(end);
        self.flushed.set(end);
    }

    /// What stands in the header of each chunk: system id, timeline, owner epoch.
    pub(crate) fn identify(&self, system_id: u64, timeline: u32, epoch: u64) {
        self.identity.set((system_id, timeline, epoch));
    }

    pub(crate) fn spawn_tasks(self: &Rc<Self>) {
        let wal = self.clone();
        self.scheduler
            .spawn_named("log flusher", async move { wal.flusher().await });
        let wal = self.clone();
        self.scheduler
            .spawn_named("log writer", async move { wal.soon_writer().await });
    }

    /// The position the next record will have.
    pub fn insert_lsn(&self) -> Lsn {
        self.buf_start
            .get()
            .plus(self.buf.borrow().len() - CHUNK_HEADER)
    }

    pub fn written_lsn(&self) -> Lsn {
        self.written.get()
    }

    pub fn flushed_lsn(&self) -> Lsn {
        self.flushed.get()
    }

    /// Pages not changed since this position get a full image with their next change.
    pub fn redo_lsn(&self) -> Lsn {
        self.redo.get()
    }

    pub(crate) fn set_redo(&self, lsn: Lsn) {
        self.redo.set(lsn);
    }

    /// Bytes inserted and not yet handed to the device.
    pub fn pending_bytes(&self) -> usize {
        self.buf.borrow().len() - CHUNK_HEADER
    }

    /// Somebody is waiting for a commit: page writes are not to be started (E9).
    pub fn commit_waits(&self) -> bool {
        self.commits_waiting.get() > 0
    }

    pub fn check(&self) -> Result<()> {
        match &*self.stopped.borrow() {
            None => Ok(()),
            Some(e) => Err(e.clone()),
        }
    }

    /// Stops the engine: nothing is logged or acknowledged any more.
    pub(crate) fn stop(&self, why: StorageError) {
        let mut stopped = self.stopped.borrow_mut();
        if stopped.is_none() {
            *stopped = Some(why);
        }
        drop(stopped);
        self.flushes.wake_all();
        self.kick.wake_all();
        self.soon.wake_all();
        self.inserted.wake_all();
    }

    pub(crate) fn count(&self, f: impl FnOnce(&mut WalCounters)) {
        let mut counters = self.counters.get();
        f(&mut counters);
        self.counters.set(counters);
    }

    /// Adds a record whose blocks `body` writes. Returns its start and end.
    pub(crate) fn insert(
        &self,
        rmgr: Rmgr,
        op: u8,
        xid: Xid,
        data: &[u8],
        body: impl FnOnce(&mut Vec<u8>) -> u8,
    ) -> (Lsn, Lsn) {
        let mut buf = self.buf.borrow_mut();
        let at = buf.len();
        let start = self.buf_start.get().plus(at - CHUNK_HEADER);
        buf.extend_from_slice(&[0; 8]);
        buf.extend_from_slice(&self.prev.get().0.to_le_bytes());
        buf.extend_from_slice(&xid.0.to_le_bytes());
        buf.extend_from_slice(&[rmgr.0, op, 0, 0]);
        buf.extend_from_slice(&(data.len() as u32).to_le_bytes());
        debug_assert!(buf.len() - at == RECORD_HEADER);
        let blocks = body(&mut buf);
        buf.extend_from_slice(data);
        let len = buf.len() - at;
        if let Some(record) = buf.get_mut(at..) {
            record[26] = blocks;
            record[..4].copy_from_slice(&(len as u32).to_le_bytes());
            let crc = record_crc(start, record);
            record[4..8].copy_from_slice(&crc.to_le_bytes());
        }
        drop(buf);
        let end = start.plus(len);
        self.prev.set(start);
        self.count(|c| {
            c.records += 1;
            c.bytes += len as u64;
        });
        self.trace.emit(|| Event::WalInserted {
            start,
            end,
            rmgr: rmgr.0,
            op,
            xid,
        });
        if !self.inserted.is_empty() {
            self.inserted.wake_all();
        }
        (start, end)
    }

    /// Wakes when a record is inserted; for the checkpointer.
    pub(crate) async fn wait_insert(&self) {
        self.inserted.wait().await;
    }

    /// Waits until the log is durable (or, if not `strict`, handed over) up to `lsn`.
    pub async fn flush(&self, lsn: Lsn, strict: bool) -> Result<()> {
        let mut waited = false;
        loop {
            let reached = if strict {
                self.flushed.get()
            } else {
                self.written.get()
            };
            if reached >= lsn {
                return Ok(());
            }
            self.check()?;
            if lsn > self.insert_lsn() {
                return Err(StorageError::Bug("flush past the end of the log"));
            }
            if !waited && lsn <= self.buf_start.get() {
                self.count(|c| c.grouped_commits += 1);
            }
            waited = true;
            let want = if strict {
                &self.want_strict
            } else {
                &self.want_relaxed
            };
            want.set(want.get().max(lsn));
            self.kick.wake_one();
            self.flushes.wait().await;
        }
    }

    /// As `flush`, and while it waits no page write is started.
    pub(crate) async fn flush_commit(&self, lsn: Lsn, strict: bool) -> Result<()> {
        struct Waiting<'a>(&'a Cell<u32>);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        self.commits_waiting.set(self.commits_waiting.get() + 1);
        let _waiting = Waiting(&self.commits_waiting);
        self.flush(lsn, strict).await
    }

    /// Nobody waits for this record, but it should reach the device before long.
    pub fn flush_soon(&self, lsn: Lsn) {
        self.want_soon.set(self.want_soon.get().max(lsn));
        self.soon.wake_one();
    }

    async fn soon_writer(&self) {
        loop {
            if self.check().is_err() {
                return;
            }
            if self.want_soon.get() <= self.written.get() {
                self.soon.wait().await;
                continue;
            }
            self.scheduler.sleep(self.soon_delay_us).await;
            if self.flush(self.want_soon.get(), false).await.is_err() {
                return;
            }
        }
    }

    async fn flusher(&self) {
        loop {
            if self.check().is_err() {
                return;
            }
            let strict = self.want_strict.get() > self.flushed.get();
            let relaxed = self.want_relaxed.get() > self.written.get();
            if !strict && !relaxed {
                self.kick.wait().await;
                continue;
            }
            let result = if self.pending_bytes() > 0 {
                self.append(strict).await
            } else {
                let upto = self.written.get();
                let synced = self.io.done(Op::Sync).await;
                synced.map(|()| self.flushed.set(self.flushed.get().max(upto)))
            };
            match result {
                Ok(()) => self.flushes.wake_all(),
                Err(_) => return self.stop(StorageError::LogFailed),
            }
        }
    }

    async fn append(&self, strict: bool) -> Result<()> {
        let start = self.buf_start.get();
        let mut chunk = self.buf.replace(alloc::vec![0; CHUNK_HEADER]);
        let len = chunk.len() - CHUNK_HEADER;
        let end = start.plus(len);
        self.buf_start.set(end);
        let (system_id, timeline, epoch) = self.identity.get();
        let header = ChunkHeader {
            format: LOG_FORMAT,
            system_id,
            timeline,
            epoch,
            start,
            len: len as u32,
        };
        header.write(&mut chunk);
        let bytes = Rc::new(chunk);
        self.remember(start, bytes.clone());
        self.trace.emit(|| Event::WalFlushStarted {
            from: start,
            to: end,
            strict,
        });
        self.io
            .done(Op::AppendLog {
                start,
                bytes,
                strict,
            })
            .await?;
        self.written.set(end);
        if strict {
            self.flushed.set(end);
        }
        self.count(|c| {
            c.flushes += 1;
            c.flushed_bytes += len as u64;
        });
        self.trace.emit(|| Event::WalFlushed { to: end, strict });
        Ok(())
    }

    fn remember(&self, start: Lsn, chunk: Rc<Vec<u8>>) {
        let mut recent = self.recent.borrow_mut();
        recent.push_back((start, chunk));
        let mut held: usize = recent.iter().map(|(_, c)| c.len()).sum();
        while held > RECENT_BYTES && recent.len() > 1 {
            held -= recent.pop_front().map_or(0, |(_, c)| c.len());
        }
    }

    /// Shows the chunks still in memory, oldest first, then the buffer. For the log room.
    pub(crate) fn each_recent(&self, mut f: impl FnMut(Lsn, &[u8])) {
        for (start, chunk) in &*self.recent.borrow() {
            f(*start, chunk.get(CHUNK_HEADER..).unwrap_or(&[]));
        }
        let buf = self.buf.borrow();
        f(self.buf_start.get(), buf.get(CHUNK_HEADER..).unwrap_or(&[]));
    }
}
