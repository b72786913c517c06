//! The inspectors: one function for each thing that can be looked at.

use crate::Database;
use alloc::vec::Vec;
use vitrine_storage::page::{Page, page_view};
use vitrine_storage::{Lsn, PAGE_SIZE, PageTag};
use vitrine_view::{
    EventBatch, PageDetail, PoolSnapshot, RecoveryReport, RelationView, SessionView, SizeView,
    WalSnapshot,
};

impl Database {
    /// A page in memory; `None` where it is on the device only.
    pub fn page(&self, tag: PageTag) -> Option<PageDetail> {
        let page = self.storage.pool().peek(tag)?;
        Some(Database::page_detail(tag, &page, true))
    }

    /// The same from bytes that were read elsewhere.
    pub fn page_detail(tag: PageTag, page: &Page, resident: bool) -> PageDetail {
        let bytes = page.bytes();
        PageDetail {
            tag,
            resident,
            view: page_view(page, tag, !resident),
            bytes: Vec::from(&bytes[..PAGE_SIZE]),
        }
    }

    pub fn pool(&self) -> PoolSnapshot {
        self.storage.pool().snapshot()
    }

    /// The newest records first come last; `from` leaves out those before it.
    pub fn wal(&self, from: Option<Lsn>, most: usize) -> WalSnapshot {
        let mut snapshot = self.storage.wal_snapshot(most);
        if let Some(from) = from {
            snapshot.records.retain(|record| record.start >= from);
        }
        snapshot
    }

    pub fn recovery(&self) -> RecoveryReport {
        self.storage.recovery_report()
    }

    pub fn sizes(&self) -> SizeView {
        let storage = &self.storage;
        SizeView {
            buffer_bytes: u64::from(storage.pool().frame_count()) * PAGE_SIZE as u64,
            log_pending_bytes: storage.wal().pending_bytes() as u64,
            ops: storage.io().inspect(),
            tasks: storage.scheduler().inspect(),
        }
    }

    pub fn sessions(&self) -> Vec<SessionView> {
        Vec::new()
    }

    pub fn relations(&self) -> Vec<RelationView> {
        Vec::new()
    }

    /// Events since a number; they are recorded from the first call on.
    pub fn events(&self, since: u64, most: usize) -> EventBatch {
        let trace = self.storage.trace();
        if !trace.is_on() {
            trace.switch(true);
        }
        trace.read(since, most)
    }
}
