//! The chapter on this room, with its rules, is its README.
#![doc = include_str!("README.md")]

mod checksum;
mod codec;
mod edit;
mod slotted;
#[cfg(test)]
mod tests;
mod view;

pub use checksum::checksum;
pub use edit::{EditError, Offsets, PageEdit};
pub use slotted::{LinePointer, LpState};
pub use view::page_view;

use alloc::boxed::Box;
use vitrine_view::{Lsn, PageTag};

pub const PAGE_SIZE: usize = 8192;
pub const PAGE_HEADER: usize = 24;
pub const LINE_POINTER: usize = 4;
/// The version in the header; 4 as in PostgreSQL since 8.3, whose layout this is.
pub const LAYOUT_VERSION: u8 = 4;

/// Bits of the low byte of the flags, with PostgreSQL's values.
pub mod flags {
    pub const HAS_FREE_LINES: u8 = 1;
    pub const PAGE_FULL: u8 = 2;
    pub const ALL_VISIBLE: u8 = 4;
}

const AT_CHECKSUM: usize = 8;
const AT_FLAGS: usize = 10;
const AT_KIND: usize = 11;
const AT_LOWER: usize = 12;
const AT_UPPER: usize = 14;
const AT_SPECIAL: usize = 16;
const AT_SIZE_VERSION: usize = 18;
const AT_PRUNE_XID: usize = 20;

/// Rounds up to 8, the alignment of items.
pub const fn align8(n: usize) -> usize {
    (n + 7) & !7
}

/// One page in memory.
#[derive(Clone)]
pub struct Page {
    pub(crate) bytes: Box<[u8; PAGE_SIZE]>,
}

impl Default for Page {
    fn default() -> Page {
        Page::zeroed()
    }
}

impl Page {
    pub fn zeroed() -> Page {
        Page {
            bytes: Box::new([0; PAGE_SIZE]),
        }
    }

    /// A copy of `bytes`, if they are a page's length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Page> {
        let mut page = Page::zeroed();
        if bytes.len() != PAGE_SIZE {
            return None;
        }
        page.bytes.copy_from_slice(bytes);
        Some(page)
    }

    pub fn bytes(&self) -> &[u8; PAGE_SIZE] {
        &self.bytes
    }

    pub(crate) fn u16_at(&self, at: usize) -> u16 {
        match self.bytes.get(at..at + 2) {
            Some(&[a, b]) => u16::from_le_bytes([a, b]),
            _ => 0,
        }
    }

    pub(crate) fn put_u16(&mut self, at: usize, v: u16) {
        if let Some(to) = self.bytes.get_mut(at..at + 2) {
            to.copy_from_slice(&v.to_le_bytes());
        }
    }

    /// The end of the last record that changed the page.
    pub fn lsn(&self) -> Lsn {
        let mut b = [0; 8];
        b.copy_from_slice(&self.bytes[..8]);
        Lsn(u64::from_le_bytes(b))
    }

    pub(crate) fn set_lsn(&mut self, lsn: Lsn) {
        self.bytes[..8].copy_from_slice(&lsn.0.to_le_bytes());
    }

    pub fn stored_checksum(&self) -> u16 {
        self.u16_at(AT_CHECKSUM)
    }

    pub fn flags(&self) -> u8 {
        self.bytes[AT_FLAGS]
    }

    /// What the page is used for, as its access method said at `Init`.
    pub fn kind(&self) -> u8 {
        self.bytes[AT_KIND]
    }

    pub fn lower(&self) -> usize {
        usize::from(self.u16_at(AT_LOWER))
    }

    pub fn upper(&self) -> usize {
        usize::from(self.u16_at(AT_UPPER))
    }

    pub fn special(&self) -> usize {
        usize::from(self.u16_at(AT_SPECIAL))
    }

    pub fn page_size(&self) -> usize {
        usize::from(self.u16_at(AT_SIZE_VERSION) & 0xFF00)
    }

    pub fn layout_version(&self) -> u8 {
        self.bytes[AT_SIZE_VERSION]
    }

    pub fn prune_xid(&self) -> u32 {
        let mut b = [0; 4];
        b.copy_from_slice(&self.bytes[AT_PRUNE_XID..AT_PRUNE_XID + 4]);
        u32::from_le_bytes(b)
    }

    /// Nobody has initialised this page.
    pub fn is_new(&self) -> bool {
        self.upper() == 0
    }

    /// The access method's area at the end of the page.
    pub fn special_bytes(&self) -> &[u8] {
        if self.is_new() {
            return &[];
        }
        self.bytes.get(self.special()..).unwrap_or(&[])
    }

    /// Bytes of the page, if they lie on it.
    pub fn slice(&self, at: usize, len: usize) -> Option<&[u8]> {
        self.bytes.get(at..at.checked_add(len)?)
    }

    /// Writes the checksum for the page's address: done on the copy that goes out (E16).
    pub fn seal(&mut self, tag: PageTag) {
        if self.is_new() && self.bytes.iter().all(|b| *b == 0) {
            return;
        }
        let sum = checksum(self.bytes(), tag);
        self.put_u16(AT_CHECKSUM, sum);
    }

    /// Why a page just read from the device cannot be used, if it cannot.
    pub fn check(&self, tag: PageTag) -> Result<(), &'static str> {
        if self.is_new() && self.bytes.iter().all(|b| *b == 0) {
            return Ok(());
        }
        if checksum(self.bytes(), tag) != self.stored_checksum() {
            return Err("checksum mismatch");
        }
        self.check_header()
    }

    /// Whether the header makes sense by itself; an initialised page is expected.
    pub fn check_header(&self) -> Result<(), &'static str> {
        if self.page_size() != PAGE_SIZE {
            return Err("wrong page size in header");
        }
        if self.layout_version() != LAYOUT_VERSION {
            return Err("unknown page layout version");
        }
        let (lower, upper, special) = (self.lower(), self.upper(), self.special());
        if lower < PAGE_HEADER || lower > upper || upper > special || special > PAGE_SIZE {
            return Err("bounds of free space are out of order");
        }
        if !(lower - PAGE_HEADER).is_multiple_of(LINE_POINTER) {
            return Err("line pointer array has a broken length");
        }
        Ok(())
    }
}
