//! Values to the bytes of a tuple.

use super::array::write_array;
use super::header::{HEADER_LEN, TupleHeader, infomask, infomask2};
use super::varlena::{MAX_LEN, pad, write_varlena};
use super::{Attr, MAX_ATTRS, TupleDesc, align_up};
use crate::datum::Datum;
use crate::error::{Result, SqlError};
use crate::sqlstate::SqlState;
use crate::types::Phys;
use alloc::format;
use alloc::vec::Vec;

/// A whole tuple. Of `header` everything stands but hoff, the count of attributes and the flags
/// that say what the attributes are like.
pub fn form_tuple(desc: &TupleDesc, values: &[Datum], header: &TupleHeader) -> Result<Vec<u8>> {
    form_tuple_with(desc, values, &[], header)
}

/// The same with some attributes replaced by ready varlenas: compressed ones or toast pointers.
/// The heap forms a tuple, sees its length, and forms it again with its longest values replaced.
pub fn form_tuple_with(
    desc: &TupleDesc,
    values: &[Datum],
    replaced: &[Option<Vec<u8>>],
    header: &TupleHeader,
) -> Result<Vec<u8>> {
    if values.len() != desc.attrs.len() || values.len() > MAX_ATTRS {
        return Err(SqlError::bug(
            "a row has not as many values as its table has columns",
        ));
    }
    let has_nulls = values.iter().any(Datum::is_null);
    let bitmap_len = if has_nulls {
        values.len().div_ceil(8)
    } else {
        0
    };
    let hoff = align_up(HEADER_LEN + bitmap_len, 8);
    let mut out = Vec::with_capacity(hoff + 8 * values.len() + 16);
    out.resize(hoff, 0);
    let mut mask =
        header.infomask & !(infomask::HAS_NULL | infomask::HAS_VARWIDTH | infomask::HAS_EXTERNAL);
    if has_nulls {
        mask |= infomask::HAS_NULL;
    }
    for (at, (attr, value)) in desc.attrs.iter().zip(values).enumerate() {
        if value.is_null() {
            continue;
        }
        if has_nulls && let Some(byte) = out.get_mut(HEADER_LEN + at / 8) {
            *byte |= 1 << (at % 8);
        }
        if attr.phys.is_varlena() {
            mask |= infomask::HAS_VARWIDTH;
        }
        match replaced.get(at) {
            Some(Some(ready)) => {
                if ready.first() == Some(&1) {
                    mask |= infomask::HAS_EXTERNAL;
                } else {
                    pad(&mut out, hoff, attr.align());
                }
                out.extend_from_slice(ready);
            }
            _ => write_value(&mut out, hoff, attr, value)?,
        }
    }
    let header = TupleHeader {
        hoff: hoff as u8,
        infomask: mask,
        infomask2: header.infomask2 & !infomask2::NATTS_MASK | values.len() as u16,
        ..*header
    };
    if let Some(head) = out.first_chunk_mut::<HEADER_LEN>() {
        *head = header.to_bytes();
    }
    Ok(out)
}

/// Bytes of the attributes without header and null bits.
pub fn data_len(desc: &TupleDesc, values: &[Datum]) -> Result<usize> {
    let mut out = Vec::new();
    for (attr, value) in desc
        .attrs
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_null())
    {
        write_value(&mut out, 0, attr, value)?;
    }
    Ok(out.len())
}

/// What a varlena attribute stores beneath its header: the bytes to compress or to move out.
pub fn payload(attr: &Attr, value: &Datum) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    match value {
        Datum::Decimal(value) => value.encode_disk(&mut out),
        Datum::Bytes(bytes) => out.extend_from_slice(bytes),
        Datum::Array(array) => write_array(&mut out, array, attr.elem.map_or(0, |(_, oid)| oid))?,
        _ => return Err(mismatch(attr.phys, value)),
    }
    Ok(out)
}

/// One value at its alignment, counted from `start`.
pub(super) fn write_value(
    out: &mut Vec<u8>,
    start: usize,
    attr: &Attr,
    value: &Datum,
) -> Result<()> {
    if value.phys() != Some(attr.phys) {
        return Err(mismatch(attr.phys, value));
    }
    if !attr.phys.is_varlena() {
        pad(out, start, attr.align());
    }
    match value {
        Datum::Null => {}
        Datum::Bool(value) => out.push(u8::from(*value)),
        Datum::I16(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::I32(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::I64(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::F32(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::F64(value) => out.extend_from_slice(&value.to_le_bytes()),
        Datum::Interval(value) => {
            out.extend_from_slice(&value.micros.to_le_bytes());
            out.extend_from_slice(&value.days.to_le_bytes());
            out.extend_from_slice(&value.months.to_le_bytes());
        }
        Datum::Uuid(value) => out.extend_from_slice(value),
        Datum::Bytes(bytes) => {
            if bytes.len() > MAX_LEN {
                return Err(too_long(bytes.len()));
            }
            write_varlena(out, start, attr.align(), bytes);
        }
        Datum::Decimal(_) | Datum::Array(_) => {
            let bytes = payload(attr, value)?;
            if bytes.len() > MAX_LEN {
                return Err(too_long(bytes.len()));
            }
            write_varlena(out, start, attr.align(), &bytes);
        }
    }
    Ok(())
}

fn mismatch(wanted: Phys, value: &Datum) -> SqlError {
    let got = value.phys().map_or("null", Phys::name);
    SqlError::bug(format!(
        "a value of {got} for an attribute of {}",
        wanted.name()
    ))
}

fn too_long(len: usize) -> SqlError {
    SqlError::user(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("a field of {len} bytes is too long"),
    )
}
