//! Rows without a table: a result row, VALUES, nothing, and the rows of a system view.

use super::{Node, Step};
use crate::bind::tree::Expr;
use crate::catalog::views::{SystemView, ViewCx};
use crate::execute::ExecCx;
use crate::execute::engine::act;
use crate::execute::expression::{evaluate_const, filter};
use crate::types::phys_of;
use alloc::boxed::Box;
use alloc::vec::Vec;
use vitrine_data::vector::BatchBuilder;
use vitrine_data::{BATCH_ROWS, Batch, Datum, Phys, Result};

/// One row of constant expressions, unless a constant filter fails.
pub struct OneRow<'p> {
    pub columns: &'p [Expr],
    pub filter: &'p [Expr],
    pub done: bool,
}

impl Node for OneRow<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if core::mem::replace(&mut self.done, true) {
                return Ok(None);
            }
            let mut unit = Batch::new(Vec::new(), 1);
            filter(self.filter, &mut unit, &cx.eval)?;
            if unit.is_empty() {
                return Ok(None);
            }
            super::filter::project(self.columns, &unit, cx).map(Some)
        })
    }

    fn restart(&mut self) {
        self.done = false;
    }
}

pub struct Empty;

impl Node for Empty {
    fn next<'a>(&'a mut self, _: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async { Ok(None) })
    }

    fn restart(&mut self) {}
}

pub struct Values<'p> {
    pub rows: &'p [Vec<Expr>],
    pub types: Vec<Phys>,
    pub at: usize,
}

impl Values<'_> {
    fn fill(&mut self, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        let Some(rest) = self.rows.get(self.at..).filter(|rest| !rest.is_empty()) else {
            return Ok(None);
        };
        let mut builder = BatchBuilder::new(&self.types);
        let mut row: Vec<Datum> = Vec::new();
        for exprs in rest.iter().take(BATCH_ROWS) {
            row.clear();
            for expr in exprs {
                row.push(evaluate_const(expr, &cx.eval)?);
            }
            builder.push_row(&row)?;
        }
        self.at += builder.rows();
        Ok(Some(builder.take()))
    }
}

impl Node for Values<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let batch = self.fill(cx)?;
            cx.spend(batch.as_ref().map_or(0, Batch::rows)).await?;
            Ok(batch)
        })
    }

    fn restart(&mut self) {
        self.at = 0;
    }
}

/// A system view: filled when first asked for.
pub struct ViewScan<'p> {
    pub view: &'static SystemView,
    pub args: &'p [Expr],
    pub columns: &'p [usize],
    pub filter: &'p [Expr],
    pub rows: Option<Vec<Vec<Datum>>>,
    pub at: usize,
}

impl ViewScan<'_> {
    async fn read(&self, cx: &ExecCx<'_>) -> Result<Vec<Vec<Datum>>> {
        let view_cx = ViewCx {
            catalog: cx.catalog,
            engine: cx.owner,
            session: cx.eval.session,
        };
        let mut args = Vec::with_capacity(self.args.len());
        for arg in self.args {
            args.push(evaluate_const(arg, &cx.eval)?);
        }
        act(cx, |_| {
            let mut rows = Vec::new();
            (self.view.fill)(&view_cx, &args, &mut rows)?;
            Ok(rows)
        })
        .await
    }

    fn fill(&mut self, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        let rows = self.rows.as_deref().unwrap_or_default();
        let Some(rest) = rows.get(self.at..).filter(|rest| !rest.is_empty()) else {
            return Ok(None);
        };
        let phys = |column: &usize| {
            self.view
                .columns
                .get(*column)
                .map_or(Phys::Bytes, |(_, oid)| phys_of(*oid))
        };
        let types: Vec<Phys> = self.columns.iter().map(phys).collect();
        let mut builder = BatchBuilder::new(&types);
        for row in rest.iter().take(BATCH_ROWS) {
            let picked: Vec<Datum> = self
                .columns
                .iter()
                .map(|c| row.get(*c).cloned().unwrap_or_default())
                .collect();
            builder.push_row(&picked)?;
        }
        self.at += builder.rows();
        let mut batch = builder.take();
        filter(self.filter, &mut batch, &cx.eval)?;
        Ok(Some(batch))
    }
}

impl Node for ViewScan<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if self.rows.is_none() {
                self.rows = Some(self.read(cx).await?);
            }
            let batch = self.fill(cx)?;
            cx.spend(batch.as_ref().map_or(0, Batch::rows)).await?;
            Ok(batch)
        })
    }

    fn restart(&mut self) {
        self.rows = None;
        self.at = 0;
    }
}
