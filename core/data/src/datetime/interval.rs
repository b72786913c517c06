//! Intervals: months, days and microseconds, which do not convert into one another.
//!
//! A month has no fixed length, nor has a day where clocks change; so the three are kept apart and
//! only comparison pretends that a month is 30 days and a day 24 hours. Multiplying and dividing
//! carry fractions downwards by the same pretence, never upwards; `justify_*` carry upwards.

use super::*;
use core::cmp::Ordering;
use core::fmt::Write;

#[derive(Clone, Copy, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

fn out_of_range() -> SqlError {
    overflow("interval out of range")
}

impl Interval {
    pub const ZERO: Interval = Interval {
        months: 0,
        days: 0,
        micros: 0,
    };

    pub const fn new(months: i32, days: i32, micros: i64) -> Interval {
        Interval {
            months,
            days,
            micros,
        }
    }

    /// The length that comparison sees, in microseconds.
    pub fn span(&self) -> i128 {
        let days = i128::from(self.months) * 30 + i128::from(self.days);
        days * i128::from(MICROS_PER_DAY) + i128::from(self.micros)
    }

    pub fn compare(&self, other: &Interval) -> Ordering {
        self.span().cmp(&other.span())
    }

    /// Equal in all three parts, which `==` does not ask for.
    pub fn is_same(&self, other: &Interval) -> bool {
        (self.months, self.days, self.micros) == (other.months, other.days, other.micros)
    }

    pub fn neg(&self) -> Result<Interval> {
        Interval::ZERO.sub(self)
    }

    pub fn add(&self, other: &Interval) -> Result<Interval> {
        let parts = self
            .months
            .checked_add(other.months)
            .zip(self.days.checked_add(other.days));
        let (months, days) = parts.ok_or_else(out_of_range)?;
        let micros = self
            .micros
            .checked_add(other.micros)
            .ok_or_else(out_of_range)?;
        Ok(Interval {
            months,
            days,
            micros,
        })
    }

    pub fn sub(&self, other: &Interval) -> Result<Interval> {
        let parts = self
            .months
            .checked_sub(other.months)
            .zip(self.days.checked_sub(other.days));
        let (months, days) = parts.ok_or_else(out_of_range)?;
        let micros = self
            .micros
            .checked_sub(other.micros)
            .ok_or_else(out_of_range)?;
        Ok(Interval {
            months,
            days,
            micros,
        })
    }

    pub fn mul(&self, factor: f64) -> Result<Interval> {
        self.scaled(|part| part * factor)
    }

    pub fn div(&self, divisor: f64) -> Result<Interval> {
        if divisor == 0.0 {
            return Err(SqlError::division_by_zero());
        }
        self.scaled(|part| part / divisor)
    }

    /// Each part scaled, its fraction carried into the next smaller one.
    fn scaled(&self, scale: impl Fn(f64) -> f64) -> Result<Interval> {
        const SECONDS_PER_DAY: f64 = 86_400.0;
        let months = to_i32(scale(f64::from(self.months)))?;
        let days = to_i32(scale(f64::from(self.days)))?;
        let month_rest = scale(f64::from(self.months)) - f64::from(months);
        let mut month_days = tidy(month_rest * 30.0);
        let day_part = scale(f64::from(self.days)) - f64::from(days);
        let mut seconds = tidy((day_part + month_days - libm::trunc(month_days)) * SECONDS_PER_DAY);
        // Rounding may have made a whole day of the seconds.
        if seconds.abs() >= SECONDS_PER_DAY {
            month_days += libm::trunc(seconds / SECONDS_PER_DAY);
            seconds -= libm::trunc(seconds / SECONDS_PER_DAY) * SECONDS_PER_DAY;
        }
        let days = days
            .checked_add(to_i32(month_days)?)
            .ok_or_else(out_of_range)?;
        let micros = libm::rint(scale(self.micros as f64) + seconds * 1e6);
        if micros.is_nan() || micros.abs() >= 9_223_372_036_854_775_807.0 {
            return Err(out_of_range());
        }
        Ok(Interval {
            months,
            days,
            micros: micros as i64,
        })
    }

    /// Thirty days to the month.
    pub fn justify_days(&self) -> Result<Interval> {
        let months = self
            .months
            .checked_add(self.days / 30)
            .ok_or_else(out_of_range)?;
        let mut result = Interval {
            months,
            days: self.days % 30,
            micros: self.micros,
        };
        result.match_signs_of_days();
        Ok(result)
    }

    /// Twenty-four hours to the day.
    pub fn justify_hours(&self) -> Result<Interval> {
        let whole = i32::try_from(self.micros / MICROS_PER_DAY).map_err(|_| out_of_range())?;
        let days = self.days.checked_add(whole).ok_or_else(out_of_range)?;
        let mut result = Interval {
            months: self.months,
            days,
            micros: self.micros % MICROS_PER_DAY,
        };
        result.match_signs_of_time();
        Ok(result)
    }

    pub fn justify(&self) -> Result<Interval> {
        let mut result = self.justify_hours()?.justify_days()?;
        // Days and time may disagree with the months that they now follow.
        if result.months > 0 && (result.days < 0 || (result.days == 0 && result.micros < 0)) {
            result.days += 30;
            result.months -= 1;
        } else if result.months < 0 && (result.days > 0 || (result.days == 0 && result.micros > 0))
        {
            result.days -= 30;
            result.months += 1;
        }
        result.match_signs_of_time();
        Ok(result)
    }

    fn match_signs_of_days(&mut self) {
        if self.months > 0 && self.days < 0 {
            self.days += 30;
            self.months -= 1;
        } else if self.months < 0 && self.days > 0 {
            self.days -= 30;
            self.months += 1;
        }
    }

    fn match_signs_of_time(&mut self) {
        if self.days > 0 && self.micros < 0 {
            self.micros += MICROS_PER_DAY;
            self.days -= 1;
        } else if self.days < 0 && self.micros > 0 {
            self.micros -= MICROS_PER_DAY;
            self.days += 1;
        }
    }
}

/// Fractions are cut to microseconds before they are carried, lest 0.1 months be a day short.
fn tidy(value: f64) -> f64 {
    libm::rint(value * 1e6) / 1e6
}

fn to_i32(value: f64) -> Result<i32> {
    match value.abs() < 2_147_483_648.0 {
        true => Ok(value as i32),
        false => Err(out_of_range()),
    }
}

/// Equal as SQL's `=` is: `1 month` equals `30 days`.
impl PartialEq for Interval {
    fn eq(&self, other: &Interval) -> bool {
        self.span() == other.span()
    }
}

impl Eq for Interval {}

/// PostgreSQL's own style: `1 year 2 mons -3 days +04:05:06`. A part after a negative one shows a
/// plus.
impl core::fmt::Display for Interval {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut written = false;
        let mut negative_before = false;
        let parts = [
            (self.months / 12, "year"),
            (self.months % 12, "mon"),
            (self.days, "day"),
        ];
        for (value, unit) in parts.into_iter().filter(|(value, _)| *value != 0) {
            if written {
                f.write_char(' ')?;
            }
            let plus = if negative_before && value > 0 {
                "+"
            } else {
                ""
            };
            let plural = if value == 1 { "" } else { "s" };
            write!(f, "{plus}{value} {unit}{plural}")?;
            negative_before = value < 0;
            written = true;
        }
        if written && self.micros == 0 {
            return Ok(());
        }
        if written {
            f.write_char(' ')?;
        }
        if self.micros < 0 {
            f.write_char('-')?;
        } else if negative_before {
            f.write_char('+')?;
        }
        let micros = self.micros.unsigned_abs();
        let seconds = micros / MICROS_PER_SECOND as u64;
        write!(
            f,
            "{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )?;
        super::format::write_fraction(f, (micros % MICROS_PER_SECOND as u64) as i64)
    }
}
