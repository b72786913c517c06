//! Decimals: PostgreSQL's `numeric`.
//!
//! A decimal is a whole coefficient and a display scale: 1.50 is 150 with scale 2, and stays so,
//! because PostgreSQL prints what was put in. Up to 38 digits the coefficient is an `i128` held in
//! two words; longer ones are a shared `Magnitude`. NaN and the two infinities stand beside them,
//! with PostgreSQL's order: -Infinity < numbers < Infinity < NaN, and NaN equals NaN.
//!
//! | file         | holds                                            |
//! |--------------|--------------------------------------------------|
//! | magnitude.rs | whole numbers without bound                      |
//! | arith.rs     | + - * / %, rounding and result scales            |
//! | text.rs      | parsing and printing                             |
//! | convert.rs   | to and from integers and floats, typmods         |
//! | disk.rs      | PostgreSQL's base-10000 bytes in a tuple         |
//! | functions.rs | sqrt, exp, ln, log, power and their scales       |
//! | template.rs  | to_char and to_number                            |
//!
//! Limits as in PostgreSQL: 131072 digits before the point, 16383 after it.

mod arith;
mod convert;
mod disk;
mod functions;
mod magnitude;
mod template;
mod text;

use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use alloc::rc::Rc;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};
use magnitude::Magnitude;

pub use arith::DecimalSum;
pub use convert::{Typmod, f64_to_decimal_text};
pub use disk::{encode_i128, is_on_disk_plain};
pub use template::{from_char, to_char};

/// Most digits before the point.
pub const MAX_WHOLE_DIGITS: usize = 131_072;
/// Most digits after the point.
pub const MAX_SCALE: u16 = 16_383;
/// Coefficients below this bound are kept in two words.
const SMALL_LIMIT: u128 = 10u128.pow(38);

#[derive(Clone)]
pub struct Decimal(Repr);

#[derive(Clone)]
enum Repr {
    /// Two words rather than an i128, whose alignment of 16 would swell every datum.
    Small {
        high: i64,
        low: u64,
        scale: u16,
    },
    Big(Rc<Long>),
    NaN,
    Infinite {
        negative: bool,
    },
}

/// The general form: sign, coefficient, scale.
#[derive(Clone)]
struct Long {
    negative: bool,
    magnitude: Magnitude,
    scale: u16,
}

impl Decimal {
    pub const NAN: Decimal = Decimal(Repr::NaN);
    pub const INFINITY: Decimal = Decimal(Repr::Infinite { negative: false });
    pub const NEG_INFINITY: Decimal = Decimal(Repr::Infinite { negative: true });
    pub const ZERO: Decimal = Decimal(Repr::Small {
        high: 0,
        low: 0,
        scale: 0,
    });
    pub const ONE: Decimal = Decimal(Repr::Small {
        high: 0,
        low: 1,
        scale: 0,
    });

    /// `coefficient × 10^-scale`.
    pub fn new(coefficient: i128, scale: u16) -> Decimal {
        if coefficient.unsigned_abs() < SMALL_LIMIT {
            return Decimal(Repr::Small {
                high: (coefficient >> 64) as i64,
                low: coefficient as u64,
                scale,
            });
        }
        let magnitude = Magnitude::from_u128(coefficient.unsigned_abs());
        Decimal(Repr::Big(Rc::new(Long {
            negative: coefficient < 0,
            magnitude,
            scale,
        })))
    }

    /// Coefficient and scale, where the coefficient fits.
    #[inline]
    pub fn as_small(&self) -> Option<(i128, u16)> {
        match self.0 {
            Repr::Small { high, low, scale } => {
                Some((i128::from(high) << 64 | i128::from(low), scale))
            }
            _ => None,
        }
    }

    /// The canonical form of a sign, a magnitude and a scale, or PostgreSQL's overflow error.
    fn from_long(negative: bool, magnitude: Magnitude, scale: u16) -> Result<Decimal> {
        if scale > MAX_SCALE || magnitude.digit_count() > MAX_WHOLE_DIGITS + usize::from(scale) {
            return Err(overflow());
        }
        match magnitude.to_u128() {
            Some(value) if value < SMALL_LIMIT => {
                let value = value as i128;
                Ok(Decimal::new(if negative { -value } else { value }, scale))
            }
            _ => Ok(Decimal(Repr::Big(Rc::new(Long {
                negative,
                magnitude,
                scale,
            })))),
        }
    }

    fn to_long(&self) -> Option<Long> {
        match &self.0 {
            Repr::Big(long) => Some(Long::clone(long)),
            Repr::Small { .. } => self.as_small().map(|(coefficient, scale)| Long {
                negative: coefficient < 0,
                magnitude: Magnitude::from_u128(coefficient.unsigned_abs()),
                scale,
            }),
            _ => None,
        }
    }

    pub fn is_nan(&self) -> bool {
        matches!(self.0, Repr::NaN)
    }

    pub fn is_infinite(&self) -> bool {
        matches!(self.0, Repr::Infinite { .. })
    }

    pub fn is_finite(&self) -> bool {
        matches!(self.0, Repr::Small { .. } | Repr::Big(_))
    }

    pub fn is_zero(&self) -> bool {
        matches!(
            self.0,
            Repr::Small {
                high: 0,
                low: 0,
                ..
            }
        )
    }

    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small { high, .. } => *high < 0,
            Repr::Big(long) => long.negative,
            Repr::NaN => false,
            Repr::Infinite { negative } => *negative,
        }
    }

    /// -1, 0 or 1; NaN has no sign and gives `None`.
    pub fn signum(&self) -> Option<i8> {
        match self.is_nan() {
            true => None,
            false if self.is_zero() => Some(0),
            false => Some(if self.is_negative() { -1 } else { 1 }),
        }
    }

    /// Digits printed after the point; `None` for NaN and the infinities.
    pub fn scale(&self) -> Option<u16> {
        match &self.0 {
            Repr::Small { scale, .. } => Some(*scale),
            Repr::Big(long) => Some(long.scale),
            _ => None,
        }
    }

    /// The least scale that loses nothing (SQL's `min_scale`).
    pub fn min_scale(&self) -> Option<u16> {
        let long = self.to_long()?;
        let spare = long.magnitude.trailing_zeros() as u16;
        Some(if long.magnitude.is_zero() {
            0
        } else {
            long.scale.saturating_sub(spare)
        })
    }

    /// Trailing zeros after the point removed (SQL's `trim_scale`).
    pub fn trim_scale(&self) -> Decimal {
        match self.min_scale() {
            Some(scale) => self.with_scale(scale),
            None => self.clone(),
        }
    }

    pub fn compare(&self, other: &Decimal) -> Ordering {
        if let (Some((a, sa)), Some((b, sb))) = (self.as_small(), other.as_small()) {
            if sa == sb {
                return a.cmp(&b);
            }
            if let Some(ordering) = compare_scaled(a, sa, b, sb) {
                return ordering;
            }
        }
        match (self.to_long(), other.to_long()) {
            (Some(a), Some(b)) => a.compare(&b),
            _ => self.special_rank().cmp(&other.special_rank()),
        }
    }

    fn special_rank(&self) -> i8 {
        match self.0 {
            Repr::Infinite { negative: true } => -1,
            Repr::Infinite { negative: false } => 1,
            Repr::NaN => 2,
            _ => 0,
        }
    }
}

pub(crate) const fn pow10_i128(exponent: u16) -> Option<i128> {
    if exponent > 38 {
        None
    } else {
        Some(10i128.pow(exponent as u32))
    }
}

/// Brings both to the larger scale, if that fits.
fn compare_scaled(a: i128, a_scale: u16, b: i128, b_scale: u16) -> Option<Ordering> {
    if a_scale < b_scale {
        Some(a.checked_mul(pow10_i128(b_scale - a_scale)?)?.cmp(&b))
    } else {
        Some(a.cmp(&b.checked_mul(pow10_i128(a_scale - b_scale)?)?))
    }
}

fn overflow() -> SqlError {
    SqlError::user(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "value overflows numeric format",
    )
}

impl Long {
    fn compare(&self, other: &Long) -> Ordering {
        let sign = |long: &Long| match (long.magnitude.is_zero(), long.negative) {
            (true, _) => 0i8,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.magnitude.is_zero() {
            return by_sign;
        }
        let mine = self.magnitude.digit_count() as i64 - i64::from(self.scale);
        let theirs = other.magnitude.digit_count() as i64 - i64::from(other.scale);
        let absolute = mine.cmp(&theirs).then_with(|| {
            let up = |long: &Long, to: u16| long.magnitude.scale_up(usize::from(to - long.scale));
            let scale = self.scale.max(other.scale);
            up(self, scale).cmp(&up(other, scale))
        });
        if self.negative {
            absolute.reverse()
        } else {
            absolute
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        self.compare(other)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.compare(other) == Ordering::Equal
    }
}

impl Default for Decimal {
    fn default() -> Decimal {
        Decimal::ZERO
    }
}

impl Eq for Decimal {}

/// Equal decimals hash alike whatever their scales: 1.5 and 1.50.
impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some((coefficient, scale)) = self.as_small() {
            let (mut coefficient, mut scale) = (coefficient, scale);
            while scale > 0 && coefficient % 10 == 0 {
                coefficient /= 10;
                scale -= 1;
            }
            state.write_i128(coefficient);
            state.write_u16(scale);
            return;
        }
        match &self.0 {
            Repr::Big(_) => {
                let trimmed = self.trim_scale();
                if trimmed.as_small().is_some() {
                    return trimmed.hash(state);
                }
                state.write(alloc::string::ToString::to_string(&trimmed).as_bytes());
            }
            _ => state.write_i8(self.special_rank()),
        }
    }
}

impl core::fmt::Debug for Decimal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
