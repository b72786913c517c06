//! What the engine must know of a session while it waits: who it is, whether it shall stop, how
//! long it may wait.
//!
//! Cancel, statement timeout and termination set one flag (E2). The session reads it at its yield
//! points by [`SessionControl::check`]; a session that sleeps in a lock queue is woken to read it.

use alloc::string::String;
use core::cell::{Cell, RefCell};
use vitrine_data::{Result, SqlError, SqlState};
use vitrine_storage::task::{Scheduler, TaskId};
use vitrine_view::SessionId;

/// Why a session shall stop what it is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CancelReason {
    User,
    StatementTimeout,
    Terminate,
}

pub struct SessionControl {
    pub id: SessionId,
    scheduler: Scheduler,
    cancel: Cell<Option<CancelReason>>,
    /// The task to wake when the flag is set, while the session sleeps in a queue.
    pub(crate) sleeper: Cell<Option<TaskId>>,
    /// 0: wait for ever.
    pub lock_timeout_us: Cell<u64>,
    /// After this long in a queue the session looks for a deadlock.
    pub deadlock_timeout_us: Cell<u64>,
    /// The given clock's time at which the statement has to end; 0: never.
    pub statement_deadline_us: Cell<u64>,
    /// What the session waits for, in words, while it waits.
    pub waiting_for: RefCell<Option<String>>,
}

impl SessionControl {
    pub fn new(id: SessionId, scheduler: &Scheduler) -> SessionControl {
        SessionControl {
            id,
            scheduler: scheduler.clone(),
            cancel: Cell::new(None),
            sleeper: Cell::new(None),
            lock_timeout_us: Cell::new(0),
            deadlock_timeout_us: Cell::new(1_000_000),
            statement_deadline_us: Cell::new(0),
            waiting_for: RefCell::new(None),
        }
    }

    /// Asks the session to stop at its next yield point.
    pub fn cancel(&self, reason: CancelReason) {
        self.cancel.set(Some(reason));
        if let Some(task) = self.sleeper.get() {
            self.scheduler.wake(task);
        }
    }

    /// A new statement begins: an earlier cancel is not for it. Termination stays.
    pub fn clear_cancel(&self) {
        if self.cancel.get() != Some(CancelReason::Terminate) {
            self.cancel.set(None);
        }
    }

    /// The error of a session that shall stop. Called at every yield point.
    pub fn check(&self) -> Result<()> {
        let deadline = self.statement_deadline_us.get();
        if deadline != 0 && self.scheduler.now_us() >= deadline && self.cancel.get().is_none() {
            self.cancel.set(Some(CancelReason::StatementTimeout));
        }
        match self.cancel.get() {
            None => Ok(()),
            Some(CancelReason::User) => Err(SqlError::cancelled()),
            Some(CancelReason::StatementTimeout) => Err(SqlError::user(
                SqlState::QUERY_CANCELED,
                "canceling statement due to statement timeout",
            )),
            Some(CancelReason::Terminate) => Err(SqlError::user(
                SqlState::ADMIN_SHUTDOWN,
                "terminating connection due to administrator command",
            )),
        }
    }
}
