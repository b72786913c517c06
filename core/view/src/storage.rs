//! Snapshots of the storage rooms: pages, pool, log, recovery, tasks.
//!
//! Every struct is what an inspector read at one moment between two polls; nothing in it points
//! back into the engine.

use crate::event::{CheckpointKind, OpKind};
use crate::ids::{FileId, Lsn, OpId, PageTag, Xid};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The header of any page, and its line pointers.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PageView {
    pub tag: PageTag,
    pub lsn: Lsn,
    pub checksum: u16,
    pub flags: u8,
    /// What the page is used for: the number its access method gave at `Init`.
    pub kind: u8,
    pub lower: u16,
    pub upper: u16,
    pub special: u16,
    pub page_size: u16,
    pub layout_version: u8,
    pub prune_xid: u32,
    pub items: Vec<ItemView>,
    /// Why the page is not well formed, if it is not.
    pub problem: Option<String>,
}

/// One line pointer. `state`: 0 unused, 1 normal, 2 redirect, 3 dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ItemView {
    pub offset: u16,
    pub state: u8,
    pub at: u16,
    pub len: u16,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FrameView {
    pub frame: u32,
    pub tag: Option<PageTag>,
    pub kind: u8,
    pub usage: u8,
    pub pins: u32,
    pub dirty: bool,
    pub loading: bool,
    pub writing: bool,
    pub lsn: Lsn,
    /// The record that first made the page dirty; zero on a clean page.
    pub dirty_since: Lsn,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PoolSnapshot {
    pub frames: Vec<FrameView>,
    pub hand: u32,
    pub counters: PoolCounters,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PoolCounters {
    pub hits: u64,
    pub misses: u64,
    pub evictions: u64,
    pub pages_read: u64,
    pub pages_written: u64,
    pub prefetched: u64,
    /// Times a miss had to write a dirty page before it had a frame.
    pub writes_for_space: u64,
}

/// One block a record touches: a full image, or edits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WalBlockView {
    pub tag: PageTag,
    pub image: bool,
    pub init: bool,
    pub len: u32,
    pub edits: Vec<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WalRecordView {
    pub start: Lsn,
    pub end: Lsn,
    pub prev: Lsn,
    pub xid: Xid,
    pub rmgr: String,
    pub op: String,
    pub description: String,
    pub total_len: u32,
    pub data_len: u32,
    pub image_len: u32,
    pub blocks: Vec<WalBlockView>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WalCounters {
    pub records: u64,
    pub full_page_images: u64,
    pub bytes: u64,
    pub flushes: u64,
    pub flushed_bytes: u64,
    /// Commits that found their record already on its way in somebody else's flush.
    pub grouped_commits: u64,
}

/// Positions: records are inserted at `insert`, handed to the device up to `written`, durable up to
/// `flushed`; recovery would start at `redo`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WalSnapshot {
    pub insert: Lsn,
    pub written: Lsn,
    pub flushed: Lsn,
    pub redo: Lsn,
    pub checkpoint: Lsn,
    pub checkpoint_running: bool,
    pub counters: WalCounters,
    pub records: Vec<WalRecordView>,
}

/// One line of the story recovery tells.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RecoveryStep {
    pub lsn: Lsn,
    pub what: String,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RecoveryReport {
    /// The database did not exist and was made.
    pub created: bool,
    /// The last engine closed it; there was nothing to redo.
    pub clean: bool,
    pub from: Lsn,
    pub to: Lsn,
    pub checkpoint: Lsn,
    pub records: u64,
    pub images_restored: u64,
    pub edits_applied: u64,
    /// Blocks whose page already held the change.
    pub already_there: u64,
    pub committed: Vec<Xid>,
    pub aborted: Vec<Xid>,
    /// Why reading the log stopped where it did.
    pub stopped_because: String,
    /// Bytes after that place, which were thrown away.
    pub bytes_after_end: u64,
    pub unreadable_pages: Vec<PageTag>,
    pub steps: Vec<RecoveryStep>,
    /// Steps that were left out because the list is bounded.
    pub steps_left_out: u64,
    pub took_us: u64,
}

/// One operation on its way to or from the device.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OpView {
    pub op: OpId,
    pub kind: OpKind,
    pub since_us: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskView {
    pub task: u32,
    pub name: String,
    pub ready: bool,
    /// What it waits for, if it waits.
    pub wait: Option<String>,
    pub polls: u64,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FileView {
    pub file: FileId,
    pub blocks: u32,
}

/// What the control block says.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ControlView {
    pub format_version: u32,
    pub system_id: u64,
    pub timeline: u32,
    pub owner_epoch: u64,
    pub checkpoint: Lsn,
    pub redo: Lsn,
    pub next_xid: u64,
    pub next_file: u32,
    pub next_oid: u32,
    pub last_checkpoint: Option<CheckpointKind>,
}
