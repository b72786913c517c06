//! The pool's table, and everything about it that does not wait.

use super::frame::{Frame, PageRead, State};
use crate::error::{Act, Result, Stop, StorageError};
use crate::io::Io;
use crate::page::{EditError, Page, PageEdit, page_view};
use crate::task::{Scheduler, WaitQueue};
use crate::trace::Trace;
use crate::wal::Wal;
use alloc::collections::VecDeque;
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use hashbrown::HashMap;
use vitrine_view::{
    BlockNo, Event, FileId, FrameView, Lsn, PageTag, PageView, PoolCounters, PoolSnapshot,
};

/// Frames that scans share among themselves.
pub(super) const SCAN_RING: usize = 32;

pub struct Pool {
    pub(super) me: Weak<Pool>,
    pub(super) scheduler: Scheduler,
    pub(super) trace: Rc<Trace>,
    pub(super) io: Io,
    pub(super) wal: Rc<Wal>,
    frames: Vec<Frame>,
    map: RefCell<HashMap<PageTag, u32, crate::FixedHash>>,
    lengths: RefCell<HashMap<FileId, u32, crate::FixedHash>>,
    pub(super) hand: Cell<u32>,
    pub(super) dirty_count: Cell<u32>,
    /// Somebody waits for a frame to become free or a write to end.
    pub(super) freed: WaitQueue,
    /// Somebody waits for a page another task is reading.
    pub(super) loaded: WaitQueue,
    pub(super) writer_work: WaitQueue,
    /// The last page write found no room.
    pub(super) full: Cell<bool>,
    pub(super) scan_wish: Cell<Option<PageTag>>,
    pub(super) scan_ring: RefCell<VecDeque<u32>>,
    pub(super) counters: Cell<PoolCounters>,
    /// Apart from the others: counted on the hot path.
    hits: Cell<u64>,
}

impl Pool {
    pub(crate) fn new(scheduler: &Scheduler, io: &Io, wal: &Rc<Wal>, frames: u32) -> Rc<Pool> {
        Rc::new_cyclic(|me| Pool {
            me: me.clone(),
            scheduler: scheduler.clone(),
            trace: io.trace().clone(),
            io: io.clone(),
            wal: wal.clone(),
            frames: (0..frames.max(16)).map(|_| Frame::default()).collect(),
            map: RefCell::default(),
            lengths: RefCell::default(),
            hand: Cell::new(0),
            dirty_count: Cell::new(0),
            freed: WaitQueue::new(scheduler, "buffer"),
            loaded: WaitQueue::new(scheduler, "page read"),
            writer_work: WaitQueue::new(scheduler, "dirty pages"),
            full: Cell::new(false),
            scan_wish: Cell::new(None),
            scan_ring: RefCell::default(),
            counters: Cell::default(),
            hits: Cell::new(0),
        })
    }

    pub fn frame_count(&self) -> u32 {
        self.frames.len() as u32
    }

    pub(crate) fn device_is_full(&self) -> bool {
        self.full.get()
    }

    pub fn dirty_count(&self) -> u32 {
        self.dirty_count.get()
    }

    pub fn counters(&self) -> PoolCounters {
        PoolCounters {
            hits: self.hits.get(),
            ..self.counters.get()
        }
    }

    pub(super) fn count(&self, f: impl FnOnce(&mut PoolCounters)) {
        let mut counters = self.counters.get();
        f(&mut counters);
        self.counters.set(counters);
    }

    // Frame numbers come from this pool's own tables and are always in range.
    pub(super) fn frame(&self, index: u32) -> &Frame {
        &self.frames[index as usize]
    }

    pub(super) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    pub(super) fn lookup(&self, tag: PageTag) -> Option<u32> {
        self.map.borrow().get(&tag).copied()
    }

    pub(super) fn map_insert(&self, tag: PageTag, frame: u32) {
        self.map.borrow_mut().insert(tag, frame);
    }

    pub(super) fn map_remove(&self, tag: PageTag) {
        self.map.borrow_mut().remove(&tag);
    }

    fn resident(&self, tag: PageTag) -> Act<u32> {
        match self.lookup(tag) {
            Some(index) if self.frame(index).state.get() == State::Valid => Ok(index),
            _ => Err(Stop::Need(tag)),
        }
    }

    /// The page, for reading; or `Need` if it is not here.
    pub fn read(&self, tag: PageTag) -> Act<PageRead<'_>> {
        let index = self.resident(tag)?;
        self.frame(index).bump();
        self.frame(index).scan.set(false);
        self.guard(index)
    }

    /// As `read`, for a scan of a large table: its pages give way to one another first and do not
    /// push out what others use.
    pub fn read_scan(&self, tag: PageTag) -> Act<PageRead<'_>> {
        match self.resident(tag) {
            Ok(index) => self.guard(index),
            Err(stop) => {
                self.scan_wish.set(Some(tag));
                Err(stop)
            }
        }
    }

    fn guard(&self, index: u32) -> Act<PageRead<'_>> {
        let frame = self.frame(index);
        let Ok(page) = frame.page().try_borrow() else {
            return Err(Stop::Err(StorageError::Bug(
                "page read while it is being changed",
            )));
        };
        frame.pin();
        self.hits.set(self.hits.get() + 1);
        Ok(PageRead {
            page,
            pool: self,
            frame: index,
        })
    }

    /// How many blocks a file has.
    pub fn length(&self, file: FileId) -> Act<u32> {
        match self.lengths.borrow().get(&file) {
            Some(n) => Ok(*n),
            None => Err(Stop::Need(PageTag {
                file,
                block: BlockNo::LENGTH,
            })),
        }
    }

    pub(crate) fn set_length(&self, file: FileId, blocks: u32) {
        self.lengths.borrow_mut().insert(file, blocks);
    }

    /// The file has at least this page.
    pub(crate) fn grow_to(&self, tag: PageTag) {
        let mut lengths = self.lengths.borrow_mut();
        let length = lengths.entry(tag.file).or_insert(0);
        if tag.block.0 >= *length {
            *length = tag.block.0.saturating_add(1);
            let blocks = BlockNo(*length);
            self.trace.emit(|| Event::FileExtended {
                file: tag.file,
                blocks,
            });
        }
    }

    /// Sets hint bits: the page does not become dirty, nothing is logged. False if the page is not
    /// here, is being read by somebody, or the edit does not fit.
    pub fn hint(&self, tag: PageTag, edit: &PageEdit<'_>) -> bool {
        let harmless = matches!(
            edit,
            PageEdit::ItemBytes { .. } | PageEdit::Flags { .. } | PageEdit::PruneXid(_)
        );
        let Ok(index) = self.resident(tag) else {
            return false;
        };
        if !harmless {
            return false;
        }
        match self.frame(index).page().try_borrow_mut() {
            Ok(mut page) => page.apply(edit).is_ok(),
            Err(_) => false,
        }
    }

    /// The page as it is in the pool, if it is, without touching anything.
    pub fn peek(&self, tag: PageTag) -> Option<Page> {
        let index = self.resident(tag).ok()?;
        self.frame(index)
            .page()
            .try_borrow()
            .ok()
            .map(|page| page.clone())
    }

    pub fn peek_view(&self, tag: PageTag) -> Option<PageView> {
        let index = self.resident(tag).ok()?;
        let page = self.frame(index).page().try_borrow().ok()?;
        Some(page_view(&page, tag, false))
    }

    pub fn snapshot(&self) -> PoolSnapshot {
        let view = |(i, f): (usize, &Frame)| {
            let used = f.state.get() == State::Valid;
            let page = if used {
                f.page().try_borrow().ok()
            } else {
                None
            };
            FrameView {
                frame: i as u32,
                tag: (f.state.get() != State::Empty).then(|| f.tag.get()),
                kind: page.as_ref().map_or(0, |p| p.kind()),
                usage: f.usage.get(),
                pins: f.pins.get(),
                dirty: f.dirty.get(),
                loading: f.state.get() == State::Loading,
                writing: f.writing.get(),
                lsn: page.as_ref().map_or(Lsn::ZERO, |p| p.lsn()),
                dirty_since: f.dirty_since.get(),
            }
        };
        PoolSnapshot {
            frames: self.frames.iter().enumerate().map(view).collect(),
            hand: self.hand.get(),
            counters: self.counters(),
        }
    }

    pub(super) fn unpin(&self, index: u32) {
        let frame = self.frame(index);
        let pins = frame.pins.get().saturating_sub(1);
        frame.pins.set(pins);
        if pins == 0 && !self.freed.is_empty() {
            self.freed.wake_all();
        }
    }

    /// Pins a resident page for a `Mini`; a new page gets a frame on the spot if one is free.
    pub(crate) fn pin_for_change(&self, tag: PageTag) -> Act<u32> {
        let index = match self.resident(tag) {
            Ok(index) => index,
            Err(stop) if self.lookup(tag).is_some() => return Err(stop),
            Err(stop) => {
                if tag.block.0 < self.length(tag.file)? {
                    return Err(stop);
                }
                let index = self.claim_clean().ok_or(stop)?;
                self.settle(index, tag, Page::zeroed())?;
                index
            }
        };
        self.frame(index).pin();
        self.frame(index).bump();
        Ok(index)
    }

    pub(crate) fn unpin_changed(&self, index: u32) {
        self.unpin(index);
    }

    /// Looks at a page a `Mini` or recovery has pinned.
    pub(crate) fn with_page<T>(&self, index: u32, f: impl FnOnce(&Page) -> T) -> Result<T> {
        let page = self.frame(index).page().try_borrow();
        page.map(|p| f(&p))
            .map_err(|_| StorageError::Bug("page is being changed"))
    }

    pub(crate) fn page_of(&self, index: u32) -> Act<PageRead<'_>> {
        self.guard(index)
    }

    /// Applies an edit to a pinned page. The caller logs it before anybody else can run.
    pub(crate) fn apply(&self, index: u32, edit: &PageEdit<'_>) -> Result<Result<(), EditError>> {
        let page = self.frame(index).page().try_borrow_mut();
        let mut page =
            page.map_err(|_| StorageError::Bug("page changed while it is being read"))?;
        Ok(page.apply(edit))
    }

    /// Replaces a pinned page, as recovery does with an image.
    pub(crate) fn replace(&self, index: u32, new: Page) -> Result<()> {
        let page = self.frame(index).page().try_borrow_mut();
        *page.map_err(|_| StorageError::Bug("page replaced while it is being read"))? = new;
        Ok(())
    }

    /// The changes of a record are on the page: stamps it and marks it dirty.
    pub(crate) fn stamp(&self, index: u32, start: Lsn, end: Lsn) {
        let frame = self.frame(index);
        if let Ok(mut page) = frame.page().try_borrow_mut() {
            page.set_lsn(end);
        }
        self.mark_dirty(index, start);
        let tag = frame.tag.get();
        self.grow_to(tag);
        self.trace.emit(|| Event::PageChanged { tag, lsn: end });
    }

    fn mark_dirty(&self, index: u32, since: Lsn) {
        let frame = self.frame(index);
        if !frame.dirty.replace(true) {
            frame.dirty_since.set(since);
            self.dirty_count.set(self.dirty_count.get() + 1);
            if self.dirty_count.get() > self.writer_threshold() && !self.writer_work.is_empty() {
                self.writer_work.wake_all();
            }
        }
    }

    pub(super) fn writer_threshold(&self) -> u32 {
        self.frame_count() / 4
    }

    /// Puts a page into a frame nobody uses and makes it findable.
    pub(super) fn settle(&self, index: u32, tag: PageTag, page: Page) -> Result<()> {
        self.replace(index, page)?;
        let frame = self.frame(index);
        frame.tag.set(tag);
        frame.state.set(State::Valid);
        self.map_insert(tag, index);
        Ok(())
    }

    /// A frame without a page, by evicting a clean one if need be; `None` if only dirty or pinned
    /// ones are left. The frame is the caller's until the next await.
    pub(super) fn claim_clean(&self) -> Option<u32> {
        let n = self.frame_count();
        let mut dirty_seen = false;
        for step in 0..n * (u32::from(super::frame::MAX_USAGE) + 1) {
            if step % n == 0 && step > 0 && dirty_seen {
                break;
            }
            let index = self.hand.get() % n;
            self.hand.set((index + 1) % n);
            let frame = self.frame(index);
            if frame.pins.get() > 0 || frame.writing.get() || frame.state.get() == State::Loading {
                continue;
            }
            if frame.state.get() == State::Empty {
                return Some(index);
            }
            if frame.usage.get() > 0 {
                frame.usage.set(frame.usage.get() - 1);
            } else if frame.dirty.get() {
                dirty_seen = true;
            } else {
                self.evict(index);
                return Some(index);
            }
        }
        None
    }

    pub(super) fn evict(&self, index: u32) {
        let frame = self.frame(index);
        let tag = frame.tag.get();
        self.map_remove(tag);
        if frame.dirty.replace(false) {
            self.dirty_count
                .set(self.dirty_count.get().saturating_sub(1));
        }
        frame.dirty_since.set(Lsn::ZERO);
        frame.state.set(State::Empty);
        frame.usage.set(0);
        frame.scan.set(false);
        self.count(|c| c.evictions += 1);
        self.trace.emit(|| Event::PoolEvicted { tag, frame: index });
    }
}
