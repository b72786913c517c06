//! Filter, project and compute: one batch in, one batch out.

use super::{BoxNode, Node, Step};
use crate::bind::tree::Expr;
use crate::execute::ExecCx;
use crate::execute::expression::{evaluate_batch, filter};
use crate::functions::registry::FuncRow;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Datum, VectorBuilder};

pub struct Filter<'p> {
    pub input: BoxNode<'p>,
    pub predicates: &'p [Expr],
    pub id: usize,
}

impl Node for Filter<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let Some(mut batch) = self.input.next(cx).await? else {
                return Ok(None);
            };
            let before = batch.rows();
            filter(self.predicates, &mut batch, &cx.eval)?;
            cx.count(self.id, |step| {
                step.rows_removed += (before - batch.rows()) as u64
            });
            cx.spend(before).await?;
            Ok(Some(batch))
        })
    }

    fn restart(&mut self) {
        self.input.restart();
    }
}

pub struct Project<'p> {
    pub input: BoxNode<'p>,
    pub columns: &'p [Expr],
}

/// Evaluates the columns over a batch.
pub fn project(columns: &[Expr], batch: &Batch, cx: &ExecCx<'_>) -> vitrine_data::Result<Batch> {
    let mut out = Vec::with_capacity(columns.len());
    for column in columns {
        out.push(evaluate_batch(column, batch, &cx.eval)?);
    }
    Ok(Batch::new(out, batch.rows()))
}

impl Node for Project<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let Some(batch) = self.input.next(cx).await? else {
                return Ok(None);
            };
            cx.spend(batch.rows()).await?;
            project(self.columns, &batch, cx).map(Some)
        })
    }

    fn restart(&mut self) {
        self.input.restart();
    }
}

/// Calls that may wait, row by row: each adds a column.
pub struct Compute<'p> {
    pub input: BoxNode<'p>,
    pub calls: &'p [(&'static FuncRow, Vec<Expr>)],
}

impl Node for Compute<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let Some(batch) = self.input.next(cx).await? else {
                return Ok(None);
            };
            let mut batch = batch.compact();
            for (function, args) in self.calls {
                let args = project(args, &batch, cx)?;
                let mut builder =
                    VectorBuilder::with_capacity(crate::types::phys_of(function.ret), batch.len);
                for row in 0..batch.len {
                    let values = args.row(row);
                    let value = if function.strict && values.iter().any(Datum::is_null) {
                        Datum::Null
                    } else {
                        cx.planned.call(function, values, cx).await?
                    };
                    builder.push_datum(&value)?;
                    cx.spend(1).await?;
                }
                batch.columns.push(Rc::new(builder.finish()));
            }
            Ok(Some(batch))
        })
    }

    fn restart(&mut self) {
        self.input.restart();
    }
}
