//! Templates: `to_char(now(), 'FMDay, DD Mon YYYY HH24:MI')`, and the way back.
//!
//! A template is cut into patterns and literal text once; a pattern may have `FM` before it (no
//! padding) and `TH` or `th` behind (an ordinal). Longer patterns are tried first. Numeric patterns
//! may be written in either case; for names the case of the pattern is the case of the output.

mod print;
mod read;

pub use print::{interval_to_char, timestamp_to_char};
pub use read::parse_by_template;

use alloc::vec::Vec;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Hour12,
    Hour24,
    Minute,
    Second,
    Milli,
    Micro,
    Fraction(u8),
    DaySeconds,
    HalfDay,
    HalfDayDots,
    Era,
    EraDots,
    YearComma,
    Year(u8),
    IsoYear(u8),
    Month,
    MonthName,
    MonthShort,
    MonthRoman,
    DayName,
    DayShort,
    DayOfYear,
    IsoDayOfYear,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    WeekOfMonth,
    Week,
    IsoWeek,
    Century,
    Julian,
    Quarter,
    ZoneName,
    ZoneHour,
    ZoneMinute,
    ZoneOffset,
}

use Key::*;

/// Longer patterns before their own beginnings.
const PATTERNS: &[(&str, Key)] = &[
    ("SSSSS", DaySeconds),
    ("SSSS", DaySeconds),
    ("SS", Second),
    ("HH24", Hour24),
    ("HH12", Hour12),
    ("HH", Hour12),
    ("MI", Minute),
    ("MS", Milli),
    ("US", Micro),
    ("FF1", Fraction(1)),
    ("FF2", Fraction(2)),
    ("FF3", Fraction(3)),
    ("FF4", Fraction(4)),
    ("FF5", Fraction(5)),
    ("FF6", Fraction(6)),
    ("A.M.", HalfDayDots),
    ("P.M.", HalfDayDots),
    ("AM", HalfDay),
    ("PM", HalfDay),
    ("B.C.", EraDots),
    ("A.D.", EraDots),
    ("BC", Era),
    ("AD", Era),
    ("Y,YYY", YearComma),
    ("YYYY", Year(4)),
    ("YYY", Year(3)),
    ("YY", Year(2)),
    ("Y", Year(1)),
    ("IYYY", IsoYear(4)),
    ("IYY", IsoYear(3)),
    ("IY", IsoYear(2)),
    ("IDDD", IsoDayOfYear),
    ("ID", IsoDayOfWeek),
    ("IW", IsoWeek),
    ("I", IsoYear(1)),
    ("MONTH", MonthName),
    ("MON", MonthShort),
    ("MM", Month),
    ("RM", MonthRoman),
    ("DAY", DayName),
    ("DY", DayShort),
    ("DDD", DayOfYear),
    ("DD", Day),
    ("D", DayOfWeek),
    ("WW", Week),
    ("W", WeekOfMonth),
    ("CC", Century),
    ("J", Julian),
    ("Q", Quarter),
    ("TZH", ZoneHour),
    ("TZM", ZoneMinute),
    ("TZ", ZoneName),
    ("OF", ZoneOffset),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const ROMAN: [&str; 12] = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Capital,
    Lower,
}

enum Node<'a> {
    Pattern {
        key: Key,
        case: Case,
        no_padding: bool,
        ordinal: Option<Case>,
        /// As the template spells it, for messages.
        spelt: &'a str,
    },
    Text(&'a str),
}

fn compile(template: &str) -> Vec<Node<'_>> {
    let mut nodes = Vec::new();
    let mut rest = template;
    let mut no_padding = false;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = strip(rest, &["FM", "fm"]) {
            no_padding = true;
            rest = after;
            continue;
        }
        if let Some(after) = strip(rest, &["FX", "fx", "TM", "tm"]) {
            rest = after;
            continue;
        }
        if let Some((key, case, after)) = pattern_at(rest) {
            let spelt = &rest[..rest.len() - after.len()];
            let ordinal = match after.get(..2) {
                Some("TH") => Some(Case::Upper),
                Some("th") => Some(Case::Lower),
                _ => None,
            };
            rest = if ordinal.is_some() {
                &after[2..]
            } else {
                after
            };
            nodes.push(Node::Pattern {
                key,
                case,
                no_padding,
                ordinal,
                spelt,
            });
            no_padding = false;
            continue;
        }
        let length = match next {
            '"' => {
                let body = rest.get(1..).unwrap_or("");
                let end = body.find('"').unwrap_or(body.len());
                nodes.push(Node::Text(&body[..end]));
                rest = body.get(end + 1..).unwrap_or("");
                continue;
            }
            '\\' if rest.starts_with("\\\"") => {
                rest = &rest[1..];
                rest.chars().next().map_or(0, char::len_utf8)
            }
            _ => next.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        nodes.push(Node::Text(text));
        rest = after;
    }
    nodes
}

fn strip<'a>(text: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix))
}

fn pattern_at(text: &str) -> Option<(Key, Case, &str)> {
    PATTERNS.iter().find_map(|(pattern, key)| {
        let (head, rest) = text.split_at_checked(pattern.len())?;
        if !head.eq_ignore_ascii_case(pattern) {
            return None;
        }
        let mut letters = head.chars().filter(char::is_ascii_alphabetic);
        let first_upper = letters.next().is_some_and(|c| c.is_ascii_uppercase());
        let others_upper = letters
            .next()
            .map_or(first_upper, |c| c.is_ascii_uppercase());
        let case = match (first_upper, others_upper) {
            (true, true) => Case::Upper,
            (true, false) => Case::Capital,
            _ => Case::Lower,
        };
        Some((*key, case, rest))
    })
}
