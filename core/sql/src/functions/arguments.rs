//! Arguments of row functions, taken out of datums.
//!
//! The binder has checked the types, so that a mismatch here is a defect of ours and says so.

use alloc::format;
use vitrine_data::{Datum, Decimal, Interval, Result, SqlError};

fn missing(index: usize, wanted: &str) -> SqlError {
    SqlError::bug(format!("argument {index} of a function is no {wanted}"))
}

pub fn bytes(args: &[Datum], index: usize) -> Result<&[u8]> {
    match args.get(index) {
        Some(Datum::Bytes(value)) => Ok(value),
        _ => Err(missing(index, "bytes")),
    }
}

pub fn text(args: &[Datum], index: usize) -> Result<&str> {
    core::str::from_utf8(bytes(args, index)?)
        .map_err(|_| SqlError::corrupted("a text value is not valid UTF-8"))
}

/// Any integer, widened.
pub fn int(args: &[Datum], index: usize) -> Result<i64> {
    match args.get(index) {
        Some(Datum::I16(value)) => Ok(i64::from(*value)),
        Some(Datum::I32(value)) => Ok(i64::from(*value)),
        Some(Datum::I64(value)) => Ok(*value),
        _ => Err(missing(index, "integer")),
    }
}

/// Any float, widened.
pub fn float(args: &[Datum], index: usize) -> Result<f64> {
    match args.get(index) {
        Some(Datum::F32(value)) => Ok(f64::from(*value)),
        Some(Datum::F64(value)) => Ok(*value),
        _ => Err(missing(index, "float")),
    }
}

pub fn boolean(args: &[Datum], index: usize) -> Result<bool> {
    match args.get(index) {
        Some(Datum::Bool(value)) => Ok(*value),
        _ => Err(missing(index, "boolean")),
    }
}

pub fn decimal(args: &[Datum], index: usize) -> Result<&Decimal> {
    match args.get(index) {
        Some(Datum::Decimal(value)) => Ok(value),
        _ => Err(missing(index, "numeric")),
    }
}

pub fn interval(args: &[Datum], index: usize) -> Result<Interval> {
    match args.get(index) {
        Some(Datum::Interval(value)) => Ok(*value),
        _ => Err(missing(index, "interval")),
    }
}

pub fn text_datum(text: &str) -> Datum {
    Datum::Bytes(text.as_bytes().into())
}
