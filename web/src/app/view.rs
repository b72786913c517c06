//! How the desk is laid out: bar, messages, columns, glass, time bar.
use super::{App, Loading, Msg, Session};
use crate::desk::session::{Column, failed};
use crate::engine::{self, Lab};
use crate::lane;
use crate::paint::Painting;
use crate::room::bench::view::BenchRoom;
use crate::room::crash::view::CrashRoom;
use crate::room::locks::view::VersionsRoom;
use crate::room::page::view::PageRoom;
use crate::room::plan::view::PlanRoom;
use crate::room::pool::view::PoolRoom;
use crate::room::wal::view::{WalRoom, WalStrip};
use crate::room::{ROOMS, Room};
use crate::room_props::RoomProps;
use crate::seat::LastSeat;
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

impl App {
    pub(super) fn bar(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let yours = self.place.starts_with("idb://");
        let choose = link.callback(|event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            Msg::Open(if select.value() == "yours" {
                "idb://lab".into()
            } else {
                "memory://".into()
            })
        });
        let pick = link.batch_callback(|event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            input
                .files()
                .and_then(|files| files.get(0))
                .map(|file| Msg::Drop(file.into()))
        });
        let rename = link.callback(|event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let name: String = input
                .value()
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
                .collect();
            Msg::Open(format!(
                "idb://{}",
                if name.is_empty() { "lab" } else { &name }
            ))
        });
        let state = match (&self.lab, &self.problem) {
            (Some(lab), _) => format!("Open in {:.0} ms, in this tab", lab.took_ms),
            (None, Some(_)) => "The engine is not running.".into(),
            (None, None) => "The engine is starting.".into(),
        };
        html! {
            <header class="bar">
                <strong class="brand">{ "Vitrine" }</strong>
                <label class="note">{ "Database " }
                    <select onchange={choose} aria-label="Database">
                        <option value="exhibit" selected={!yours}>{ "exhibit, in memory" }</option>
                        <option value="yours" selected={yours}>{ "yours, in this browser" }</option>
                    </select>
                </label>
                if yours {
                    <label class="note">{ "called " }<input size="10" value={self.place.trim_start_matches("idb://").to_string()} onchange={rename} aria-label="Name of the database" /></label>
                }
                <button onclick={link.callback(|_| Msg::Sample)} disabled={self.lab.is_none()}>{ "Load Chinook" }</button>
                <label class="note">{ "or a file " }<input type="file" accept=".sql,.csv" onchange={pick} aria-label="File to load" /></label>
                <span class="space"></span>
                <span class="note" role="status" aria-label="Engine">{ state }</span>
                <button class="plain" onclick={link.callback(|_| Msg::Add)} disabled={self.sessions.len() >= 8}>{ "New session" }</button>
                <button class="plain" onclick={link.callback(|_| Msg::Seated(true))}>{ "The last seat" }</button>
                <button class="plain" onclick={link.callback(|_| Msg::Theme)}>{ "Light, dark" }</button>
            </header>
        }
    }

    pub(super) fn messages(&self, ctx: &Context<Self>) -> Html {
        let loading = match &self.loading {
            None => Html::default(),
            Some(Loading::Running { file, done, total }) => html! {
                <p class="message" role="status" aria-label="Loading">{ format!("Loading {file} ") }
                    <progress value={done.to_string()} max={total.max(1.0).to_string()} aria-label="Share of the file that is loaded" />
                    { format!(" {:.0} of {:.0} KB", done / 1024.0, total / 1024.0) }</p>
            },
            Some(Loading::Done(words)) => {
                html! { <p class="message" role="status" aria-label="Loading">{ format!("Loaded {words}.") }</p> }
            }
            Some(Loading::Failed(trouble)) => failed(trouble),
        };
        let notices = self
            .notices
            .iter()
            .rev()
            .take(3)
            .map(|words| html! { <p class="message quiet">{ words }</p> });
        html! {
            <>
                if let Some(trouble) = &self.problem {
                    { failed(trouble) }
                    <p class="message quiet">{ "The desk stays usable once a database opens: choose another place above, or reload the page." }</p>
                }
                { loading }{ for notices }
                if self.lesson {
                    if let Some(lab) = &self.lab {
                        <LastSeat key={self.epoch} lab={lab.clone()} conns={self.sessions.iter().take(2).filter_map(|s| s.conn.clone()).collect::<Vec<_>>()}
                            onask={ctx.link().callback(|(number, name, sql)| Msg::Ask(number, name, sql))}
                            onrun={ctx.link().callback(|(number, sql)| Msg::Run(number, sql))}
                            onroom={ctx.link().callback(Msg::Show)}
                            busy={self.sessions.iter().take(2).map(|s| s.running.is_some()).collect::<Vec<_>>()}
                            answers={self.sessions.iter().take(2).map(|s| s.answers.clone()).collect::<Vec<_>>()}
                            onleave={ctx.link().callback(|_| Msg::Seated(false))} />
                    }
                }
            </>
        }
    }

    pub(super) fn column(&self, ctx: &Context<Self>, session: &Session) -> Html {
        let (link, number) = (ctx.link(), session.number);
        let waiting = session.waiting.as_ref().map(|(words, since)| {
            AttrValue::from(format!(
                "{words}, {:.1} s",
                (engine::now() - since) / 1000.0
            ))
        });
        html! {
            <Column key={number} {number} name={session.name.clone()} sql={session.sql.clone()} ready={session.conn.is_some()}
                running_ms={session.running.as_ref().map(|(from, _)| engine::now() - from)} {waiting}
                answers={session.answers.clone()}
                onedit={link.callback(move |sql| Msg::Edit(number, sql))}
                onrun={link.callback(move |sql| Msg::Run(number, sql))}
                oncancel={link.callback(move |()| Msg::Cancel(number))}
                onclose={(number > 2).then(|| link.callback(move |()| Msg::Close(number)))} />
        }
    }

    pub(super) fn glass(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let tabs = ROOMS.iter().map(|(room, words)| {
            let room = *room;
            html! { <button role="tab" aria-selected={(self.room == room).to_string()} onclick={link.callback(move |_| Msg::Show(room))}>{ *words }</button> }
        });
        let inside = match &self.lab {
            None => html! { <p class="quiet">{ "The glass is empty: no database is open." }</p> },
            Some(lab) => self.room(ctx, lab),
        };
        let strip = self
            .lab
            .as_ref()
            .filter(|_| !matches!(self.room, Room::Wal | Room::Crash | Room::Bench));
        html! {
            <section class="glass" aria-label="Glass">
                <nav role="tablist" aria-label="Rooms">{ for tabs }</nav>
                <div class="exhibit" role="tabpanel">{ inside }</div>
                if let Some(lab) = strip { <WalStrip ..self.props(ctx, lab) /> }
            </section>
        }
    }

    fn props(&self, ctx: &Context<Self>, lab: &Lab) -> RoomProps {
        RoomProps {
            lab: lab.clone(),
            pulse: self.pulse,
            held: self.held.id.clone().into(),
            onhold: ctx.link().callback(Msg::Hold),
            onsql: ctx
                .link()
                .callback(|sql: String| Msg::Ask(1, String::new(), sql)),
            files: self.files.clone(),
            seats: Rc::new(self.seats()),
        }
    }

    fn room(&self, ctx: &Context<Self>, lab: &Lab) -> Html {
        let props = self.props(ctx, lab);
        match self.room {
            Room::Versions => html! { <VersionsRoom ..props /> },
            Room::Page => html! { <PageRoom ..props /> },
            Room::Wal => html! { <WalRoom ..props /> },
            Room::Pool => html! { <PoolRoom ..props /> },
            Room::Plan => {
                let first = self.sessions.first();
                html! { <PlanRoom room={props} conn={first.and_then(|s| s.conn.clone())} sql={first.map(|s| s.sql.clone()).unwrap_or_default()} /> }
            }
            Room::Crash => html! { <CrashRoom onkeep={ctx.link().callback(Msg::Kept)} /> },
            Room::Bench => html! { <BenchRoom lab={lab.clone()} /> },
        }
    }

    pub(super) fn time(&self, ctx: &Context<Self>) -> Html {
        let lanes: Vec<u32> = self.sessions.iter().map(|session| session.number).collect();
        let picture = lane::picture(&self.spans, &lanes, engine::now(), 1400.0);
        html! {
            <section class="time" aria-label="Time">
                <Painting {picture} small=true name="Statements of each session in time" held={self.held.id.clone()} onhold={ctx.link().callback(Msg::Hold)} />
            </section>
        }
    }
}
