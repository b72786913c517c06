//! Snapshots of the engine rooms: transactions, locks, heap and B-tree pages.

use crate::ids::{Lsn, PageTag, SessionId, Tid, Xid};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One holder of a lock, or one session waiting for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LockView {
    pub session: SessionId,
    /// `relation`, `tuple`, `transactionid`, `advisory`, …
    pub kind: String,
    /// What is locked, in words.
    pub target: String,
    pub relation: Option<u32>,
    pub mode: String,
    pub granted: bool,
    pub waiting_since_us: u64,
    /// Whom a waiter waits for.
    pub blocked_by: Vec<SessionId>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LockSnapshot {
    pub locks: Vec<LockView>,
}

/// A running transaction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TxnView {
    pub session: SessionId,
    pub vxid: u64,
    pub xid: Option<Xid>,
    pub subxids: Vec<Xid>,
    pub repeatable_read: bool,
    pub snapshot: Option<SnapshotView>,
    pub waiting_for: Option<String>,
}

/// What a snapshot lets be seen: everything below `xmin`, nothing from `xmax` on, and between them
/// what is not in the list.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SnapshotView {
    pub xmin: Xid,
    pub xmax: Xid,
    pub in_progress: Vec<Xid>,
    pub command: u32,
    pub lsn: Lsn,
}

/// A tuple on a heap page: the columns of PostgreSQL's `heap_page_items`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TupleView {
    pub lp: u16,
    pub lp_off: u16,
    /// 0 unused, 1 normal, 2 redirect, 3 dead.
    pub lp_flags: u8,
    pub lp_len: u16,
    /// The rest is there for normal line pointers only.
    pub t_xmin: Option<u32>,
    pub t_xmax: Option<u32>,
    pub t_field3: Option<u32>,
    pub t_ctid: Option<Tid>,
    pub t_infomask2: Option<u16>,
    pub t_infomask: Option<u16>,
    pub t_hoff: Option<u8>,
    pub t_bits: Option<String>,
    pub t_data: Option<Vec<u8>>,
    /// The names of the bits set in both masks.
    pub flags: Vec<String>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HeapPageView {
    pub tag: PageTag,
    pub lsn: Lsn,
    pub free_bytes: u16,
    pub all_visible: bool,
    pub prune_xid: u32,
    pub tuples: Vec<TupleView>,
}
