//! One transaction of one session: its ids, its command counter, its savepoints.
//!
//! An id is given at the first write, to the transaction and to every open savepoint above it. What a
//! savepoint's rollback undoes is exactly what carries the ids of its level and those above; they
//! are marked aborted in the commit log and the rows become invisible by that alone.
//!
//! A row inserted and deleted by the same transaction needs both command ids in one field of the
//! tuple header: such a pair gets a number of its own (PostgreSQL's "combo command id"), which means
//! something to this transaction only, as nobody else ever asks.

use super::snapshot::Snapshot;
use crate::lock::{LockMark, SessionControl};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use vitrine_data::{Result, SqlError};
use vitrine_view::{FileId, Xid};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Isolation {
    #[default]
    ReadCommitted,
    RepeatableRead,
}

/// How far a commit waits for the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Durability {
    /// `synchronous_commit = off`: acknowledged once the log has been handed over.
    Relaxed,
    #[default]
    Strict,
}

/// Names a savepoint of a transaction by its depth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SavepointId(pub(super) usize);

pub(super) struct Level {
    pub xid: Option<Xid>,
    /// Ids of released inner savepoints: they share this level's fate.
    pub merged: Vec<Xid>,
    pub locks: LockMark,
    /// How many file actions there were when it began.
    pub files: usize,
}

/// A file made or to be removed with the transaction's fate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileAction {
    /// Remove it if the transaction (or the savepoint) aborts.
    Created(FileId),
    /// Remove it when the transaction has committed.
    Dropped(FileId),
}

pub struct Txn {
    pub session: Rc<SessionControl>,
    pub vxid: u64,
    pub isolation: Isolation,
    pub durability: Cell<Durability>,
    pub read_only: Cell<bool>,
    pub started_us: u64,
    cid: Cell<u32>,
    cid_used: Cell<bool>,
    combos: RefCell<Vec<(u32, u32)>>,
    /// Level 0 is the transaction itself; each open savepoint adds one.
    pub(super) levels: RefCell<Vec<Level>>,
    pub(super) snapshot: RefCell<Option<Rc<Snapshot>>>,
    pub(super) files: RefCell<Vec<FileAction>>,
    pub(super) ended: Cell<bool>,
}

impl Txn {
    pub(super) fn new(
        session: Rc<SessionControl>,
        vxid: u64,
        isolation: Isolation,
        locks: LockMark,
        started_us: u64,
    ) -> Txn {
        let top = Level {
            xid: None,
            merged: Vec::new(),
            locks,
            files: 0,
        };
        Txn {
            session,
            vxid,
            isolation,
            durability: Cell::default(),
            read_only: Cell::new(false),
            started_us,
            cid: Cell::new(0),
            cid_used: Cell::new(false),
            combos: RefCell::default(),
            levels: RefCell::new(alloc::vec![top]),
            snapshot: RefCell::default(),
            files: RefCell::default(),
            ended: Cell::new(false),
        }
    }

    /// The transaction's own id, if it has written.
    pub fn xid(&self) -> Option<Xid> {
        self.levels.borrow().first().and_then(|l| l.xid)
    }

    /// The id that new rows get: that of the innermost savepoint.
    pub fn current_xid(&self) -> Option<Xid> {
        self.levels.borrow().last().and_then(|l| l.xid)
    }

    /// Whether the id is of this transaction or of one of its savepoints not rolled back.
    pub fn is_own(&self, xid: Xid) -> bool {
        let levels = self.levels.borrow();
        levels
            .iter()
            .any(|l| l.xid == Some(xid) || l.merged.contains(&xid))
    }

    /// Every id of the transaction not rolled back, its own first.
    pub fn own_xids(&self) -> Vec<Xid> {
        let levels = self.levels.borrow();
        levels
            .iter()
            .flat_map(|l| l.xid.into_iter().chain(l.merged.iter().copied()))
            .collect()
    }

    /// The number of the running command.
    pub fn command(&self) -> u32 {
        self.cid.get()
    }

    /// The running command writes: the next one gets a number of its own.
    pub(crate) fn use_command(&self) -> u32 {
        self.cid_used.set(true);
        self.cid.get()
    }

    /// Between two commands. The counter only moves if the last one wrote.
    pub fn next_command(&self) -> Result<()> {
        if self.cid_used.get() {
            let next = self.cid.get().checked_add(1).filter(|c| *c != u32::MAX);
            let next = next.ok_or_else(|| {
                SqlError::user(
                    vitrine_data::SqlState::PROGRAM_LIMIT_EXCEEDED,
                    "cannot have more than 2^32-2 commands in a transaction",
                )
            })?;
            self.cid.set(next);
            self.cid_used.set(false);
        }
        Ok(())
    }

    /// The number that stands for "inserted by `cmin`, deleted by `cmax`".
    pub(crate) fn combo(&self, cmin: u32, cmax: u32) -> u32 {
        let mut combos = self.combos.borrow_mut();
        let known = combos.iter().rposition(|c| *c == (cmin, cmax));
        let at = known.unwrap_or_else(|| {
            combos.push((cmin, cmax));
            combos.len() - 1
        });
        at as u32
    }

    /// The pair a combo number stands for.
    pub(crate) fn combo_pair(&self, number: u32) -> Option<(u32, u32)> {
        self.combos.borrow().get(number as usize).copied()
    }

    pub(crate) fn note_file(&self, action: FileAction) {
        self.files.borrow_mut().push(action);
    }

    /// Savepoints open now.
    pub fn depth(&self) -> usize {
        self.levels.borrow().len() - 1
    }

    pub fn has_ended(&self) -> bool {
        self.ended.get()
    }
}
