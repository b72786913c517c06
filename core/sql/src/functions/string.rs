//! Functions over text: one row at a time, by code points.
//!
//! Lengths and positions count characters, never bytes, as PostgreSQL does for UTF-8.

use super::arguments::{bytes, int, text, text_datum};
use super::context::EvalCx;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result, SqlError, SqlState};

/// No result of a string function may exceed this.
const MAX_TEXT_BYTES: usize = 1 << 28;

fn too_long() -> SqlError {
    SqlError::user(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        "requested length too large",
    )
}

pub fn length(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(text(args, 0)?.chars().count() as i32))
}

pub fn octet_length(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(bytes(args, 0)?.len() as i32))
}

pub fn bit_length(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32((bytes(args, 0)?.len() * 8) as i32))
}

pub fn lower(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&text(args, 0)?.to_lowercase()))
}

pub fn upper(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&text(args, 0)?.to_uppercase()))
}

pub fn initcap(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let mut out = String::new();
    let mut inside = false;
    for c in text(args, 0)?.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric();
    }
    Ok(text_datum(&out))
}

pub fn concat_op(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (left, right) = (bytes(args, 0)?, bytes(args, 1)?);
    let mut out = Vec::new();
    out.try_reserve(left.len() + right.len())?;
    out.extend_from_slice(left);
    out.extend_from_slice(right);
    Ok(Datum::Bytes(out.into()))
}

/// `substring(s, from)` and `substring(s, from, for)`.
pub fn substring(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (from, end) = substring_range(args)?;
    let source = text(args, 0)?;
    let out: String = source
        .chars()
        .enumerate()
        .skip_while(|(index, _)| (*index as i64 + 1) < from)
        .take_while(|(index, _)| (*index as i64 + 1) < end)
        .map(|(_, c)| c)
        .collect();
    Ok(text_datum(&out))
}

pub fn substring_bytes(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (from, end) = substring_range(args)?;
    let source = bytes(args, 0)?;
    let clip = |place: i64| (place - 1).clamp(0, source.len() as i64) as usize;
    let out = source.get(clip(from)..clip(end)).unwrap_or_default();
    Ok(Datum::Bytes(out.into()))
}

fn substring_range(args: &[Datum]) -> Result<(i64, i64)> {
    let from = int(args, 1)?;
    if args.len() < 3 {
        return Ok((from, i64::MAX));
    }
    let count = int(args, 2)?;
    if count < 0 {
        return Err(SqlError::user(
            SqlState::SUBSTRING_ERROR,
            "negative substring length not allowed",
        ));
    }
    Ok((from, from.saturating_add(count)))
}

pub fn left(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (source, count) = (text(args, 0)?, int(args, 1)?);
    let total = source.chars().count() as i64;
    let keep = if count < 0 { total + count } else { count };
    Ok(text_datum(
        &source
            .chars()
            .take(keep.max(0) as usize)
            .collect::<String>(),
    ))
}

pub fn right(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (source, count) = (text(args, 0)?, int(args, 1)?);
    let total = source.chars().count() as i64;
    let keep = if count < 0 { total + count } else { count }.clamp(0, total);
    Ok(text_datum(
        &source
            .chars()
            .skip((total - keep) as usize)
            .collect::<String>(),
    ))
}

/// `strpos(haystack, needle)`, counted from 1; 0 when absent.
pub fn strpos(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (haystack, needle) = (text(args, 0)?, text(args, 1)?);
    let place = match haystack.find(needle) {
        Some(at) => haystack.get(..at).unwrap_or_default().chars().count() as i32 + 1,
        None => 0,
    };
    Ok(Datum::I32(place))
}

pub fn replace(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (source, from, to) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    if from.is_empty() {
        return Ok(text_datum(source));
    }
    if to.len().saturating_mul(source.len() / from.len() + 1) > MAX_TEXT_BYTES {
        return Err(too_long());
    }
    Ok(text_datum(&source.replace(from, to)))
}

pub fn translate(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (source, from, to) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    let targets: Vec<char> = to.chars().collect();
    let mut out = String::new();
    for c in source.chars() {
        match from.chars().position(|candidate| candidate == c) {
            Some(index) => out.extend(targets.get(index)),
            None => out.push(c),
        }
    }
    Ok(text_datum(&out))
}

fn trim_set(args: &[Datum]) -> Result<Vec<char>> {
    Ok(if args.len() > 1 {
        text(args, 1)?.chars().collect()
    } else {
        alloc::vec![' ']
    })
}

pub fn btrim(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let set = trim_set(args)?;
    Ok(text_datum(
        text(args, 0)?.trim_matches(|c| set.contains(&c)),
    ))
}

pub fn ltrim(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let set = trim_set(args)?;
    Ok(text_datum(
        text(args, 0)?.trim_start_matches(|c| set.contains(&c)),
    ))
}

pub fn rtrim(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let set = trim_set(args)?;
    Ok(text_datum(
        text(args, 0)?.trim_end_matches(|c| set.contains(&c)),
    ))
}

pub fn repeat(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (source, count) = (text(args, 0)?, int(args, 1)?.max(0) as usize);
    if source.len().saturating_mul(count) > MAX_TEXT_BYTES {
        return Err(too_long());
    }
    Ok(text_datum(&source.repeat(count)))
}

pub fn reverse(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(
        &text(args, 0)?.chars().rev().collect::<String>(),
    ))
}

pub fn lpad(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (kept, padding) = pad(args)?;
    Ok(text_datum(&(padding + &kept)))
}

pub fn rpad(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (kept, padding) = pad(args)?;
    Ok(text_datum(&(kept + &padding)))
}

fn pad(args: &[Datum]) -> Result<(String, String)> {
    let (source, width) = (text(args, 0)?, int(args, 1)?.max(0) as usize);
    if width > MAX_TEXT_BYTES / 4 {
        return Err(too_long());
    }
    let fill = if args.len() > 2 { text(args, 2)? } else { " " };
    let kept: String = source.chars().take(width).collect();
    let missing = width - kept.chars().count();
    Ok((kept, fill.chars().cycle().take(missing).collect()))
}

/// `split_part(s, delimiter, n)`; a negative n counts from the end.
pub fn split_part(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (source, delimiter, field) = (text(args, 0)?, text(args, 1)?, int(args, 2)?);
    if field == 0 {
        return Err(SqlError::user(
            SqlState::INVALID_PARAMETER_VALUE,
            "field position must not be zero",
        ));
    }
    let parts: Vec<&str> = if delimiter.is_empty() {
        alloc::vec![source]
    } else {
        source.split(delimiter).collect()
    };
    let index = if field > 0 {
        field - 1
    } else {
        parts.len() as i64 + field
    };
    let part = usize::try_from(index)
        .ok()
        .and_then(|index| parts.get(index));
    Ok(text_datum(part.copied().unwrap_or_default()))
}

pub fn ascii(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(
        text(args, 0)?.chars().next().map_or(0, |c| c as i32),
    ))
}

pub fn chr(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let code = int(args, 0)?;
    let limit = |message: &str| SqlError::user(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
    if code == 0 {
        return Err(limit("null character not permitted"));
    }
    let c = u32::try_from(code)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| {
            SqlError::user(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("requested character too large for encoding: {code}"),
            )
        })?;
    Ok(text_datum(c.encode_utf8(&mut [0; 4])))
}

pub fn starts_with(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Bool(bytes(args, 0)?.starts_with(bytes(args, 1)?)))
}

pub fn to_hex(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&match args.first() {
        Some(Datum::I32(value)) => format!("{value:x}"),
        Some(Datum::I64(value)) => format!("{value:x}"),
        _ => return Err(SqlError::bug("to_hex of a value that is no integer")),
    }))
}

pub fn quote_ident(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let name = text(args, 0)?;
    let plain = name
        .chars()
        .enumerate()
        .all(|(index, c)| c == '_' || c.is_ascii_lowercase() || (index > 0 && c.is_ascii_digit()));
    if plain && !name.is_empty() {
        return Ok(text_datum(name));
    }
    Ok(text_datum(&format!("\"{}\"", name.replace('"', "\"\""))))
}

pub fn quote_literal(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&quoted(text(args, 0)?)))
}

pub fn quote_nullable(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    match args.first() {
        Some(Datum::Null) | None => Ok(text_datum("NULL")),
        _ => quote_literal(args, cx),
    }
}

fn quoted(source: &str) -> String {
    let doubled = source.replace('\'', "''");
    if doubled.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

/// `concat(…)` over arguments already cast to text; NULLs count as empty.
pub fn concat(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let mut out = Vec::new();
    for index in 0..args.len() {
        if !matches!(args.get(index), Some(Datum::Null)) {
            out.extend_from_slice(bytes(args, index)?);
        }
    }
    Ok(Datum::Bytes(out.into()))
}

/// `concat_ws(separator, …)`.
pub fn concat_ws(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    if matches!(args.first(), Some(Datum::Null) | None) {
        return Ok(Datum::Null);
    }
    let separator = bytes(args, 0)?;
    let mut out = Vec::new();
    let mut first = true;
    for index in 1..args.len() {
        if matches!(args.get(index), Some(Datum::Null)) {
            continue;
        }
        if !first {
            out.extend_from_slice(separator);
        }
        first = false;
        out.extend_from_slice(bytes(args, index)?);
    }
    Ok(Datum::Bytes(out.into()))
}

/// `overlay(s, new, from [, count])`.
pub fn overlay(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (source, new, from) = (text(args, 0)?, text(args, 1)?, int(args, 2)?);
    if from < 1 {
        return Err(SqlError::user(
            SqlState::SUBSTRING_ERROR,
            "negative substring length not allowed",
        ));
    }
    let count = if args.len() > 3 {
        int(args, 3)?
    } else {
        new.chars().count() as i64
    };
    let mut out: String = source.chars().take(from as usize - 1).collect();
    out.push_str(new);
    out.extend(
        source
            .chars()
            .skip((from - 1).saturating_add(count).max(0) as usize),
    );
    Ok(text_datum(&out))
}

pub fn md5(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&super::md5::hex_digest(bytes(args, 0)?)))
}

/// `format(template, …)` over text arguments: `%s`, `%I`, `%L`, `%%`, with `n$` positions.
pub fn format_text(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    if matches!(args.first(), Some(Datum::Null) | None) {
        return Ok(Datum::Null);
    }
    let template = text(args, 0)?;
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    let mut next = 1usize;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = chars.peek().copied().filter(char::is_ascii_digit) {
            digits.push(digit);
            chars.next();
        }
        if chars.peek() == Some(&'$') {
            chars.next();
            next = digits.parse().unwrap_or(0);
        }
        let kind = chars.next();
        if kind == Some('%') {
            out.push('%');
            continue;
        }
        let value = args.get(next).filter(|_| next > 0).ok_or_else(|| {
            SqlError::user(
                SqlState::INVALID_PARAMETER_VALUE,
                "too few arguments for format()",
            )
        })?;
        next += 1;
        format_one(&mut out, kind, value, cx)?;
    }
    Ok(text_datum(&out))
}

fn format_one(out: &mut String, kind: Option<char>, value: &Datum, cx: &EvalCx) -> Result<()> {
    let args = core::slice::from_ref(value);
    let null = matches!(value, Datum::Null);
    match kind {
        Some('s') if null => {}
        Some('s') => out.push_str(text(args, 0)?),
        Some('I') if null => {
            return Err(SqlError::user(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                "null values cannot be formatted as an SQL identifier",
            ));
        }
        Some('I') => out.push_str(text(&[quote_ident(args, cx)?], 0)?),
        Some('L') if null => out.push_str("NULL"),
        Some('L') => out.push_str(&quoted(text(args, 0)?)),
        other => {
            let shown = other.map(String::from).unwrap_or_default();
            return Err(SqlError::user(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("unrecognized format() type specifier \"{shown}\""),
            ));
        }
    }
    Ok(())
}
