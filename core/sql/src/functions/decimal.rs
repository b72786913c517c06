//! Arithmetic of numerics: columns of one scale as integers, the rest value by value.
//!
//! The fast loops give up for the whole batch as soon as one result would need 38 digits, and the
//! slow loop then answers all of it: the two must agree, and tests check that they do.

use super::arguments::{decimal, int, text};
use super::column::{any_const_null, argument, by_row, joined_nulls};
use super::compare::{common_scale, scaled};
use super::context::EvalCx;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Datum, Decimal, Phys, Result, Vector, VectorData};

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

pub fn power(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?
        .power(decimal(args, 1)?)
        .map(Datum::Decimal)
}

pub fn exp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.exp().map(Datum::Decimal)
}

pub fn ln(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.ln().map(Datum::Decimal)
}

pub fn log10(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Decimal::log(&Decimal::new(10, 0), decimal(args, 0)?).map(Datum::Decimal)
}

/// `log(base, n)`.
pub fn log(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Decimal::log(decimal(args, 0)?, decimal(args, 1)?).map(Datum::Decimal)
}

/// `to_char(value, template)` of any number.
pub fn to_char(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = match args.first() {
        Some(Datum::Decimal(value)) => value.clone(),
        Some(Datum::F32(value)) => Decimal::from_f32(*value)?,
        Some(Datum::F64(value)) => Decimal::from_f64(*value)?,
        _ => Decimal::new(i128::from(int(args, 0)?), 0),
    };
    let shown = vitrine_data::decimal::to_char(&value, text(args, 1)?)?;
    Ok(Datum::text(&shown))
}

pub fn to_number(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = vitrine_data::decimal::from_char(text(args, 0)?, text(args, 1)?)?;
    Ok(Datum::Decimal(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::{SessionFacts, Slots};
    use alloc::string::ToString;

    /// The loops over whole columns must answer as the slow ones do, also near their limits.
    #[test]
    fn fast_and_slow_agree() {
        let (slots, session) = (Slots::default(), SessionFacts::new());
        let cx = EvalCx::new(&[], &slots, &session);
        let near = "9999999999999999999999999999999999.9999";
        for (left, right) in [
            ("1.5", "2.25"),
            (near, "0.0001"),
            (near, near),
            ("-3", "0.10"),
        ] {
            let of = |text: &str| Datum::Decimal(Decimal::parse(text).unwrap());
            let column = |text: &str| {
                Rc::new(Vector::from_datums(Phys::Decimal, &[of(text), of(text)]).unwrap())
            };
            let constant = |text: &str| Rc::new(Vector::constant(Phys::Decimal, of(text), 2));
            let (a, b) = (
                Decimal::parse(left).unwrap(),
                Decimal::parse(right).unwrap(),
            );
            for args in [
                [column(left), column(right)],
                [column(left), constant(right)],
            ] {
                let cases = [
                    (add(&args, 2, &cx), a.add(&b)),
                    (sub(&args, 2, &cx), a.sub(&b)),
                    (mul(&args, 2, &cx), a.mul(&b)),
                ];
                for (fast, slow) in cases {
                    let fast = fast.unwrap().decimal_at(1).unwrap().to_string();
                    let slow = slow.unwrap().to_string();
                    let trim = |text: &str| Decimal::parse(text).unwrap().trim_scale().to_string();
                    assert_eq!(trim(&fast), trim(&slow), "{left} {right}");
                    assert_eq!(fast, slow, "{left} {right}");
                }
            }
        }
    }
}
