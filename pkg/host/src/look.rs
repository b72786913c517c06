//! Looking: inspectors, and frames for those who watch.

use crate::answer::Answers;
use crate::json::to_json;
use crate::{Inner, PEEKS, storage_words};
use serde::Serialize;
use std::collections::HashMap;
use vitrine_database::Database;
use vitrine_storage::io::{Op, OpResult};
use vitrine_storage::page::Page;
use vitrine_storage::{BlockNo, FileId, Lsn, OpId, PageTag, StorageError};
use vitrine_wire::Ticket;
use vitrine_wire::control::{Form, Frame, Inspect, Reply, Watch};

/// Pages being read for inspectors, and the frame somebody waits for.
#[derive(Default)]
pub struct Looks {
    pages: HashMap<u64, (Ticket, PageTag, Form)>,
    next_peek: u64,
    waiting: Option<(Ticket, Watch)>,
    seq: u64,
    /// Hashes of the panes as they were last sent.
    sent: HashMap<Vec<u8>, u64>,
}

impl Looks {
    /// Answers at once, or says which operation brings the page.
    pub fn inspect(
        &mut self,
        inner: &Inner,
        ticket: Ticket,
        what: &Inspect,
        form: Form,
    ) -> Option<(OpId, Op)> {
        let database = inner.database.borrow();
        let Some(database) = database.as_ref() else {
            inner.answers.not_open(ticket);
            return None;
        };
        if let Inspect::Page { file, block } = what {
            let tag = PageTag {
                file: FileId(*file),
                block: BlockNo(*block),
            };
            if database.page(tag).is_none() {
                let id = PEEKS + self.next_peek;
                self.next_peek += 1;
                self.pages.insert(id, (ticket, tag, form));
                return Some((
                    OpId(id),
                    Op::ReadPages {
                        file: tag.file,
                        first: *block,
                        count: 1,
                    },
                ));
            }
        }
        match snapshot(inner, database, what, form) {
            Some(body) => inner
                .answers
                .reply(ticket, &Reply::Inspected { form, body }),
            None => inner.answers.unsupported(ticket, "this inspector"),
        }
        None
    }

    /// A page that was read for an inspector.
    pub fn arrived(
        &mut self,
        id: OpId,
        outcome: Result<OpResult, StorageError>,
        answers: &Answers,
    ) {
        let Some((ticket, tag, form)) = self.pages.remove(&id.0) else {
            return;
        };
        let page = match outcome {
            Ok(OpResult::Pages(bytes)) => Page::from_bytes(&bytes),
            Ok(_) => None,
            Err(error) => return answers.refuse(ticket, "58030", &storage_words(&error)),
        };
        match page.and_then(|page| formed(&Database::page_detail(tag, &page, false), form)) {
            Some(body) => answers.reply(ticket, &Reply::Inspected { form, body }),
            None => answers.refuse(ticket, "58030", "the page could not be read"),
        }
    }

    /// The frame now, or after the next pump that changes something.
    pub fn watch(&mut self, inner: &Inner, ticket: Ticket, watch: Watch) {
        if let Some((earlier, _)) = self.waiting.take() {
            inner
                .answers
                .refuse(earlier, "57014", "another watch has taken its place");
        }
        if watch.since == 0 {
            self.sent.clear();
        }
        self.waiting = Some((ticket, watch));
    }

    pub fn after_pump(&mut self, inner: &Inner) {
        let Some((ticket, watch)) = self.waiting.take() else {
            return;
        };
        let database = inner.database.borrow();
        let Some(database) = database.as_ref() else {
            self.waiting = Some((ticket, watch));
            return;
        };
        // Frames are numbered from 1, events from 0.
        let since = watch.since.saturating_sub(1);
        let events = database.events(since, watch.most_events as usize);
        let mut panes = Vec::new();
        let mut changed = !events.events.is_empty();
        for pane in &watch.panes {
            let body = snapshot(inner, database, pane, Form::Postcard).unwrap_or_default();
            let key = postcard::to_allocvec(pane).unwrap_or_default();
            let hash = hash(&body);
            let fresh = self.sent.insert(key, hash) != Some(hash);
            changed |= fresh;
            panes.push(fresh.then_some(body));
        }
        if watch.wait && !changed {
            self.waiting = Some((ticket, watch));
            return;
        }
        self.seq = events.next_seq + 1;
        let frame = Frame {
            seq: self.seq,
            dropped: events.dropped,
            events: postcard::to_allocvec(&events).unwrap_or_default(),
            panes,
        };
        inner.answers.reply(ticket, &Reply::Frame(frame));
    }
}

fn hash(bytes: &[u8]) -> u64 {
    // FNV-1a: what matters is that equal is equal; a rare miss delays a picture, no more.
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn formed<T: Serialize + ?Sized>(value: &T, form: Form) -> Option<Vec<u8>> {
    match form {
        Form::Postcard => postcard::to_allocvec(value).ok(),
        Form::Json => to_json(value).ok().map(String::into_bytes),
    }
}

fn snapshot(inner: &Inner, database: &Database, what: &Inspect, form: Form) -> Option<Vec<u8>> {
    match what {
        Inspect::Page { file, block } => {
            let tag = PageTag {
                file: FileId(*file),
                block: BlockNo(*block),
            };
            formed(&database.page(tag)?, form)
        }
        Inspect::Pool => formed(&database.pool(), form),
        Inspect::Wal { from, most } => formed(&database.wal(from.map(Lsn), *most as usize), form),
        Inspect::Recovery => formed(&database.recovery(), form),
        Inspect::Sizes => formed(&database.sizes(), form),
        Inspect::Sessions => {
            let mut sessions = database.sessions();
            for view in &mut sessions {
                view.queued = inner.sessions.queued(view.session.0);
            }
            formed(&sessions, form)
        }
        Inspect::Relations => formed(&database.relations(), form),
        Inspect::Locks | Inspect::Versions { .. } | Inspect::Plan { .. } => None,
    }
}
