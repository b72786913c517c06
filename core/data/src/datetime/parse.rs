//! What the pieces of a date or time mean.
//!
//! Pieces may come in almost any order: `2003-01-02 04:05:06+02`, `Jan 2, 2003 4 PM`,
//! `20030102T040506Z`. Each fills fields that were empty; a field filled twice is an error. Two
//! kinds of error are told apart, as PostgreSQL does: text that is no date (22007) and a date
//! that does not exist (22008).

use super::calendar::{Ymd, days_in_month};
use super::token::{Piece, pieces};
use super::zone::{Zone, parse_offset};
use super::*;
use alloc::vec::Vec;

/// Why a text is refused; the message needs the type's name and the whole text.
pub(super) enum Fault {
    Syntax,
    Field,
    /// A month or day out of range, perhaps because they are in another order.
    MonthOrDay,
    Displacement,
    OutOfRange,
}

type Read<T> = core::result::Result<T, Fault>;

/// What is special about a time that is no calendar date.
#[derive(Clone, Copy, PartialEq)]
enum Special {
    Infinity,
    NegInfinity,
    Epoch,
    Now,
    /// Midnight so many days from today.
    Day(i64),
}

#[derive(Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    julian_day: Option<i64>,
    year_digits: usize,
    text_month: bool,
    before_christ: Option<bool>,
    /// Microseconds since midnight.
    time: Option<i64>,
    afternoon: Option<bool>,
    zone: Option<Zone>,
    special: Option<Special>,
    /// A `T` was seen: a number that follows is a time.
    expect_time: bool,
}

/// Names of months may be cut to three letters.
pub(super) fn month_by_name(word: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if word == "sept" {
        return Some(9);
    }
    let found = MONTHS
        .iter()
        .position(|name| *name == word || name.get(..3) == Some(word));
    found.map(|at| at as i64 + 1)
}

fn is_weekday_name(word: &str) -> bool {
    const DAYS: [&str; 7] = [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];
    const SHORT: [&str; 12] = [
        "sun", "mon", "tue", "tues", "wed", "weds", "thu", "thur", "thurs", "fri", "sat", "tu",
    ];
    DAYS.contains(&word) || SHORT.contains(&word)
}

fn put<T>(slot: &mut Option<T>, value: T) -> Read<()> {
    match slot.replace(value) {
        Some(_) => Err(Fault::Syntax),
        None => Ok(()),
    }
}

fn whole(text: &str) -> Read<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Syntax);
    }
    text.parse().map_err(|_| Fault::Field)
}

/// Digits of a fraction of a second as microseconds, rounded as PostgreSQL's C library does.
fn fraction_micros(digits: &str) -> Read<i64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Syntax);
    }
    if let Some(value) = digits.parse::<i64>().ok().filter(|_| digits.len() <= 6) {
        return Ok(value * 10i64.pow(6 - digits.len() as u32));
    }
    let value: f64 = format!("0.{digits}").parse().unwrap_or(0.0);
    Ok(libm::rint(value * 1e6) as i64)
}

/// `hh:mm[:ss[.f]]`, or `mm:ss.f`, as microseconds; hours are not bounded here.
pub(super) fn clock_micros(text: &str) -> Read<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = clock.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [minutes, seconds] if text.contains('.') => ("0", *minutes, *seconds),
        [hours, minutes] => (*hours, *minutes, "0"),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return Err(Fault::Syntax),
    };
    let (hours, minutes, seconds) = (whole(hours)?, whole(minutes)?, whole(seconds)?);
    if minutes > 59 || seconds > 60 {
        return Err(Fault::Field);
    }
    let rest = minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND;
    let hours = hours.checked_mul(MICROS_PER_HOUR).ok_or(Fault::Field)?;
    hours
        .checked_add(rest + fraction_micros(fraction)?)
        .ok_or(Fault::Field)
}

impl Fields {
    fn read(text: &str, settings: &Settings) -> Read<Fields> {
        let mut fields = Fields::default();
        let pieces = pieces(text).ok_or(Fault::Syntax)?;
        if pieces.is_empty() {
            return Err(Fault::Syntax);
        }
        for piece in &pieces {
            match piece {
                Piece::Date(text) => fields.read_date(text, settings)?,
                Piece::Time(text) => put(&mut fields.time, clock_micros(text)?)?,
                Piece::Word(word) => fields.read_word(word)?,
                Piece::Number(text) => fields.read_number(text, settings)?,
                Piece::Signed(text) => {
                    let zone = match parse_offset(text) {
                        Some(Ok(zone)) => zone,
                        Some(Err(())) => return Err(Fault::Displacement),
                        None => return Err(Fault::Syntax),
                    };
                    if fields.time.is_none() && fields.year.is_none() {
                        return Err(Fault::Syntax);
                    }
                    // `UTC+2` is a name in POSIX's manner, west of Greenwich.
                    let sign = if fields.zone.is_some() { -1 } else { 1 };
                    let zone = Zone::east(sign * zone.offset_seconds);
                    fields.zone = Some(zone);
                }
            }
        }
        Ok(fields)
    }

    fn read_word(&mut self, word: &str) -> Read<()> {
        if let Some(month) = month_by_name(word) {
            self.text_month = true;
            // 1 Jan 2003 in month-first order: the number read as a month was the day.
            if let (Some(number), None) = (self.month, self.day) {
                self.day = Some(number);
                self.month = None;
            }
            return put(&mut self.month, month);
        }
        let special = match word {
            "infinity" | "+infinity" | "inf" | "+inf" => Special::Infinity,
            "-infinity" | "-inf" => Special::NegInfinity,
            "epoch" => Special::Epoch,
            "now" => Special::Now,
            "today" => Special::Day(0),
            "tomorrow" => Special::Day(1),
            "yesterday" => Special::Day(-1),
            "allballs" => {
                put(&mut self.zone, Zone::UTC)?;
                return put(&mut self.time, 0);
            }
            "am" | "pm" => return put(&mut self.afternoon, word == "pm"),
            "bc" | "ad" => return put(&mut self.before_christ, word == "bc"),
            "t" if self.year.is_some() || self.julian_day.is_some() => {
                self.expect_time = true;
                return Ok(());
            }
            "j" | "jd" => return Err(Fault::Syntax),
            _ if is_weekday_name(word) => return Ok(()),
            _ => {
                let zone = Zone::by_abbreviation(word).ok_or(Fault::Syntax)?;
                return put(&mut self.zone, zone);
            }
        };
        put(&mut self.special, special)
    }

    /// Three parts joined by marks; a month may be a name.
    fn read_date(&mut self, text: &str, settings: &Settings) -> Read<()> {
        let marks = ['-', '/', '.'];
        let parts: Vec<&str> = text.trim_end_matches(marks).split(marks).collect();
        if parts.len() > 3 || parts.iter().any(|part| part.is_empty()) {
            return Err(Fault::Syntax);
        }
        if self.year.is_some() || self.julian_day.is_some() {
            return Err(Fault::Syntax);
        }
        for part in &parts {
            if let Some(month) = month_by_name(&part.to_ascii_lowercase()) {
                self.text_month = true;
                put(&mut self.month, month)?;
            }
        }
        for part in &parts {
            if month_by_name(&part.to_ascii_lowercase()).is_none() {
                self.place_number(part, settings)?;
            }
        }
        // Year and day of the year: 2003-045.
        if let ([_, days], Some(_), Some(number), None) =
            (parts.as_slice(), self.year, self.month, self.day)
            && days.len() == 3
        {
            self.month = None;
            self.day_of_year = Some(number);
        }
        Ok(())
    }

    /// A number that is year, month or day, by what is missing and by how long it is.
    fn place_number(&mut self, text: &str, settings: &Settings) -> Read<()> {
        let value = whole(text)?;
        let long = text.len() >= 3;
        let year_first = settings.order == DateOrder::YearMonthDay;
        match (self.year, self.month, self.day) {
            (None, None, None) if long || year_first => self.set_year(text, value),
            (None, None, None) if settings.order == DateOrder::DayMonthYear => {
                put(&mut self.day, value)
            }
            (None, None, None) => put(&mut self.month, value),
            (Some(_), None, None) => put(&mut self.month, value),
            (Some(_), Some(_), None) => put(&mut self.day, value),
            (None, None, Some(_)) => put(&mut self.month, value),
            (None, Some(_), None) if self.text_month && (long || year_first) => {
                self.set_year(text, value)
            }
            (None, Some(_), None) => put(&mut self.day, value),
            (None, Some(_), Some(_)) => self.set_year(text, value),
            (Some(_), None, Some(_)) => put(&mut self.month, value),
            (Some(_), Some(_), Some(_)) => Err(Fault::Syntax),
        }
    }

    fn set_year(&mut self, text: &str, value: i64) -> Read<()> {
        self.year_digits = text.len();
        put(&mut self.year, value)
    }

    /// A number without marks: a whole date, a whole time, or a part.
    fn read_number(&mut self, text: &str, settings: &Settings) -> Read<()> {
        let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
        let has_date = (self.year.is_some() && self.day.is_some()) || self.julian_day.is_some();
        if self.expect_time || (has_date && matches!(digits.len(), 4 | 6)) {
            self.expect_time = false;
            return self.read_packed_time(digits, fraction);
        }
        let empty = self.year.is_none() && self.month.is_none() && self.day.is_none();
        if !fraction.is_empty() && empty && fraction.len() == 3 {
            // 2003.045: year and day of the year.
            self.day_of_year = Some(whole(fraction)?);
            return self.set_year(digits, whole(digits)?);
        }
        if text.contains('.') {
            return Err(Fault::Syntax);
        }
        if empty && matches!(digits.len(), 6 | 8) {
            let (year, rest) = digits.split_at(digits.len() - 4);
            let (month, day) = rest.split_at(2);
            self.month = Some(whole(month)?);
            self.day = Some(whole(day)?);
            return self.set_year(year, whole(year)?);
        }
        self.place_number(digits, settings)
    }

    /// hhmm, hhmmss and a fraction.
    fn read_packed_time(&mut self, digits: &str, fraction: &str) -> Read<()> {
        let part = |from: usize| whole(digits.get(from..from + 2).unwrap_or("0"));
        if !matches!(digits.len(), 2 | 4 | 6) {
            return Err(Fault::Syntax);
        }
        let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
        if minutes > 59 || seconds > 60 {
            return Err(Fault::Field);
        }
        let micros = hours * MICROS_PER_HOUR
            + minutes * MICROS_PER_MINUTE
            + seconds * MICROS_PER_SECOND
            + fraction_micros(fraction)?;
        put(&mut self.time, micros)
    }

    /// Days since 2000, if the text had a date.
    fn days(&self) -> Read<Option<i64>> {
        if let Some(julian) = self.julian_day {
            return Ok(Some(julian - i64::from(calendar::EPOCH_JULIAN_DAY)));
        }
        let Some(mut year) = self.year else {
            return match (self.month, self.day) {
                (None, None) => Ok(None),
                _ => Err(Fault::Syntax),
            };
        };
        match self.before_christ {
            Some(true) if year <= 0 => return Err(Fault::Field),
            Some(true) => year = 1 - year,
            _ if self.year_digits <= 2 => year += if year < 70 { 2000 } else { 1900 },
            _ if year == 0 => return Err(Fault::Field),
            _ => {}
        }
        let year = i32::try_from(year).map_err(|_| Fault::Field)?;
        if let Some(day) = self.day_of_year {
            return match (1..=366).contains(&day) {
                true => Ok(Some(Ymd::new(year, 1, 1).to_days() + day - 1)),
                false => Err(Fault::Field),
            };
        }
        let (Some(month), Some(day)) = (self.month, self.day) else {
            return Err(Fault::Syntax);
        };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(Fault::MonthOrDay);
        }
        let (month, day) = (month as u8, day as u8);
        match day <= days_in_month(year, month) {
            true => Ok(Some(Ymd::new(year, month, day).to_days())),
            false => Err(Fault::Field),
        }
    }

    /// Microseconds since midnight; 24:00 is allowed.
    fn time_of_day(&self) -> Read<Option<i64>> {
        let Some(mut time) = self.time else {
            return if self.afternoon.is_some() {
                Err(Fault::Syntax)
            } else {
                Ok(None)
            };
        };
        if let Some(afternoon) = self.afternoon {
            let hour = time / MICROS_PER_HOUR;
            if !(1..=12).contains(&hour) {
                return Err(Fault::Field);
            }
            let twelve = 12 * MICROS_PER_HOUR;
            time = time % twelve + if afternoon { twelve } else { 0 };
        }
        if time > MICROS_PER_DAY {
            Err(Fault::Field)
        } else {
            Ok(Some(time))
        }
    }
}

fn explain(fault: Fault, type_name: &str, text: &str) -> SqlError {
    let field = |message: &str, code| SqlError::user(code, format!("{message}: \"{text}\""));
    let field_message = "date/time field value out of range";
    match fault {
        Fault::Syntax => bad_syntax(type_name, text),
        Fault::Field => field(field_message, SqlState::DATETIME_FIELD_OVERFLOW),
        Fault::MonthOrDay => field(field_message, SqlState::DATETIME_FIELD_OVERFLOW)
            .hint("Perhaps you need a different \"datestyle\" setting."),
        Fault::Displacement => field(
            "time zone displacement out of range",
            SqlState::INVALID_TIME_ZONE_DISPLACEMENT,
        ),
        Fault::OutOfRange => {
            let base = type_name.split(' ').next().unwrap_or(type_name);
            field(
                &format!("{base} out of range"),
                SqlState::DATETIME_FIELD_OVERFLOW,
            )
        }
    }
}

/// `J2451545` stands for a Julian day and looks like no other piece.
fn julian_prefix(text: &str) -> Option<(i64, &str)> {
    let body = text.trim_start().strip_prefix(['J', 'j'])?;
    let end = body
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(body.len());
    let (digits, rest) = body.split_at(end);
    Some((digits.parse().ok()?, rest))
}

fn read_fields(text: &str, settings: &Settings) -> Read<Fields> {
    match julian_prefix(text) {
        Some((julian_day, rest)) if rest.trim().is_empty() => Ok(Fields {
            julian_day: Some(julian_day),
            ..Fields::default()
        }),
        Some((julian_day, rest)) => Ok(Fields {
            julian_day: Some(julian_day),
            ..Fields::read(rest, settings)?
        }),
        None => Fields::read(text, settings),
    }
}

fn local_now(settings: &Settings) -> i64 {
    settings.now + settings.zone.offset_micros()
}

pub fn parse_date(text: &str, settings: &Settings) -> Result<i32> {
    date_of(text, settings).map_err(|fault| explain(fault, "date", text))
}

fn date_of(text: &str, settings: &Settings) -> Read<i32> {
    let fields = read_fields(text, settings)?;
    let today = local_now(settings).div_euclid(MICROS_PER_DAY);
    let days = match fields.special {
        Some(Special::Infinity) => return Ok(DATE_INFINITY),
        Some(Special::NegInfinity) => return Ok(DATE_NEG_INFINITY),
        Some(Special::Epoch) => UNIX_EPOCH_MICROS / MICROS_PER_DAY,
        Some(Special::Now) => today,
        Some(Special::Day(offset)) => today + offset,
        None => fields.days()?.ok_or(Fault::Syntax)?,
    };
    fields.time_of_day()?;
    check_date(days).map_err(|_| Fault::OutOfRange)
}

/// Local microseconds and the zone, if one was named. `Err` in the result is an infinity.
fn instant_of(
    text: &str,
    settings: &Settings,
) -> Read<core::result::Result<(i64, Option<Zone>), i64>> {
    let fields = read_fields(text, settings)?;
    let time = fields.time_of_day()?;
    let midnight = local_now(settings).div_euclid(MICROS_PER_DAY);
    let days = match fields.special {
        Some(Special::Infinity) => return Ok(Err(TIMESTAMP_INFINITY)),
        Some(Special::NegInfinity) => return Ok(Err(TIMESTAMP_NEG_INFINITY)),
        Some(Special::Epoch) => return Ok(Ok((UNIX_EPOCH_MICROS, Some(Zone::UTC)))),
        Some(Special::Now) => return Ok(Ok((local_now(settings), Some(settings.zone)))),
        Some(Special::Day(offset)) => midnight + offset,
        None => fields.days()?.ok_or(Fault::Syntax)?,
    };
    let micros = days
        .checked_mul(MICROS_PER_DAY)
        .and_then(|d| d.checked_add(time.unwrap_or(0)));
    Ok(Ok((micros.ok_or(Fault::OutOfRange)?, fields.zone)))
}

/// A zone in the text is read and ignored, as the standard wants.
pub fn parse_timestamp(text: &str, settings: &Settings) -> Result<i64> {
    const NAME: &str = "timestamp";
    match instant_of(text, settings) {
        Ok(Ok((micros, _))) => {
            check_timestamp(micros).map_err(|_| explain(Fault::OutOfRange, NAME, text))
        }
        Ok(Err(infinity)) => Ok(infinity),
        Err(fault) => Err(explain(fault, NAME, text)),
    }
}

pub fn parse_timestamptz(text: &str, settings: &Settings) -> Result<i64> {
    const NAME: &str = "timestamp with time zone";
    match instant_of(text, settings) {
        Ok(Ok((micros, zone))) => {
            let utc = micros.checked_sub(zone.unwrap_or(settings.zone).offset_micros());
            let checked = utc.and_then(|utc| check_timestamp(utc).ok());
            checked.ok_or_else(|| explain(Fault::OutOfRange, NAME, text))
        }
        Ok(Err(infinity)) => Ok(infinity),
        Err(fault) => Err(explain(fault, NAME, text)),
    }
}

pub fn parse_time(text: &str, settings: &Settings) -> Result<i64> {
    match time_of(text, settings) {
        Ok((micros, _)) => Ok(micros),
        Err(fault) => Err(explain(fault, "time", text)),
    }
}

/// Time of day and its zone.
pub fn parse_timetz(text: &str, settings: &Settings) -> Result<(i64, Zone)> {
    match time_of(text, settings) {
        Ok((micros, zone)) => Ok((micros, zone.unwrap_or(settings.zone))),
        Err(fault) => Err(explain(fault, "time with time zone", text)),
    }
}

fn time_of(text: &str, settings: &Settings) -> Read<(i64, Option<Zone>)> {
    // 040506 by itself is a time here, where no date can be meant.
    let body = text.trim();
    if body.len() >= 4 && body.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let mut fields = Fields::default();
        let (digits, fraction) = body.split_once('.').unwrap_or((body, ""));
        fields.read_packed_time(digits, fraction)?;
        return Ok((fields.time_of_day()?.ok_or(Fault::Syntax)?, None));
    }
    let body = body.strip_prefix(['t', 'T']).unwrap_or(body);
    let fields = read_fields(body, settings)?;
    if let Some(Special::Now) = fields.special {
        return Ok((
            local_now(settings).rem_euclid(MICROS_PER_DAY),
            Some(settings.zone),
        ));
    }
    let time = fields.time_of_day()?.ok_or(Fault::Syntax)?;
    fields.days()?;
    Ok((time, fields.zone))
}
