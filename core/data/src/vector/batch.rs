//! Batches: columns of one length, and which of their rows still count.
//!
//! A filter does not copy the survivors; it names them in `sel`, ascending row numbers, and the
//! next operator looks at those rows only. `compact` copies once it pays.

use super::{Vector, VectorBuilder};
use crate::datum::Datum;
use crate::error::Result;
use crate::types::Phys;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// Rows an operator hands on at a time.
pub const BATCH_ROWS: usize = 1024;

#[derive(Clone, Default)]
pub struct Batch {
    pub columns: Vec<Rc<Vector>>,
    /// Rows in every column.
    pub len: usize,
    /// The rows that count; all when absent.
    pub sel: Option<Rc<[u32]>>,
}

impl Batch {
    pub fn new(columns: Vec<Rc<Vector>>, len: usize) -> Batch {
        Batch {
            columns,
            len,
            sel: None,
        }
    }

    pub fn from_rows(types: &[Phys], rows: &[Vec<Datum>]) -> Result<Batch> {
        let mut builder = BatchBuilder::new(types);
        for row in rows {
            builder.push_row(row)?;
        }
        Ok(builder.take())
    }

    /// Rows that count.
    pub fn rows(&self) -> usize {
        self.sel.as_ref().map_or(self.len, |sel| sel.len())
    }

    pub fn is_empty(&self) -> bool {
        self.rows() == 0
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    pub fn column(&self, index: usize) -> Option<&Rc<Vector>> {
        self.columns.get(index)
    }

    pub fn selection(&self) -> Option<&[u32]> {
        self.sel.as_deref()
    }

    /// The position in the columns of the `nth` row that counts.
    #[inline]
    pub fn row_index(&self, nth: usize) -> usize {
        match &self.sel {
            Some(sel) => sel.get(nth).map_or(self.len, |row| *row as usize),
            None => nth,
        }
    }

    /// Positions of the rows that count.
    pub fn row_indexes(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows()).map(|nth| self.row_index(nth))
    }

    pub fn datum(&self, column: usize, nth: usize) -> Datum {
        let row = self.row_index(nth);
        self.columns
            .get(column)
            .map_or(Datum::Null, |column| column.datum(row))
    }

    pub fn row(&self, nth: usize) -> Vec<Datum> {
        (0..self.width())
            .map(|column| self.datum(column, nth))
            .collect()
    }

    /// The same rows without a selection.
    pub fn compact(&self) -> Batch {
        let Some(sel) = &self.sel else {
            return self.clone();
        };
        let columns = self
            .columns
            .iter()
            .map(|column| Rc::new(column.gather(sel)))
            .collect();
        Batch {
            columns,
            len: sel.len(),
            sel: None,
        }
    }

    /// `count` of the rows that count, from the `from`th on: LIMIT and OFFSET.
    pub fn window(&self, from: usize, count: usize) -> Batch {
        let from = from.min(self.rows());
        let to = from.saturating_add(count).min(self.rows());
        if from == 0 && to == self.rows() {
            return self.clone();
        }
        let sel = (from..to).map(|nth| self.row_index(nth) as u32).collect();
        Batch {
            columns: self.columns.clone(),
            len: self.len,
            sel: Some(sel),
        }
    }

    pub fn memory_bytes(&self) -> usize {
        self.columns
            .iter()
            .map(|column| column.memory_bytes())
            .sum()
    }
}

/// Builders side by side, one per column.
#[derive(Clone)]
pub struct BatchBuilder {
    pub columns: Vec<VectorBuilder>,
    rows: usize,
}

impl BatchBuilder {
    pub fn new(types: &[Phys]) -> BatchBuilder {
        BatchBuilder {
            columns: types.iter().map(|t| VectorBuilder::new(*t)).collect(),
            rows: 0,
        }
    }

    /// Rows finished, each by `end_row` or `push_row`.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS
    }

    /// To be called after one push into each column.
    #[inline]
    pub fn end_row(&mut self) {
        self.rows += 1;
        debug_assert!(self.columns.iter().all(|column| column.len() == self.rows));
    }

    /// For scans that fill columns one after another: so many rows were added to each.
    pub fn end_rows(&mut self, count: usize) {
        self.rows += count;
        debug_assert!(self.columns.iter().all(|column| column.len() == self.rows));
    }

    pub fn push_row(&mut self, row: &[Datum]) -> Result<()> {
        for (column, value) in self.columns.iter_mut().zip(row) {
            if let Err(error) = column.push_datum(value) {
                self.truncate(self.rows);
                return Err(error);
            }
        }
        self.end_row();
        Ok(())
    }

    /// Takes rows back, also a half-made one: what an attempt that must run again calls first.
    pub fn truncate(&mut self, rows: usize) {
        self.columns
            .iter_mut()
            .for_each(|column| column.truncate(rows));
        self.rows = self.rows.min(rows);
    }

    pub fn heap_len(&self) -> usize {
        self.columns.iter().map(VectorBuilder::heap_len).sum()
    }

    pub fn take(&mut self) -> Batch {
        let len = core::mem::take(&mut self.rows);
        Batch::new(
            self.columns
                .iter_mut()
                .map(|column| Rc::new(column.take()))
                .collect(),
            len,
        )
    }
}
