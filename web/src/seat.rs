//! The first exhibit, "The last seat": two sessions want one row, and one of them is to guess.
//!
//! ```text
//! setting up ──► asked (S2 waits for S1) ──answer──► guessed ──Commit S1──► told ──► plug, doors
//! ```
//!
//! The steps run in the desk's own two columns, so that what is read there is what happened.
use crate::desk::session::{Answers, Entry};
use crate::engine::{Conn, Lab, Trouble};
use crate::room::Room;
use yew::platform::spawn_local;
use yew::prelude::*;

const SETUP: &str = "DROP TABLE IF EXISTS seat; CREATE TABLE seat (id int PRIMARY KEY, holder text); INSERT INTO seat SELECT n, NULL FROM generate_series(1, 8) AS n";
const GUESSES: [&str; 3] = [
    "It takes the seat too",
    "It changes no row",
    "It fails with an error",
];
const RIGHT: usize = 1;

fn take(name: &str) -> String {
    format!("BEGIN;\nUPDATE seat SET holder = '{name}'\n WHERE id = 7 AND holder IS NULL;")
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub lab: Lab,
    pub conns: Vec<Conn>,
    /// Puts a name and a text into a column.
    pub onask: Callback<(u32, String, String)>,
    /// Runs a text in a column.
    pub onrun: Callback<(u32, String)>,
    pub onroom: Callback<Room>,
    /// Whether the first two columns run something.
    pub busy: Vec<bool>,
    pub answers: Vec<Answers>,
    pub onleave: Callback<()>,
}

#[derive(Clone, PartialEq, Debug)]
enum Step {
    Setting,
    Ana,
    Ben,
    Asked,
    Guessed(Option<usize>),
    Committing(Option<usize>),
    Told(Option<usize>),
    Failed(Trouble),
}

#[component]
pub fn LastSeat(props: &Props) -> Html {
    let step = use_state(|| Step::Setting);
    use_set_up(props, &step);
    use_follow(props, &step);
    let just = {
        let step = step.clone();
        Callback::from(move |_: MouseEvent| step.set(Step::Guessed(None)))
    };
    let commit = |guess: Option<usize>| {
        let (step, onrun) = (step.clone(), props.onrun.clone());
        Callback::from(move |_: MouseEvent| {
            onrun.emit((1, "COMMIT".into()));
            step.set(Step::Committing(guess));
        })
    };
    let inside = match &*step {
        Step::Setting | Step::Ana | Step::Ben => {
            html! { <p class="question">{ "Ana and Ben both want seat 7." }</p> }
        }
        Step::Asked => html! {
            <>
                <p class="sentence" aria-live="polite">{ "Ben waits for Ana: both want seat 7." }</p>
                <p class="question">{ "Ana commits. What does Ben's UPDATE do?" }</p>
                <div class="answers">
                    { for GUESSES.iter().enumerate().map(|(at, words)| {
                        let step = step.clone();
                        html! { <button onclick={Callback::from(move |_| step.set(Step::Guessed(Some(at))))}><kbd>{ at + 1 }</kbd>{ format!(" {words}") }</button> }
                    }) }
                    <button class="plain" onclick={just}>{ "Just do it" }</button>
                </div>
            </>
        },
        Step::Guessed(guess) => html! {
            <>
                <p class="question">{ match guess { Some(at) => format!("You say: {}. Now let Ana commit.", lower(GUESSES[*at])), None => "Let Ana commit.".into() } }</p>
                <div class="answers"><button class="main" onclick={commit(*guess)}>{ "Commit S1" }</button></div>
            </>
        },
        Step::Committing(_) => {
            html! { <p class="sentence" aria-live="polite">{ "Ana's commit is on its way to the device." }</p> }
        }
        Step::Told(guess) => told(*guess, props),
        Step::Failed(trouble) => {
            html! { <p class="trouble">{ format!("The exhibit could not be set up: {}", trouble.message) }</p> }
        }
    };
    html! {
        <section class="seat" aria-label="The last seat">
            { inside }
            <p class="note">{ "A real database, running in this tab. Nothing is sent anywhere. " }
                <button class="plain note" onclick={props.onleave.reform(|_: MouseEvent| ())}>{ "Leave the exhibit" }</button></p>
        </section>
    }
}

fn lower(words: &str) -> String {
    words.to_lowercase()
}

fn told(guess: Option<usize>, props: &Props) -> Html {
    let answer = props.answers.get(1).map(outcome).unwrap_or_default();
    let verdict = match guess {
        Some(RIGHT) => "You were right. ",
        Some(_) => "Not so. ",
        None => "",
    };
    html! {
        <>
            <p class="sentence" aria-live="polite">{ format!("{verdict}{answer}") }</p>
            <div class="doors">
                <button class="main" onclick={props.onroom.reform(|_: MouseEvent| Room::Crash)}>{ "Pull the plug" }</button>
                <button onclick={props.onroom.reform(|_: MouseEvent| Room::Page)}>{ "Look at the page's bytes" }</button>
                <button onclick={props.onleave.reform(|_: MouseEvent| ())}>{ "Just SQL" }</button>
            </div>
        </>
    }
}

/// What Ben's UPDATE really answered.
fn outcome(answers: &Answers) -> String {
    let mut rows = answers.entries.iter().rev();
    let last = rows.find_map(|entry| match entry {
        Entry::Rows(outcome) if outcome.tag.starts_with("UPDATE") => Some(Ok(outcome.tag.clone())),
        Entry::Failed(trouble) => Some(Err(trouble.message.clone())),
        _ => None,
    });
    match last {
        Some(Ok(tag)) if tag == "UPDATE 0" => {
            "Ben's UPDATE looked again: seat 7 is taken. UPDATE 0.".into()
        }
        Some(Ok(tag)) => format!("Ben's UPDATE answered {tag}."),
        Some(Err(message)) => format!("Ben's UPDATE failed: {message}."),
        None => "Ben's UPDATE has not answered.".into(),
    }
}

/// Makes the table once both sessions are there, then lets Ana begin.
#[hook]
fn use_set_up(props: &Props, step: &UseStateHandle<Step>) {
    let ready = props.conns.len() == 2;
    let (conns, step, onask, onrun, onroom) = (
        props.conns.clone(),
        step.clone(),
        props.onask.clone(),
        props.onrun.clone(),
        props.onroom.clone(),
    );
    use_effect_with(ready, move |ready| {
        let (true, Some(conn)) = (*ready, conns.first().cloned()) else {
            return;
        };
        spawn_local(async move {
            if let Err(trouble) = conn.quietly(SETUP).await {
                step.set(Step::Failed(trouble));
                return;
            }
            onroom.emit(Room::Versions);
            onask.emit((1, "Ana".into(), take("Ana")));
            onask.emit((2, "Ben".into(), take("Ben")));
            onrun.emit((1, take("Ana")));
            step.set(Step::Ana);
        });
    });
}

/// Steps that come by themselves, when a column has begun or ended what it was given.
#[hook]
fn use_follow(props: &Props, step: &UseStateHandle<Step>) {
    let (step, onrun) = (step.clone(), props.onrun.clone());
    let done = |at: usize| {
        props
            .answers
            .get(at)
            .is_some_and(|answers| answers.took_ms.is_some() && answers.sql.contains("UPDATE seat"))
    };
    let (ana, ben) = (done(0), done(1));
    let ben_runs = props.busy.get(1).copied().unwrap_or(false);
    use_effect_with(
        (ana, ben, ben_runs, (*step).clone()),
        move |(ana, ben, ben_runs, now)| match now {
            Step::Ana if *ana => {
                onrun.emit((2, take("Ben")));
                step.set(Step::Ben);
            }
            Step::Ben if *ben_runs => step.set(Step::Asked),
            Step::Ben if *ben => step.set(Step::Told(None)),
            Step::Committing(guess) if *ben => step.set(Step::Told(*guess)),
            _ => {}
        },
    );
}
