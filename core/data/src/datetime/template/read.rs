//! Reading by template.
//!
//! Blanks and marks of the template skip blanks and marks of the text, one for one; a number takes
//! as many digits as its pattern is long if another number follows at once, else all there are.

use super::{DAYS, Key, Key::*, MONTHS, Node, ROMAN, compile};
use crate::datetime::calendar::{self, Ymd, days_in_month};
use crate::datetime::zone::parse_offset;
use crate::datetime::*;
use alloc::string::String;

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
    /// A part was larger than its kind allows; said at the end, with the whole text.
    too_large: bool,
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
                key,
                no_padding,
                ordinal,
                spelt,
                ..
            } => {
                let free = *no_padding
                    || !matches!(nodes.get(at + 1), Some(Node::Pattern { key, .. }) if is_numeric(*key));
                rest = found.read(rest.trim_start(), *key, spelt, free)?;
                if ordinal.is_some() {
                    rest = rest.get(2..).unwrap_or("");
                }
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

/// Digits, at most `most` unless nothing numeric follows; with an optional sign.
fn number<'a>(
    text: &'a str,
    most: usize,
    free: bool,
    spelt: &str,
) -> Result<(i64, usize, &'a str)> {
    let signs = usize::from(text.starts_with(['+', '-']));
    let body = &text[signs..];
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let taken = if free { digits } else { digits.min(most) };
    let (number, rest) = body.split_at(taken);
    let value = number.parse::<i64>().map_err(|_| {
        let shown: String = text.chars().take(most).collect();
        wrong_value(&shown, spelt).detail("Value must be an integer.")
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
    fn read<'a>(&mut self, text: &'a str, key: Key, spelt: &str, free: bool) -> Result<&'a str> {
        let int = |most: usize| number(text, most, free, spelt);
        let fault = || {
            wrong_value(text.split(' ').next().unwrap_or(text), spelt)
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
                let (value, _, after) = number(rest, 3, false, "Y,YYY")?;
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
            Minute => self.micros += self.bounded(value, 59) * MICROS_PER_MINUTE,
            Second => self.micros += self.bounded(value, 60) * MICROS_PER_SECOND,
            Milli | Micro | Fraction(_) => self.micros += fraction(value, digits),
            DaySeconds => self.micros += self.bounded(value, 86_400) * MICROS_PER_SECOND,
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
        if self.too_large || !(0..=24).contains(&hour) {
            return Err(range());
        }
        let time = hour * MICROS_PER_HOUR + self.micros;
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

    fn bounded(&mut self, value: i64, most: i64) -> i64 {
        self.too_large |= !(0..=most).contains(&value);
        value.clamp(0, most)
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
