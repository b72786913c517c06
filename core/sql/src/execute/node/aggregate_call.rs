//! One aggregate call while it runs: FILTER, DISTINCT and ORDER BY around the accumulator.

use super::sort::Sorter;
use crate::bind::tree::AggregateCall;
use crate::execute::ExecCx;
use crate::execute::expression::{evaluate_batch, filter};
use crate::execute::key_table::KeyTable;
use crate::execute::rows::RowsBuilder;
use crate::functions::aggregate::{Accumulator, Groups};
use crate::functions::registry::Kernel;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Datum, Phys, Result, SqlError, Vector};

pub struct RunningCall<'p> {
    call: &'p AggregateCall,
    state: Box<dyn Accumulator>,
    accounted: usize,
    /// DISTINCT: what has been counted, by group and arguments.
    seen: Option<KeyTable>,
    /// ORDER BY: arguments and group of each row, held until the end.
    ordered: Option<(Sorter, RowsBuilder)>,
}

impl<'p> RunningCall<'p> {
    pub fn new(call: &'p AggregateCall) -> Result<RunningCall<'p>> {
        let Kernel::Aggregate(row) = call.function.kernel else {
            return Err(SqlError::bug("an aggregate call names no aggregate"));
        };
        let types: Vec<Phys> = call.args.iter().map(|arg| arg.ty.phys()).collect();
        let with_group: Vec<Phys> = types
            .iter()
            .copied()
            .chain(core::iter::once(Phys::I32))
            .collect();
        Ok(RunningCall {
            call,
            state: (row.make)(&types),
            accounted: 0,
            seen: call.distinct.then(|| KeyTable::new(&with_group)),
            ordered: (!call.order_by.is_empty())
                .then(|| (Sorter::default(), RowsBuilder::new(&with_group))),
        })
    }

    /// Takes a batch whose rows that count belong to `groups`.
    pub fn update(
        &mut self,
        batch: &Batch,
        groups: Groups<'_>,
        group_count: usize,
        cx: &ExecCx<'_>,
    ) -> Result<()> {
        self.state.grow(group_count);
        let Some(condition) = &self.call.filter else {
            return self.take(batch, groups, cx);
        };
        let mut kept = batch.compact();
        filter(core::slice::from_ref(&**condition), &mut kept, &cx.eval)?;
        if kept.is_empty() {
            return Ok(());
        }
        match groups {
            Groups::One(_) => self.take(&kept, groups, cx),
            Groups::Each(all) => {
                let mine: Vec<u32> = kept
                    .row_indexes()
                    .map(|row| all.get(row).copied().unwrap_or(0))
                    .collect();
                self.take(&kept, Groups::Each(&mine), cx)
            }
        }
    }

    fn take(&mut self, batch: &Batch, groups: Groups<'_>, cx: &ExecCx<'_>) -> Result<()> {
        let mut args = Vec::with_capacity(self.call.args.len());
        for arg in &self.call.args {
            args.push(evaluate_batch(arg, batch, &cx.eval)?);
        }
        let rows = batch.rows();
        if self.seen.is_some() || self.ordered.is_some() {
            return self.take_special(batch, args, rows, groups, cx);
        }
        self.state.update(&args, rows, groups)?;
        self.account(cx)
    }

    fn take_special(
        &mut self,
        batch: &Batch,
        args: Vec<Rc<Vector>>,
        rows: usize,
        groups: Groups<'_>,
        cx: &ExecCx<'_>,
    ) -> Result<()> {
        let numbers: Vec<i32> = (0..rows).map(|row| groups.of(row) as i32).collect();
        let mut columns = args;
        columns.push(Rc::new(Vector::from_i32(numbers)));
        let mut kept: Vec<u32> = (0..rows as u32).collect();
        if let Some(seen) = &mut self.seen {
            let (before, bytes) = (seen.len() as u32, seen.memory_bytes());
            let mut found = Vec::new();
            seen.insert(&columns, rows, &mut found)?;
            cx.memory.take(seen.memory_bytes().saturating_sub(bytes))?;
            // A number not given out before this batch is new where it first appears.
            let mut next = before;
            kept.retain(|row| {
                let new = found.get(*row as usize) == Some(&next);
                next += u32::from(new);
                new
            });
        }
        if let Some((sorter, held)) = &mut self.ordered {
            let mut source = batch.clone();
            if kept.len() < rows {
                source.sel = Some(
                    kept.iter()
                        .map(|row| batch.row_index(*row as usize) as u32)
                        .collect(),
                );
            }
            sorter.push(&self.call.order_by, &source, cx)?;
            let mut rows = Batch::new(columns, rows);
            rows.sel = Some(Rc::from(kept));
            return held.push(&rows, &cx.memory);
        }
        let dense: Vec<Rc<Vector>> = columns
            .iter()
            .map(|column| Rc::new(column.gather(&kept)))
            .collect();
        self.feed(&dense, kept.len())?;
        self.account(cx)
    }

    /// Arguments with the group as the last column.
    fn feed(&mut self, columns: &[Rc<Vector>], rows: usize) -> Result<()> {
        let Some((groups, args)) = columns.split_last() else {
            return Ok(());
        };
        let numbers: Vec<u32> = match groups.as_i32() {
            Some(numbers) => numbers.iter().map(|number| *number as u32).collect(),
            None => (0..rows)
                .map(|row| groups.datum(row).as_i32().unwrap_or(0) as u32)
                .collect(),
        };
        self.state.update(args, rows, Groups::Each(&numbers))
    }

    fn account(&mut self, cx: &ExecCx<'_>) -> Result<()> {
        let now = self.state.memory_bytes();
        if now > self.accounted {
            cx.memory.take(now - self.accounted)?;
            self.accounted = now;
        }
        Ok(())
    }

    /// After the last batch: what was held back for its order goes in.
    pub fn close(&mut self, group_count: usize) -> Result<()> {
        self.state.grow(group_count);
        if let Some((sorter, held)) = self.ordered.take() {
            let order = sorter.finish(usize::MAX);
            let rows = held.finish().gather(&order);
            self.feed(&rows.columns, rows.len)?;
        }
        Ok(())
    }

    pub fn finish(&mut self, group: usize) -> Result<Datum> {
        self.state.finish(group)
    }
}
