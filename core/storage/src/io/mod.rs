//! The chapter on this room, with its rules, is its README.
#![doc = include_str!("README.md")]

mod disk;
mod faulty;
mod memory;
mod rig;

pub use disk::Disk;
pub use faulty::{FaultPlan, FaultyDevice};
pub use memory::MemoryDevice;
pub use rig::{Rig, Stuck, replay};
pub use vitrine_view::{OpId, OpKind};

use crate::error::{Result, StorageError};
use crate::page::Page;
use crate::task::{Input, Scheduler, TaskId};
use crate::trace::Trace;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use hashbrown::HashMap;
use vitrine_view::{Event, FileId, Lsn, OpView, PageTag};

#[derive(Clone)]
pub enum Op {
    /// Takes possession: raises the owner epoch, wipes the spill area. → `Opened`
    OpenDevice,
    /// → `Pages`: `count` pages one after the other.
    ReadPages {
        file: FileId,
        first: u32,
        count: u32,
    },
    /// Pages with their checksums in place. Not durable before a `Sync`; may tear.
    WritePages(Vec<(PageTag, Page)>),
    /// One new chunk (header and payload), keyed by the LSN of its first payload byte. When it
    /// completes and `strict`, this chunk and all submitted before it are durable; otherwise it has
    /// been handed over. On a full device the host frees its reserve before it gives up (E21).
    AppendLog {
        start: Lsn,
        bytes: Rc<Vec<u8>>,
        strict: bool,
    },
    /// → `Log`: chunks in order of their keys, from the one with the greatest key ≤ `from` on, at
    /// most `limit` of them.
    ReadLog {
        from: Lsn,
        limit: u32,
    },
    /// Removes chunks whose successor's key is ≤ the position. Durable whenever.
    RemoveLogBefore(Lsn),
    /// Removes chunks with keys ≥ the position. Durable when it completes.
    RemoveLogFrom(Lsn),
    /// → `Control`: both slots.
    ReadControl,
    /// Replaces a slot, wholly or not at all. Durable when it completes.
    WriteControl {
        slot: u8,
        bytes: Vec<u8>,
    },
    /// → `Length`
    FileLength(FileId),
    TruncateFile {
        file: FileId,
        blocks: u32,
    },
    RemoveFile(FileId),
    /// → `Files`
    ListFiles,
    /// Everything submitted before it is durable when it completes.
    Sync,
    /// → `Bytes`
    ReadBytes(String),
    /// Replaces a byte file; `append` adds to it instead.
    WriteBytes {
        name: String,
        bytes: Vec<u8>,
        append: bool,
    },
    RemoveBytes(String),
    /// → `Names`
    ListBytes,
    WriteSpill {
        slot: u64,
        bytes: Vec<u8>,
    },
    /// → `Bytes`
    ReadSpill(u64),
    RemoveSpill(u64),
    Close,
}

impl Op {
    pub fn kind(&self) -> OpKind {
        match self {
            Op::OpenDevice => OpKind::Open,
            Op::ReadPages { .. } => OpKind::ReadPages,
            Op::WritePages(_) => OpKind::WritePages,
            Op::AppendLog { .. } => OpKind::AppendLog,
            Op::ReadLog { .. } => OpKind::ReadLog,
            Op::RemoveLogBefore(_) | Op::RemoveLogFrom(_) => OpKind::RemoveLog,
            Op::ReadControl | Op::WriteControl { .. } => OpKind::Control,
            Op::FileLength(_) | Op::TruncateFile { .. } => OpKind::File,
            Op::RemoveFile(_) | Op::ListFiles => OpKind::File,
            Op::Sync => OpKind::Sync,
            Op::ReadBytes(_) | Op::WriteBytes { .. } => OpKind::ByteFile,
            Op::RemoveBytes(_) | Op::ListBytes => OpKind::ByteFile,
            Op::WriteSpill { .. } | Op::ReadSpill(_) | Op::RemoveSpill(_) => OpKind::Spill,
            Op::Close => OpKind::Close,
        }
    }
}

#[derive(Clone, PartialEq)]
pub enum OpResult {
    Done,
    Opened { epoch: u64 },
    Pages(Vec<u8>),
    Log(Vec<(Lsn, Vec<u8>)>),
    Control([Option<Vec<u8>>; 2]),
    Length(u32),
    Files(Vec<(FileId, u32)>),
    Bytes(Option<Vec<u8>>),
    Names(Vec<String>),
}

/// A device the rig can drive. Hosts in JavaScript use the outbox directly.
pub trait Device {
    fn start(&mut self, id: OpId, op: Op);
    fn completions(&mut self) -> Vec<(OpId, Result<OpResult>)>;
}

struct Slot {
    kind: OpKind,
    since_us: u64,
    waiter: Option<TaskId>,
    result: Option<Result<OpResult>>,
    abandoned: bool,
}

struct Inner {
    scheduler: Scheduler,
    trace: Rc<Trace>,
    next: Cell<u64>,
    outbox: RefCell<Vec<(OpId, Op)>>,
    slots: RefCell<HashMap<u64, Slot, crate::FixedHash>>,
}

/// The engine's side of the boundary.
#[derive(Clone)]
pub struct Io(Rc<Inner>);

impl Io {
    pub fn new(scheduler: &Scheduler, trace: &Rc<Trace>) -> Io {
        Io(Rc::new(Inner {
            scheduler: scheduler.clone(),
            trace: trace.clone(),
            next: Cell::new(1),
            outbox: RefCell::default(),
            slots: RefCell::default(),
        }))
    }

    pub fn trace(&self) -> &Rc<Trace> {
        &self.0.trace
    }

    /// Puts an operation into the outbox now; the future is its completion.
    pub fn submit(&self, op: Op) -> IoWait {
        let id = self.0.next.get();
        self.0.next.set(id + 1);
        let kind = op.kind();
        self.0
            .trace
            .emit(|| Event::OpSubmitted { op: OpId(id), kind });
        let since_us = self.0.scheduler.now_us();
        let slot = Slot {
            kind,
            since_us,
            waiter: None,
            result: None,
            abandoned: false,
        };
        self.0.slots.borrow_mut().insert(id, slot);
        self.0.outbox.borrow_mut().push((OpId(id), op));
        IoWait {
            io: self.clone(),
            id,
            done: false,
        }
    }

    /// Submits an operation whose result nobody needs.
    pub fn submit_and_forget(&self, op: Op) {
        drop(self.submit(op));
    }

    /// What was submitted since the last call, in order. For the host.
    pub fn take_submitted(&self) -> Vec<(OpId, Op)> {
        core::mem::take(&mut self.0.outbox.borrow_mut())
    }

    pub fn has_submitted(&self) -> bool {
        !self.0.outbox.borrow().is_empty()
    }

    /// Operations submitted and not completed.
    pub fn in_flight(&self) -> usize {
        self.0
            .slots
            .borrow()
            .values()
            .filter(|s| s.result.is_none())
            .count()
    }

    /// The host says how an operation ended. Unknown ids are ignored.
    pub fn complete(&self, id: OpId, result: Result<OpResult>) {
        let mut slots = self.0.slots.borrow_mut();
        let Some(slot) = slots.get_mut(&id.0) else {
            return;
        };
        if slot.result.is_some() {
            return;
        }
        self.0
            .scheduler
            .record(|| Input::Completion(id, result.clone()));
        let (kind, failed) = (slot.kind, result.is_err());
        self.0.trace.emit(|| Event::OpCompleted {
            op: id,
            kind,
            failed,
        });
        if slot.abandoned {
            slots.remove(&id.0);
            return;
        }
        slot.result = Some(result);
        let waiter = slot.waiter;
        drop(slots);
        if let Some(task) = waiter {
            self.0.scheduler.wake(task);
        }
    }

    pub fn inspect(&self) -> Vec<OpView> {
        let slots = self.0.slots.borrow();
        let pending = slots.iter().filter(|(_, s)| s.result.is_none());
        let mut views: Vec<OpView> = pending
            .map(|(id, s)| OpView {
                op: OpId(*id),
                kind: s.kind,
                since_us: s.since_us,
            })
            .collect();
        views.sort_by_key(|v| v.op);
        views
    }

    /// Submits and expects no more than an acknowledgement.
    pub async fn done(&self, op: Op) -> Result<()> {
        match self.submit(op).await? {
            OpResult::Done => Ok(()),
            _ => Err(StorageError::Bug(
                "device answered with the wrong kind of result",
            )),
        }
    }
}

/// The wrong kind of answer from a host.
pub(crate) fn wrong_answer() -> StorageError {
    StorageError::Bug("device answered with the wrong kind of result")
}

pub struct IoWait {
    io: Io,
    id: u64,
    done: bool,
}

impl Future for IoWait {
    type Output = Result<OpResult>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = self.io.0.clone();
        let mut slots = inner.slots.borrow_mut();
        let Some(slot) = slots.get_mut(&self.id) else {
            return Poll::Ready(Err(StorageError::Bug("operation awaited twice")));
        };
        if let Some(result) = slot.result.take() {
            slots.remove(&self.id);
            self.done = true;
            return Poll::Ready(result);
        }
        slot.waiter = inner.scheduler.current();
        inner.scheduler.note_wait("device");
        Poll::Pending
    }
}

impl Drop for IoWait {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut slots = self.io.0.slots.borrow_mut();
        if let Some(slot) = slots.get_mut(&self.id) {
            if slot.result.is_some() {
                slots.remove(&self.id);
            } else {
                slot.abandoned = true;
            }
        }
    }
}
