//! The crash lab's controls, its story, and the check of each commit.
use super::model::{PLACES, Survivors};
use super::work::{Verdict, crash_run};
use crate::desk::session::failed;
use crate::engine::{Lab, Trouble};
use vitrine_wire::view::RecoveryReport;
use web_sys::HtmlSelectElement;
use yew::platform::spawn_local;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    /// The reopened database becomes the desk's.
    pub onkeep: Callback<Lab>,
}

pub enum Msg {
    Choose(String),
    Start,
    Say(String),
    Acknowledged,
    Over(Result<Verdict, Trouble>),
    Keep,
}

pub struct CrashRoom {
    chosen: usize,
    running: bool,
    story: Vec<String>,
    acknowledged: u32,
    over: Option<Result<Verdict, Trouble>>,
}

impl Component for CrashRoom {
    type Message = Msg;
    type Properties = Props;

    fn create(_: &Context<Self>) -> CrashRoom {
        CrashRoom {
            chosen: 0,
            running: false,
            story: Vec::new(),
            acknowledged: 0,
            over: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Choose(key) => {
                self.chosen = PLACES
                    .iter()
                    .position(|place| place.key == key)
                    .unwrap_or(0)
            }
            Msg::Start => self.start(ctx),
            Msg::Say(words) => self.story.push(words),
            Msg::Acknowledged => self.acknowledged += 1,
            Msg::Over(result) => {
                self.running = false;
                self.over = Some(result);
            }
            Msg::Keep => {
                if let Some(Ok(verdict)) = &self.over {
                    ctx.props().onkeep.emit(verdict.lab.clone());
                }
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let onchange = link.callback(|event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            Msg::Choose(select.value())
        });
        let sentence = match &self.over {
            Some(Ok(verdict)) => verdict.survivors.sentence(),
            Some(Err(_)) => "The run could not be finished.".into(),
            None if self.running => {
                format!("{} commits are acknowledged so far.", self.acknowledged)
            }
            None => "The engine is ended in the middle of its work, and the database opened again."
                .into(),
        };
        html! {
            <>
                <h2 class="sentence" aria-live="polite">{ sentence }</h2>
                <div class="knobs">
                    <label>{ "Pull the plug " }<select {onchange} aria-label="Where the engine ends">
                        { for PLACES.iter().enumerate().map(|(at, place)| html! {
                            <option value={place.key} selected={at == self.chosen}>{ place.words }</option>
                        }) }
                    </select></label>
                    <button class="main" onclick={link.callback(|_| Msg::Start)} disabled={self.running}>{ "Run and crash" }</button>
                </div>
                <p class="note">{ "A scratch database in IndexedDB is used; your own is not touched. The worker is terminated, not asked to stop." }</p>
                <ol class="story" aria-live="polite">{ for self.story.iter().map(|words| html! { <li>{ words }</li> }) }</ol>
                { match &self.over {
                    None => Html::default(),
                    Some(Err(trouble)) => failed(trouble),
                    Some(Ok(verdict)) => html! {
                        <>
                            { recovery(&verdict.report, verdict.reopened_ms) }
                            { checks(&verdict.survivors) }
                            <div><button onclick={link.callback(|_| Msg::Keep)}>{ "Look at it on the desk" }</button></div>
                        </>
                    },
                } }
            </>
        }
    }
}

impl CrashRoom {
    fn start(&mut self, ctx: &Context<Self>) {
        if self.running {
            return;
        }
        let place = PLACES.get(self.chosen).copied().unwrap_or(PLACES[0]);
        let before = self.over.take();
        self.running = true;
        self.story.clear();
        self.acknowledged = 0;
        let link = ctx.link().clone();
        let say = link.callback(Msg::Say);
        let acknowledged = link.callback(|_: u32| Msg::Acknowledged);
        spawn_local(async move {
            if let Some(Ok(verdict)) = before {
                // The scratch database of the last run is still open.
                let _ = verdict.lab.close().await;
            }
            link.send_message(Msg::Over(crash_run(place, say, acknowledged).await));
        });
    }
}

/// What recovery did, told from its report.
fn recovery(report: &RecoveryReport, reopened_ms: f64) -> Html {
    let figure = |name: &str, value: String| html! { <div>{ name }<b>{ value }</b></div> };
    html! {
        <>
            <div class="figures">
                { figure("from", report.from.to_string()) }
                { figure("to", report.to.to_string()) }
                { figure("records read", report.records.to_string()) }
                { figure("edits applied", report.edits_applied.to_string()) }
                { figure("already on the page", report.already_there.to_string()) }
                { figure("images restored", report.images_restored.to_string()) }
                { figure("reopened, ms", format!("{reopened_ms:.0}")) }
            </div>
            <p>{ if report.clean { "The log ended with a clean shutdown; there was nothing to do.".to_string() } else {
                format!("Reading stopped at {}: {}. {} bytes after it were thrown away.", report.to, report.stopped_because, report.bytes_after_end)
            } }</p>
            <details><summary>{ format!("Recovery, step by step: {} steps", report.steps.len() as u64 + report.steps_left_out) }</summary>
                <ol class="story">{ for report.steps.iter().map(|step| html! { <li><span class="mono">{ step.lsn.to_string() }</span>{ format!(" {}", step.what) }</li> }) }</ol>
                if report.steps_left_out > 0 { <p class="note">{ format!("and {} more", report.steps_left_out) }</p> }
            </details>
        </>
    }
}

fn checks(survivors: &Survivors) -> Html {
    let lost = survivors.lost();
    let line = |n: &u32| {
        let gone = lost.contains(n);
        html! { <li class={classes!(gone.then_some("trouble"))}>{ if gone { format!("✕ {n} acknowledged and lost") } else { format!("✓ {n} acknowledged, there") } }</li> }
    };
    let open = |n: &u32| {
        let there = survivors.found.contains(n);
        html! { <li class="quiet">{ format!("? {n} was not answered, {}", if there { "there" } else { "not there" }) }</li> }
    };
    let good = |words: &str, good: bool| {
        html! {
            <li class={classes!((!good).then_some("trouble"))}>{ format!("{} {words}", if good { "✓" } else { "✕" }) }</li>
        }
    };
    html! {
        <>
            <ul class="checks" aria-label="Checks of the whole">
                { good("no acknowledged commit is lost", lost.is_empty()) }
                { good("no transaction is half there", !survivors.half()) }
                { good("the index and the table agree", survivors.index_agrees()) }
                { good("no row came that nobody wrote", survivors.invented().is_empty()) }
            </ul>
            <details><summary>{ format!("Each commit: {} acknowledged, {} without an answer", survivors.acknowledged.len(), survivors.unanswered.len()) }</summary>
                <ul class="checks">{ for survivors.unanswered.iter().map(open) }{ for survivors.acknowledged.iter().map(line) }</ul>
            </details>
        </>
    }
}
