//! Bringing pages in: the part of the pool that waits for the device.

use super::frame::{Frame, Pin, State};
use super::pool::{Pool, SCAN_RING};
use crate::error::{Result, StorageError};
use crate::io::{Op, OpResult, wrong_answer};
use crate::page::{PAGE_SIZE, Page};
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_view::{BlockNo, Event, FileId, PageTag};

/// Frames claimed for pages on their way in. Dropped before they are settled (the task ended, the
/// read failed), they go back and whoever waited for the pages tries for himself.
struct Loading {
    pool: Rc<Pool>,
    frames: Vec<u32>,
}

impl Loading {
    fn begin(&mut self, index: u32, tag: PageTag) {
        let frame = self.pool.frame(index);
        frame.tag.set(tag);
        frame.state.set(State::Loading);
        frame.pin();
        self.pool.map_insert(tag, index);
        self.frames.push(index);
    }

    /// The page has come: the frame is valid and still pinned.
    fn settle(&mut self, index: u32, page: Page) -> Result<()> {
        self.pool.replace(index, page)?;
        let frame: &Frame = self.pool.frame(index);
        frame.state.set(State::Valid);
        let tag = frame.tag.get();
        self.frames.retain(|f| *f != index);
        self.pool
            .trace
            .emit(|| Event::PoolLoaded { tag, frame: index });
        Ok(())
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        for index in &self.frames {
            let frame = self.pool.frame(*index);
            self.pool.map_remove(frame.tag.get());
            frame.state.set(State::Empty);
            self.pool.unpin(*index);
        }
        self.pool.loaded.wake_all();
    }
}

impl Pool {
    pub(super) fn rc(&self) -> Result<Rc<Pool>> {
        self.me
            .upgrade()
            .ok_or(StorageError::Bug("pool used while it is being dropped"))
    }

    /// Brings in what an action lacked. A wish for a length gives no pin.
    pub(crate) async fn ensure(&self, tag: PageTag) -> Result<Option<Pin>> {
        if tag.block == BlockNo::LENGTH {
            self.fetch_length(tag.file).await?;
            return Ok(None);
        }
        self.fetch(tag).await.map(Some)
    }

    async fn fetch_length(&self, file: FileId) -> Result<u32> {
        if let Ok(n) = self.length(file) {
            return Ok(n);
        }
        let OpResult::Length(n) = self.io.submit(Op::FileLength(file)).await? else {
            return Err(wrong_answer());
        };
        // Somebody may have extended the file while we asked.
        if let Ok(known) = self.length(file) {
            return Ok(known);
        }
        self.set_length(file, n);
        Ok(n)
    }

    /// The page, pinned; read from the device if it is not here.
    pub(crate) async fn fetch(&self, tag: PageTag) -> Result<Pin> {
        let length = self.fetch_length(tag.file).await?;
        let scan = self.scan_wish.get() == Some(tag);
        if scan {
            self.scan_wish.set(None);
        }
        loop {
            if let Some(pin) = self.pin_if_valid(tag)? {
                return Ok(pin);
            }
            if self.lookup(tag).is_some() {
                self.loaded.wait().await;
                continue;
            }
            let index = self.claim(scan).await?;
            if self.lookup(tag).is_some() {
                continue; // Came in while we waited for a frame; ours stays empty.
            }
            self.count(|c| c.misses += 1);
            self.trace.emit(|| Event::PoolMiss { tag });
            let mut loading = Loading {
                pool: self.rc()?,
                frames: Vec::new(),
            };
            loading.begin(index, tag);
            self.frame(index).scan.set(scan);
            self.frame(index).usage.set(u8::from(!scan));
            let length = self.length(tag.file).unwrap_or(length);
            let page = if tag.block.0 < length {
                self.read_one(tag).await?
            } else {
                Page::zeroed()
            };
            loading.settle(index, page)?;
            if scan {
                self.join_ring(index);
            }
            return Ok(Pin {
                pool: self.rc()?,
                frame: index,
            });
        }
    }

    /// The page as zeros, pinned: for recovery, which is about to replace it.
    pub(crate) async fn fetch_blank(&self, tag: PageTag) -> Result<Pin> {
        // The length must be known before `grow_to` counts from it: the device may have more pages.
        self.fetch_length(tag.file).await?;
        loop {
            if let Some(pin) = self.pin_if_valid(tag)? {
                return Ok(pin);
            }
            let index = self.claim(false).await?;
            if self.lookup(tag).is_none() {
                self.settle(index, tag, Page::zeroed())?;
            }
        }
    }

    fn pin_if_valid(&self, tag: PageTag) -> Result<Option<Pin>> {
        let Some(index) = self.lookup(tag) else {
            return Ok(None);
        };
        let frame = self.frame(index);
        if frame.state.get() != State::Valid {
            return Ok(None);
        }
        frame.pin();
        Ok(Some(Pin {
            pool: self.rc()?,
            frame: index,
        }))
    }

    async fn read_one(&self, tag: PageTag) -> Result<Page> {
        let mut pages = self.read_pages(tag, 1).await?;
        pages.pop().unwrap_or(Err(wrong_answer()))
    }

    /// Pages from the device, each checked by itself.
    async fn read_pages(&self, first: PageTag, count: u32) -> Result<Vec<Result<Page>>> {
        let op = Op::ReadPages {
            file: first.file,
            first: first.block.0,
            count,
        };
        let OpResult::Pages(bytes) = self.io.submit(op).await? else {
            return Err(wrong_answer());
        };
        if bytes.len() != count as usize * PAGE_SIZE {
            return Err(StorageError::Bug(
                "device answered with the wrong number of pages",
            ));
        }
        self.count(|c| c.pages_read += u64::from(count));
        let blocks = first.block.0..;
        let pages = bytes
            .chunks_exact(PAGE_SIZE)
            .zip(blocks)
            .map(|(bytes, block)| {
                let tag = PageTag::new(first.file, block);
                let page = Page::from_bytes(bytes).ok_or_else(wrong_answer)?;
                match page.check(tag) {
                    Ok(()) => Ok(page),
                    Err(why) => {
                        self.trace.emit(|| Event::PageCorrupt { tag });
                        Err(StorageError::Corrupt { tag, why })
                    }
                }
            });
        Ok(pages.collect())
    }

    /// An empty frame, if need be after writing dirty pages or waiting for pins to go. It is the
    /// caller's until the next await.
    async fn claim(&self, scan: bool) -> Result<u32> {
        loop {
            if scan && let Some(index) = self.claim_from_ring() {
                return Ok(index);
            }
            if let Some(index) = self.claim_clean() {
                return Ok(index);
            }
            let cold = self.cold_dirty();
            if cold.is_empty() {
                self.freed.wait().await;
            } else {
                self.count(|c| c.writes_for_space += 1);
                self.write_frames(cold).await?;
            }
        }
    }

    fn join_ring(&self, index: u32) {
        let mut ring = self.scan_ring.borrow_mut();
        ring.push_back(index);
        if ring.len() > SCAN_RING.max(self.frame_count() as usize / 8) {
            ring.pop_front();
        }
    }

    /// The oldest frame of the scans' own, if the ring is full and nobody else took to its page.
    fn claim_from_ring(&self) -> Option<u32> {
        let full = SCAN_RING.min(self.frame_count() as usize / 4);
        let mut ring = self.scan_ring.borrow_mut();
        if ring.len() < full {
            return None;
        }
        let index = ring.pop_front()?;
        let frame = self.frame(index);
        let idle = frame.pins.get() == 0 && !frame.writing.get() && !frame.dirty.get();
        if frame.state.get() != State::Valid || !frame.scan.get() || !idle {
            return None;
        }
        self.evict(index);
        Some(index)
    }

    /// Starts reading the pages of a range that are not here, as far as clean frames are to be had.
    /// Returns at once; pages arrive unpinned.
    pub fn prefetch(&self, file: FileId, first: u32, count: u32) {
        let (Ok(length), Ok(pool)) = (self.length(file), self.rc()) else {
            return;
        };
        let most = (self.frame_count() / 8).max(1);
        let end = first.saturating_add(count.min(most)).min(length);
        let mut block = first;
        while block < end {
            let start = block;
            let mut loading = Loading {
                pool: pool.clone(),
                frames: Vec::new(),
            };
            while block < end && self.lookup(PageTag::new(file, block)).is_none() {
                let Some(index) = self.claim_clean() else {
                    break;
                };
                loading.begin(index, PageTag::new(file, block));
                block += 1;
            }
            if loading.frames.is_empty() {
                block += 1;
                continue;
            }
            let first = PageTag::new(file, start);
            self.count(|c| c.prefetched += u64::from(block - start));
            self.scheduler
                .spawn_named("prefetch", prefetch_job(loading, first));
        }
    }
}

async fn prefetch_job(mut loading: Loading, first: PageTag) {
    let pool = loading.pool.clone();
    let frames = loading.frames.clone();
    let Ok(pages) = pool.read_pages(first, frames.len() as u32).await else {
        return;
    };
    for (index, page) in frames.into_iter().zip(pages) {
        // A page that fails its check stays out; who really wants it gets the error.
        if let Ok(page) = page
            && loading.settle(index, page).is_ok()
        {
            pool.frame(index).usage.set(1);
            pool.unpin(index);
        }
    }
}
