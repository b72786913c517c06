//! Running a whole statement: its CTEs, then its root, batch by batch into a sink.

use crate::execute::ExecCx;
use crate::execute::build::build;
use crate::execute::key_table::KeyTable;
use crate::execute::node::materialize::collect;
use crate::execute::rows::{Rows, RowsBuilder, types_of};
use crate::plan::tree::{CtePlan, Plan, Statement};
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Result};

/// What a statement came to.
#[derive(Clone, Copy, Default)]
pub struct Outcome {
    /// Rows given to the sink.
    pub rows: u64,
    /// Rows inserted, updated or deleted.
    pub changed: u64,
}

/// Runs a statement to its end. The tag counts only what the statement itself changed, not its
/// CTEs.
pub async fn run(
    statement: &Statement,
    cx: &mut ExecCx<'_>,
    counted: bool,
    sink: &mut dyn FnMut(&Batch) -> Result<()>,
) -> Result<Outcome> {
    cx.prepare(statement.steps, statement.ctes.len());
    let cx = &*cx;
    for (number, cte) in statement.ctes.iter().enumerate() {
        fill_cte(number, cte, cx, counted).await?;
    }
    cx.changed_rows.set(0);
    let mut outcome = Outcome::default();
    let mut root = build(&statement.root, counted)?;
    while let Some(batch) = root.next(cx).await? {
        if batch.is_empty() {
            continue;
        }
        outcome.rows += batch.rows() as u64;
        sink(&batch)?;
    }
    outcome.changed = cx.changed_rows.get();
    Ok(outcome)
}

async fn read(plan: &Plan, cx: &ExecCx<'_>, counted: bool) -> Result<Rows> {
    let mut node = build(plan, counted)?;
    collect(&mut *node, &types_of(&plan.columns), cx).await
}

async fn fill_cte(number: usize, cte: &CtePlan, cx: &ExecCx<'_>, counted: bool) -> Result<()> {
    let Some(place) = cx.ctes.get(number) else {
        return Ok(());
    };
    let first = read(&cte.plan, cx, counted).await?;
    let Some((term, distinct)) = &cte.recursive else {
        *place.all.borrow_mut() = Rc::new(first);
        return Ok(());
    };
    let types = types_of(&cte.plan.columns);
    let mut all = RowsBuilder::new(&types);
    let mut seen = distinct.then(|| KeyTable::new(&types));
    let mut round = fresh(first, seen.as_mut())?;
    while round.len > 0 {
        all.push(&Batch::new(round.columns.clone(), round.len), &cx.memory)?;
        *place.round.borrow_mut() = Rc::new(round);
        let next = read(term, cx, counted).await?;
        cx.spend(next.len + 1).await?;
        round = fresh(next, seen.as_mut())?;
    }
    *place.round.borrow_mut() = Rc::default();
    *place.all.borrow_mut() = Rc::new(all.finish());
    Ok(())
}

/// The rows not seen before, when duplicates go.
fn fresh(rows: Rows, seen: Option<&mut KeyTable>) -> Result<Rows> {
    let Some(seen) = seen else { return Ok(rows) };
    let mut numbers = Vec::new();
    let mut next = seen.len() as u32;
    seen.insert(&rows.columns, rows.len, &mut numbers)?;
    let mut kept: Vec<u32> = Vec::new();
    for (number, row) in numbers.iter().zip(0u32..) {
        if *number == next {
            next += 1;
            kept.push(row);
        }
    }
    let batch = rows.gather(&kept);
    Ok(Rows {
        columns: batch.columns,
        len: batch.len,
    })
}
