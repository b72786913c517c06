//! The async half of writes: runs a write's steps and waits where they say `Wait`.
//!
//! Waiting for a row goes as in PostgreSQL: first the row's place in line (a tuple lock), then the
//! holder's end; the place is kept until the next attempt has been made, so that rows are handed on
//! first come, first served. What the step answers then – `Updated`, `Deleted` – is the caller's matter.

use crate::access::*;
use crate::engine::{Engine, EngineCx};
use crate::lock::{LockMode, LockTag, LockWait, RowStrength};
use crate::stop::{Act, run};
use crate::txn::{Snapshot, Txn};
use vitrine_data::{Result, SqlError, SqlState};
use vitrine_view::{Event, Xid};

/// What a statement says about rows somebody else holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RowWait {
    #[default]
    Block,
    /// NOWAIT: 55P03.
    Error,
    /// SKIP LOCKED: `RowOutcome::Wait` is handed to the caller.
    Skip,
}

/// The place in line for a row, given back when the attempt after the wait is over.
struct Place<'a> {
    engine: &'a Engine,
    txn: &'a Txn,
    tag: LockTag,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.engine
            .locks
            .release(self.txn.session.id, &self.tag, LockMode::AccessExclusive);
    }
}

impl Engine {
    /// Waits until a transaction has ended.
    pub async fn wait_for_transaction(&self, txn: &Txn, xid: Xid, wait: LockWait) -> Result<()> {
        let Some(owner) = self.txns.owner(xid) else {
            return Ok(());
        };
        self.locks.enter_transaction(owner, xid);
        let (tag, mode) = (LockTag::Transaction(xid), LockMode::Share);
        let session = txn.session.id;
        let begun_us = self.storage.scheduler().now_us();
        let held = self.locks.acquire(&txn.session, &tag, mode, wait).await;
        let wait_us = self.storage.scheduler().now_us().saturating_sub(begun_us);
        self.storage.trace().emit(|| Event::LockWaited {
            session,
            holder: owner,
            wait_us,
        });
        held?;
        self.locks.release(session, &tag, mode);
        Ok(())
    }

    async fn wait_for(&self, txn: &Txn, what: &WaitFor, wait: LockWait) -> Result<()> {
        match what {
            WaitFor::Transaction(xid) => self.wait_for_transaction(txn, *xid, wait).await,
            WaitFor::Row(tag, strength) => {
                self.locks
                    .acquire(&txn.session, tag, strength.mode(), wait)
                    .await?;
                self.locks.release(txn.session.id, tag, strength.mode());
                Ok(())
            }
        }
    }

    /// Inserts a row, waiting for whoever decides about a unique key.
    pub async fn insert(
        &self,
        txn: &Txn,
        table: &dyn TableAccess,
        op: &mut InsertOp,
    ) -> Result<InsertOutcome> {
        loop {
            match run(&self.storage, || table.insert_step(self.cx(txn), op)).await? {
                InsertOutcome::Wait(what) => self.wait_for(txn, &what, LockWait::Block).await?,
                outcome => return Ok(outcome),
            }
        }
    }

    /// Inserts many rows. `Some`: the first conflict; rows before it are in.
    pub async fn insert_many(
        &self,
        txn: &Txn,
        table: &dyn TableAccess,
        op: &mut BulkOp,
    ) -> Result<Option<UniqueConflict>> {
        loop {
            match run(&self.storage, || table.bulk_step(self.cx(txn), op)).await? {
                BulkOutcome::Done => return Ok(None),
                BulkOutcome::Conflict(c) => return Ok(Some(c)),
                BulkOutcome::Wait(what) => self.wait_for(txn, &what, LockWait::Block).await?,
                BulkOutcome::More => {
                    txn.session.check()?;
                    if self.storage.scheduler().spend(64) {
                        self.storage.scheduler().yield_now().await;
                    }
                }
            }
        }
    }

    pub async fn update(
        &self,
        txn: &Txn,
        table: &dyn TableAccess,
        op: &mut UpdateOp,
    ) -> Result<RowOutcome> {
        let tag = table.row_tag(&op.target);
        let step = |cx: EngineCx<'_>| table.update_step(cx, op);
        self.drive_row(txn, tag, RowWait::Block, step).await
    }

    pub async fn delete(
        &self,
        txn: &Txn,
        table: &dyn TableAccess,
        op: &mut DeleteOp,
    ) -> Result<RowOutcome> {
        let tag = table.row_tag(&op.target);
        let step = |cx: EngineCx<'_>| table.delete_step(cx, op);
        self.drive_row(txn, tag, RowWait::Block, step).await
    }

    pub async fn lock_row(
        &self,
        txn: &Txn,
        table: &dyn TableAccess,
        locator: &Locator,
        snapshot: &Snapshot,
        strength: RowStrength,
        wait: RowWait,
    ) -> Result<RowOutcome> {
        let step = |cx: EngineCx<'_>| table.lock_row(cx, locator, snapshot, strength);
        self.drive_row(txn, table.row_tag(locator), wait, step)
            .await
    }

    async fn drive_row(
        &self,
        txn: &Txn,
        tag: LockTag,
        wait: RowWait,
        mut step: impl FnMut(EngineCx<'_>) -> Act<RowOutcome>,
    ) -> Result<RowOutcome> {
        let mut place: Option<Place<'_>> = None;
        loop {
            let outcome = run(&self.storage, || step(self.cx(txn))).await?;
            let RowOutcome::Wait(what) = outcome else {
                return Ok(outcome);
            };
            match wait {
                RowWait::Skip => return Ok(RowOutcome::Wait(what)),
                RowWait::Error => {
                    let message = "could not obtain lock on row in relation";
                    return Err(SqlError::user(SqlState::LOCK_NOT_AVAILABLE, message));
                }
                RowWait::Block => {}
            }
            if place.is_none() {
                let mode = LockMode::AccessExclusive;
                self.locks
                    .acquire(&txn.session, &tag, mode, LockWait::Block)
                    .await?;
                place = Some(Place {
                    engine: self,
                    txn,
                    tag: tag.clone(),
                });
            }
            self.wait_for(txn, &what, LockWait::Block).await?;
        }
    }
}
