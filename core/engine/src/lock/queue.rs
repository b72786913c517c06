//! One lock: its holders and the line of those who wait. Pure policy.

use super::mode::LockMode;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use vitrine_storage::task::TaskId;
use vitrine_view::SessionId;

/// What a waiter watches: set once the lock is its own.
#[derive(Default)]
pub struct Ticket {
    pub granted: Cell<bool>,
    pub task: Cell<Option<TaskId>>,
}

pub struct Grant {
    pub session: SessionId,
    pub mode: LockMode,
    pub count: u32,
}

pub struct Waiter {
    pub session: SessionId,
    pub mode: LockMode,
    pub ticket: Rc<Ticket>,
    pub since_us: u64,
}

#[derive(Default)]
pub struct LockQueue {
    pub granted: Vec<Grant>,
    pub line: VecDeque<Waiter>,
}

impl LockQueue {
    /// Whether another session holds this in a conflicting mode.
    pub fn held_against(&self, session: SessionId, mode: LockMode) -> bool {
        self.granted
            .iter()
            .any(|g| g.session != session && g.mode.conflicts_with(mode))
    }

    fn holds(&self, session: SessionId) -> bool {
        self.granted.iter().any(|g| g.session == session)
    }

    /// Grants at once if nobody is in the way: no holder, and nobody in line whom this would pass.
    /// Who holds the lock already may pass the line, or it would wait for itself.
    pub fn try_grant(&mut self, session: SessionId, mode: LockMode) -> bool {
        if let Some(g) = self
            .granted
            .iter_mut()
            .find(|g| g.session == session && g.mode == mode)
        {
            g.count += 1;
            return true;
        }
        let passes = self
            .line
            .iter()
            .any(|w| w.session != session && w.mode.conflicts_with(mode));
        if self.held_against(session, mode) || passes && !self.holds(session) {
            return false;
        }
        self.add(session, mode);
        true
    }

    fn add(&mut self, session: SessionId, mode: LockMode) {
        match self
            .granted
            .iter_mut()
            .find(|g| g.session == session && g.mode == mode)
        {
            Some(g) => g.count += 1,
            None => self.granted.push(Grant {
                session,
                mode,
                count: 1,
            }),
        }
    }

    /// Joins the line: at its end, or before the first waiter that this session's own holding blocks.
    pub fn join(&mut self, session: SessionId, mode: LockMode, now_us: u64) -> Rc<Ticket> {
        let ticket = Rc::new(Ticket::default());
        let blocked_by_me = |w: &Waiter| {
            self.granted
                .iter()
                .any(|g| g.session == session && g.mode.conflicts_with(w.mode))
        };
        let at = self
            .line
            .iter()
            .position(blocked_by_me)
            .unwrap_or(self.line.len());
        let waiter = Waiter {
            session,
            mode,
            ticket: ticket.clone(),
            since_us: now_us,
        };
        self.line.insert(at, waiter);
        ticket
    }

    /// Leaves the line without the lock.
    pub fn leave(&mut self, ticket: &Rc<Ticket>) {
        self.line.retain(|w| !Rc::ptr_eq(&w.ticket, ticket));
    }

    /// Gives back one unit, or all of them. True if the session held it.
    pub fn release(&mut self, session: SessionId, mode: LockMode) -> bool {
        let at = self
            .granted
            .iter()
            .position(|g| g.session == session && g.mode == mode);
        let Some(at) = at else { return false };
        if let Some(g) = self.granted.get_mut(at) {
            g.count -= 1;
            if g.count == 0 {
                self.granted.remove(at);
            }
        }
        true
    }

    /// Grants to waiters from the front, as far as neither holders nor earlier waiters forbid.
    /// Returns the tickets to wake.
    pub fn advance(&mut self) -> Vec<(SessionId, LockMode, Rc<Ticket>)> {
        let mut woken = Vec::new();
        let mut at = 0;
        while let Some(w) = self.line.get(at) {
            let (session, mode) = (w.session, w.mode);
            let earlier = self.line.iter().take(at);
            let passes = earlier.clone().any(|e| e.mode.conflicts_with(mode));
            if passes || self.held_against(session, mode) {
                at += 1;
                continue;
            }
            self.add(session, mode);
            if let Some(w) = self.line.remove(at) {
                w.ticket.granted.set(true);
                woken.push((session, mode, w.ticket));
            }
        }
        woken
    }

    /// Whom `session` waits for here: holders first, then those ahead in line.
    pub fn blockers(&self, session: SessionId) -> Vec<SessionId> {
        let Some(at) = self.line.iter().position(|w| w.session == session) else {
            return Vec::new();
        };
        let mode = self.line.get(at).map_or(LockMode::AccessShare, |w| w.mode);
        let holders = self.granted.iter().filter(|g| g.mode.conflicts_with(mode));
        let ahead = self
            .line
            .iter()
            .take(at)
            .filter(|w| w.mode.conflicts_with(mode));
        let mut all: Vec<SessionId> = holders
            .map(|g| g.session)
            .chain(ahead.map(|w| w.session))
            .collect();
        all.retain(|s| *s != session);
        all.dedup();
        all
    }

    pub fn is_empty(&self) -> bool {
        self.granted.is_empty() && self.line.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LockMode::*;

    const A: SessionId = SessionId(1);
    const B: SessionId = SessionId(2);
    const C: SessionId = SessionId(3);

    #[test]
    fn the_line_is_first_come_first_served() {
        let mut q = LockQueue::default();
        assert!(q.try_grant(A, AccessShare));
        assert!(!q.try_grant(B, AccessExclusive));
        let b = q.join(B, AccessExclusive, 0);
        // A reader that comes later must not overtake the writer.
        assert!(!q.try_grant(C, AccessShare));
        let c = q.join(C, AccessShare, 0);
        assert_eq!(q.blockers(C), [B]);
        assert!(q.release(A, AccessShare));
        q.advance();
        assert!(b.granted.get() && !c.granted.get());
        q.release(B, AccessExclusive);
        q.advance();
        assert!(c.granted.get());
    }

    #[test]
    fn a_holder_that_wants_more_goes_ahead_of_those_it_blocks() {
        let mut q = LockQueue::default();
        assert!(q.try_grant(A, Share) && q.try_grant(B, Share));
        q.join(C, RowExclusive, 0);
        let a = q.join(A, ShareRowExclusive, 0);
        q.release(B, Share);
        q.advance();
        assert!(a.granted.get());
    }

    #[test]
    fn counts_are_kept() {
        let mut q = LockQueue::default();
        assert!(q.try_grant(A, Exclusive) && q.try_grant(A, Exclusive));
        q.release(A, Exclusive);
        assert!(!q.try_grant(B, Exclusive));
        q.release(A, Exclusive);
        assert!(q.is_empty() && !q.release(A, Exclusive));
    }
}
