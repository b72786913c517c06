//! Arithmetic with PostgreSQL's result scales.
//!
//! | operation | scale of the result                                                        |
//! |-----------|----------------------------------------------------------------------------|
//! | a + b     | the larger of the two                                                      |
//! | a * b     | their sum                                                                  |
//! | a / b     | enough for 16 significant digits, at least either operand's, at most 1000  |
//! | a % b     | the larger of the two; sign of the dividend                                |
//!
//! The estimate for division works in PostgreSQL's base-10000 digits: it compares the weights of
//! the first digits, so it has to be repeated here exactly, or 1/3 would print another length.
//! Rounding is half away from zero everywhere.

use super::{Decimal, Long, MAX_SCALE, Magnitude, Repr, pow10_i128};
use crate::error::{Result, SqlError};

const MIN_SIGNIFICANT_DIGITS: i32 = 16;
const MAX_DISPLAY_SCALE: i32 = 1000;
/// `round` and `trunc` accept scales to this bound either way.
const MAX_RESULT_SCALE: i32 = 2000;

impl Decimal {
    pub fn neg(&self) -> Decimal {
        match &self.0 {
            Repr::Small { .. } => match self.as_small() {
                Some((coefficient, scale)) => Decimal::new(-coefficient, scale),
                None => Decimal::NAN,
            },
            Repr::Big(long) => {
                let mut long = Long::clone(long);
                long.negative = !long.negative;
                Decimal(Repr::Big(alloc::rc::Rc::new(long)))
            }
            Repr::NaN => Decimal::NAN,
            Repr::Infinite { negative } => Decimal(Repr::Infinite {
                negative: !negative,
            }),
        }
    }

    pub fn abs(&self) -> Decimal {
        if self.is_negative() {
            self.neg()
        } else {
            self.clone()
        }
    }

    pub fn add(&self, other: &Decimal) -> Result<Decimal> {
        if let (Some((a, sa)), Some((b, sb))) = (self.as_small(), other.as_small())
            && let Some((a, b, scale)) = aligned(a, sa, b, sb)
            && let Some(sum) = a.checked_add(b)
        {
            return Ok(Decimal::new(sum, scale));
        }
        let (Some(a), Some(b)) = (self.to_long(), other.to_long()) else {
            return Ok(match (&self.0, &other.0) {
                (Repr::NaN, _) | (_, Repr::NaN) => Decimal::NAN,
                (Repr::Infinite { negative: a }, Repr::Infinite { negative: b }) if a != b => {
                    Decimal::NAN
                }
                (Repr::Infinite { .. }, _) => self.clone(),
                _ => other.clone(),
            });
        };
        let scale = a.scale.max(b.scale);
        let (x, y) = (a.magnitude_at(scale), b.magnitude_at(scale));
        if a.negative == b.negative {
            return Decimal::from_long(a.negative, x.add(&y), scale);
        }
        match x >= y {
            true => Decimal::from_long(a.negative, x.sub(&y), scale),
            false => Decimal::from_long(b.negative, y.sub(&x), scale),
        }
    }

    pub fn sub(&self, other: &Decimal) -> Result<Decimal> {
        self.add(&other.neg())
    }

    pub fn mul(&self, other: &Decimal) -> Result<Decimal> {
        if let (Some((a, sa)), Some((b, sb))) = (self.as_small(), other.as_small())
            && let Some(product) = a.checked_mul(b)
            && sa + sb <= MAX_SCALE
        {
            return Ok(Decimal::new(product, sa + sb));
        }
        let (Some(a), Some(b)) = (self.to_long(), other.to_long()) else {
            return Ok(match (self.signum(), other.signum()) {
                (Some(a), Some(b)) => infinite_or_nan(a * b),
                _ => Decimal::NAN,
            });
        };
        let negative = a.negative != b.negative;
        let (product, scale) = (a.magnitude.mul(&b.magnitude), a.scale + b.scale);
        if scale <= MAX_SCALE {
            return Decimal::from_long(negative, product, scale);
        }
        let cut = round_down(&product, usize::from(scale - MAX_SCALE));
        Decimal::from_long(negative, cut, MAX_SCALE)
    }

    pub fn div(&self, other: &Decimal) -> Result<Decimal> {
        if let Some(special) = self.divide_special(other)? {
            return Ok(special);
        }
        self.div_to_scale(other, self.quotient_scale(other))
    }

    /// The cases of division that need no digits.
    fn divide_special(&self, other: &Decimal) -> Result<Option<Decimal>> {
        if self.is_nan() || other.is_nan() {
            return Ok(Some(Decimal::NAN));
        }
        if self.is_infinite() {
            return match other.signum() {
                _ if other.is_infinite() => Ok(Some(Decimal::NAN)),
                Some(0) => Err(SqlError::division_by_zero()),
                sign => Ok(Some(infinite_or_nan(
                    sign.unwrap_or(0) * self.signum().unwrap_or(0),
                ))),
            };
        }
        if other.is_infinite() {
            return Ok(Some(Decimal::ZERO));
        }
        if other.is_zero() {
            return Err(SqlError::division_by_zero());
        }
        Ok(None)
    }

    /// The quotient rounded to `scale`; both finite, the divisor not zero.
    pub fn div_to_scale(&self, other: &Decimal, scale: u16) -> Result<Decimal> {
        self.quotient(other, scale, true)
    }

    fn quotient(&self, other: &Decimal, scale: u16, round: bool) -> Result<Decimal> {
        if other.is_zero() {
            return Err(SqlError::division_by_zero());
        }
        if let (Some((a, sa)), Some((b, sb))) = (self.as_small(), other.as_small())
            && let Some(quotient) = small_quotient(a, sa, b, sb, scale, round)
        {
            return Ok(Decimal::new(quotient, scale));
        }
        let (Some(a), Some(b)) = (self.to_long(), other.to_long()) else {
            return Ok(Decimal::NAN);
        };
        let shift = i64::from(scale) + i64::from(b.scale) - i64::from(a.scale);
        let up = |magnitude: &Magnitude, by: i64| magnitude.scale_up(by.max(0) as usize);
        let (dividend, divisor) = (up(&a.magnitude, shift), up(&b.magnitude, -shift));
        let (mut quotient, rest) = dividend.div_rem(&divisor);
        if round && rest.add(&rest) >= divisor {
            quotient = quotient.increment();
        }
        Decimal::from_long(a.negative != b.negative, quotient, scale)
    }

    /// PostgreSQL's choice of scale for a quotient.
    pub(super) fn quotient_scale(&self, other: &Decimal) -> u16 {
        let (weight, first) = self.leading_digit();
        let (other_weight, other_first) = other.leading_digit();
        let mut quotient_weight = weight - other_weight;
        if first <= other_first {
            quotient_weight -= 1;
        }
        let own = i32::from(self.scale().unwrap_or(0).max(other.scale().unwrap_or(0)));
        (MIN_SIGNIFICANT_DIGITS - quotient_weight * 4)
            .max(own)
            .clamp(0, MAX_DISPLAY_SCALE) as u16
    }

    /// Weight and value of the first base-10000 digit, (0, 0) for zero.
    pub(super) fn leading_digit(&self) -> (i32, u32) {
        let small = match self.as_small() {
            Some((0, _)) => return (0, 0),
            Some((value, scale)) => Some((value.unsigned_abs(), scale)),
            None => None,
        };
        let (digits, scale) = match (small, self.to_long()) {
            (Some((value, scale)), _) => (value.ilog10() as i32 + 1, i32::from(scale)),
            (None, Some(long)) => (long.magnitude.digit_count() as i32, i32::from(long.scale)),
            (None, None) => return (0, 0),
        };
        let weight = (digits - scale - 1).div_euclid(4);
        // The first group ends this many digits from the right of the coefficient.
        let below = weight * 4 + scale;
        let first = match small {
            Some((value, _)) if below >= 0 => value / 10u128.pow(below as u32),
            Some((value, _)) => value * 10u128.pow(-below as u32),
            None => match self.to_long() {
                Some(long) if below >= 0 => long
                    .magnitude
                    .scale_down(below as usize)
                    .0
                    .to_u128()
                    .unwrap_or(0),
                Some(long) => long
                    .magnitude
                    .scale_up(-below as usize)
                    .to_u128()
                    .unwrap_or(0),
                None => 0,
            },
        };
        (weight, first as u32)
    }

    /// The whole part of the quotient (SQL's `div`).
    pub fn div_trunc(&self, other: &Decimal) -> Result<Decimal> {
        match self.divide_special(other)? {
            Some(special) => Ok(special),
            None => self.quotient(other, 0, false),
        }
    }

    pub fn rem(&self, other: &Decimal) -> Result<Decimal> {
        if self.is_nan() || other.is_nan() {
            return Ok(Decimal::NAN);
        }
        if other.is_zero() {
            return Err(SqlError::division_by_zero());
        }
        if self.is_infinite() {
            return Ok(Decimal::NAN);
        }
        if other.is_infinite() {
            return Ok(self.clone());
        }
        if let (Some((a, sa)), Some((b, sb))) = (self.as_small(), other.as_small())
            && let Some((a, b, scale)) = aligned(a, sa, b, sb)
        {
            return Ok(Decimal::new(a % b, scale));
        }
        let (Some(a), Some(b)) = (self.to_long(), other.to_long()) else {
            return Ok(Decimal::NAN);
        };
        let scale = a.scale.max(b.scale);
        let (_, rest) = a.magnitude_at(scale).div_rem(&b.magnitude_at(scale));
        Decimal::from_long(a.negative, rest, scale)
    }

    /// Rounded half away from zero to `digits` after the point, or before it when negative.
    pub fn round(&self, digits: i32) -> Result<Decimal> {
        let digits = digits.clamp(-MAX_RESULT_SCALE, MAX_RESULT_SCALE);
        self.cut(digits, |_, half, _| half)
    }

    /// The same without the bound, for working digits.
    pub(super) fn rounded(&self, digits: i32) -> Result<Decimal> {
        self.cut(digits, |_, half, _| half)
    }

    pub fn trunc(&self, digits: i32) -> Result<Decimal> {
        let digits = digits.clamp(-MAX_RESULT_SCALE, MAX_RESULT_SCALE);
        self.cut(digits, |_, _, _| false)
    }

    pub fn ceil(&self) -> Result<Decimal> {
        self.cut(0, |negative, _, some| !negative && some)
    }

    pub fn floor(&self) -> Result<Decimal> {
        self.cut(0, |negative, _, some| negative && some)
    }

    /// Cuts to a scale; `away` decides from sign, "at least a half" and "anything at all" whether
    /// the last digit kept grows.
    fn cut(&self, digits: i32, away: fn(bool, bool, bool) -> bool) -> Result<Decimal> {
        let (Some(long), Some(own)) = (self.to_long(), self.scale()) else {
            return Ok(self.clone());
        };
        let scale = digits.max(0) as u16;
        let off = i32::from(own) - digits;
        if off <= 0 {
            return Decimal::from_long(long.negative, long.magnitude_at(scale), scale);
        }
        let (mut kept, half, some) = long.magnitude.scale_down(off as usize);
        if away(long.negative, half, some) {
            kept = kept.increment();
        }
        let kept = kept.scale_up((-digits).max(0) as usize);
        Decimal::from_long(long.negative, kept, scale)
    }

    /// The same value printed with another scale, rounded when that is shorter.
    pub fn with_scale(&self, scale: u16) -> Decimal {
        if let Some((coefficient, own)) = self.as_small()
            && own <= scale
            && let Some(unit) = pow10_i128(scale - own)
            && let Some(scaled) = coefficient.checked_mul(unit)
        {
            return Decimal::new(scaled, scale);
        }
        self.round(i32::from(scale))
            .unwrap_or_else(|_| self.clone())
    }
}

impl Long {
    /// The coefficient at a scale that is not smaller.
    pub(super) fn magnitude_at(&self, scale: u16) -> Magnitude {
        self.magnitude
            .scale_up(usize::from(scale.saturating_sub(self.scale)))
    }
}

fn infinite_or_nan(sign: i8) -> Decimal {
    match sign {
        0 => Decimal::NAN,
        1.. => Decimal::INFINITY,
        _ => Decimal::NEG_INFINITY,
    }
}

pub(super) fn round_down(magnitude: &Magnitude, digits: usize) -> Magnitude {
    let (kept, half, _) = magnitude.scale_down(digits);
    if half { kept.increment() } else { kept }
}

/// Both coefficients at the larger scale, if they fit.
fn aligned(a: i128, a_scale: u16, b: i128, b_scale: u16) -> Option<(i128, i128, u16)> {
    if a_scale == b_scale {
        return Some((a, b, a_scale));
    }
    if a_scale < b_scale {
        let a = a.checked_mul(pow10_i128(b_scale - a_scale)?)?;
        return Some((a, b, b_scale));
    }
    Some((a, b.checked_mul(pow10_i128(a_scale - b_scale)?)?, a_scale))
}

fn small_quotient(a: i128, sa: u16, b: i128, sb: u16, scale: u16, round: bool) -> Option<i128> {
    let shift = i32::from(scale) + i32::from(sb) - i32::from(sa);
    let unit = pow10_i128(u16::try_from(shift.abs()).ok()?)?;
    let (dividend, divisor) = match shift >= 0 {
        true => (a.checked_mul(unit)?, b),
        false => (a, b.checked_mul(unit)?),
    };
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    if round && rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() {
        return Some(
            quotient
                + if (dividend < 0) != (divisor < 0) {
                    -1
                } else {
                    1
                },
        );
    }
    Some(quotient)
}

/// The sum of many decimals: one `i128` per scale in the ordinary case.
#[derive(Clone, Default)]
pub struct DecimalSum {
    small: i128,
    scale: u16,
    rest: Option<Decimal>,
}

impl DecimalSum {
    pub fn add(&mut self, value: &Decimal) -> Result<()> {
        if let Some((coefficient, scale)) = value.as_small()
            && let Some((a, b, scale)) = aligned(self.small, self.scale, coefficient, scale)
            && let Some(sum) = a.checked_add(b)
        {
            self.small = sum;
            self.scale = scale;
            return Ok(());
        }
        let rest = self.rest.take().unwrap_or(Decimal::ZERO);
        self.rest = Some(rest.add(value)?);
        Ok(())
    }

    pub fn total(&self) -> Result<Decimal> {
        let small = Decimal::new(self.small, self.scale);
        match &self.rest {
            Some(rest) => rest.add(&small),
            None => Ok(small),
        }
    }
}
