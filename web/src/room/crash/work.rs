//! The run itself: a scratch database in IndexedDB, two sessions that commit, the end, the return.
use super::model::{Place, Survivors};
use crate::engine::{self, Conn, Lab, Trouble};
use std::cell::RefCell;
use std::rc::Rc;
use vitrine_wire::view::RecoveryReport;
use yew::Callback;
use yew::platform::spawn_local;

const ADDRESS: &str = "idb://crash-lab";
/// The run ends by the clock if no trap springs.
const MOST_MS: f64 = 6000.0;
const SETUP: &str = "DROP TABLE IF EXISTS ledger; DROP TABLE IF EXISTS account;
CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL);
INSERT INTO account SELECT n, 0 FROM generate_series(0, 15) AS n;
CREATE TABLE ledger (n int PRIMARY KEY, account int NOT NULL, note text);
CHECKPOINT;";

#[derive(Default)]
struct Run {
    acknowledged: Vec<u32>,
    /// Sent, not answered yet.
    open: Vec<u32>,
    over: bool,
}

pub struct Verdict {
    pub lab: Lab,
    pub report: Rc<RecoveryReport>,
    pub survivors: Survivors,
    pub reopened_ms: f64,
}

/// Tells each step to `say`, each acknowledged number to `acknowledged`.
pub async fn crash_run(
    place: Place,
    say: Callback<String>,
    acknowledged: Callback<u32>,
) -> Result<Verdict, Trouble> {
    say.emit("The scratch database is opened in IndexedDB and filled.".into());
    let lab = Lab::open(ADDRESS, false).await?;
    lab.first().quietly(SETUP).await?;
    let run = Rc::new(RefCell::new(Run::default()));
    let workers = [lab.connect().await?, lab.connect().await?];
    let sprung = Rc::new(RefCell::new(false));
    if let Some((op, when, nth)) = place.trap {
        let sprung = sprung.clone();
        lab.trap(op, when, nth, move || *sprung.borrow_mut() = true);
    }
    for (at, conn) in workers.into_iter().enumerate() {
        spawn_local(commit_on(
            conn,
            at as u32,
            run.clone(),
            acknowledged.clone(),
        ));
    }
    say.emit("Two sessions commit as fast as they are answered.".into());
    if place.checkpoint {
        engine::later(400).await;
        let conn = lab.first();
        spawn_local(async move {
            // Its answer, if one comes, is of no interest: the engine is about to end.
            let _ = conn.quietly("CHECKPOINT").await;
        });
        say.emit("A checkpoint is asked for.".into());
    }
    let wait_ms = match (place.key, place.trap) {
        ("now", _) => 700.0,
        (_, None) => 300.0 + f64::from(engine::random_below(1500)),
        _ => MOST_MS,
    };
    let until = engine::now() + wait_ms;
    while engine::now() < until && !*sprung.borrow() {
        engine::later(10).await;
    }
    if place.trap.is_some() && !*sprung.borrow() {
        say.emit(
            "The chosen place was not reached in time; the worker is ended here instead.".into(),
        );
    }
    run.borrow_mut().over = true;
    lab.crash().await?;
    say.emit("The worker is ended. Whatever was in its memory is gone.".into());
    come_back(run, say).await
}

async fn commit_on(conn: Conn, lane: u32, run: Rc<RefCell<Run>>, acknowledged: Callback<u32>) {
    let mut n = lane;
    loop {
        if run.borrow().over {
            return;
        }
        run.borrow_mut().open.push(n);
        // Two rows of one transaction: they come back together or not at all.
        let sql = format!(
            "BEGIN; UPDATE account SET balance = balance + 1 WHERE id = {}; INSERT INTO ledger VALUES ({n}, {0}, 'row {n}'); COMMIT",
            n % 16
        );
        let answer = conn.quietly(&sql).await;
        let mut run = run.borrow_mut();
        match answer {
            Ok(_) => {
                run.open.retain(|open| *open != n);
                run.acknowledged.push(n);
                acknowledged.emit(n);
            }
            // The engine ended under the commit; its outcome is to be seen afterwards.
            Err(_) => return,
        }
        n += 2;
    }
}

async fn come_back(run: Rc<RefCell<Run>>, say: Callback<String>) -> Result<Verdict, Trouble> {
    let started = engine::now();
    let lab = Lab::open(ADDRESS, false).await?;
    let reopened_ms = engine::now() - started;
    say.emit(format!(
        "The database is open again after {reopened_ms:.0} ms."
    ));
    let report = Rc::new(lab.inspect::<RecoveryReport>("recovery", 0, 0).await?);
    let conn = lab.first();
    let mut survivors = {
        let run = run.borrow();
        Survivors {
            acknowledged: run.acknowledged.clone(),
            unanswered: run.open.clone(),
            ..Survivors::default()
        }
    };
    let rows = conn.quietly("SELECT n FROM ledger ORDER BY n").await?;
    if let Some(rows) = rows.first() {
        let numbers = rows
            .window(0, rows.count)
            .into_iter()
            .filter_map(|row| row.first()?.as_ref()?.parse().ok());
        survivors.found = numbers.collect();
    }
    survivors.balance = value(&conn, "SELECT coalesce(sum(balance), 0) FROM account").await?;
    survivors.by_index = value(
        &conn,
        "SET enable_seqscan = off; SELECT count(*) FROM ledger WHERE n >= 0",
    )
    .await?;
    Ok(Verdict {
        lab,
        report,
        survivors,
        reopened_ms,
    })
}

async fn value(conn: &Conn, sql: &str) -> Result<i64, Trouble> {
    let outcomes = conn.quietly(sql).await?;
    Ok(outcomes
        .last()
        .and_then(|outcome| outcome.value())
        .and_then(|text| text.parse().ok())
        .unwrap_or(-1))
}
