//! The colours are read from the style sheet and held to their contrast, on every ground.
use std::collections::BTreeMap;

fn colours(block: &str) -> BTreeMap<String, [f64; 3]> {
    let mut out = BTreeMap::new();
    for part in block.split(';') {
        let Some((name, value)) = part.split_once(':') else {
            continue;
        };
        let Some(name) = name.trim().rsplit(['\n', ' ', '{']).next() else {
            continue;
        };
        let Some(hex) = value.trim().strip_prefix('#') else {
            continue;
        };
        let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or(0);
        out.insert(
            name.to_string(),
            [0, 2, 4].map(|at| f64::from(channel(at)) / 255.0),
        );
    }
    out
}

fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |c: f64| {
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The light theme, the dark one chosen by the system, and the dark one chosen by hand.
fn themes() -> [BTreeMap<String, [f64; 3]>; 3] {
    let sheet = include_str!("../../static/css/tokens.css");
    let light = sheet
        .split(":root {")
        .nth(1)
        .and_then(|rest| rest.split('}').next());
    let mut dark = sheet
        .split("--ground: #0E1413")
        .skip(1)
        .map(|rest| format!("--ground: #0E1413{rest}"));
    let mut next = || {
        dark.next()
            .and_then(|rest| rest.split('}').next().map(colours))
            .unwrap_or_default()
    };
    [light.map(colours).unwrap_or_default(), next(), next()]
}

#[test]
fn text_and_marks_can_be_read_on_every_ground() {
    for theme in themes() {
        for ground in ["--ground", "--pane", "--sunken"] {
            for (name, least) in [
                ("--ink", 7.0),
                ("--ink-2", 4.5),
                ("--action", 4.5),
                ("--dirty", 4.5),
                ("--trouble", 4.5),
                ("--s1", 4.5),
                ("--s2", 4.5),
                ("--s3", 4.5),
                ("--s4", 4.5),
                ("--edge", 3.0),
            ] {
                let found = contrast(theme[name], theme[ground]);
                assert!(found >= least, "{name} on {ground}: {found:.2}");
            }
        }
        for kind in [
            "--k-header",
            "--k-pointers",
            "--k-tuple",
            "--k-special",
            "--k-image",
        ] {
            let found = contrast(theme["--ink"], theme[kind]);
            assert!(found >= 9.0, "ink on {kind}: {found:.2}");
        }
    }
}

#[test]
fn both_dark_themes_are_the_same() {
    let [_, by_system, by_hand] = themes();
    assert_eq!(by_system, by_hand);
}
