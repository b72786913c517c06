//! Functions over one-dimensional arrays, and `= ANY (array)`.

use super::arguments::{int, text, text_datum};
use super::context::EvalCx;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{ArrayDatum, Datum, Result, SqlError, SqlState};

pub fn array(args: &[Datum], index: usize) -> Result<&ArrayDatum> {
    args.get(index)
        .and_then(Datum::as_array)
        .ok_or_else(|| SqlError::bug("an argument of a function is no array"))
}

fn made(like: &ArrayDatum, values: Vec<Datum>) -> Datum {
    Datum::Array(Rc::new(ArrayDatum::new(like.elem, values)))
}

/// `array_length(a, dimension)`: null unless the dimension is there.
pub fn length(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let count = array(args, 0)?.values.len();
    Ok(if int(args, 1)? == 1 && count > 0 {
        Datum::I32(count as i32)
    } else {
        Datum::Null
    })
}

pub fn lower(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let present = int(args, 1)? == 1 && !array(args, 0)?.values.is_empty();
    Ok(if present { Datum::I32(1) } else { Datum::Null })
}

pub fn ndims(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let empty = array(args, 0)?.values.is_empty();
    Ok(if empty { Datum::Null } else { Datum::I32(1) })
}

pub fn cardinality(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(array(args, 0)?.values.len() as i32))
}

pub fn cat(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    match (args.first(), args.get(1)) {
        (Some(Datum::Null), Some(other)) | (Some(other), Some(Datum::Null)) => Ok(other.clone()),
        _ => {
            let (a, b) = (array(args, 0)?, array(args, 1)?);
            Ok(made(a, a.values.iter().chain(&b.values).cloned().collect()))
        }
    }
}

pub fn append(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let element = args.get(1).cloned().unwrap_or_default();
    joined(args.first(), element, false)
}

pub fn prepend(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let element = args.first().cloned().unwrap_or_default();
    joined(args.get(1), element, true)
}

fn joined(list: Option<&Datum>, element: Datum, first: bool) -> Result<Datum> {
    let Some(list) = list.and_then(Datum::as_array) else {
        return Ok(match element.phys() {
            Some(phys) => Datum::array(phys, alloc::vec![element]),
            None => Datum::Null,
        });
    };
    let mut values = list.values.clone();
    values.insert(if first { 0 } else { values.len() }, element);
    Ok(made(list, values))
}

fn holds(list: &ArrayDatum, wanted: &Datum) -> bool {
    !wanted.is_null()
        && list
            .values
            .iter()
            .any(|value| !value.is_null() && value == wanted)
}

pub fn contains(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (all, some) = (array(args, 0)?, array(args, 1)?);
    Ok(Datum::Bool(
        some.values.iter().all(|value| holds(all, value)),
    ))
}

pub fn contained(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (some, all) = (array(args, 0)?, array(args, 1)?);
    Ok(Datum::Bool(
        some.values.iter().all(|value| holds(all, value)),
    ))
}

pub fn overlap(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (a, b) = (array(args, 0)?, array(args, 1)?);
    Ok(Datum::Bool(a.values.iter().any(|value| holds(b, value))))
}

/// `array_position(a, element)`; nulls are found too.
pub fn position(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let Some(Datum::Array(list)) = args.first() else {
        return Ok(Datum::Null);
    };
    let wanted = args.get(1).cloned().unwrap_or_default();
    let place = list.values.iter().position(|value| *value == wanted);
    Ok(place.map_or(Datum::Null, |place| Datum::I32(place as i32 + 1)))
}

pub fn positions(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let Some(Datum::Array(list)) = args.first() else {
        return Ok(Datum::Null);
    };
    let wanted = args.get(1).cloned().unwrap_or_default();
    let places = list
        .values
        .iter()
        .enumerate()
        .filter(|(_, value)| **value == wanted);
    let places = places
        .map(|(place, _)| Datum::I32(place as i32 + 1))
        .collect();
    Ok(Datum::array(vitrine_data::Phys::I32, places))
}

pub fn remove(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let Some(Datum::Array(list)) = args.first() else {
        return Ok(Datum::Null);
    };
    let unwanted = args.get(1).cloned().unwrap_or_default();
    Ok(made(
        list,
        list.values
            .iter()
            .filter(|value| **value != unwanted)
            .cloned()
            .collect(),
    ))
}

/// `array_to_string(a, separator [, null text])`, elements already text.
pub fn to_string(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let (Some(Datum::Array(list)), Some(Datum::Bytes(_))) = (args.first(), args.get(1)) else {
        return Ok(Datum::Null);
    };
    let separator = text(args, 1)?;
    let null_text = match args.get(2) {
        Some(Datum::Bytes(_)) => Some(text(args, 2)?),
        _ => None,
    };
    let mut parts: Vec<&str> = Vec::new();
    for value in &list.values {
        match value {
            Datum::Null => parts.extend(null_text),
            value => parts.extend(value.as_str()),
        }
    }
    Ok(text_datum(&parts.join(separator)))
}

/// `string_to_array(s, separator [, null text])`.
pub fn from_string(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let Some(Datum::Bytes(_)) = args.first() else {
        return Ok(Datum::Null);
    };
    let source = text(args, 0)?;
    let null_text = match args.get(2) {
        Some(Datum::Bytes(_)) => Some(text(args, 2)?),
        _ => None,
    };
    let parts: Vec<String> = match args.get(1) {
        _ if source.is_empty() => Vec::new(),
        Some(Datum::Bytes(_)) => match text(args, 1)? {
            "" => alloc::vec![source.into()],
            separator => source.split(separator).map(String::from).collect(),
        },
        _ => source.chars().map(String::from).collect(),
    };
    let values = parts.iter().map(|part| {
        if Some(part.as_str()) == null_text {
            Datum::Null
        } else {
            text_datum(part)
        }
    });
    Ok(Datum::array(vitrine_data::Phys::Bytes, values.collect()))
}

/// `a[i]`: null outside the array.
pub fn subscript(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let index = int(args, 1)? - 1;
    let list = array(args, 0)?;
    Ok(usize::try_from(index)
        .ok()
        .and_then(|index| list.values.get(index))
        .cloned()
        .unwrap_or_default())
}

/// `a[i:j]`, either bound absent as null.
pub fn slice(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let Some(Datum::Array(list)) = args.first() else {
        return Ok(Datum::Null);
    };
    let bound = |index: usize, missing: i64| match args.get(index) {
        Some(Datum::Null) | None => missing,
        Some(value) => value.as_i64().unwrap_or(missing),
    };
    let from = bound(1, 1).max(1) - 1;
    let to = bound(2, list.values.len() as i64).clamp(from, (list.values.len() as i64).max(from));
    let values = list
        .values
        .get(from as usize..to as usize)
        .unwrap_or_default();
    Ok(made(list, values.to_vec()))
}

/// `ARRAY[…]` of values already of one type.
pub fn build(elem: vitrine_data::Phys, values: &[Datum]) -> Datum {
    Datum::array(elem, values.to_vec())
}

/// `array_fill(value, ARRAY[n])`.
pub fn fill(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = args.first().cloned().unwrap_or_default();
    let [Datum::I32(count @ 0..)] = array(args, 1)?.values.as_slice() else {
        return Err(SqlError::user(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            "array_fill is supported for one dimension",
        ));
    };
    let mut values = Vec::new();
    values.try_reserve(*count as usize)?;
    values.resize(*count as usize, value.clone());
    let elem = value.phys().unwrap_or(vitrine_data::Phys::Bytes);
    Ok(Datum::array(elem, values))
}

pub fn reversed(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let list = array(args, 0)?;
    Ok(made(list, list.values.iter().rev().cloned().collect()))
}
