//! Snapshots of the whole: sessions, relations, sizes, and a page with all that is known of it.

use crate::btree::{BtreeMetaView, BtreePageView};
use crate::engine::{HeapPageView, TupleView, TxnView};
use crate::ids::{FileId, PageTag, SessionId};
use crate::storage::{OpView, PageView, TaskView};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A page as it stands in memory, or on the device where it is not in memory.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PageDetail {
    pub tag: PageTag,
    pub resident: bool,
    pub view: PageView,
    /// The 8192 bytes.
    pub bytes: Vec<u8>,
    /// What the page is to its access method: at most one of these.
    pub heap: Option<HeapPageView>,
    pub btree: Option<BtreePageView>,
    pub btree_meta: Option<BtreeMetaView>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SessionView {
    pub session: SessionId,
    /// `idle`, `active`, `idle in transaction`, `idle in transaction (aborted)`
    pub state: String,
    pub query: String,
    /// What it waits for, if it waits.
    pub wait: Option<String>,
    /// Requests behind the one that runs.
    pub queued: u32,
}

/// A relation and the file its pages are in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RelationView {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    /// PostgreSQL's letter: `r` table, `i` index, `S` sequence, `t` out-of-line values, `v` view.
    pub kind: char,
    pub file: FileId,
    pub blocks: u32,
    /// The table an index belongs to.
    pub table: Option<u32>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SizeView {
    pub buffer_bytes: u64,
    pub log_pending_bytes: u64,
    pub ops: Vec<OpView>,
    pub tasks: Vec<TaskView>,
}

/// The versions on one heap page, and what each open snapshot makes of them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct VersionsView {
    pub tag: PageTag,
    pub versions: Vec<VersionView>,
    pub transactions: Vec<TxnView>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VersionView {
    pub tuple: TupleView,
    /// `in progress`, `committed`, `aborted`; nothing where it is not known without reading.
    pub xmin_status: Option<String>,
    pub xmax_status: Option<String>,
    pub verdicts: Vec<VerdictView>,
}

/// What one session's snapshot says of a version, and by which rule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VerdictView {
    pub session: SessionId,
    pub sees: Option<bool>,
    pub why: String,
}
