//! The proleptic Gregorian calendar, days counted from 2000-01-01.
//!
//! Years begin in March here, so that the leap day is the last of its year, and 400 years are one
//! cycle of 146097 days; the rest is division.

/// Julian day number of 2000-01-01.
pub const EPOCH_JULIAN_DAY: i32 = 2_451_545;
/// Days from 0000-03-01 to 2000-01-01.
const EPOCH_SHIFT: i64 = 730_425;
const CYCLE_DAYS: i64 = 146_097;

#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Ymd {
    /// Astronomical: 0 is 1 BC.
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

impl Ymd {
    pub const fn new(year: i32, month: u8, day: u8) -> Ymd {
        Ymd { year, month, day }
    }

    pub fn from_days(days: i32) -> Ymd {
        let days = i64::from(days) + EPOCH_SHIFT;
        let (cycle, day) = (days.div_euclid(CYCLE_DAYS), days.rem_euclid(CYCLE_DAYS));
        // A leap day ends each fourth year but not each century, save the last.
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        // Months from March have 153 days in five.
        let month = (5 * day + 2) / 153;
        let day_of_month = day - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        Ymd {
            year: (cycle * 400 + year + carry) as i32,
            month: month as u8,
            day: day_of_month as u8,
        }
    }

    /// Days since 2000-01-01, of any year and for days outside the month too.
    pub fn to_days(self) -> i64 {
        let early = i64::from(self.month <= 2);
        let year = i64::from(self.year) - early;
        let month = i64::from(self.month) + 12 * early - 3;
        let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
        let days = 365 * year + year / 4 - year / 100 + (153 * month + 2) / 5 + i64::from(self.day);
        cycle * CYCLE_DAYS + days - 1 - EPOCH_SHIFT
    }
}

pub const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// 0 is Sunday.
pub fn weekday(days: i32) -> u8 {
    (i64::from(days) + 6).rem_euclid(7) as u8
}

/// 1 is Monday, 7 Sunday.
pub fn iso_weekday(days: i32) -> u8 {
    match weekday(days) {
        0 => 7,
        day => day,
    }
}

pub fn day_of_year(days: i32) -> i32 {
    let year = Ymd::from_days(days).year;
    (i64::from(days) - Ymd::new(year, 1, 1).to_days()) as i32 + 1
}

/// ISO 8601 year and week: week 1 has the year's first Thursday.
pub fn iso_week(days: i32) -> (i32, i32) {
    let thursday = i64::from(days) + 4 - i64::from(iso_weekday(days));
    let year = Ymd::from_days(thursday as i32).year;
    let week = (thursday - Ymd::new(year, 1, 1).to_days()) / 7 + 1;
    (year, week as i32)
}

/// The Monday of an ISO week.
pub fn iso_week_start(year: i32, week: i32) -> i64 {
    let fourth = Ymd::new(year, 1, 4).to_days();
    let monday = fourth - (i64::from(iso_weekday(fourth as i32)) - 1);
    monday + 7 * (i64::from(week) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_for_a_thousand_years_follows_the_one_before() {
        let mut date = Ymd::new(1599, 12, 31);
        let first = date.to_days();
        for days in first..first + 365_500 {
            assert_eq!((Ymd::from_days(days as i32), date.to_days()), (date, days));
            date = match (date.day < days_in_month(date.year, date.month), date.month) {
                (true, _) => Ymd {
                    day: date.day + 1,
                    ..date
                },
                (false, 12) => Ymd::new(date.year + 1, 1, 1),
                (false, month) => Ymd::new(date.year, month + 1, 1),
            };
        }
    }

    #[test]
    fn fixed_points() {
        assert_eq!(Ymd::new(2000, 1, 1).to_days(), 0);
        assert_eq!(
            Ymd::new(-4713, 11, 24).to_days(),
            i64::from(super::super::DATE_MIN)
        );
        assert_eq!(
            Ymd::new(5_874_898, 1, 1).to_days(),
            i64::from(super::super::DATE_END)
        );
        assert_eq!((weekday(0), iso_weekday(1)), (6, 7));
        assert_eq!(iso_week(0), (1999, 52));
        assert_eq!(iso_week_start(2020, 1), Ymd::new(2019, 12, 30).to_days());
        assert_eq!(day_of_year(Ymd::new(2020, 12, 31).to_days() as i32), 366);
    }
}
