//! Timestamps and intervals together.
//!
//! Adding an interval adds its months first (a day past the end of the month becomes its last),
//! then its days, then its time. Infinities swallow whatever is added.

use super::calendar::{Ymd, days_in_month, iso_weekday};
use super::interval_parse::IntervalUnit;
use super::*;

fn split(timestamp: i64) -> (Ymd, i64) {
    let days = timestamp.div_euclid(MICROS_PER_DAY) as i32;
    (Ymd::from_days(days), timestamp.rem_euclid(MICROS_PER_DAY))
}

fn join(date: Ymd, time: i64) -> Option<i64> {
    date.to_days()
        .checked_mul(MICROS_PER_DAY)?
        .checked_add(time)
}

fn out_of_range() -> SqlError {
    overflow("timestamp out of range")
}

pub fn add_to_timestamp(timestamp: i64, interval: &Interval) -> Result<i64> {
    if !is_finite(timestamp) {
        return Ok(timestamp);
    }
    let mut moved = timestamp;
    if interval.months != 0 {
        let (date, time) = split(moved);
        let months = i64::from(date.year) * 12 + i64::from(date.month) - 1;
        let months = months + i64::from(interval.months);
        let year = i32::try_from(months.div_euclid(12)).map_err(|_| out_of_range())?;
        let month = months.rem_euclid(12) as u8 + 1;
        let day = date.day.min(days_in_month(year, month));
        moved = join(Ymd::new(year, month, day), time).ok_or_else(out_of_range)?;
    }
    let days = i64::from(interval.days)
        .checked_mul(MICROS_PER_DAY)
        .ok_or_else(out_of_range)?;
    let moved = moved
        .checked_add(days)
        .and_then(|moved| moved.checked_add(interval.micros));
    check_timestamp(moved.ok_or_else(out_of_range)?)
}

/// The same by the clocks of a zone, where months and days begin at other instants.
pub fn add_to_timestamptz(timestamp: i64, interval: &Interval, zone: Zone) -> Result<i64> {
    if !is_finite(timestamp) {
        return Ok(timestamp);
    }
    let local = timestamp
        .checked_add(zone.offset_micros())
        .ok_or_else(out_of_range)?;
    check_timestamp(add_to_timestamp(local, interval)?.saturating_sub(zone.offset_micros()))
}

/// Days and time between two timestamps.
pub fn subtract_timestamps(a: i64, b: i64) -> Result<Interval> {
    if !is_finite(a) || !is_finite(b) {
        return Err(overflow("cannot subtract infinite timestamps"));
    }
    let micros = a
        .checked_sub(b)
        .ok_or_else(|| overflow("interval out of range"))?;
    Interval::new(0, 0, micros).justify_hours()
}

/// Years, months, days and time between two timestamps, as the calendar counts them.
pub fn age(a: i64, b: i64) -> Result<Interval> {
    if !is_finite(a) || !is_finite(b) {
        return Err(out_of_range());
    }
    let (later, earlier, sign) = if a >= b { (a, b, 1) } else { (b, a, -1) };
    let ((to, to_time), (from, from_time)) = (split(later), split(earlier));
    let mut micros = to_time - from_time;
    let mut days = i32::from(to.day) - i32::from(from.day);
    let mut months = (to.year - from.year) * 12 + i32::from(to.month) - i32::from(from.month);
    if micros < 0 {
        micros += MICROS_PER_DAY;
        days -= 1;
    }
    if days < 0 {
        // The month that is broken into is the earlier one.
        days += i32::from(days_in_month(from.year, from.month));
        months -= 1;
    }
    Ok(Interval::new(
        sign * months,
        sign * days,
        i64::from(sign) * micros,
    ))
}

pub fn date_to_timestamp(date: i32) -> Result<i64> {
    match date {
        DATE_INFINITY => Ok(TIMESTAMP_INFINITY),
        DATE_NEG_INFINITY => Ok(TIMESTAMP_NEG_INFINITY),
        _ => {
            let micros = i64::from(date).checked_mul(MICROS_PER_DAY);
            let micros = micros.filter(|micros| *micros < TIMESTAMP_END);
            micros.ok_or_else(|| overflow("date out of range for timestamp"))
        }
    }
}

pub fn timestamp_to_date(timestamp: i64) -> Result<i32> {
    match timestamp {
        TIMESTAMP_INFINITY => Ok(DATE_INFINITY),
        TIMESTAMP_NEG_INFINITY => Ok(DATE_NEG_INFINITY),
        _ => check_date(timestamp.div_euclid(MICROS_PER_DAY)),
    }
}

pub fn timestamptz_to_date(timestamp: i64, zone: Zone) -> Result<i32> {
    match is_finite(timestamp) {
        true => timestamp_to_date(timestamp.saturating_add(zone.offset_micros())),
        false => timestamp_to_date(timestamp),
    }
}

/// The time of day; infinities have none.
pub fn timestamp_to_time(timestamp: i64) -> Option<i64> {
    is_finite(timestamp).then(|| timestamp.rem_euclid(MICROS_PER_DAY))
}

/// Rounds to so many digits of a second, as `timestamp(3)` does, half away from zero.
pub fn round_fraction(micros: i64, digits: u32) -> i64 {
    if digits >= 6 || !is_finite(micros) {
        return micros;
    }
    let unit = 10i64.pow(6 - digits);
    let half = if micros < 0 { -unit / 2 } else { unit / 2 };
    micros.saturating_add(half) / unit * unit
}

/// A negative year is BC; there is no year 0.
pub fn make_date(year: i32, month: i32, day: i32) -> Result<i32> {
    let wrong = || {
        overflow(&format!(
            "date field value out of range: {year}-{month:02}-{day:02}"
        ))
    };
    let astronomical = match year {
        0 => return Err(wrong()),
        1.. => year,
        _ => year.checked_add(1).ok_or_else(wrong)?,
    };
    if !(1..=12).contains(&month) || day < 1 {
        return Err(wrong());
    }
    if day > i32::from(days_in_month(astronomical, month as u8)) {
        return Err(wrong());
    }
    let days = Ymd::new(astronomical, month as u8, day as u8).to_days();
    check_date(days)
        .map_err(|_| overflow(&format!("date out of range: {year}-{month:02}-{day:02}")))
}

pub fn make_time(hour: i32, minute: i32, seconds: f64) -> Result<i64> {
    let fits = (0..=24).contains(&hour) && (0..=59).contains(&minute);
    let micros = libm::rint(seconds * 1e6);
    if fits && (0.0..=60e6).contains(&micros) {
        let whole = i64::from(hour) * MICROS_PER_HOUR + i64::from(minute) * MICROS_PER_MINUTE;
        let total = whole + micros as i64;
        if total <= MICROS_PER_DAY {
            return Ok(total);
        }
    }
    let pad = if seconds.abs() < 10.0 { "0" } else { "" };
    let shown = crate::float::f64_to_string(seconds);
    Err(overflow(&format!(
        "time field value out of range: {hour}:{minute:02}:{pad}{shown}"
    )))
}

pub fn make_timestamp(
    (year, month, day): (i32, i32, i32),
    (hour, minute, seconds): (i32, i32, f64),
) -> Result<i64> {
    let date = i64::from(make_date(year, month, day)?);
    let time = make_time(hour, minute, seconds)?;
    let total = date
        .checked_mul(MICROS_PER_DAY)
        .and_then(|days| days.checked_add(time));
    total
        .and_then(|total| check_timestamp(total).ok())
        .ok_or_else(|| {
            overflow(&format!(
                "timestamp out of range: {year}-{month:02}-{day:02} {hour}:{minute:02}:{seconds}"
            ))
        })
}

/// Years, months, weeks, days, hours, minutes and seconds.
pub fn make_interval(parts: [i32; 6], seconds: f64) -> Result<Interval> {
    let wrong = || overflow("interval out of range");
    let [years, months, weeks, days, hours, minutes] = parts.map(i64::from);
    let micros = libm::rint(seconds * 1e6);
    if micros.is_nan() || micros.abs() > 9e18 {
        return Err(wrong());
    }
    let clock = hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE;
    Ok(Interval {
        months: i32::try_from(years * 12 + months).map_err(|_| wrong())?,
        days: i32::try_from(weeks * 7 + days).map_err(|_| wrong())?,
        micros: clock.checked_add(micros as i64).ok_or_else(wrong)?,
    })
}

/// The start of the stride, counted from `origin`, in which `timestamp` lies (SQL's `date_bin`).
pub fn bin(stride: &Interval, timestamp: i64, origin: i64) -> Result<i64> {
    if !is_finite(timestamp) {
        return Ok(timestamp);
    }
    if !is_finite(origin) {
        return Err(overflow("origin out of range"));
    }
    if stride.months != 0 {
        return Err(SqlError::unsupported(
            "timestamps cannot be binned into intervals containing months or years",
        ));
    }
    let days = i64::from(stride.days).checked_mul(MICROS_PER_DAY);
    let step = days.and_then(|days| days.checked_add(stride.micros));
    let step = step.ok_or_else(|| overflow("interval out of range"))?;
    if step <= 0 {
        return Err(overflow("stride must be greater than zero"));
    }
    let distance = timestamp
        .checked_sub(origin)
        .ok_or_else(|| overflow("interval out of range"))?;
    let binned = distance
        .div_euclid(step)
        .checked_mul(step)
        .and_then(|b| origin.checked_add(b));
    check_timestamp(binned.ok_or_else(out_of_range)?)
}

pub(super) fn unknown_unit(unit: &str, type_name: &str) -> SqlError {
    SqlError::user(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("unit \"{unit}\" not recognized for type {type_name}"),
    )
}

pub(super) fn unsupported_unit(unit: &str, type_name: &str) -> SqlError {
    SqlError::unsupported(format!(
        "unit \"{unit}\" not supported for type {type_name}"
    ))
}

/// The first year of the span of `length` years that holds `year`; centuries and millennia begin
/// with years that end in 1.
fn first_year(year: i32, length: i32) -> i32 {
    (year - 1).div_euclid(length) * length + 1
}

/// SQL's `date_trunc` on local time. `type_name` is for the message.
pub fn trunc_timestamp(unit: &str, timestamp: i64, type_name: &str) -> Result<i64> {
    let lower = unit.to_ascii_lowercase();
    let step = IntervalUnit::by_name(&lower).ok_or_else(|| unknown_unit(&lower, type_name))?;
    if !is_finite(timestamp) {
        return Ok(timestamp);
    }
    let (date, time) = split(timestamp);
    let first = |year: i32, month: u8| (Ymd::new(year, month, 1), 0);
    let (date, time) = match step {
        IntervalUnit::Microsecond => (date, time),
        IntervalUnit::Millisecond => (date, time - time % 1000),
        IntervalUnit::Second => (date, time - time % MICROS_PER_SECOND),
        IntervalUnit::Minute => (date, time - time % MICROS_PER_MINUTE),
        IntervalUnit::Hour => (date, time - time % MICROS_PER_HOUR),
        IntervalUnit::Day => (date, 0),
        IntervalUnit::Week => {
            let days = timestamp.div_euclid(MICROS_PER_DAY) as i32;
            (Ymd::from_days(days - i32::from(iso_weekday(days)) + 1), 0)
        }
        IntervalUnit::Month => first(date.year, date.month),
        IntervalUnit::Quarter => first(date.year, (date.month - 1) / 3 * 3 + 1),
        IntervalUnit::Year => first(date.year, 1),
        IntervalUnit::Decade => first(date.year.div_euclid(10) * 10, 1),
        IntervalUnit::Century => first(first_year(date.year, 100), 1),
        IntervalUnit::Millennium => first(first_year(date.year, 1000), 1),
    };
    check_timestamp(join(date, time).ok_or_else(out_of_range)?)
}

pub fn trunc_interval(unit: &str, interval: &Interval) -> Result<Interval> {
    let lower = unit.to_ascii_lowercase();
    let step = IntervalUnit::by_name(&lower).ok_or_else(|| unknown_unit(&lower, "interval"))?;
    let Interval {
        months,
        days,
        micros,
    } = *interval;
    let whole = |unit: i64| Interval::new(months, days, micros - micros % unit);
    let long = |unit: i32| Interval::new(months - months % unit, 0, 0);
    Ok(match step {
        IntervalUnit::Microsecond => *interval,
        IntervalUnit::Millisecond => whole(1000),
        IntervalUnit::Second => whole(MICROS_PER_SECOND),
        IntervalUnit::Minute => whole(MICROS_PER_MINUTE),
        IntervalUnit::Hour => whole(MICROS_PER_HOUR),
        IntervalUnit::Day => Interval::new(months, days, 0),
        IntervalUnit::Week => {
            return Err(unsupported_unit(&lower, "interval")
                .detail("Months usually have fractional weeks."));
        }
        IntervalUnit::Month => long(1),
        IntervalUnit::Quarter => long(3),
        IntervalUnit::Year => long(12),
        IntervalUnit::Decade => long(120),
        IntervalUnit::Century => long(1200),
        IntervalUnit::Millennium => long(12_000),
    })
}
