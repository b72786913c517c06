//! Arrays as text: `{1,NULL,"a \"b\""}`, one dimension.
//!
//! What an element means is the element type's business: the caller brings a reader, or writes
//! the elements' own texts.

use crate::datum::Datum;
use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

fn malformed(text: &str, detail: &str) -> SqlError {
    let message = format!("malformed array literal: \"{text}\"");
    SqlError::user(SqlState::INVALID_TEXT_REPRESENTATION, message).detail(detail)
}

/// Reads a literal; `element` turns one element's text into a value.
pub fn parse(text: &str, mut element: impl FnMut(&str) -> Result<Datum>) -> Result<Vec<Datum>> {
    let blank = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let Some(mut rest) = text.trim_start_matches(blank).strip_prefix('{') else {
        let detail = "Array value must start with \"{\" or dimension information.";
        return Err(malformed(text, detail));
    };
    let mut values = Vec::new();
    rest = rest.trim_start_matches(blank);
    if let Some(after) = rest.strip_prefix('}') {
        return end(text, after, values);
    }
    loop {
        rest = rest.trim_start_matches(blank);
        if rest.starts_with('{') {
            return Err(SqlError::unsupported(
                "arrays of more than one dimension are not supported",
            ));
        }
        let (item, quoted, after) = item(text, rest)?;
        values.push(match quoted || !item.eq_ignore_ascii_case("null") {
            true => element(&item)?,
            false => Datum::Null,
        });
        rest = after.trim_start_matches(blank);
        rest = match rest.chars().next() {
            Some(',') => &rest[1..],
            Some('}') => return end(text, &rest[1..], values),
            Some(_) if quoted => return Err(malformed(text, "Unexpected array element.")),
            Some(c) => return Err(malformed(text, &format!("Unexpected \"{c}\" character."))),
            None => return Err(malformed(text, "Unexpected end of input.")),
        };
    }
}

fn end(text: &str, after: &str, values: Vec<Datum>) -> Result<Vec<Datum>> {
    match after.trim().is_empty() {
        true => Ok(values),
        false => Err(malformed(text, "Junk after closing right brace.")),
    }
}

/// One element's text without quotes and escapes, whether it was quoted, and what follows.
fn item<'a>(text: &str, rest: &'a str) -> Result<(String, bool, &'a str)> {
    let quoted = rest.starts_with('"');
    let mut item = String::new();
    let mut solid = 0;
    let mut chars = rest.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let (_, escaped) = chars
                    .next()
                    .ok_or_else(|| malformed(text, "Unexpected end of input."))?;
                item.push(escaped);
                solid = item.len();
            }
            '"' if quoted => return Ok((item, true, &rest[at + 1..])),
            '"' => return Err(malformed(text, "Unexpected array element.")),
            ',' | '}' if !quoted => {
                // Blanks behind an unquoted element are not part of it.
                let keep = item
                    .trim_end_matches(|c: char| c.is_ascii_whitespace())
                    .len();
                item.truncate(keep.max(solid));
                if item.is_empty() {
                    return Err(malformed(text, &format!("Unexpected \"{c}\" character.")));
                }
                return Ok((item, false, &rest[at..]));
            }
            '{' if !quoted => return Err(malformed(text, "Unexpected \"{\" character.")),
            _ => item.push(c),
        }
    }
    Err(malformed(text, "Unexpected end of input."))
}

/// Writes an element in its place, with quotes where reading it back needs them.
pub fn write_element(out: &mut impl Write, element: &str) -> core::fmt::Result {
    let marks = |c: char| matches!(c, '"' | '\\' | '{' | '}' | ',') || c.is_ascii_whitespace();
    let plain = !element.is_empty()
        && !element.eq_ignore_ascii_case("null")
        && !element.contains(|c: char| marks(c) || c == '\x0b');
    if plain {
        return out.write_str(element);
    }
    out.write_char('"')?;
    for c in element.chars() {
        if matches!(c, '"' | '\\') {
            out.write_char('\\')?;
        }
        out.write_char(c)?;
    }
    out.write_char('"')
}

/// Writes a whole array; `element` writes one value's text.
pub fn format(
    out: &mut impl Write,
    values: &[Datum],
    mut element: impl FnMut(&mut String, &Datum) -> core::fmt::Result,
) -> core::fmt::Result {
    let mut text = String::new();
    out.write_char('{')?;
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.write_char(',')?;
        }
        if value.is_null() {
            out.write_str("NULL")?;
            continue;
        }
        text.clear();
        element(&mut text, value)?;
        write_element(out, &text)?;
    }
    out.write_char('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> Result<String> {
        let values = parse(text, |item| Ok(Datum::text(item)))?;
        let mut out = String::new();
        format(&mut out, &values, |out, value| {
            out.write_str(value.as_str().unwrap())
        })
        .unwrap();
        Ok(out)
    }

    #[test]
    fn reads_and_prints() {
        for (text, printed) in [
            ("{}", "{}"),
            (" { 1 , NULL ,\"b c\" } ", "{1,NULL,\"b c\"}"),
            (
                "{\"NULL\",\"\",\"a\\\"b\\\\\"}",
                "{\"NULL\",\"\",\"a\\\"b\\\\\"}",
            ),
            ("{a b,c\\,d}", "{\"a b\",\"c,d\"}"),
            ("{é}", "{é}"),
        ] {
            assert_eq!(round(text).unwrap(), printed);
        }
        for wrong in [
            "", "1", "{", "{1", "{1,}", "{,1}", "{1}x", "{\"a\"b}", "{a\"b}", "{{1}}",
        ] {
            assert!(round(wrong).is_err(), "{wrong}");
        }
        let error = round("1,2").unwrap_err();
        assert_eq!(error.message, "malformed array literal: \"1,2\"");
    }
}
