//! The lab page: a desk with SQL sessions, and a glass in which the engine is drawn while it works.
//!
//! ```text
//! App (app.rs) ── sessions ──► desk/      editors, grids, messages
//!      │ pulse
//!      └──────── rooms ─────► room/*/     snapshot → model (pure) → Picture → paint.rs (SVG)
//! ```
//!
//! The page is a client like any other: it reaches the engine through the package's JavaScript
//! (`engine.rs`), decodes snapshots with the structs of `vitrine_view`, and links no engine code.
//! *It must never know of* pages, locks or logs beyond what those snapshots say.
mod app;
mod desk;
mod engine;
mod lane;
mod paint;
mod picture;
mod room;
mod room_props;
mod seat;
#[cfg(test)]
mod tokens;

fn main() {
    let place = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"));
    match place {
        Some(root) => yew::Renderer::<app::App>::with_root(root).render(),
        None => yew::Renderer::<app::App>::new().render(),
    };
}
