//! The plan room: EXPLAIN of what S1 holds, or of JSON pasted from elsewhere.
use super::model::picture;
use crate::desk::session::failed;
use crate::engine::{Conn, PlanNode, Trouble, plan_nodes};
use crate::paint::Painting;
use crate::room_props::RoomProps;
use web_sys::HtmlTextAreaElement;
use yew::platform::spawn_local;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub room: RoomProps,
    pub conn: Option<Conn>,
    /// The statement of the first session's editor.
    pub sql: AttrValue,
}

type Answer = Option<Result<Vec<PlanNode>, Trouble>>;

#[component]
pub fn PlanRoom(props: &Props) -> Html {
    let answer = use_state(|| Answer::None);
    let pasted = use_node_ref();
    let explain = |analyze: bool| {
        let (answer, conn, sql) = (answer.clone(), props.conn.clone(), props.sql.clone());
        Callback::from(move |_: MouseEvent| {
            let (answer, sql) = (answer.clone(), sql.clone());
            let Some(conn) = conn.clone() else { return };
            spawn_local(async move {
                let options = if analyze {
                    "ANALYZE, BUFFERS, FORMAT JSON"
                } else {
                    "FORMAT JSON"
                };
                let statement = sql.trim().trim_end_matches(';').to_string();
                let result = conn
                    .quietly(&format!("EXPLAIN ({options}) {statement}"))
                    .await;
                let json = result.map(|all| all.first().map(joined).unwrap_or_default());
                answer.set(Some(json.and_then(|json| plan_nodes(&json))));
            });
        })
    };
    let draw = {
        let (answer, pasted) = (answer.clone(), pasted.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(area) = pasted.cast::<HtmlTextAreaElement>() {
                answer.set(Some(plan_nodes(&area.value())));
            }
        })
    };
    html! {
        <>
            <div class="knobs">
                <button onclick={explain(false)} disabled={props.conn.is_none()}>{ "Explain S1's statement" }</button>
                <button onclick={explain(true)} disabled={props.conn.is_none()}>{ "Explain and run it" }</button>
            </div>
            { match &*answer {
                None => html! { <p class="quiet">{ "The plan of the statement in S1's editor is drawn here: estimates first, and what came beside them once it has run." }</p> },
                Some(Err(trouble)) => failed(trouble),
                Some(Ok(nodes)) => {
                    let picture = picture(nodes);
                    html! { <>
                        <h2 class="sentence">{ &picture.sentence }</h2>
                        <Painting {picture} name="Plan tree" held={props.room.held.clone()} onhold={props.room.onhold.clone()} />
                    </> }
                }
            } }
            <details>
                <summary>{ "Paste your own EXPLAIN (FORMAT JSON)" }</summary>
                <div class="editor"><textarea ref={pasted} aria-label="EXPLAIN output as JSON" spellcheck="false" /></div>
                <button onclick={draw}>{ "Draw it" }</button>
            </details>
        </>
    }
}

/// The JSON of EXPLAIN, whether it came as one value or a row a line.
fn joined(outcome: &crate::engine::Outcome) -> String {
    let rows = outcome.window(0, outcome.count);
    rows.into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect::<Vec<_>>()
        .join("\n")
}
