//! All locks of the database.
//!
//! A lock exists while somebody holds it or waits for it. A transaction's lock on its own id is not
//! entered until somebody wants to wait for it: most transactions end unawaited.

use super::graph::find_cycle;
use super::mode::LockMode;
use super::queue::{LockQueue, Ticket};
use super::tag::LockTag;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use hashbrown::HashMap;
use vitrine_data::hash::FixedState;
use vitrine_data::{SqlError, SqlState};
use vitrine_storage::task::Scheduler;
use vitrine_view::{LockSnapshot, LockView, SessionId, Xid};

/// A place in a session's list of locks: what came later goes with a rolled-back savepoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LockMark(usize);

struct Held {
    tag: LockTag,
    mode: LockMode,
    /// Kept beyond the transaction (`pg_advisory_lock`).
    for_session: bool,
}

pub struct LockTable {
    pub(super) scheduler: Scheduler,
    pub(super) locks: RefCell<HashMap<LockTag, LockQueue, FixedState>>,
    held: RefCell<BTreeMap<SessionId, Vec<Held>>>,
    /// For each waiting session, on what.
    pub(super) waits: RefCell<BTreeMap<SessionId, (LockTag, LockMode)>>,
}

impl LockTable {
    pub fn new(scheduler: &Scheduler) -> LockTable {
        LockTable {
            scheduler: scheduler.clone(),
            locks: RefCell::new(HashMap::with_hasher(FixedState)),
            held: RefCell::default(),
            waits: RefCell::default(),
        }
    }

    /// Takes the lock if that is possible at once.
    pub fn try_acquire(&self, session: SessionId, tag: &LockTag, mode: LockMode) -> bool {
        let mut locks = self.locks.borrow_mut();
        let granted = match locks.get_mut(tag) {
            Some(queue) => queue.try_grant(session, mode),
            None => locks
                .entry(tag.clone())
                .or_default()
                .try_grant(session, mode),
        };
        drop(locks);
        if granted {
            self.note_held(session, tag, mode);
        }
        granted
    }

    pub(super) fn note_held(&self, session: SessionId, tag: &LockTag, mode: LockMode) {
        let held = Held {
            tag: tag.clone(),
            mode,
            for_session: false,
        };
        self.held
            .borrow_mut()
            .entry(session)
            .or_default()
            .push(held);
    }

    /// Whether the session holds this very mode.
    pub fn holds(&self, session: SessionId, tag: &LockTag, mode: LockMode) -> bool {
        let locks = self.locks.borrow();
        let granted = locks.get(tag).map_or(&[][..], |q| &q.granted);
        granted
            .iter()
            .any(|g| g.session == session && g.mode == mode)
    }

    /// Whether a session other than this one holds the tag in a mode that conflicts.
    pub fn held_against(&self, session: SessionId, tag: &LockTag, mode: LockMode) -> bool {
        self.locks
            .borrow()
            .get(tag)
            .is_some_and(|q| q.held_against(session, mode))
    }

    /// The lock just taken stays until it is given back by hand (session-level advisory locks).
    pub fn keep_for_session(&self, session: SessionId, tag: &LockTag, mode: LockMode) {
        if let Some(list) = self.held.borrow_mut().get_mut(&session) {
            let mine = |h: &&mut Held| h.tag == *tag && h.mode == mode && !h.for_session;
            if let Some(h) = list.iter_mut().rev().find(mine) {
                h.for_session = true;
            }
        }
    }

    /// Gives back one unit by hand. False if the session holds none.
    pub fn release(&self, session: SessionId, tag: &LockTag, mode: LockMode) -> bool {
        if let Some(list) = self.held.borrow_mut().get_mut(&session)
            && let Some(at) = list.iter().rposition(|h| h.tag == *tag && h.mode == mode)
        {
            list.remove(at);
        } else {
            return false;
        }
        self.give_back(session, tag, mode);
        true
    }

    fn give_back(&self, session: SessionId, tag: &LockTag, mode: LockMode) {
        let mut locks = self.locks.borrow_mut();
        if let Some(queue) = locks.get_mut(tag) {
            queue.release(session, mode);
        }
        drop(locks);
        self.advance(tag);
    }

    /// Lets in whoever may come in now.
    pub(super) fn advance(&self, tag: &LockTag) {
        let mut locks = self.locks.borrow_mut();
        let Some(queue) = locks.get_mut(tag) else {
            return;
        };
        let woken = queue.advance();
        if queue.is_empty() {
            locks.remove(tag);
        }
        drop(locks);
        for (session, mode, ticket) in woken {
            self.note_held(session, tag, mode);
            self.waits.borrow_mut().remove(&session);
            if let Some(task) = ticket.task.get() {
                self.scheduler.wake(task);
            }
        }
    }

    pub fn mark(&self, session: SessionId) -> LockMark {
        LockMark(self.held.borrow().get(&session).map_or(0, Vec::len))
    }

    /// Gives back what was taken after the mark, but for session-level locks.
    pub fn release_since(&self, session: SessionId, mark: LockMark) {
        let mut released = Vec::new();
        if let Some(list) = self.held.borrow_mut().get_mut(&session) {
            let later = list.split_off(mark.0.min(list.len()));
            for held in later {
                match held.for_session {
                    true => list.push(held),
                    false => released.push((held.tag, held.mode)),
                }
            }
        }
        for (tag, mode) in released {
            self.give_back(session, &tag, mode);
        }
    }

    /// The end of a transaction.
    pub fn release_all(&self, session: SessionId) {
        self.release_since(session, LockMark(0));
    }

    /// The end of a session: session-level locks go too.
    pub fn forget_session(&self, session: SessionId) {
        let list = self.held.borrow_mut().remove(&session).unwrap_or_default();
        for held in list {
            self.give_back(session, &held.tag, held.mode);
        }
    }

    /// Enters a running transaction's lock on its own id, because somebody will wait for it.
    pub fn enter_transaction(&self, owner: SessionId, xid: Xid) {
        let tag = LockTag::Transaction(xid);
        if !self.holds(owner, &tag, LockMode::Exclusive) {
            let mut locks = self.locks.borrow_mut();
            locks
                .entry(tag)
                .or_default()
                .try_grant(owner, LockMode::Exclusive);
        }
    }

    /// A transaction or subtransaction has ended; lets go those who waited for it.
    pub fn leave_transaction(&self, owner: SessionId, xid: Xid) {
        let tag = LockTag::Transaction(xid);
        if self.locks.borrow().contains_key(&tag) {
            self.give_back(owner, &tag, LockMode::Exclusive);
        }
    }

    /// The shared row locks of an old version hold for the new one too.
    pub fn copy_row_locks(&self, from: &LockTag, to: &LockTag) {
        let locks = self.locks.borrow();
        let Some(queue) = locks.get(from) else { return };
        let holders: Vec<_> = queue.granted.iter().map(|g| (g.session, g.mode)).collect();
        drop(locks);
        for (session, mode) in holders {
            self.try_acquire(session, to, mode);
        }
    }

    pub(super) fn join(&self, session: SessionId, tag: &LockTag, mode: LockMode) -> Rc<Ticket> {
        let now_us = self.scheduler.now_us();
        let mut locks = self.locks.borrow_mut();
        let ticket = locks
            .entry(tag.clone())
            .or_default()
            .join(session, mode, now_us);
        self.waits.borrow_mut().insert(session, (tag.clone(), mode));
        ticket
    }

    pub(super) fn leave(&self, session: SessionId, tag: &LockTag, ticket: &Rc<Ticket>) {
        self.waits.borrow_mut().remove(&session);
        if let Some(queue) = self.locks.borrow_mut().get_mut(tag) {
            queue.leave(ticket);
        }
        self.advance(tag);
    }

    /// Whom a session waits for now.
    pub fn blockers(&self, session: SessionId) -> Vec<SessionId> {
        let waits = self.waits.borrow();
        let Some((tag, _)) = waits.get(&session) else {
            return Vec::new();
        };
        self.locks
            .borrow()
            .get(tag)
            .map_or_else(Vec::new, |q| q.blockers(session))
    }

    /// PostgreSQL's error if `session` waits in a circle.
    pub fn find_deadlock(&self, session: SessionId) -> Option<SqlError> {
        let cycle = find_cycle(session, |s| self.blockers(s))?;
        let waits = self.waits.borrow();
        let mut detail = String::new();
        for (at, one) in cycle.iter().enumerate() {
            let next = cycle.get(at + 1).unwrap_or(&session);
            let (tag, mode) = waits.get(one)?;
            if at > 0 {
                detail.push('\n');
            }
            detail.push_str(&format!(
                "Process {one} waits for {} on {tag}; blocked by process {next}.",
                mode.name()
            ));
        }
        let error = SqlError::user(SqlState::DEADLOCK_DETECTED, "deadlock detected");
        Some(
            error
                .detail(detail)
                .hint("See server log for query details."),
        )
    }

    /// Every lock, in the order of tags: `pg_locks` and the room of locks.
    pub fn inspect(&self) -> LockSnapshot {
        let locks = self.locks.borrow();
        let mut tags: Vec<&LockTag> = locks.keys().collect();
        tags.sort();
        let mut rows = Vec::new();
        for tag in tags {
            let Some(queue) = locks.get(tag) else {
                continue;
            };
            let row = |session, mode: LockMode, granted, since_us| LockView {
                session,
                kind: tag.kind().to_string(),
                target: tag.to_string(),
                relation: match tag {
                    LockTag::Relation(oid) | LockTag::Tuple(oid, _) | LockTag::Row(oid, _) => {
                        Some(*oid)
                    }
                    _ => None,
                },
                mode: mode.name().to_string(),
                granted,
                waiting_since_us: since_us,
                blocked_by: match granted {
                    true => Vec::new(),
                    false => queue.blockers(session),
                },
            };
            rows.extend(
                queue
                    .granted
                    .iter()
                    .map(|g| row(g.session, g.mode, true, 0)),
            );
            rows.extend(
                queue
                    .line
                    .iter()
                    .map(|w| row(w.session, w.mode, false, w.since_us)),
            );
        }
        LockSnapshot { locks: rows }
    }
}
