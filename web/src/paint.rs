//! The painter: a `Picture` as SVG, with its sentence, legend, lens, table twin and statement.
//!
//! Things can be reached by pointer and by keyboard: one of them is in the tab order, arrow keys
//! move among them. Hover and focus draw brackets 1 px wide; a click or Enter holds them, 2 px, in
//! every room that shows the same thing; Escape lets go.
use crate::engine::copy_text;
use crate::picture::{Ink, Label, Look, Mark, Picture, Shape, Thing};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub picture: Picture,
    /// A name for the whole picture, for those who do not see it.
    pub name: AttrValue,
    /// The thing held in all rooms.
    #[prop_or_default]
    pub held: AttrValue,
    #[prop_or_default]
    pub onhold: Callback<Thing>,
    /// Strips show neither lens nor twin.
    #[prop_or_default]
    pub small: bool,
    #[prop_or_default]
    pub onsql: Callback<String>,
}

#[component]
pub fn Painting(props: &Props) -> Html {
    let seen = use_state(|| None::<Thing>);
    let picture = &props.picture;
    let things: Vec<&Mark> = picture.marks.iter().filter(|m| m.thing.is_some()).collect();
    let at = things
        .iter()
        .position(|mark| same(mark, &props.held))
        .unwrap_or(0);
    let onkeydown = {
        let onhold = props.onhold.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                onhold.emit(Thing::default());
            } else {
                step(&event);
            }
        })
    };
    let mut nth = 0;
    let marks = picture.marks.iter().map(|mark| {
        let tab = mark.thing.as_ref().map(|_| {
            nth += 1;
            if nth - 1 == at { "0" } else { "-1" }
        });
        draw(mark, tab, &seen, props)
    });
    let svg = html! {
        <div class="canvas">
            <svg viewBox={format!("0 0 {} {}", picture.width, picture.height)} width={picture.width.to_string()}
                height={picture.height.to_string()} role="group" aria-label={props.name.clone()} {onkeydown}>
                { patterns() }
                { for marks }
                { for picture.labels.iter().map(write) }
                { for picture.marks.iter().filter_map(|mark| brackets(mark, &seen, &props.held)) }
            </svg>
        </div>
    };
    if props.small {
        return html! { <div class="picture">{ svg }</div> };
    }
    let shown = (*seen).clone().or_else(|| {
        things
            .iter()
            .find(|mark| same(mark, &props.held))
            .and_then(|mark| mark.thing.clone())
    });
    html! {
        <div class="picture">
            { legend(picture) }
            { svg }
            { lens(shown.as_ref()) }
            { twin(picture, &props.onsql) }
        </div>
    }
}

fn same(mark: &Mark, held: &str) -> bool {
    !held.is_empty() && mark.thing.as_ref().is_some_and(|thing| thing.id == held)
}

/// Arrow keys go from thing to thing, in the order drawn.
fn step(event: &KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => true,
        "ArrowLeft" | "ArrowUp" => false,
        _ => return,
    };
    event.prevent_default();
    crate::engine::focus_neighbour(forward);
}

fn draw(
    mark: &Mark,
    tab: Option<&'static str>,
    seen: &UseStateHandle<Option<Thing>>,
    props: &Props,
) -> Html {
    let mut class = classes!("mark", format!("m-{}", mark.look.class()));
    if (1..=4).contains(&mark.who) {
        class.push(format!("h{}", mark.who));
    }
    let Some(thing) = mark.thing.clone() else {
        return shape(&mark.shape, class);
    };
    let label = format!(
        "{}: {}",
        thing.id,
        thing
            .facts
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let see = {
        let (seen, thing) = (seen.clone(), thing.clone());
        move || seen.set(Some(thing.clone()))
    };
    let onmouseenter = {
        let see = see.clone();
        Callback::from(move |_| see())
    };
    let onfocus = {
        let see = see.clone();
        Callback::from(move |_| see())
    };
    let onmouseleave = {
        let seen = seen.clone();
        Callback::from(move |_| seen.set(None))
    };
    let hold = {
        let onhold = props.onhold.clone();
        move || onhold.emit(thing.clone())
    };
    let onclick = {
        let hold = hold.clone();
        Callback::from(move |_| hold())
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            hold();
        }
    });
    html! {
        <g class="thing" role="img" tabindex={tab} aria-label={label} {onmouseenter} {onmouseleave} {onfocus} {onclick} {onkeydown}>
            { shape(&mark.shape, class) }
        </g>
    }
}

fn shape(shape: &Shape, class: Classes) -> Html {
    match shape {
        Shape::Rect { x, y, w, h } => html! {
            <rect {class} x={n(*x)} y={n(*y)} width={n(w.max(1.0))} height={n(*h)} />
        },
        Shape::Cells(cells) => {
            let cell = |[x, y, w, h]: &[f64; 4]| format!("M{x:.1} {y:.1}h{w:.1}v{h:.1}h-{w:.1}Z");
            html! { <path {class} d={cells.iter().map(cell).collect::<String>()} /> }
        }
        Shape::Path(d) => html! { <path {class} d={d.clone()} /> },
    }
}

fn n(value: f64) -> String {
    format!("{}", (value * 10.0).round() / 10.0)
}

fn write(label: &Label) -> Html {
    let class = match label.ink {
        Ink::Plain => "t-plain",
        Ink::Code => "t-code",
        Ink::Quiet => "t-quiet",
        Ink::Strong => "t-strong",
        Ink::Trouble => "t-trouble",
    };
    let anchor = if label.right { "end" } else { "start" };
    html! { <text {class} x={n(label.x)} y={n(label.y)} text-anchor={anchor}>{ label.text.clone() }</text> }
}

fn brackets(mark: &Mark, seen: &Option<Thing>, held: &str) -> Option<Html> {
    let thing = mark.thing.as_ref()?;
    let is_held = same(mark, held);
    if !is_held && seen.as_ref().is_none_or(|seen| seen.id != thing.id) {
        return None;
    }
    let [l, t, r, b] = mark.bounds()?;
    let w = r - l;
    let (l, t, r, b) = (l - 2.0, t - 2.0, r + 2.0, b + 2.0);
    let k = 5.0_f64.min(w / 3.0).max(2.0);
    let d = format!(
        "M{l:.1} {:.1}V{t:.1}H{:.1}M{:.1} {t:.1}H{r:.1}V{:.1}M{r:.1} {:.1}V{b:.1}H{:.1}M{:.1} {b:.1}H{l:.1}V{:.1}",
        t + k,
        l + k,
        r - k,
        t + k,
        b - k,
        r - k,
        l + k,
        b - k
    );
    Some(html! { <path class={classes!("bracket", is_held.then_some("held"))} {d} /> })
}

fn patterns() -> Html {
    html! {
        <defs>
            <pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">
                <rect class="m-tick" x="2" y="2" width="1" height="1" opacity="0.5" />
            </pattern>
            { for (0..5).map(|who| html! {
                <pattern id={if who == 0 { "hatch".to_string() } else { format!("hatch{who}") }} width="6" height="6"
                    patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path class={format!("hatch-{who}")} d="M0 0V6" stroke-width="2" />
                </pattern>
            }) }
        </defs>
    }
}

fn legend(picture: &Picture) -> Html {
    html! {
        <ul class="legend" aria-label="Legend">
            { for picture.legend().into_iter().map(|look| html! {
                <li><svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">{ swatch(look) }</svg>{ look.words() }</li>
            }) }
        </ul>
    }
}

fn swatch(look: Look) -> Html {
    let class = classes!("mark", format!("m-{}", look.class()));
    let d = match look {
        Look::Wedge => "M1 11V3L9 11Z",
        Look::Strike => "M2 11L14 1",
        Look::Cross | Look::Abort => "M2 11L14 1M2 1L14 11",
        Look::Arrow => "M1 6H14M10 2L14 6L10 10",
        Look::Flag => "M8 0V12",
        Look::Under | Look::Rule => "M1 10H15",
        Look::Bar => "M1 1H4V11H1Z",
        Look::Hand => "M2 1H14L8 10Z",
        Look::Tick => "M2 4H5V11H2ZM7 4H10V11H7Z",
        _ => "M1 1H15V11H1Z",
    };
    html! { <path {class} {d} /> }
}

fn lens(thing: Option<&Thing>) -> Html {
    html! {
        <div class="lens">
            if let Some(thing) = thing {
                <strong>{ thing.id.clone() }</strong>
                <dl>{ for thing.facts.iter().map(|(name, value)| html! { <><dt>{ name.clone() }</dt><dd>{ value.clone() }</dd></> }) }</dl>
            } else {
                <p class="note">{ "Hover or focus a mark to read it; Enter or a click holds it in every room, Escape lets go." }</p>
            }
        </div>
    }
}

fn twin(picture: &Picture, onsql: &Callback<String>) -> Html {
    let head = picture
        .table
        .head
        .iter()
        .map(|name| html! { <th scope="col">{ *name }</th> });
    let rows = picture.table.rows.iter().take(200).map(|row| {
        html! { <tr>{ for row.iter().map(|cell| {
            let number = cell.parse::<f64>().is_ok();
            html! { <td class={classes!(number.then_some("number"))}>{ cell.clone() }</td> }
        }) }</tr> }
    });
    let sql = picture.sql.clone();
    let onclick = {
        let (onsql, sql) = (onsql.clone(), sql.clone());
        Callback::from(move |_| onsql.emit(sql.clone()))
    };
    let copy = Callback::from(|event: MouseEvent| copy_text(&crate::engine::svg_near(&event)));
    html! {
        <>
            <div class="knobs">
                if !sql.is_empty() { <button class="plain" {onclick} title={sql}>{ "SQL for this" }</button> }
                <button class="plain" onclick={copy}>{ "Copy as SVG" }</button>
            </div>
            <details>
                <summary>{ format!("As table, {} rows", picture.table.rows.len()) }</summary>
                <div class="twin"><table><thead><tr>{ for head }</tr></thead><tbody>{ for rows }</tbody></table></div>
            </details>
        </>
    }
}
