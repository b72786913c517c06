//! A session column: letter, editor, answers. Ctrl+Enter runs the selection, or else everything.
use super::grid::Grid;
use crate::engine::{Outcome, Trouble};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

/// One thing a run said, in the order it was said.
#[derive(Clone, PartialEq)]
pub enum Entry {
    Rows(Outcome),
    Notice(String, String),
    Failed(Trouble),
}

#[derive(Clone, PartialEq, Default)]
pub struct Answers {
    pub sql: String,
    pub entries: Vec<Entry>,
    pub took_ms: Option<f64>,
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub number: u32,
    pub name: AttrValue,
    pub sql: AttrValue,
    pub ready: bool,
    pub running_ms: Option<f64>,
    /// "S2 waits for S1, 3.2 s"
    pub waiting: Option<AttrValue>,
    pub answers: Answers,
    pub onedit: Callback<String>,
    pub onrun: Callback<String>,
    pub oncancel: Callback<()>,
    pub onclose: Option<Callback<()>>,
}

#[component]
pub fn Column(props: &Props) -> Html {
    let area = use_node_ref();
    let run = {
        let (area, onrun) = (area.clone(), props.onrun.clone());
        move || {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                onrun.emit(chosen(&area));
            }
        }
    };
    let onkeydown = {
        let (run, oncancel) = (run.clone(), props.oncancel.clone());
        let running = props.running_ms.is_some();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                run();
            } else if event.key() == "Escape" && running {
                oncancel.emit(());
            }
        })
    };
    let oninput = {
        let onedit = props.onedit.clone();
        Callback::from(move |event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            onedit.emit(area.value());
        })
    };
    let letter = format!("S{}", props.number);
    let who = format!("h{}", props.number);
    let running = props.running_ms.is_some();
    let state = match (&props.waiting, props.running_ms) {
        (Some(words), _) => words.to_string(),
        (None, Some(ms)) if ms > 200.0 => format!("running, {:.1} s", ms / 1000.0),
        (None, Some(_)) => "running".into(),
        (None, None) => props.answers.took_ms.map(took).unwrap_or_default(),
    };
    let onclick = {
        let run = run.clone();
        Callback::from(move |_| run())
    };
    let cancel = {
        let oncancel = props.oncancel.clone();
        Callback::from(move |_| oncancel.emit(()))
    };
    html! {
        <section class={classes!("session", who, props.waiting.is_some().then_some("waiting"))} aria-label={format!("Session {letter}")}>
            <header>
                <span class="letter">{ &letter }</span><span>{ props.name.clone() }</span>
                <span class="note say" role="status">{ state }</span>
                if running {
                    <button onclick={cancel} aria-label={format!("Cancel {letter}")} title="Escape">{ "Cancel" }</button>
                } else {
                    <button class="main" {onclick} disabled={!props.ready} aria-label={format!("Run {letter}")} title="Ctrl+Enter">{ "Run" }</button>
                }
                if let Some(close) = props.onclose.clone() {
                    <button class="plain" onclick={Callback::from(move |_| close.emit(()))} aria-label={format!("Close {letter}")}>{ "Close" }</button>
                }
            </header>
            <div class="editor">
                <textarea ref={area} aria-label={format!("SQL of {letter}")} spellcheck="false" autocomplete="off" autocapitalize="off"
                    value={props.sql.clone()} {oninput} {onkeydown} />
                { caret(&props.answers) }
            </div>
            <div class="out" aria-live="polite">
                { for props.answers.entries.iter().map(entry) }
            </div>
        </section>
    }
}

fn chosen(area: &HtmlTextAreaElement) -> String {
    let text = area.value();
    let (Ok(Some(from)), Ok(Some(to))) = (area.selection_start(), area.selection_end()) else {
        return text;
    };
    // The browser counts in UTF-16.
    let units: Vec<u16> = text.encode_utf16().collect();
    match units.get(from as usize..to as usize) {
        Some(part) if !part.is_empty() => String::from_utf16_lossy(part),
        _ => text,
    }
}

/// The line of the statement where the error is, with a caret below the place.
fn caret(answers: &Answers) -> Html {
    let failed = answers.entries.iter().find_map(|entry| match entry {
        Entry::Failed(trouble) if trouble.position > 0 => Some(trouble.position),
        _ => None,
    });
    let Some((line, text, column)) = failed.and_then(|position| place(&answers.sql, position))
    else {
        return Html::default();
    };
    let lead = format!("line {line}: ");
    let pad = " ".repeat(lead.chars().count() + column);
    html! { <pre class="where" aria-label={format!("Error at line {line}, column {}", column + 1)}>{ format!("{lead}{text}\n{pad}^") }</pre> }
}

/// Line number from 1, its text, and the column from 0, of a character position from 1.
fn place(sql: &str, position: usize) -> Option<(usize, String, usize)> {
    let mut before = 0;
    for (at, line) in sql.split('\n').enumerate() {
        let length = line.chars().count() + 1;
        if position <= before + length {
            return Some((at + 1, line.to_string(), position - before - 1));
        }
        before += length;
    }
    None
}

fn took(ms: f64) -> String {
    if ms < 100.0 {
        format!("{ms:.1} ms")
    } else if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.2} s", ms / 1000.0)
    }
}

fn entry(entry: &Entry) -> Html {
    match entry {
        Entry::Rows(outcome) => html! {
            <section>
                if !outcome.names.is_empty() { <Grid outcome={outcome.clone()} /> }
                <p class="tag"><b>{ outcome.tag.clone() }</b>
                    if !outcome.names.is_empty() { <span>{ format!("{} rows", outcome.count) }</span> }
                </p>
            </section>
        },
        Entry::Notice(severity, words) => html! {
            <section class="message"><p class="quiet">{ format!("{severity}: {words}") }</p></section>
        },
        Entry::Failed(trouble) => failed(trouble),
    }
}

pub fn failed(trouble: &Trouble) -> Html {
    html! {
        <section class="message" role="alert">
            <p class="trouble">{ format!("✕ {} {}: {}", trouble.severity, trouble.code, trouble.message) }</p>
            if !trouble.detail.is_empty() { <p>{ &trouble.detail }</p> }
            if !trouble.hint.is_empty() { <p class="quiet">{ &trouble.hint }</p> }
            if trouble.unknown { <p class="quiet">{ "The engine ended before it answered: the work may have been done or not." }</p> }
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters_over_lines() {
        assert_eq!(place("select 1", 8), Some((1, "select 1".into(), 7)));
        assert_eq!(place("é\nselect x", 3), Some((2, "select x".into(), 0)));
        assert_eq!(place("ab", 9), None);
    }

    #[test]
    fn times_are_short() {
        assert_eq!(
            (took(1.26), took(412.3), took(2345.0)),
            ("1.3 ms".into(), "412 ms".into(), "2.35 s".into())
        );
    }
}
