//! What happens inside the engine, one value for each kind of happening.
//!
//! An event is `Copy` and made of ids and numbers alone: to emit one allocates nothing, to skip one
//! costs a branch. Words for people are made where events are shown. The ring that carries them
//! numbers them, so that a reader knows when it came too late and how many it missed.

use crate::ids::{BlockNo, FileId, Lsn, OpId, PageTag, SessionId, Tid, Xid};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The kinds of device operation, as events and statistics name them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OpKind {
    Open,
    ReadPages,
    WritePages,
    AppendLog,
    ReadLog,
    RemoveLog,
    Control,
    File,
    Sync,
    ByteFile,
    Spill,
    Close,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CheckpointKind {
    Timed,
    Volume,
    Requested,
    Shutdown,
    EndOfRecovery,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Event {
    // Device.
    OpSubmitted {
        op: OpId,
        kind: OpKind,
    },
    OpCompleted {
        op: OpId,
        kind: OpKind,
        failed: bool,
    },
    // Pool.
    PoolMiss {
        tag: PageTag,
    },
    PoolLoaded {
        tag: PageTag,
        frame: u32,
    },
    PoolEvicted {
        tag: PageTag,
        frame: u32,
    },
    PageWritten {
        tag: PageTag,
        lsn: Lsn,
    },
    PageCorrupt {
        tag: PageTag,
    },
    FileExtended {
        file: FileId,
        blocks: BlockNo,
    },
    // Log.
    WalInserted {
        start: Lsn,
        end: Lsn,
        rmgr: u8,
        op: u8,
        xid: Xid,
    },
    PageChanged {
        tag: PageTag,
        lsn: Lsn,
    },
    WalFlushStarted {
        from: Lsn,
        to: Lsn,
        strict: bool,
    },
    WalFlushed {
        to: Lsn,
        strict: bool,
    },
    CheckpointStarted {
        redo: Lsn,
        kind: CheckpointKind,
    },
    CheckpointDone {
        redo: Lsn,
        record: Lsn,
        pages: u32,
    },
    RecoveryDone {
        from: Lsn,
        to: Lsn,
        records: u64,
    },
    // Transactions.
    TxnBegan {
        session: SessionId,
        vxid: u64,
    },
    XidAssigned {
        session: SessionId,
        xid: Xid,
    },
    TxnCommitted {
        session: SessionId,
        xid: Xid,
        lsn: Lsn,
    },
    TxnAborted {
        session: SessionId,
        xid: Xid,
    },
    // Locks.
    LockWaited {
        session: SessionId,
        holder: SessionId,
        wait_us: u64,
    },
    LockGranted {
        session: SessionId,
    },
    Deadlock {
        victim: SessionId,
    },
    // Rows.
    RowWritten {
        file: FileId,
        tid: Tid,
        xid: Xid,
    },
    PagePruned {
        tag: PageTag,
        removed: u16,
    },
    BtreeSplit {
        left: PageTag,
        right: PageTag,
        level: u16,
    },
}

/// An event with its number and the time at which it happened.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stamped {
    pub seq: u64,
    pub at_us: u64,
    pub event: Event,
}

/// What a reader of the ring gets: the events since its last visit, and how many were overwritten
/// before it came.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct EventBatch {
    pub next_seq: u64,
    pub dropped: u64,
    pub events: Vec<Stamped>,
}
