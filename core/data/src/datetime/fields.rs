//! `extract(field from value)`: parts of dates, times and intervals, as decimals.
//!
//! Fields are known by the unit names of intervals and a few of their own. The answer is `None`
//! where SQL's is null: the parts of an infinity that go round and round. Parts that only grow
//! are infinite there.

use super::arith::{unknown_unit, unsupported_unit};
use super::calendar::{self, Ymd};
use super::interval_parse::IntervalUnit;
use super::*;
use crate::decimal::Decimal;
use alloc::string::String;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Unit(IntervalUnit),
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Epoch,
    Julian,
    Zone,
    ZoneHour,
    ZoneMinute,
}

const NAMES: &[(&str, Field)] = &[
    ("dow", Field::DayOfWeek),
    ("isodow", Field::IsoDayOfWeek),
    ("doy", Field::DayOfYear),
    ("isoyear", Field::IsoYear),
    ("epoch", Field::Epoch),
    ("julian", Field::Julian),
    ("timezone", Field::Zone),
    ("timezone_h", Field::ZoneHour),
    ("timezone_hour", Field::ZoneHour),
    ("timezone_m", Field::ZoneMinute),
    ("timezone_minute", Field::ZoneMinute),
];

fn field_of(name: &str, type_name: &str) -> Result<(Field, String)> {
    let lower = name.to_ascii_lowercase();
    let own = NAMES
        .iter()
        .find(|(known, _)| *known == lower)
        .map(|(_, field)| *field);
    let found = own.or_else(|| IntervalUnit::by_name(&lower).map(Field::Unit));
    match found {
        Some(field) => Ok((field, lower)),
        None => Err(unknown_unit(&lower, type_name)),
    }
}

fn whole(value: impl Into<i64>) -> Decimal {
    Decimal::from(value.into())
}

fn scaled(value: i64, scale: u16) -> Decimal {
    Decimal::new(i128::from(value), scale)
}

/// Spans of years are counted from 1, away from zero before Christ.
fn span_number(year: i32, length: i32) -> i32 {
    if year > 0 {
        (year + length - 1) / length
    } else {
        -((length - 1 - (year - 1)) / length)
    }
}

fn seconds_part(time: i64) -> i64 {
    time % MICROS_PER_MINUTE
}

/// The fields of a clock.
fn clock_field(unit: IntervalUnit, time: i64) -> Option<Decimal> {
    Some(match unit {
        IntervalUnit::Microsecond => whole(seconds_part(time)),
        IntervalUnit::Millisecond => scaled(seconds_part(time), 3),
        IntervalUnit::Second => scaled(seconds_part(time), 6),
        IntervalUnit::Minute => whole(time / MICROS_PER_MINUTE % 60),
        IntervalUnit::Hour => whole(time / MICROS_PER_HOUR),
        _ => return None,
    })
}

fn year_field(year: i32) -> i32 {
    if year > 0 { year } else { year - 1 }
}

/// The fields of a calendar day.
fn day_field(field: Field, days: i32) -> Option<Decimal> {
    let date = Ymd::from_days(days);
    Some(match field {
        Field::Unit(unit) => match unit {
            IntervalUnit::Day => whole(date.day),
            IntervalUnit::Week => whole(calendar::iso_week(days).1),
            IntervalUnit::Month => whole(date.month),
            IntervalUnit::Quarter => whole((date.month - 1) / 3 + 1),
            IntervalUnit::Year => whole(year_field(date.year)),
            IntervalUnit::Decade => whole(date.year.div_euclid(10)),
            IntervalUnit::Century => whole(span_number(date.year, 100)),
            IntervalUnit::Millennium => whole(span_number(date.year, 1000)),
            _ => return None,
        },
        Field::DayOfWeek => whole(calendar::weekday(days)),
        Field::IsoDayOfWeek => whole(calendar::iso_weekday(days)),
        Field::DayOfYear => whole(calendar::day_of_year(days)),
        Field::IsoYear => whole(year_field(calendar::iso_week(days).0)),
        _ => return None,
    })
}

/// Of an infinity: what grows without end is infinite, what goes round is null.
fn infinite_field(field: Field, positive: bool) -> Option<Decimal> {
    use IntervalUnit::{Century, Decade, Millennium, Year};
    let grows = matches!(
        field,
        Field::Unit(Year | Decade | Century | Millennium)
            | Field::IsoYear
            | Field::Epoch
            | Field::Julian
    );
    let infinity = if positive {
        Decimal::INFINITY
    } else {
        Decimal::NEG_INFINITY
    };
    grows.then_some(infinity)
}

fn instant_field(field: Field, local: i64, utc: i64) -> Result<Option<Decimal>> {
    let days = local.div_euclid(MICROS_PER_DAY) as i32;
    let time = local.rem_euclid(MICROS_PER_DAY);
    match field {
        Field::Epoch => {
            let micros = i128::from(utc) - i128::from(UNIX_EPOCH_MICROS);
            Ok(Some(Decimal::new(micros, 6)))
        }
        Field::Julian => {
            let day = whole(i64::from(days) + i64::from(calendar::EPOCH_JULIAN_DAY));
            let part = whole(time).div(&whole(MICROS_PER_DAY))?;
            Ok(Some(day.add(&part)?))
        }
        Field::Unit(unit) => Ok(clock_field(unit, time).or_else(|| day_field(field, days))),
        _ => Ok(day_field(field, days)),
    }
}

pub fn extract_timestamp(name: &str, timestamp: i64) -> Result<Option<Decimal>> {
    const NAME: &str = "timestamp without time zone";
    let (field, lower) = field_of(name, NAME)?;
    if matches!(field, Field::Zone | Field::ZoneHour | Field::ZoneMinute) {
        return Err(unsupported_unit(&lower, NAME));
    }
    if !is_finite(timestamp) {
        return Ok(infinite_field(field, timestamp > 0));
    }
    instant_field(field, timestamp, timestamp)
}

pub fn extract_timestamptz(name: &str, timestamp: i64, zone: Zone) -> Result<Option<Decimal>> {
    let (field, _) = field_of(name, "timestamp with time zone")?;
    let offset = zone.offset_seconds;
    match field {
        _ if !is_finite(timestamp) => Ok(infinite_field(field, timestamp > 0)),
        Field::Zone => Ok(Some(whole(offset))),
        Field::ZoneHour => Ok(Some(whole(offset / 3600))),
        Field::ZoneMinute => Ok(Some(whole(offset / 60 % 60))),
        _ => instant_field(
            field,
            timestamp.saturating_add(zone.offset_micros()),
            timestamp,
        ),
    }
}

pub fn extract_date(name: &str, date: i32) -> Result<Option<Decimal>> {
    let (field, lower) = field_of(name, "date")?;
    let clock = matches!(field, Field::Unit(unit) if clock_field(unit, 0).is_some());
    if clock || matches!(field, Field::Zone | Field::ZoneHour | Field::ZoneMinute) {
        return Err(unsupported_unit(&lower, "date"));
    }
    if !is_finite_date(date) {
        return Ok(infinite_field(field, date > 0));
    }
    let days = i64::from(date);
    Ok(match field {
        Field::Epoch => {
            let unix = UNIX_EPOCH_MICROS / MICROS_PER_DAY;
            Some(whole((days - unix) * (MICROS_PER_DAY / MICROS_PER_SECOND)))
        }
        Field::Julian => Some(whole(days + i64::from(calendar::EPOCH_JULIAN_DAY))),
        _ => day_field(field, date),
    })
}

pub fn extract_time(name: &str, time: i64) -> Result<Option<Decimal>> {
    const NAME: &str = "time without time zone";
    let (field, lower) = field_of(name, NAME)?;
    let found = match field {
        Field::Epoch => Some(scaled(time, 6)),
        Field::Unit(unit) => clock_field(unit, time),
        _ => None,
    };
    found
        .map(Some)
        .ok_or_else(|| unsupported_unit(&lower, NAME))
}

pub fn extract_interval(name: &str, interval: &Interval) -> Result<Option<Decimal>> {
    let (field, lower) = field_of(name, "interval")?;
    let (years, months) = (interval.months / 12, interval.months % 12);
    let found = match field {
        Field::Epoch => {
            // A year counts 365 days and a quarter; so everything is counted in quarter days.
            let quarters =
                1461 * i128::from(years) + 120 * i128::from(months) + 4 * i128::from(interval.days);
            let micros = quarters * i128::from(MICROS_PER_DAY / 4) + i128::from(interval.micros);
            Some(Decimal::new(micros, 6))
        }
        Field::Unit(unit) => match unit {
            IntervalUnit::Day => Some(whole(interval.days)),
            IntervalUnit::Month => Some(whole(months)),
            IntervalUnit::Quarter => Some(whole(months / 3 + 1)),
            IntervalUnit::Year => Some(whole(years)),
            IntervalUnit::Decade => Some(whole(years / 10)),
            IntervalUnit::Century => Some(whole(years / 100)),
            IntervalUnit::Millennium => Some(whole(years / 1000)),
            _ => clock_field(unit, interval.micros),
        },
        _ => None,
    };
    found
        .map(Some)
        .ok_or_else(|| unsupported_unit(&lower, "interval"))
}
