//! Parameters in, text forms out.
//!
//! A parameter arrives as what the client had in its hands. Where that is the very form of the
//! parameter's type it is passed on as a value; everywhere else it becomes text, and the type's
//! input function decides. So `'5'` for an integer works, and a fraction for one is an error with
//! PostgreSQL's words.

use vitrine_data::datum::Datum;
use vitrine_database::ParamValue;
use vitrine_wire::statement::Param;

const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const FLOAT8: u32 = 701;
const VARCHAR: u32 = 1043;
const JSON: u32 = 114;
const JSONB: u32 = 3802;

pub fn param_value(param: &Param<'_>, oid: u32) -> ParamValue {
    match direct(param, oid) {
        Some(value) => ParamValue::Datum(value),
        None => ParamValue::Text(as_text(param, oid)),
    }
}

fn direct(param: &Param<'_>, oid: u32) -> Option<Datum> {
    let whole = match param {
        Param::I32(value) => Some(i64::from(*value)),
        Param::I64(value) => Some(*value),
        _ => None,
    };
    match (param, oid) {
        (Param::Null, _) => Some(Datum::Null),
        (Param::Bool(value), BOOL) => Some(Datum::Bool(*value)),
        (Param::Text(text), TEXT | VARCHAR) => Some(Datum::text(text)),
        (Param::Bytes(bytes), BYTEA) => Some(Datum::bytes(bytes)),
        (Param::F64(value), FLOAT8) => Some(Datum::F64(*value)),
        (_, INT2) => whole
            .and_then(|value| i16::try_from(value).ok())
            .map(Datum::I16),
        (_, INT4) => whole
            .and_then(|value| i32::try_from(value).ok())
            .map(Datum::I32),
        (_, INT8) => whole.map(Datum::I64),
        (_, FLOAT8) => whole.map(|value| Datum::F64(value as f64)),
        _ => None,
    }
}

fn as_text(param: &Param<'_>, oid: u32) -> String {
    let mut out = String::new();
    match param {
        Param::Array(_) if oid == JSON || oid == JSONB => write_json(param, &mut out),
        Param::Array(items) => write_array(items, &mut out),
        other => write_plain(other, &mut out),
    }
    out
}

fn write_plain(param: &Param<'_>, out: &mut String) {
    match param {
        Param::Null | Param::Array(_) => {}
        Param::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Param::I32(value) => out.push_str(&value.to_string()),
        Param::I64(value) => out.push_str(&value.to_string()),
        Param::F64(value) => out.push_str(&number(*value)),
        Param::Text(text) | Param::Json(text) => out.push_str(text),
        Param::Bytes(bytes) => {
            out.push_str("\\x");
            for byte in *bytes {
                for digit in [byte >> 4, byte & 15] {
                    out.extend(char::from_digit(u32::from(digit), 16));
                }
            }
        }
    }
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        }
    } else {
        value.to_string()
    }
}

fn write_array(items: &[Param<'_>], out: &mut String) {
    out.push('{');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match item {
            Param::Null => out.push_str("NULL"),
            Param::Array(inner) => write_array(inner, out),
            other => {
                let mut text = String::new();
                write_plain(other, &mut text);
                out.push('"');
                for character in text.chars() {
                    if matches!(character, '"' | '\\') {
                        out.push('\\');
                    }
                    out.push(character);
                }
                out.push('"');
            }
        }
    }
    out.push('}');
}

fn write_json(param: &Param<'_>, out: &mut String) {
    match param {
        Param::Null => out.push_str("null"),
        Param::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Param::Text(text) => match crate::json::to_json(text) {
            Ok(quoted) => out.push_str(&quoted),
            Err(_) => out.push_str("null"),
        },
        Param::F64(value) if !value.is_finite() => out.push_str("null"),
        other => write_plain(other, out),
    }
}

/// The text form of a value of a type.
pub fn show(oid: u32, value: &Datum, out: &mut String) {
    vitrine_database::output(oid, value, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(param: Param<'_>, oid: u32) -> String {
        match param_value(&param, oid) {
            ParamValue::Text(text) => text,
            ParamValue::Datum(_) => panic!("a value, not text"),
        }
    }

    fn datum(param: Param<'_>, oid: u32) -> Datum {
        match param_value(&param, oid) {
            ParamValue::Datum(value) => value,
            ParamValue::Text(text) => panic!("text, not a value: {text}"),
        }
    }

    #[test]
    fn the_form_of_the_type_passes_and_the_rest_is_text() {
        assert_eq!(datum(Param::I32(7), INT4).as_i64(), Some(7));
        assert_eq!(datum(Param::I32(7), INT8).as_i64(), Some(7));
        assert_eq!(text(Param::I32(70_000), INT2), "70000");
        assert_eq!(text(Param::F64(1.5), INT4), "1.5");
        assert_eq!(text(Param::Text("5"), INT4), "5");
        assert_eq!(text(Param::I64(1 << 60), 1700), "1152921504606846976");
        assert_eq!(text(Param::F64(f64::NEG_INFINITY), 1700), "-Infinity");
        assert!(datum(Param::Null, INT4).is_null());
        assert_eq!(text(Param::Bytes(&[1, 255]), TEXT), "\\x01ff");
    }

    #[test]
    fn arrays_follow_the_parameter() {
        let items = || Param::Array(vec![Param::I32(1), Param::Null, Param::Text("a\"b")]);
        assert_eq!(text(items(), 1009), "{\"1\",NULL,\"a\\\"b\"}");
        assert_eq!(text(items(), JSONB), "[1,null,\"a\\\"b\"]");
        let nested = Param::Array(vec![
            Param::Array(vec![Param::I32(1)]),
            Param::Array(vec![]),
        ]);
        assert_eq!(text(nested, 1007), "{{\"1\"},{}}");
    }
}
