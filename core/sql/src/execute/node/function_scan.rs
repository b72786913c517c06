//! A set-returning function in FROM: one call, its values in batches, numbered if asked.

use super::{Node, Step};
use crate::bind::tree::Expr;
use crate::execute::ExecCx;
use crate::execute::expression::{evaluate_const, filter};
use crate::functions::registry::{FuncRow, Kernel};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{BATCH_ROWS, Batch, Datum, Phys, Result, SqlError, Vector};

pub struct FunctionScan<'p> {
    pub function: &'static FuncRow,
    pub args: &'p [Expr],
    pub ordinality: bool,
    pub filter: &'p [Expr],
    /// Of the function's column.
    pub phys: Phys,
    pub values: Option<Vec<Datum>>,
    pub at: usize,
}

impl FunctionScan<'_> {
    async fn call(&self, cx: &ExecCx<'_>) -> Result<Vec<Datum>> {
        let mut args = Vec::with_capacity(self.args.len());
        for arg in self.args {
            args.push(evaluate_const(arg, &cx.eval)?);
        }
        let null = self.function.strict && args.iter().any(Datum::is_null);
        match self.function.kernel {
            Kernel::Set(_) if null => Ok(Vec::new()),
            Kernel::Set(f) => f(&args, &cx.eval),
            // A plain function in FROM gives one row.
            Kernel::Row(_) if null => Ok(alloc::vec![Datum::Null]),
            Kernel::Row(f) => Ok(alloc::vec![f(&args, &cx.eval)?]),
            Kernel::Vector(f) => {
                let columns: Result<Vec<Rc<Vector>>> = args
                    .iter()
                    .zip(self.args)
                    .map(|(value, arg)| {
                        Ok(Rc::new(Vector::constant(arg.ty.phys(), value.clone(), 1)))
                    })
                    .collect();
                Ok(alloc::vec![f(&columns?, 1, &cx.eval)?.datum(0)])
            }
            Kernel::Planned => Ok(alloc::vec![cx.planned.call(self.function, args, cx).await?]),
            _ => Err(SqlError::bug("a function in FROM gives no rows")),
        }
    }

    fn fill(&mut self, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        let values = self.values.as_deref().unwrap_or_default();
        let rest = values.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let part = rest.get(..BATCH_ROWS.min(rest.len())).unwrap_or_default();
        let mut columns = alloc::vec![Rc::new(Vector::from_datums(self.phys, part)?)];
        if self.ordinality {
            let first = self.at as i64 + 1;
            let numbers = (first..first + part.len() as i64).collect();
            columns.push(Rc::new(Vector::from_i64(numbers)));
        }
        let len = part.len();
        self.at += len;
        let mut batch = Batch::new(columns, len);
        filter(self.filter, &mut batch, &cx.eval)?;
        Ok(Some(batch))
    }
}

impl Node for FunctionScan<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if self.values.is_none() {
                self.values = Some(self.call(cx).await?);
            }
            let batch = self.fill(cx)?;
            cx.spend(batch.as_ref().map_or(0, Batch::rows)).await?;
            Ok(batch)
        })
    }

    fn restart(&mut self) {
        self.values = None;
        self.at = 0;
    }
}
