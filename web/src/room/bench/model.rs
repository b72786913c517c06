//! Latencies and throughput of a run, and their picture.
use crate::picture::{Ink, Look, Picture, fact};

pub const TELLERS_PER_SCALE: u32 = 10;
pub const ACCOUNTS_PER_SCALE: u32 = 10_000;
/// One bar of throughput.
pub const SLICE_MS: f64 = 500.0;

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tally {
    pub latencies_ms: Vec<f64>,
    /// Transactions that ended in each slice of time.
    pub slices: Vec<u32>,
    pub failures: u32,
    pub last_failure: String,
    pub elapsed_ms: f64,
}

impl Tally {
    pub fn add(&mut self, at_ms: f64, latency_ms: f64) {
        let slice = (at_ms / SLICE_MS).max(0.0) as usize;
        if self.slices.len() <= slice {
            self.slices.resize(slice + 1, 0);
        }
        if let Some(count) = self.slices.get_mut(slice) {
            *count += 1;
        }
        self.latencies_ms.push(latency_ms);
        self.elapsed_ms = self.elapsed_ms.max(at_ms);
    }

    pub fn per_second(&self) -> f64 {
        if self.elapsed_ms <= 0.0 {
            0.0
        } else {
            self.latencies_ms.len() as f64 * 1000.0 / self.elapsed_ms
        }
    }

    /// The nearest-rank percentiles asked for.
    pub fn percentiles(&self, wanted: [f64; 3]) -> [f64; 3] {
        let mut sorted = self.latencies_ms.clone();
        sorted.sort_by(f64::total_cmp);
        wanted.map(|p| {
            let rank = (p / 100.0 * sorted.len() as f64).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
        })
    }
}

pub fn setup(scale: u32) -> [String; 4] {
    let (tellers, accounts) = (scale * TELLERS_PER_SCALE, scale * ACCOUNTS_PER_SCALE);
    [
        "DROP TABLE IF EXISTS bench_branches, bench_tellers, bench_accounts, bench_history".into(),
        "CREATE TABLE bench_branches (bid int PRIMARY KEY, bbalance int);
         CREATE TABLE bench_tellers (tid int PRIMARY KEY, bid int, tbalance int);
         CREATE TABLE bench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler text);
         CREATE TABLE bench_history (tid int, bid int, aid int, delta int, mtime timestamp)".into(),
        format!(
            "INSERT INTO bench_branches SELECT n, 0 FROM generate_series(1, {scale}) AS n;
             INSERT INTO bench_tellers SELECT n, (n - 1) / {TELLERS_PER_SCALE} + 1, 0 FROM generate_series(1, {tellers}) AS n"
        ),
        format!("INSERT INTO bench_accounts SELECT n, (n - 1) / {ACCOUNTS_PER_SCALE} + 1, 0, repeat('x', 60) FROM generate_series(1, {accounts}) AS n"),
    ]
}

/// One transaction; `pick(n)` answers a number below n.
pub fn transaction(scale: u32, pick: impl Fn(u32) -> u32) -> String {
    let (aid, tid, bid) = (
        pick(scale * ACCOUNTS_PER_SCALE) + 1,
        pick(scale * TELLERS_PER_SCALE) + 1,
        pick(scale) + 1,
    );
    let delta = pick(10_000) as i32 - 5000;
    format!(
        "BEGIN; UPDATE bench_accounts SET abalance = abalance + {delta} WHERE aid = {aid}; \
         SELECT abalance FROM bench_accounts WHERE aid = {aid}; \
         UPDATE bench_tellers SET tbalance = tbalance + {delta} WHERE tid = {tid}; \
         UPDATE bench_branches SET bbalance = bbalance + {delta} WHERE bid = {bid}; \
         INSERT INTO bench_history VALUES ({tid}, {bid}, {aid}, {delta}, CURRENT_TIMESTAMP); COMMIT"
    )
}

pub fn picture(tally: &Tally) -> Picture {
    let (width, height) = (760.0, 180.0);
    let [p50, p95, p99] = tally.percentiles([50.0, 95.0, 99.0]);
    let mut out = Picture {
        width,
        height: height + 24.0,
        sentence: if tally.latencies_ms.is_empty() {
            "Each client runs one transaction after the other; each waits for its answer.".into()
        } else {
            format!(
                "{:.0} transactions a second; half answer within {p50:.2} ms, 99 of 100 within {p99:.1} ms.",
                tally.per_second()
            )
        },
        ..Picture::default()
    };
    out.table.head = vec!["second", "transactions a second"];
    let most = tally.slices.iter().copied().max().unwrap_or(0).max(1);
    let step = (width - 70.0) / (tally.slices.len().max(20) as f64);
    out.path(Look::Rule, format!("M60 {height}H{width}"));
    out.label_right(
        Ink::Quiet,
        54.0,
        20.0,
        format!("{:.0}/s", f64::from(most) * 1000.0 / SLICE_MS),
    );
    out.label_right(Ink::Quiet, 54.0, height, "0/s");
    out.label(
        Ink::Quiet,
        60.0,
        height + 16.0,
        format!("each bar {SLICE_MS} ms; p95 {p95:.2} ms"),
    );
    for (at, count) in tally.slices.iter().enumerate() {
        let tall = f64::from(*count) / f64::from(most) * (height - 16.0);
        let seconds = at as f64 * SLICE_MS / 1000.0;
        let rate = f64::from(*count) * 1000.0 / SLICE_MS;
        out.rect(
            Look::Amount,
            60.0 + at as f64 * step,
            height - tall,
            (step - 2.0).max(1.0),
            tall,
        )
        .thing(
            format!("second {seconds:.1}"),
            vec![fact("transactions a second", format!("{rate:.0}"))],
        );
        out.table
            .rows
            .push(vec![format!("{seconds:.1}"), format!("{rate:.0}")]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let mut tally = Tally::default();
        for n in 1..=100 {
            tally.add(f64::from(n) * 10.0, f64::from(n));
        }
        assert_eq!(tally.percentiles([50.0, 95.0, 99.0]), [50.0, 95.0, 99.0]);
        assert_eq!(
            (tally.per_second(), tally.slices.clone()),
            (100.0, vec![49, 50, 1])
        );
        assert_eq!(Tally::default().percentiles([50.0, 95.0, 99.0]), [0.0; 3]);
    }

    #[test]
    fn a_transaction_touches_rows_that_exist() {
        let sql = transaction(2, |n| n - 1);
        assert!(
            sql.contains("aid = 20000;") && sql.contains("tid = 20;") && sql.contains("bid = 2;"),
            "{sql}"
        );
    }
}
