//! The visibility map: two bits for each heap page, in a fork of its own.
//!
//! ```text
//!  page p covers heap pages p*32672 …; bits of heap page b: byte 24 + b/4, shift 2*(b%4): 1 all visible, 2 all frozen
//! ```
//!
//! A set bit lets an index-only scan skip the heap page and VACUUM skip it whole. It is set by VACUUM,
//! in one action with the page's own flag, and cleared by the first change, in that change's action:
//! so a set bit is always true, whatever crashes. The page's flag spares a look at the map: no flag,
//! no bit.

use super::{KIND_VM, op};
use crate::stop::Act;
use vitrine_storage::Storage;
use vitrine_storage::page::{PAGE_HEADER, PAGE_SIZE, PageEdit, flags};
use vitrine_storage::wal::{Mini, Rmgr};
use vitrine_view::{FileId, PageTag, Xid};

pub const ALL_VISIBLE: u8 = 1;
pub const ALL_FROZEN: u8 = 2;
const PER_PAGE: u32 = ((PAGE_SIZE - PAGE_HEADER) * 4) as u32;

#[derive(Clone, Copy)]
pub struct VisibilityMap {
    pub file: FileId,
}

impl VisibilityMap {
    fn place(self, block: u32) -> (PageTag, u16, u32) {
        let slot = block % PER_PAGE;
        let tag = PageTag::new(self.file, block / PER_PAGE);
        (tag, (PAGE_HEADER as u32 + slot / 4) as u16, slot % 4 * 2)
    }

    fn byte(self, storage: &Storage, tag: PageTag, at: u16) -> Act<u8> {
        if tag.block.0 >= storage.pool().length(self.file)? {
            return Ok(0);
        }
        let page = storage.pool().read(tag)?;
        Ok(page
            .slice(usize::from(at), 1)
            .and_then(|b| b.first())
            .map_or(0, |b| *b))
    }

    /// The bits of a heap page.
    pub fn get(self, storage: &Storage, block: u32) -> Act<u8> {
        let (tag, at, shift) = self.place(block);
        Ok(self.byte(storage, tag, at)? >> shift & 3)
    }

    /// How many heap pages are all visible.
    pub fn count(self, storage: &Storage) -> Act<u32> {
        let mut sum = 0;
        for block in 0..storage.pool().length(self.file)? {
            let page = storage.pool().read(PageTag::new(self.file, block))?;
            let bytes = page
                .slice(PAGE_HEADER, PAGE_SIZE - PAGE_HEADER)
                .unwrap_or(&[]);
            sum += bytes.iter().map(|b| (b & 0x55).count_ones()).sum::<u32>();
        }
        Ok(sum)
    }

    /// Pins what clearing a heap page's bits will change. `marked`: the heap page carries the flag.
    pub fn pin(self, mini: &mut Mini<'_>, block: u32, marked: bool) -> Act<()> {
        if marked {
            mini.pin(self.place(block).0)?;
        }
        Ok(())
    }

    /// Clears the bits and the heap page's flag, as part of the action that changes the page.
    pub fn clear(
        self,
        storage: &Storage,
        mini: &mut Mini<'_>,
        heap: PageTag,
        marked: bool,
    ) -> Act<()> {
        if !marked {
            return Ok(());
        }
        let (tag, at, shift) = self.place(heap.block.0);
        let byte = self.byte(storage, tag, at)? & !(3 << shift);
        mini.edit(tag, PageEdit::Bytes { at, bytes: &[byte] })?;
        mini.edit(
            heap,
            PageEdit::Flags {
                clear: flags::ALL_VISIBLE,
                set: 0,
            },
        )
        .map_err(Into::into)
    }

    /// Sets bits and the heap page's flag, in an action of its own.
    pub fn set(self, storage: &Storage, heap: PageTag, bits: u8) -> Act<()> {
        let (tag, at, shift) = self.place(heap.block.0);
        while tag.block.0 >= storage.pool().length(self.file)? {
            let mut mini = storage.mini(Rmgr::HEAP, op::VISIBLE, Xid::INVALID);
            let new = mini.new_page(self.file)?;
            mini.edit(
                new,
                PageEdit::Init {
                    kind: KIND_VM,
                    special_len: 0,
                },
            )?;
            mini.finish();
        }
        let before = self.byte(storage, tag, at)?;
        if before >> shift & 3 == bits {
            return Ok(());
        }
        let byte = before & !(3 << shift) | bits << shift;
        let mut mini = storage.mini(Rmgr::HEAP, op::VISIBLE, Xid::INVALID);
        mini.pin(tag)?;
        mini.pin(heap)?;
        mini.edit(tag, PageEdit::Bytes { at, bytes: &[byte] })?;
        mini.edit(
            heap,
            PageEdit::Flags {
                clear: 0,
                set: flags::ALL_VISIBLE,
            },
        )?;
        mini.finish();
        Ok(())
    }
}
