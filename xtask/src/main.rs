//! `cargo xtask`: the build glue, so that nobody installs anything by hand.
//!
//! ```text
//! serve ─► need (wasm target, npm) ─► dist (cargo ─► bindgen ─► wasm-opt ─► dist/) ─► http
//! test  ─► need ─► check (format, lints, tests, no_std, browser) ─► dist ─► e2e ─► budget
//! pack  ─► need ─► dist (the engine alone) ─► pkg/dist
//! ```
//!
//! What a machine lacks is installed where that can be done (rustup, npm, apt on Debian as root);
//! otherwise a line says what to install. npm is optional for `serve` and `pack`: without it
//! wasm-opt and the web fonts are left out, a line for each.

mod budget;
mod check;
mod dist;
mod http;
mod need;
mod run;

use run::{Result, command, root, say};

const USAGE: &str = "\
cargo xtask COMMAND
  serve [--port N] [--dev]  build the lab and serve it (port 8080, optimised unless --dev)
  test [STEP ...]           every check, or only the steps whose name contains a word given
  ci                        the same as test
  pack                      make pkg/ an installable npm package
  bench [ARGS]              the benchmark against other engines
  sim [ARGS]                simulated runs with faults and crashes, by seed";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = match args.split_first() {
        Some((name, rest)) => (name.as_str(), rest),
        None => ("", &[][..]),
    };
    let outcome = match name {
        "serve" => serve(rest),
        "test" | "ci" => check::all(rest),
        "pack" => pack(),
        "bench" => bench(rest),
        "sim" => sim(rest),
        _ => Err(USAGE.to_string()),
    };
    if let Err(message) = outcome {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

fn serve(args: &[String]) -> Result<()> {
    let mut port = 8080;
    let mut profile = dist::Profile::Release;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--dev" => profile = dist::Profile::Dev,
            "--port" => {
                let text = words.next().ok_or("--port needs a number")?;
                port = text
                    .parse()
                    .map_err(|_| format!("--port {text}: not a port number"))?;
            }
            other => return Err(format!("serve: unknown option {other}\n{USAGE}")),
        }
    }
    // Taken before the build, so that a port in use is known at once and not after a minute.
    let listener = http::listen(port)?;
    need::wasm_targets()?;
    let npm = need::npm_packages()?;
    dist::lab(profile, npm)?;
    http::serve(&listener, root().join("dist"))
}

fn pack() -> Result<()> {
    need::wasm_targets()?;
    let npm = need::npm_packages()?;
    dist::package(npm)?;
    if !root().join("pkg/package.json").exists() {
        return Err(
            "pkg/package.json is missing: pkg/dist is built, but npm cannot install it".into(),
        );
    }
    say(&format!(
        "packed; in a project of yours: npm install {}",
        root().join("pkg").display()
    ));
    Ok(())
}

fn bench(args: &[String]) -> Result<()> {
    if !root().join("bench/run.mjs").exists() {
        return Err("bench: there is no bench/run.mjs in this checkout, so nothing was run".into());
    }
    need::npm_packages()?
        .then_some(())
        .ok_or("bench: needs Node 20 or later with npm")?;
    if !root().join("bench/node_modules").exists() {
        say("installing the peers of the benchmark");
        let install = [
            "install",
            "--prefix",
            "bench",
            "--no-package-lock",
            "--no-fund",
            "--no-audit",
        ];
        run::step(command("npm").args(install))?;
    }
    pack()?;
    run::step(command("node").arg("bench/run.mjs").args(args))
}

fn sim(args: &[String]) -> Result<()> {
    if !root().join("tests/src/bin/sim.rs").exists() {
        return Err(
            "sim: there is no tests/src/bin/sim.rs in this checkout, so nothing was run".into(),
        );
    }
    let cargo = [
        "run",
        "--quiet",
        "--profile",
        "sim",
        "-p",
        "vitrine-tests",
        "--bin",
        "sim",
        "--",
    ];
    run::step(run::cargo().args(cargo).args(args))
}
