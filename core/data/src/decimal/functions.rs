//! Roots, exponentials and logarithms, with PostgreSQL's result scales.

use super::Decimal;
use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;

const MIN_SIGNIFICANT_DIGITS: i32 = 16;
const MAX_DISPLAY_SCALE: i32 = 1000;

impl Decimal {
    pub fn sqrt(&self) -> Result<Decimal> {
        if self.is_nan() || (self.is_infinite() && !self.is_negative()) {
            return Ok(self.clone());
        }
        if self.is_negative() {
            return Err(SqlError::user(
                SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                "cannot take square root of a negative number",
            ));
        }
        let Some(long) = self.to_long() else {
            return Ok(Decimal::NAN);
        };
        let (weight, _) = self.leading_digit();
        let whole_digits = weight * 2 + 1;
        let scale = (MIN_SIGNIFICANT_DIGITS - whole_digits)
            .max(i32::from(long.scale))
            .clamp(0, MAX_DISPLAY_SCALE) as u16;
        // One digit more than asked for; below it the root can only be larger, so half is half.
        let even = 2 * (usize::from(scale) + 1) as i64 - i64::from(long.scale);
        let square = match even >= 0 {
            true => long.magnitude.scale_up(even as usize),
            false => long.magnitude.scale_down(-even as usize).0,
        };
        Decimal::from_long(
            false,
            super::arith::round_down(&square.square_root(), 1),
            scale,
        )
    }
}
