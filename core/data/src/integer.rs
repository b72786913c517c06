//! Integers and booleans as text.

use crate::error::{Result, SqlError};

/// Integer types by their SQL names, which the messages carry.
pub trait Integer: TryFrom<i128> {
    const NAME: &'static str;
}

impl Integer for i16 {
    const NAME: &'static str = "smallint";
}

impl Integer for i32 {
    const NAME: &'static str = "integer";
}

impl Integer for i64 {
    const NAME: &'static str = "bigint";
}

impl Integer for u32 {
    const NAME: &'static str = "oid";
}

/// Blanks as PostgreSQL's C locale sees them.
pub fn trim_blanks(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b')
}

/// `parse::<i32>(" -42 ")`: 22P02 for what is no number, 22003 for one that does not fit.
pub fn parse<T: Integer>(text: &str) -> Result<T> {
    let body = trim_blanks(text);
    let (negative, digits) = match body.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(SqlError::invalid_input(T::NAME, text));
    }
    let value = digits.iter().try_fold(0i128, |value, digit| {
        value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))
    });
    let value = value.map(|value| if negative { -value } else { value });
    value
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| SqlError::value_out_of_range(T::NAME, text))
}

/// `t`, `true`, `y`, `yes`, `on`, `1` and their opposites; words may be cut short where that
/// leaves no doubt (`o` alone is neither).
pub fn parse_bool(text: &str) -> Result<bool> {
    let body = trim_blanks(text);
    let begins = |word: &str| {
        !body.is_empty()
            && word
                .get(..body.len())
                .is_some_and(|w| w.eq_ignore_ascii_case(body))
    };
    let long_enough = body.len() >= 2;
    if begins("true") || begins("yes") || (long_enough && begins("on")) || body == "1" {
        return Ok(true);
    }
    if begins("false") || begins("no") || (long_enough && begins("off")) || body == "0" {
        return Ok(false);
    }
    Err(SqlError::invalid_input("boolean", text))
}

/// As results print it.
pub fn format_bool(value: bool) -> &'static str {
    if value { "t" } else { "f" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlstate::SqlState;

    #[test]
    fn numbers_and_their_errors() {
        assert_eq!(parse::<i32>(" -42 ").unwrap(), -42);
        assert_eq!(parse::<i64>("-9223372036854775808").unwrap(), i64::MIN);
        let error = parse::<i16>("40000").unwrap_err();
        assert_eq!(
            error.message,
            "value \"40000\" is out of range for type smallint"
        );
        for wrong in ["", " ", "1.5", "1 2", "0x1", "-", "1_000"] {
            let error = parse::<i32>(wrong).unwrap_err();
            assert_eq!(error.code, SqlState::INVALID_TEXT_REPRESENTATION);
        }
    }

    #[test]
    fn booleans_may_be_cut_short() {
        for (text, value) in [
            ("t", true),
            ("TRUE", true),
            ("ye", true),
            ("on", true),
            ("of", false),
            ("n", false),
            ("0", false),
        ] {
            assert_eq!(parse_bool(text).unwrap(), value);
        }
        for wrong in ["o", "", "truely", "2"] {
            assert!(parse_bool(wrong).is_err());
        }
    }
}
