//! The benchmark's controls and its live picture.
use super::model::{Tally, picture, setup, transaction};
use crate::desk::session::failed;
use crate::engine::{self, Conn, Lab, Trouble};
use crate::paint::Painting;
use std::cell::Cell;
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::platform::spawn_local;
use yew::prelude::*;

const REFRESH_MS: f64 = 200.0;

#[derive(Properties, PartialEq)]
pub struct Props {
    /// The desk's database; its own room's tables begin with `bench_`.
    pub lab: Lab,
}

pub enum Msg {
    Scale(u32),
    Clients(u32),
    Seconds(u32),
    Start,
    Stop,
    Ready(f64),
    One { at_ms: f64, latency_ms: f64 },
    Failed(Trouble),
    Over(Result<(), Trouble>),
}

pub struct BenchRoom {
    scale: u32,
    clients: u32,
    seconds: u32,
    state: &'static str,
    trouble: Option<Trouble>,
    tally: Tally,
    shown_ms: f64,
    stop: Rc<Cell<bool>>,
}

impl Component for BenchRoom {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> BenchRoom {
        BenchRoom {
            scale: 1,
            clients: 4,
            seconds: 10,
            state: "",
            trouble: None,
            tally: Tally::default(),
            shown_ms: 0.0,
            stop: Rc::new(Cell::new(false)),
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        self.stop.set(true);
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Scale(scale) => self.scale = scale.clamp(1, 100),
            Msg::Clients(clients) => self.clients = clients.clamp(1, 32),
            Msg::Seconds(seconds) => self.seconds = seconds.clamp(1, 600),
            Msg::Start => self.start(ctx),
            Msg::Stop => self.stop.set(true),
            Msg::Ready(took_ms) => {
                self.state = "running";
                let _ = took_ms;
            }
            Msg::One { at_ms, latency_ms } => {
                self.tally.add(at_ms, latency_ms);
                // Drawing is not what is measured: five pictures a second are enough.
                let now = engine::now();
                if now - self.shown_ms < REFRESH_MS {
                    return false;
                }
                self.shown_ms = now;
            }
            Msg::Failed(trouble) => {
                self.tally.failures += 1;
                self.tally.last_failure = format!("{} {}", trouble.code, trouble.message);
            }
            Msg::Over(result) => {
                self.state = "";
                self.trouble = result.err();
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let number = |make: fn(u32) -> Msg| {
            link.callback(move |event: Event| {
                let input: HtmlInputElement = event.target_unchecked_into();
                make(input.value().parse().unwrap_or(1))
            })
        };
        let scale = link.callback(|event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            Msg::Scale(select.value().parse().unwrap_or(1))
        });
        let running = !self.state.is_empty();
        let picture = picture(&self.tally);
        let [p50, p95, p99] = self.tally.percentiles([50.0, 95.0, 99.0]);
        let figure = |name: &str, value: String| html! { <div>{ name }<b>{ value }</b></div> };
        html! {
            <>
                <h2 class="sentence" aria-live="off">{ &picture.sentence }</h2>
                <div class="knobs">
                    <label>{ "Scale " }<select onchange={scale} aria-label="Scale">
                        { for [1_u32, 2, 5, 10].map(|n| html! { <option value={n.to_string()} selected={n == self.scale}>{ format!("{n}: {} accounts", n * 10_000) }</option> }) }
                    </select></label>
                    <label>{ "Clients " }<input type="number" min="1" max="32" value={self.clients.to_string()} onchange={number(Msg::Clients)} aria-label="Clients" /></label>
                    <label>{ "Seconds " }<input type="number" min="1" max="600" value={self.seconds.to_string()} onchange={number(Msg::Seconds)} aria-label="Seconds" /></label>
                    if running { <button onclick={link.callback(|_| Msg::Stop)}>{ "Stop" }</button> }
                    else { <button class="main" onclick={link.callback(|_| Msg::Start)}>{ "Run the benchmark" }</button> }
                    <span role="status">{ self.state }</span>
                </div>
                <p class="note">{ "TPC-B-like: three updates, one select, one insert and a commit, sent as one request; the answer of each is waited for." }</p>
                if let Some(trouble) = &self.trouble { { failed(trouble) } }
                <div class="figures">
                    { figure("transactions", self.tally.latencies_ms.len().to_string()) }
                    { figure("a second", format!("{:.0}", self.tally.per_second())) }
                    { figure("p50, ms", format!("{p50:.2}")) }
                    { figure("p95, ms", format!("{p95:.2}")) }
                    { figure("p99, ms", format!("{p99:.2}")) }
                    { figure("failed", self.tally.failures.to_string()) }
                </div>
                if self.tally.failures > 0 { <p class="note">{ format!("The last failure: {}", self.tally.last_failure) }</p> }
                <Painting {picture} name="Transactions a second" />
            </>
        }
    }
}

impl BenchRoom {
    fn start(&mut self, ctx: &Context<Self>) {
        self.stop.set(true);
        self.stop = Rc::new(Cell::new(false));
        self.tally = Tally::default();
        self.trouble = None;
        self.state = "filling the tables";
        let (link, lab, stop) = (
            ctx.link().clone(),
            ctx.props().lab.clone(),
            self.stop.clone(),
        );
        let (scale, clients, seconds) = (self.scale, self.clients, self.seconds);
        spawn_local(async move {
            let over = run(lab, scale, clients, seconds, stop, link.clone()).await;
            link.send_message(Msg::Over(over));
        });
    }
}

async fn run(
    lab: Lab,
    scale: u32,
    clients: u32,
    seconds: u32,
    stop: Rc<Cell<bool>>,
    link: html::Scope<BenchRoom>,
) -> Result<(), Trouble> {
    let mut conns = Vec::new();
    for _ in 0..clients {
        conns.push(lab.connect().await?);
    }
    let began = engine::now();
    if let Some(conn) = conns.first()
        && let Err(trouble) = fill(conn, scale).await
    {
        for conn in conns {
            conn.close().await;
        }
        return Err(trouble);
    }
    let start = engine::now();
    link.send_message(Msg::Ready(start - began));
    let until = start + f64::from(seconds) * 1000.0;
    let left = Rc::new(Cell::new(conns.len()));
    for conn in conns {
        let (link, stop, left) = (link.clone(), stop.clone(), left.clone());
        spawn_local(async move {
            client(&conn, scale, start, until, &stop, &link).await;
            conn.close().await;
            left.set(left.get() - 1);
        });
    }
    while left.get() > 0 {
        engine::later(50).await;
    }
    Ok(())
}

async fn fill(conn: &Conn, scale: u32) -> Result<(), Trouble> {
    for sql in setup(scale) {
        conn.quietly(&sql).await?;
    }
    Ok(())
}

async fn client(
    conn: &Conn,
    scale: u32,
    start: f64,
    until: f64,
    stop: &Cell<bool>,
    link: &html::Scope<BenchRoom>,
) {
    let mut failures = 0;
    while engine::now() < until && !stop.get() {
        let sql = transaction(scale, engine::random_below);
        let from = engine::now();
        match conn.quietly(&sql).await {
            Ok(_) => {
                let to = engine::now();
                link.send_message(Msg::One {
                    at_ms: to - start,
                    latency_ms: to - from,
                });
            }
            Err(trouble) => {
                let dead = trouble.unknown;
                link.send_message(Msg::Failed(trouble));
                failures += 1;
                // An engine that only fails is not asked for ever.
                if dead || failures > 100 {
                    return;
                }
                let _ = conn.quietly("ROLLBACK").await;
            }
        }
    }
}
