//! The room of versions and locks.
use super::model::{Around, picture};
use crate::paint::Painting;
use crate::room::page::view::{knobs, relation, use_columns};
use crate::room::snapshot::use_snapshot;
use crate::room_props::{Relation, RoomProps};
use vitrine_wire::view::{LockSnapshot, PageDetail, VersionsView};
use yew::prelude::*;

#[component]
pub fn VersionsRoom(props: &RoomProps) -> Html {
    let chosen = use_state(|| 0_u32);
    let block = use_state(|| 0_u32);
    let tables: Vec<Relation> = props
        .files
        .0
        .iter()
        .filter(|relation| relation.kind == "r")
        .cloned()
        .collect();
    let Some(relation) = relation(&tables, *chosen) else {
        return html! {
            <>
                <h2 class="sentence">{ "No table has been made yet." }</h2>
                <p class="quiet">{ "Run the statements in S1 with Ctrl+Enter, or load the sample: row versions and locks are drawn here." }</p>
            </>
        };
    };
    html! {
        <>
            { knobs(&tables, relation, &chosen, &block) }
            <Versions key={format!("{}-{}", relation.oid, *block)} room={props.clone()} relation={relation.clone()} block={*block} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct Props {
    room: RoomProps,
    relation: Relation,
    block: u32,
}

#[component]
fn Versions(props: &Props) -> Html {
    let room = &props.room;
    let columns = use_columns(&room.lab, props.relation.oid);
    let page = use_snapshot::<PageDetail>(
        &room.lab,
        "page",
        props.relation.file,
        props.block,
        room.pulse,
    );
    let locks = use_snapshot::<LockSnapshot>(&room.lab, "locks", 0, 0, room.pulse);
    let said = use_snapshot::<VersionsView>(
        &room.lab,
        "versions",
        props.relation.file,
        props.block,
        room.pulse,
    );
    let none = LockSnapshot::default();
    let (page, locks) = (
        page.as_ref().and_then(|p| p.as_ref().ok()),
        locks.as_ref().and_then(|l| l.as_ref().ok()),
    );
    let around = Around {
        locks: locks.map_or(&none, |l| &**l),
        seats: &room.seats,
        versions: said.as_ref().and_then(|v| v.as_ref().ok()).map(|v| &**v),
    };
    let picture = picture(page.map(|p| &**p), &props.relation.name, &columns, &around);
    html! {
        <>
            <h2 class="sentence" aria-live="polite">{ &picture.sentence }</h2>
            if locks.is_none() { <p class="note">{ "This build of the engine does not show its locks." }</p> }
            <Painting {picture} name="Row versions and locks" held={room.held.clone()} onhold={room.onhold.clone()} onsql={room.onsql.clone()} />
        </>
    }
}
