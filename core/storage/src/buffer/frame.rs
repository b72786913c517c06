//! A frame, and the two guards that keep a page in it.

use super::pool::Pool;
use crate::page::Page;
use alloc::rc::Rc;
use core::cell::{Cell, OnceCell, Ref, RefCell};
use core::ops::Deref;
use vitrine_view::{Lsn, PageTag};

pub(super) const MAX_USAGE: u8 = 5;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Empty,
    /// Somebody is reading the page from the device.
    Loading,
    Valid,
}

#[derive(Default)]
pub(super) struct Frame {
    page: OnceCell<RefCell<Page>>,
    pub tag: Cell<PageTag>,
    pub state: Cell<State>,
    pub pins: Cell<u32>,
    pub usage: Cell<u8>,
    pub dirty: Cell<bool>,
    /// Start of the first record that changed the page since it was clean.
    pub dirty_since: Cell<Lsn>,
    pub writing: Cell<bool>,
    pub writing_since: Cell<Lsn>,
    /// Brought in by a big scan: to be reused before others.
    pub scan: Cell<bool>,
}

impl Frame {
    /// The memory of a frame is taken when it is first used.
    pub fn page(&self) -> &RefCell<Page> {
        self.page.get_or_init(RefCell::default)
    }

    pub fn pin(&self) {
        self.pins.set(self.pins.get() + 1);
    }

    pub fn bump(&self) {
        let usage = self.usage.get();
        if usage < MAX_USAGE {
            self.usage.set(usage + 1);
        }
    }
}

/// A page being read. It stays where it is while this lives; not to be held across an await.
pub struct PageRead<'a> {
    pub(super) page: Ref<'a, Page>,
    pub(super) pool: &'a Pool,
    pub(super) frame: u32,
}

impl Deref for PageRead<'_> {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Drop for PageRead<'_> {
    fn drop(&mut self) {
        self.pool.unpin(self.frame);
    }
}

/// Keeps a page in the pool across awaits, for the driver of actions and for recovery.
pub struct Pin {
    pub(super) pool: Rc<Pool>,
    pub(super) frame: u32,
}

impl Pin {
    pub fn tag(&self) -> PageTag {
        self.pool.frame(self.frame).tag.get()
    }

    pub(crate) fn frame(&self) -> u32 {
        self.frame
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.pool.unpin(self.frame);
    }
}
