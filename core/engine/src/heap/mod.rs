//! Heap: rows as tuples on pages, each version its own, PostgreSQL's way.
//!
//! ```text
//!  page  │hdr│lp1│lp2│lp3│lp4│ … free … │ tuple v3 │ tuple v2 │ tuple v1 │
//!              │   │   └───────────────────► v1 ──ctid──► v2 ──ctid──► v3   (a chain of updates)
//!              │   └ redirect ► lp4 once v1 is pruned: the index still says lp2
//!              └ dead: waits for VACUUM to clear the indexes
//! ```
//!
//! Rules.
//! 1. A version is never changed but for its header: xmax, command id, ctid and flags say what became
//!    of it. Who sees it is decided by `visibility.rs` and nowhere else.
//! 2. A write is a resumable struct; each of its stages is one atomic action with one log record. The
//!    row first, its index entries after: an entry may be missing for a row nobody else sees yet, and
//!    never the other way round.
//! 3. An update that changes no indexed column and finds room on its page is HOT: no new index
//!    entries, the chain is walked on the page.
//! 4. Index entries lead to the chain's root; locators handed to SQL name the very version.
//! 5. Pruning happens where a writer needs room; readers change nothing (E16).
//! 6. A row's exclusive holder stands in xmax; its shared holders in the lock table. A savepoint's lock
//!    that overwrote an outer one is lost when the savepoint is rolled back (PostgreSQL keeps both in
//!    a multixact, which is left out).
//!
//! | file          | holds                                             |
//! |---------------|---------------------------------------------------|
//! | tuple.rs      | places, header bits, the stamps written over them |
//! | visibility.rs | the four questions                                |
//! | file.rs       | pages, free space map, finding room               |
//! | vm.rs         | visibility map                                    |
//! | table.rs      | `HeapTable`, the access method                    |
//! | insert.rs     | insertion, one row and many                       |
//! | change.rs     | update, delete, lock                              |
//! | index.rs      | its indexes: keys, uniqueness, build              |
//! | prune.rs      | dead versions of a page                           |
//! | toast.rs      | values out of line                                |
//! | scan.rs       | sequential and index scans, fetch                 |
//! | vacuum.rs     | VACUUM                                            |
//! | check.rs      | do table and indexes agree?                       |
//! | inspect.rs    | pages for people                                  |

mod change;
mod check;
mod file;
mod index;
mod insert;
pub mod inspect;
mod prune;
mod scan;
mod table;
pub(crate) mod toast;
mod tuple;
pub mod vacuum;
mod visibility;
pub mod vm;

pub use check::CheckReport;
pub use table::{HeapDef, HeapTable};
pub use tuple::{pack, unpack};

use alloc::format;
use alloc::string::String;

pub const KIND_HEAP: u8 = 0x01;
pub const KIND_FSM: u8 = 0x02;
pub const KIND_VM: u8 = 0x03;

/// Log record kinds of heaps.
pub mod op {
    pub const INSERT: u8 = 0;
    pub const MULTI_INSERT: u8 = 1;
    pub const UPDATE: u8 = 2;
    pub const HOT_UPDATE: u8 = 3;
    pub const DELETE: u8 = 4;
    pub const LOCK: u8 = 5;
    pub const PRUNE: u8 = 6;
    pub const VACUUM: u8 = 7;
    pub const FREEZE: u8 = 8;
    pub const VISIBLE: u8 = 9;
    pub const FREE_SPACE: u8 = 10;
    pub const TOAST: u8 = 11;
    pub const KILL: u8 = 12;
}

const OP_NAMES: [&str; 13] = [
    "INSERT",
    "MULTI_INSERT",
    "UPDATE",
    "HOT_UPDATE",
    "DELETE",
    "LOCK",
    "PRUNE",
    "VACUUM",
    "FREEZE_PAGE",
    "VISIBLE",
    "FREE_SPACE",
    "TOAST",
    "KILL",
];

pub fn op_name(op: u8) -> &'static str {
    OP_NAMES.get(usize::from(op)).copied().unwrap_or("UNKNOWN")
}

/// The data of heap records is a list of line pointers, as little-endian u16.
pub fn describe(op: u8, data: &[u8]) -> String {
    let offsets: alloc::vec::Vec<u16> = data
        .chunks_exact(2)
        .filter_map(|b| Some(u16::from_le_bytes(b.try_into().ok()?)))
        .collect();
    match (op, offsets.as_slice()) {
        (_, []) => String::new(),
        (op::UPDATE | op::HOT_UPDATE, [old, new, ..]) => format!("off {old} new off {new}"),
        (_, [one]) => format!("off {one}"),
        (_, many) => format!("{} items, offsets {many:?}", many.len()),
    }
}
