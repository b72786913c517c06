//! B+tree: ordered entries in pages, leaves linked both ways, one level split at a time.
//!
//! ```text
//!  block 0  metapage: magic, version, the root's block
//!  block 1  the root, for good: when it splits, its items move to two new pages below it
//!
//!                 ┌──────────── root (block 1) ────────────┐
//!                 │ −∞ → 7 │ "k" → 3 │ "t" → 9 │           │      internal: (key, locator) → child
//!                 └───┬─────────┬─────────┬────────────────┘
//!               ┌─────▼──┐   ┌──▼─────┐   ┌▼───────┐
//!               │ leaf 7 │⇄  │ leaf 3 │⇄  │ leaf 9 │               leaves: (key, locator, payload)
//!               └────────┘   └────────┘   └────────┘
//! ```
//!
//! Rules.
//! 1. Entries are ordered by (key bytes, locator bytes), so no two are equal, even where keys are.
//! 2. Every page but the last of its level begins with a *high key*: all its entries are below it.
//! 3. A change is one atomic action (E1). A split is one action on one level: it leaves the left page
//!    marked `INCOMPLETE` until the parent has the new page's entry. Whoever meets the mark on a way
//!    down completes the split before doing anything else.
//! 4. Entries move right only, and pages are never unlinked: a scan may keep a block number, and
//!    no pin, between two steps. Left out for that: giving back emptied pages before a rebuild.
//! 5. The tree knows nothing of transactions. Uniqueness is asked for by [`BTree::equal_keys`] and
//!    decided by the table method, in the action that then inserts.
//! 6. An entry is at most [`ENTRY_LEN_MAX`] bytes, so that a page holds three.
//!
//! Sources: Lehman and Yao, "Efficient Locking for Concurrent Operations on B-Trees" (high keys and
//! right links); PostgreSQL's nbtree README (incomplete splits, locators as tie-breakers).

mod build;
mod check;
mod delete;
mod insert;
mod inspect;
mod node;
mod scan;
#[cfg(test)]
mod tests;

pub use build::Builder;
pub use inspect::{items, metapage};
pub use node::{ENTRY_LEN_MAX, Entry};
pub use scan::{Cursor, Entries};

use node::{META_MAGIC, Special};
use vitrine_storage::{Act, PageEdit, Rmgr, Storage};
use vitrine_view::{FileId, PageTag, Xid};

/// The operations of the tree's log records, in the order of [`OP_NAMES`].
pub mod op {
    pub const CREATE: u8 = 0;
    pub const INSERT: u8 = 1;
    pub const SPLIT: u8 = 2;
    pub const SPLIT_ROOT: u8 = 3;
    pub const COMPLETE_SPLIT: u8 = 4;
    pub const DELETE: u8 = 5;
    pub const VACUUM: u8 = 6;
    pub const BUILD: u8 = 7;
}

/// Names of [`op`], as the log inspector prints them.
pub const OP_NAMES: [&str; 8] = [
    "CREATE",
    "INSERT",
    "SPLIT",
    "SPLIT_ROOT",
    "COMPLETE_SPLIT",
    "DELETE",
    "VACUUM",
    "BUILD",
];

/// Page kinds, written into the page's header.
pub const KIND_META: u8 = 0x10;
pub const KIND_LEAF: u8 = 0x11;
pub const KIND_INTERNAL: u8 = 0x12;

pub(crate) const META_BLOCK: u32 = 0;
pub(crate) const ROOT_BLOCK: u32 = 1;

/// A tree in a file of its own. Holds no state: everything is on the pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BTree {
    pub file: FileId,
}

/// What became of an insertion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inserted {
    Done,
    /// The very same entry is there already.
    Present,
    /// The entry is longer than [`ENTRY_LEN_MAX`]; its length in bytes.
    TooLong(usize),
}

impl BTree {
    pub fn new(file: FileId) -> BTree {
        BTree { file }
    }

    pub(crate) fn tag(self, block: u32) -> PageTag {
        PageTag::new(self.file, block)
    }

    /// Writes the metapage and an empty root into an empty file.
    pub fn create(self, storage: &Storage, xid: Xid) -> Act<()> {
        let mut mini = storage.mini(Rmgr::BTREE, op::CREATE, xid);
        let meta = mini.new_page(self.file)?;
        let root = mini.new_page(self.file)?;
        mini.edit(
            meta,
            PageEdit::Init {
                kind: KIND_META,
                special_len: 16,
            },
        )?;
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&META_MAGIC.to_le_bytes());
        bytes[4..8].copy_from_slice(&1u32.to_le_bytes());
        bytes[8..12].copy_from_slice(&ROOT_BLOCK.to_le_bytes());
        mini.edit(
            meta,
            PageEdit::Bytes {
                at: node::SPECIAL_AT,
                bytes: &bytes,
            },
        )?;
        node::init(&mut mini, root, Special::leaf_root())?;
        mini.finish();
        Ok(())
    }
}
