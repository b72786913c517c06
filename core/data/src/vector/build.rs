//! Filling a vector row by row.
//!
//! A push allocates nothing beyond the growth of the column. Each typed push is for a builder of
//! that type; pushed into another it leaves a null (and stops a debug build): plans are typed, so
//! only a defect gets there.

use super::{Vector, VectorData};
use crate::bitmap::Bitmap;
use crate::datetime::Interval;
use crate::datum::{ArrayDatum, Datum};
use crate::decimal::Decimal;
use crate::error::{Result, SqlError};
use crate::types::Phys;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// Growth of a heap beyond this is asked for and may be refused; smaller growth is not checked.
const CHECKED_GROWTH_BYTES: usize = 1 << 16;

#[derive(Clone)]
pub struct VectorBuilder {
    phys: Phys,
    data: VectorData,
    nulls: Option<Bitmap>,
    len: usize,
    /// Decimals only: whether a value has set the scale yet.
    scale_set: bool,
}

macro_rules! typed_push {
    ($($push:ident $variant:ident $element:ty),*) => { impl VectorBuilder { $(
        #[inline]
        pub fn $push(&mut self, value: $element) {
            match &mut self.data {
                VectorData::$variant(values) => {
                    values.push(value);
                    self.count_present();
                }
                _ => self.mismatch(),
            }
        }
    )* } };
}

typed_push! {
    push_i16 I16 i16, push_i32 I32 i32, push_i64 I64 i64, push_f32 F32 f32, push_f64 F64 f64,
    push_interval Interval Interval, push_uuid Uuid [u8; 16]
}

impl VectorBuilder {
    pub fn new(phys: Phys) -> VectorBuilder {
        VectorBuilder::with_capacity(phys, 0)
    }

    pub fn with_capacity(phys: Phys, rows: usize) -> VectorBuilder {
        let data = VectorData::empty(phys, rows);
        VectorBuilder {
            phys,
            data,
            nulls: None,
            len: 0,
            scale_set: false,
        }
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

    #[inline]
    fn count_present(&mut self) {
        self.len += 1;
        if let Some(nulls) = &mut self.nulls {
            nulls.push(false);
        }
    }

    #[cold]
    fn mismatch(&mut self) {
        debug_assert!(false, "pushed into a builder of {}", self.phys.name());
        self.push_null();
    }

    pub fn push_null(&mut self) {
        match &mut self.data {
            VectorData::Bool(values) => values.push(0),
            VectorData::I16(values) => values.push(0),
            VectorData::I32(values) => values.push(0),
            VectorData::I64(values) => values.push(0),
            VectorData::F32(values) => values.push(0.0),
            VectorData::F64(values) => values.push(0.0),
            VectorData::Decimal { values, .. } => values.push(0),
            VectorData::DecimalAny(values) => values.push(Decimal::ZERO),
            VectorData::Bytes { offsets, heap } => offsets.push(heap.len() as u32),
            VectorData::Interval(values) => values.push(Interval::ZERO),
            VectorData::Uuid(values) => values.push([0; 16]),
            VectorData::Array(values) => values.push(None),
            VectorData::Const(_) => {}
        }
        let len = self.len;
        self.nulls
            .get_or_insert_with(|| Bitmap::filled(len, false))
            .push(true);
        self.len += 1;
    }

    #[inline]
    pub fn push_bool(&mut self, value: bool) {
        match &mut self.data {
            VectorData::Bool(values) => {
                values.push(u8::from(value));
                self.count_present();
            }
            _ => self.mismatch(),
        }
    }

    /// Copies the bytes onto the heap; 53200 when there is no room for them.
    #[inline]
    pub fn push_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.data {
            VectorData::Bytes { offsets, heap } => {
                if bytes.len() >= CHECKED_GROWTH_BYTES {
                    heap.try_reserve(bytes.len())?;
                }
                heap.extend_from_slice(bytes);
                let end = u32::try_from(heap.len()).map_err(|_| SqlError::out_of_memory())?;
                offsets.push(end);
                self.count_present();
            }
            _ => self.mismatch(),
        }
        Ok(())
    }

    pub fn push_str(&mut self, text: &str) -> Result<()> {
        self.push_bytes(text.as_bytes())
    }

    /// Writes a row's bytes in place: `fill` appends to the heap.
    pub fn push_with(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        match &mut self.data {
            VectorData::Bytes { offsets, heap } => {
                let start = heap.len();
                if let Err(error) = fill(heap) {
                    heap.truncate(start);
                    return Err(error);
                }
                let end = u32::try_from(heap.len()).map_err(|_| SqlError::out_of_memory())?;
                offsets.push(end);
                self.count_present();
            }
            _ => self.mismatch(),
        }
        Ok(())
    }

    /// A decimal as coefficient (below 10³⁸) and scale.
    #[inline]
    pub fn push_scaled(&mut self, coefficient: i128, scale: u16) {
        if let VectorData::Decimal { values, scale: own } = &mut self.data {
            if !self.scale_set && scale <= u16::from(u8::MAX) {
                *own = scale as u8;
                self.scale_set = true;
            }
            if u16::from(*own) == scale {
                values.push(coefficient);
                return self.count_present();
            }
        }
        self.push_any_decimal(Decimal::new(coefficient, scale));
    }

    pub fn push_decimal(&mut self, value: &Decimal) {
        match value.as_small() {
            Some((coefficient, scale)) => self.push_scaled(coefficient, scale),
            None => self.push_any_decimal(value.clone()),
        }
    }

    /// Gives up the common scale, and remembers the values so far with theirs.
    fn push_any_decimal(&mut self, value: Decimal) {
        if let VectorData::Decimal { values, scale } = &self.data {
            let scale = u16::from(*scale);
            let values = values.iter().map(|v| Decimal::new(*v, scale)).collect();
            self.data = VectorData::DecimalAny(values);
        }
        match &mut self.data {
            VectorData::DecimalAny(values) => {
                values.push(value);
                self.count_present();
            }
            _ => self.mismatch(),
        }
    }

    pub fn push_array(&mut self, value: Rc<ArrayDatum>) {
        match &mut self.data {
            VectorData::Array(values) => {
                values.push(Some(value));
                self.count_present();
            }
            _ => self.mismatch(),
        }
    }

    /// Pushes a value of this builder's type, or a null.
    pub fn push_datum(&mut self, value: &Datum) -> Result<()> {
        if let Some(phys) = value.phys()
            && phys != self.phys
        {
            let (got, wanted) = (phys.name(), self.phys.name());
            return Err(SqlError::bug(format!(
                "a value of {got} in a column of {wanted}"
            )));
        }
        match value {
            Datum::Null => self.push_null(),
            Datum::Bool(value) => self.push_bool(*value),
            Datum::I16(value) => self.push_i16(*value),
            Datum::I32(value) => self.push_i32(*value),
            Datum::I64(value) => self.push_i64(*value),
            Datum::F32(value) => self.push_f32(*value),
            Datum::F64(value) => self.push_f64(*value),
            Datum::Decimal(value) => self.push_decimal(value),
            Datum::Bytes(value) => return self.push_bytes(value),
            Datum::Interval(value) => self.push_interval(*value),
            Datum::Uuid(value) => self.push_uuid(*value),
            Datum::Array(value) => self.push_array(value.clone()),
        }
        Ok(())
    }

    /// Copies one row of a vector of the same type.
    pub fn push_from(&mut self, from: &Vector, row: usize) -> Result<()> {
        if from.is_null(row) {
            self.push_null();
            return Ok(());
        }
        match (&mut self.data, from.data()) {
            (VectorData::I32(to), VectorData::I32(values)) => {
                to.push(values.get(row).copied().unwrap_or(0));
                self.count_present();
            }
            (VectorData::I64(to), VectorData::I64(values)) => {
                to.push(values.get(row).copied().unwrap_or(0));
                self.count_present();
            }
            (_, VectorData::Decimal { values, scale }) => {
                self.push_scaled(values.get(row).copied().unwrap_or(0), u16::from(*scale));
            }
            (_, VectorData::Bytes { .. }) => {
                return self.push_bytes(from.bytes_at(row).unwrap_or(&[]));
            }
            _ => return self.push_datum(&from.datum(row)),
        }
        Ok(())
    }

    /// Appends the rows selected, or all.
    pub fn extend(&mut self, from: &Vector, rows: Option<&[u32]>) -> Result<()> {
        if let (None, None, None) = (rows, from.nulls(), &self.nulls)
            && self.extend_flat(from)
        {
            return Ok(());
        }
        match rows {
            Some(rows) => rows
                .iter()
                .try_for_each(|row| self.push_from(from, *row as usize)),
            None => (0..from.len()).try_for_each(|row| self.push_from(from, row)),
        }
    }

    /// Whole columns without nulls go over in one copy.
    fn extend_flat(&mut self, from: &Vector) -> bool {
        match (&mut self.data, from.data()) {
            (VectorData::I32(to), VectorData::I32(values)) => to.extend_from_slice(values),
            (VectorData::I64(to), VectorData::I64(values)) => to.extend_from_slice(values),
            (VectorData::F64(to), VectorData::F64(values)) => to.extend_from_slice(values),
            (VectorData::Bool(to), VectorData::Bool(values)) => to.extend_from_slice(values),
            _ => return false,
        }
        self.len += from.len();
        true
    }

    /// Drops rows from the end: an attempt that has to be run again takes back what it pushed.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        match &mut self.data {
            VectorData::Bool(values) => values.truncate(len),
            VectorData::I16(values) => values.truncate(len),
            VectorData::I32(values) => values.truncate(len),
            VectorData::I64(values) => values.truncate(len),
            VectorData::F32(values) => values.truncate(len),
            VectorData::F64(values) => values.truncate(len),
            VectorData::Decimal { values, .. } => values.truncate(len),
            VectorData::DecimalAny(values) => values.truncate(len),
            VectorData::Bytes { offsets, heap } => {
                offsets.truncate(len + 1);
                heap.truncate(offsets.last().map_or(0, |end| *end as usize));
            }
            VectorData::Interval(values) => values.truncate(len),
            VectorData::Uuid(values) => values.truncate(len),
            VectorData::Array(values) => values.truncate(len),
            VectorData::Const(_) => {}
        }
        if let Some(nulls) = &mut self.nulls {
            nulls.truncate(len);
        }
        self.len = len;
    }

    /// Bytes gathered so far on a heap of bytes, for limits on a batch's size.
    pub fn heap_len(&self) -> usize {
        match &self.data {
            VectorData::Bytes { heap, .. } => heap.len(),
            _ => 0,
        }
    }

    /// The row pushed last; null when there is none.
    pub fn last_datum(&self) -> Datum {
        let Some(row) = self.len.checked_sub(1) else {
            return Datum::Null;
        };
        if self.nulls.as_ref().is_some_and(|nulls| nulls.get(row)) {
            return Datum::Null;
        }
        self.data.datum(row)
    }

    pub fn finish(self) -> Vector {
        Vector::from_parts(self.phys, self.data, self.nulls, self.len)
    }

    /// Hands over what is there and begins again, with room for as much.
    pub fn take(&mut self) -> Vector {
        let fresh = VectorBuilder::with_capacity(self.phys, self.len);
        core::mem::replace(self, fresh).finish()
    }
}
