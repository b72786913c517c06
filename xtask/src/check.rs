//! `cargo xtask test`: every check, in the order in which a mistake is cheapest to find.
//!
//! All steps share one target folder, and no crate is built twice with different flags: the lab is
//! built with the very profile `serve` uses. A step that fails does not hide what later ones
//! would say; only what stands on it is left out. The closing line counts tests, and each step
//! that is no test suite as one.

use crate::run::{Result, cargo, command, root, say, target, watch};
use crate::{budget, dist, need};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

const WASM: &str = "wasm32-unknown-unknown";

#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
    failures: Vec<String>,
}

type Step = fn(&mut Tally) -> Result<()>;

const STEPS: [(&str, Step); 9] = [
    ("format", format),
    ("clippy", clippy),
    ("native tests", native),
    ("no_std check of core", no_std),
    ("browser tests of pkg/host", browser),
    ("build dist", build),
    ("package tests in Node", package),
    ("end-to-end tests of the page", end_to_end),
    ("sizes", sizes),
];

/// Runs the steps whose name contains one of `words`; all of them when there are none.
pub fn all(words: &[String]) -> Result<()> {
    let mut tally = Tally::default();
    let start = Instant::now();
    need::wasm_targets()?;
    let mut seen = false;
    for (name, step) in STEPS {
        if !words.is_empty() && !words.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        seen = true;
        say(&format!("\n== {name}"));
        let (begun, failed) = (Instant::now(), tally.failed);
        if let Err(error) = step(&mut tally) {
            say(&error);
            tally.failures.push(name.to_string());
            // A suite that ended badly has usually counted its failures itself.
            tally.failed = tally.failed.max(failed + 1);
        }
        say(&format!(
            "-- {name}: {:.1} s",
            begun.elapsed().as_secs_f64()
        ));
    }
    if !seen {
        let names: Vec<_> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "no step is called that; there are: {}",
            names.join(", ")
        ));
    }
    say(&format!("\n{:.1} s in all", start.elapsed().as_secs_f64()));
    for name in &tally.failures {
        say(&format!("failed: {name}"));
    }
    say(&format!("{} passed, {} failed", tally.passed, tally.failed));
    if tally.failed > 0 {
        std::process::exit(1)
    }
    Ok(())
}

/// A step that passes or fails as a whole.
fn whole(tally: &mut Tally, command: &mut Command) -> Result<()> {
    crate::run::step(command)?;
    tally.passed += 1;
    Ok(())
}

fn format(tally: &mut Tally) -> Result<()> {
    whole(tally, cargo().args(["fmt", "--all", "--check"]))
}

/// What ships, the glue, and what only exists for the page; each says its own even if one fails.
fn clippy(tally: &mut Tally) -> Result<()> {
    let sets: [&[&str]; 3] = [
        &["--all-targets"],
        &["-p", "xtask"],
        &[
            "--target",
            WASM,
            "-p",
            "vitrine-web",
            "-p",
            "vitrine-leaf",
            "-p",
            "vitrine-host",
        ],
    ];
    let each = sets.map(|set| {
        whole(
            tally,
            cargo()
                .args(["clippy", "--quiet"])
                .args(set)
                .args(["--", "-D", "warnings"]),
        )
    });
    each.into_iter().collect()
}

fn native(tally: &mut Tally) -> Result<()> {
    let mut tests = cargo();
    // The tests of the glue itself need no second build: this program is xtask.
    watch(
        tests.args(["test", "--quiet", "--tests", "--no-fail-fast"]),
        |line| rust_result(tally, line),
    )?;
    let glue = ["test", "--quiet", "-p", "xtask"];
    watch(cargo().args(glue), |line| rust_result(tally, line))
}

fn no_std(tally: &mut Tally) -> Result<()> {
    let entries =
        std::fs::read_dir(root().join("core")).map_err(|error| format!("core: {error}"))?;
    let crates = entries.flatten().map(|entry| entry.path());
    let mut crates: Vec<_> = crates
        .filter(|path| path.join("Cargo.toml").exists())
        .collect();
    crates.sort();
    for path in crates {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // One at a time: together, one crate's cargo features could hide what another lacks.
        let check = ["check", "--quiet", "--target", "wasm32v1-none", "-p"];
        whole(tally, cargo().args(check).arg(format!("vitrine-{name}")))?;
    }
    Ok(())
}

fn browser(tally: &mut Tally) -> Result<()> {
    let browser = need::browser()?;
    crate::run::step(cargo().args(["build", "--quiet", "-p", "vitrine-wasm-test-runner"]))?;
    let runner = target().join("debug/vitrine-wasm-test-runner");
    let mut tests = cargo();
    tests
        .args(["test", "--target", WASM, "-p", "vitrine-host", "--tests"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env("CHROMEDRIVER", on_path(browser.chromedriver))
        // Two busy cores can be slow to start a browser; the defaults are 5 and 20 s.
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    watch(&mut tests, |line| rust_result(tally, line))
}

fn on_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.exists());
    found.unwrap_or_else(|| program.into())
}

fn build(tally: &mut Tally) -> Result<()> {
    dist::lab(dist::Profile::Release, need::npm_packages()?)?;
    tally.passed += 1;
    Ok(())
}

fn package(tally: &mut Tally) -> Result<()> {
    let npm = need::npm_packages()?;
    npm.then_some(()).ok_or("needs Node 20 or later with npm")?;
    // The engine was built for the page a moment ago; this only lays it in its place.
    dist::package(npm)?;
    node_tests(tally, "pkg/test", None)
}

fn end_to_end(tally: &mut Tally) -> Result<()> {
    if tally.failures.iter().any(|name| name == "build dist") {
        return Err("not run: there is no page to drive".into());
    }
    need::npm_packages()?
        .then_some(())
        .ok_or("needs Node 20 or later with npm")?;
    let browser = need::browser()?;
    node_tests(tally, "tests/e2e", Some(on_path(browser.chromium)))
}

/// Runs `*.test.mjs` of a folder, one file at a time: two browsers at once only slow each other.
fn node_tests(tally: &mut Tally, folder: &str, chromium: Option<PathBuf>) -> Result<()> {
    let entries =
        std::fs::read_dir(root().join(folder)).map_err(|error| format!("{folder}: {error}"))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<_> = paths
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    let mut tests = command("node");
    tests
        .args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
        .args(files);
    if let Some(chromium) = chromium {
        tests.env("CHROMIUM", chromium);
    }
    watch(&mut tests, |line| {
        tally.passed += number_after(line, "# pass ");
        tally.failed += number_after(line, "# fail ");
    })
}

fn sizes(tally: &mut Tally) -> Result<()> {
    if tally.failures.iter().any(|name| name == "build dist") {
        return Err("not measured: nothing was built".into());
    }
    dist::node().then_some(()).ok_or("needs Node 20 or later")?;
    tally.passed += budget::check()?;
    Ok(())
}

/// Adds up lines such as `test result: ok. 3 passed; 0 failed; …`.
fn rust_result(tally: &mut Tally, line: &str) {
    let Some((_, counts)) = line.split_once("test result: ") else {
        return;
    };
    for part in counts.split([';', '.']) {
        let mut words = part.split_whitespace();
        let number = words
            .next()
            .and_then(|word| word.parse::<u32>().ok())
            .unwrap_or(0);
        match words.next() {
            Some("passed") => tally.passed += number,
            Some("failed") => tally.failed += number,
            _ => {}
        }
    }
}

fn number_after(line: &str, label: &str) -> u32 {
    line.strip_prefix(label)
        .and_then(|rest| rest.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Tally, rust_result};

    #[test]
    fn counts_are_read_from_result_lines() {
        let mut tally = Tally::default();
        rust_result(
            &mut tally,
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured",
        );
        rust_result(
            &mut tally,
            "test result: FAILED. 2 passed; 4 failed; 0 ignored",
        );
        rust_result(&mut tally, "test passed: 9 passed");
        assert_eq!((tally.passed, tally.failed), (5, 4));
    }
}
