//! Dates, times and intervals: operators, casts and functions.

use super::context::EvalCx;
use super::registry::FuncRow;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result, SqlError};

macro_rules! pending {
    ($($name:ident)*) => { $(
        pub fn $name(_: &[Datum], _: &EvalCx) -> Result<Datum> {
            Err(SqlError::unsupported("arithmetic of dates and times is not supported yet"))
        }
    )* };
}

pending! {
    date_plus_days days_plus_date date_minus_days date_minus_date date_plus_interval
    date_minus_interval date_plus_time timestamp_plus_interval interval_plus_timestamp
    timestamp_minus_interval timestamp_minus_timestamp timestamptz_plus_interval
    interval_plus_timestamptz timestamptz_minus_interval time_plus_interval time_minus_interval
    time_minus_time interval_plus interval_minus interval_neg interval_times times_interval
    interval_over date_to_timestamp date_to_timestamptz timestamp_to_date timestamp_to_time
    timestamp_to_timestamptz timestamptz_to_date timestamptz_to_time timestamptz_to_timestamp
    time_to_interval interval_to_time
}

pub fn series(_: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    Err(SqlError::unsupported(
        "series of timestamps are not supported yet",
    ))
}

pub static DATETIME: &[FuncRow] = &[];
