//! Rows that somebody changed between the scan and the change.
//!
//! Under READ COMMITTED the newest version takes the old one's place in the input row, and the
//! row goes on if it still satisfies the statement's conditions; under REPEATABLE READ the
//! statement fails with 40001.

use super::{attribute_types, constraint, row_columns};
use crate::catalog::TableDef;
use crate::execute::engine::{act, latest, rechecks};
use crate::execute::{ExecCx, evaluate_row};
use crate::plan::tree::Recheck;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Datum, Phys, Result};
use vitrine_engine::access::{Locator, RowSink};
use vitrine_engine::txn::Snapshot;

/// All attributes of one row version, if the snapshot sees it.
pub async fn fetch(
    table: &TableDef,
    locator: &Locator,
    snapshot: &Snapshot,
    cx: &ExecCx<'_>,
) -> Result<Option<Vec<Datum>>> {
    let types = attribute_types(table);
    let columns: Vec<usize> = (0..types.len()).collect();
    let mut sink = RowSink::new(&types, 1);
    let found = act(cx, |engine| {
        table
            .access
            .fetch(engine, locator, snapshot, &columns, &mut sink)
    })
    .await?;
    if !found {
        return Ok(None);
    }
    Ok(Some(
        sink.columns
            .into_iter()
            .map(|builder| builder.finish().datum(0))
            .collect(),
    ))
}

/// A row that came from the input, and what it has become.
pub struct Target {
    pub locator: Locator,
    pub snapshot: Rc<Snapshot>,
    /// The input row, with the newest version's attributes once it was re-checked.
    pub input: Vec<Datum>,
}

impl Target {
    pub fn new(input: Vec<Datum>, recheck: &Recheck, cx: &ExecCx<'_>) -> Option<Target> {
        let ctid = input.get(recheck.ctid)?.as_i64()?;
        Some(Target {
            locator: Locator::Short(ctid as u64),
            snapshot: cx.snapshot.clone(),
            input,
        })
    }

    /// The table's attributes in the order of the table.
    pub fn attributes(&self, recheck: &Recheck, width: usize) -> Vec<Datum> {
        let mut row = alloc::vec![Datum::Null; width];
        for (attribute, place) in &recheck.attributes {
            if let (Some(slot), Some(value)) = (row.get_mut(*attribute), self.input.get(*place)) {
                *slot = value.clone();
            }
        }
        row
    }

    /// Goes on to the newer version; false if the row no longer qualifies.
    pub async fn advance(
        &mut self,
        table: &TableDef,
        recheck: &Recheck,
        newer: Locator,
        input_types: &[Phys],
        cx: &ExecCx<'_>,
    ) -> Result<bool> {
        if !rechecks(cx) {
            return Err(constraint::could_not_serialize("update"));
        }
        let snapshot = latest(cx);
        let Some(row) = fetch(table, &newer, &snapshot, cx).await? else {
            return Ok(false);
        };
        for (attribute, place) in &recheck.attributes {
            if let (Some(slot), Some(value)) = (self.input.get_mut(*place), row.get(*attribute)) {
                *slot = value.clone();
            }
        }
        if let (Some(slot), Some(number)) = (self.input.get_mut(recheck.ctid), newer.short()) {
            *slot = Datum::I64(number as i64);
        }
        self.locator = newer;
        self.snapshot = snapshot;
        let columns = row_columns(&self.input, input_types);
        for predicate in &recheck.predicates {
            if evaluate_row(predicate, &columns, &cx.eval)?.as_bool() != Some(true) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The row was deleted by somebody: it is skipped, or the statement fails.
pub fn gone(cx: &ExecCx<'_>) -> Result<()> {
    if rechecks(cx) {
        Ok(())
    } else {
        Err(constraint::could_not_serialize("delete"))
    }
}
