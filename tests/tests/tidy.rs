//! The tidy test: rules of the house that a compiler does not keep.
//!
//! | rule                     | keeps                                                         |
//! |--------------------------|---------------------------------------------------------------|
//! | chapter                  | `//!` opens each Rust file                                     |
//! | length                   | files of 600 lines, functions of 100, tests apart             |
//! | arrows                   | a crate depends only on storeys below its own                 |
//! | rooms                    | each folder of a storey has a README, whose files exist       |
//! | names                    | no `utils`, `common`, `helpers`, `manager`                    |
//! | policy                   | no `style=` in the page, which its own policy would drop      |
//! | anywhere                 | no path of one machine, no host of a package registry         |
//! | links                    | relative links in Markdown lead to files                      |
//!
//! Each breach is one line: `file:line: what to do`. The functions' ends are found by their
//! indentation, which is sound because the format is checked first. What is over a
//! length stands in a list below, with its own limit.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 100;
const SKIPPED: [&str; 7] = [
    "target",
    "node_modules",
    "dist",
    "samples",
    "out",
    "results",
    ".git",
];
const BANNED_NAMES: [&str; 4] = ["utils", "common", "helpers", "manager"];

/// Files allowed to be longer, for now or for good: path, lines, reason.
const LONGER: [(&str, usize, &str); 12] = [
    (
        "core/data/src/datetime/template.rs",
        820,
        "reading and writing by template await a split",
    ),
    (
        "core/sql/src/functions/aggregate.rs",
        880,
        "one file a family of aggregates awaits a split",
    ),
    (
        "core/sql/src/session/settings.rs",
        700,
        "the table of settings awaits a file of its own",
    ),
    (
        "core/storage/src/page/edit.rs",
        620,
        "the codec of edits awaits a file of its own",
    ),
    (
        "core/sql/src/bind/change.rs",
        780,
        "awaits a file for each of the three changes",
    ),
    (
        "core/sql/src/bind/expr.rs",
        760,
        "awaits a split by kind of expression",
    ),
    ("core/sql/src/bind/from.rs", 700, "awaits a file for joins"),
    (
        "core/sql/src/bind/select.rs",
        640,
        "awaits a file for ORDER BY and DISTINCT",
    ),
    (
        "core/sql/src/execute/expression.rs",
        700,
        "awaits a file for composites",
    ),
    (
        "core/sql/src/plan/join.rs",
        660,
        "awaits a file for the methods of a join",
    ),
    ("core/sql/src/plan/steps.rs", 820, "awaits a split by step"),
    (
        "core/sql/src/session/define.rs",
        800,
        "awaits a file a kind of definition",
    ),
];

/// Functions allowed to be longer: path, name, lines. The list only shrinks.
const LONGER_FUNCTIONS: [(&str, &str, usize); 11] = [
    ("core/engine/src/btree/build.rs", "close", 105),
    ("core/engine/src/btree/insert.rs", "split_root", 105),
    ("core/sql/src/bind/expr.rs", "expr_kind", 130),
    ("core/sql/src/execute/build.rs", "inner", 110),
    ("core/sql/src/execute/build.rs", "leaf", 110),
    ("core/sql/src/execute/expression.rs", "composite", 140),
    ("core/sql/src/optimize/filters.rs", "push", 120),
    ("core/sql/src/optimize/mod.rs", "map_inputs", 130),
    ("core/sql/src/plan/steps.rs", "rel", 140),
    ("core/sql/src/ddl/alter.rs", "one", 105),
    ("core/sql/src/plan/explain.rs", "expression", 110),
];

/// Rooms whose README is still to be written. The list only shrinks.
const UNWRITTEN: [&str; 0] = [];

/// What each package may name, from the cellar up.
const ARROWS: [(&str, &[&str]); 11] = [
    ("core/view", &[]),
    ("core/storage", &["view"]),
    ("core/data", &["storage", "view"]),
    ("core/engine", &["data", "storage", "view"]),
    ("core/sql", &["engine", "data", "storage", "view"]),
    (
        "core/database",
        &["sql", "engine", "data", "storage", "view"],
    ),
    ("pkg/wire", &["view"]),
    (
        "pkg/host",
        &[
            "wire", "database", "sql", "engine", "data", "storage", "view",
        ],
    ),
    ("pkg/leaf", &["host", "wire", "database"]),
    ("web", &["wire", "view"]),
    ("xtask", &[]),
];

struct File {
    path: PathBuf,
    name: String,
    text: String,
}

#[derive(Default)]
struct Breaches(Vec<String>);

impl Breaches {
    fn add(&mut self, file: &str, line: usize, what: impl Display) {
        self.0.push(format!("{file}:{line}: {what}"));
    }

    fn none(self) {
        assert!(
            self.0.is_empty(),
            "{} to tidy:\n{}\n",
            self.0.len(),
            self.0.join("\n")
        );
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text file of the checkout, in an order that does not depend on the file system.
fn files() -> Vec<File> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(
        found.len() > 20,
        "the walk found almost nothing: it looks in the wrong place"
    );
    found
}

fn walk(folder: &Path, name: &str, found: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let part = entry.file_name().to_string_lossy().into_owned();
        let (path, inner) = (entry.path(), format!("{name}{part}"));
        if path.is_dir() {
            if !SKIPPED.contains(&part.as_str()) {
                walk(&path, &format!("{inner}/"), found);
            }
        } else if !SKIPPED.contains(&part.as_str())
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.push(File {
                path,
                name: inner,
                text,
            });
        }
    }
}

fn rust() -> Vec<File> {
    files()
        .into_iter()
        .filter(|file| file.name.ends_with(".rs"))
        .collect()
}

/// The lines before a file's own tests, which may be as long as they need.
fn code(file: &File) -> Vec<&str> {
    let lines: Vec<_> = file.text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    lines[..tests.unwrap_or(lines.len())].to_vec()
}

fn holds_tests(name: &str) -> bool {
    name.split('/')
        .any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

#[test]
fn each_file_opens_with_its_chapter() {
    let mut breaches = Breaches::default();
    for file in rust() {
        let first = file.text.lines().find(|line| !line.starts_with("#!["));
        if !first.is_some_and(|line| line.starts_with("//! ")) {
            breaches.add(
                &file.name,
                1,
                "open with `//!`: what this file is, in a short chapter",
            );
        }
    }
    breaches.none();
}

#[test]
fn files_are_short() {
    let mut breaches = Breaches::default();
    for file in rust().iter().filter(|file| !holds_tests(&file.name)) {
        let longer = LONGER.iter().find(|(name, _, _)| *name == file.name);
        let limit = longer.map_or(FILE_LINES_MAX, |(_, lines, _)| *lines);
        let lines = code(file).len();
        if lines > limit {
            breaches.add(
                &file.name,
                limit,
                format!("{lines} lines of at most {limit}: split it by subject"),
            );
        }
    }
    breaches.none();
}

#[test]
fn functions_are_short() {
    let mut breaches = Breaches::default();
    for file in rust().iter().filter(|file| !holds_tests(&file.name)) {
        for (name, start, lines) in functions(&code(file)) {
            let longer = LONGER_FUNCTIONS
                .iter()
                .find(|(path, fun, _)| (*path, *fun) == (&file.name, name));
            if lines > longer.map_or(FUNCTION_LINES_MAX, |(_, _, limit)| *limit) {
                let what = format!(
                    "fn {name} has {lines} lines, {FUNCTION_LINES_MAX} at most, 70 to aim at"
                );
                breaches.add(&file.name, start, what);
            }
        }
    }
    breaches.none();
}

/// Name, line and length of each function with a body of its own lines.
fn functions<'a>(lines: &[&'a str]) -> Vec<(&'a str, usize, usize)> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let inner = line.trim_start();
        let indent = &line[..line.len() - inner.len()];
        let Some(name) = function_name(inner) else {
            continue;
        };
        let opens = lines[at..]
            .iter()
            .position(|line| line.ends_with(['{', ';', '}']));
        let Some(opens) = opens.filter(|opens| lines[at + opens].ends_with('{')) else {
            continue;
        };
        let closes = lines[at + opens..]
            .iter()
            .position(|line| line.strip_prefix(indent).is_some_and(|rest| rest == "}"));
        if let Some(closes) = closes {
            found.push((name, at + 1, opens + closes + 1));
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let before = |word: &&str| {
        matches!(*word, "const" | "async" | "extern" | "\"C\"" | "default")
            || word.starts_with("pub")
    };
    let word = words.find(|word| !before(word))?;
    (word == "fn").then(|| words.next().and_then(|name| name.split(['(', '<']).next()))?
}

#[test]
fn the_length_of_a_function_is_measured() {
    let text = "pub fn a() {}\nfn b(\n    x: u8,\n) -> u8 {\n    if x {\n    }\n    x\n}\nfn c();\n    async fn d() {\n    }";
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(functions(&lines), [("b", 2, 7), ("d", 10, 2)]);
}

#[test]
fn arrows_point_down() {
    let mut breaches = Breaches::default();
    for (folder, allowed) in ARROWS {
        let name = format!("{folder}/Cargo.toml");
        let text = fs::read_to_string(root().join(&name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut shipped = false;
        for (at, line) in text.lines().enumerate() {
            if line.starts_with('[') {
                shipped = line.ends_with("dependencies]") && !line.contains("dev-");
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or("");
            let Some(storey) = dependency.strip_prefix("vitrine-").filter(|_| shipped) else {
                continue;
            };
            if !allowed.contains(&storey) {
                let may = if allowed.is_empty() {
                    "nothing".into()
                } else {
                    allowed.join(", ")
                };
                breaches.add(
                    &name,
                    at + 1,
                    format!("{folder} may depend on {may}, not on {storey}"),
                );
            }
        }
    }
    for entry in fs::read_dir(root().join("core")).expect("core").flatten() {
        let folder = format!("core/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() && !ARROWS.iter().any(|(name, _)| *name == folder) {
            breaches.add(
                &folder,
                1,
                "a new storey: say in ARROWS what it may depend on",
            );
        }
        let lib = fs::read_to_string(entry.path().join("src/lib.rs")).unwrap_or_default();
        if !lib.contains("#![no_std]") && entry.path().is_dir() {
            breaches.add(&folder, 1, "src/lib.rs must say #![no_std]");
        }
    }
    breaches.none();
}

/// A room is a folder straight below a storey's `src/`; what lies deeper is its furniture.
#[test]
fn rooms_have_a_readme_whose_files_exist() {
    let mut breaches = Breaches::default();
    let all = files();
    let mut rooms: Vec<String> = all
        .iter()
        .filter_map(|file| {
            let parts: Vec<_> = file.name.split('/').collect();
            (parts.len() > 4 && parts[0] == "core" && parts[2] == "src" && parts[3] != "tests")
                .then(|| parts[..4].join("/"))
        })
        .collect();
    rooms.dedup();
    assert!(
        !rooms.is_empty(),
        "no room was found: it looks in the wrong place"
    );
    for room in rooms {
        let name = format!("{room}/README.md");
        let Ok(text) = fs::read_to_string(root().join(&name)) else {
            if UNWRITTEN.contains(&room.as_str()) {
                continue;
            }
            breaches.add(
                &name,
                1,
                "missing: the room's picture, its rules, its files",
            );
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            for word in line.split('`').skip(1).step_by(2) {
                let is_file = word.ends_with(".rs") && !word.contains([' ', '*', '<', '{']);
                let near = [
                    room.as_str(),
                    room.rsplit_once('/').map_or("", |(above, _)| above),
                    "",
                ];
                if is_file
                    && !near
                        .iter()
                        .any(|folder| root().join(folder).join(word).exists())
                {
                    breaches.add(&name, at + 1, format!("names `{word}`, which is not there"));
                }
            }
        }
    }
    breaches.none();
}

#[test]
fn names_say_what_is_inside() {
    let mut breaches = Breaches::default();
    for file in files() {
        for part in file.name.split('/') {
            let stem = part.split('.').next().unwrap_or("");
            if BANNED_NAMES.contains(&stem) {
                breaches.add(
                    &file.name,
                    1,
                    format!("`{stem}` says nothing: name the subject"),
                );
            }
        }
    }
    breaches.none();
}

#[test]
fn the_page_has_no_inline_styles() {
    let mut breaches = Breaches::default();
    for file in files()
        .iter()
        .filter(|file| file.name.starts_with("web/src/") || file.name.starts_with("static/"))
    {
        if !file.name.ends_with(".rs") && !file.name.ends_with(".html") {
            continue;
        }
        for (at, line) in file.text.lines().enumerate() {
            let markup = line.split("//").next().unwrap_or("");
            if markup.contains(" style=") || markup.trim_start().starts_with("style=") {
                breaches.add(
                    &file.name,
                    at + 1,
                    "the page's policy drops `style=`: use a class or an attribute",
                );
            }
        }
    }
    breaches.none();
}

/// Written in two halves, so that this file does not find itself.
const HERE_ONLY: [(&str, &str); 6] = [
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/Us", "ers/"), "a path of one machine"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("registry.", "npmjs"), "a registry's host"),
    (
        concat!("\"reso", "lved\":"),
        "a registry's host in a lock file",
    ),
];

#[test]
fn nothing_names_one_machine_or_a_registry() {
    let mut breaches = Breaches::default();
    let crates = concat!("registry+https://github.com/rust-lang/", "crates.io-index");
    for file in files() {
        for (at, line) in file.text.lines().enumerate() {
            for (word, what) in HERE_ONLY {
                // Part of a longer path or an address is something else than a path's beginning.
                let begins =
                    |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.');
                if line.match_indices(word).any(|(at, _)| begins(at)) {
                    breaches.add(&file.name, at + 1, format!("`{word}`: {what}"));
                }
            }
            let source = line
                .strip_prefix("source = \"")
                .is_some_and(|rest| !rest.starts_with(crates));
            if file.name == "Cargo.lock" && source {
                breaches.add(&file.name, at + 1, "a crate from elsewhere than crates.io");
            }
        }
        let config = file.name.starts_with(".cargo/") && file.text.contains("[source");
        if config || (file.name.ends_with(".npmrc") && file.text.contains("registry=")) {
            breaches.add(
                &file.name,
                1,
                "a registry is the machine's choice, not the project's",
            );
        }
    }
    breaches.none();
}

#[test]
fn links_lead_somewhere() {
    let mut breaches = Breaches::default();
    for file in files().iter().filter(|file| file.name.ends_with(".md")) {
        let folder = file.path.parent().unwrap_or(Path::new("."));
        let mut fenced = false;
        for (at, line) in file.text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            if fenced {
                continue;
            }
            for rest in line.split("](").skip(1) {
                let target = rest.split([')', '#', ' ']).next().unwrap_or("");
                let outside = target.contains("://") || target.starts_with("mailto:");
                if !target.is_empty() && !outside && !folder.join(target).exists() {
                    breaches.add(
                        &file.name,
                        at + 1,
                        format!("the link to {target} leads nowhere"),
                    );
                }
            }
        }
    }
    breaches.none();
}
