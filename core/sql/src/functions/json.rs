//! Navigation of JSON values by parsing their text.
//!
//! `json` keeps the spelling of what it finds, `jsonb` its canonical form; both are written here
//! in the spaced form, which for `json` differs from PostgreSQL in blanks only.

use super::arguments::{int, text, text_datum};
use super::array::array;
use super::context::EvalCx;
use crate::types::json::{Json, parse, write_string};
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result};

fn shown(found: Option<&Json>) -> Datum {
    found.map_or(Datum::Null, |value| text_datum(&value.spaced()))
}

fn bare(found: Option<&Json>) -> Datum {
    found
        .and_then(Json::as_text)
        .map_or(Datum::Null, |value| text_datum(&value))
}

pub fn field(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(shown(parse(text(args, 0)?)?.field(text(args, 1)?)))
}

pub fn element(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(shown(parse(text(args, 0)?)?.element(int(args, 1)?)))
}

pub fn field_text(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(bare(parse(text(args, 0)?)?.field(text(args, 1)?)))
}

pub fn element_text(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(bare(parse(text(args, 0)?)?.element(int(args, 1)?)))
}

fn walk<'a>(root: &'a Json, steps: &[Datum]) -> Option<&'a Json> {
    steps.iter().try_fold(root, |value, step| {
        let step = step.as_str()?;
        match value {
            Json::Object(_) => value.field(step),
            Json::Array(_) => value.element(step.parse().ok()?),
            _ => None,
        }
    })
}

pub fn path(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(shown(walk(
        &parse(text(args, 0)?)?,
        &array(args, 1)?.values,
    )))
}

pub fn path_text(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(bare(walk(&parse(text(args, 0)?)?, &array(args, 1)?.values)))
}

pub fn has_key(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let key = text(args, 1)?;
    Ok(Datum::Bool(match parse(text(args, 0)?)? {
        Json::Array(values) => values
            .iter()
            .any(|value| matches!(value, Json::String(held) if held == key)),
        Json::String(held) => held == key,
        object => object.field(key).is_some(),
    }))
}

fn holds(outer: &Json, inner: &Json) -> bool {
    match (outer, inner) {
        (Json::Object(_), Json::Object(fields)) => fields
            .iter()
            .all(|(key, wanted)| outer.field(key).is_some_and(|value| holds(value, wanted))),
        (Json::Array(values), Json::Array(wanted)) => wanted
            .iter()
            .all(|wanted| values.iter().any(|value| holds(value, wanted))),
        (Json::Array(values), scalar) => values.iter().any(|value| value == scalar),
        (a, b) => a == b,
    }
}

pub fn contains(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Bool(holds(
        &parse(text(args, 0)?)?,
        &parse(text(args, 1)?)?,
    )))
}

pub fn contained(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Bool(holds(
        &parse(text(args, 1)?)?,
        &parse(text(args, 0)?)?,
    )))
}

pub fn concat(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let joined = match (parse(text(args, 0)?)?, parse(text(args, 1)?)?) {
        (Json::Object(mut a), Json::Object(b)) => {
            a.extend(b);
            Json::Object(a)
        }
        (Json::Array(mut a), Json::Array(b)) => {
            a.extend(b);
            Json::Array(a)
        }
        (Json::Array(mut a), b) => {
            a.push(b);
            Json::Array(a)
        }
        (a, Json::Array(mut b)) => {
            b.insert(0, a);
            Json::Array(b)
        }
        (a, b) => Json::Array(alloc::vec![a, b]),
    };
    Ok(text_datum(&joined.sorted().spaced()))
}

pub fn without(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let key = text(args, 1)?;
    let left = match parse(text(args, 0)?)? {
        Json::Object(fields) => {
            Json::Object(fields.into_iter().filter(|(held, _)| held != key).collect())
        }
        Json::Array(values) => Json::Array(
            values
                .into_iter()
                .filter(|value| !matches!(value, Json::String(held) if held == key))
                .collect(),
        ),
        other => other,
    };
    Ok(text_datum(&left.spaced()))
}

pub fn type_of(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(parse(text(args, 0)?)?.type_name()))
}

pub fn array_length(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(match parse(text(args, 0)?)? {
        Json::Array(values) => Datum::I32(values.len() as i32),
        _ => {
            return Err(vitrine_data::SqlError::user(
                vitrine_data::SqlState::INVALID_PARAMETER_VALUE,
                "cannot get array length of a non-array",
            ));
        }
    })
}

pub fn object_keys(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    Ok(match parse(text(args, 0)?)? {
        Json::Object(fields) => fields.iter().map(|(key, _)| text_datum(key)).collect(),
        _ => Vec::new(),
    })
}

pub fn elements(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    Ok(match parse(text(args, 0)?)? {
        Json::Array(values) => values
            .iter()
            .map(|value| text_datum(&value.spaced()))
            .collect(),
        _ => Vec::new(),
    })
}

pub fn elements_text(args: &[Datum], _: &EvalCx) -> Result<Vec<Datum>> {
    Ok(match parse(text(args, 0)?)? {
        Json::Array(values) => values.iter().map(|value| bare(Some(value))).collect(),
        _ => Vec::new(),
    })
}

/// A value as JSON text by its physical form: numbers bare, the rest quoted.
pub fn write_value(value: &Datum, shown: &str, out: &mut String) {
    match value {
        Datum::Null => out.push_str("null"),
        Datum::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Datum::I16(_) | Datum::I32(_) | Datum::I64(_) => out.push_str(shown),
        Datum::F32(_) | Datum::F64(_) | Datum::Decimal(_)
            if shown.bytes().any(|byte| byte.is_ascii_digit()) =>
        {
            out.push_str(shown);
        }
        _ => write_string(shown, out),
    }
}
