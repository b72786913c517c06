//! Arithmetic of numerics: columns of one scale as integers, the rest value by value.
//!
//! The fast loops give up for the whole batch as soon as one result would need 38 digits, and the
//! slow loop then answers all of it: the two must agree, and tests check that they do.

use super::arguments::{decimal, int};
use super::column::{any_const_null, argument, by_row, joined_nulls};
use super::compare::{common_scale, scaled};
use super::context::EvalCx;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Datum, Decimal, Phys, Result, SqlError, SqlState, Vector, VectorData};

/// Coefficients a vector of decimals may hold stay below this.
const LIMIT: u128 = 10u128.pow(38);

fn fits(value: i128) -> Option<i128> {
    (value.unsigned_abs() < LIMIT).then_some(value)
}

fn slow(
    args: &[Rc<Vector>],
    rows: usize,
    f: impl Fn(&Decimal, &Decimal) -> Result<Decimal>,
) -> Result<Vector> {
    by_row(args, rows, Phys::Decimal, true, |row| {
        f(decimal(row, 0)?, decimal(row, 1)?).map(Datum::Decimal)
    })
}

/// Both columns in one scale, combined by `f`; `None` where the slow loop must answer.
fn aligned(
    args: &[Rc<Vector>],
    rows: usize,
    f: impl Fn(i128, i128) -> Option<i128>,
) -> Result<Option<Vector>> {
    let (left, right) = (argument(args, 0)?, argument(args, 1)?);
    let Some(scale) = common_scale(left, right) else {
        return Ok(None);
    };
    let (Some(a), Some(b)) = (scaled(left, scale), scaled(right, scale)) else {
        return Ok(None);
    };
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        match f(a.get(row), b.get(row)).and_then(fits) {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    let data = VectorData::Decimal { values, scale };
    Ok(Some(Vector::from_parts(
        Phys::Decimal,
        data,
        joined_nulls(args),
        rows,
    )))
}

pub fn add(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    match aligned(args, rows, i128::checked_add)? {
        Some(vector) => Ok(vector),
        None => slow(args, rows, Decimal::add),
    }
}

pub fn sub(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    match aligned(args, rows, i128::checked_sub)? {
        Some(vector) => Ok(vector),
        None => slow(args, rows, Decimal::sub),
    }
}

/// The column's integers and their scale, whatever it is.
fn unscaled(vector: &Vector) -> Option<(super::column::Column<'_, i128>, u8)> {
    match vector.data() {
        VectorData::Decimal { values, scale } => {
            Some((super::column::Column::Flat(values), *scale))
        }
        VectorData::Const(value) => {
            let (coefficient, scale) = value.as_decimal()?.as_small()?;
            Some((
                super::column::Column::Const(coefficient),
                u8::try_from(scale).ok()?,
            ))
        }
        _ => None,
    }
}

fn fast_mul(args: &[Rc<Vector>], rows: usize) -> Result<Option<Vector>> {
    let (left, right) = (argument(args, 0)?, argument(args, 1)?);
    let (Some((a, sa)), Some((b, sb))) = (unscaled(left), unscaled(right)) else {
        return Ok(None);
    };
    let Some(scale) = sa.checked_add(sb) else {
        return Ok(None);
    };
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        match a.get(row).checked_mul(b.get(row)).and_then(fits) {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    let data = VectorData::Decimal { values, scale };
    Ok(Some(Vector::from_parts(
        Phys::Decimal,
        data,
        joined_nulls(args),
        rows,
    )))
}

pub fn mul(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(Phys::Decimal, rows));
    }
    match fast_mul(args, rows)? {
        Some(vector) => Ok(vector),
        None => slow(args, rows, Decimal::mul),
    }
}

pub fn div(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    slow(args, rows, Decimal::div)
}

pub fn rem(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    slow(args, rows, Decimal::rem)
}

pub fn div_trunc(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?
        .div_trunc(decimal(args, 1)?)
        .map(Datum::Decimal)
}

pub fn neg(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Decimal(decimal(args, 0)?.neg()))
}

pub fn abs(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Decimal(decimal(args, 0)?.abs()))
}

pub fn same(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Decimal(decimal(args, 0)?.clone()))
}

pub fn sign(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Decimal(match decimal(args, 0)?.signum() {
        Some(sign) => Decimal::new(i128::from(sign), 0),
        None => Decimal::NAN,
    }))
}

/// `round(n)` and `round(n, digits)`.
pub fn round(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let digits = if args.len() > 1 { int(args, 1)? } else { 0 };
    decimal(args, 0)?.round(digits as i32).map(Datum::Decimal)
}

pub fn trunc(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let digits = if args.len() > 1 { int(args, 1)? } else { 0 };
    decimal(args, 0)?.trunc(digits as i32).map(Datum::Decimal)
}

pub fn ceil(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.ceil().map(Datum::Decimal)
}

pub fn floor(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.floor().map(Datum::Decimal)
}

pub fn sqrt(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.sqrt().map(Datum::Decimal)
}

pub fn scale(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(decimal(args, 0)?
        .scale()
        .map_or(Datum::Null, |scale| Datum::I32(i32::from(scale))))
}

pub fn trim_scale(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Decimal(decimal(args, 0)?.trim_scale()))
}

/// `power(a, b)`: exact for whole exponents of moderate size, through floats otherwise.
pub fn power(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (base, exponent) = (decimal(args, 0)?, decimal(args, 1)?);
    let bad =
        |message: &str| SqlError::user(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message);
    if base.is_zero() && exponent.is_negative() {
        return Err(bad("zero raised to a negative power is undefined"));
    }
    let whole = exponent.floor()?.compare(exponent).is_eq();
    if base.is_negative() && !whole {
        return Err(bad(
            "a negative number raised to a non-integer power yields a complex result",
        ));
    }
    if whole && let Ok(count @ -1024..=1024) = exponent.to_i32() {
        let mut result = Decimal::ONE;
        for _ in 0..count.unsigned_abs() {
            result = result.mul(base)?;
            // Digits beyond what is shown in the end only cost time.
            if result.scale().unwrap_or(0) > 512 {
                result = result.round(512)?;
            }
        }
        if count < 0 {
            result = Decimal::ONE.div(&result)?;
        }
        let digits = 16 - result.magnitude_exponent();
        let least = i32::from(base.scale().unwrap_or(0)).max(0);
        let digits = digits.max(least).clamp(0, 1000);
        let rounded = result.round(digits)?;
        return Ok(Datum::Decimal(rounded.with_scale(digits as u16)));
    }
    from_float(libm::pow(base.to_f64()?, exponent.to_f64()?))
}

fn from_float(value: f64) -> Result<Datum> {
    let exact = Decimal::from_f64(value)?;
    let digits = (16 - exact.magnitude_exponent()).clamp(0, 1000);
    Ok(Datum::Decimal(
        exact.round(digits)?.with_scale(digits as u16),
    ))
}

pub fn exp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    from_float(libm::exp(decimal(args, 0)?.to_f64()?))
}

fn log_argument(value: &Decimal) -> Result<f64> {
    let bad = |message: &str| SqlError::user(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, message);
    match value.signum() {
        Some(0) => Err(bad("cannot take logarithm of zero")),
        Some(-1) => Err(bad("cannot take logarithm of a negative number")),
        _ => value.to_f64(),
    }
}

pub fn ln(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    from_float(libm::log(log_argument(decimal(args, 0)?)?))
}

pub fn log10(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    from_float(libm::log10(log_argument(decimal(args, 0)?)?))
}

/// `log(base, n)`.
pub fn log(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let base = libm::log(log_argument(decimal(args, 0)?)?);
    if base == 0.0 {
        return Err(SqlError::division_by_zero());
    }
    from_float(libm::log(log_argument(decimal(args, 1)?)?) / base)
}
