//! Floats as text: the shortest digits that read back, in PostgreSQL's layout.
//!
//! With `extra_float_digits` above 0, which is the default, PostgreSQL prints the shortest text
//! that gives the same float. Exponents from -4 to 14 (double precision) or 5 (real) are written
//! out, others as `1e+15`, with at least two digits of exponent. The digits come from Rust's
//! `{:e}`, which is shortest too, but for ties among large numbers (`settle`).

use crate::error::{Result, SqlError};
use crate::integer::trim_blanks;
use alloc::format;
use alloc::string::String;
use core::fmt::Write;

/// Exponents up to this are written out.
const F64_PLAIN_EXPONENT: i32 = 15;
const F32_PLAIN_EXPONENT: i32 = 6;

pub fn format_f64(out: &mut impl Write, value: f64) -> core::fmt::Result {
    if let Some(word) = special(value) {
        return out.write_str(word);
    }
    let shortest = format!("{value:e}");
    if digit_count(&shortest) < F64_TIE_DIGITS && value.abs() < F64_EXACT_FROM {
        return layout(out, &shortest, F64_PLAIN_EXPONENT);
    }
    let magnitude = value.abs();
    let steps = (
        magnitude.next_up() - magnitude,
        magnitude - magnitude.next_down(),
    );
    let exact = (F64_EXACT_FROM..EXACT_BELOW).contains(&magnitude);
    let text = settle(&shortest, |digits| {
        let text = format!("{value:.digits$e}");
        let near = match exact {
            true => nearer_than_halfway(&text, magnitude, steps),
            false => text.parse() == Ok(value),
        };
        near.then_some(text)
    });
    layout(out, &text, F64_PLAIN_EXPONENT)
}

pub fn format_f32(out: &mut impl Write, value: f32) -> core::fmt::Result {
    if let Some(word) = special(f64::from(value)) {
        return out.write_str(word);
    }
    let shortest = format!("{value:e}");
    if digit_count(&shortest) < F32_TIE_DIGITS && value.abs() < F32_EXACT_FROM {
        return layout(out, &shortest, F32_PLAIN_EXPONENT);
    }
    let magnitude = value.abs();
    let steps = (
        magnitude.next_up() - magnitude,
        magnitude - magnitude.next_down(),
    );
    let steps = (f64::from(steps.0), f64::from(steps.1));
    let exact = (F32_EXACT_FROM..EXACT_BELOW as f32).contains(&magnitude);
    let text = settle(&shortest, |digits| {
        let text = format!("{value:.digits$e}");
        let near = match exact {
            true => nearer_than_halfway(&text, f64::from(magnitude), steps),
            false => text.parse() == Ok(value),
        };
        near.then_some(text)
    });
    layout(out, &text, F32_PLAIN_EXPONENT)
}

pub fn f64_to_string(value: f64) -> String {
    let mut text = String::new();
    let _ = format_f64(&mut text, value);
    text
}

pub fn f32_to_string(value: f32) -> String {
    let mut text = String::new();
    let _ = format_f32(&mut text, value);
    text
}

/// From here on a short decimal can lie exactly halfway between two floats; below, the halfway
/// points have more digits than anything that is printed.
const F64_EXACT_FROM: f64 = (1u64 << 50) as f64;
const F32_EXACT_FROM: f32 = (1u32 << 20) as f32;
const EXACT_BELOW: f64 = 1e35;
/// Floats in that range, the halfway points and the texts are whole numbers of this part.
const PARTS: u128 = 1600;
/// With this many digits a float can lie exactly between two texts.
const F64_TIE_DIGITS: usize = 16;
const F32_TIE_DIGITS: usize = 7;

/// Rust's shortest text may stand exactly halfway to the next float, and reads back only because
/// readers round to even; PostgreSQL does not rely on that, and of two texts equally near takes the
/// even one. So: the fewest digits that, rounded to even, stand nearer than halfway. `attempt`
/// gives the text with so many digits behind the first, if that is near enough.
fn settle(shortest: &str, attempt: impl Fn(usize) -> Option<String>) -> String {
    let digits = digit_count(shortest).saturating_sub(1);
    (digits..digits + 3)
        .find_map(attempt)
        .unwrap_or_else(|| String::from(shortest))
}

fn digit_count(scientific: &str) -> usize {
    scientific
        .bytes()
        .take_while(|byte| *byte != b'e')
        .filter(u8::is_ascii_digit)
        .count()
}

fn nearer_than_halfway(text: &str, magnitude: f64, (up, down): (f64, f64)) -> bool {
    let parts = |value: f64| (value * 16.0) as u128 * (PARTS / 16);
    let value = parts(magnitude);
    match spelt_parts(text) {
        Some(spelt) if spelt >= value => (spelt - value) * 2 < parts(up),
        Some(spelt) => (value - spelt) * 2 < parts(down),
        None => false,
    }
}

/// The size of a number in scientific form, in parts, rounded down.
fn spelt_parts(text: &str) -> Option<u128> {
    let (mantissa, exponent) = text.trim_start_matches('-').split_once('e')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(fraction.bytes());
    let digits = digits.fold(0u128, |value, digit| value * 10 + u128::from(digit - b'0'));
    let shift = exponent.parse::<i32>().ok()? - fraction.len() as i32;
    let unit = 10u128.checked_pow(shift.unsigned_abs())?;
    match shift >= 0 {
        true => digits.checked_mul(PARTS)?.checked_mul(unit),
        false => Some(digits.checked_mul(PARTS)? / unit),
    }
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        v if v.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// From `-1.234e5` to the layout wanted.
fn layout(out: &mut impl Write, scientific: &str, plain_exponent: i32) -> core::fmt::Result {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let unsigned = match mantissa.strip_prefix('-') {
        Some(rest) => {
            out.write_char('-')?;
            rest
        }
        None => mantissa,
    };
    let (first, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if exponent < -4 || exponent >= plain_exponent {
        let sign = if exponent < 0 { '-' } else { '+' };
        return write!(out, "{unsigned}e{sign}{:02}", exponent.abs());
    }
    if exponent < 0 {
        out.write_str("0.")?;
        for _ in 1..-exponent {
            out.write_char('0')?;
        }
        return write!(out, "{first}{fraction}");
    }
    let whole = exponent as usize;
    out.write_str(first)?;
    match fraction.split_at_checked(whole) {
        Some((before, "")) => out.write_str(before),
        Some((before, after)) => write!(out, "{before}.{after}"),
        None => write!(out, "{fraction}{:0<1$}", "", whole - fraction.len()),
    }
}

pub fn parse_f64(text: &str) -> Result<f64> {
    const NAME: &str = "double precision";
    let body = checked(text, NAME)?;
    let value: f64 = word_value(body)
        .or_else(|| body.parse().ok())
        .ok_or_else(|| SqlError::invalid_input(NAME, text))?;
    let overflow = value.is_infinite() && !is_word(body);
    if overflow || (value == 0.0 && has_digit_above_zero(body)) {
        return Err(out_of_range(text, NAME));
    }
    Ok(value)
}

pub fn parse_f32(text: &str) -> Result<f32> {
    const NAME: &str = "real";
    let body = checked(text, NAME)?;
    let value: f32 = word_value(body)
        .map(|value| value as f32)
        .or_else(|| body.parse().ok())
        .ok_or_else(|| SqlError::invalid_input(NAME, text))?;
    let overflow = value.is_infinite() && !is_word(body);
    if overflow || (value == 0.0 && has_digit_above_zero(body)) {
        return Err(out_of_range(text, NAME));
    }
    Ok(value)
}

/// Rust reads a few spellings that PostgreSQL's C library does not, and the other way round.
fn checked<'a>(text: &'a str, name: &str) -> Result<&'a str> {
    let body = trim_blanks(text);
    match body.is_empty() {
        true => Err(SqlError::invalid_input(name, text)),
        false => Ok(body),
    }
}

fn word_value(body: &str) -> Option<f64> {
    let (negative, word) = match body.strip_prefix(['-', '+']) {
        Some(rest) => (body.starts_with('-'), rest),
        None => (false, body),
    };
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    let value = match () {
        _ if is("nan") => f64::NAN,
        _ if is("infinity") || is("inf") => f64::INFINITY,
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

fn is_word(body: &str) -> bool {
    word_value(body).is_some()
}

/// Whether a text that gave zero was another number: it was too small.
fn has_digit_above_zero(body: &str) -> bool {
    let mantissa = body.split(['e', 'E']).next().unwrap_or(body);
    mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

fn out_of_range(text: &str, name: &str) -> SqlError {
    SqlError::user(
        crate::SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        format!("\"{}\" is out of range for type {name}", trim_blanks(text)),
    )
}

/// Rounds half to even, as PostgreSQL's casts and `round(double precision)` do.
pub fn round_even(value: f64) -> f64 {
    libm::rint(value)
}

/// A float as an integer of the type, rounded half to even; 22003 when it does not fit.
pub fn to_integer<T: crate::integer::Integer>(value: f64) -> Result<T> {
    let rounded = round_even(value);
    // Beyond this an i128 would saturate; NaN fails the comparison.
    if rounded.abs() < 1e30
        && let Ok(value) = T::try_from(rounded as i128)
    {
        return Ok(value);
    }
    Err(SqlError::out_of_range(T::NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_postgresql() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1.0, "1"),
            (-1234.5, "-1234.5"),
            (1e14, "100000000000000"),
            (123456789012345.0, "123456789012345"),
            (1e15, "1e+15"),
            (1.5e15, "1.5e+15"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e-300, "1e-300"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(f64_to_string(value), text);
        }
        for (value, text) in [
            (1e5f32, "100000"),
            (1e6, "1e+06"),
            (0.1, "0.1"),
            (123456.7, "123456.7"),
        ] {
            assert_eq!(f32_to_string(value), text);
        }
    }

    #[test]
    fn parses_and_casts() {
        assert_eq!(parse_f64(" 1e3 ").unwrap(), 1000.0);
        assert!(parse_f64("nan").unwrap().is_nan());
        assert_eq!(parse_f64("-inf").unwrap(), f64::NEG_INFINITY);
        assert!(
            parse_f64("1e400")
                .unwrap_err()
                .message
                .contains("out of range for type double")
        );
        assert!(parse_f64("1e-400").is_err() && parse_f64("0e-400").is_ok());
        assert!(parse_f64("").is_err() && parse_f64("1x").is_err() && parse_f64("infin").is_err());
        assert_eq!(to_integer::<i32>(2.5).unwrap(), 2);
        assert_eq!(to_integer::<i32>(-3.5).unwrap(), -4);
        assert!(to_integer::<i32>(2147483647.5).is_err() && to_integer::<i64>(f64::NAN).is_err());
        assert!(to_integer::<i64>(9223372036854775807.0).is_err());
    }
}
