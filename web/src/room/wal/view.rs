//! The log room, and the strip that shows the log's end under the other rooms.
use super::model::picture;
use crate::paint::Painting;
use crate::room::snapshot::{absent, use_snapshot};
use crate::room_props::RoomProps;
use vitrine_wire::view::WalSnapshot;
use yew::prelude::*;

#[component]
pub fn WalRoom(props: &RoomProps) -> Html {
    let shot = use_snapshot::<WalSnapshot>(&props.lab, "wal", 0, 0, props.pulse);
    let Some(Ok(wal)) = &*shot else {
        return absent(&shot);
    };
    let picture = picture(wal, 800.0, false, &|file| props.files.name(file));
    let figure = |name: &str, value: String| html! { <div>{ name }<b>{ value }</b></div> };
    html! {
        <>
            <h2 class="sentence">{ &picture.sentence }</h2>
            <div class="figures">
                { figure("insert", wal.insert.to_string()) }
                { figure("written", wal.written.to_string()) }
                { figure("flushed", wal.flushed.to_string()) }
                { figure("redo", wal.redo.to_string()) }
                { figure("last checkpoint", wal.checkpoint.to_string()) }
                { figure("flushes", wal.counters.flushes.to_string()) }
                { figure("commits that shared one", wal.counters.grouped_commits.to_string()) }
            </div>
            <Painting {picture} name="Records of the log" held={props.held.clone()} onhold={props.onhold.clone()} onsql={props.onsql.clone()} />
        </>
    }
}

#[component]
pub fn WalStrip(props: &RoomProps) -> Html {
    let shot = use_snapshot::<WalSnapshot>(&props.lab, "wal", 0, 0, props.pulse);
    let Some(Ok(wal)) = &*shot else {
        return Html::default();
    };
    let picture = picture(wal, 760.0, true, &|file| props.files.name(file));
    html! {
        <aside class="strip" aria-label="End of the log">
            <p class="note">{ &picture.sentence }</p>
            <Painting {picture} small=true name="The newest records of the log" held={props.held.clone()} onhold={props.onhold.clone()} />
        </aside>
    }
}
