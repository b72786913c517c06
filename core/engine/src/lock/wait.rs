//! To sleep in a lock's line: the only async part of locking.
//!
//! The sleeper wakes for four reasons: the lock is its own, it shall stop, its time is up, or it is
//! time to look for a deadlock. It looks once per wait, as PostgreSQL does: whoever closes the
//! circle last looks after everybody else waits already, so no circle stays unseen.

use super::mode::LockMode;
use super::queue::Ticket;
use super::session::SessionControl;
use super::table::LockTable;
use super::tag::LockTag;
use alloc::format;
use alloc::rc::Rc;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use vitrine_data::{Result, SqlError, SqlState};

/// What to do when a lock is not free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockWait {
    Block,
    /// NOWAIT: 55P03 at once.
    Error,
}

/// Leaves the line when the future is dropped while it waits (E2: memory only, no rollback).
struct InLine<'a> {
    table: &'a LockTable,
    session: &'a SessionControl,
    tag: &'a LockTag,
    ticket: Rc<Ticket>,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.session.sleeper.set(None);
        *self.session.waiting_for.borrow_mut() = None;
        if !self.ticket.granted.get() {
            self.table.leave(self.session.id, self.tag, &self.ticket);
        }
    }
}

enum Woken {
    Granted,
    Stop,
    Timer,
}

impl LockTable {
    /// Takes the lock, waiting in line for it if need be. Errors: 40P01, 55P03, 57014.
    pub async fn acquire(
        &self,
        session: &SessionControl,
        tag: &LockTag,
        mode: LockMode,
        wait: LockWait,
    ) -> Result<()> {
        if self.try_acquire(session.id, tag, mode) {
            return Ok(());
        }
        if wait == LockWait::Error {
            return Err(not_available(tag));
        }
        let ticket = self.join(session.id, tag, mode);
        *session.waiting_for.borrow_mut() = Some(format!("{} on {tag}", mode.name()));
        let line = InLine {
            table: self,
            session,
            tag,
            ticket,
        };
        let begun_us = self.scheduler.now_us();
        let at = |after: u64| {
            if after == 0 {
                u64::MAX
            } else {
                begun_us.saturating_add(after)
            }
        };
        let give_up_us = at(session.lock_timeout_us.get());
        let mut look_us = begun_us.saturating_add(session.deadlock_timeout_us.get());
        loop {
            let statement_us = match session.statement_deadline_us.get() {
                0 => u64::MAX,
                deadline => deadline,
            };
            let next_us = give_up_us.min(look_us).min(statement_us);
            match line.sleep_until(next_us).await {
                Woken::Granted => return Ok(()),
                Woken::Stop => session.check()?,
                Woken::Timer => {
                    session.check()?;
                    let now_us = self.scheduler.now_us();
                    if now_us >= look_us {
                        look_us = u64::MAX;
                        if let Some(error) = self.find_deadlock(session.id) {
                            return Err(error);
                        }
                    }
                    if now_us >= give_up_us {
                        return Err(SqlError::user(
                            SqlState::LOCK_NOT_AVAILABLE,
                            "canceling statement due to lock timeout",
                        ));
                    }
                }
            }
        }
    }
}

impl InLine<'_> {
    async fn sleep_until(&self, deadline_us: u64) -> Woken {
        let scheduler = &self.table.scheduler;
        let mut timer = pin!(scheduler.sleep_until(deadline_us));
        poll_fn(|context| {
            if self.ticket.granted.get() {
                return Poll::Ready(Woken::Granted);
            }
            if self.session.check().is_err() {
                return Poll::Ready(Woken::Stop);
            }
            if timer.as_mut().poll(context).is_ready() {
                return Poll::Ready(Woken::Timer);
            }
            self.ticket.task.set(scheduler.current());
            self.session.sleeper.set(scheduler.current());
            scheduler.note_wait("lock");
            Poll::Pending
        })
        .await
    }
}

fn not_available(tag: &LockTag) -> SqlError {
    let what = match tag {
        LockTag::Relation(oid) => format!("could not obtain lock on relation {oid}"),
        LockTag::Tuple(..) | LockTag::Row(..) | LockTag::Transaction(_) => {
            "could not obtain lock on row".into()
        }
        _ => format!("could not obtain lock on {tag}"),
    };
    SqlError::user(SqlState::LOCK_NOT_AVAILABLE, what)
}
