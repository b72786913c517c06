//! Dates, times and intervals, as PostgreSQL holds them.
//!
//! A date is days since 2000-01-01 (i32), a timestamp microseconds since then (i64; with time
//! zone: in UTC), a time of day microseconds since midnight. The extreme integers stand for
//! ±infinity. The calendar is the Gregorian one throughout, also before it was invented, and a
//! year 0 is 1 BC.
//!
//! | file              | holds                                                        |
//! |-------------------|--------------------------------------------------------------|
//! | calendar.rs       | days to year, month, day and back; weeks                     |
//! | zone.rs           | fixed offsets and abbreviations; no time-zone database       |
//! | token.rs          | text cut into numbers, words, dates, times                   |
//! | parse.rs          | what the pieces mean: date, time, timestamp                  |
//! | format.rs         | ISO output                                                   |
//! | interval.rs       | the interval, its arithmetic and its output                  |
//! | interval_parse.rs | `1 year 2 mons 03:04:05`, `P1Y2M`, `3 days ago`              |
//! | arith.rs          | timestamps and intervals together; make, age, truncation     |
//! | fields.rs         | extract and date_part                                        |
//! | template.rs       | to_char and to_timestamp                                     |
//!
//! `Settings` carries what text depends on: the session's zone, the order of day and month in
//! `1/2/2003`, and the time that `now` means.

mod arith;
pub mod calendar;
mod fields;
mod format;
mod interval;
mod interval_parse;
mod parse;
mod template;
mod token;
mod zone;

pub use arith::{
    add_to_timestamp, add_to_timestamptz, age, bin, date_to_timestamp, make_date, make_interval,
    make_time, make_timestamp, round_fraction, subtract_timestamps, timestamp_to_date,
    timestamp_to_time, timestamptz_to_date, trunc_interval, trunc_timestamp,
};
pub use fields::{
    extract_date, extract_interval, extract_time, extract_timestamp, extract_timestamptz,
};
pub use format::{
    write_date, write_time, write_timestamp, write_timestamptz, write_timetz, write_zone,
};
pub use interval::Interval;
pub use interval_parse::{IntervalUnit, parse_interval, parse_interval_as};
pub use parse::{parse_date, parse_time, parse_timestamp, parse_timestamptz, parse_timetz};
pub use template::{interval_to_char, parse_by_template, timestamp_to_char};
pub use zone::Zone;

use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use alloc::format;

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
pub const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

pub const DATE_INFINITY: i32 = i32::MAX;
pub const DATE_NEG_INFINITY: i32 = i32::MIN;
pub const TIMESTAMP_INFINITY: i64 = i64::MAX;
pub const TIMESTAMP_NEG_INFINITY: i64 = i64::MIN;

/// 4714-11-24 BC, where Julian days begin.
pub const DATE_MIN: i32 = -2_451_545;
/// The day after 5874897-12-31.
pub const DATE_END: i32 = 2_145_031_949;
pub const TIMESTAMP_MIN: i64 = -211_813_488_000_000_000;
/// The instant after 294276-12-31.
pub const TIMESTAMP_END: i64 = 9_223_371_331_200_000_000;
/// Microseconds from 1970 to 2000.
pub const UNIX_EPOCH_MICROS: i64 = -946_684_800 * MICROS_PER_SECOND;

/// What the reading and printing of times depends on.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// The session's time zone.
    pub zone: Zone,
    pub order: DateOrder,
    /// The instant that `now` and `today` mean: the start of the transaction, in UTC.
    pub now: i64,
}

/// How `1/2/2003` is read.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum DateOrder {
    YearMonthDay,
    DayMonthYear,
    #[default]
    MonthDayYear,
}

pub fn is_finite(timestamp: i64) -> bool {
    timestamp != TIMESTAMP_INFINITY && timestamp != TIMESTAMP_NEG_INFINITY
}

pub fn is_finite_date(date: i32) -> bool {
    date != DATE_INFINITY && date != DATE_NEG_INFINITY
}

/// 22008 unless the timestamp is one.
pub fn check_timestamp(timestamp: i64) -> Result<i64> {
    match (TIMESTAMP_MIN..TIMESTAMP_END).contains(&timestamp) {
        true => Ok(timestamp),
        false => Err(overflow("timestamp out of range")),
    }
}

pub fn check_date(date: i64) -> Result<i32> {
    match (i64::from(DATE_MIN)..i64::from(DATE_END)).contains(&date) {
        true => Ok(date as i32),
        false => Err(overflow("date out of range")),
    }
}

pub(crate) fn overflow(message: &str) -> SqlError {
    SqlError::user(SqlState::DATETIME_FIELD_OVERFLOW, message)
}

pub(crate) fn bad_syntax(type_name: &str, text: &str) -> SqlError {
    SqlError::user(
        SqlState::INVALID_DATETIME_FORMAT,
        format!("invalid input syntax for type {type_name}: \"{text}\""),
    )
}

#[cfg(test)]
mod tests;
