//! Rows kept in memory: whole columns, one vector each.
//!
//! Sorts, the build side of joins, materialised inputs and CTEs keep what they were given in
//! this form, so that any rows of it are gathered by number in one go.

use crate::execute::context::Memory;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{BATCH_ROWS, Batch, Phys, Result, Vector, VectorBuilder};

#[derive(Clone, Default)]
pub struct Rows {
    pub columns: Vec<Rc<Vector>>,
    pub len: usize,
}

impl Rows {
    /// Up to a batch of rows from `at` on.
    pub fn batch(&self, at: usize) -> Option<Batch> {
        if at >= self.len {
            return None;
        }
        let count = BATCH_ROWS.min(self.len - at);
        if count == self.len {
            return Some(Batch::new(self.columns.clone(), self.len));
        }
        let columns = self
            .columns
            .iter()
            .map(|column| Rc::new(column.slice(at, count)))
            .collect();
        Some(Batch::new(columns, count))
    }

    /// The rows of these numbers, in that order.
    pub fn gather(&self, numbers: &[u32]) -> Batch {
        let columns = self
            .columns
            .iter()
            .map(|column| Rc::new(column.gather(numbers)))
            .collect();
        Batch::new(columns, numbers.len())
    }
}

/// Collects batches into `Rows`.
pub struct RowsBuilder {
    builders: Vec<VectorBuilder>,
    len: usize,
    accounted: usize,
}

impl RowsBuilder {
    pub fn new(types: &[Phys]) -> RowsBuilder {
        let builders = types.iter().map(|phys| VectorBuilder::new(*phys)).collect();
        RowsBuilder {
            builders,
            len: 0,
            accounted: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn push(&mut self, batch: &Batch, memory: &Memory) -> Result<()> {
        let bytes = batch.memory_bytes() / batch.len.max(1) * batch.rows();
        memory.take(bytes)?;
        self.accounted += bytes;
        for (builder, column) in self.builders.iter_mut().zip(&batch.columns) {
            match (column.as_const(), batch.selection()) {
                (Some(value), _) => {
                    for _ in 0..batch.rows() {
                        builder.push_datum(value)?;
                    }
                }
                (None, selection) => builder.extend(column, selection)?,
            }
        }
        self.len += batch.rows();
        Ok(())
    }

    pub fn finish(self) -> Rows {
        let columns = self
            .builders
            .into_iter()
            .map(|builder| Rc::new(builder.finish()))
            .collect();
        Rows {
            columns,
            len: self.len,
        }
    }

    /// Bytes to give back to the account when the rows go.
    pub fn accounted(&self) -> usize {
        self.accounted
    }
}

/// Physical types of a plan's columns.
pub fn types_of(columns: &[crate::plan::tree::PlanColumn]) -> Vec<Phys> {
    columns.iter().map(|column| column.ty.phys()).collect()
}
