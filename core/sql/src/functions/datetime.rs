//! Dates, times and intervals: operators, casts and functions.
//!
//! The arithmetic is `vitrine-data`'s; here values are taken out of rows, the session's zone and
//! clock readings are put in, and the table of functions says what exists under which name.

use super::arguments::{float, int, interval, text, text_datum};
use super::context::EvalCx;
use super::registry::Kernel::{Row, Set};
use super::registry::{FuncRow, f};
use crate::types::Oid;
use alloc::vec::Vec;
use vitrine_data::datetime::{self as dt, MICROS_PER_DAY, Zone};
use vitrine_data::{Datum, Decimal, Interval, Result, SqlError, SqlState};

fn zone(cx: &EvalCx) -> Zone {
    Zone {
        offset_seconds: cx.session.zone_offset_s,
    }
}

fn date(args: &[Datum], index: usize) -> Result<i32> {
    match args.get(index) {
        Some(Datum::I32(date)) => Ok(*date),
        _ => Err(SqlError::bug("an argument of a function is no date")),
    }
}

fn stamp(micros: i64) -> Result<Datum> {
    Ok(Datum::I64(micros))
}

/// Local time of an instant; infinities stay.
fn local(timestamp: i64, zone: Zone) -> Result<i64> {
    if !dt::is_finite(timestamp) {
        return Ok(timestamp);
    }
    dt::check_timestamp(timestamp.saturating_add(zone.offset_micros()))
}

/// The instant of a local time.
fn instant(timestamp: i64, zone: Zone) -> Result<i64> {
    if !dt::is_finite(timestamp) {
        return Ok(timestamp);
    }
    dt::check_timestamp(timestamp.saturating_sub(zone.offset_micros()))
}

fn shifted(date: i32, days: i64) -> Result<Datum> {
    if !dt::is_finite_date(date) {
        return Ok(Datum::I32(date));
    }
    dt::check_date(i64::from(date) + days).map(Datum::I32)
}

pub fn date_plus_days(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    shifted(date(args, 0)?, int(args, 1)?)
}

pub fn days_plus_date(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    shifted(date(args, 1)?, int(args, 0)?)
}

pub fn date_minus_days(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    shifted(date(args, 0)?, -int(args, 1)?)
}

pub fn date_minus_date(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (a, b) = (date(args, 0)?, date(args, 1)?);
    if !dt::is_finite_date(a) || !dt::is_finite_date(b) {
        return Err(SqlError::user(
            SqlState::DATETIME_FIELD_OVERFLOW,
            "cannot subtract infinite dates",
        ));
    }
    Ok(Datum::I32(a - b))
}

pub fn date_plus_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::add_to_timestamp(
        dt::date_to_timestamp(date(args, 0)?)?,
        &interval(args, 1)?,
    )?)
}

pub fn date_minus_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let span = interval(args, 1)?.neg()?;
    stamp(dt::add_to_timestamp(
        dt::date_to_timestamp(date(args, 0)?)?,
        &span,
    )?)
}

pub fn date_plus_time(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::date_to_timestamp(date(args, 0)?)?.saturating_add(int(args, 1)?))
}

pub fn timestamp_plus_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::add_to_timestamp(int(args, 0)?, &interval(args, 1)?)?)
}

pub fn interval_plus_timestamp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::add_to_timestamp(int(args, 1)?, &interval(args, 0)?)?)
}

pub fn timestamp_minus_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::add_to_timestamp(
        int(args, 0)?,
        &interval(args, 1)?.neg()?,
    )?)
}

pub fn timestamp_minus_timestamp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    dt::subtract_timestamps(int(args, 0)?, int(args, 1)?).map(Datum::Interval)
}

pub fn timestamptz_plus_interval(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(dt::add_to_timestamptz(
        int(args, 0)?,
        &interval(args, 1)?,
        zone(cx),
    )?)
}

pub fn interval_plus_timestamptz(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(dt::add_to_timestamptz(
        int(args, 1)?,
        &interval(args, 0)?,
        zone(cx),
    )?)
}

pub fn timestamptz_minus_interval(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(dt::add_to_timestamptz(
        int(args, 0)?,
        &interval(args, 1)?.neg()?,
        zone(cx),
    )?)
}

/// Times of day go round the clock.
fn around(micros: i64) -> Datum {
    Datum::I64(micros.rem_euclid(MICROS_PER_DAY))
}

pub fn time_plus_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(around(
        int(args, 0)?.wrapping_add(interval(args, 1)?.micros % MICROS_PER_DAY),
    ))
}

pub fn time_minus_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(around(
        int(args, 0)?.wrapping_sub(interval(args, 1)?.micros % MICROS_PER_DAY),
    ))
}

pub fn time_minus_time(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Interval(Interval::new(
        0,
        0,
        int(args, 0)? - int(args, 1)?,
    )))
}

pub fn interval_plus(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?
        .add(&interval(args, 1)?)
        .map(Datum::Interval)
}

pub fn interval_minus(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?
        .sub(&interval(args, 1)?)
        .map(Datum::Interval)
}

pub fn interval_neg(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?.neg().map(Datum::Interval)
}

pub fn interval_times(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?.mul(float(args, 1)?).map(Datum::Interval)
}

pub fn times_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 1)?.mul(float(args, 0)?).map(Datum::Interval)
}

pub fn interval_over(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?.div(float(args, 1)?).map(Datum::Interval)
}

pub fn date_to_timestamp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::date_to_timestamp(date(args, 0)?)?)
}

pub fn date_to_timestamptz(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(instant(dt::date_to_timestamp(date(args, 0)?)?, zone(cx))?)
}

pub fn timestamp_to_date(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    dt::timestamp_to_date(int(args, 0)?).map(Datum::I32)
}

pub fn timestamp_to_time(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(dt::timestamp_to_time(int(args, 0)?).map_or(Datum::Null, Datum::I64))
}

pub fn timestamp_to_timestamptz(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(instant(int(args, 0)?, zone(cx))?)
}

pub fn timestamptz_to_date(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    dt::timestamptz_to_date(int(args, 0)?, zone(cx)).map(Datum::I32)
}

pub fn timestamptz_to_time(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let local = local(int(args, 0)?, zone(cx))?;
    Ok(dt::timestamp_to_time(local).map_or(Datum::Null, Datum::I64))
}

pub fn timestamptz_to_timestamp(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(local(int(args, 0)?, zone(cx))?)
}

pub fn time_to_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Interval(Interval::new(0, 0, int(args, 0)?)))
}

pub fn interval_to_time(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(around(interval(args, 0)?.micros))
}

/// `generate_series(from, to, step)` over timestamps; calendar steps are added one by one.
pub fn series(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    let (from, to, step) = (int(args, 0)?, int(args, 1)?, interval(args, 2)?);
    let direction = step.span();
    if direction == 0 {
        return Err(SqlError::user(
            SqlState::INVALID_PARAMETER_VALUE,
            "step size cannot equal zero",
        ));
    }
    let mut values = Vec::new();
    let mut at = from;
    while if direction > 0 { at <= to } else { at >= to } {
        values.try_reserve(1)?;
        values.push(Datum::I64(at));
        at = dt::add_to_timestamp(at, &step)?;
    }
    Ok(values)
}

fn now(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(cx.session.transaction_us)
}

fn statement_timestamp(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(cx.session.statement_us)
}

fn clock_timestamp(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(cx.session.clock_us.get())
}

/// `timezone(zone, …)`: AT TIME ZONE.
fn local_at(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(local(int(args, 1)?, Zone::from_name(text(args, 0)?)?)?)
}

fn instant_at(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(instant(int(args, 1)?, Zone::from_name(text(args, 0)?)?)?)
}

fn trunc_timestamp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let name = "timestamp without time zone";
    stamp(dt::trunc_timestamp(text(args, 0)?, int(args, 1)?, name)?)
}

fn trunc_timestamptz(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let name = "timestamp with time zone";
    let cut = dt::trunc_timestamp(text(args, 0)?, local(int(args, 1)?, zone(cx))?, name)?;
    stamp(instant(cut, zone(cx))?)
}

fn trunc_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    dt::trunc_interval(text(args, 0)?, &interval(args, 1)?).map(Datum::Interval)
}

type Field = fn(&[Datum], &EvalCx) -> Result<Option<Decimal>>;

fn field_of_date(args: &[Datum], _: &EvalCx) -> Result<Option<Decimal>> {
    dt::extract_date(text(args, 0)?, date(args, 1)?)
}

fn field_of_time(args: &[Datum], _: &EvalCx) -> Result<Option<Decimal>> {
    dt::extract_time(text(args, 0)?, int(args, 1)?)
}

fn field_of_timestamp(args: &[Datum], _: &EvalCx) -> Result<Option<Decimal>> {
    dt::extract_timestamp(text(args, 0)?, int(args, 1)?)
}

fn field_of_timestamptz(args: &[Datum], cx: &EvalCx) -> Result<Option<Decimal>> {
    dt::extract_timestamptz(text(args, 0)?, int(args, 1)?, zone(cx))
}

fn field_of_interval(args: &[Datum], _: &EvalCx) -> Result<Option<Decimal>> {
    dt::extract_interval(text(args, 0)?, &interval(args, 1)?)
}

fn exact(field: Option<Decimal>) -> Result<Datum> {
    Ok(field.map_or(Datum::Null, Datum::Decimal))
}

fn approximate(field: Option<Decimal>) -> Result<Datum> {
    match field {
        Some(field) => field.to_f64().map(Datum::F64),
        None => Ok(Datum::Null),
    }
}

macro_rules! field_functions {
    ($($extract:ident $part:ident $field:ident;)*) => { $(
        fn $extract(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
            let field: Field = $field;
            exact(field(args, cx)?)
        }
        fn $part(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
            approximate($field(args, cx)?)
        }
    )* };
}

field_functions! {
    extract_date part_date field_of_date;
    extract_time part_time field_of_time;
    extract_timestamp part_timestamp field_of_timestamp;
    extract_timestamptz part_timestamptz field_of_timestamptz;
    extract_interval part_interval field_of_interval;
}

fn age(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    dt::age(int(args, 0)?, int(args, 1)?).map(Datum::Interval)
}

fn age_zoned(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let (a, b) = (
        local(int(args, 0)?, zone(cx))?,
        local(int(args, 1)?, zone(cx))?,
    );
    dt::age(a, b).map(Datum::Interval)
}

/// From midnight of the current day.
fn age_until_today(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let today = local(cx.session.transaction_us, zone(cx))?.div_euclid(MICROS_PER_DAY);
    dt::age(today * MICROS_PER_DAY, int(args, 0)?).map(Datum::Interval)
}

fn age_zoned_until_today(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    age_until_today(&[Datum::I64(local(int(args, 0)?, zone(cx))?)], cx)
}

fn small(args: &[Datum], index: usize) -> Result<i32> {
    match args.get(index) {
        None => Ok(0),
        Some(_) => Ok(int(args, index)? as i32),
    }
}

fn make_date(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    dt::make_date(small(args, 0)?, small(args, 1)?, small(args, 2)?).map(Datum::I32)
}

fn make_time(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::make_time(
        small(args, 0)?,
        small(args, 1)?,
        float(args, 2)?,
    )?)
}

fn made(args: &[Datum]) -> Result<i64> {
    dt::make_timestamp(
        (small(args, 0)?, small(args, 1)?, small(args, 2)?),
        (small(args, 3)?, small(args, 4)?, float(args, 5)?),
    )
}

fn make_timestamp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(made(args)?)
}

fn make_timestamptz(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    stamp(instant(made(args)?, zone(cx))?)
}

fn make_interval(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let mut parts = [0; 6];
    for (index, part) in parts.iter_mut().enumerate() {
        *part = small(args, index)?;
    }
    let seconds = if args.len() > 6 { float(args, 6)? } else { 0.0 };
    dt::make_interval(parts, seconds).map(Datum::Interval)
}

fn justify_days(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?.justify_days().map(Datum::Interval)
}

fn justify_hours(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?.justify_hours().map(Datum::Interval)
}

fn justify(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    interval(args, 0)?.justify().map(Datum::Interval)
}

fn bin(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    stamp(dt::bin(&interval(args, 0)?, int(args, 1)?, int(args, 2)?)?)
}

fn is_finite(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Bool(match args.first() {
        Some(Datum::I32(date)) => dt::is_finite_date(*date),
        Some(Datum::I64(timestamp)) => dt::is_finite(*timestamp),
        _ => true,
    }))
}

/// `to_timestamp(seconds since 1970)`.
fn from_unix(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let seconds = float(args, 0)?;
    if seconds.is_infinite() {
        return stamp(if seconds > 0.0 { i64::MAX } else { i64::MIN });
    }
    let micros = libm::rint(seconds * 1e6);
    if micros.is_nan() || libm::fabs(micros) > 9e18 {
        return Err(SqlError::user(
            SqlState::DATETIME_FIELD_OVERFLOW,
            alloc::format!("timestamp out of range: \"{seconds}\""),
        ));
    }
    stamp(dt::check_timestamp(
        (micros as i64).saturating_add(dt::UNIX_EPOCH_MICROS),
    )?)
}

fn timestamp_to_char(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    dt::timestamp_to_char(int(args, 0)?, None, text(args, 1)?).map(|shown| text_datum(&shown))
}

fn timestamptz_to_char(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let shown = dt::timestamp_to_char(int(args, 0)?, Some(zone(cx)), text(args, 1)?)?;
    Ok(text_datum(&shown))
}

fn interval_to_char(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    dt::interval_to_char(&interval(args, 0)?, text(args, 1)?).map(|shown| text_datum(&shown))
}

fn to_date(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let read = dt::parse_by_template(text(args, 0)?, text(args, 1)?)?;
    dt::timestamp_to_date(read.local).map(Datum::I32)
}

fn to_timestamp(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let read = dt::parse_by_template(text(args, 0)?, text(args, 1)?)?;
    stamp(instant(read.local, read.zone.unwrap_or(zone(cx)))?)
}

const D: Oid = Oid::DATE;
const TIME: Oid = Oid::TIME;
const TS: Oid = Oid::TIMESTAMP;
const TZ: Oid = Oid::TIMESTAMPTZ;
const SPAN: Oid = Oid::INTERVAL;
const T: Oid = Oid::TEXT;
const N: Oid = Oid::NUMERIC;
const F8: Oid = Oid::FLOAT8;
const I4: Oid = Oid::INT4;

pub static DATETIME: &[FuncRow] = &[
    f("now", &[], TZ, Row(now)).stable(),
    f("transaction_timestamp", &[], TZ, Row(now)).stable(),
    f("statement_timestamp", &[], TZ, Row(statement_timestamp)).stable(),
    f("clock_timestamp", &[], TZ, Row(clock_timestamp)).volatile(),
    f("timezone", &[T, TZ], TS, Row(local_at)),
    f("timezone", &[T, TS], TZ, Row(instant_at)),
    f("date_trunc", &[T, TS], TS, Row(trunc_timestamp)),
    f("date_trunc", &[T, TZ], TZ, Row(trunc_timestamptz)).stable(),
    f("date_trunc", &[T, SPAN], SPAN, Row(trunc_interval)),
    f("extract", &[T, D], N, Row(extract_date)),
    f("extract", &[T, TIME], N, Row(extract_time)),
    f("extract", &[T, TS], N, Row(extract_timestamp)),
    f("extract", &[T, TZ], N, Row(extract_timestamptz)).stable(),
    f("extract", &[T, SPAN], N, Row(extract_interval)),
    f("date_part", &[T, D], F8, Row(part_date)),
    f("date_part", &[T, TIME], F8, Row(part_time)),
    f("date_part", &[T, TS], F8, Row(part_timestamp)),
    f("date_part", &[T, TZ], F8, Row(part_timestamptz)).stable(),
    f("date_part", &[T, SPAN], F8, Row(part_interval)),
    f("age", &[TS, TS], SPAN, Row(age)),
    f("age", &[TZ, TZ], SPAN, Row(age_zoned)).stable(),
    f("age", &[TS], SPAN, Row(age_until_today)).stable(),
    f("age", &[TZ], SPAN, Row(age_zoned_until_today)).stable(),
    f("make_date", &[I4, I4, I4], D, Row(make_date)),
    f("make_time", &[I4, I4, F8], TIME, Row(make_time)),
    f(
        "make_timestamp",
        &[I4, I4, I4, I4, I4, F8],
        TS,
        Row(make_timestamp),
    ),
    f(
        "make_timestamptz",
        &[I4, I4, I4, I4, I4, F8],
        TZ,
        Row(make_timestamptz),
    )
    .stable(),
    f(
        "make_interval",
        &[I4, I4, I4, I4, I4, I4, F8],
        SPAN,
        Row(make_interval),
    )
    .optional(7),
    f("justify_days", &[SPAN], SPAN, Row(justify_days)),
    f("justify_hours", &[SPAN], SPAN, Row(justify_hours)),
    f("justify_interval", &[SPAN], SPAN, Row(justify)),
    f("date_bin", &[SPAN, TS, TS], TS, Row(bin)),
    f("date_bin", &[SPAN, TZ, TZ], TZ, Row(bin)),
    f("isfinite", &[D], Oid::BOOL, Row(is_finite)),
    f("isfinite", &[TS], Oid::BOOL, Row(is_finite)),
    f("isfinite", &[TZ], Oid::BOOL, Row(is_finite)),
    f("isfinite", &[SPAN], Oid::BOOL, Row(is_finite)),
    f("to_timestamp", &[F8], TZ, Row(from_unix)),
    f("to_timestamp", &[T, T], TZ, Row(to_timestamp)).stable(),
    f("to_date", &[T, T], D, Row(to_date)).stable(),
    f("to_char", &[TS, T], T, Row(timestamp_to_char)).stable(),
    f("to_char", &[TZ, T], T, Row(timestamptz_to_char)).stable(),
    f("to_char", &[SPAN, T], T, Row(interval_to_char)).stable(),
    f("generate_series", &[TS, TS, SPAN], TS, Set(series)),
    f("generate_series", &[TZ, TZ, SPAN], TZ, Set(series)).stable(),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::{SessionFacts, Slots};
    use crate::types::{IoCx, input, output_text};

    fn value(oid: Oid, text: &str) -> Datum {
        input(oid, -1, text, &IoCx::UTC).unwrap()
    }

    #[test]
    fn months_end_where_months_end() {
        let (slots, session) = (Slots::default(), SessionFacts::new());
        let cx = EvalCx::new(&[], &slots, &session);
        let args = [
            value(Oid::DATE, "2024-01-31"),
            value(Oid::INTERVAL, "1 month"),
        ];
        let sum = date_plus_interval(&args, &cx).unwrap();
        assert_eq!(
            output_text(Oid::TIMESTAMP, &sum, &IoCx::UTC),
            "2024-02-29 00:00:00"
        );
    }

    #[test]
    fn the_zone_of_the_session_decides() {
        let slots = Slots::default();
        let mut session = SessionFacts::new();
        session.zone_offset_s = 7200;
        let cx = EvalCx::new(&[], &slots, &session);
        let noon = value(Oid::TIMESTAMP, "2024-06-01 00:30:00");
        let instant = timestamp_to_timestamptz(&[noon], &cx).unwrap();
        assert_eq!(
            output_text(Oid::TIMESTAMPTZ, &instant, &IoCx::UTC),
            "2024-05-31 22:30:00+00"
        );
        let day = timestamptz_to_date(&[instant], &cx).unwrap();
        assert_eq!(output_text(Oid::DATE, &day, &IoCx::UTC), "2024-06-01");
    }
}
