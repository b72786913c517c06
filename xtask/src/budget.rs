//! How large what we ship may be, in KiB as a browser fetches it.
//!
//! Raise a number only together with the reason, in the commit that needs it. Some hosts serve
//! gzip only, so both are held. `first paint` is all that is fetched before any wasm runs.

use crate::run::{Result, command, output, root, say};

/// A name, files below `dist/` (`*` stands for any name), KiB by gzip, KiB by brotli.
type Budget = (&'static str, &'static [&'static str], f64, f64);

const BUDGETS: [Budget; 3] = [
    (
        "first paint",
        &["index.html", "css/*.css", "*.js", "*.mjs"],
        90.0,
        80.0,
    ),
    ("page wasm", &["ui_bg.wasm"], 200.0, 160.0),
    (
        "engine wasm",
        &["vitrine/dist/engine_bg.wasm"],
        1200.0,
        900.0,
    ),
];

/// Prints gzip and brotli lengths of the files named by the arguments, added up.
const MEASURE: &str = "
const fs = require('fs'), zlib = require('zlib');
let gzip = 0, brotli = 0;
for (const name of process.argv.slice(1)) {
  const bytes = fs.readFileSync(name);
  gzip += zlib.gzipSync(bytes, {level: 9}).length;
  brotli += zlib.brotliCompressSync(bytes).length;
}
console.log(gzip, brotli);";

/// Prints a table; the error names what is too large.
pub fn check() -> Result<u32> {
    let mut over = Vec::new();
    say("size, KiB        gzip  (limit)   brotli  (limit)");
    for (name, patterns, gzip_limit, brotli_limit) in BUDGETS {
        let (gzip, brotli) = measure(patterns)?;
        say(&format!(
            "{name:<14}{gzip:>7.1}  ({gzip_limit:>5})  {brotli:>7.1}  ({brotli_limit:>5})"
        ));
        if gzip > gzip_limit || brotli > brotli_limit {
            over.push(name);
        }
    }
    match over.as_slice() {
        [] => Ok(u32::try_from(BUDGETS.len()).unwrap_or(0)),
        names => Err(format!(
            "over budget: {} (xtask/src/budget.rs)",
            names.join(", ")
        )),
    }
}

fn measure(patterns: &[&str]) -> Result<(f64, f64)> {
    let mut files = Vec::new();
    for pattern in patterns {
        let Some((folder, ending)) = pattern.split_once('*') else {
            files.push(root().join("dist").join(pattern));
            continue;
        };
        let folder = root().join("dist").join(folder);
        // A kind of file the page does not have weighs nothing.
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        let paths = entries.flatten().map(|entry| entry.path());
        files.extend(paths.filter(|path| path.to_string_lossy().ends_with(ending)));
    }
    let text = output(command("node").args(["-e", MEASURE]).args(files))?;
    let mut numbers = text
        .split_whitespace()
        .map(|word| word.parse::<f64>().unwrap_or(f64::INFINITY) / 1024.0);
    Ok((
        numbers.next().unwrap_or(f64::INFINITY),
        numbers.next().unwrap_or(f64::INFINITY),
    ))
}
