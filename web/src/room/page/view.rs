//! The page room: choose a relation and a block, read its bytes.
use super::decode::Column;
use super::model::picture;
use crate::engine::Lab;
use crate::paint::Painting;
use crate::room::snapshot::{absent, use_snapshot};
use crate::room_props::{Relation, RoomProps};
use vitrine_wire::view::PageDetail;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::platform::spawn_local;
use yew::prelude::*;

#[component]
pub fn PageRoom(props: &RoomProps) -> Html {
    let chosen = use_state(|| 0_u32);
    let block = use_state(|| 0_u32);
    let Some(relation) = relation(&props.files.0, *chosen) else {
        return html! { <p class="quiet">{ "No table has been made yet; a page can be read here once there is one." }</p> };
    };
    html! {
        <>
            { knobs(&props.files.0, relation, &chosen, &block) }
            <OnePage key={format!("{}-{}", relation.file, *block)} room={props.clone()} relation={relation.clone()} block={*block} />
        </>
    }
}

/// The chosen relation, or the first table.
pub fn relation(all: &[Relation], chosen: u32) -> Option<&Relation> {
    let first = || {
        all.iter()
            .find(|relation| relation.kind == "r")
            .or(all.first())
    };
    all.iter()
        .find(|relation| relation.oid == chosen)
        .or_else(first)
}

pub fn knobs(
    all: &[Relation],
    relation: &Relation,
    chosen: &UseStateHandle<u32>,
    block: &UseStateHandle<u32>,
) -> Html {
    let onchange = {
        let (chosen, block) = (chosen.clone(), block.clone());
        Callback::from(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            chosen.set(select.value().parse().unwrap_or(0));
            block.set(0);
        })
    };
    let onblock = {
        let block = block.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            block.set(input.value().parse().unwrap_or(0));
        })
    };
    html! {
        <div class="knobs">
            <label>{ "Relation " }<select {onchange} aria-label="Relation">
                { for all.iter().map(|other| html! {
                    <option value={other.oid.to_string()} selected={other.oid == relation.oid}>{ other.name.clone() }</option>
                }) }
            </select></label>
            <label>{ "Page " }<input type="number" min="0" value={block.to_string()} oninput={onblock} aria-label="Page number" /></label>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct OneProps {
    room: RoomProps,
    relation: Relation,
    block: u32,
}

#[component]
fn OnePage(props: &OneProps) -> Html {
    let room = &props.room;
    let columns = use_columns(&room.lab, props.relation.oid);
    let shot = use_snapshot::<PageDetail>(
        &room.lab,
        "page",
        props.relation.file,
        props.block,
        room.pulse,
    );
    let Some(Ok(page)) = &*shot else {
        return absent(&shot);
    };
    let picture = picture(page, &props.relation.name, &columns);
    html! {
        <>
            <h2 class="sentence">{ &picture.sentence }</h2>
            if !page.resident { <p class="note">{ "The page is on the device only; it was read for this picture alone." }</p> }
            <Painting {picture} name="Bytes of the page" held={room.held.clone()} onhold={room.onhold.clone()} onsql={room.onsql.clone()} />
        </>
    }
}

/// The columns of a relation, asked once.
#[hook]
pub fn use_columns(lab: &Lab, oid: u32) -> UseStateHandle<Vec<Column>> {
    let columns = use_state(Vec::new);
    {
        let (columns, lab) = (columns.clone(), lab.clone());
        use_effect_with(oid, move |oid| {
            let oid = *oid;
            spawn_local(async move {
                if let Ok(found) = lab.columns(oid).await {
                    columns.set(found);
                }
            });
        });
    }
    columns
}
