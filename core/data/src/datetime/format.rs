//! ISO output: `2003-01-02 04:05:06.789+02`, with ` BC` behind where due.

use super::calendar::Ymd;
use super::zone::Zone;
use super::*;
use core::fmt::{Result, Write};

pub fn write_date(out: &mut impl Write, date: i32) -> Result {
    match date {
        DATE_INFINITY => out.write_str("infinity"),
        DATE_NEG_INFINITY => out.write_str("-infinity"),
        _ => {
            let date = Ymd::from_days(date);
            write_ymd(out, date)?;
            write_era(out, date)
        }
    }
}

fn write_ymd(out: &mut impl Write, date: Ymd) -> Result {
    let year = if date.year > 0 {
        date.year
    } else {
        1 - date.year
    };
    if (1000..=9999).contains(&year) {
        // The common case, without the formatting machinery.
        let two = |n: i32| [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        let [a, b] = two(year / 100);
        let [c, d] = two(year % 100);
        let [e, f] = two(i32::from(date.month));
        let [g, h] = two(i32::from(date.day));
        let text = [a, b, c, d, b'-', e, f, b'-', g, h];
        return out.write_str(core::str::from_utf8(&text).unwrap_or(""));
    }
    write!(out, "{year:04}-{:02}-{:02}", date.month, date.day)
}

fn write_era(out: &mut impl Write, date: Ymd) -> Result {
    if date.year > 0 {
        Ok(())
    } else {
        out.write_str(" BC")
    }
}

/// `04:05:06.789`, without zeros at the end of the fraction.
pub fn write_time(out: &mut impl Write, micros: i64) -> Result {
    let (seconds, fraction) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
    let two = |n: i64| [b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
    let [a, b] = two(seconds / 3600);
    let [c, d] = two(seconds / 60 % 60);
    let [e, f] = two(seconds % 60);
    let text = [a, b, b':', c, d, b':', e, f];
    out.write_str(core::str::from_utf8(&text).unwrap_or(""))?;
    write_fraction(out, fraction)
}

/// Microseconds below a second as `.789`, or nothing.
pub(super) fn write_fraction(out: &mut impl Write, micros: i64) -> Result {
    if micros == 0 {
        return Ok(());
    }
    let (mut value, mut width) = (micros, 6);
    while value % 10 == 0 {
        value /= 10;
        width -= 1;
    }
    write!(out, ".{value:0width$}")
}

pub fn write_zone(out: &mut impl Write, zone: Zone) -> Result {
    let sign = if zone.offset_seconds < 0 { '-' } else { '+' };
    let seconds = zone.offset_seconds.unsigned_abs();
    write!(out, "{sign}{:02}", seconds / 3600)?;
    if !seconds.is_multiple_of(3600) {
        write!(out, ":{:02}", seconds / 60 % 60)?;
    }
    if !seconds.is_multiple_of(60) {
        write!(out, ":{:02}", seconds % 60)?;
    }
    Ok(())
}

pub fn write_timetz(out: &mut impl Write, micros: i64, zone: Zone) -> Result {
    write_time(out, micros)?;
    write_zone(out, zone)
}

pub fn write_timestamp(out: &mut impl Write, timestamp: i64) -> Result {
    write_instant(out, timestamp, None)
}

/// An instant of UTC as the clocks of `zone` show it.
pub fn write_timestamptz(out: &mut impl Write, timestamp: i64, zone: Zone) -> Result {
    write_instant(out, timestamp, Some(zone))
}

fn write_instant(out: &mut impl Write, timestamp: i64, zone: Option<Zone>) -> Result {
    match timestamp {
        TIMESTAMP_INFINITY => return out.write_str("infinity"),
        TIMESTAMP_NEG_INFINITY => return out.write_str("-infinity"),
        _ => {}
    }
    let local = timestamp.saturating_add(zone.map_or(0, Zone::offset_micros));
    let date = Ymd::from_days(local.div_euclid(MICROS_PER_DAY) as i32);
    write_ymd(out, date)?;
    out.write_char(' ')?;
    write_time(out, local.rem_euclid(MICROS_PER_DAY))?;
    if let Some(zone) = zone {
        write_zone(out, zone)?;
    }
    write_era(out, date)
}
