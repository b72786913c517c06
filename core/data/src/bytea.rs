//! Byte strings as text: `\x` and hexadecimal, or the older escapes.

use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use alloc::format;
use alloc::vec::Vec;
use core::fmt::Write;

pub fn hex_value(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

pub fn parse(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix("\\x") {
        Some(hex) => parse_hex(hex),
        None => parse_escaped(text),
    }
}

/// Hexadecimal digits in pairs, with blanks between pairs: also `decode(text, 'hex')`.
pub fn parse_hex(text: &str) -> Result<Vec<u8>> {
    let wrong = |message| SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message);
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut digits = text.chars();
    let value = |c: char| {
        let value = c.to_digit(16).map(|value| value as u8);
        value.ok_or_else(|| wrong(format!("invalid hexadecimal digit: \"{c}\"")))
    };
    while let Some(high) = digits.next() {
        if matches!(high, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let high = value(high)?;
        let Some(low) = digits.next() else {
            return Err(wrong(
                "invalid hexadecimal data: odd number of digits".into(),
            ));
        };
        bytes.push(high << 4 | value(low)?);
    }
    Ok(bytes)
}

/// `\\` and `\ooo`, three octal digits; everything else stands for itself.
pub fn parse_escaped(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Ok(bytes),
            [b'\\', b'\\', after @ ..] => {
                bytes.push(b'\\');
                after
            }
            &[
                b'\\',
                a @ b'0'..=b'3',
                b @ b'0'..=b'7',
                c @ b'0'..=b'7',
                ref after @ ..,
            ] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                after
            }
            [b'\\', ..] => {
                return Err(SqlError::user(
                    SqlState::INVALID_TEXT_REPRESENTATION,
                    "invalid input syntax for type bytea",
                ));
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        };
    }
}

pub fn format_hex(out: &mut impl Write, bytes: &[u8]) -> core::fmt::Result {
    out.write_str("\\x")?;
    write_digits(out, bytes)
}

/// The digits alone: `encode(bytes, 'hex')`.
pub fn write_digits(out: &mut impl Write, bytes: &[u8]) -> core::fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.write_char(char::from(DIGITS[usize::from(byte >> 4)]))?;
        out.write_char(char::from(DIGITS[usize::from(byte & 15)]))?;
    }
    Ok(())
}

/// The older output: printable ASCII as it is, the rest in octal.
pub fn format_escaped(out: &mut impl Write, bytes: &[u8]) -> core::fmt::Result {
    for byte in bytes {
        match byte {
            b'\\' => out.write_str("\\\\")?,
            0x20..=0x7e => out.write_char(char::from(*byte))?,
            _ => write!(out, "\\{byte:03o}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn both_forms() {
        assert_eq!(parse("\\x DE ad\n00").unwrap(), [0xde, 0xad, 0]);
        assert_eq!(parse("a\\\\\\000\\377").unwrap(), [b'a', b'\\', 0, 255]);
        let mut text = String::new();
        format_hex(&mut text, &[0, 0xab]).unwrap();
        assert_eq!(text, "\\x00ab");
        text.clear();
        format_escaped(&mut text, b"a\\\xff").unwrap();
        assert_eq!(text, "a\\\\\\377");
        let message = |text: &str| parse(text).unwrap_err().message.clone();
        assert_eq!(message("\\xg0"), "invalid hexadecimal digit: \"g\"");
        assert_eq!(
            message("\\x0"),
            "invalid hexadecimal data: odd number of digits"
        );
        assert_eq!(message("\\9"), "invalid input syntax for type bytea");
    }
}
