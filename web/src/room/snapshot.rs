//! Fetching snapshots: a hook that asks again whenever the pulse beats, never twice at a time.
//!
//! The pulse is a number that the desk raises when something may have changed. A beat during a
//! fetch is remembered, and one more fetch follows it.
use crate::engine::{Lab, Trouble};
use serde::de::DeserializeOwned;
use std::rc::Rc;
use yew::platform::spawn_local;
use yew::prelude::*;

pub type Shot<T> = Option<Result<Rc<T>, Trouble>>;

#[derive(Default)]
struct Gate {
    busy: bool,
    missed: bool,
}

#[hook]
pub fn use_snapshot<T: DeserializeOwned + 'static>(
    lab: &Lab,
    pane: &'static str,
    a: u32,
    b: u32,
    pulse: u32,
) -> UseStateHandle<Shot<T>> {
    let shot = use_state(|| None);
    let again = use_state(|| 0_u32);
    let gate = use_mut_ref(Gate::default);
    {
        let (shot, again, lab) = (shot.clone(), again.clone(), lab.clone());
        let key = (pane, a, b, pulse, *again, lab.clone());
        use_effect_with(key, move |_| {
            if gate.borrow().busy {
                gate.borrow_mut().missed = true;
                return;
            }
            gate.borrow_mut().busy = true;
            spawn_local(async move {
                let answer = lab.inspect::<T>(pane, a, b).await.map(Rc::new);
                shot.set(Some(answer));
                let missed = {
                    let mut gate = gate.borrow_mut();
                    gate.busy = false;
                    std::mem::take(&mut gate.missed)
                };
                if missed {
                    again.set(*again + 1);
                }
            });
        });
    }
    shot
}

/// What a room shows instead of a picture while it has none.
pub fn absent<T>(shot: &Shot<T>) -> Html {
    match shot {
        Some(Err(trouble)) => html! {
            <p class="quiet" role="status">{ format!("This room has nothing to draw: {}", trouble.message) }</p>
        },
        _ => html! { <p class="quiet">{ "Asking the engine." }</p> },
    }
}
