//! Sessions and their queues.
//!
//! A session with work is a task that takes the session out of its slot, works its queue off and
//! puts the session back; a session without work is no task at all. Disconnecting is a job like
//! any other, so what was asked before is done before.

use crate::Inner;
use crate::answer::Answers;
use crate::run;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use vitrine_database::{Cancel, Database, Session};
use vitrine_view::{SessionId, SessionView};
use vitrine_wire::Ticket;
use vitrine_wire::control::Reply;

pub enum Job {
    /// The whole message; it is read again where it is run.
    Statement(Vec<u8>),
    Free(u32),
    Disconnect,
}

pub struct Slot {
    pub id: u32,
    session: RefCell<Option<Session>>,
    queue: RefCell<VecDeque<(Ticket, Job)>>,
    running: Cell<bool>,
    pub current: Cell<Option<Ticket>>,
    cancel: Cancel,
    /// The statement under way, for those who look.
    pub query: RefCell<String>,
}

#[derive(Default)]
pub struct Sessions {
    slots: RefCell<BTreeMap<u32, Rc<Slot>>>,
}

impl Sessions {
    pub fn any(&self) -> bool {
        !self.slots.borrow().is_empty()
    }

    pub fn adopt(&self, session: Session) -> u32 {
        let id = session.id().0;
        let slot = Slot {
            id,
            cancel: session.canceller(),
            query: RefCell::default(),
            session: RefCell::new(Some(session)),
            queue: RefCell::default(),
            running: Cell::new(false),
            current: Cell::new(None),
        };
        self.slots.borrow_mut().insert(id, Rc::new(slot));
        id
    }

    fn get(&self, id: u32) -> Option<Rc<Slot>> {
        self.slots.borrow().get(&id).cloned()
    }

    /// What the database knows of each session, and what stands in its queue.
    pub fn views(&self, database: &Database) -> Vec<SessionView> {
        let slots: Vec<Rc<Slot>> = self.slots.borrow().values().cloned().collect();
        let view = |slot: Rc<Slot>| {
            let mut view = database.session(SessionId(slot.id))?;
            if slot.current.get().is_some() {
                view.state = "active".to_string();
                view.query.clone_from(&slot.query.borrow());
            }
            view.queued = slot.queue.borrow().len() as u32;
            Some(view)
        };
        slots.into_iter().filter_map(view).collect()
    }

    /// Cancels a request, whether it runs or waits in a queue. One that is over is left alone.
    pub fn cancel(&self, ticket: Ticket, answers: &Answers) {
        let slots: Vec<Rc<Slot>> = self.slots.borrow().values().cloned().collect();
        for slot in slots {
            if slot.current.get() == Some(ticket) {
                slot.cancel.cancel();
                return;
            }
            let mut queue = slot.queue.borrow_mut();
            if let Some(place) = queue.iter().position(|(waiting, _)| *waiting == ticket) {
                queue.remove(place);
                answers.refuse(ticket, "57014", "canceling statement due to user request");
                return;
            }
        }
    }

    /// Ends every session that is idle; those at work end with the engine.
    pub async fn close_all(&self) {
        let slots = std::mem::take(&mut *self.slots.borrow_mut());
        for slot in slots.into_values() {
            let session = slot.session.borrow_mut().take();
            if let Some(session) = session {
                // A rollback that fails here is recovery's business at the next opening.
                let _ = session.close().await;
            }
        }
    }
}

pub fn enqueue(inner: &Rc<Inner>, session: u32, ticket: Ticket, job: Job) {
    let Some(slot) = inner.sessions.get(session) else {
        inner
            .answers
            .refuse(ticket, "08003", "there is no such session");
        return;
    };
    slot.queue.borrow_mut().push_back((ticket, job));
    if !slot.running.replace(true) {
        let inner = inner.clone();
        inner
            .scheduler
            .clone()
            .spawn_named("session", async move { work(inner, slot).await });
    }
}

async fn work(inner: Rc<Inner>, slot: Rc<Slot>) {
    let Some(mut session) = slot.session.borrow_mut().take() else {
        return;
    };
    loop {
        let next = slot.queue.borrow_mut().pop_front();
        let Some((ticket, job)) = next else { break };
        slot.current.set(Some(ticket));
        match job {
            Job::Statement(message) => {
                run::statement(&inner, &slot, &mut session, ticket, &message).await;
            }
            Job::Free(statement) => {
                session.free(statement);
                inner.answers.reply(ticket, &Reply::Done);
            }
            Job::Disconnect => {
                inner.sessions.slots.borrow_mut().remove(&slot.id);
                match session.close().await {
                    Ok(()) => inner.answers.reply(ticket, &Reply::Done),
                    Err(error) => inner.answers.error(ticket, &error, ""),
                }
                for (ticket, _) in slot.queue.borrow_mut().drain(..) {
                    inner
                        .answers
                        .refuse(ticket, "08003", "the session has ended");
                }
                return;
            }
        }
        slot.current.set(None);
    }
    *slot.session.borrow_mut() = Some(session);
    slot.running.set(false);
}
