//! Values into text: the output functions of the types, as a client sees them.

use super::IoCx;
use super::oid::Oid;
use super::table::{Form, element_of, type_row};
use alloc::string::String;
use core::fmt::Write;
use vitrine_data::{Datum, datum::ArrayDatum, float};

pub fn output_text(oid: Oid, value: &Datum, cx: &IoCx) -> String {
    let mut out = String::new();
    output(oid, value, cx, &mut out);
    out
}

/// Appends the value's text; nothing for NULL, which has no text.
pub fn output(oid: Oid, value: &Datum, cx: &IoCx, out: &mut String) {
    let form = type_row(oid).map_or(Form::Text, |row| row.form);
    // Writing to a String cannot fail.
    let _ = match (form, value) {
        (_, Datum::Null) => Ok(()),
        (_, Datum::Bool(value)) => out.write_str(if *value { "t" } else { "f" }),
        (_, Datum::I16(value)) => write!(out, "{value}"),
        (Form::Date, Datum::I32(_))
        | (Form::Time | Form::Timestamp | Form::Timestamptz, Datum::I64(_))
        | (_, Datum::Interval(_)) => {
            super::datetime::output(form, value, cx, out);
            Ok(())
        }
        (Form::Oid | Form::Regclass, Datum::I32(value)) => write!(out, "{}", *value as u32),
        (Form::Regtype, Datum::I32(value)) => {
            out.write_str(&super::format_type(Oid(*value as u32), -1))
        }
        (_, Datum::I32(value)) => write!(out, "{value}"),
        (Form::Tid, Datum::I64(value)) => write!(out, "({},{})", value >> 16, value & 0xffff),
        (Form::Lsn, Datum::I64(value)) => {
            write!(out, "{:X}/{:X}", (*value as u64) >> 32, *value as u32)
        }
        (Form::Xid8, Datum::I64(value)) => write!(out, "{}", *value as u64),
        (_, Datum::I64(value)) => write!(out, "{value}"),
        (_, Datum::F32(value)) => float::format_f32(out, *value),
        (_, Datum::F64(value)) => float::format_f64(out, *value),
        (_, Datum::Decimal(value)) => write!(out, "{value}"),
        (Form::Bytea, Datum::Bytes(bytes)) => {
            let _ = out.write_str("\\x");
            bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
        }
        (_, Datum::Bytes(bytes)) => match core::str::from_utf8(bytes) {
            Ok(text) => out.write_str(text),
            Err(_) => out.write_str(&String::from_utf8_lossy(bytes)),
        },
        (_, Datum::Uuid(bytes)) => write_uuid(out, bytes),
        (_, Datum::Array(array)) => {
            write_array(oid, array, cx, out);
            Ok(())
        }
    };
}

fn write_uuid(out: &mut String, bytes: &[u8; 16]) -> core::fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.write_char('-')?;
        }
        write!(out, "{byte:02x}")?;
    }
    Ok(())
}

fn write_array(oid: Oid, array: &ArrayDatum, cx: &IoCx, out: &mut String) {
    let element = element_of(oid).unwrap_or(Oid::TEXT);
    if matches!(oid, Oid::INT2VECTOR | Oid::OIDVECTOR) {
        for (index, value) in array.values.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            output(element, value, cx, out);
        }
        return;
    }
    let (open, close) = if oid == Oid::RECORD {
        ('(', ')')
    } else {
        ('{', '}')
    };
    out.push(open);
    for (index, value) in array.values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match value {
            Datum::Null if oid == Oid::RECORD => {}
            Datum::Null => out.push_str("NULL"),
            value => {
                let element = if oid == Oid::RECORD {
                    guess(value)
                } else {
                    element
                };
                quote_item(&output_text(element, value, cx), out);
            }
        }
    }
    out.push(close);
}

/// Records carry no types of their fields; their physical form must do.
fn guess(value: &Datum) -> Oid {
    match value {
        Datum::Array(_) => Oid::TEXT_ARRAY,
        Datum::Interval(_) => Oid::INTERVAL,
        _ => Oid::TEXT,
    }
}

fn quote_item(text: &str, out: &mut String) {
    let special =
        |c: char| matches!(c, '{' | '}' | ',' | '"' | '\\' | '(' | ')') || c.is_ascii_whitespace();
    if !text.is_empty() && !text.contains(special) && !text.eq_ignore_ascii_case("null") {
        out.push_str(text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}
