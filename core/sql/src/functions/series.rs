//! Set-returning functions: one call gives a list of values, a row each.

use super::arguments::{decimal, int};
use super::array::array;
use super::context::EvalCx;
use alloc::vec::Vec;
use vitrine_data::{Datum, Decimal, Result, SqlError, SqlState};

fn zero_step() -> SqlError {
    SqlError::user(
        SqlState::INVALID_PARAMETER_VALUE,
        "step size cannot equal zero",
    )
}

/// Rows one call may give before memory must be thought of: the list is held at once.
const MAX_ROWS: u64 = 50_000_000;

fn checked_count(count: u64) -> Result<usize> {
    if count > MAX_ROWS {
        return Err(SqlError::user(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            "generate_series would give too many rows",
        ));
    }
    Ok(count as usize)
}

/// `generate_series(from, to [, step])` over integers of one width.
pub fn integers(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    let (from, to) = (int(args, 0)?, int(args, 1)?);
    let step = if args.len() > 2 { int(args, 2)? } else { 1 };
    if step == 0 {
        return Err(zero_step());
    }
    let gap = i128::from(to) - i128::from(from);
    if gap != 0 && (gap < 0) != (step < 0) {
        return Ok(Vec::new());
    }
    let count = checked_count((gap / i128::from(step)) as u64 + 1)?;
    let narrow = matches!(args.first(), Some(Datum::I32(_)));
    let mut values = Vec::new();
    values.try_reserve(count)?;
    let mut value = from;
    for _ in 0..count {
        values.push(if narrow {
            Datum::I32(value as i32)
        } else {
            Datum::I64(value)
        });
        value = value.wrapping_add(step);
    }
    Ok(values)
}

pub fn decimals(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    let (from, to) = (decimal(args, 0)?, decimal(args, 1)?);
    let step = if args.len() > 2 {
        decimal(args, 2)?.clone()
    } else {
        Decimal::ONE
    };
    if step.is_zero() {
        return Err(zero_step());
    }
    if !from.is_finite() || !to.is_finite() || !step.is_finite() {
        return Err(SqlError::user(
            SqlState::INVALID_PARAMETER_VALUE,
            "start value cannot be NaN or infinity",
        ));
    }
    let mut values = Vec::new();
    let mut value = from.clone();
    loop {
        let past = if step.is_negative() {
            value.compare(to).is_lt()
        } else {
            value.compare(to).is_gt()
        };
        if past {
            return Ok(values);
        }
        checked_count(values.len() as u64 + 1)?;
        values.try_reserve(1)?;
        values.push(Datum::Decimal(value.clone()));
        value = value.add(&step)?;
    }
}

pub fn unnest(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    Ok(array(args, 0)?.values.clone())
}

/// `generate_subscripts(array, dimension)`.
pub fn subscripts(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    let count = if int(args, 1)? == 1 {
        array(args, 0)?.values.len()
    } else {
        0
    };
    Ok((1..=count as i32).map(Datum::I32).collect())
}

/// `regexp_split_to_table` is left for later; `string_to_table` splits by a plain separator.
pub fn string_to_table(args: &[Datum], cx: &EvalCx) -> Result<Vec<Datum>> {
    let list = super::array::from_string(args, cx)?;
    Ok(list
        .as_array()
        .map(|list| list.values.clone())
        .unwrap_or_default())
}
