//! A heap file: pages of tuples with its free space map, and how a tuple finds a page.
//!
//! A table has two of them: its rows, and its out-of-line values (`toast.rs`). Placing a tuple goes:
//! the page last used, then what the free space map offers, then a new page. The map is only a hint:
//! it is written by VACUUM and put right when it has promised too much.
//!
//! ```text
//!  free space map  page p covers heap pages p*8168 …; byte 24+i: free bytes of heap page / 32, rounded down
//! ```
//! Left out: PostgreSQL's tree over the map's pages; a search here walks the bytes.

use super::{KIND_FSM, KIND_HEAP, op};
use crate::stop::Act;
use core::cell::Cell;
use vitrine_storage::Storage;
use vitrine_storage::page::{PAGE_HEADER, PAGE_SIZE, Page, PageEdit, flags};
use vitrine_storage::wal::{Mini, Rmgr};
use vitrine_view::{FileId, PageTag, Xid};

/// Bytes one unit of the map stands for.
const UNIT: usize = 32;
const PER_MAP_PAGE: u32 = (PAGE_SIZE - PAGE_HEADER) as u32;
/// The largest tuple a page can hold.
pub const MAX_TUPLE: usize = 8160;

pub struct HeapFile {
    pub main: FileId,
    pub fsm: FileId,
    /// The page last used for an insertion.
    last: Cell<Option<u32>>,
}

/// A page with room. `fresh`: it is not there yet.
#[derive(Clone, Copy)]
pub struct Room {
    pub block: u32,
    pub fresh: bool,
}

pub fn unit_of(free: usize) -> u8 {
    (free / UNIT).min(255) as u8
}

/// Whether a tuple of `len` bytes fits, a new line pointer included.
pub fn fits(page: &Page, len: usize) -> bool {
    page.free_space() >= vitrine_storage::page::align8(len)
}

/// Where on the page the next tuple goes.
pub fn free_offset(page: &Page) -> u16 {
    let unused = match page.flags() & flags::HAS_FREE_LINES {
        0 => None,
        _ => page.first_unused(),
    };
    unused.unwrap_or(page.item_count() + 1)
}

impl HeapFile {
    pub fn new(main: FileId, fsm: FileId) -> HeapFile {
        HeapFile {
            main,
            fsm,
            last: Cell::new(None),
        }
    }

    pub fn tag(&self, block: u32) -> PageTag {
        PageTag::new(self.main, block)
    }

    /// A page with `len` bytes of room.
    pub fn find_room(&self, storage: &Storage, len: usize) -> Act<Room> {
        let pool = storage.pool();
        let length = pool.length(self.main)?;
        let last = self
            .last
            .get()
            .or(length.checked_sub(1))
            .filter(|b| *b < length);
        if let Some(block) = last
            && fits(&*pool.read(self.tag(block))?, len)
        {
            return Ok(Room {
                block,
                fresh: false,
            });
        }
        while let Some(block) = self.search_map(storage, len, length)? {
            let page = pool.read(self.tag(block))?;
            if fits(&page, len) {
                self.last.set(Some(block));
                return Ok(Room {
                    block,
                    fresh: false,
                });
            }
            let free = page.free_space();
            drop(page);
            self.note_free(storage, block, free)?;
        }
        Ok(Room {
            block: length,
            fresh: true,
        })
    }

    pub fn used(&self, block: u32) {
        self.last.set(Some(block));
    }

    /// Makes sure the room is pinned in the action; a fresh page is to be initialised by `start`.
    pub fn pin(&self, mini: &mut Mini<'_>, room: Room) -> Act<PageTag> {
        match room.fresh {
            true => Ok(mini.new_page(self.main)?),
            false => {
                let tag = self.tag(room.block);
                mini.pin(tag)?;
                Ok(tag)
            }
        }
    }

    /// Initialises a fresh page.
    pub fn start(&self, mini: &mut Mini<'_>, tag: PageTag, room: Room) -> Act<()> {
        if room.fresh {
            mini.edit(
                tag,
                PageEdit::Init {
                    kind: KIND_HEAP,
                    special_len: 0,
                },
            )?;
        }
        Ok(())
    }

    fn search_map(&self, storage: &Storage, len: usize, length: u32) -> Act<Option<u32>> {
        let pool = storage.pool();
        let wanted = (vitrine_storage::page::align8(len) / UNIT + 1).min(255) as u8;
        for map_block in 0..pool.length(self.fsm)? {
            let page = pool.read(PageTag::new(self.fsm, map_block))?;
            let bytes = page
                .slice(PAGE_HEADER, PER_MAP_PAGE as usize)
                .unwrap_or(&[]);
            if let Some(at) = bytes.iter().position(|b| *b >= wanted) {
                let block = map_block * PER_MAP_PAGE + at as u32;
                if block < length {
                    return Ok(Some(block));
                }
            }
        }
        Ok(None)
    }

    /// Units of free space the map promises for a heap page.
    pub fn promised(&self, storage: &Storage, block: u32) -> Act<u8> {
        let tag = PageTag::new(self.fsm, block / PER_MAP_PAGE);
        if tag.block.0 >= storage.pool().length(self.fsm)? {
            return Ok(0);
        }
        let page = storage.pool().read(tag)?;
        let at = PAGE_HEADER + (block % PER_MAP_PAGE) as usize;
        Ok(page.slice(at, 1).and_then(|b| b.first()).map_or(0, |b| *b))
    }

    /// Writes a heap page's free space into the map, if the map says otherwise.
    pub fn note_free(&self, storage: &Storage, block: u32, free: usize) -> Act<()> {
        let unit = unit_of(free);
        if self.promised(storage, block)? == unit {
            return Ok(());
        }
        let at = (PAGE_HEADER as u32 + block % PER_MAP_PAGE) as u16;
        set_map_byte(storage, self.fsm, block / PER_MAP_PAGE, at, unit)
    }

    /// Bytes of free space the map promises, for `pg_freespace`.
    pub fn promised_bytes(&self, storage: &Storage, block: u32) -> Act<u16> {
        Ok(u16::from(self.promised(storage, block)?) * UNIT as u16)
    }
}

fn set_map_byte(storage: &Storage, file: FileId, map_block: u32, at: u16, byte: u8) -> Act<()> {
    loop {
        let mut mini = storage.mini(Rmgr::HEAP, op::FREE_SPACE, Xid::INVALID);
        if map_block < storage.pool().length(file)? {
            let tag = PageTag::new(file, map_block);
            mini.pin(tag)?;
            mini.edit(tag, PageEdit::Bytes { at, bytes: &[byte] })?;
            mini.finish();
            return Ok(());
        }
        let tag = mini.new_page(file)?;
        mini.edit(
            tag,
            PageEdit::Init {
                kind: KIND_FSM,
                special_len: 0,
            },
        )?;
        mini.finish();
    }
}
