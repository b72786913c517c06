//! The commit log: two bits for each transaction, in pages of `FileId::CLOG`.
//!
//! ```text
//!  page  xid / 32672     byte 24 + (xid % 32672) / 4     bits 2 × (xid % 4)
//!  00 running or lost    01 committed    10 aborted
//! ```
//!
//! A transaction that was running when the engine died stays 00; since it is not among the running
//! ones of the new engine it counts as aborted. The bits change in the very action that logs the
//! commit or abort record: the record carries them as page edits, so redo needs no code of its own.
//! Left out: giving back pages older than the horizon.

use super::TxnManager;
use crate::stop::Act;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use vitrine_storage::page::{PAGE_HEADER, PAGE_SIZE};
use vitrine_storage::{Mini, PageEdit};
use vitrine_view::{FileId, PageTag, Xid};

pub const XIDS_PER_PAGE: u64 = ((PAGE_SIZE - PAGE_HEADER) * 4) as u64;
pub const KIND_CLOG: u8 = 0x08;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum XidStatus {
    Running,
    Committed,
    Aborted,
}

/// Where a transaction's bits are: page, byte on the page, shift.
fn place(xid: Xid) -> (PageTag, u16, u32) {
    let (page, slot) = (xid.0 / XIDS_PER_PAGE, xid.0 % XIDS_PER_PAGE);
    let at = PAGE_HEADER as u64 + slot / 4;
    (
        PageTag::new(FileId::CLOG, page as u32),
        at as u16,
        (slot % 4 * 2) as u32,
    )
}

impl TxnManager {
    /// What the pages say of a transaction that is not running.
    pub(super) fn read_clog(&self, xid: Xid) -> Act<XidStatus> {
        let (tag, at, shift) = place(xid);
        let pool = self.storage.pool();
        if tag.block.0 >= pool.length(tag.file)? {
            return Ok(XidStatus::Aborted);
        }
        let page = pool.read(tag)?;
        let bits = page
            .slice(usize::from(at), 1)
            .and_then(|b| b.first())
            .map_or(0, |b| b >> shift);
        Ok(match bits & 3 {
            1 => XidStatus::Committed,
            _ => XidStatus::Aborted,
        })
    }

    /// Adds to an action the edits that settle these transactions. Pages are pinned first; what is
    /// missing unwinds before anything changes.
    pub(super) fn write_clog(
        &self,
        mini: &mut Mini<'_>,
        xids: &[Xid],
        status: XidStatus,
    ) -> Act<()> {
        let bits: u8 = if status == XidStatus::Committed { 1 } else { 2 };
        let mut bytes: BTreeMap<(PageTag, u16), u8> = BTreeMap::new();
        let pool = self.storage.pool();
        let mut length = pool.length(FileId::CLOG)?;
        for xid in xids {
            let (tag, at, shift) = place(*xid);
            let before = match bytes.get(&(tag, at)) {
                Some(b) => *b,
                None if tag.block.0 < length => {
                    let page = pool.read(tag)?;
                    page.slice(usize::from(at), 1)
                        .and_then(|b| b.first())
                        .map_or(0, |b| *b)
                }
                None => 0,
            };
            bytes.insert((tag, at), before & !(3 << shift) | bits << shift);
        }
        for (tag, _) in bytes.keys() {
            if tag.block.0 < length {
                mini.pin(*tag)?;
            }
        }
        let last = bytes.keys().map(|(tag, _)| tag.block.0).max().unwrap_or(0);
        let mut made = Vec::new();
        while length <= last {
            made.push(mini.new_page(FileId::CLOG)?);
            length += 1;
        }
        for tag in made {
            mini.edit(
                tag,
                PageEdit::Init {
                    kind: KIND_CLOG,
                    special_len: 0,
                },
            )?;
        }
        for ((tag, at), byte) in bytes {
            mini.edit(tag, PageEdit::Bytes { at, bytes: &[byte] })?;
        }
        Ok(())
    }
}
