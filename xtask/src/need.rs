//! What the build needs from outside, and how to get it.
//!
//! | thing             | got by               | without it                                   |
//! |-------------------|----------------------|----------------------------------------------|
//! | wasm targets      | rustup               | an error                                     |
//! | npm packages      | npm ci, lock file    | no wasm-opt, no web fonts, no browser tests  |
//! | Chromium, driver  | apt, Debian and root | an error that says what to install           |

use crate::run::{Result, command, has, output, root, say, step};
use std::fs;

const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32v1-none"];

/// The target of the page, and the one without `std` that keeps `core/` honest.
pub fn wasm_targets() -> Result<()> {
    let libdir = |target: &str| {
        output(command("rustc").args(["--print", "target-libdir", "--target", target]))
            .is_ok_and(|path| std::path::Path::new(path.trim()).exists())
    };
    let missing: Vec<_> = TARGETS
        .into_iter()
        .filter(|target| !libdir(target))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("adding to the toolchain: {}", missing.join(" ")));
    step(command("rustup").args(["target", "add"]).args(&missing)).map_err(|error| {
        format!(
            "{error}\nInstall rustup, or these targets by your own means: {}",
            missing.join(" ")
        )
    })
}

/// Installs what package-lock.json names; `false` where there is no npm.
pub fn npm_packages() -> Result<bool> {
    if !has("node") || !has("npm") {
        say("npm not found: tools from npm are left out (Node 20 or later brings it)");
        return Ok(false);
    }
    // npm ci wipes and refetches; the stamp keeps a second run at nothing.
    let wanted = fs::read_to_string(root().join("package-lock.json"))
        .map_err(|error| format!("package-lock.json: {error}"))?;
    let stamp = root().join("node_modules/.installed-lock.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(true);
    }
    say("npm ci");
    if let Err(error) = step(command("npm").args(["ci", "--no-fund", "--no-audit"])) {
        say(&format!("{error}: tools from npm are left out"));
        return Ok(false);
    }
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(true)
}

/// Programs by which the browser is driven.
pub struct Browser {
    pub chromium: &'static str,
    pub chromedriver: &'static str,
}

const CHROMIUM_NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

pub fn browser() -> Result<Browser> {
    let find = || {
        let chromium = CHROMIUM_NAMES.into_iter().find(|name| has(name))?;
        has("chromedriver").then_some(Browser {
            chromium,
            chromedriver: "chromedriver",
        })
    };
    if let Some(browser) = find() {
        return Ok(browser);
    }
    let is_root = output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root && has("apt-get") {
        say("installing chromium and chromium-driver with apt-get");
        let tried = step(command("apt-get").args(["update", "-qq"])).and_then(|()| {
            let install = [
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "chromium",
                "chromium-driver",
            ];
            step(
                command("apt-get")
                    .env("DEBIAN_FRONTEND", "noninteractive")
                    .args(install),
            )
        });
        if let Err(error) = tried {
            say(&error);
        }
    }
    find().ok_or_else(|| {
        "Chromium and chromedriver of one version are needed on the PATH. Debian: \
         apt-get install chromium chromium-driver; elsewhere: Chrome and its chromedriver."
            .to_string()
    })
}
