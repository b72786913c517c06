//! Three-valued logic over boolean columns.

use super::column::{Column, view};
use alloc::vec::Vec;
use vitrine_data::{Bitmap, Datum, Result, Vector};

/// Row numbers where the condition is true: neither false nor null.
pub fn true_rows(condition: &Vector) -> Result<Vec<u32>> {
    if condition.as_const().is_some_and(Datum::is_null) {
        return Ok(Vec::new());
    }
    let all = 0..condition.len() as u32;
    Ok(match (view::<u8>(condition)?, condition.nulls()) {
        (Column::Const(0), _) => Vec::new(),
        (Column::Const(_), _) => all.collect(),
        (Column::Flat(values), None) => {
            let mut rows = Vec::with_capacity(values.len());
            for (row, value) in values.iter().enumerate() {
                if *value != 0 {
                    rows.push(row as u32);
                }
            }
            rows
        }
        (Column::Flat(values), Some(nulls)) => (0u32..)
            .zip(values)
            .filter(|(row, value)| **value != 0 && !nulls.get(*row as usize))
            .map(|(row, _)| row)
            .collect(),
    })
}

/// `IS NULL` of any column.
pub fn is_null(vector: &Vector, negated: bool) -> Vector {
    let rows = vector.len();
    if let Some(value) = vector.as_const() {
        return Vector::constant(
            vitrine_data::Phys::Bool,
            Datum::Bool(value.is_null() != negated),
            rows,
        );
    }
    let values = match vector.nulls() {
        None => alloc::vec![u8::from(negated); rows],
        Some(nulls) => (0..rows)
            .map(|row| u8::from(nulls.get(row) != negated))
            .collect(),
    };
    Vector::from_bools(values)
}

/// A column of truth values being settled bit by bit: AND and OR evaluate later operands only for
/// the rows that are still open.
pub struct Truth {
    values: Vec<u8>,
    nulls: Bitmap,
}

impl Truth {
    pub fn filled(rows: usize, value: bool) -> Truth {
        Truth {
            values: alloc::vec![u8::from(value); rows],
            nulls: Bitmap::filled(rows, false),
        }
    }

    /// Sets a row to true, false or null.
    pub fn set(&mut self, row: usize, value: Option<bool>) {
        if let Some(place) = self.values.get_mut(row) {
            *place = u8::from(value == Some(true));
            self.nulls.set(row, value.is_none());
        }
    }

    pub fn finish(self) -> Vector {
        Vector::from_bools(self.values).with_nulls(Some(self.nulls))
    }
}

/// The truth of one row.
#[inline]
pub fn truth_of(vector: &Vector, row: usize) -> Option<bool> {
    match vector.as_bools() {
        Some(values) => (!vector.is_null(row)).then(|| values.get(row).copied().unwrap_or(0) != 0),
        None => vector.datum(row).as_bool(),
    }
}
