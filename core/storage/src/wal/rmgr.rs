//! Resource managers: who owns which records. A table, handed to `Storage::open` by the storeys above.
//!
//! Pages need no redo code of their own (see `page/edit.rs`). What a record means beside its pages –
//! a commit, a counter, a file that goes – is replayed by its owner's `replay`, which tells the
//! context what it learned; the context is then read by whoever opened the database.

use super::record::{Record, Rmgr};
use crate::error::Result;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_view::{FileId, Xid};

pub struct RmgrRow {
    pub id: Rmgr,
    pub name: &'static str,
    pub op_name: fn(u8) -> &'static str,
    /// The record's own data in words.
    pub describe: fn(u8, &[u8]) -> String,
    pub replay: Option<fn(&mut RedoContext, &Record<'_>) -> Result<()>>,
}

/// The row of a resource manager, among the given ones and this crate's own.
pub fn row_of(rows: &'static [RmgrRow], id: Rmgr) -> Option<&'static RmgrRow> {
    if id == Rmgr::STORAGE {
        return Some(&crate::recovery::STORAGE_RMGR);
    }
    rows.iter().find(|row| row.id == id)
}

/// What replay learns beside pages. Kept by `Storage` after recovery.
#[derive(Default)]
pub struct RedoContext {
    pub committed: Vec<Xid>,
    pub aborted: Vec<Xid>,
    /// Every record's owner may leave what it wants to find again: (owner, data).
    pub left: Vec<(Rmgr, Vec<u8>)>,
    pub(crate) next_xid: u64,
    pub(crate) next_file: u32,
    pub(crate) next_oid: u32,
    pub(crate) truncations: Vec<(FileId, Option<u32>)>,
    pub(crate) story: Vec<String>,
}

impl RedoContext {
    /// The record ends a file: it is removed before the next record is replayed.
    pub fn remove_file(&mut self, file: FileId) {
        self.truncations.push((file, None));
    }

    pub fn truncate_file(&mut self, file: FileId, blocks: u32) {
        self.truncations.push((file, Some(blocks)));
    }

    /// Ids up to these are in use.
    pub fn saw_oid(&mut self, oid: u32) {
        self.next_oid = self.next_oid.max(oid.saturating_add(1));
    }

    pub fn saw_file(&mut self, file: FileId) {
        self.next_file = self.next_file.max(file.0.saturating_add(1));
    }

    pub fn saw_xid(&mut self, xid: Xid) {
        self.next_xid = self.next_xid.max(xid.0.saturating_add(1));
    }

    /// A line for the recovery report.
    pub fn tell(&mut self, line: String) {
        self.story.push(line);
    }
}
