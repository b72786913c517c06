//! Columns of values: what operators, kernels and results work on.
//!
//! A vector is one physical type, a flat array of values and, only if some are null, a bitmap in
//! which a set bit means null (the value beneath is a zero and means nothing).
//!
//! ```text
//! I32     [ 7 | 0 | 12 ]   nulls 010        Bytes   offsets [0 2 2 7]  heap "hi" "world"
//! Decimal [150 | 0 | 275] scale 2           Const   one datum for all rows
//! ```
//!
//! Decimals share one scale while they can, as values under a typmod do; a column that mixes
//! scales, or has NaN or 39 digits, is `DecimalAny`. `VectorBuilder` (build.rs) makes vectors,
//! `Batch` (batch.rs) holds several of one length with a selection of rows.

mod batch;
mod build;

pub use batch::{BATCH_ROWS, Batch, BatchBuilder};
pub use build::VectorBuilder;

use crate::bitmap::Bitmap;
use crate::datetime::Interval;
use crate::datum::{ArrayDatum, Datum, compare_f64};
use crate::decimal::Decimal;
use crate::error::Result;
use crate::types::Phys;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

#[derive(Clone)]
pub enum VectorData {
    Bool(Vec<u8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Decimal {
        values: Vec<i128>,
        scale: u8,
    },
    DecimalAny(Vec<Decimal>),
    /// Row `i` is `heap[offsets[i]..offsets[i + 1]]`; there is one offset more than rows.
    Bytes {
        offsets: Vec<u32>,
        heap: Vec<u8>,
    },
    Interval(Vec<Interval>),
    Uuid(Vec<[u8; 16]>),
    Array(Vec<Option<Rc<ArrayDatum>>>),
    Const(Box<Datum>),
}

#[derive(Clone)]
pub struct Vector {
    phys: Phys,
    data: VectorData,
    nulls: Option<Bitmap>,
    len: usize,
}

/// Typed constructors and views, one pair per fixed-width type.
macro_rules! typed {
    ($($variant:ident $make:ident $view:ident $element:ty),*) => { impl Vector { $(
        pub fn $make(values: Vec<$element>) -> Vector {
            let len = values.len();
            Vector { phys: Phys::$variant, data: VectorData::$variant(values), nulls: None, len }
        }

        /// The flat values; `None` if the vector is constant or of another type.
        #[inline]
        pub fn $view(&self) -> Option<&[$element]> {
            match &self.data {
                VectorData::$variant(values) => Some(values),
                _ => None,
            }
        }
    )* } };
}

typed! {
    Bool from_bools as_bools u8, I16 from_i16 as_i16 i16, I32 from_i32 as_i32 i32,
    I64 from_i64 as_i64 i64, F32 from_f32 as_f32 f32, F64 from_f64 as_f64 f64,
    Interval from_intervals as_intervals Interval, Uuid from_uuids as_uuids [u8; 16]
}

impl Vector {
    /// From parts that fit together: kernels end with this.
    pub fn from_parts(phys: Phys, data: VectorData, nulls: Option<Bitmap>, len: usize) -> Vector {
        debug_assert!(data.len().is_none_or(|own| own == len));
        Vector {
            phys,
            data,
            nulls: nulls.filter(Bitmap::any),
            len,
        }
    }

    pub fn constant(phys: Phys, value: Datum, len: usize) -> Vector {
        Vector {
            phys,
            data: VectorData::Const(Box::new(value)),
            nulls: None,
            len,
        }
    }

    pub fn all_null(phys: Phys, len: usize) -> Vector {
        Vector::constant(phys, Datum::Null, len)
    }

    pub fn empty(phys: Phys) -> Vector {
        VectorBuilder::new(phys).finish()
    }

    pub fn from_datums(phys: Phys, values: &[Datum]) -> Result<Vector> {
        let mut builder = VectorBuilder::with_capacity(phys, values.len());
        for value in values {
            builder.push_datum(value)?;
        }
        Ok(builder.finish())
    }

    /// Sets the null bits of a vector made by one of the typed constructors.
    pub fn with_nulls(mut self, nulls: Option<Bitmap>) -> Vector {
        self.nulls = nulls.filter(Bitmap::any);
        self
    }

    pub fn phys(&self) -> Phys {
        self.phys
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn data(&self) -> &VectorData {
        &self.data
    }

    pub fn into_data(self) -> (VectorData, Option<Bitmap>) {
        (self.data, self.nulls)
    }

    /// The null bits of a flat vector; a constant's are in its datum.
    pub fn nulls(&self) -> Option<&Bitmap> {
        self.nulls.as_ref()
    }

    pub fn has_nulls(&self) -> bool {
        match &self.data {
            VectorData::Const(value) => value.is_null(),
            _ => self.nulls.is_some(),
        }
    }

    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        match (&self.nulls, &self.data) {
            (Some(nulls), _) => nulls.get(row),
            (None, VectorData::Const(value)) => value.is_null(),
            _ => false,
        }
    }

    pub fn as_const(&self) -> Option<&Datum> {
        match &self.data {
            VectorData::Const(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_decimals(&self) -> Option<(&[i128], u8)> {
        match &self.data {
            VectorData::Decimal { values, scale } => Some((values, *scale)),
            _ => None,
        }
    }

    pub fn as_heap(&self) -> Option<(&[u32], &[u8])> {
        match &self.data {
            VectorData::Bytes { offsets, heap } => Some((offsets, heap)),
            _ => None,
        }
    }

    /// The bytes of a row; `None` when it is null or the vector holds no bytes.
    #[inline]
    pub fn bytes_at(&self, row: usize) -> Option<&[u8]> {
        match &self.data {
            VectorData::Bytes { .. } if !self.is_null(row) => self.data.heap_bytes(row),
            VectorData::Const(value) => value.as_bytes(),
            _ => None,
        }
    }

    pub fn str_at(&self, row: usize) -> Option<&str> {
        self.bytes_at(row)
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
    }

    /// One value by itself; null past the end.
    pub fn datum(&self, row: usize) -> Datum {
        if self.is_null(row) {
            return Datum::Null;
        }
        self.data.datum(row)
    }

    /// Compares two rows, nulls last, without making datums where the types are alike.
    pub fn compare_rows(&self, row: usize, other: &Vector, other_row: usize) -> Ordering {
        match (self.is_null(row), other.is_null(other_row)) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        macro_rules! by {
            ($a:expr, $b:expr) => {
                $a.get(row).cmp(&$b.get(other_row))
            };
        }
        match (&self.data, &other.data) {
            (VectorData::Bool(a), VectorData::Bool(b)) => by!(a, b),
            (VectorData::I16(a), VectorData::I16(b)) => by!(a, b),
            (VectorData::I32(a), VectorData::I32(b)) => by!(a, b),
            (VectorData::I64(a), VectorData::I64(b)) => by!(a, b),
            (VectorData::Uuid(a), VectorData::Uuid(b)) => by!(a, b),
            (VectorData::F64(a), VectorData::F64(b)) => match (a.get(row), b.get(other_row)) {
                (Some(a), Some(b)) => compare_f64(*a, *b),
                _ => Ordering::Equal,
            },
            (
                VectorData::Decimal {
                    values: a,
                    scale: s,
                },
                VectorData::Decimal {
                    values: b,
                    scale: t,
                },
            ) if s == t => by!(a, b),
            (VectorData::Bytes { .. }, VectorData::Bytes { .. }) => {
                self.bytes_at(row).cmp(&other.bytes_at(other_row))
            }
            _ => self.datum(row).compare(&other.datum(other_row)),
        }
    }

    /// The rows named, in that order.
    pub fn gather(&self, rows: &[u32]) -> Vector {
        if let VectorData::Const(value) = &self.data {
            return Vector::constant(self.phys, Datum::clone(value), rows.len());
        }
        let nulls = self.nulls.as_ref().map(|nulls| {
            rows.iter()
                .map(|row| nulls.get(*row as usize))
                .collect::<Bitmap>()
        });
        fn pick<T: Clone + Default>(values: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter()
                .map(|row| values.get(*row as usize).cloned().unwrap_or_default())
                .collect()
        }
        let data = match &self.data {
            VectorData::Bool(values) => VectorData::Bool(pick(values, rows)),
            VectorData::I16(values) => VectorData::I16(pick(values, rows)),
            VectorData::I32(values) => VectorData::I32(pick(values, rows)),
            VectorData::I64(values) => VectorData::I64(pick(values, rows)),
            VectorData::F32(values) => VectorData::F32(pick(values, rows)),
            VectorData::F64(values) => VectorData::F64(pick(values, rows)),
            VectorData::Decimal { values, scale } => VectorData::Decimal {
                values: pick(values, rows),
                scale: *scale,
            },
            VectorData::DecimalAny(values) => VectorData::DecimalAny(pick(values, rows)),
            VectorData::Bytes { .. } => self.gather_bytes(rows),
            VectorData::Interval(values) => VectorData::Interval(pick(values, rows)),
            VectorData::Uuid(values) => VectorData::Uuid(pick(values, rows)),
            VectorData::Array(values) => VectorData::Array(pick(values, rows)),
            VectorData::Const(value) => VectorData::Const(value.clone()),
        };
        Vector::from_parts(self.phys, data, nulls, rows.len())
    }

    fn gather_bytes(&self, rows: &[u32]) -> VectorData {
        let lengths = rows
            .iter()
            .map(|row| self.bytes_at(*row as usize).map_or(0, <[u8]>::len));
        let mut heap = Vec::with_capacity(lengths.sum());
        let mut offsets = Vec::with_capacity(rows.len() + 1);
        offsets.push(0);
        for row in rows {
            heap.extend_from_slice(self.bytes_at(*row as usize).unwrap_or(&[]));
            offsets.push(heap.len() as u32);
        }
        VectorData::Bytes { offsets, heap }
    }

    /// `count` rows from `from` on; less where the vector ends.
    pub fn slice(&self, from: usize, count: usize) -> Vector {
        let from = from.min(self.len);
        let to = from.saturating_add(count).min(self.len);
        let rows: Vec<u32> = (from as u32..to as u32).collect();
        self.gather(&rows)
    }

    /// The same values without the constant form.
    pub fn flatten(&self) -> Vector {
        let VectorData::Const(value) = &self.data else {
            return self.clone();
        };
        let mut builder = VectorBuilder::with_capacity(self.phys, self.len);
        for _ in 0..self.len {
            // A constant whose datum is of another type is a fault of its maker; null is safe.
            if builder.push_datum(value).is_err() {
                builder.push_null();
            }
        }
        builder.finish()
    }

    /// Every value as a decimal, for kernels that meet unlike scales.
    pub fn decimal_at(&self, row: usize) -> Option<Decimal> {
        match self.datum(row) {
            Datum::Decimal(value) => Some(value),
            _ => None,
        }
    }

    /// Bytes of memory, for accounts.
    pub fn memory_bytes(&self) -> usize {
        let nulls = self
            .nulls
            .as_ref()
            .map_or(0, |nulls| nulls.words().len() * 8);
        nulls
            + match &self.data {
                VectorData::Bool(values) => values.capacity(),
                VectorData::I16(values) => values.capacity() * 2,
                VectorData::I32(values) => values.capacity() * 4,
                VectorData::I64(values) => values.capacity() * 8,
                VectorData::F32(values) => values.capacity() * 4,
                VectorData::F64(values) => values.capacity() * 8,
                VectorData::Decimal { values, .. } => values.capacity() * 16,
                VectorData::DecimalAny(values) => values.capacity() * size_of::<Decimal>(),
                VectorData::Bytes { offsets, heap } => offsets.capacity() * 4 + heap.capacity(),
                VectorData::Interval(values) => values.capacity() * 16,
                VectorData::Uuid(values) => values.capacity() * 16,
                VectorData::Array(values) => {
                    let held = values.iter().flatten();
                    held.map(|a| a.values.len() * size_of::<Datum>())
                        .sum::<usize>()
                        + values.capacity() * size_of::<usize>()
                }
                VectorData::Const(value) => size_of::<Datum>() + value.heap_bytes(),
            }
    }
}

impl VectorData {
    /// No values of a physical type.
    pub fn empty(phys: Phys, capacity: usize) -> VectorData {
        match phys {
            Phys::Bool => VectorData::Bool(Vec::with_capacity(capacity)),
            Phys::I16 => VectorData::I16(Vec::with_capacity(capacity)),
            Phys::I32 => VectorData::I32(Vec::with_capacity(capacity)),
            Phys::I64 => VectorData::I64(Vec::with_capacity(capacity)),
            Phys::F32 => VectorData::F32(Vec::with_capacity(capacity)),
            Phys::F64 => VectorData::F64(Vec::with_capacity(capacity)),
            Phys::Decimal => VectorData::Decimal {
                values: Vec::with_capacity(capacity),
                scale: 0,
            },
            Phys::Bytes => {
                let mut offsets = vec![0; 1];
                offsets.reserve(capacity);
                VectorData::Bytes {
                    offsets,
                    heap: Vec::new(),
                }
            }
            Phys::Interval => VectorData::Interval(Vec::with_capacity(capacity)),
            Phys::Uuid => VectorData::Uuid(Vec::with_capacity(capacity)),
            Phys::Array => VectorData::Array(Vec::with_capacity(capacity)),
        }
    }

    /// A row's bytes, null or not.
    #[inline]
    fn heap_bytes(&self, row: usize) -> Option<&[u8]> {
        let VectorData::Bytes { offsets, heap } = self else {
            return None;
        };
        let (from, to) = (*offsets.get(row)?, *offsets.get(row + 1)?);
        heap.get(from as usize..to as usize)
    }

    /// A row's value, whatever its null bit says.
    fn datum(&self, row: usize) -> Datum {
        let found = match self {
            VectorData::Bool(values) => values.get(row).map(|v| Datum::Bool(*v != 0)),
            VectorData::I16(values) => values.get(row).copied().map(Datum::I16),
            VectorData::I32(values) => values.get(row).copied().map(Datum::I32),
            VectorData::I64(values) => values.get(row).copied().map(Datum::I64),
            VectorData::F32(values) => values.get(row).copied().map(Datum::F32),
            VectorData::F64(values) => values.get(row).copied().map(Datum::F64),
            VectorData::Decimal { values, scale } => values
                .get(row)
                .map(|v| Datum::Decimal(Decimal::new(*v, u16::from(*scale)))),
            VectorData::DecimalAny(values) => values.get(row).cloned().map(Datum::Decimal),
            VectorData::Bytes { .. } => self.heap_bytes(row).map(Datum::bytes),
            VectorData::Interval(values) => values.get(row).copied().map(Datum::Interval),
            VectorData::Uuid(values) => values.get(row).copied().map(Datum::Uuid),
            VectorData::Array(values) => values.get(row).cloned().flatten().map(Datum::Array),
            VectorData::Const(value) => Some(Datum::clone(value)),
        };
        found.unwrap_or(Datum::Null)
    }

    /// Rows held; `None` for a constant, which has as many as its vector says.
    pub fn len(&self) -> Option<usize> {
        Some(match self {
            VectorData::Bool(values) => values.len(),
            VectorData::I16(values) => values.len(),
            VectorData::I32(values) => values.len(),
            VectorData::I64(values) => values.len(),
            VectorData::F32(values) => values.len(),
            VectorData::F64(values) => values.len(),
            VectorData::Decimal { values, .. } => values.len(),
            VectorData::DecimalAny(values) => values.len(),
            VectorData::Bytes { offsets, .. } => offsets.len().saturating_sub(1),
            VectorData::Interval(values) => values.len(),
            VectorData::Uuid(values) => values.len(),
            VectorData::Array(values) => values.len(),
            VectorData::Const(_) => return None,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

#[cfg(test)]
mod tests;
