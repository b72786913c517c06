//! `Mini`: one atomic action's page changes, becoming one log record.
//!
//! ```text
//!  let mut m = storage.mini(Rmgr::HEAP, op, xid);
//!  m.pin(a)?; m.pin(b)?;            // every miss happens here, nothing has changed yet
//!  m.edit(a, PageEdit::…)?; …       // runs on the page and is noted for the record
//!  m.data(&header);
//!  let lsn = m.finish();            // record inserted, pages stamped and dirty
//! ```
//!
//! Rules. 1. An edit that misses or does not fit before anything has changed leaves no trace. 2. After
//! the first edit neither may happen any more: it would leave a change without a record, so it stops
//! the engine, as does dropping a `Mini` with edits in it. Recovery then undoes the half-done action.
//! 3. No await between `mini` and `finish`: `Mini` lives in synchronous code alone.

use super::record::{Rmgr, put_edits, put_image};
use crate::buffer::PageRead;
use crate::error::{Act, Stop, StorageError};
use crate::page::PageEdit;
use crate::storage::Storage;
use alloc::vec::Vec;
use vitrine_view::{FileId, Lsn, PageTag, Xid};

/// The most pages one action changes.
pub const MAX_BLOCKS: usize = 12;

#[derive(Default)]
struct MiniBlock {
    tag: PageTag,
    frame: u32,
    edited: bool,
    init: bool,
    image: bool,
    edits: Vec<u8>,
}

/// The buffers of a `Mini`, kept between actions so that the hot path does not allocate.
#[derive(Default)]
pub(crate) struct Scratch {
    blocks: Vec<MiniBlock>,
    data: Vec<u8>,
}

pub struct Mini<'a> {
    storage: &'a Storage,
    rmgr: Rmgr,
    op: u8,
    xid: Xid,
    scratch: Scratch,
    used: usize,
    edited: bool,
}

impl<'a> Mini<'a> {
    pub(crate) fn new(storage: &'a Storage, rmgr: Rmgr, op: u8, xid: Xid) -> Mini<'a> {
        let mut scratch = storage.scratch.take().unwrap_or_default();
        scratch.data.clear();
        Mini {
            storage,
            rmgr,
            op,
            xid,
            scratch,
            used: 0,
            edited: false,
        }
    }

    fn find(&self, tag: PageTag) -> Option<usize> {
        self.scratch
            .blocks
            .get(..self.used)?
            .iter()
            .position(|b| b.tag == tag)
    }

    /// After the first edit every failure is fatal.
    fn fail(&self, stop: Stop) -> Stop {
        if !self.edited {
            return stop;
        }
        let e = StorageError::Stopped("an action failed after it had begun to change pages");
        self.storage.wal().stop(e.clone());
        Stop::Err(e)
    }

    /// Makes sure the page is here and stays; to be called for all pages before the first edit.
    pub fn pin(&mut self, tag: PageTag) -> Act<()> {
        self.slot(tag).map(|_| ())
    }

    fn slot(&mut self, tag: PageTag) -> Act<usize> {
        if let Some(at) = self.find(tag) {
            return Ok(at);
        }
        self.storage.wal().check()?;
        if self.used >= MAX_BLOCKS {
            return Err(self.fail(Stop::Err(StorageError::TooManyPins)));
        }
        let frame = self
            .storage
            .pool()
            .pin_for_change(tag)
            .map_err(|s| self.fail(s))?;
        if self.used == self.scratch.blocks.len() {
            self.scratch.blocks.push(MiniBlock::default());
        }
        let at = self.used;
        if let Some(block) = self.scratch.blocks.get_mut(at) {
            block.edits.clear();
            let edits = core::mem::take(&mut block.edits);
            *block = MiniBlock {
                tag,
                frame,
                edits,
                ..MiniBlock::default()
            };
        }
        self.used += 1;
        Ok(at)
    }

    /// Pins the page after the last one of a file; the file grows when this action is finished.
    /// Called twice it gives the two pages after the last. The page is to be made with `Init`.
    pub fn new_page(&mut self, file: FileId) -> Act<PageTag> {
        let mut block = self.storage.pool().length(file).map_err(|s| self.fail(s))?;
        while self.find(PageTag::new(file, block)).is_some() {
            block += 1;
        }
        let tag = PageTag::new(file, block);
        self.pin(tag)?;
        Ok(tag)
    }

    /// A pinned page as it is now, edits of this action included.
    pub fn page(&mut self, tag: PageTag) -> Act<PageRead<'a>> {
        let at = self.slot(tag)?;
        let frame = self.scratch.blocks.get(at).map_or(0, |b| b.frame);
        self.storage.pool().page_of(frame)
    }

    /// Changes a page.
    pub fn edit(&mut self, tag: PageTag, edit: PageEdit<'_>) -> Act<()> {
        let at = self.slot(tag)?;
        let storage = self.storage;
        let Some(block) = self.scratch.blocks.get_mut(at) else {
            return Err(Stop::Err(StorageError::Bug("mini block out of range")));
        };
        let frame = block.frame;
        let whole = matches!(edit, PageEdit::Init { .. } | PageEdit::Image(_));
        let needs_image = if block.edited || whole {
            block.image
        } else {
            let lsn = storage.pool().with_page(frame, |p| p.lsn())?;
            storage.config().full_page_writes && lsn <= storage.wal().redo_lsn()
        };
        match storage.pool().apply(frame, &edit) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return Err(self.fail(Stop::Err(StorageError::Bug(why.0)))),
            Err(e) => return Err(self.fail(Stop::Err(e))),
        }
        block.image = needs_image;
        if whole {
            // What came before in this action is overwritten.
            block.init = true;
            block.image = false;
            block.edits.clear();
        }
        block.edited = true;
        if !block.image {
            edit.encode(&mut block.edits);
        }
        self.edited = true;
        Ok(())
    }

    /// Adds to the record's own data: what its owner's `describe` and `replay` read.
    pub fn data(&mut self, bytes: &[u8]) {
        self.scratch.data.extend_from_slice(bytes);
    }

    /// Inserts the record, stamps the pages, and returns the record's end: the position to flush to.
    pub fn finish(mut self) -> Lsn {
        let storage = self.storage;
        let pool = storage.pool();
        let compress = storage.config().wal_compression;
        let blocks = self.scratch.blocks.get(..self.used).unwrap_or(&[]);
        let mut images = 0;
        let data = &self.scratch.data;
        let (start, end) = storage
            .wal()
            .insert(self.rmgr, self.op, self.xid, data, |out| {
                let mut count = 0;
                for block in blocks.iter().filter(|b| b.edited) {
                    count += 1;
                    if !block.image {
                        put_edits(out, block.tag, block.init, &block.edits);
                        continue;
                    }
                    images += 1;
                    let put =
                        pool.with_page(block.frame, |p| put_image(out, block.tag, p, compress));
                    if let Err(e) = put {
                        storage.wal().stop(e);
                    }
                }
                count
            });
        if images > 0 {
            storage.wal().count(|c| c.full_page_images += images);
        }
        for block in blocks.iter().filter(|b| b.edited) {
            pool.stamp(block.frame, start, end);
        }
        self.edited = false;
        end
    }
}

impl Drop for Mini<'_> {
    fn drop(&mut self) {
        for block in self.scratch.blocks.get(..self.used).unwrap_or(&[]) {
            self.storage.pool().unpin_changed(block.frame);
        }
        if self.edited {
            let why = "an action was left half-way through its changes";
            self.storage.wal().stop(StorageError::Stopped(why));
        }
        self.storage
            .scratch
            .set(Some(core::mem::take(&mut self.scratch)));
    }
}
