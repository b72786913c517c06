//! Apply: a subquery's answer as one more column, for each row or once for all.
//!
//! A scalar subquery gives its value, null without a row and 21000 with two; EXISTS stops at the
//! first row; `op ANY` and `op ALL` follow three-valued logic; ARRAY gathers all values.

use super::{BoxNode, Node, Step};
use crate::bind::tree::{ApplyKind, Expr};
use crate::execute::ExecCx;
use crate::execute::expression::evaluate_batch;
use crate::functions::boolean::truth_of;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Datum, Phys, Result, SqlError, SqlState, Vector, VectorBuilder};

pub struct Apply<'p> {
    pub kind: &'p ApplyKind,
    pub input: BoxNode<'p>,
    pub query: BoxNode<'p>,
    pub params: &'p [(usize, Expr)],
    /// Of the added column.
    pub phys: Phys,
    /// Of the query's first column.
    pub element: Phys,
    /// The answer of a subquery without parameters.
    pub once: Option<Datum>,
}

impl Apply<'_> {
    /// Runs the subquery for one input row.
    async fn answer(&mut self, input: &Batch, row: usize, cx: &ExecCx<'_>) -> Result<Datum> {
        self.query.restart();
        match self.kind {
            ApplyKind::Scalar => self.scalar(cx).await,
            ApplyKind::Exists => {
                let found = super::next_full(&mut *self.query, cx).await?;
                Ok(Datum::Bool(found.is_some()))
            }
            ApplyKind::Array => {
                let mut values = Vec::new();
                while let Some(batch) = self.query.next(cx).await? {
                    values.extend((0..batch.rows()).map(|row| batch.datum(0, row)));
                    cx.spend(batch.rows()).await?;
                }
                Ok(Datum::array(self.element, values))
            }
            ApplyKind::Quantified { compare, all } => {
                self.quantified(compare, *all, input, row, cx).await
            }
        }
    }

    async fn scalar(&mut self, cx: &ExecCx<'_>) -> Result<Datum> {
        let mut value = None;
        while let Some(batch) = super::next_full(&mut *self.query, cx).await? {
            if value.is_some() || batch.rows() > 1 {
                return Err(SqlError::user(
                    SqlState::CARDINALITY_VIOLATION,
                    "more than one row returned by a subquery used as an expression",
                ));
            }
            value = Some(batch.datum(0, 0));
        }
        Ok(value.unwrap_or_default())
    }

    /// `compare` sees the input's columns and then the subquery's.
    async fn quantified(
        &mut self,
        compare: &Expr,
        all: bool,
        input: &Batch,
        row: usize,
        cx: &ExecCx<'_>,
    ) -> Result<Datum> {
        let place = input.row_index(row);
        let mut answer = Some(all);
        while let Some(batch) = self.query.next(cx).await? {
            let mut columns: Vec<Rc<Vector>> = input
                .columns
                .iter()
                .map(|c| Rc::new(Vector::constant(c.phys(), c.datum(place), batch.len)))
                .collect();
            columns.extend(batch.columns.iter().cloned());
            let pairs = Batch {
                columns,
                len: batch.len,
                sel: batch.sel.clone(),
            };
            let tests = evaluate_batch(compare, &pairs, &cx.eval)?;
            for test in 0..pairs.rows() {
                match truth_of(&tests, test) {
                    Some(test) if test != all => return Ok(Datum::Bool(!all)),
                    None => answer = None,
                    _ => {}
                }
            }
            cx.spend(pairs.rows()).await?;
        }
        Ok(answer.map_or(Datum::Null, Datum::Bool))
    }

    /// The answer does not depend on the row.
    fn is_constant(&self) -> bool {
        self.params.is_empty() && !matches!(self.kind, ApplyKind::Quantified { .. })
    }

    async fn pull(&mut self, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        let Some(batch) = self.input.next(cx).await? else {
            return Ok(None);
        };
        let mut batch = batch.compact();
        if batch.is_empty() {
            batch.columns.push(Rc::new(Vector::empty(self.phys)));
            return Ok(Some(batch));
        }
        if self.is_constant() {
            if self.once.is_none() {
                self.once = Some(self.answer(&batch, 0, cx).await?);
            }
            let value = self.once.clone().unwrap_or_default();
            batch
                .columns
                .push(Rc::new(Vector::constant(self.phys, value, batch.len)));
            return Ok(Some(batch));
        }
        let mut params = Vec::with_capacity(self.params.len());
        for (slot, expr) in self.params {
            params.push((*slot, evaluate_batch(expr, &batch, &cx.eval)?));
        }
        let mut builder = VectorBuilder::with_capacity(self.phys, batch.len);
        for row in 0..batch.len {
            for (slot, values) in &params {
                cx.eval.slots.set(*slot, values.datum(row));
            }
            let value = self.answer(&batch, row, cx).await?;
            builder.push_datum(&value)?;
            cx.spend(1).await?;
        }
        batch.columns.push(Rc::new(builder.finish()));
        Ok(Some(batch))
    }
}

impl Node for Apply<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(self.pull(cx))
    }

    fn restart(&mut self) {
        self.once = None;
        self.input.restart();
    }
}
