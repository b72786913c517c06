//! Templates: `to_char(now(), 'FMDay, DD Mon YYYY HH24:MI')`, and the way back.
//!
//! A template is cut into patterns and literal text once; a pattern may have `FM` before it (no
//! padding) and `TH` or `th` behind (an ordinal). Longer patterns are tried first. Numeric patterns
//! may be written in either case; for names the case of the pattern is the case of the output.

use super::calendar::{self, Ymd, days_in_month};
use super::zone::parse_offset;
use super::*;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

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
            '\\' if rest.len() > 1 => {
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

/// The value to be printed, already cut into parts.
struct Parts {
    year: i32,
    month: u8,
    day: u8,
    /// Calendar day; `None` for intervals, which have no weekday.
    days: Option<i32>,
    micros: i64,
    zone: Option<Zone>,
}

/// `zone` for timestamps with time zone, which are printed in it.
pub fn timestamp_to_char(timestamp: i64, zone: Option<Zone>, template: &str) -> Result<String> {
    if !is_finite(timestamp) {
        // PostgreSQL answers null; the caller turns an empty text into one.
        return Ok(String::new());
    }
    let local = timestamp.saturating_add(zone.map_or(0, Zone::offset_micros));
    let days = local.div_euclid(MICROS_PER_DAY) as i32;
    let date = Ymd::from_days(days);
    let parts = Parts {
        year: date.year,
        month: date.month,
        day: date.day,
        days: Some(days),
        micros: local.rem_euclid(MICROS_PER_DAY),
        zone,
    };
    render(&parts, template, "")
}

pub fn interval_to_char(interval: &Interval, template: &str) -> Result<String> {
    let micros = interval.micros;
    if micros < 0 || interval.days < 0 || interval.months < 0 {
        let positive = interval.neg()?;
        if positive.micros >= 0 && positive.days >= 0 && positive.months >= 0 {
            return interval_parts(&positive, template, "-");
        }
    }
    interval_parts(interval, template, "")
}

fn interval_parts(interval: &Interval, template: &str, sign: &str) -> Result<String> {
    let parts = Parts {
        year: interval.months / 12,
        month: (interval.months % 12).unsigned_abs() as u8,
        day: u8::try_from(interval.days.unsigned_abs()).unwrap_or(u8::MAX),
        days: None,
        micros: interval.micros.saturating_abs(),
        zone: None,
    };
    render(&parts, template, sign)
}

fn render(parts: &Parts, template: &str, sign: &str) -> Result<String> {
    let mut out = String::new();
    for node in compile(template) {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Pattern {
                key,
                case,
                no_padding,
                ordinal,
            } => {
                let start = out.len();
                parts.write(&mut out, key, case, no_padding, sign)?;
                if let Some(case) = ordinal {
                    let suffix = ordinal_suffix(out.get(start..).unwrap_or(""));
                    out.push_str(&cased(suffix, case));
                }
            }
        }
    }
    Ok(out)
}

fn ordinal_suffix(number: &str) -> &'static str {
    let teens = number.len() > 1 && number.as_bytes().get(number.len() - 2) == Some(&b'1');
    match number.as_bytes().last() {
        _ if teens => "th",
        Some(b'1') => "st",
        Some(b'2') => "nd",
        Some(b'3') => "rd",
        _ => "th",
    }
}

fn cased(text: &str, case: Case) -> String {
    match case {
        Case::Upper => text.to_ascii_uppercase(),
        Case::Lower => text.to_ascii_lowercase(),
        Case::Capital => text.to_string(),
    }
}

impl Parts {
    fn write(
        &self,
        out: &mut String,
        key: Key,
        case: Case,
        no_padding: bool,
        sign: &str,
    ) -> Result<()> {
        let hour = self.micros / MICROS_PER_HOUR;
        let second = self.micros / MICROS_PER_SECOND;
        let fraction = self.micros % MICROS_PER_SECOND;
        let padded = |out: &mut String, value: i64, width: usize| {
            let width = if no_padding { 0 } else { width };
            let _ = write!(out, "{value:0width$}");
        };
        let signed = |out: &mut String, value: i64, width: usize| {
            out.push_str(sign);
            padded(out, value, width);
        };
        let named = |out: &mut String, name: &str, width: usize| {
            let width = if no_padding { 0 } else { width };
            let _ = write!(out, "{:<width$}", cased(name, case));
        };
        match key {
            Hour12 => signed(out, if hour % 12 == 0 { 12 } else { hour % 12 }, 2),
            Hour24 => signed(out, hour, 2),
            Minute => padded(out, second / 60 % 60, 2),
            Second => padded(out, second % 60, 2),
            Milli => padded(out, fraction / 1000, 3),
            Micro => padded(out, fraction, 6),
            Fraction(digits) => {
                let value = fraction / 10i64.pow(6 - u32::from(digits));
                padded(out, value, usize::from(digits));
            }
            DaySeconds => padded(out, second, 0),
            HalfDay => named(out, if hour % 24 >= 12 { "PM" } else { "AM" }, 0),
            HalfDayDots => named(out, if hour % 24 >= 12 { "P.M." } else { "A.M." }, 0),
            Era => named(out, if self.year > 0 { "AD" } else { "BC" }, 0),
            EraDots => named(out, if self.year > 0 { "A.D." } else { "B.C." }, 0),
            ZoneName | ZoneHour | ZoneMinute | ZoneOffset => self.write_zone_part(out, key, case),
            _ => return self.write_date_part(out, key, case, no_padding),
        }
        Ok(())
    }

    fn write_zone_part(&self, out: &mut String, key: Key, case: Case) {
        let zone = self.zone.unwrap_or_default();
        let minutes = zone.offset_seconds.unsigned_abs() / 60;
        let sign = if zone.offset_seconds < 0 { '-' } else { '+' };
        let _ = match key {
            // Without a zone there is no name; an offset has itself for a name.
            ZoneName if self.zone.is_none() => Ok(()),
            ZoneName if zone == Zone::UTC => out.write_str(&cased("UTC", case)),
            ZoneHour => write!(out, "{sign}{:02}", minutes / 60),
            ZoneMinute => write!(out, "{:02}", minutes % 60),
            _ => write_zone(out, zone),
        };
    }

    fn write_date_part(
        &self,
        out: &mut String,
        key: Key,
        case: Case,
        no_padding: bool,
    ) -> Result<()> {
        let month_index = usize::from(self.month.saturating_sub(1)) % 12;
        let positive_year = i64::from(if self.year > 0 || self.days.is_none() {
            self.year
        } else {
            1 - self.year
        });
        let width = |width: usize| if no_padding { 0 } else { width };
        let number = |out: &mut String, value: i64, digits: usize| {
            let _ = write!(out, "{value:0w$}", w = width(digits));
        };
        let years = |out: &mut String, year: i64, digits: u8| {
            let cut = if digits == 4 {
                year
            } else {
                year % 10i64.pow(u32::from(digits))
            };
            number(out, cut, usize::from(digits));
        };
        let name = |out: &mut String, name: &str, digits: usize| {
            let _ = write!(out, "{:<w$}", cased(name, case), w = width(digits));
        };
        let days = self.days.ok_or_else(|| {
            SqlError::user(
                SqlState::INVALID_DATETIME_FORMAT,
                "invalid format specification for an interval value",
            )
            .hint("Intervals are not tied to specific calendar dates.")
        });
        match key {
            YearComma => {
                let _ = write!(out, "{},{:03}", positive_year / 1000, positive_year % 1000);
            }
            Year(digits) => years(out, positive_year, digits),
            IsoYear(digits) => {
                let year = calendar::iso_week(days?).0;
                years(
                    out,
                    i64::from(if year > 0 { year } else { 1 - year }),
                    digits,
                );
            }
            Month => number(out, i64::from(self.month), 2),
            MonthName => name(out, MONTHS[month_index], 9),
            MonthShort => name(out, &MONTHS[month_index][..3], 0),
            MonthRoman => name(out, ROMAN[month_index], 4),
            DayName => name(out, DAYS[usize::from(calendar::weekday(days?))], 9),
            DayShort => name(out, &DAYS[usize::from(calendar::weekday(days?))][..3], 0),
            DayOfYear => number(out, i64::from(calendar::day_of_year(days?)), 3),
            IsoDayOfYear => {
                let days = days?;
                let week = calendar::iso_week(days).1;
                let day = (week - 1) * 7 + i32::from(calendar::iso_weekday(days));
                number(out, i64::from(day), 3);
            }
            Day => number(out, i64::from(self.day), 2),
            DayOfWeek => number(out, i64::from(calendar::weekday(days?)) + 1, 0),
            IsoDayOfWeek => number(out, i64::from(calendar::iso_weekday(days?)), 0),
            WeekOfMonth => number(out, (i64::from(self.day) - 1) / 7 + 1, 0),
            Week => number(
                out,
                (i64::from(calendar::day_of_year(days?)) - 1) / 7 + 1,
                2,
            ),
            IsoWeek => number(out, i64::from(calendar::iso_week(days?).1), 2),
            Century => {
                let century = if self.year > 0 {
                    (self.year + 99) / 100
                } else {
                    -((99 - (self.year - 1)) / 100)
                };
                number(out, i64::from(century), 2);
            }
            Julian => number(
                out,
                i64::from(days?) + i64::from(calendar::EPOCH_JULIAN_DAY),
                0,
            ),
            Quarter => number(out, (i64::from(self.month) + 2) / 3, 0),
            _ => {}
        }
        Ok(())
    }
}

/// What was read by a template: local time, and the zone if the template had one.
pub struct ByTemplate {
    pub local: i64,
    pub zone: Option<Zone>,
}

#[derive(Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    julian: Option<i64>,
    iso: (Option<i64>, Option<i64>, Option<i64>),
    century: Option<i64>,
    before_christ: bool,
    hour: i64,
    twelve_hour: bool,
    afternoon: Option<bool>,
    micros: i64,
    zone: Option<i32>,
}

/// SQL's `to_timestamp(text, template)` and `to_date`.
pub fn parse_by_template(text: &str, template: &str) -> Result<ByTemplate> {
    let nodes = compile(template);
    let mut found = Found::default();
    let mut rest = text;
    for (at, node) in nodes.iter().enumerate() {
        match node {
            Node::Text(literal) => {
                for expected in literal.chars() {
                    rest = skip_literal(rest, expected);
                }
            }
            Node::Pattern {
                key, no_padding, ..
            } => {
                let free = *no_padding
                    || !matches!(nodes.get(at + 1), Some(Node::Pattern { key, .. }) if is_numeric(*key));
                rest = found.read(rest.trim_start(), *key, free)?;
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    found.finish(text)
}

/// A blank or mark of the template skips any one blank or mark of the text; a letter skips one.
fn skip_literal(rest: &str, expected: char) -> &str {
    let mut chars = rest.chars();
    match chars.next() {
        Some(c)
            if expected.is_alphanumeric() || !c.is_alphanumeric() && !matches!(c, '+' | '-') =>
        {
            chars.as_str()
        }
        Some('-') if expected == '-' => chars.as_str(),
        _ => rest,
    }
}

fn is_numeric(key: Key) -> bool {
    !matches!(
        key,
        HalfDay
            | HalfDayDots
            | Era
            | EraDots
            | MonthName
            | MonthShort
            | MonthRoman
            | DayName
            | DayShort
            | ZoneName
            | ZoneOffset
    )
}

fn wrong_value(text: &str, key: &str) -> SqlError {
    SqlError::user(
        SqlState::INVALID_DATETIME_FORMAT,
        format!("invalid value \"{text}\" for \"{key}\""),
    )
}

fn pattern_name(key: Key) -> &'static str {
    PATTERNS
        .iter()
        .find(|(_, known)| *known == key)
        .map_or("?", |(name, _)| name)
}

/// Digits, at most `most` unless nothing numeric follows; with an optional sign.
fn number(text: &str, most: usize, free: bool, key: Key) -> Result<(i64, usize, &str)> {
    let signs = usize::from(text.starts_with(['+', '-']));
    let body = &text[signs..];
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let taken = if free { digits } else { digits.min(most) };
    let (number, rest) = body.split_at(taken);
    let value = number.parse::<i64>().map_err(|_| {
        let shown: String = text.chars().take(most).collect();
        wrong_value(&shown, pattern_name(key)).detail("Value must be an integer.")
    })?;
    Ok((
        if text.starts_with('-') { -value } else { value },
        taken,
        rest,
    ))
}

fn name_index<'a>(text: &'a str, names: &[&str], short: bool) -> Option<(usize, &'a str)> {
    let cut = |name: &'_ str| {
        if short {
            name.get(..3).map_or(0, str::len)
        } else {
            name.len()
        }
    };
    let found = names.iter().enumerate().filter(|(_, name)| {
        let length = cut(name);
        let head = text.get(..length);
        head.is_some_and(|head| head.eq_ignore_ascii_case(name.get(..length).unwrap_or(name)))
    });
    let (at, name) = found.max_by_key(|(_, name)| cut(name))?;
    Some((at, text.get(cut(name)..).unwrap_or("")))
}

impl Found {
    fn read<'a>(&mut self, text: &'a str, key: Key, free: bool) -> Result<&'a str> {
        let int = |most: usize| number(text, most, free, key);
        let fault = || {
            wrong_value(text.split(' ').next().unwrap_or(text), pattern_name(key))
                .detail("The given value did not match any of the allowed values for this field.")
        };
        match key {
            MonthName | MonthShort => {
                let (at, rest) = name_index(text, &MONTHS, key == MonthShort).ok_or_else(fault)?;
                self.month = Some(at as i64 + 1);
                return Ok(rest);
            }
            MonthRoman => {
                let (at, rest) = name_index(text, &ROMAN, false).ok_or_else(fault)?;
                self.month = Some(at as i64 + 1);
                return Ok(rest);
            }
            DayName | DayShort => {
                return name_index(text, &DAYS, key == DayShort)
                    .map(|(_, rest)| rest)
                    .ok_or_else(fault);
            }
            HalfDay | HalfDayDots => {
                let names: &[&str] = if key == HalfDay {
                    &["AM", "PM"]
                } else {
                    &["A.M.", "P.M."]
                };
                let (at, rest) = name_index(text, names, false).ok_or_else(fault)?;
                self.afternoon = Some(at == 1);
                return Ok(rest);
            }
            Era | EraDots => {
                let names: &[&str] = if key == Era {
                    &["AD", "BC"]
                } else {
                    &["A.D.", "B.C."]
                };
                let (at, rest) = name_index(text, names, false).ok_or_else(fault)?;
                self.before_christ = at == 1;
                return Ok(rest);
            }
            ZoneName | ZoneOffset => {
                let end = text
                    .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | ':'));
                let (word, rest) = text.split_at(end.unwrap_or(text.len()));
                let zone = match parse_offset(word) {
                    Some(Ok(zone)) => Some(zone),
                    _ => Zone::by_abbreviation(&word.to_ascii_lowercase()),
                };
                self.zone = Some(zone.ok_or_else(fault)?.offset_seconds);
                return Ok(rest);
            }
            _ => {}
        }
        self.read_number(text, key, &int)
    }

    fn read_number<'a>(
        &mut self,
        text: &'a str,
        key: Key,
        int: &dyn Fn(usize) -> Result<(i64, usize, &'a str)>,
    ) -> Result<&'a str> {
        let width = match key {
            Year(digits) | IsoYear(digits) => usize::from(digits),
            YearComma => {
                let (thousands, rest) = text.split_once(',').unwrap_or(("0", text));
                let (value, _, after) = number(rest, 3, false, key)?;
                self.year = Some(thousands.trim().parse::<i64>().unwrap_or(0) * 1000 + value);
                return Ok(after);
            }
            Milli | DayOfYear | IsoDayOfYear => 3,
            Micro => 6,
            Fraction(digits) => usize::from(digits),
            DaySeconds => 5,
            Julian => 7,
            DayOfWeek | IsoDayOfWeek | WeekOfMonth | Quarter => 1,
            _ => 2,
        };
        let (value, digits, rest) = int(width)?;
        let fraction = |value: i64, digits: usize| {
            let digits = digits.min(6) as u32;
            value.saturating_mul(10i64.pow(6 - digits))
        };
        match key {
            Hour12 => (self.hour, self.twelve_hour) = (value, true),
            Hour24 => (self.hour, self.twelve_hour) = (value, false),
            Minute => self.micros += bounded(value, 59)? * MICROS_PER_MINUTE,
            Second => self.micros += bounded(value, 60)? * MICROS_PER_SECOND,
            Milli | Micro | Fraction(_) => self.micros += fraction(value, digits),
            DaySeconds => self.micros += bounded(value, 86_400)? * MICROS_PER_SECOND,
            Year(wanted) => self.year = Some(full_year(value, digits, wanted)),
            IsoYear(wanted) => self.iso.0 = Some(full_year(value, digits, wanted)),
            IsoWeek => self.iso.1 = Some(value),
            IsoDayOfWeek => self.iso.2 = Some(value),
            Month => self.month = Some(value),
            Day => self.day = Some(value),
            DayOfYear => self.day_of_year = Some(value),
            IsoDayOfYear => {
                (self.iso.1, self.iso.2) = (Some((value - 1) / 7 + 1), Some((value - 1) % 7 + 1))
            }
            Week => self.day_of_year = Some((value - 1) * 7 + 1),
            WeekOfMonth => self.day = Some((value - 1) * 7 + 1),
            Century => self.century = Some(value),
            Julian => self.julian = Some(value),
            ZoneHour => self.zone = Some(value as i32 * 3600),
            ZoneMinute => {
                let hours = self.zone.unwrap_or(0);
                let minutes = value as i32 * 60;
                self.zone = Some(if hours < 0 {
                    hours - minutes
                } else {
                    hours + minutes
                });
            }
            _ => {}
        }
        Ok(rest)
    }

    fn finish(self, text: &str) -> Result<ByTemplate> {
        let range = || overflow(&format!("date/time field value out of range: \"{text}\""));
        let mut hour = self.hour;
        if self.twelve_hour {
            if !(1..=12).contains(&hour) {
                return Err(SqlError::user(
                    SqlState::INVALID_DATETIME_FORMAT,
                    format!("hour \"{hour}\" is invalid for the 12-hour clock"),
                )
                .hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            }
            hour = hour % 12 + if self.afternoon == Some(true) { 12 } else { 0 };
        }
        let time = bounded(hour, 24).map_err(|_| range())? * MICROS_PER_HOUR + self.micros;
        let days = self.days().ok_or_else(range)?;
        let local = days
            .checked_mul(MICROS_PER_DAY)
            .and_then(|d| d.checked_add(time))
            .ok_or_else(range)?;
        Ok(ByTemplate {
            local: check_timestamp(local)?,
            zone: self.zone.map(Zone::east),
        })
    }

    fn days(&self) -> Option<i64> {
        if let Some(julian) = self.julian {
            return Some(julian - i64::from(calendar::EPOCH_JULIAN_DAY));
        }
        if let Some(year) = self.iso.0 {
            let week =
                calendar::iso_week_start(i32::try_from(year).ok()?, self.iso.1.unwrap_or(1) as i32);
            return Some(week + self.iso.2.unwrap_or(1) - 1);
        }
        let mut year = self
            .year
            .or_else(|| self.century.map(|c| (c - 1) * 100 + 1))
            .unwrap_or(0);
        if self.before_christ || year < 0 {
            year = 1 - year.abs();
        }
        let year = i32::try_from(year)
            .ok()
            .filter(|year| year.abs() < 6_000_000)?;
        if let Some(day) = self.day_of_year.filter(|_| self.month.is_none()) {
            let most = if calendar::is_leap(year) { 366 } else { 365 };
            return (1..=most)
                .contains(&day)
                .then(|| Ymd::new(year, 1, 1).to_days() + day - 1);
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if !(1..=12).contains(&month) || day < 1 {
            return None;
        }
        let fits = day <= i64::from(days_in_month(year, month as u8));
        fits.then(|| Ymd::new(year, month as u8, day as u8).to_days())
    }
}

/// Years of fewer than four digits are completed to the one nearest to 2020.
fn full_year(value: i64, digits: usize, wanted: u8) -> i64 {
    match (wanted, digits) {
        (4, _) | (_, 4..) => value,
        (_, _) if value < 70 => value + 2000,
        (_, _) if value < 100 => value + 1900,
        (_, _) if value < 520 => value + 2000,
        _ => value + 1000,
    }
}

fn bounded(value: i64, most: i64) -> Result<i64> {
    match (0..=most).contains(&value) {
        true => Ok(value),
        false => Err(overflow("date/time field value out of range")),
    }
}
