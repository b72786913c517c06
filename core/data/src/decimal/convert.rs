//! Decimals from and to integers and floats, and the typmod of `numeric(p, s)`.

use super::{Decimal, MAX_SCALE};
use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use alloc::format;
use alloc::string::{String, ToString};

/// The parameters of `numeric(precision, scale)`. PostgreSQL packs them into one integer: the
/// precision in the upper half, the scale as eleven bits with sign in the lower, plus 4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Typmod {
    pub precision: u16,
    pub scale: i16,
}

const HEADER_BYTES: i32 = 4;

impl Typmod {
    pub fn unpack(typmod: i32) -> Option<Typmod> {
        let packed = typmod
            .checked_sub(HEADER_BYTES)
            .filter(|packed| *packed >= 0)?;
        let scale = ((packed & 0x7ff) ^ 1024) - 1024;
        Some(Typmod {
            precision: (packed >> 16) as u16,
            scale: scale as i16,
        })
    }

    pub fn pack(self) -> i32 {
        (i32::from(self.precision) << 16 | (i32::from(self.scale) & 0x7ff)) + HEADER_BYTES
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Decimal {
        Decimal::new(i128::from(value), 0)
    }
}

impl From<i32> for Decimal {
    fn from(value: i32) -> Decimal {
        Decimal::new(i128::from(value), 0)
    }
}

impl From<i16> for Decimal {
    fn from(value: i16) -> Decimal {
        Decimal::new(i128::from(value), 0)
    }
}

impl Decimal {
    /// As PostgreSQL casts: fifteen significant digits, not the shortest that round-trip.
    pub fn from_f64(value: f64) -> Result<Decimal> {
        float_to_decimal(value, 15)
    }

    pub fn from_f32(value: f32) -> Result<Decimal> {
        float_to_decimal(f64::from(value), 6)
    }

    /// The nearest float; a number too large for one is an error, as PostgreSQL's cast is.
    pub fn to_f64(&self) -> Result<f64> {
        if let Some((value, scale)) = self.as_small()
            && value.unsigned_abs() < 1 << 53
            && scale <= 22
        {
            // Both are exact, so the one division rounds once.
            return Ok(value as f64 / 10f64.powi_exact(scale));
        }
        let text = self.to_string();
        let value: f64 = text.parse().unwrap_or(f64::NAN);
        if value.is_infinite() && self.is_finite() {
            return Err(SqlError::user(
                SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("\"{text}\" is out of range for type double precision"),
            ));
        }
        Ok(value)
    }

    pub fn to_f32(&self) -> Result<f32> {
        let text = self.to_string();
        let value: f32 = text.parse().unwrap_or(f32::NAN);
        let lost = value == 0.0 && !self.is_zero();
        if self.is_finite() && (value.is_infinite() || lost) {
            return Err(SqlError::user(
                SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                format!("\"{text}\" is out of range for type real"),
            ));
        }
        Ok(value)
    }

    /// For estimates and approximate functions: never an error.
    pub fn approximate(&self) -> f64 {
        self.to_f64().unwrap_or(if self.is_negative() {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        })
    }

    pub fn to_i64(&self) -> Result<i64> {
        self.to_whole("bigint")
    }

    pub fn to_i32(&self) -> Result<i32> {
        self.to_whole("integer")
    }

    pub fn to_i16(&self) -> Result<i16> {
        self.to_whole("smallint")
    }

    fn to_whole<T: TryFrom<i128>>(&self, type_name: &str) -> Result<T> {
        if !self.is_finite() {
            let what = if self.is_nan() { "NaN" } else { "infinity" };
            return Err(SqlError::unsupported(format!(
                "cannot convert {what} to {type_name}"
            )));
        }
        let rounded = self.round(0)?;
        let value = rounded
            .as_small()
            .and_then(|(value, _)| T::try_from(value).ok());
        value.ok_or_else(|| SqlError::out_of_range(type_name))
    }

    /// Rounds to the scale of a typmod and checks the precision.
    pub fn apply_typmod(&self, typmod: i32) -> Result<Decimal> {
        let Some(Typmod { precision, scale }) = Typmod::unpack(typmod) else {
            return Ok(self.clone());
        };
        if self.is_nan() {
            return Ok(Decimal::NAN);
        }
        if self.is_infinite() {
            return Err(field_overflow(format!(
                "A field with precision {precision}, scale {scale} cannot hold an infinite value."
            )));
        }
        let rounded = self.round(i32::from(scale))?;
        let whole_digits = i32::from(precision) - i32::from(scale);
        if rounded.magnitude_exponent() > whole_digits {
            let bound = if whole_digits == 0 {
                String::from("1")
            } else {
                format!("10^{whole_digits}")
            };
            return Err(field_overflow(format!(
                "A field with precision {precision}, scale {scale} must round to an absolute \
                 value less than {bound}."
            )));
        }
        Ok(rounded)
    }

    /// The least `e` with |value| < 10^e; the lowest number for zero.
    pub fn magnitude_exponent(&self) -> i32 {
        if self.is_zero() {
            return i32::MIN;
        }
        match self.to_long() {
            Some(long) => long.magnitude.digit_count() as i32 - i32::from(long.scale),
            None => i32::MAX,
        }
    }
}

fn field_overflow(detail: String) -> SqlError {
    SqlError::user(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "numeric field overflow",
    )
    .detail(detail)
}

fn float_to_decimal(value: f64, digits: usize) -> Result<Decimal> {
    if value.is_nan() {
        return Ok(Decimal::NAN);
    }
    if value.is_infinite() {
        return Ok(if value > 0.0 {
            Decimal::INFINITY
        } else {
            Decimal::NEG_INFINITY
        });
    }
    let decimal = Decimal::parse(&f64_to_decimal_text(value, digits))?;
    // Digits that rounding left as zeros are no digits that were there.
    Ok(decimal.trim_scale())
}

/// `digits` significant digits in scientific form, correctly rounded.
pub fn f64_to_decimal_text(value: f64, digits: usize) -> String {
    format!("{:.*e}", digits.saturating_sub(1), value)
}

trait PowerOfTen {
    fn powi_exact(self, exponent: u16) -> f64;
}

impl PowerOfTen for f64 {
    /// Ten to at most 22, where every power is a float.
    fn powi_exact(self, exponent: u16) -> f64 {
        (0..exponent.min(MAX_SCALE)).fold(1.0, |power, _| power * self)
    }
}
