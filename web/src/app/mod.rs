//! The desk: one open database, its session columns, the glass and the time bar.
//!
//! All state that outlives a run is here. Rooms fetch their own snapshots; the desk only raises the
//! pulse when something may have changed: after a statement, and four times a second while one runs.
mod view;

use crate::desk::session::{Answers, Entry};
use crate::engine::{self, Canceller, Conn, Lab, Outcome, Trouble};
use crate::lane::Span;
use crate::picture::Thing;
use crate::room::Room;
use crate::room_props::{Files, Relation, Seat};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::DragEvent;
use yew::platform::spawn_local;
use yew::prelude::*;

const PULSE_MS: u32 = 250;
const FIRST_SQL: &str = "CREATE TABLE seat (id int PRIMARY KEY, holder text);\nINSERT INTO seat SELECT n, NULL FROM generate_series(1, 8) AS n;\nSELECT * FROM seat;";

/// A session column and what it is doing.
struct Session {
    number: u32,
    name: String,
    conn: Option<Conn>,
    sql: String,
    running: Option<(f64, Canceller)>,
    waiting: Option<(String, f64)>,
    answers: Answers,
}

impl Session {
    fn new(number: u32) -> Session {
        Session {
            number,
            name: String::new(),
            conn: None,
            sql: if number == 1 {
                FIRST_SQL.into()
            } else {
                String::new()
            },
            running: None,
            waiting: None,
            answers: Answers::default(),
        }
    }
}

#[derive(Clone, PartialEq)]
enum Loading {
    Running { file: String, done: f64, total: f64 },
    Done(String),
    Failed(Trouble),
}

pub enum Msg {
    Open(String),
    Opened(u32, Result<Lab, Trouble>),
    Connected(u32, u32, Result<Conn, Trouble>),
    Ask(u32, String, String),
    Edit(u32, String),
    Run(u32, String),
    Notice(u32, String, String),
    Ran(u32, u32, usize, Result<Vec<Outcome>, Trouble>),
    Cancel(u32),
    Add,
    Close(u32),
    Show(Room),
    Face(&'static str),
    Hold(Thing),
    Beat,
    Waits(Vec<(u32, String)>),
    Files(Vec<Relation>),
    Sample,
    Drop(JsValue),
    Progress(f64, f64, String),
    Loaded(Result<String, Trouble>),
    Theme,
    Seated(bool),
    Kept(Lab),
}

pub struct App {
    /// Each opening has its own number; what arrives from an earlier one is dropped.
    epoch: u32,
    lab: Option<Lab>,
    problem: Option<Trouble>,
    place: String,
    sessions: Vec<Session>,
    spans: Vec<Span>,
    pulse: u32,
    beating: bool,
    room: Room,
    face: &'static str,
    held: Thing,
    files: Files,
    loading: Option<Loading>,
    notices: Vec<String>,
    lesson: bool,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> App {
        engine::theme(&engine::recall("theme"));
        let app = App {
            epoch: 0,
            lab: None,
            problem: None,
            place: "memory://".into(),
            sessions: vec![Session::new(1), Session::new(2)],
            spans: Vec::new(),
            pulse: 0,
            beating: false,
            room: Room::Versions,
            face: "session",
            held: Thing::default(),
            files: Files::default(),
            loading: None,
            notices: Vec::new(),
            lesson: engine::recall("lesson").is_empty(),
        };
        ctx.link().send_message(Msg::Open("memory://".into()));
        app
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Open(address) => self.open(ctx, address),
            Msg::Opened(epoch, _) | Msg::Connected(epoch, ..) | Msg::Ran(epoch, ..)
                if epoch != self.epoch =>
            {
                return false;
            }
            Msg::Opened(_, Ok(lab)) => self.opened(ctx, lab),
            Msg::Opened(_, Err(trouble)) => self.problem = Some(trouble),
            Msg::Connected(_, number, conn) => self.connected(number, conn),
            Msg::Ask(number, name, sql) => self.ask(number, name, sql),
            Msg::Edit(number, sql) => {
                if let Some(session) = self.session(number) {
                    session.sql = sql;
                }
                // The browser shows what is typed; only S1's text is drawn elsewhere.
                return false;
            }
            Msg::Run(number, sql) => self.run(ctx, number, sql),
            Msg::Notice(number, severity, words) => {
                if let Some(session) = self.session(number) {
                    session.answers.entries.push(Entry::Notice(severity, words));
                }
            }
            Msg::Ran(_, number, span, result) => self.ran(ctx, number, span, result),
            Msg::Cancel(number) => {
                if let Some((_, canceller)) = self
                    .session(number)
                    .and_then(|session| session.running.as_ref())
                {
                    canceller.cancel();
                }
            }
            Msg::Add => self.add(ctx),
            Msg::Close(number) => self.close(number),
            Msg::Show(room) => self.room = room,
            Msg::Face(face) => self.face = face,
            Msg::Hold(thing) => {
                self.held = if thing.id == self.held.id {
                    Thing::default()
                } else {
                    thing
                };
            }
            Msg::Beat => return self.beat(ctx),
            Msg::Waits(waits) => self.waits(&waits),
            Msg::Files(relations) => self.files = Files(Rc::new(relations)),
            Msg::Sample => self.sample(ctx),
            Msg::Drop(file) => self.load(ctx, file),
            Msg::Progress(done, total, words) => self.progress(done, total, words),
            Msg::Loaded(result) => {
                self.loading = Some(match result {
                    Ok(words) => Loading::Done(words),
                    Err(trouble) => Loading::Failed(trouble),
                });
                self.changed(ctx);
            }
            Msg::Theme => {
                let name = if engine::dark() { "light" } else { "dark" };
                engine::theme(name);
                engine::keep("theme", name);
            }
            Msg::Seated(open) => {
                self.lesson = open;
                engine::keep("lesson", if open { "" } else { "seen" });
            }
            Msg::Kept(lab) => {
                // A lab of another room's making becomes the desk's own.
                self.opened(ctx, lab);
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let ondragover = Callback::from(|event: DragEvent| event.prevent_default());
        let ondrop = link.batch_callback(|event: DragEvent| {
            event.prevent_default();
            let file = event
                .data_transfer()
                .and_then(|data| data.files())
                .and_then(|files| files.get(0));
            file.map(|file| Msg::Drop(file.into()))
        });
        let face = |name: &'static str, words: &'static str| {
            html! {
                <button role="tab" aria-selected={(self.face == name).to_string()} onclick={link.callback(move |_| Msg::Face(name))}>{ words }</button>
            }
        };
        html! {
            <>
                { self.bar(ctx) }
                <nav class="tabs narrow-tabs" role="tablist" aria-label="Parts of the desk">
                    { face("session", "Sessions") }{ face("glass", "Glass") }{ face("time", "Time") }
                </nav>
                { self.messages(ctx) }
                <main class="plate" data-face={self.face} {ondragover} {ondrop}>
                    <div class="sessions">{ for self.sessions.iter().map(|session| self.column(ctx, session)) }</div>
                    { self.glass(ctx) }
                    { self.time(ctx) }
                </main>
            </>
        }
    }
}

impl App {
    fn session(&mut self, number: u32) -> Option<&mut Session> {
        self.sessions
            .iter_mut()
            .find(|session| session.number == number)
    }

    fn open(&mut self, ctx: &Context<Self>, address: String) {
        self.epoch += 1;
        self.problem = None;
        self.place = address.clone();
        self.loading = None;
        self.spans.clear();
        self.files = Files::default();
        let before = self.lab.take();
        for session in &mut self.sessions {
            session.conn = None;
            session.running = None;
            session.waiting = None;
            session.answers = Answers::default();
        }
        let (link, epoch) = (ctx.link().clone(), self.epoch);
        spawn_local(async move {
            if let Some(lab) = before {
                // A database that does not close in order is recovered at its next opening.
                let _ = lab.close().await;
            }
            link.send_message(Msg::Opened(epoch, Lab::open(&address, false).await));
        });
    }

    fn opened(&mut self, ctx: &Context<Self>, lab: Lab) {
        self.place = lab.address.clone();
        for (at, session) in self.sessions.iter_mut().enumerate() {
            let number = session.number;
            if at == 0 {
                session.conn = Some(lab.first());
                continue;
            }
            let (link, epoch, lab) = (ctx.link().clone(), self.epoch, lab.clone());
            spawn_local(async move {
                link.send_message(Msg::Connected(epoch, number, lab.connect().await))
            });
        }
        self.lab = Some(lab);
        self.changed(ctx);
    }

    fn connected(&mut self, number: u32, conn: Result<Conn, Trouble>) {
        let Some(session) = self.session(number) else {
            return;
        };
        match conn {
            Ok(conn) => session.conn = Some(conn),
            Err(trouble) => session.answers.entries.push(Entry::Failed(trouble)),
        }
    }

    fn ask(&mut self, number: u32, name: String, sql: String) {
        if let Some(session) = self.session(number) {
            session.name = name;
            session.sql = sql;
        }
    }

    fn run(&mut self, ctx: &Context<Self>, number: u32, sql: String) {
        let (epoch, at) = (self.epoch, self.spans.len());
        let Some(session) = self.session(number) else {
            return;
        };
        let Some(conn) = session.conn.clone() else {
            return;
        };
        if session.running.is_some() || sql.trim().is_empty() {
            return;
        }
        let canceller = Canceller::new();
        let from_ms = engine::now();
        session.running = Some((from_ms, canceller.clone()));
        session.answers = Answers {
            sql: sql.clone(),
            ..Answers::default()
        };
        let last = sql.trim().trim_end_matches(';').trim().to_ascii_lowercase();
        self.spans.push(Span {
            session: number,
            sql: sql.clone(),
            from_ms,
            to_ms: None,
            waits: Vec::new(),
            failed: false,
            commit: last.ends_with("commit") || last.ends_with("end"),
        });
        let link = ctx.link().clone();
        spawn_local(async move {
            let heard = link.clone();
            let notice =
                move |severity, words| heard.send_message(Msg::Notice(number, severity, words));
            let result = conn.run(&sql, &canceller, notice).await;
            link.send_message(Msg::Ran(epoch, number, at, result));
        });
        self.start_beating(ctx);
    }

    fn ran(
        &mut self,
        ctx: &Context<Self>,
        number: u32,
        span: usize,
        result: Result<Vec<Outcome>, Trouble>,
    ) {
        let now = engine::now();
        if let Some(span) = self.spans.get_mut(span) {
            span.to_ms = Some(now);
            span.failed = result.is_err();
        }
        let Some(session) = self.session(number) else {
            return;
        };
        if let Some((from, _)) = session.running.take() {
            session.answers.took_ms = Some(now - from);
        }
        session.waiting = None;
        match result {
            Ok(outcomes) => session
                .answers
                .entries
                .extend(outcomes.into_iter().map(Entry::Rows)),
            Err(trouble) => session.answers.entries.push(Entry::Failed(trouble)),
        }
        self.changed(ctx);
    }

    /// Something may look different now: rooms and file names are asked again.
    fn changed(&mut self, ctx: &Context<Self>) {
        self.pulse += 1;
        let Some(lab) = self.lab.clone() else { return };
        let link = ctx.link().clone();
        spawn_local(async move {
            if let Ok(relations) = lab.relations().await {
                link.send_message(Msg::Files(relations));
            }
        });
    }

    fn start_beating(&mut self, ctx: &Context<Self>) {
        if !self.beating {
            self.beating = true;
            let link = ctx.link().clone();
            spawn_local(async move {
                engine::later(PULSE_MS).await;
                link.send_message(Msg::Beat);
            });
        }
    }

    fn beat(&mut self, ctx: &Context<Self>) -> bool {
        self.beating = false;
        if self
            .sessions
            .iter()
            .all(|session| session.running.is_none())
        {
            return false;
        }
        self.pulse += 1;
        self.start_beating(ctx);
        if let Some(lab) = self.lab.clone() {
            let (link, seats) = (ctx.link().clone(), self.seats());
            spawn_local(async move {
                if let Ok(waits) = crate::room::locks::waits(&lab, &seats).await {
                    link.send_message(Msg::Waits(waits));
                }
            });
        }
        true
    }

    fn waits(&mut self, waits: &[(u32, String)]) {
        let now = engine::now();
        for session in &mut self.sessions {
            let words = waits.iter().find(|(number, _)| *number == session.number);
            session.waiting = match (words, session.waiting.take(), &session.running) {
                (Some((_, words)), before, Some(_)) => {
                    Some((words.clone(), before.map_or(now, |(_, since)| since)))
                }
                _ => None,
            };
            let Some((_, since)) = &session.waiting else {
                continue;
            };
            let open = self
                .spans
                .iter_mut()
                .rev()
                .find(|span| span.session == session.number && span.to_ms.is_none());
            if let Some(span) = open {
                span.waits = vec![(*since, now)];
            }
        }
    }

    fn seats(&self) -> Vec<Seat> {
        let seat = |session: &Session| {
            let engine_id = session.conn.as_ref()?.id();
            Some(Seat {
                number: session.number,
                engine_id,
            })
        };
        self.sessions.iter().filter_map(seat).collect()
    }

    fn add(&mut self, ctx: &Context<Self>) {
        let number = self
            .sessions
            .iter()
            .map(|session| session.number)
            .max()
            .unwrap_or(0)
            + 1;
        self.sessions.push(Session::new(number));
        if let Some(lab) = self.lab.clone() {
            let (link, epoch) = (ctx.link().clone(), self.epoch);
            spawn_local(async move {
                link.send_message(Msg::Connected(epoch, number, lab.connect().await))
            });
        }
    }

    fn close(&mut self, number: u32) {
        let Some(at) = self
            .sessions
            .iter()
            .position(|session| session.number == number)
        else {
            return;
        };
        let session = self.sessions.remove(at);
        if let Some(conn) = session.conn {
            spawn_local(async move { conn.close().await });
        }
    }

    fn sample(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        spawn_local(async move {
            match engine::sample("chinook.sql").await {
                Ok(file) => link.send_message(Msg::Drop(file)),
                Err(trouble) => link.send_message(Msg::Loaded(Err(trouble))),
            }
        });
    }

    fn load(&mut self, ctx: &Context<Self>, file: JsValue) {
        let Some(lab) = self.lab.clone() else { return };
        let name = js_sys::Reflect::get(&file, &"name".into())
            .ok()
            .and_then(|name| name.as_string());
        self.loading = Some(Loading::Running {
            file: name.unwrap_or_default(),
            done: 0.0,
            total: 1.0,
        });
        self.notices.clear();
        let link = ctx.link().clone();
        spawn_local(async move {
            let result = match lab.connect().await {
                Ok(conn) => {
                    let heard = link.clone();
                    let progress = move |done, total, words| {
                        heard.send_message(Msg::Progress(done, total, words))
                    };
                    let result = lab.load(&conn, &file, progress).await;
                    conn.close().await;
                    result
                }
                Err(trouble) => Err(trouble),
            };
            link.send_message(Msg::Loaded(result));
        });
        self.start_beating(ctx);
    }

    fn progress(&mut self, now: f64, of: f64, words: String) {
        if !words.is_empty() {
            self.notices.push(words);
        }
        if let Some(Loading::Running { done, total, .. }) = &mut self.loading {
            // A notice comes with a negative number and moves nothing.
            if now >= 0.0 {
                *done = now;
                *total = of;
            }
        }
    }
}
