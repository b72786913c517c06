//! Mathematical functions over floats, and the few over integers that are not operators.

use super::arguments::{float, int};
use super::arithmetic::{float_overflow, float_underflow};
use super::context::EvalCx;
use vitrine_data::{Datum, Decimal, Result, SqlError, SqlState};

fn checked(result: f64, argument: f64) -> Result<Datum> {
    if result.is_infinite() && argument.is_finite() {
        return Err(float_overflow());
    }
    Ok(Datum::F64(result))
}

macro_rules! plain {
    ($($name:ident $function:path;)*) => { $(
        pub fn $name(args: &[Datum], _: &EvalCx) -> Result<Datum> {
            let value = float(args, 0)?;
            checked($function(value), value)
        }
    )* };
}

plain! {
    ceil libm::ceil;
    floor libm::floor;
    trunc libm::trunc;
    round libm::rint;
    cbrt libm::cbrt;
    sin libm::sin;
    cos libm::cos;
    tan libm::tan;
    atan libm::atan;
    sinh libm::sinh;
    cosh libm::cosh;
    tanh libm::tanh;
    degrees f64::to_degrees;
    radians f64::to_radians;
}

fn input_out_of_range() -> SqlError {
    SqlError::user(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "input is out of range",
    )
}

pub fn asin(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = float(args, 0)?;
    if libm::fabs(value) > 1.0 {
        return Err(input_out_of_range());
    }
    Ok(Datum::F64(libm::asin(value)))
}

pub fn acos(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = float(args, 0)?;
    if libm::fabs(value) > 1.0 {
        return Err(input_out_of_range());
    }
    Ok(Datum::F64(libm::acos(value)))
}

pub fn atan2(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::F64(libm::atan2(float(args, 0)?, float(args, 1)?)))
}

pub fn cot(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::F64(1.0 / libm::tan(float(args, 0)?)))
}

pub fn sign(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = float(args, 0)?;
    Ok(Datum::F64(if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        value
    }))
}

pub fn exp(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = float(args, 0)?;
    let result = libm::exp(value);
    if result == 0.0 && value.is_finite() {
        return Err(float_underflow());
    }
    checked(result, value)
}

pub fn sqrt(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = float(args, 0)?;
    if value < 0.0 {
        return Err(SqlError::user(
            SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "cannot take square root of a negative number",
        ));
    }
    Ok(Datum::F64(libm::sqrt(value)))
}

fn log_argument(value: f64) -> Result<f64> {
    let bad = |message: &str| SqlError::user(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, message);
    if value == 0.0 {
        return Err(bad("cannot take logarithm of zero"));
    }
    if value < 0.0 {
        return Err(bad("cannot take logarithm of a negative number"));
    }
    Ok(value)
}

pub fn ln(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::F64(libm::log(log_argument(float(args, 0)?)?)))
}

pub fn log10(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::F64(libm::log10(log_argument(float(args, 0)?)?)))
}

pub fn power(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (base, exponent) = (float(args, 0)?, float(args, 1)?);
    let bad =
        |message: &str| SqlError::user(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message);
    if base == 0.0 && exponent < 0.0 {
        return Err(bad("zero raised to a negative power is undefined"));
    }
    if base < 0.0 && libm::floor(exponent) != exponent && exponent.is_finite() {
        return Err(bad(
            "a negative number raised to a non-integer power yields a complex result",
        ));
    }
    let result = libm::pow(base, exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(float_overflow());
    }
    if result == 0.0 && base != 0.0 && base.is_finite() && exponent.is_finite() {
        return Err(float_underflow());
    }
    Ok(Datum::F64(result))
}

pub fn pi(_: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::F64(core::f64::consts::PI))
}

pub fn random(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    Ok(Datum::F64(
        (cx.session.next_random() >> 11) as f64 / (1u64 << 53) as f64,
    ))
}

pub fn setseed(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let seed = float(args, 0)?;
    if !(-1.0..=1.0).contains(&seed) {
        return Err(SqlError::user(
            SqlState::INVALID_PARAMETER_VALUE,
            alloc::format!("setseed parameter {seed} is out of allowed range [-1,1]"),
        ));
    }
    cx.session.random.set(seed.to_bits() | 1);
    Ok(Datum::Bytes(alloc::rc::Rc::from(&b""[..])))
}

pub fn gcd(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (mut a, mut b) = (int(args, 0)?.unsigned_abs(), int(args, 1)?.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    narrow(args, i128::from(a))
}

pub fn lcm(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (a, b) = (int(args, 0)?.unsigned_abs(), int(args, 1)?.unsigned_abs());
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    let lcm = if x == 0 {
        0
    } else {
        u128::from(a) / u128::from(x) * u128::from(b)
    };
    narrow(args, i128::try_from(lcm).unwrap_or(i128::MAX))
}

/// The result in the width of the first argument.
fn narrow(args: &[Datum], value: i128) -> Result<Datum> {
    match args.first() {
        Some(Datum::I32(_)) => match i32::try_from(value) {
            Ok(value) => Ok(Datum::I32(value)),
            Err(_) => Err(SqlError::out_of_range("integer")),
        },
        _ => match i64::try_from(value) {
            Ok(value) => Ok(Datum::I64(value)),
            Err(_) => Err(SqlError::out_of_range("bigint")),
        },
    }
}

pub fn lsn_difference(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (a, b) = (int(args, 0)? as u64, int(args, 1)? as u64);
    Ok(Datum::Decimal(Decimal::new(
        i128::from(a) - i128::from(b),
        0,
    )))
}

/// `width_bucket(value, low, high, count)` over floats.
pub fn width_bucket(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let bad = |message: &str| SqlError::user(SqlState::INVALID_ARGUMENT_FOR_WIDTH_BUCKET, message);
    let (value, low, high) = (float(args, 0)?, float(args, 1)?, float(args, 2)?);
    let count = int(args, 3)?;
    if count <= 0 {
        return Err(bad("count must be greater than zero"));
    }
    if value.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bad("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low == high {
        return Err(bad("lower bound cannot equal upper bound"));
    }
    let place = (value - low) / (high - low);
    let bucket = if place < 0.0 {
        0
    } else if place >= 1.0 {
        count + 1
    } else {
        (place * count as f64) as i64 + 1
    };
    narrow(&[Datum::I32(0)], i128::from(bucket))
}
