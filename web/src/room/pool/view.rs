//! The buffer pool room.
use super::model::picture;
use crate::paint::Painting;
use crate::room::snapshot::{absent, use_snapshot};
use crate::room_props::RoomProps;
use vitrine_wire::view::PoolSnapshot;
use yew::prelude::*;

#[component]
pub fn PoolRoom(props: &RoomProps) -> Html {
    let shot = use_snapshot::<PoolSnapshot>(&props.lab, "pool", 0, 0, props.pulse);
    let Some(Ok(pool)) = &*shot else {
        return absent(&shot);
    };
    let picture = picture(pool, 800.0, &|file| props.files.name(file));
    html! {
        <>
            <h2 class="sentence">{ &picture.sentence }</h2>
            <Painting {picture} name="Frames of the buffer pool" held={props.held.clone()} onhold={props.onhold.clone()} onsql={props.onsql.clone()} />
        </>
    }
}
