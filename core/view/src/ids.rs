//! The names of things: newtypes, so that a block number cannot be passed for a file number.
//!
//! All of them are plain numbers with an order and a serde form. `Lsn` prints as PostgreSQL prints
//! log positions (`0/1A2B3C`), `Tid` as it prints row addresses (`(3,14)`).

use core::fmt;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
        )]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// A transaction id, 64 bits wide everywhere but on heap pages (E7).
    Xid, u64
}
id! {
    /// A file of pages. Apart from object ids: a rewrite gives a table a new file (E19).
    FileId, u32
}
id! {
    /// The place of a page in its file, from 0.
    BlockNo, u32
}
id! {
    /// A session: one client's sequence of statements.
    SessionId, u32
}
id! {
    /// An operation handed to the device.
    OpId, u64
}

impl FileId {
    /// The commit log: two bits for each transaction.
    pub const CLOG: FileId = FileId(1);
    /// Files below this number belong to the system; the counter of new files starts here.
    pub const FIRST_FREE: FileId = FileId(1000);
}

impl BlockNo {
    /// No page has this number; a miss on it asks for the file's length.
    pub const LENGTH: BlockNo = BlockNo(u32::MAX);
}

impl Xid {
    pub const INVALID: Xid = Xid(0);
    /// The first id an ordinary transaction gets; the ones below mean "bootstrap" and "frozen".
    pub const FIRST: Xid = Xid(3);

    pub fn is_valid(self) -> bool {
        self.0 != 0
    }
}

/// A position in the log, counted in bytes from its beginning.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Lsn(pub u64);

impl Lsn {
    pub const ZERO: Lsn = Lsn(0);

    /// The position `len` bytes further on.
    pub fn plus(self, len: usize) -> Lsn {
        Lsn(self.0.saturating_add(len as u64))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

/// The address of a page.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct PageTag {
    pub file: FileId,
    pub block: BlockNo,
}

impl PageTag {
    pub const fn new(file: FileId, block: u32) -> PageTag {
        PageTag {
            file,
            block: BlockNo(block),
        }
    }
}

impl fmt::Display for PageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page {} of file {}", self.block, self.file)
    }
}

/// The address of a row on a heap page: block and line pointer, the latter from 1.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Tid {
    pub block: u32,
    pub offset: u16,
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({},{})", self.block, self.offset)
    }
}
