//! The bytes of an array: PostgreSQL's `ArrayType`.
//!
//! ```text
//! -4 (length) | 0 ndim | 4 data offset or 0 | 8 element type | 12 size | 16 lower bound |
//! 20 present bits, if the offset is not 0 | elements, each aligned as in a tuple
//! ```
//!
//! Offsets and alignment count from the length word, which the varlena header replaces. Elements
//! of varying width always have headers of four bytes. One dimension, lower bound 1.

use super::deform::value_at;
use super::varlena::pad;
use super::{Attr, align_up, form};
use crate::datum::{ArrayDatum, Datum};
use crate::error::{Result, SqlError};
use alloc::vec::Vec;

const LENGTH_WORD: usize = 4;
const HEAD: usize = 24;

pub(super) fn write_array(out: &mut Vec<u8>, array: &ArrayDatum, elem_oid: u32) -> Result<()> {
    // Built behind a length word, so that alignment comes out right, and moved over without it.
    let mut body: Vec<u8> = alloc::vec![0; LENGTH_WORD];
    let count = array.values.len();
    let has_nulls = array.values.iter().any(Datum::is_null);
    let bitmap_len = if has_nulls { count.div_ceil(8) } else { 0 };
    let data_start = align_up(HEAD + bitmap_len, 8);
    let mut word = |value: u32| body.extend_from_slice(&value.to_le_bytes());
    word(u32::from(count > 0));
    word(if has_nulls { data_start as u32 } else { 0 });
    word(elem_oid);
    if count == 0 {
        out.extend_from_slice(body.get(LENGTH_WORD..).unwrap_or(&[]));
        return Ok(());
    }
    word(count as u32);
    word(1);
    body.resize(data_start, 0);
    let attr = Attr::new(array.elem);
    for (at, value) in array.values.iter().enumerate() {
        if value.is_null() {
            continue;
        }
        if has_nulls && let Some(byte) = body.get_mut(HEAD + at / 8) {
            *byte |= 1 << (at % 8);
        }
        if attr.phys.is_varlena() {
            let bytes = form::payload(&attr, value)?;
            pad(&mut body, 0, attr.align());
            body.extend_from_slice(&(((bytes.len() + 4) as u32) << 2).to_le_bytes());
            body.extend_from_slice(&bytes);
        } else {
            form::write_value(&mut body, 0, &attr, value)?;
        }
    }
    out.extend_from_slice(body.get(LENGTH_WORD..).unwrap_or(&[]));
    Ok(())
}

pub(super) fn read_array(bytes: &[u8], attr: &Attr) -> Result<ArrayDatum> {
    let damaged = || SqlError::corrupted("an array value is damaged");
    let word = |at: usize| match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => Ok(u32::from_le_bytes([a, b, c, d]) as usize),
        _ => Err(damaged()),
    };
    let elem = attr.elem.map(|(phys, _)| phys).ok_or_else(damaged)?;
    if word(0)? == 0 {
        return Ok(ArrayDatum::new(elem, Vec::new()));
    }
    if word(0)? != 1 {
        return Err(SqlError::unsupported(
            "arrays of more than one dimension are not supported",
        ));
    }
    let (data_start, count) = (word(4)?, word(12)?);
    if count > bytes.len() * 8 {
        return Err(damaged());
    }
    let present = |at: usize| {
        let bit = bytes
            .get(HEAD - LENGTH_WORD + at / 8)
            .map(|byte| byte >> (at % 8) & 1);
        data_start == 0 || bit == Some(1)
    };
    let elem_attr = Attr::new(elem);
    let mut values = Vec::with_capacity(count);
    let mut offset = if data_start == 0 { HEAD } else { data_start };
    for at in 0..count {
        if !present(at) {
            values.push(Datum::Null);
            continue;
        }
        offset = align_up(offset, elem_attr.align());
        let rest = bytes.get(offset - LENGTH_WORD..).ok_or_else(damaged)?;
        let (value, len) = value_at(rest, &elem_attr)?;
        values.push(value.ok_or_else(damaged)?);
        offset += len;
    }
    Ok(ArrayDatum::new(elem, values))
}
