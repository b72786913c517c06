//! Ranges of index keys from the values a plan gives.
//!
//! Bounds are in the order of the values, an index may run the other way and puts its nulls at
//! one end: a range open on the side of the nulls must stop before them, because no comparison
//! is true of a null.

use crate::catalog::IndexDef;
use crate::catalog::key_maker::{encode_key_value, key_order};
use crate::execute::expression::evaluate_const;
use crate::functions::EvalCx;
use crate::plan::tree::{IndexBound, IndexRange};
use alloc::vec::Vec;
use vitrine_data::key::encode_key;
use vitrine_data::{Datum, Result};
use vitrine_engine::access::KeyRange;

/// The key's leading columns for these values; `None` if one of them is null.
pub fn prefix(index: &IndexDef, values: &[Datum]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for (key, value) in index.keys.iter().zip(values) {
        if value.is_null() {
            return None;
        }
        encode_key_value(&mut bytes, value, key);
    }
    Some(bytes)
}

/// Key bytes and whether they belong to the range; the outer `None` is a null bound.
type Bound = Option<Option<(Vec<u8>, bool)>>;

/// The range of keys, or `None` where no row can match.
pub fn key_range(index: &IndexDef, range: &IndexRange, cx: &EvalCx) -> Result<Option<KeyRange>> {
    let mut equal = Vec::with_capacity(range.equal.len());
    for expr in &range.equal {
        equal.push(evaluate_const(expr, cx)?);
    }
    let Some(start) = prefix(index, &equal) else {
        return Ok(None);
    };
    let Some(key) = index.keys.get(range.equal.len()) else {
        return Ok(Some(KeyRange::prefix(&start)));
    };
    if range.lower.is_none() && range.upper.is_none() {
        return Ok(Some(KeyRange::prefix(&start)));
    }
    let bound = |bound: &Option<IndexBound>| -> Result<Bound> {
        let Some(IndexBound { value, inclusive }) = bound else {
            return Ok(Some(None));
        };
        let value = evaluate_const(value, cx)?;
        if value.is_null() {
            return Ok(None);
        }
        let mut bytes = start.clone();
        encode_key_value(&mut bytes, &value, key);
        Ok(Some(Some((bytes, *inclusive))))
    };
    let (Some(lower), Some(upper)) = (bound(&range.lower)?, bound(&range.upper)?) else {
        return Ok(None);
    };
    let (mut from, mut to) = if key.descending {
        (upper, lower)
    } else {
        (lower, upper)
    };
    let mut nulls = start.clone();
    encode_key(&mut nulls, &Datum::Null, key_order(key));
    if key.nulls_first {
        from = from.or(Some((nulls, false)));
        to = to.or_else(|| Some((start.clone(), true)));
    } else {
        from = from.or_else(|| Some((start.clone(), true)));
        to = to.or(Some((nulls, false)));
    }
    let lower = from
        .as_ref()
        .map(|(bytes, inclusive)| (bytes.as_slice(), *inclusive));
    let upper = to
        .as_ref()
        .map(|(bytes, inclusive)| (bytes.as_slice(), *inclusive));
    Ok(Some(KeyRange::between(lower, upper)))
}
