//! Changes of rows: INSERT, UPDATE, DELETE, row locks, and what each must check.
//!
//! ```text
//!   input rows -> new row -> NOT NULL, CHECK -> access method (waits, indexes, uniqueness)
//!                                                 | Updated: fetch, re-check (READ COMMITTED)
//!                                                 |          or 40001 (REPEATABLE READ)
//!   end of statement -> foreign keys: rows referred to, rows referring (no action, cascade, …)
//! ```
//!
//! A change reads its whole input before it gives a RETURNING row: the rows and the checks of one
//! statement belong together, and a client that stops reading cannot stop a change half-way.

pub mod constraint;
pub mod delete;
pub mod foreign_key;
pub mod insert;
pub mod lock_rows;
pub mod on_conflict;
pub mod recheck;
pub mod update;

use crate::bind::tree::Expr;
use crate::execute::ExecCx;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::vector::BatchBuilder;
use vitrine_data::{BATCH_ROWS, Batch, Datum, Phys, Result, Vector};

/// One row as columns of one value: what expressions over a row are evaluated on.
pub fn row_columns(row: &[Datum], types: &[Phys]) -> Vec<Rc<Vector>> {
    let phys = |at: usize, value: &Datum| {
        types
            .get(at)
            .copied()
            .or(value.phys())
            .unwrap_or(Phys::Bytes)
    };
    row.iter()
        .enumerate()
        .map(|(at, value)| Rc::new(Vector::constant(phys(at, value), value.clone(), 1)))
        .collect()
}

/// RETURNING: rows gathered while the change runs, given out when it is done.
pub struct Returning<'p> {
    columns: &'p [Expr],
    rows: BatchBuilder,
    ready: VecDeque<Batch>,
}

impl<'p> Returning<'p> {
    pub fn new(columns: &'p [Expr], types: &[Phys]) -> Returning<'p> {
        Returning {
            columns,
            rows: BatchBuilder::new(types),
            ready: VecDeque::new(),
        }
    }

    pub fn is_wanted(&self) -> bool {
        !self.columns.is_empty()
    }

    /// `row` is what the expressions see: the table's attributes, then the input row.
    pub fn push(&mut self, row: &[Datum], types: &[Phys], cx: &ExecCx<'_>) -> Result<()> {
        if !self.is_wanted() {
            return Ok(());
        }
        let columns = row_columns(row, types);
        let mut out = Vec::with_capacity(self.columns.len());
        for expr in self.columns {
            out.push(crate::execute::evaluate_row(expr, &columns, &cx.eval)?);
        }
        self.rows.push_row(&out)?;
        if self.rows.rows() >= BATCH_ROWS {
            let batch = self.rows.take();
            cx.memory.take(batch.memory_bytes())?;
            self.ready.push_back(batch);
        }
        Ok(())
    }

    pub fn take_batch(&mut self) -> Option<Batch> {
        if self.ready.is_empty() && !self.rows.is_empty() {
            return Some(self.rows.take());
        }
        self.ready.pop_front()
    }
}

/// Physical types of a table's attributes, dropped ones too.
pub fn attribute_types(table: &crate::catalog::TableDef) -> Vec<Phys> {
    table
        .columns
        .iter()
        .map(|column| column.ty.phys())
        .collect()
}
