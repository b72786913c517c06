//! Intervals: months, days and microseconds, which do not convert into one another.
//!
//! A month has no fixed length, nor has a day where clocks change; so the three are kept apart and
//! only comparison pretends that a month is 30 days and a day 24 hours.

use super::MICROS_PER_DAY;
use core::cmp::Ordering;

#[derive(Clone, Copy, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
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
}

/// Equal as SQL's `=` is: `1 month` equals `30 days`.
impl PartialEq for Interval {
    fn eq(&self, other: &Interval) -> bool {
        self.span() == other.span()
    }
}

impl Eq for Interval {}
