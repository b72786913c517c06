//! Text into values: the input functions of the types.
//!
//! Each type's spelling and error is PostgreSQL's: 22P02 for what is no value, 22003 for a number
//! that does not fit, with the type's long name in the message.

use super::json;
use super::name::type_by_name;
use super::oid::Oid;
pub use super::output::{output, output_text};
use super::table::{Form, element_of, phys_of, type_row};
use super::typmod;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::integer::{self, trim_blanks};
use vitrine_data::{ArrayDatum, Datum, Decimal, Result, SqlError, SqlState};
use vitrine_data::{bytea, float, uuid};

/// What text forms depend on besides the value.
#[derive(Clone, Copy)]
pub struct IoCx {
    /// Seconds east of UTC of the session's zone.
    pub zone_offset_s: i32,
    /// For `now`, `today`, …: microseconds since 2000-01-01 UTC.
    pub now_us: i64,
}

impl IoCx {
    pub const UTC: IoCx = IoCx {
        zone_offset_s: 0,
        now_us: 0,
    };
}

const MAX_ARRAY_DEPTH: usize = 6;

/// The value that `text` spells for the type, with the modifier applied.
pub fn input(oid: Oid, typmod: i32, text: &str, cx: &IoCx) -> Result<Datum> {
    let row = type_row(oid).ok_or_else(|| SqlError::bug(format!("no type has OID {oid}")))?;
    let value = match row.form {
        Form::Text | Form::Bpchar => Datum::text(text),
        Form::Name => Datum::text(truncate_name(text)),
        Form::Char => Datum::text(
            text.chars()
                .next()
                .map_or("", |c| text.get(..c.len_utf8()).unwrap_or_default()),
        ),
        Form::Bool => Datum::Bool(integer::parse_bool(text)?),
        Form::Int2 => Datum::I16(integer::parse(text)?),
        Form::Int4 => Datum::I32(integer::parse(text)?),
        Form::Int8 => Datum::I64(integer::parse(text)?),
        Form::Oid => Datum::I32(parse_oid(text, row.name)?),
        Form::Regclass => Datum::I32(parse_oid(text, row.name)?),
        Form::Regtype => match type_by_name(text.trim()) {
            Some(oid) => Datum::I32(oid.0 as i32),
            None => Datum::I32(parse_oid(text, row.name).map_err(|_| {
                SqlError::user(
                    SqlState::UNDEFINED_OBJECT,
                    format!("type \"{text}\" does not exist"),
                )
            })?),
        },
        Form::Tid => Datum::I64(parse_tid(text)?),
        Form::Xid8 => {
            let parsed = text.trim().parse::<u64>();
            Datum::I64(parsed.map_err(|_| SqlError::invalid_input("xid8", text))? as i64)
        }
        Form::Lsn => Datum::I64(parse_lsn(text)?),
        Form::Bytea => Datum::Bytes(bytea::parse(text)?.into()),
        Form::Json => {
            json::validate(text)?;
            Datum::text(text)
        }
        Form::Jsonb => Datum::text(&json::canonical(text)?),
        Form::Float4 => Datum::F32(float::parse_f32(text)?),
        Form::Float8 => Datum::F64(float::parse_f64(text)?),
        Form::Numeric => Datum::Decimal(Decimal::parse(text)?),
        Form::Uuid => Datum::Uuid(uuid::parse(text)?),
        Form::Date | Form::Time | Form::Timestamp | Form::Timestamptz | Form::Interval => {
            super::datetime::input(row.form, text, cx)?
        }
        Form::Array => return parse_array(oid, typmod, text, cx),
        Form::Pseudo => {
            return Err(SqlError::unsupported(format!(
                "cannot accept a value of type {}",
                row.display
            )));
        }
    };
    if typmod >= 0 {
        typmod::apply(oid, typmod, &value, typmod::How::Implicit)
    } else {
        Ok(value)
    }
}

/// Identifiers hold 63 bytes; longer names are cut at a character.
fn truncate_name(text: &str) -> &str {
    let mut end = text.len().min(63);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

/// OIDs are unsigned 32-bit numbers, held in the bits of an i32.
fn parse_oid(text: &str, type_name: &str) -> Result<i32> {
    let body = trim_blanks(text);
    let value: i64 = body
        .parse()
        .map_err(|_| SqlError::invalid_input(type_name, text))?;
    match value {
        -2_147_483_648..=-1 => Ok(value as i32),
        0..=4_294_967_295 => Ok(value as u32 as i32),
        _ => Err(SqlError::value_out_of_range(type_name, text)),
    }
}

/// `(block,offset)` as block << 16 | offset.
fn parse_tid(text: &str) -> Result<i64> {
    let invalid = || SqlError::invalid_input("tid", text);
    let inner = text
        .trim()
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    let (block, offset) = inner
        .and_then(|inner| inner.split_once(','))
        .ok_or_else(invalid)?;
    let block: u32 = block.trim().parse().map_err(|_| invalid())?;
    let offset: u16 = offset.trim().parse().map_err(|_| invalid())?;
    Ok(i64::from(block) << 16 | i64::from(offset))
}

fn parse_lsn(text: &str) -> Result<i64> {
    let invalid = || SqlError::invalid_input("pg_lsn", text);
    let (high, low) = text.trim().split_once('/').ok_or_else(invalid)?;
    let high = u32::from_str_radix(high, 16).map_err(|_| invalid())?;
    let low = u32::from_str_radix(low, 16).map_err(|_| invalid())?;
    Ok((u64::from(high) << 32 | u64::from(low)) as i64)
}

/// `{1,NULL,"a b"}`; nested braces are flattened by nobody: only one dimension is held.
fn parse_array(oid: Oid, typmod: i32, text: &str, cx: &IoCx) -> Result<Datum> {
    let element = element_of(oid).ok_or_else(|| SqlError::bug("an array type without element"))?;
    let malformed = |detail: &str| {
        SqlError::user(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("malformed array literal: \"{text}\""),
        )
        .detail(detail)
    };
    let body = text.trim_matches(is_blank);
    if matches!(oid, Oid::INT2VECTOR | Oid::OIDVECTOR) {
        let items = body
            .split_whitespace()
            .map(|item| input(element, -1, item, cx));
        let values = items.collect::<Result<Vec<Datum>>>()?;
        return Ok(Datum::Array(
            ArrayDatum::new(phys_of(element), values).into(),
        ));
    }
    let inner = body
        .strip_prefix('{')
        .ok_or_else(|| malformed("Array value must start with \"{\" or dimension information."))?;
    let inner = inner
        .strip_suffix('}')
        .ok_or_else(|| malformed("Unexpected end of input."))?;
    let mut values = Vec::new();
    for (item, quoted) in split_items(inner).map_err(malformed)? {
        values.push(if !quoted && item.eq_ignore_ascii_case("null") {
            Datum::Null
        } else if !quoted && item.starts_with('{') {
            return Err(SqlError::unsupported(
                "multidimensional arrays are not supported yet",
            ));
        } else {
            input(element, typmod, &item, cx)?
        });
    }
    Ok(Datum::Array(
        ArrayDatum::new(phys_of(element), values).into(),
    ))
}

/// The items between braces, each with whether it was quoted.
fn split_items(inner: &str) -> core::result::Result<Vec<(String, bool)>, &'static str> {
    let mut items = Vec::new();
    if inner.trim_matches(is_blank).is_empty() {
        return Ok(items);
    }
    let mut chars = inner.chars();
    let (mut item, mut quoted, mut depth) = (String::new(), false, 0usize);
    let mut inside = false;
    loop {
        match chars.next() {
            None if inside || depth > 0 => return Err("Unexpected end of input."),
            None => break,
            Some('"') => {
                inside = !inside;
                quoted = true;
            }
            Some('\\') => item.push(chars.next().ok_or("Unexpected end of input.")?),
            Some(',') if !inside && depth == 0 => {
                push_item(&mut items, &mut item, &mut quoted)?;
            }
            Some(c @ ('{' | '}')) if !inside => {
                depth = if c == '{' {
                    depth + 1
                } else {
                    depth.wrapping_sub(1)
                };
                if depth > MAX_ARRAY_DEPTH {
                    return Err("Unexpected \"}\" character.");
                }
                item.push(c);
            }
            Some(c) if quoted && !inside && !is_blank(c) && depth == 0 => {
                return Err("Unexpected array element.");
            }
            Some(c) if quoted && !inside && is_blank(c) => {}
            Some(c) => item.push(c),
        }
    }
    push_item(&mut items, &mut item, &mut quoted)?;
    Ok(items)
}

fn push_item(
    items: &mut Vec<(String, bool)>,
    item: &mut String,
    quoted: &mut bool,
) -> core::result::Result<(), &'static str> {
    let text = core::mem::take(item);
    let text = if *quoted {
        text
    } else {
        String::from(text.trim_matches(is_blank))
    };
    if text.is_empty() && !*quoted {
        return Err("Unexpected \",\" character.");
    }
    items.push((text, core::mem::take(quoted)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(oid: Oid, text: &str) -> String {
        output_text(oid, &input(oid, -1, text, &IoCx::UTC).unwrap(), &IoCx::UTC)
    }

    fn code(oid: Oid, text: &str) -> [u8; 5] {
        input(oid, -1, text, &IoCx::UTC).err().unwrap().code.0
    }

    #[test]
    fn values_come_back_in_postgresqls_spelling() {
        let cases: &[(Oid, &str, &str)] = &[
            (Oid::BOOL, " TRUE ", "t"),
            (Oid::INT4, " -42", "-42"),
            (Oid::FLOAT8, "1e15", "1e+15"),
            (Oid::FLOAT8, "0.00001", "1e-05"),
            (Oid::FLOAT8, "100000000000000", "100000000000000"),
            (Oid::FLOAT4, "1234567", "1.234567e+06"),
            (Oid::FLOAT8, "-infinity", "-Infinity"),
            (Oid::BYTEA, "a\\001b", "\\x610162"),
            (
                Oid::UUID,
                "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}",
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            ),
            (Oid::INT4_ARRAY, "{1, null ,3}", "{1,NULL,3}"),
            (
                Oid::TEXT_ARRAY,
                "{\"a b\",c,\"NULL\",\"\"}",
                "{\"a b\",c,\"NULL\",\"\"}",
            ),
            (Oid::TID, "(3,7)", "(3,7)"),
            (Oid::OID, "4294967295", "4294967295"),
            (
                Oid::JSONB,
                "{\"bb\":1,\"a\":[1,2],\"a\":3}",
                "{\"a\": 3, \"bb\": 1}",
            ),
        ];
        for (oid, given, wanted) in cases {
            assert_eq!(&round(*oid, given), wanted);
        }
    }

    #[test]
    fn bad_text_has_its_code() {
        assert_eq!(&code(Oid::INT2, "40000"), b"22003");
        assert_eq!(&code(Oid::INT4, "4x"), b"22P02");
        assert_eq!(&code(Oid::FLOAT8, "1e400"), b"22003");
        assert_eq!(&code(Oid::JSON, "{"), b"22P02");
        assert_eq!(&code(Oid::INT4_ARRAY, "{1,2"), b"22P02");
        assert_eq!(&code(Oid::UUID, "12"), b"22P02");
    }
}
