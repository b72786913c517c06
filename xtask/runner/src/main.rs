//! Runs the wasm test binaries that Cargo builds.
//!
//! Cargo starts this as the runner of the `wasm32-unknown-unknown` target: it binds the test
//! binary, opens it in headless Chromium through chromedriver (or in Node) and reports. It is
//! wasm-bindgen's own runner, used as a library: Cargo.lock pins it beside the wasm-bindgen crate
//! whose very version it must have, and nobody installs a tool by hand.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
