//! Dates, times and intervals, as PostgreSQL holds them.
//!
//! A date is days since 2000-01-01, a timestamp microseconds since then (with time zone: in UTC),
//! a time of day microseconds since midnight. The extreme integers stand for ±infinity.

mod interval;

pub use interval::Interval;

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
pub const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;
