//! Text forms of dates, times and intervals in the session's zone.

use super::IoCx;
use super::table::Form;
use alloc::string::String;
use vitrine_data::{Datum, Result, SqlError};

pub fn input(_form: Form, _text: &str, _cx: &IoCx) -> Result<Datum> {
    Err(SqlError::unsupported("dates and times cannot be read yet"))
}

pub fn output(_form: Form, _value: &Datum, _cx: &IoCx, _out: &mut String) {}
