//! From crates to `dist/`: what a static host is given.
//!
//! ```text
//! cargo build ─► bindgen ─► wasm-opt ─► target/xtask/<profile>/{ui,engine}/ ─► dist/
//!                                                                   static/ ─► dist/
//!                             pkg/js/ ─► dist/vitrine/js/, engine ─► dist/vitrine/dist/
//!                                                                 fonts from npm ─► dist/fonts/
//! ```
//!
//! The engine is built by a command of its own, so that the page's cargo features never leak into
//! it: the package, the lab and CI have the same bytes. Binding and optimising are remembered by
//! the content of their input; `dist/` itself is made afresh each time, so nothing stale stays.

use crate::run::{Result, cargo, command, output, root, say, step, target};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

#[derive(Clone, Copy, PartialEq)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Profile::Dev => "debug",
            Profile::Release => "release",
        }
    }
}

/// A wasm file of ours: the package that makes it, the file Cargo writes, the name it is given.
struct Module {
    package: &'static str,
    file: &'static str,
    name: &'static str,
}

const ENGINE: Module = Module {
    package: "vitrine-leaf",
    file: "vitrine_leaf.wasm",
    name: "engine",
};
const UI: Module = Module {
    package: "vitrine-web",
    file: "vitrine-web.wasm",
    name: "ui",
};

/// The package instantiates the engine by itself; of what binding writes it needs this file alone.
const ENGINE_WASM: &str = "engine_bg.wasm";

/// Copied to `dist/fonts/` under the names the style sheet uses.
const FONTS: [(&str, &str); 4] = [
    (
        "next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2",
        "next-latin.woff2",
    ),
    (
        "next/files/atkinson-hyperlegible-next-latin-ext-wght-normal.woff2",
        "next-latin-ext.woff2",
    ),
    (
        "mono/files/atkinson-hyperlegible-mono-latin-wght-normal.woff2",
        "mono-latin.woff2",
    ),
    (
        "mono/files/atkinson-hyperlegible-mono-latin-ext-wght-normal.woff2",
        "mono-latin-ext.woff2",
    ),
];

/// Builds the whole site.
pub fn lab(profile: Profile, npm: bool) -> Result<()> {
    let engine = build(&ENGINE, profile, npm)?;
    let ui = build(&UI, profile, npm)?;
    let dist = fresh(&root().join("dist"))?;
    copy_tree(&root().join("static"), &dist)?;
    copy_tree(&ui, &dist)?;
    // The package lies there as npm would install it, behind one name.
    let package = dist.join("vitrine");
    copy_tree(&root().join("pkg/js"), &package.join("js"))?;
    copy(
        &engine.join(ENGINE_WASM),
        &package.join("dist").join(ENGINE_WASM),
    )?;
    write(
        &package.join("index.mjs"),
        "export * from './js/index.mjs';\n",
    )?;
    // A host that runs pages through Jekyll would drop some files.
    write(&dist.join(".nojekyll"), "")?;
    if !npm {
        say("left out: web fonts (no npm); the page uses the system's");
        return Ok(());
    }
    let packages = root().join("node_modules/@fontsource-variable");
    for (from, to) in FONTS {
        copy(
            &packages.join(format!("atkinson-hyperlegible-{from}")),
            &dist.join("fonts").join(to),
        )?;
    }
    copy(
        &packages.join("atkinson-hyperlegible-next/LICENSE"),
        &dist.join("fonts/LICENSE.txt"),
    )
}

/// Builds the engine and lays it where the package's JavaScript looks for it.
pub fn package(npm: bool) -> Result<()> {
    let engine = build(&ENGINE, Profile::Release, npm)?;
    let dist = fresh(&root().join("pkg/dist"))?;
    copy(&engine.join(ENGINE_WASM), &dist.join(ENGINE_WASM))
}

/// Returns the folder that holds the module, bound and optimised.
fn build(module: &Module, profile: Profile, npm: bool) -> Result<PathBuf> {
    let Module {
        package,
        file,
        name,
    } = module;
    say(&format!("building {name} ({})", profile.folder()));
    let mut build = cargo();
    build.args([
        "build",
        "--quiet",
        "--target",
        "wasm32-unknown-unknown",
        "-p",
        package,
    ]);
    if profile == Profile::Release {
        build.arg("--release");
    }
    step(&mut build)?;
    let input = target()
        .join("wasm32-unknown-unknown")
        .join(profile.folder())
        .join(file);
    let bytes = fs::read(&input).map_err(|error| format!("{}: {error}", input.display()))?;
    let optimise = npm && profile == Profile::Release;
    if !npm && profile == Profile::Release {
        say(&format!(
            "left out: wasm-opt of {name} (no npm); it is larger and slower than it need be"
        ));
    }

    let folder = target().join("xtask").join(profile.folder()).join(name);
    let stamp = folder.with_extension("stamp");
    let mut hasher = DefaultHasher::new();
    (bytes, optimise).hash(&mut hasher);
    let now = hasher.finish().to_string();
    if fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return Ok(folder);
    }
    let _ = fs::remove_file(&stamp);
    fresh(&folder)?;
    bind(&input, name, profile, &folder)?;
    if optimise {
        shrink(&folder.join(format!("{name}_bg.wasm")))?;
    }
    write(&stamp, &now)?;
    Ok(folder)
}

fn bind(input: &Path, name: &str, profile: Profile, folder: &Path) -> Result<()> {
    let bind = || {
        let mut bindgen = Bindgen::new();
        bindgen
            .input_path(input)
            .web(true)?
            .typescript(true)
            .out_name(name);
        // `init()` without an argument then finds the wasm file beside the script.
        bindgen
            .omit_default_module_path(false)
            .keep_debug(profile == Profile::Dev);
        bindgen.generate(folder)
    };
    bind().map_err(|error| format!("wasm-bindgen of {name}: {error:#}"))
}

/// npm's binaryen alone: the one Debian 12 has writes modules that validate and then fail.
fn shrink(wasm: &Path) -> Result<()> {
    let smaller = wasm.with_extension("opt");
    let tool = root().join("node_modules/binaryen/bin/wasm-opt");
    step(
        command("node")
            .arg(tool)
            .arg("-O2")
            .arg(wasm)
            .arg("-o")
            .arg(&smaller),
    )?;
    fs::rename(&smaller, wasm).map_err(|error| format!("{}: {error}", wasm.display()))
}

fn fresh(folder: &Path) -> Result<PathBuf> {
    let made = if folder.exists() {
        fs::remove_dir_all(folder)
    } else {
        Ok(())
    };
    made.and_then(|()| fs::create_dir_all(folder))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder.to_path_buf())
}

fn write(to: &Path, text: &str) -> Result<()> {
    fs::write(to, text).map_err(|error| format!("{}: {error}", to.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let made = to.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::copy(from, to))
        .map(|_| ())
        .map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

/// A folder that is not there has nothing to copy.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(from) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry
            .map_err(|error| format!("{}: {error}", from.display()))?
            .path();
        let Some(name) = path.file_name() else {
            continue;
        };
        if path.is_dir() {
            copy_tree(&path, &to.join(name))?
        } else {
            copy(&path, &to.join(name))?
        }
    }
    Ok(())
}

/// Whether Node is there: budgets and browser tests need it.
pub fn node() -> bool {
    output(command("node").arg("--version")).is_ok()
}
