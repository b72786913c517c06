//! The inspectors: one function for each thing that can be looked at.

use crate::Database;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_engine::{btree, heap};
use vitrine_storage::page::{Page, page_view};
use vitrine_storage::{Lsn, PAGE_SIZE, PageTag};
use vitrine_view::{
    EventBatch, LockSnapshot, PageDetail, PoolSnapshot, RecoveryReport, RelationView, SessionId,
    SessionView, SizeView, TxnView, WalSnapshot,
};

impl Database {
    /// A page in memory; `None` where it is on the device only.
    pub fn page(&self, tag: PageTag) -> Option<PageDetail> {
        let page = self.storage().pool().peek(tag)?;
        Some(Database::page_detail(tag, &page, true))
    }

    /// The same from bytes that were read elsewhere.
    pub fn page_detail(tag: PageTag, page: &Page, resident: bool) -> PageDetail {
        let mut detail = PageDetail {
            tag,
            resident,
            view: page_view(page, tag, !resident),
            bytes: Vec::from(page.bytes()),
            ..PageDetail::default()
        };
        // A page that is not well formed is shown as its bytes and its problem.
        if detail.view.problem.is_some() || page.is_new() {
            return detail;
        }
        match page.kind() {
            heap::KIND_HEAP => detail.heap = Some(heap::inspect::page_view(page, tag)),
            btree::KIND_META => detail.btree_meta = btree::metapage(page),
            btree::KIND_LEAF | btree::KIND_INTERNAL => detail.btree = btree::items(tag, page).ok(),
            _ => {}
        }
        detail
    }

    pub fn pool(&self) -> PoolSnapshot {
        self.storage().pool().snapshot()
    }

    /// The newest records first come last; `from` leaves out those before it.
    pub fn wal(&self, from: Option<Lsn>, most: usize) -> WalSnapshot {
        let mut snapshot = self.storage().wal_snapshot(most);
        if let Some(from) = from {
            snapshot.records.retain(|record| record.start >= from);
        }
        snapshot
    }

    pub fn recovery(&self) -> RecoveryReport {
        self.storage().recovery_report()
    }

    pub fn sizes(&self) -> SizeView {
        let storage = self.storage();
        SizeView {
            buffer_bytes: u64::from(storage.pool().frame_count()) * PAGE_SIZE as u64,
            log_pending_bytes: storage.wal().pending_bytes() as u64,
            ops: storage.io().inspect(),
            tasks: storage.scheduler().inspect(),
        }
    }

    pub fn locks(&self) -> LockSnapshot {
        self.engine.locks.inspect()
    }

    pub fn transactions(&self) -> Vec<TxnView> {
        self.engine.txns.inspect()
    }

    /// One session: what its transaction is and what it waits for. The host adds what it knows.
    pub fn session(&self, id: SessionId) -> Option<SessionView> {
        let control = self.engine.session(id)?;
        let open = self.transactions().into_iter().any(|txn| txn.session == id);
        let state = if open { "idle in transaction" } else { "idle" };
        let wait = control.waiting_for.borrow().clone();
        Some(SessionView {
            session: id,
            state: state.to_string(),
            query: String::new(),
            wait,
            queued: 0,
        })
    }

    pub fn relations(&self) -> Vec<RelationView> {
        Vec::new()
    }

    /// Events since a number; they are recorded from the first call on.
    pub fn events(&self, since: u64, most: usize) -> EventBatch {
        let trace = self.storage().trace();
        if !trace.is_on() {
            trace.switch(true);
        }
        trace.read(since, most)
    }
}
