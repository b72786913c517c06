//! Writing pages out: the write-ahead rule, the background writer, and the checkpoint's share.

use super::frame::State;
use super::pool::Pool;
use crate::error::{Result, StorageError};
use crate::io::Op;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_view::{Event, FileId, Lsn, PageTag};

/// Pages in one batch (E9).
pub(super) const BATCH: usize = 16;

/// Pages between "copied" and "on the device". Dropped early, they are dirty again.
struct Writing {
    pool: Rc<Pool>,
    frames: Vec<u32>,
    written: bool,
}

impl Drop for Writing {
    fn drop(&mut self) {
        for index in &self.frames {
            let frame = self.pool.frame(*index);
            frame.writing.set(false);
            let since = frame.writing_since.replace(Lsn::ZERO);
            if !self.written {
                if !frame.dirty.replace(true) {
                    self.pool.dirty_count.set(self.pool.dirty_count.get() + 1);
                }
                frame.dirty_since.set(since);
            }
            self.pool.unpin(*index);
        }
        self.pool.freed.wake_all();
    }
}

impl Pool {
    /// Writes dirty frames, the log first. The one place where pages leave the pool.
    pub(super) async fn write_frames(&self, mut list: Vec<u32>) -> Result<()> {
        list.sort_by_key(|i| self.frame(*i).tag.get());
        let mut writing = Writing {
            pool: self.rc()?,
            frames: Vec::new(),
            written: false,
        };
        let mut pages = Vec::with_capacity(list.len());
        let mut newest = Lsn::ZERO;
        for index in list {
            let frame = self.frame(index);
            if !frame.dirty.get() || frame.writing.get() || frame.state.get() != State::Valid {
                continue;
            }
            let (tag, mut copy) = (frame.tag.get(), self.with_page(index, |p| p.clone())?);
            copy.seal(tag);
            newest = newest.max(copy.lsn());
            pages.push((tag, copy));
            frame.pin();
            frame.writing.set(true);
            frame
                .writing_since
                .set(frame.dirty_since.replace(Lsn::ZERO));
            frame.dirty.set(false);
            self.dirty_count
                .set(self.dirty_count.get().saturating_sub(1));
            writing.frames.push(index);
        }
        if pages.is_empty() {
            return Ok(());
        }
        self.wal.flush(newest, true).await?;
        if self.wal.flushed_lsn() < newest {
            return Err(StorageError::Bug("page would be written before its log"));
        }
        let written: Vec<(PageTag, Lsn)> = pages.iter().map(|(t, p)| (*t, p.lsn())).collect();
        let result = self.io.done(Op::WritePages(pages)).await;
        self.full.set(result == Err(StorageError::Full));
        result?;
        writing.written = true;
        drop(writing);
        self.count(|c| c.pages_written += written.len() as u64);
        for (tag, lsn) in written {
            self.trace.emit(|| Event::PageWritten { tag, lsn });
        }
        Ok(())
    }

    /// Up to a batch of dirty, unpinned pages, the coldest the hand comes to first.
    pub(super) fn cold_dirty(&self) -> Vec<u32> {
        let n = self.frame_count();
        let ready = |i: &u32| {
            let f = self.frame(*i);
            f.dirty.get() && !f.writing.get() && f.pins.get() == 0
        };
        let ahead = (0..n).map(|k| (self.hand.get() + k) % n);
        let mut found: Vec<u32> = ahead.filter(ready).collect();
        found.sort_by_key(|i| self.frame(*i).usage.get());
        found.truncate(BATCH);
        found
    }

    pub(crate) fn spawn_writer(&self) {
        let Ok(pool) = self.rc() else { return };
        self.scheduler.spawn_named("background writer", async move {
            while pool.wal.check().is_ok() {
                if pool.dirty_count() <= pool.writer_threshold() {
                    pool.writer_work.wait().await;
                } else if pool.wal.commit_waits() {
                    pool.scheduler.sleep(2_000).await;
                } else {
                    let cold = pool.cold_dirty();
                    let wrote = !cold.is_empty() && pool.write_frames(cold).await.is_ok();
                    // A full device, or everything pinned: no use in trying at once.
                    let pause = if wrote { 1_000 } else { 200_000 };
                    pool.scheduler.sleep(pause).await;
                }
            }
        });
    }

    /// Writes every page that was dirty before `redo`. Returns how many went out.
    pub(crate) async fn write_dirty_before(&self, redo: Lsn) -> Result<u32> {
        let mut total = 0;
        loop {
            let late = |f: &super::frame::Frame| {
                f.state.get() == State::Valid && f.dirty.get() && f.dirty_since.get() < redo
            };
            let mut list: Vec<u32> = Vec::new();
            let mut others_writing = false;
            for (i, f) in self.frames().iter().enumerate() {
                if f.writing.get() {
                    others_writing |= f.writing_since.get() < redo || late(f);
                } else if late(f) {
                    list.push(i as u32);
                }
            }
            if list.is_empty() && !others_writing {
                return Ok(total);
            }
            if list.is_empty() {
                self.freed.wait().await;
                continue;
            }
            list.sort_by_key(|i| self.frame(*i).tag.get());
            for batch in list.chunks(BATCH) {
                self.write_frames(batch.to_vec()).await?;
                total += batch.len() as u32;
                self.scheduler.yield_now().await;
            }
        }
    }

    /// Forgets the pages of a file from `blocks` on, written or not, and its length beyond. Waits
    /// for readers and writers of them to end.
    pub(crate) async fn forget(&self, file: FileId, blocks: u32) {
        loop {
            let mut busy = false;
            for (i, f) in self.frames().iter().enumerate() {
                let tag = f.tag.get();
                if f.state.get() == State::Empty || tag.file != file || tag.block.0 < blocks {
                    continue;
                }
                if f.pins.get() > 0 || f.state.get() == State::Loading {
                    busy = true;
                } else {
                    self.evict(i as u32);
                }
            }
            if !busy {
                break;
            }
            self.freed.wait().await;
        }
        if let Ok(n) = self.length(file) {
            self.set_length(file, n.min(blocks));
        }
    }
}
