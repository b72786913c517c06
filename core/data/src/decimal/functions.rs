//! Roots, exponentials, logarithms and powers, with PostgreSQL's result scales.
//!
//! The scale of a result is chosen from an estimate of its size, so that at least 16 significant
//! digits are printed and never fewer decimals than the arguments had. The estimates work on
//! base-10000 digits, as PostgreSQL's do. The value itself is computed with some digits more
//! than are kept, by series whose argument was first made small:
//!
//! - exp: the argument is halved until it is small, the sum of xⁿ/n! squared as often;
//! - ln: powers of ten are taken off, roots until the rest is near 1, then 2·artanh((x-1)/(x+1)).

use super::{Decimal, Magnitude, overflow};
use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;

const MIN_SIGNIFICANT_DIGITS: i32 = 16;
const MAX_DISPLAY_SCALE: i32 = 1000;
/// Digits computed beyond those kept.
const GUARD_DIGITS: i32 = 12;
const LOG10_E: f64 = core::f64::consts::LOG10_E;
/// Natural exponents beyond this cannot be represented.
const MAX_EXPONENT: f64 = 6000.0;

fn logarithm_error(message: &str) -> SqlError {
    SqlError::user(SqlState::INVALID_ARGUMENT_FOR_LOGARITHM, message)
}

fn power_error(message: &str) -> SqlError {
    SqlError::user(SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message)
}

fn display_scale(digits: i32, least: u16) -> u16 {
    digits.max(i32::from(least)).clamp(0, MAX_DISPLAY_SCALE) as u16
}

impl Decimal {
    pub fn sqrt(&self) -> Result<Decimal> {
        if self.is_nan() || (self.is_infinite() && !self.is_negative()) {
            return Ok(self.clone());
        }
        if self.is_negative() {
            return Err(power_error("cannot take square root of a negative number"));
        }
        let whole_digits = self.leading_digit().0 * 2 + 1;
        let scale = display_scale(
            MIN_SIGNIFICANT_DIGITS - whole_digits,
            self.scale().unwrap_or(0),
        );
        self.sqrt_to_scale(scale)
    }

    fn sqrt_to_scale(&self, scale: u16) -> Result<Decimal> {
        let Some(long) = self.to_long() else {
            return Ok(Decimal::NAN);
        };
        // One digit more than asked for; below it the root can only be larger, so half is half.
        let shift = 2 * (i64::from(scale) + 1) - i64::from(long.scale);
        let square = match shift >= 0 {
            true => long.magnitude.scale_up(shift as usize),
            false => long.magnitude.scale_down(-shift as usize).0,
        };
        Decimal::from_long(
            false,
            super::arith::round_down(&square.square_root(), 1),
            scale,
        )
    }

    fn mul_to_scale(&self, other: &Decimal, scale: i32) -> Result<Decimal> {
        self.mul(other)?.rounded(scale)
    }

    pub fn exp(&self) -> Result<Decimal> {
        if !self.is_finite() {
            return Ok(if self.is_negative() {
                Decimal::ZERO
            } else {
                self.clone()
            });
        }
        let digits = (self.approximate() * LOG10_E).clamp(-2000.0, 2000.0) as i32;
        let scale = display_scale(MIN_SIGNIFICANT_DIGITS - digits, self.scale().unwrap_or(0));
        self.exp_to_scale(scale)
    }

    fn exp_to_scale(&self, scale: u16) -> Result<Decimal> {
        let size = self.approximate();
        if size >= MAX_EXPONENT {
            return Err(overflow());
        }
        if size <= -MAX_EXPONENT {
            return Ok(Decimal::new(0, scale));
        }
        let halvings = if size.abs() > 0.01 {
            libm::log2(size.abs() * 100.0) as i32 + 1
        } else {
            0
        };
        // Squaring doubles the relative error, and large results have digits before the point.
        let digits = (size * LOG10_E) as i32;
        let work = i32::from(scale) + digits.max(0) + halvings / 3 + GUARD_DIGITS;
        let power = Decimal::new(1i128 << halvings.min(60), 0);
        let x = self.div_to_scale(&power, (work + 8) as u16)?;
        let mut term = Decimal::ONE;
        let mut sum = Decimal::ONE;
        for n in 1i64.. {
            term = term.mul(&x)?.div_to_scale(&Decimal::from(n), work as u16)?;
            if term.is_zero() {
                break;
            }
            sum = sum.add(&term)?;
        }
        for _ in 0..halvings {
            sum = sum.mul_to_scale(&sum, work)?;
        }
        sum.rounded(i32::from(scale))
    }

    pub fn ln(&self) -> Result<Decimal> {
        if let Some(special) = self.logarithm_special()? {
            return Ok(special);
        }
        let scale = display_scale(
            MIN_SIGNIFICANT_DIGITS - self.ln_weight(),
            self.scale().unwrap_or(0),
        );
        self.ln_to_scale(scale)
    }

    fn logarithm_special(&self) -> Result<Option<Decimal>> {
        if self.is_nan() {
            return Ok(Some(Decimal::NAN));
        }
        match self.signum() {
            Some(-1) => Err(logarithm_error(
                "cannot take logarithm of a negative number",
            )),
            Some(0) => Err(logarithm_error("cannot take logarithm of zero")),
            _ if self.is_infinite() => Ok(Some(Decimal::INFINITY)),
            _ => Ok(None),
        }
    }

    /// An estimate of the decimal weight of the logarithm.
    fn ln_weight(&self) -> i32 {
        let near = |text: i128| self.compare(&Decimal::new(text, 1));
        if near(9).is_ge() && near(11).is_le() {
            let Ok(distance) = self.sub(&Decimal::ONE) else {
                return 0;
            };
            return match distance.leading_digit() {
                (_, 0) => 0,
                (weight, first) => weight * 4 + first.ilog10() as i32,
            };
        }
        let (value, exponent) = self.leading_digits(2);
        let estimate = libm::log(value) + f64::from(exponent) * core::f64::consts::LN_10;
        libm::log10(estimate.abs()) as i32
    }

    /// The first base-10000 digits as a number, and the power of ten it stands at.
    fn leading_digits(&self, count: i32) -> (f64, i32) {
        let (weight, _) = self.leading_digit();
        let Some(long) = self.to_long() else {
            return (0.0, 0);
        };
        let exponent = (weight - count + 1) * 4;
        let below = exponent + i32::from(long.scale);
        let head: Magnitude = match below >= 0 {
            true => long.magnitude.scale_down(below as usize).0,
            false => long.magnitude.scale_up(-below as usize),
        };
        (head.to_u128().map_or(0.0, |head| head as f64), exponent)
    }

    /// Of a positive number.
    fn ln_to_scale(&self, scale: u16) -> Result<Decimal> {
        let Some(long) = self.to_long() else {
            return Ok(Decimal::NAN);
        };
        let exponent = long.magnitude.digit_count() as i32 - i32::from(long.scale);
        let work = i32::from(scale) + GUARD_DIGITS;
        // Numbers between a third and three stay as they are, so that nothing cancels out.
        let approximate = self.approximate();
        if (0.3..3.0).contains(&approximate) {
            return self.ln_near_one(work)?.rounded(i32::from(scale));
        }
        let digits = long.magnitude.digit_count() as u16;
        let rest = Decimal::from_long(false, long.magnitude, digits)?;
        let tens = Decimal::from(10).ln_near_one(work + 6)?;
        let whole = tens.mul(&Decimal::from(exponent))?;
        rest.ln_near_one(work)?
            .add(&whole)?
            .rounded(i32::from(scale))
    }

    /// Of a number between 0.1 and 10.
    fn ln_near_one(&self, scale: i32) -> Result<Decimal> {
        let work = (scale + 6).max(i32::from(self.scale().unwrap_or(0)).min(scale + 6)) as u16;
        let (mut x, mut doublings) = (self.clone(), 0u32);
        while (x.approximate() - 1.0).abs() > 0.05 {
            x = x.sqrt_to_scale(work)?;
            doublings += 1;
        }
        let ratio = x
            .sub(&Decimal::ONE)?
            .div_to_scale(&x.add(&Decimal::ONE)?, work + 4)?;
        let square = ratio.mul_to_scale(&ratio, i32::from(work) + 4)?;
        let (mut power, mut sum) = (ratio.clone(), ratio);
        for n in 1i64.. {
            power = power.mul_to_scale(&square, i32::from(work) + 4)?;
            let term = power.div_to_scale(&Decimal::from(2 * n + 1), work + 4)?;
            if term.is_zero() {
                break;
            }
            sum = sum.add(&term)?;
        }
        sum.mul_to_scale(&Decimal::new(2i128 << doublings, 0), scale)
    }

    /// The logarithm of `self` to a base.
    pub fn log(base: &Decimal, value: &Decimal) -> Result<Decimal> {
        if base.is_nan() || value.is_nan() {
            return Ok(Decimal::NAN);
        }
        // PostgreSQL looks at infinities first: only there the sign of the value comes before the base.
        let (base_special, special) =
            match base.is_zero() && value.is_negative() && value.is_infinite() {
                true => (None, value.logarithm_special()?),
                false => (base.logarithm_special()?, value.logarithm_special()?),
            };
        match (base_special, special) {
            (Some(_), Some(_)) => return Ok(Decimal::NAN),
            (Some(_), None) => return Ok(Decimal::ZERO),
            (None, Some(infinity)) => return Ok(infinity),
            (None, None) => {}
        }
        let (base_weight, weight) = (base.ln_weight(), value.ln_weight());
        let result_weight = weight - base_weight;
        let least = base.scale().unwrap_or(0).max(value.scale().unwrap_or(0));
        let scale = display_scale(MIN_SIGNIFICANT_DIGITS - result_weight, least);
        let work = |own: i32| (i32::from(scale) + result_weight - own + 8).max(0) as u16;
        let divisor = base.ln_to_scale(work(base_weight))?;
        value
            .ln_to_scale(work(weight))?
            .div_to_scale(&divisor, scale)
    }

    pub fn power(&self, exponent: &Decimal) -> Result<Decimal> {
        if let Some(special) = self.power_special(exponent)? {
            return Ok(special);
        }
        let whole = exponent.trunc(0)?;
        let is_whole = whole == *exponent;
        if self.is_zero() && exponent.is_negative() {
            return Err(power_error("zero raised to a negative power is undefined"));
        }
        if self.is_negative() && !is_whole {
            return Err(power_error(
                "a negative number raised to a non-integer power yields a complex result",
            ));
        }
        if is_whole && let Ok(count) = exponent.to_i32() {
            let scale = display_scale(MIN_SIGNIFICANT_DIGITS, self.scale().unwrap_or(0));
            return self.power_whole(count, scale);
        }
        if self.is_zero() {
            return Ok(Decimal::new(0, MIN_SIGNIFICANT_DIGITS as u16));
        }
        let odd = is_whole && !whole.rem(&Decimal::from(2))?.is_zero();
        let result = self.abs().power_by_logarithm(exponent)?;
        Ok(if self.is_negative() && odd {
            result.neg()
        } else {
            result
        })
    }

    /// NaN and the infinities, as POSIX has them.
    fn power_special(&self, exponent: &Decimal) -> Result<Option<Decimal>> {
        let one = Decimal::ONE;
        if *self == one || exponent.is_zero() {
            let plain = self.is_finite() && exponent.is_finite();
            return Ok((!plain).then_some(one));
        }
        if self.is_nan() || exponent.is_nan() {
            return Ok(Some(Decimal::NAN));
        }
        if exponent.is_infinite() {
            if self.is_zero() && exponent.is_negative() {
                return Err(power_error("zero raised to a negative power is undefined"));
            }
            if *self == one.neg() {
                return Ok(Some(one));
            }
            let grows = (self.abs() > one) != exponent.is_negative();
            return Ok(Some(if grows {
                Decimal::INFINITY
            } else {
                Decimal::ZERO
            }));
        }
        if !self.is_infinite() {
            return Ok(None);
        }
        let whole = exponent.trunc(0)? == *exponent;
        let odd = whole && !exponent.rem(&Decimal::from(2))?.is_zero();
        if self.is_negative() && !whole {
            return Err(power_error(
                "a negative number raised to a non-integer power yields a complex result",
            ));
        }
        Ok(Some(
            match (exponent.is_negative(), self.is_negative() && odd) {
                (true, _) => Decimal::ZERO,
                (false, true) => Decimal::NEG_INFINITY,
                (false, false) => Decimal::INFINITY,
            },
        ))
    }

    fn power_by_logarithm(&self, exponent: &Decimal) -> Result<Decimal> {
        let weight = self.ln_weight();
        let rough = display_scale(8 - weight, 0);
        let size = self
            .ln_to_scale(rough)?
            .mul_to_scale(exponent, i32::from(rough))?
            .approximate();
        if size.abs() > MAX_EXPONENT * 1.003_333_333_333 {
            return match size > 0.0 {
                true => Err(overflow()),
                false => Ok(Decimal::new(0, MAX_DISPLAY_SCALE as u16)),
            };
        }
        let digits = (size * LOG10_E) as i32;
        let least = self.scale().unwrap_or(0).max(exponent.scale().unwrap_or(0));
        let scale = display_scale(MIN_SIGNIFICANT_DIGITS - digits, least);
        let extra = exponent.magnitude_exponent().max(0);
        let work = (i32::from(scale) + digits - weight + 8).max(0) + extra;
        let product = self
            .ln_to_scale(work as u16)?
            .mul_to_scale(exponent, work)?;
        product.exp_to_scale(scale)
    }

    /// By squaring, with as many digits as the result needs.
    fn power_whole(&self, exponent: i32, scale: u16) -> Result<Decimal> {
        let (value, at) = self.leading_digits(4);
        match exponent {
            0 => return Ok(Decimal::ONE.with_scale(scale)),
            1 => return self.rounded(i32::from(scale)),
            -1 => return Decimal::ONE.div_to_scale(self, scale),
            2 => return self.mul_to_scale(self, i32::from(scale)),
            _ if self.is_zero() => return Ok(Decimal::new(0, scale)),
            _ => {}
        }
        let size = f64::from(exponent) * (libm::log10(value) + f64::from(at));
        if size > 131_072.0 {
            return Err(overflow());
        }
        if size + 1.0 < -f64::from(scale) {
            return Ok(Decimal::new(0, scale));
        }
        let significant =
            1 + i32::from(scale) + size as i32 + libm::log(f64::from(exponent).abs()) as i32 + 8;
        let keep = |value: Decimal| -> Result<Decimal> {
            let digits = significant - value.magnitude_exponent().clamp(-20_000, 140_000);
            value.rounded(digits.clamp(0, 8000).max(i32::from(scale)))
        };
        let (mut base, mut rest) = (self.clone(), exponent.unsigned_abs());
        let mut result = Decimal::ONE;
        loop {
            if rest & 1 != 0 {
                result = keep(result.mul(&base)?)?;
            }
            rest >>= 1;
            if rest == 0 {
                break;
            }
            base = keep(base.mul(&base)?)?;
        }
        match exponent < 0 {
            true => Decimal::ONE.div_to_scale(&result, scale),
            false => result.rounded(i32::from(scale)),
        }
    }
}
