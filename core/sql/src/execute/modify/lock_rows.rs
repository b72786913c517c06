//! FOR UPDATE, FOR SHARE and their kin: rows are locked as they pass.

use super::recheck::{Target, gone};
use crate::execute::ExecCx;
use crate::execute::node::{BoxNode, Node, Step};
use crate::parse::ast::{LockStrength, LockWait};
use crate::plan::tree::LockTarget;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use vitrine_data::vector::BatchBuilder;
use vitrine_data::{Batch, Datum, Phys, Result, SqlError, SqlState};
use vitrine_engine::RowWait;
use vitrine_engine::access::RowOutcome;
use vitrine_engine::lock::RowStrength;

pub struct LockRows<'p> {
    pub input: BoxNode<'p>,
    pub targets: &'p [LockTarget],
}

fn strength(of: LockStrength) -> RowStrength {
    match of {
        LockStrength::KeyShare => RowStrength::KeyShare,
        LockStrength::Share => RowStrength::Share,
        LockStrength::NoKeyUpdate => RowStrength::NoKeyUpdate,
        LockStrength::Update => RowStrength::Update,
    }
}

fn patience(wait: LockWait) -> RowWait {
    match wait {
        LockWait::Block => RowWait::Block,
        LockWait::SkipLocked => RowWait::Skip,
        LockWait::NoWait => RowWait::Error,
    }
}

/// Locks one row for one target; `None` if the row is to be left out.
async fn lock(
    target: &LockTarget,
    row: Vec<Datum>,
    types: &[Phys],
    cx: &ExecCx<'_>,
) -> Result<Option<Vec<Datum>>> {
    // The null side of an outer join has no ctid and nothing to lock.
    if row.get(target.recheck.ctid).is_none_or(Datum::is_null) {
        return Ok(Some(row));
    }
    let Some(mut held) = Target::new(row, &target.recheck, cx) else {
        return Ok(None);
    };
    let (strength, wait) = (strength(target.lock.strength), patience(target.lock.wait));
    let (engine, txn, access) = (cx.engine.engine, cx.engine.txn, &*target.table.access);
    loop {
        let outcome = engine
            .lock_row(txn, access, &held.locator, &held.snapshot, strength, wait)
            .await;
        let outcome = outcome.map_err(|error| match error.code {
            SqlState::LOCK_NOT_AVAILABLE => SqlError::user(
                SqlState::LOCK_NOT_AVAILABLE,
                format!(
                    "could not obtain lock on row in relation \"{}\"",
                    target.table.name
                ),
            ),
            _ => error,
        })?;
        match outcome {
            RowOutcome::Ok(_) => return Ok(Some(held.input)),
            RowOutcome::Updated(newer) => {
                if !held
                    .advance(&target.table, &target.recheck, newer, types, cx)
                    .await?
                {
                    return Ok(None);
                }
            }
            RowOutcome::Deleted => return gone(cx).map(|()| None),
            _ => return Ok(None),
        }
    }
}

impl LockRows<'_> {
    async fn pass(&self, batch: Batch, cx: &ExecCx<'_>) -> Result<Batch> {
        let types: Vec<Phys> = batch.columns.iter().map(|column| column.phys()).collect();
        let mut out = BatchBuilder::new(&types);
        for nth in 0..batch.rows() {
            let mut row = Some(batch.row(nth));
            for target in self.targets {
                row = match row {
                    Some(row) => lock(target, row, &types, cx).await?,
                    None => None,
                };
            }
            if let Some(row) = row {
                out.push_row(&row)?;
            }
            cx.spend(2).await?;
        }
        Ok(out.take())
    }
}

impl Node for LockRows<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            match self.input.next(cx).await? {
                None => Ok(None),
                Some(batch) => self.pass(batch, cx).await.map(Some),
            }
        })
    }

    fn restart(&mut self) {
        self.input.restart();
    }
}
