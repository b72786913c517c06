//! Rows kept for another reading: materialised inputs, CTEs, the working table of recursion.

use super::{BoxNode, Node, Step};
use crate::bind::tree::Expr;
use crate::execute::ExecCx;
use crate::execute::expression::filter;
use crate::execute::rows::{Rows, RowsBuilder};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Phys, Result};

/// Reads an input to its end.
pub async fn collect(input: &mut dyn Node, types: &[Phys], cx: &ExecCx<'_>) -> Result<Rows> {
    let mut builder = RowsBuilder::new(types);
    while let Some(batch) = input.next(cx).await? {
        builder.push(&batch, &cx.memory)?;
        cx.spend(batch.rows()).await?;
    }
    Ok(builder.finish())
}

/// Keeps its input's rows across restarts. The planner puts it only above what no slot changes.
pub struct Materialize<'p> {
    pub input: BoxNode<'p>,
    pub types: Vec<Phys>,
    pub rows: Option<Rows>,
    pub at: usize,
}

impl Node for Materialize<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if self.rows.is_none() {
                self.rows = Some(collect(&mut *self.input, &self.types, cx).await?);
            }
            let batch = self.rows.as_ref().and_then(|rows| rows.batch(self.at));
            self.at += batch.as_ref().map_or(0, |batch| batch.len);
            Ok(batch)
        })
    }

    fn restart(&mut self) {
        self.at = 0;
    }
}

/// Reads a CTE, or with `round` the rows that the last round of its recursion gave.
pub struct CteScan<'p> {
    pub cte: usize,
    pub round: bool,
    pub filter: &'p [Expr],
    pub rows: Option<Rc<Rows>>,
    pub at: usize,
}

impl Node for CteScan<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let rows = self
                .rows
                .get_or_insert_with(|| match cx.ctes.get(self.cte) {
                    Some(cte) if self.round => cte.round.borrow().clone(),
                    Some(cte) => cte.all.borrow().clone(),
                    None => Rc::default(),
                });
            let Some(mut batch) = rows.batch(self.at) else {
                return Ok(None);
            };
            self.at += batch.len;
            cx.spend(batch.len).await?;
            filter(self.filter, &mut batch, &cx.eval)?;
            Ok(Some(batch))
        })
    }

    fn restart(&mut self) {
        self.at = 0;
        self.rows = None;
    }
}
