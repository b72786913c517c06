//! Text forms of dates, times and intervals in the session's zone.

use super::IoCx;
use super::table::Form;
use alloc::string::String;
use core::fmt::Write;
use vitrine_data::datetime::{
    DateOrder, Settings, Zone, parse_date, parse_interval, parse_time, parse_timestamp,
    parse_timestamptz, write_date, write_time, write_timestamp, write_timestamptz,
};
use vitrine_data::{Datum, Result, SqlError};

pub fn input(form: Form, text: &str, cx: &IoCx) -> Result<Datum> {
    let settings = Settings {
        zone: Zone {
            offset_seconds: cx.zone_offset_s,
        },
        order: DateOrder::default(),
        now: cx.now_us,
    };
    Ok(match form {
        Form::Date => Datum::I32(parse_date(text, &settings)?),
        Form::Time => Datum::I64(parse_time(text, &settings)?),
        Form::Timestamp => Datum::I64(parse_timestamp(text, &settings)?),
        Form::Timestamptz => Datum::I64(parse_timestamptz(text, &settings)?),
        Form::Interval => Datum::Interval(parse_interval(text)?),
        _ => {
            return Err(SqlError::bug(
                "a type without a form of time was read as one",
            ));
        }
    })
}

pub fn output(form: Form, value: &Datum, cx: &IoCx, out: &mut String) {
    let zone = Zone {
        offset_seconds: cx.zone_offset_s,
    };
    // Writing to a String cannot fail.
    let _ = match (form, value) {
        (Form::Date, Datum::I32(date)) => write_date(out, *date),
        (Form::Time, Datum::I64(time)) => write_time(out, *time),
        (Form::Timestamp, Datum::I64(timestamp)) => write_timestamp(out, *timestamp),
        (Form::Timestamptz, Datum::I64(timestamp)) => write_timestamptz(out, *timestamp, zone),
        (_, Datum::Interval(interval)) => write!(out, "{interval}"),
        _ => Ok(()),
    };
}
