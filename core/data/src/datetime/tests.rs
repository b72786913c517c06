//! Answers of PostgreSQL 15, by hand.

use super::*;
use alloc::string::{String, ToString};

fn settings() -> Settings {
    Settings::default()
}

fn stamp(text: &str) -> i64 {
    parse_timestamp(text, &settings()).unwrap()
}

fn shown(timestamp: i64) -> String {
    let mut out = String::new();
    write_timestamp(&mut out, timestamp).unwrap();
    out
}

fn shown_date(date: i32) -> String {
    let mut out = String::new();
    write_date(&mut out, date).unwrap();
    out
}

fn interval(text: &str) -> Interval {
    parse_interval(text).unwrap()
}

#[test]
fn dates_in_many_spellings() {
    for (text, iso) in [
        ("2003-01-02", "2003-01-02"),
        ("1/2/2003", "2003-01-02"),
        ("20030102", "2003-01-02"),
        ("030102", "2003-01-02"),
        ("Jan 2, 2003", "2003-01-02"),
        ("January 2 2003", "2003-01-02"),
        ("2 Jan 2003", "2003-01-02"),
        ("02-Jan-2003", "2003-01-02"),
        ("2003-Jan-02", "2003-01-02"),
        ("Jan-02-2003", "2003-01-02"),
        ("Thu, 2 Jan 03", "2003-01-02"),
        ("2003.045", "2003-02-14"),
        ("J2451545", "2000-01-01"),
        ("0044-03-15 BC", "0044-03-15 BC"),
        ("1/2/99", "1999-01-02"),
        ("12345-06-07", "12345-06-07"),
        ("infinity", "infinity"),
        ("epoch", "1970-01-01"),
        ("2003-01-02 13:00", "2003-01-02"),
    ] {
        assert_eq!(
            shown_date(parse_date(text, &settings()).unwrap()),
            iso,
            "{text}"
        );
    }
}

#[test]
fn timestamps_in_many_spellings() {
    for (text, iso) in [
        ("2003-01-02 03:04:05", "2003-01-02 03:04:05"),
        ("2003-01-02T03:04:05.6789123Z", "2003-01-02 03:04:05.678912"),
        ("20030102T030405", "2003-01-02 03:04:05"),
        ("2003-01-02 3:04 PM", "2003-01-02 15:04:00"),
        ("2003-01-02 12:00 AM", "2003-01-02 00:00:00"),
        ("2003-01-02", "2003-01-02 00:00:00"),
        ("2003-01-02 24:00", "2003-01-03 00:00:00"),
        ("2003-01-02 23:59:60", "2003-01-03 00:00:00"),
        ("2003-01-02 03:04:05+02", "2003-01-02 03:04:05"),
        ("-infinity", "-infinity"),
    ] {
        assert_eq!(shown(stamp(text)), iso, "{text}");
    }
    let at = |text: &str| {
        parse_timestamptz(
            text,
            &Settings {
                zone: Zone::east(3600),
                ..settings()
            },
        )
    };
    assert_eq!(
        shown(at("2003-01-02 03:00").unwrap()),
        "2003-01-02 02:00:00"
    );
    assert_eq!(
        shown(at("2003-01-02 03:00 PST").unwrap()),
        "2003-01-02 11:00:00"
    );
    assert_eq!(
        shown(at("2003-01-02 03:00-05:30").unwrap()),
        "2003-01-02 08:30:00"
    );
    let mut out = String::new();
    write_timestamptz(&mut out, stamp("2003-01-02 23:00"), Zone::east(19_800)).unwrap();
    assert_eq!(out, "2003-01-03 04:30:00+05:30");
}

#[test]
fn refusals_say_why() {
    let refused = |text: &str| {
        let error = parse_timestamp(text, &settings()).unwrap_err();
        (error.code.as_str().to_string(), error.message.clone())
    };
    assert_eq!(
        refused("x").1,
        "invalid input syntax for type timestamp: \"x\""
    );
    assert_eq!(refused("").0, "22007");
    assert_eq!(
        refused("2003-02-29").1,
        "date/time field value out of range: \"2003-02-29\""
    );
    assert_eq!(refused("2003-13-01").0, "22008");
    assert_eq!(refused("2003-01-01 25:00").0, "22008");
    assert_eq!(
        refused("300000-01-01").1,
        "timestamp out of range: \"300000-01-01\""
    );
    assert_eq!(refused("2003-01-01 00:00+20").0, "22009");
    for wrong in [
        "2003",
        "2003-01",
        "12:00",
        "2003-01-01 x",
        "2003-01-01 1 2 3",
        "--",
        "1:2:3:4",
    ] {
        assert!(parse_timestamp(wrong, &settings()).is_err(), "{wrong}");
    }
}

#[test]
fn intervals_read_and_print() {
    for (text, printed) in [
        (
            "1 year 2 months 3 days 4 hours",
            "1 year 2 mons 3 days 04:00:00",
        ),
        ("1.5 years", "1 year 6 mons"),
        ("1.5 months", "1 mon 15 days"),
        ("1.5 days", "1 day 12:00:00"),
        ("1.5 weeks", "10 days 12:00:00"),
        ("1-2", "1 year 2 mons"),
        ("3 04:05:06", "3 days 04:05:06"),
        ("-1 day +02:03", "-1 days +02:03:00"),
        ("P1Y2M3DT4H5M6.5S", "1 year 2 mons 3 days 04:05:06.5"),
        ("@ 1 day ago", "-1 days"),
        ("90", "00:01:30"),
        ("1:02.5", "00:01:02.5"),
        ("100 hours", "100:00:00"),
        ("-1 mon", "-1 mons"),
        ("1 mon -1 days", "1 mon -1 days"),
        ("-1 year 3 days", "-1 years +3 days"),
        ("0", "00:00:00"),
        ("2 decades 1 century", "120 years"),
        ("1us 1ms", "00:00:00.001001"),
    ] {
        assert_eq!(interval(text).to_string(), printed, "{text}");
    }
    for wrong in ["", "x", "1 foo", "P", "1 day 1 day", "ago", "1 2 3"] {
        assert!(parse_interval(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        parse_interval_as("3", IntervalUnit::Day)
            .unwrap()
            .to_string(),
        "3 days"
    );
}

#[test]
fn arithmetic() {
    let plus = |text: &str, by: &str| shown(add_to_timestamp(stamp(text), &interval(by)).unwrap());
    assert_eq!(plus("2004-01-31", "1 month"), "2004-02-29 00:00:00");
    assert_eq!(plus("2004-02-29", "-1 year"), "2003-02-28 00:00:00");
    assert_eq!(plus("2004-12-31 23:00", "2 hours"), "2005-01-01 01:00:00");
    let minus = |a: &str, b: &str| subtract_timestamps(stamp(a), stamp(b)).unwrap().to_string();
    assert_eq!(
        minus("2004-03-01 01:00", "2004-02-28 02:00"),
        "1 day 23:00:00"
    );
    let aged = |a: &str, b: &str| age(stamp(a), stamp(b)).unwrap().to_string();
    assert_eq!(aged("2001-04-10", "1957-06-13"), "43 years 9 mons 27 days");
    assert_eq!(
        aged("1957-06-13", "2001-04-10"),
        "-43 years -9 mons -27 days"
    );
    let cut =
        |unit: &str| shown(trunc_timestamp(unit, stamp("2019-08-15 13:14:15.678"), "x").unwrap());
    assert_eq!(cut("quarter"), "2019-07-01 00:00:00");
    assert_eq!(cut("week"), "2019-08-12 00:00:00");
    assert_eq!(cut("century"), "2001-01-01 00:00:00");
    assert_eq!(cut("minute"), "2019-08-15 13:14:00");
    assert_eq!(
        interval("1 month").mul(1.5).unwrap().to_string(),
        "1 mon 15 days"
    );
    assert_eq!(interval("1 month").div(3.0).unwrap().to_string(), "10 days");
    assert_eq!(interval("1 day").mul(0.1).unwrap().to_string(), "02:24:00");
    assert_eq!(
        interval("35 days 25 hours").justify().unwrap().to_string(),
        "1 mon 6 days 01:00:00"
    );
    assert_eq!(shown_date(make_date(-44, 3, 15).unwrap()), "0044-03-15 BC");
    assert_eq!(
        shown(
            bin(
                &interval("15 min"),
                stamp("2020-02-11 15:44:17"),
                stamp("2001-01-01")
            )
            .unwrap()
        ),
        "2020-02-11 15:30:00"
    );
}

#[test]
fn fields() {
    let of = |name: &str| {
        extract_timestamp(name, stamp("2003-02-16 20:38:40.12"))
            .unwrap()
            .unwrap()
            .to_string()
    };
    for (name, value) in [
        ("century", "21"),
        ("day", "16"),
        ("decade", "200"),
        ("dow", "0"),
        ("isodow", "7"),
        ("doy", "47"),
        ("epoch", "1045427920.120000"),
        ("hour", "20"),
        ("isoyear", "2003"),
        ("microseconds", "40120000"),
        ("millennium", "3"),
        ("milliseconds", "40120.000"),
        ("minute", "38"),
        ("month", "2"),
        ("quarter", "1"),
        ("second", "40.120000"),
        ("week", "7"),
        ("year", "2003"),
        ("julian", "2452687.86018657407407407407"),
    ] {
        assert_eq!(of(name), value, "{name}");
    }
    assert!(extract_timestamp("foo", 0).is_err() && extract_date("hour", 0).is_err());
    assert!(
        extract_timestamp("day", TIMESTAMP_INFINITY)
            .unwrap()
            .is_none()
    );
    let epoch = extract_interval("epoch", &interval("1 year 2 mons 3 days 4 sec")).unwrap();
    assert_eq!(epoch.unwrap().to_string(), "37000804.000000");
}

#[test]
fn templates() {
    let char = |template: &str| {
        timestamp_to_char(stamp("2003-02-06 20:08:04.0125"), Some(Zone::UTC), template).unwrap()
    };
    assert_eq!(char("YYYY-MM-DD HH24:MI:SS.MS"), "2003-02-06 20:08:04.012");
    assert_eq!(
        char("Day, DDth Month YYYY"),
        "Thursday , 06th February  2003"
    );
    assert_eq!(
        char("FMDay, FMDDth FMMonth YYYY HH:MI am TZ"),
        "Thursday, 6th February 2003 08:08 pm UTC"
    );
    assert_eq!(
        char("\"Q\"Q IYYY-IW-ID US Y,YYY CC J RM"),
        "Q1 2003-06-4 012500 2,003 21 2452677 II  "
    );
    let read = |text: &str, template: &str| shown(parse_by_template(text, template).unwrap().local);
    assert_eq!(
        read("2003-02-06 20:08", "YYYY-MM-DD HH24:MI"),
        "2003-02-06 20:08:00"
    );
    assert_eq!(read("06 Feb 2003", "DD Mon YYYY"), "2003-02-06 00:00:00");
    assert_eq!(read("20030206", "YYYYMMDD"), "2003-02-06 00:00:00");
    assert_eq!(read("8:08 pm", "HH12:MI am"), "0001-01-01 20:08:00 BC");
    assert!(
        parse_by_template("x", "YYYY").is_err()
            && parse_by_template("2003-13-01", "YYYY-MM-DD").is_err()
    );
}
