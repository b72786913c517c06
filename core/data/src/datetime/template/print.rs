//! Printing by template.
//!
//! A part of an interval has a sign of its own.

use super::{Case, DAYS, Key, Key::*, MONTHS, Node, ROMAN, compile};
use crate::datetime::calendar::{self, Ymd};
use crate::datetime::*;
use alloc::string::{String, ToString};
use core::fmt::Write;

/// The value to be printed, already cut into parts.
struct Parts {
    year: i32,
    month: i32,
    day: i32,
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
        month: i32::from(date.month),
        day: i32::from(date.day),
        days: Some(days),
        micros: local.rem_euclid(MICROS_PER_DAY),
        zone,
    };
    render(&parts, template)
}

pub fn interval_to_char(interval: &Interval, template: &str) -> Result<String> {
    let parts = Parts {
        year: interval.months / 12,
        month: interval.months % 12,
        day: interval.days,
        days: None,
        micros: interval.micros,
        zone: None,
    };
    render(&parts, template)
}

fn render(parts: &Parts, template: &str) -> Result<String> {
    let mut out = String::new();
    for node in compile(template) {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Pattern {
                key,
                case,
                no_padding,
                ordinal,
                ..
            } => {
                let start = out.len();
                parts.write(&mut out, key, case, no_padding)?;
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
    fn write(&self, out: &mut String, key: Key, case: Case, no_padding: bool) -> Result<()> {
        let hour = self.micros / MICROS_PER_HOUR;
        let second = self.micros / MICROS_PER_SECOND;
        let fraction = self.micros % MICROS_PER_SECOND;
        // A negative value gets a place more for its sign.
        let padded = |out: &mut String, value: i64, width: usize| {
            let width = if no_padding {
                0
            } else {
                width + usize::from(value < 0)
            };
            let _ = write!(out, "{value:0width$}");
        };
        // Some parts do not.
        let unsigned = |out: &mut String, value: i64, width: usize| {
            let width = if no_padding { 0 } else { width };
            let _ = write!(out, "{value:0width$}");
        };
        let named = |out: &mut String, name: &str, width: usize| {
            let width = if no_padding { 0 } else { width };
            let _ = write!(out, "{:<width$}", cased(name, case));
        };
        match key {
            Hour12 => {
                let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
                let width = 2 + usize::from(hour < 0 && shown > 0);
                padded(out, shown, width);
            }
            Hour24 => padded(out, hour, 2),
            Minute => padded(out, second / 60 % 60, 2),
            Second => padded(out, second % 60, 2),
            Milli => unsigned(out, fraction / 1000, 3),
            Micro => unsigned(out, fraction, 6),
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
        let month_index = (self.month - 1).rem_euclid(12) as usize;
        let positive_year = i64::from(if self.year > 0 || self.days.is_none() {
            self.year
        } else {
            1 - self.year
        });
        let width = |width: usize| if no_padding { 0 } else { width };
        let number = |out: &mut String, value: i64, digits: usize| {
            let _ = write!(
                out,
                "{value:0w$}",
                w = width(digits + usize::from(value < 0))
            );
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
            Day => {
                let _ = write!(out, "{:0w$}", self.day, w = width(2));
            }
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
            Quarter if self.month == 0 => {}
            Quarter => number(out, (i64::from(self.month) - 1) / 3 + 1, 0),
            _ => {}
        }
        Ok(())
    }
}
