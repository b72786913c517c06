//! Who runs, who sees what, and the horizon behind which nobody looks.

use super::clog::XidStatus;
use super::snapshot::{Registry, Snapshot, running_list};
use super::transaction::{Isolation, Txn};
use super::xid::{is_ordinary, narrow, widen};
use crate::lock::{LockTable, SessionControl};
use crate::stop::Act;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use vitrine_storage::Storage;
use vitrine_view::{Event, Lsn, SessionId, TxnView, Xid};

/// Slots of the memory of settled transactions; a power of two.
const REMEMBERED: usize = 1024;

pub struct TxnManager {
    pub(super) storage: Rc<Storage>,
    pub(super) locks: Rc<LockTable>,
    next_vxid: Cell<u64>,
    /// Ids that are running, subtransactions included, and whose they are.
    pub(super) running: RefCell<BTreeMap<Xid, SessionId>>,
    registry: Registry,
    /// Changes with every start and end of an id: a snapshot taken at the same state is the same.
    pub(super) state: Cell<u64>,
    latest: RefCell<Option<(u64, Rc<Snapshot>)>>,
    /// What is known of settled ids, by their low bits, so that most questions need no page.
    settled: RefCell<Vec<(Xid, XidStatus)>>,
    /// Commits whose record is not durable yet (relaxed ones): their rows must not be hinted.
    pub(super) undurable: RefCell<VecDeque<(Xid, Lsn)>>,
    live: RefCell<Vec<Weak<Txn>>>,
}

impl TxnManager {
    pub fn new(storage: &Rc<Storage>, locks: &Rc<LockTable>) -> TxnManager {
        TxnManager {
            storage: storage.clone(),
            locks: locks.clone(),
            next_vxid: Cell::new(1),
            running: RefCell::default(),
            registry: Registry::default(),
            state: Cell::new(0),
            latest: RefCell::default(),
            settled: RefCell::new(alloc::vec![(Xid::INVALID, XidStatus::Aborted); REMEMBERED]),
            undurable: RefCell::default(),
            live: RefCell::default(),
        }
    }

    pub fn begin(&self, session: &Rc<SessionControl>, isolation: Isolation) -> Rc<Txn> {
        let vxid = self.next_vxid.get();
        self.next_vxid.set(vxid + 1);
        let locks = self.locks.mark(session.id);
        let now_us = self.storage.scheduler().now_us();
        let txn = Rc::new(Txn::new(session.clone(), vxid, isolation, locks, now_us));
        let mut live = self.live.borrow_mut();
        live.retain(|t| t.strong_count() > 0);
        live.push(Rc::downgrade(&txn));
        let session = session.id;
        self.storage
            .trace()
            .emit(|| Event::TxnBegan { session, vxid });
        txn
    }

    /// The next id to be given out.
    pub fn next_xid(&self) -> Xid {
        self.storage.next_xid()
    }

    /// The id for the innermost savepoint's writes; given now if it has none, parents first.
    pub fn assign_xid(&self, txn: &Txn) -> Xid {
        let mut levels = txn.levels.borrow_mut();
        let mut last = Xid::INVALID;
        for level in levels.iter_mut() {
            last = match level.xid {
                Some(xid) => xid,
                None => {
                    let mut xid = self.storage.take_xid();
                    while !is_ordinary(xid) {
                        xid = self.storage.take_xid();
                    }
                    self.running.borrow_mut().insert(xid, txn.session.id);
                    self.state.set(self.state.get() + 1);
                    let session = txn.session.id;
                    self.storage
                        .trace()
                        .emit(|| Event::XidAssigned { session, xid });
                    level.xid = Some(xid);
                    xid
                }
            };
        }
        last
    }

    /// A snapshot for the next statement. REPEATABLE READ keeps its first one; either way the own
    /// transaction's earlier commands are seen.
    pub fn snapshot(&self, txn: &Txn) -> Rc<Snapshot> {
        let cid = txn.command();
        if txn.isolation == Isolation::RepeatableRead {
            let mut kept = txn.snapshot.borrow_mut();
            let base = match &*kept {
                Some(s) => s.clone(),
                None => {
                    let taken = self.take_snapshot(cid);
                    *kept = Some(taken.clone());
                    taken
                }
            };
            return if base.cid == cid {
                base
            } else {
                Rc::new(base.with_command(cid))
            };
        }
        self.take_snapshot(cid)
    }

    /// A snapshot of this moment.
    pub fn take_snapshot(&self, cid: u32) -> Rc<Snapshot> {
        let state = self.state.get();
        if let Some((at, known)) = &*self.latest.borrow()
            && *at == state
        {
            return if known.cid == cid {
                known.clone()
            } else {
                Rc::new(known.with_command(cid))
            };
        }
        let running = self.running.borrow();
        let xmax = self.next_xid();
        let xmin = running.keys().next().copied().unwrap_or(xmax);
        let list = running_list(running.keys().copied());
        let lsn = self.storage.wal().insert_lsn();
        let taken = Rc::new(Snapshot::new(xmin, xmax, list, cid, lsn, &self.registry));
        // Not kept when it would hold back the horizon: the memory is dropped at the next change.
        *self.latest.borrow_mut() = Some((state, taken.clone()));
        taken
    }

    /// Called when an id starts or ends.
    pub(super) fn changed(&self) {
        self.state.set(self.state.get() + 1);
        self.latest.borrow_mut().take();
    }

    /// Whether the transaction runs, committed or aborted.
    pub fn status(&self, xid: Xid) -> Act<XidStatus> {
        if xid.0 < Xid::FIRST.0 {
            return Ok(if xid.is_valid() {
                XidStatus::Committed
            } else {
                XidStatus::Aborted
            });
        }
        let slot = xid.0 as usize % REMEMBERED;
        if let Some((known, status)) = self.settled.borrow().get(slot)
            && *known == xid
        {
            return Ok(*status);
        }
        if self.running.borrow().contains_key(&xid) {
            return Ok(XidStatus::Running);
        }
        if xid >= self.next_xid() {
            return Ok(XidStatus::Aborted);
        }
        let status = self.read_clog(xid)?;
        self.remember(xid, status);
        Ok(status)
    }

    pub(super) fn remember(&self, xid: Xid, status: XidStatus) {
        if let Some(slot) = self
            .settled
            .borrow_mut()
            .get_mut(xid.0 as usize % REMEMBERED)
        {
            *slot = (xid, status);
        }
    }

    /// Whether a snapshot sees what another transaction did: it had committed by then.
    pub fn sees(&self, snapshot: &Snapshot, xid: Xid) -> Act<bool> {
        if snapshot.is_running(xid) {
            return Ok(false);
        }
        Ok(self.status(xid)? == XidStatus::Committed)
    }

    /// Whose transaction this running id is.
    pub fn owner(&self, xid: Xid) -> Option<SessionId> {
        self.running.borrow().get(&xid).copied()
    }

    /// Whether a row may carry the mark "committed": the record must be durable, or a crash could
    /// leave the mark and lose the commit.
    pub fn may_hint(&self, xid: Xid) -> bool {
        let mut undurable = self.undurable.borrow_mut();
        let flushed = self.storage.wal().flushed_lsn();
        while undurable.front().is_some_and(|(_, lsn)| *lsn <= flushed) {
            undurable.pop_front();
        }
        !undurable.iter().any(|(x, _)| *x == xid)
    }

    /// Everything older is the same for every snapshot there is or will be.
    pub fn horizon(&self) -> Xid {
        // A snapshot kept only by us for re-use must not hold anything back.
        let forgotten = match &*self.latest.borrow() {
            Some((_, s)) => Rc::strong_count(s) == 1,
            None => false,
        };
        if forgotten {
            self.latest.borrow_mut().take();
        }
        let oldest_running = self.running.borrow().keys().next().copied();
        let oldest_snapshot = self.registry.borrow().keys().next().copied();
        let next = self.next_xid();
        let mut horizon = oldest_running.unwrap_or(next).min(next);
        if let Some(xmin) = oldest_snapshot {
            horizon = horizon.min(xmin);
        }
        horizon
    }

    pub fn widen(&self, low: u32) -> Xid {
        widen(low, self.next_xid())
    }

    pub fn narrow(&self, xid: Xid) -> u32 {
        narrow(xid)
    }

    /// The running transactions, for the room of versions and for `pg_stat_activity`.
    pub fn inspect(&self) -> Vec<TxnView> {
        let live = self.live.borrow();
        let running = live
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|t| !t.has_ended());
        running
            .map(|t| TxnView {
                session: t.session.id,
                vxid: t.vxid,
                xid: t.xid(),
                subxids: t.own_xids().into_iter().skip(1).collect(),
                repeatable_read: t.isolation == Isolation::RepeatableRead,
                snapshot: t.snapshot.borrow().as_ref().map(|s| s.view()),
                waiting_for: t.session.waiting_for.borrow().clone(),
            })
            .collect()
    }
}
