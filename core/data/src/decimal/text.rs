//! Decimals as text, in PostgreSQL's forms: `-12.50`, `1e-7`, `NaN`, `Infinity`.

use super::{Decimal, Long, MAX_SCALE, MAX_WHOLE_DIGITS, Magnitude, Repr, overflow};
use crate::error::{Result, SqlError};
use alloc::string::String;
use alloc::vec::Vec;

impl Decimal {
    /// Parses what `numeric`'s input function accepts; blanks around are ignored.
    pub fn parse(text: &str) -> Result<Decimal> {
        let invalid = || SqlError::invalid_input("numeric", text);
        let body = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
        if let Some(special) = special_word(body) {
            return Ok(special);
        }
        let (negative, unsigned) = match body.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (whole, after) = take_digits(unsigned);
        let (fraction, after) = match after {
            [b'.', rest @ ..] => take_digits(rest),
            rest => (&[][..], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let exponent = match after {
            [] => 0,
            [b'e' | b'E', rest @ ..] => parse_exponent(rest).ok_or_else(invalid)?,
            _ => return Err(invalid()),
        };
        assemble(negative, whole, fraction, exponent)
    }
}

fn special_word(body: &str) -> Option<Decimal> {
    let is = |word: &str| body.eq_ignore_ascii_case(word);
    if is("nan") {
        return Some(Decimal::NAN);
    }
    if is("infinity") || is("inf") || is("+infinity") || is("+inf") {
        return Some(Decimal::INFINITY);
    }
    (is("-infinity") || is("-inf")).then_some(Decimal::NEG_INFINITY)
}

fn take_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(bytes.len());
    bytes.split_at(end)
}

/// An exponent, saturating far outside what any decimal can hold.
fn parse_exponent(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, d| {
        value
            .saturating_mul(10)
            .saturating_add(i64::from(d - b'0'))
            .min(1 << 40)
    });
    Some(if negative { -value } else { value })
}

fn assemble(negative: bool, whole: &[u8], fraction: &[u8], exponent: i64) -> Result<Decimal> {
    let digits = whole.len() + fraction.len();
    let scale = fraction.len() as i64 - exponent;
    if digits <= 38 && (0..=i64::from(MAX_SCALE)).contains(&scale) {
        let all = whole.iter().chain(fraction);
        let value = all.fold(0i128, |value, d| value * 10 + i128::from(d - b'0'));
        return Ok(Decimal::new(
            if negative { -value } else { value },
            scale as u16,
        ));
    }
    if scale > i64::from(MAX_SCALE) || exponent > MAX_WHOLE_DIGITS as i64 {
        return Err(overflow());
    }
    let mut all = Vec::with_capacity(digits);
    all.extend_from_slice(whole);
    all.extend_from_slice(fraction);
    let magnitude = Magnitude::from_digits(&all);
    match scale >= 0 {
        true => Decimal::from_long(negative, magnitude, scale as u16),
        false => Decimal::from_long(negative, magnitude.scale_up(-scale as usize), 0),
    }
}

/// Digits with a point put in, at least one digit before it.
fn write_pointed(
    out: &mut impl core::fmt::Write,
    negative: bool,
    digits: &str,
    scale: usize,
) -> core::fmt::Result {
    if negative {
        out.write_char('-')?;
    }
    let whole = digits.len().saturating_sub(scale);
    let (before, after) = digits.split_at(whole);
    out.write_str(if before.is_empty() { "0" } else { before })?;
    if scale == 0 {
        return Ok(());
    }
    out.write_char('.')?;
    for _ in after.len()..scale {
        out.write_char('0')?;
    }
    out.write_str(after)
}

/// Writes `coefficient × 10^-scale`, the form a vector of decimals holds.
pub fn write_scaled(
    out: &mut impl core::fmt::Write,
    coefficient: i128,
    scale: u16,
) -> core::fmt::Result {
    let mut buffer = [0u8; 40];
    let mut at = buffer.len();
    let mut rest = coefficient.unsigned_abs();
    // Sixteen-byte division is slow: go on in eight as soon as the number allows.
    while rest > u128::from(u64::MAX) {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let mut rest = rest as u64;
    while rest > 0 {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let digits = core::str::from_utf8(&buffer[at..]).unwrap_or("");
    write_pointed(out, coefficient < 0, digits, usize::from(scale))
}

impl core::fmt::Display for Decimal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.0 {
            Repr::Small { scale, .. } => {
                write_scaled(f, self.as_small().map_or(0, |(value, _)| value), *scale)
            }
            Repr::Big(long) => long.write(f),
            Repr::NaN => f.write_str("NaN"),
            Repr::Infinite { negative: false } => f.write_str("Infinity"),
            Repr::Infinite { negative: true } => f.write_str("-Infinity"),
        }
    }
}

impl Long {
    fn write(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut digits = String::with_capacity(self.magnitude.digit_count());
        self.magnitude.write_digits(&mut digits);
        write_pointed(f, self.negative, &digits, usize::from(self.scale))
    }
}
