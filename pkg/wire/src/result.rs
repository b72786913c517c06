//! Result sets, column by column.
//!
//! ```text
//! Results   count u32, then each result from a multiple of 8:
//!   flags u32          1 fields follow · 2 affected is meant · 4 a blob follows the columns
//!   columns u32 · rows u32 · affected u64 · tag (length u32, text, padding)
//!   fields             each: type OID u32, typmod i32, name (length u32, text, padding)
//!   columns            each: encoding u32, nulls u32,
//!                        if nulls > 0: bitmap, one bit a row, 1 = null, whole u32 words
//!                        the data, from a multiple of the element's size, padded to 4
//!   blob               length u32, bytes, padding
//!
//! encoding   0 all null, no data       4 i64       8 bytes: as text
//!            1 bool, one byte a row    5 f32
//!            2 i16                     6 f64
//!            3 i32                     7 text: offsets u32 (rows + 1), then UTF-8
//! ```
//!
//! A value of a null row takes the place of one element with bits zero, so a row's number is its
//! index everywhere. What a number means (a date, an instant) the type OID says. Types without a
//! fixed form here (numeric, interval, uuid, arrays, json) cross in PostgreSQL's text form.
//!
//! Counts are believed as far as the bytes behind them reach: the reader checks each column whole
//! before it gives out a value.
use crate::bytes::{Reader, Writer};
use crate::control::Field;
use crate::{Header, Kind, Ticket, WireFault};
use alloc::string::String;
use alloc::vec::Vec;

const HAS_FIELDS: u32 = 1;
const HAS_AFFECTED: u32 = 2;
const HAS_BLOB: u32 = 4;

#[derive(Clone, PartialEq, Debug)]
pub enum Data {
    AllNull,
    Bool(Vec<u8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Text { offsets: Vec<u32>, heap: Vec<u8> },
    Bytes { offsets: Vec<u32>, heap: Vec<u8> },
}

#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    pub data: Data,
    /// Bitmap words, 1 = null; empty when no row is null.
    pub nulls: Vec<u32>,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct ResultSet {
    /// `None` when the client knows them already.
    pub fields: Option<Vec<Field>>,
    pub columns: Vec<Column>,
    pub rows: u32,
    pub affected: Option<u64>,
    /// The command tag, `SELECT 3`, `INSERT 0 1`.
    pub tag: String,
    /// What `COPY … TO '/dev/blob'` wrote.
    pub blob: Option<Vec<u8>>,
}

/// Reads a whole `Results` body. (JavaScript reads it lazily; Rust clients want it decoded.)
pub fn read_results(body: &mut Reader<'_>) -> Result<Vec<ResultSet>, WireFault> {
    let count = body.u32()? as usize;
    if count > body.left() / 4 {
        return Err(WireFault::TooShort);
    }
    (0..count).map(|_| read_result(body)).collect()
}

pub fn write_results(results: &[ResultSet], ticket: Ticket, out: &mut Writer) {
    Header::new(Kind::Results, ticket).write(out);
    out.u32(results.len() as u32);
    for result in results {
        write_result(result, out);
    }
}

fn read_result(body: &mut Reader<'_>) -> Result<ResultSet, WireFault> {
    body.align(8)?;
    let flags = body.u32()?;
    let columns = body.u32()? as usize;
    let rows = body.u32()?;
    let affected = body.u64()?;
    let tag = String::from(body.text()?);
    if columns > body.left() / 4 {
        return Err(WireFault::TooShort);
    }
    let mut fields = None;
    if flags & HAS_FIELDS != 0 {
        let read = |body: &mut Reader<'_>| {
            let (type_oid, typmod) = (body.u32()?, body.i32()?);
            Ok(Field {
                type_oid,
                typmod,
                name: String::from(body.text()?),
            })
        };
        fields = Some(
            (0..columns)
                .map(|_| read(body))
                .collect::<Result<Vec<_>, WireFault>>()?,
        );
    }
    let columns = (0..columns)
        .map(|_| read_column(body, rows))
        .collect::<Result<Vec<_>, _>>()?;
    let blob = if flags & HAS_BLOB != 0 {
        Some(Vec::from(body.bytes()?))
    } else {
        None
    };
    let affected = (flags & HAS_AFFECTED != 0).then_some(affected);
    Ok(ResultSet {
        fields,
        columns,
        rows,
        affected,
        tag,
        blob,
    })
}

fn write_result(result: &ResultSet, out: &mut Writer) {
    out.align(8);
    let has = |there: bool, flag: u32| if there { flag } else { 0 };
    out.u32(
        has(result.fields.is_some(), HAS_FIELDS)
            | has(result.affected.is_some(), HAS_AFFECTED)
            | has(result.blob.is_some(), HAS_BLOB),
    );
    out.u32(result.columns.len() as u32);
    out.u32(result.rows);
    out.u64(result.affected.unwrap_or(0));
    out.text(&result.tag);
    for field in result.fields.iter().flatten() {
        out.u32(field.type_oid);
        out.i32(field.typmod);
        out.text(&field.name);
    }
    for column in &result.columns {
        write_column(column, result.rows, out);
    }
    if let Some(blob) = &result.blob {
        out.bytes(blob);
    }
}

fn read_column(body: &mut Reader<'_>, rows: u32) -> Result<Column, WireFault> {
    let encoding = body.u32()?;
    let null_count = body.u32()?;
    let mut nulls = Vec::new();
    if null_count > 0 {
        nulls = numbers(body, rows.div_ceil(32) as usize, u32::from_le_bytes)?;
    }
    let count = rows as usize;
    let data = match encoding {
        0 => Data::AllNull,
        1 => Data::Bool(Vec::from(body.take(count)?)),
        2 => Data::I16(numbers(body, count, i16::from_le_bytes)?),
        3 => Data::I32(numbers(body, count, i32::from_le_bytes)?),
        4 => Data::I64(numbers(body, count, i64::from_le_bytes)?),
        5 => Data::F32(numbers(body, count, f32::from_le_bytes)?),
        6 => Data::F64(numbers(body, count, f64::from_le_bytes)?),
        7 | 8 => {
            let offsets = numbers(body, count + 1, u32::from_le_bytes)?;
            let heap = Vec::from(body.take(offsets.last().copied().unwrap_or(0) as usize)?);
            if !offsets.is_sorted() {
                return Err(WireFault::Malformed("offsets run backwards"));
            }
            if encoding == 7 {
                Data::Text { offsets, heap }
            } else {
                Data::Bytes { offsets, heap }
            }
        }
        _ => return Err(WireFault::Malformed("unknown column encoding")),
    };
    body.align(4)?;
    Ok(Column { data, nulls })
}

fn numbers<const N: usize, T>(
    body: &mut Reader<'_>,
    count: usize,
    from: fn([u8; N]) -> T,
) -> Result<Vec<T>, WireFault> {
    body.align(N)?;
    let bytes = body.take(count.checked_mul(N).ok_or(WireFault::TooShort)?)?;
    Ok(bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(|chunk| from(*chunk))
        .collect())
}

fn write_column(column: &Column, rows: u32, out: &mut Writer) {
    let (encoding, unit) = match &column.data {
        Data::AllNull => (0, 1),
        Data::Bool(_) => (1, 1),
        Data::I16(_) => (2, 2),
        Data::I32(_) => (3, 4),
        Data::I64(_) => (4, 8),
        Data::F32(_) => (5, 4),
        Data::F64(_) => (6, 8),
        Data::Text { .. } => (7, 4),
        Data::Bytes { .. } => (8, 4),
    };
    out.u32(encoding);
    let null_count: u32 = match column.data {
        Data::AllNull => 0,
        _ => column.nulls.iter().map(|word| word.count_ones()).sum(),
    };
    out.u32(null_count);
    if null_count > 0 {
        for word in 0..rows.div_ceil(32) as usize {
            out.u32(column.nulls.get(word).copied().unwrap_or(0));
        }
    }
    out.align(unit);
    match &column.data {
        Data::AllNull => {}
        Data::Bool(values) => out.raw(values),
        Data::I16(values) => values
            .iter()
            .for_each(|value| out.raw(&value.to_le_bytes())),
        Data::I32(values) => values.iter().for_each(|value| out.i32(*value)),
        Data::I64(values) => values.iter().for_each(|value| out.i64(*value)),
        Data::F32(values) => values
            .iter()
            .for_each(|value| out.raw(&value.to_le_bytes())),
        Data::F64(values) => values.iter().for_each(|value| out.f64(*value)),
        Data::Text { offsets, heap } | Data::Bytes { offsets, heap } => {
            offsets.iter().for_each(|offset| out.u32(*offset));
            out.raw(heap);
        }
    }
    out.align(4);
}

impl Column {
    pub fn new(data: Data) -> Column {
        Column {
            data,
            nulls: Vec::new(),
        }
    }

    pub fn is_null(&self, row: usize) -> bool {
        matches!(self.data, Data::AllNull)
            || self
                .nulls
                .get(row / 32)
                .is_some_and(|word| word >> (row % 32) & 1 == 1)
    }

    pub fn set_null(&mut self, row: usize) {
        if self.nulls.len() <= row / 32 {
            self.nulls.resize(row / 32 + 1, 0);
        }
        if let Some(word) = self.nulls.get_mut(row / 32) {
            *word |= 1 << (row % 32);
        }
    }

    /// The text of a row of a text column.
    pub fn text(&self, row: usize) -> Option<&str> {
        match &self.data {
            Data::Text { offsets, heap } if !self.is_null(row) => {
                let (from, to) = (*offsets.get(row)?, *offsets.get(row + 1)?);
                core::str::from_utf8(heap.get(from as usize..to as usize)?).ok()
            }
            _ => None,
        }
    }
}
