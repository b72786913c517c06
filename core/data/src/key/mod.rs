//! Index keys: bytes whose order is the order of the values.
//!
//! A tree that compares keys with `memcmp` needs no types. Every column of a key is a marker byte
//! and, for a value, its bytes; each form ends by itself, so that columns follow one another.
//!
//! | marker | meaning                     |   | Phys          | bytes after the marker               |
//! |--------|-----------------------------|---|---------------|--------------------------------------|
//! | 00     | null, where nulls come first|   | Bool, ints    | big endian, sign bit flipped         |
//! | 01     | a value                     |   | floats        | IEEE bits, ordered; one zero, one NaN|
//! | 02     | null, where nulls come last |   | Bytes         | 00 as 00 FF; end 00 00               |
//! |        |                             |   | Decimal       | decimal.rs                           |
//! |        |                             |   | Interval      | its span, 16 bytes                   |
//! |        |                             |   | Uuid          | as it is                             |
//! |        |                             |   | Array         | elements with markers, nulls 02, end 00 |
//!
//! A descending column has the bytes after its marker inverted. `reversible` says which types the
//! bytes give back exactly; for the others the index keeps the datum beside the key (E18): a
//! decimal loses its display scale, a float the sign of zero, an interval its three parts.

mod decimal;

use crate::datum::Datum;
use crate::error::{Result, SqlError};
use crate::types::Phys;
use crate::vector::{Vector, VectorData};
use alloc::vec::Vec;

const NULL_FIRST: u8 = 0;
const VALUE: u8 = 1;
const NULL_LAST: u8 = 2;
const ARRAY_END: u8 = 0;
/// A zero byte inside a text; a real end is two zeros.
const ESCAPED_ZERO: [u8; 2] = [0, 0xff];
const BYTES_END: [u8; 2] = [0, 0];

/// How one column of an index is ordered.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyOrder {
    pub descending: bool,
    pub nulls_first: bool,
}

impl KeyOrder {
    pub const ASCENDING: KeyOrder = KeyOrder {
        descending: false,
        nulls_first: false,
    };
    /// SQL's `DESC`, which puts nulls first unless told otherwise.
    pub const DESCENDING: KeyOrder = KeyOrder {
        descending: true,
        nulls_first: true,
    };

    fn null_marker(self) -> u8 {
        if self.nulls_first {
            NULL_FIRST
        } else {
            NULL_LAST
        }
    }
}

/// Whether `decode_key` gives back the very value.
pub const fn reversible(phys: Phys) -> bool {
    matches!(
        phys,
        Phys::Bool | Phys::I16 | Phys::I32 | Phys::I64 | Phys::Bytes | Phys::Uuid
    )
}

/// Appends one column.
pub fn encode_key(out: &mut Vec<u8>, value: &Datum, order: KeyOrder) {
    if value.is_null() {
        return out.push(order.null_marker());
    }
    out.push(VALUE);
    let start = out.len();
    encode_value(out, value);
    finish(out, start, order);
}

/// Appends a whole key.
pub fn encode_row(out: &mut Vec<u8>, values: &[Datum], orders: &[KeyOrder]) {
    for (at, value) in values.iter().enumerate() {
        encode_key(out, value, orders.get(at).copied().unwrap_or_default());
    }
}

/// Appends one column from a vector, without a datum where the type allows.
pub fn encode_vector_row(out: &mut Vec<u8>, vector: &Vector, row: usize, order: KeyOrder) {
    if vector.is_null(row) {
        return out.push(order.null_marker());
    }
    out.push(VALUE);
    let start = out.len();
    match vector.data() {
        VectorData::I32(values) => write_i32(out, values.get(row).copied().unwrap_or(0)),
        VectorData::I64(values) => write_i64(out, values.get(row).copied().unwrap_or(0)),
        VectorData::Bytes { .. } => write_bytes(out, vector.bytes_at(row).unwrap_or(&[])),
        _ => encode_value(out, &vector.datum(row)),
    }
    finish(out, start, order);
}

#[inline]
fn finish(out: &mut [u8], start: usize, order: KeyOrder) {
    if order.descending
        && let Some(written) = out.get_mut(start..)
    {
        written.iter_mut().for_each(|byte| *byte = !*byte);
    }
}

#[inline]
fn write_i32(out: &mut Vec<u8>, value: i32) {
    out.extend_from_slice(&(value as u32 ^ 1 << 31).to_be_bytes());
}

#[inline]
fn write_i64(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(&(value as u64 ^ 1 << 63).to_be_bytes());
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0);
    out.extend_from_slice(parts.next().unwrap_or(&[]));
    for part in parts {
        out.extend_from_slice(&ESCAPED_ZERO);
        out.extend_from_slice(part);
    }
    out.extend_from_slice(&BYTES_END);
}

/// Bits of a float that compare as the floats do: negative ones inverted, the others above them.
fn ordered_f64(value: f64) -> u64 {
    let bits = match value {
        v if v.is_nan() => f64::NAN.to_bits() & !(1 << 63),
        0.0 => 0,
        v => v.to_bits(),
    };
    if bits >> 63 != 0 {
        !bits
    } else {
        bits | 1 << 63
    }
}

fn ordered_f32(value: f32) -> u32 {
    let bits = match value {
        v if v.is_nan() => f32::NAN.to_bits() & !(1 << 31),
        0.0 => 0,
        v => v.to_bits(),
    };
    if bits >> 31 != 0 {
        !bits
    } else {
        bits | 1 << 31
    }
}

fn encode_value(out: &mut Vec<u8>, value: &Datum) {
    match value {
        Datum::Null => {}
        Datum::Bool(value) => out.push(u8::from(*value)),
        Datum::I16(value) => out.extend_from_slice(&(*value as u16 ^ 1 << 15).to_be_bytes()),
        Datum::I32(value) => write_i32(out, *value),
        Datum::I64(value) => write_i64(out, *value),
        Datum::F32(value) => out.extend_from_slice(&ordered_f32(*value).to_be_bytes()),
        Datum::F64(value) => out.extend_from_slice(&ordered_f64(*value).to_be_bytes()),
        Datum::Decimal(value) => decimal::encode(out, value),
        Datum::Bytes(bytes) => write_bytes(out, bytes),
        Datum::Interval(value) => {
            out.extend_from_slice(&(value.span() as u128 ^ 1 << 127).to_be_bytes());
        }
        Datum::Uuid(bytes) => out.extend_from_slice(bytes),
        Datum::Array(array) => {
            for element in &array.values {
                encode_key(out, element, KeyOrder::ASCENDING);
            }
            out.push(ARRAY_END);
        }
    }
}

/// Reads a key column by column.
pub struct KeyReader<'a> {
    rest: &'a [u8],
}

fn cut_short() -> SqlError {
    SqlError::user(
        crate::SqlState::INDEX_CORRUPTED,
        "an index key is cut short",
    )
}

impl<'a> KeyReader<'a> {
    pub fn new(key: &'a [u8]) -> KeyReader<'a> {
        KeyReader { rest: key }
    }

    /// What follows the columns read so far.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next column. For a type that is not `reversible` the value compares equal to the one
    /// put in, and need not print the same.
    pub fn next(&mut self, phys: Phys, order: KeyOrder) -> Result<Datum> {
        let marker = self.take::<1>(0)?[0];
        if marker != VALUE {
            return Ok(Datum::Null);
        }
        let flip = if order.descending { 0xff } else { 0 };
        Ok(match phys {
            Phys::Bool => Datum::Bool(self.take::<1>(flip)? != [0]),
            Phys::I16 => Datum::I16((u16::from_be_bytes(self.take(flip)?) ^ 1 << 15) as i16),
            Phys::I32 => Datum::I32((u32::from_be_bytes(self.take(flip)?) ^ 1 << 31) as i32),
            Phys::I64 => Datum::I64((u64::from_be_bytes(self.take(flip)?) ^ 1 << 63) as i64),
            Phys::F32 => {
                let bits = u32::from_be_bytes(self.take(flip)?);
                Datum::F32(f32::from_bits(if bits >> 31 != 0 {
                    bits & !(1 << 31)
                } else {
                    !bits
                }))
            }
            Phys::F64 => {
                let bits = u64::from_be_bytes(self.take(flip)?);
                Datum::F64(f64::from_bits(if bits >> 63 != 0 {
                    bits & !(1 << 63)
                } else {
                    !bits
                }))
            }
            Phys::Bytes => Datum::bytes(&self.take_bytes(flip)?),
            Phys::Uuid => Datum::Uuid(self.take(flip)?),
            Phys::Interval => {
                let span = (u128::from_be_bytes(self.take(flip)?) ^ 1 << 127) as i128;
                let micros_per_day = i128::from(crate::datetime::MICROS_PER_DAY);
                let (days, micros) = (span / micros_per_day, span % micros_per_day);
                let (months, days) = ((days / 30) as i32, (days % 30) as i32);
                Datum::Interval(crate::Interval::new(months, days, micros as i64))
            }
            Phys::Decimal => Datum::Decimal(decimal::decode(self, flip)?),
            Phys::Array => {
                return Err(SqlError::bug("array keys are not decoded"));
            }
        })
    }

    fn take<const N: usize>(&mut self, flip: u8) -> Result<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(cut_short)?;
        self.rest = rest;
        Ok(head.map(|byte| byte ^ flip))
    }

    fn take_bytes(&mut self, flip: u8) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            match self.take::<1>(flip)?[0] {
                0 => match self.take::<1>(flip)?[0] {
                    0 => return Ok(bytes),
                    _ => bytes.push(0),
                },
                byte => bytes.push(byte),
            }
        }
    }
}

/// Turns a key prefix into the least key above all that begin with it; false when there is none.
pub fn advance_past_prefix(key: &mut Vec<u8>) -> bool {
    while let Some(last) = key.last_mut() {
        if *last < 0xff {
            *last += 1;
            return true;
        }
        key.pop();
    }
    false
}

#[cfg(test)]
mod tests;
