//! Reading intervals: units in words, clock times, ISO 8601 (`P1Y2M3DT4H5M6S`), `... ago`.
//!
//! Fractions go downwards: 1.5 years is 18 months, 1.5 months 1 month 15 days, 1.5 days 1 day 12
//! hours. A number without a unit counts in the unit that the type names (`INTERVAL '3' DAY`), or
//! in seconds.

use super::parse::clock_micros;
use super::token::{Cursor, Piece, pieces};
use super::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntervalUnit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
}

use IntervalUnit::*;

const UNITS: &[(&str, IntervalUnit)] = &[
    ("us", Microsecond),
    ("usec", Microsecond),
    ("usecs", Microsecond),
    ("microsecon", Microsecond),
    ("microsecond", Microsecond),
    ("microseconds", Microsecond),
    ("usecond", Microsecond),
    ("useconds", Microsecond),
    ("ms", Millisecond),
    ("msec", Millisecond),
    ("msecs", Millisecond),
    ("millisecond", Millisecond),
    ("milliseconds", Millisecond),
    ("mseconds", Millisecond),
    ("s", Second),
    ("sec", Second),
    ("secs", Second),
    ("second", Second),
    ("seconds", Second),
    ("m", Minute),
    ("min", Minute),
    ("mins", Minute),
    ("minute", Minute),
    ("minutes", Minute),
    ("h", Hour),
    ("hr", Hour),
    ("hrs", Hour),
    ("hour", Hour),
    ("hours", Hour),
    ("d", Day),
    ("day", Day),
    ("days", Day),
    ("w", Week),
    ("week", Week),
    ("weeks", Week),
    ("mon", Month),
    ("mons", Month),
    ("month", Month),
    ("months", Month),
    ("qtr", Quarter),
    ("quarter", Quarter),
    ("y", Year),
    ("yr", Year),
    ("yrs", Year),
    ("year", Year),
    ("years", Year),
    ("dec", Decade),
    ("decs", Decade),
    ("decade", Decade),
    ("decades", Decade),
    ("c", Century),
    ("cent", Century),
    ("century", Century),
    ("centuries", Century),
    ("mil", Millennium),
    ("mils", Millennium),
    ("millennium", Millennium),
    ("millennia", Millennium),
];

impl IntervalUnit {
    pub fn by_name(word: &str) -> Option<IntervalUnit> {
        UNITS
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, unit)| *unit)
    }
}

enum Fault {
    Syntax,
    Range,
}

type Read<T> = core::result::Result<T, Fault>;

/// A number as whole part and fraction, both with the number's sign.
#[derive(Clone, Copy)]
struct Amount {
    whole: i64,
    fraction: f64,
}

fn amount(text: &str) -> Read<Amount> {
    let (negative, body) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if body.is_empty() || body == "." || !digits(whole) || !digits(fraction) {
        return Err(Fault::Syntax);
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().map_err(|_| Fault::Range)?
    };
    let fraction: f64 = match fraction.is_empty() {
        true => 0.0,
        false => format!("0.{fraction}").parse().map_err(|_| Fault::Syntax)?,
    };
    let sign = if negative { -1 } else { 1 };
    Ok(Amount {
        whole: sign * whole,
        fraction: sign as f64 * fraction,
    })
}

#[derive(Default)]
struct Sum {
    interval: Interval,
    any: bool,
    /// Units seen, one bit each: words may name a unit once.
    seen: u16,
}

impl Sum {
    fn see(&mut self, units: &[IntervalUnit]) -> Read<()> {
        let mask = units
            .iter()
            .fold(0u16, |mask, unit| mask | 1 << *unit as u16);
        if self.seen & mask != 0 {
            return Err(Fault::Syntax);
        }
        self.seen |= mask;
        Ok(())
    }

    fn add_micros(&mut self, micros: i64) -> Read<()> {
        self.any = true;
        let sum = self
            .interval
            .micros
            .checked_add(micros)
            .ok_or(Fault::Range)?;
        self.interval.micros = sum;
        Ok(())
    }

    fn add_days(&mut self, days: i64) -> Read<()> {
        self.any = true;
        let days = i32::try_from(days).map_err(|_| Fault::Range)?;
        self.interval.days = self.interval.days.checked_add(days).ok_or(Fault::Range)?;
        Ok(())
    }

    fn add_months(&mut self, months: i64) -> Read<()> {
        self.any = true;
        let months = i32::try_from(months).map_err(|_| Fault::Range)?;
        self.interval.months = self
            .interval
            .months
            .checked_add(months)
            .ok_or(Fault::Range)?;
        Ok(())
    }

    /// A fraction of so many days: whole days and time.
    fn add_fraction_days(&mut self, fraction: f64, days: f64) -> Read<()> {
        let total = fraction * days;
        let whole = libm::trunc(total);
        self.add_days(whole as i64)?;
        self.add_micros(libm::rint((total - whole) * MICROS_PER_DAY as f64) as i64)
    }

    fn add(&mut self, amount: Amount, unit: IntervalUnit) -> Read<()> {
        let micros = |sum: &mut Sum, each: i64| {
            let whole = amount.whole.checked_mul(each).ok_or(Fault::Range)?;
            sum.add_micros(whole)?;
            sum.add_micros(libm::rint(amount.fraction * each as f64) as i64)
        };
        let months = |sum: &mut Sum, each: i64| {
            sum.add_months(amount.whole.checked_mul(each).ok_or(Fault::Range)?)?;
            sum.add_months(libm::rint(amount.fraction * each as f64) as i64)
        };
        match unit {
            Microsecond => micros(self, 1),
            Millisecond => micros(self, 1000),
            Second => micros(self, MICROS_PER_SECOND),
            Minute => micros(self, MICROS_PER_MINUTE),
            Hour => micros(self, MICROS_PER_HOUR),
            Day => {
                self.add_days(amount.whole)?;
                self.add_fraction_days(amount.fraction, 1.0)
            }
            Week => {
                self.add_days(amount.whole.checked_mul(7).ok_or(Fault::Range)?)?;
                self.add_fraction_days(amount.fraction, 7.0)
            }
            Month => {
                self.add_months(amount.whole)?;
                self.add_fraction_days(amount.fraction, 30.0)
            }
            Quarter => Err(Fault::Syntax),
            Year => months(self, 12),
            Decade => months(self, 120),
            Century => months(self, 1200),
            Millennium => months(self, 12_000),
        }
    }

    /// `04:05`, `-04:05:06.7`, or `1:02.5`, which is minutes and seconds.
    fn add_clock(&mut self, text: &str) -> Read<()> {
        let (negative, body) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        self.see(&[Hour, Minute, Second])?;
        let micros = clock_micros(body).map_err(|fault| match fault {
            super::parse::Fault::Syntax => Fault::Syntax,
            _ => Fault::Range,
        })?;
        self.add_micros(if negative { -micros } else { micros })
    }

    /// `1-2`: years and months, with one sign for both.
    fn add_years_months(&mut self, text: &str) -> Read<()> {
        let (negative, body) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        self.see(&[Year, Month])?;
        let (years, months) = body.split_once('-').ok_or(Fault::Syntax)?;
        let whole = |part: &str| match part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit())
        {
            true => Err(Fault::Syntax),
            false => part.parse::<i64>().map_err(|_| Fault::Range),
        };
        let (years, months) = (whole(years)?, whole(months)?);
        if months >= 12 {
            return Err(Fault::Range);
        }
        let total = years
            .checked_mul(12)
            .and_then(|y| y.checked_add(months))
            .ok_or(Fault::Range)?;
        self.add_months(if negative { -total } else { total })
    }
}

pub fn parse_interval(text: &str) -> Result<Interval> {
    parse_interval_as(text, Second)
}

/// `unit` is what a number without one counts in.
pub fn parse_interval_as(text: &str, unit: IntervalUnit) -> Result<Interval> {
    let body = text.trim();
    let read = match body.strip_prefix(['P', 'p']) {
        Some(iso) => read_iso(iso),
        None => read_words(body, unit),
    };
    read.map_err(|fault| match fault {
        Fault::Syntax => bad_syntax("interval", text),
        Fault::Range => SqlError::user(
            SqlState::INTERVAL_FIELD_OVERFLOW,
            format!("interval field value out of range: \"{text}\""),
        ),
    })
}

fn read_words(text: &str, unit: IntervalUnit) -> Read<Interval> {
    let pieces = pieces(text).ok_or(Fault::Syntax)?;
    let mut sum = Sum::default();
    let mut ago = false;
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        at += 1;
        let (number, is_last) = match piece {
            Piece::Time(text) => {
                sum.add_clock(text)?;
                continue;
            }
            Piece::Signed(text) if text.contains(':') => {
                sum.add_clock(text)?;
                continue;
            }
            Piece::Date(text) => {
                sum.add_years_months(text)?;
                continue;
            }
            Piece::Signed(text) if text.get(1..).is_some_and(|rest| rest.contains('-')) => {
                sum.add_years_months(text)?;
                continue;
            }
            Piece::Word(word) if word == "@" && at == 1 => continue,
            Piece::Word(word) if word == "ago" && at == pieces.len() && sum.any => {
                ago = true;
                continue;
            }
            Piece::Word(_) => return Err(Fault::Syntax),
            Piece::Number(text) => (amount(text)?, at == pieces.len()),
            Piece::Signed(text) => (amount(text)?, at == pieces.len()),
        };
        match pieces.get(at) {
            Some(Piece::Word(word)) if word != "ago" => {
                at += 1;
                let unit = IntervalUnit::by_name(word).ok_or(Fault::Syntax)?;
                sum.see(&[unit])?;
                sum.add(number, unit)?;
            }
            // A number before a clock time counts days: 3 04:05:06.
            Some(Piece::Time(_)) => {
                sum.see(&[Day])?;
                sum.add(number, Day)?;
            }
            Some(Piece::Signed(text)) if text.contains(':') => sum.add(number, Day)?,
            _ if is_last || matches!(pieces.get(at), Some(Piece::Word(_))) => {
                sum.see(&[unit])?;
                sum.add(number, unit)?;
            }
            _ => return Err(Fault::Syntax),
        }
    }
    if !sum.any {
        return Err(Fault::Syntax);
    }
    match ago {
        true => sum.interval.neg().map_err(|_| Fault::Range),
        false => Ok(sum.interval),
    }
}

/// What follows the `P`.
fn read_iso(text: &str) -> Read<Interval> {
    let mut sum = Sum::default();
    // The other form of the standard: P0001-02-03T04:05:06.
    let (date, clock) = text.split_once('T').unwrap_or((text, ""));
    if let (Some((months, days)), true) = (date.rsplit_once('-'), clock.contains(':')) {
        sum.add_years_months(months)?;
        sum.add(amount(days)?, Day)?;
        sum.add_clock(clock)?;
        return Ok(sum.interval);
    }
    let mut cursor = Cursor::new(text);
    let mut in_time = false;
    while !cursor.is_end() {
        if !in_time && cursor.eat('T') {
            in_time = true;
            sum.any = true;
            continue;
        }
        let number = cursor.take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
        let unit = match (cursor.peek().ok_or(Fault::Syntax)?, in_time) {
            ('Y', false) => Year,
            ('M', false) => Month,
            ('W', false) => Week,
            ('D', false) => Day,
            ('H', true) => Hour,
            ('M', true) => Minute,
            ('S', true) => Second,
            _ => return Err(Fault::Syntax),
        };
        cursor.take_while(|c| c.is_ascii_alphabetic() && c != 'T');
        sum.add(amount(number)?, unit)?;
    }
    if sum.any {
        Ok(sum.interval)
    } else {
        Err(Fault::Syntax)
    }
}
