//! ON CONFLICT: what to do when an arbiter index already holds the key.

use super::foreign_key::References;
use super::recheck::fetch;
use super::{attribute_types, constraint, row_columns};
use crate::catalog::TableDef;
use crate::execute::engine::{latest, rechecks};
use crate::execute::{ExecCx, evaluate_row};
use crate::plan::tree::{Checks, ConflictPlan, ConflictUpdatePlan};
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Datum, Phys, Result, SqlError, SqlState};
use vitrine_engine::RowWait;
use vitrine_engine::access::{Locator, RowOutcome, UniqueConflict, UpdateOp};
use vitrine_engine::lock::RowStrength;

/// What became of a row that met its like.
pub enum Answer {
    /// The other row went away meanwhile: insert again.
    Retry,
    Skip,
    Updated(Rc<[Datum]>),
}

pub struct OnConflict<'p> {
    table: &'p Rc<TableDef>,
    plan: &'p ConflictPlan,
    checks: &'p Checks,
    /// The table's attributes twice: the row there, the row proposed.
    types: Vec<Phys>,
}

impl<'p> OnConflict<'p> {
    pub fn new(
        table: &'p Rc<TableDef>,
        plan: &'p ConflictPlan,
        checks: &'p Checks,
    ) -> OnConflict<'p> {
        let own = attribute_types(table);
        let types = own.iter().chain(&own).copied().collect();
        OnConflict {
            table,
            plan,
            checks,
            types,
        }
    }

    pub async fn answer(
        &mut self,
        conflict: &UniqueConflict,
        proposed: &[Datum],
        references: &mut References<'p>,
        cx: &ExecCx<'_>,
    ) -> Result<Answer> {
        let arbiters = &self.plan.arbiters;
        let decides = |oid: u32| arbiters.iter().any(|index| index.oid.0 == oid);
        if !arbiters.is_empty() && !decides(conflict.index_oid) {
            return Err(constraint::duplicate(self.table, conflict, proposed, cx));
        }
        let Some(update) = &self.plan.update else {
            return Ok(Answer::Skip);
        };
        let snapshot = latest(cx);
        let strength = RowStrength::Update;
        let (engine, txn) = (cx.engine.engine, cx.engine.txn);
        let access = &*self.table.access;
        let locked = engine
            .lock_row(
                txn,
                access,
                &conflict.existing,
                &snapshot,
                strength,
                RowWait::Block,
            )
            .await?;
        match locked {
            RowOutcome::Ok(locator) => self.update(update, locator, proposed, references, cx).await,
            RowOutcome::SelfModified | RowOutcome::Invisible => Err(SqlError::user(
                SqlState::CARDINALITY_VIOLATION,
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
            )
            .hint(
                "Ensure that no rows proposed for insertion within the same command have \
                 duplicate constrained values.",
            )),
            _ if !rechecks(cx) => Err(constraint::could_not_serialize("update")),
            _ => Ok(Answer::Retry),
        }
    }

    async fn update(
        &self,
        update: &ConflictUpdatePlan,
        locator: Locator,
        proposed: &[Datum],
        references: &mut References<'p>,
        cx: &ExecCx<'_>,
    ) -> Result<Answer> {
        let snapshot = latest(cx);
        let Some(old) = fetch(self.table, &locator, &snapshot, cx).await? else {
            return Ok(Answer::Retry);
        };
        let mut both = old.clone();
        both.extend_from_slice(proposed);
        let columns = row_columns(&both, &self.types);
        if let Some(filter) = &update.filter
            && evaluate_row(filter, &columns, &cx.eval)?.as_bool() != Some(true)
        {
            return Ok(Answer::Skip);
        }
        let mut new = old.clone();
        for (attribute, expr) in &update.sets {
            if let Some(place) = new.get_mut(*attribute) {
                *place = evaluate_row(expr, &columns, &cx.eval)?;
            }
        }
        constraint::check_row(self.table, &self.checks.checks, &new, &self.types, cx)?;
        let changed: Rc<[usize]> = update
            .sets
            .iter()
            .map(|(attribute, _)| *attribute)
            .collect();
        let new: Rc<[Datum]> = new.into();
        let mut op = UpdateOp::new(locator, snapshot, new.clone(), changed);
        let access = &*self.table.access;
        match cx
            .engine
            .engine
            .update(cx.engine.txn, access, &mut op)
            .await?
        {
            RowOutcome::Ok(_) => {
                references.updated(&old, &new, cx)?;
                Ok(Answer::Updated(new))
            }
            RowOutcome::Conflict(conflict) => {
                Err(constraint::duplicate(self.table, &conflict, &new, cx))
            }
            _ => Ok(Answer::Retry),
        }
    }
}
