//! Looking: inspectors, and frames for those who watch.

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
    pages: HashMap<u64, (Ticket, Inspect, Form)>,
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
        if let Some(tag) = page_of(what)
            && database.storage().pool().peek(tag).is_none()
        {
            let id = PEEKS + self.next_peek;
            self.next_peek += 1;
            self.pages.insert(id, (ticket, what.clone(), form));
            let read = Op::ReadPages {
                file: tag.file,
                first: tag.block.0,
                count: 1,
            };
            return Some((OpId(id), read));
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
    pub fn arrived(&mut self, id: OpId, outcome: Result<OpResult, StorageError>, inner: &Inner) {
        let Some((ticket, what, form)) = self.pages.remove(&id.0) else {
            return;
        };
        let answers = &inner.answers;
        let page = match outcome {
            Ok(OpResult::Pages(bytes)) => Page::from_bytes(&bytes),
            Ok(_) => None,
            Err(error) => return answers.refuse(ticket, "58030", &storage_words(&error)),
        };
        let database = inner.database.borrow();
        let body = match (database.as_ref(), page) {
            (Some(database), Some(page)) => about_page(database, &what, &page, false, form),
            _ => None,
        };
        match body {
            Some(body) => answers.reply(ticket, &Reply::Inspected { form, body }),
            None => answers.refuse(ticket, "55000", "the page is not one of that kind"),
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

/// The page an inspector is about.
fn page_of(what: &Inspect) -> Option<PageTag> {
    match what {
        Inspect::Page { file, block } | Inspect::Versions { file, block } => Some(PageTag {
            file: FileId(*file),
            block: BlockNo(*block),
        }),
        _ => None,
    }
}

fn about_page(
    database: &Database,
    what: &Inspect,
    page: &Page,
    resident: bool,
    form: Form,
) -> Option<Vec<u8>> {
    let tag = page_of(what)?;
    match what {
        Inspect::Versions { .. } => formed(&database.versions(tag, page)?, form),
        _ => formed(&Database::page_detail(tag, page, resident), form),
    }
}

fn snapshot(inner: &Inner, database: &Database, what: &Inspect, form: Form) -> Option<Vec<u8>> {
    if let Some(tag) = page_of(what) {
        let page = database.storage().pool().peek(tag)?;
        return about_page(database, what, &page, true, form);
    }
    match what {
        Inspect::Pool => formed(&database.pool(), form),
        Inspect::Wal { from, most } => formed(&database.wal(from.map(Lsn), *most as usize), form),
        Inspect::Recovery => formed(&database.recovery(), form),
        Inspect::Sizes => formed(&database.sizes(), form),
        Inspect::Sessions => formed(&inner.sessions.views(database), form),
        Inspect::Relations => formed(&database.relations(), form),
        Inspect::Locks => formed(&database.locks(), form),
        Inspect::Page { .. } | Inspect::Versions { .. } | Inspect::Plan { .. } => None,
    }
}
