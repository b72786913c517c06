//! UPDATE: the new row from the input row, one version after another until one sticks.

use super::foreign_key::References;
use super::recheck::{Target, gone};
use super::{Returning, attribute_types, constraint, row_columns};
use crate::execute::node::{BoxNode, Node, Step};
use crate::execute::rows::types_of;
use crate::execute::{ExecCx, evaluate_row};
use crate::plan::tree::UpdateNode;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Datum, Phys, Result, SqlError};
use vitrine_engine::access::{RowOutcome, UpdateOp};

pub struct Update<'p> {
    node: &'p UpdateNode,
    input: BoxNode<'p>,
    attributes: Vec<Phys>,
    input_types: Vec<Phys>,
    /// Attributes, then the input row: what RETURNING sees.
    both: Vec<Phys>,
    changed: Rc<[usize]>,
    returning: Returning<'p>,
    done: bool,
}

impl<'p> Update<'p> {
    pub fn new(node: &'p UpdateNode, input: BoxNode<'p>, out: Vec<Phys>) -> Update<'p> {
        let attributes = attribute_types(&node.table);
        let input_types = types_of(&node.input.columns);
        let both = attributes.iter().chain(&input_types).copied().collect();
        let changed = node.sets.iter().map(|(attribute, _)| *attribute).collect();
        let returning = Returning::new(&node.returning, &out);
        Update {
            node,
            input,
            attributes,
            input_types,
            both,
            changed,
            returning,
            done: false,
        }
    }

    /// The new values of a whole batch, column by column.
    fn values(&self, batch: &Batch, cx: &ExecCx<'_>) -> Result<Batch> {
        let mut columns = Vec::with_capacity(self.node.sets.len());
        for (_, expr) in &self.node.sets {
            columns.push(crate::execute::evaluate_batch(expr, batch, &cx.eval)?);
        }
        Ok(Batch::new(columns, batch.rows()))
    }

    fn new_row(&self, old: &[Datum], values: Vec<Datum>) -> Vec<Datum> {
        let mut new = old.to_vec();
        for ((attribute, _), value) in self.node.sets.iter().zip(values) {
            if let Some(place) = new.get_mut(*attribute) {
                *place = value;
            }
        }
        new
    }

    /// The values once more, for a row that became another meanwhile.
    fn values_again(&self, target: &Target, cx: &ExecCx<'_>) -> Result<Vec<Datum>> {
        let columns = row_columns(&target.input, &self.input_types);
        self.node
            .sets
            .iter()
            .map(|(_, expr)| evaluate_row(expr, &columns, &cx.eval))
            .collect()
    }

    async fn update(
        &mut self,
        mut target: Target,
        mut values: Vec<Datum>,
        references: &mut References<'p>,
        cx: &ExecCx<'_>,
    ) -> Result<()> {
        let (node, table) = (self.node, &self.node.table);
        loop {
            let old = target.attributes(&node.recheck, table.columns.len());
            let new = self.new_row(&old, values);
            constraint::check_row(table, &node.checks.checks, &new, &self.attributes, cx)?;
            let new: Rc<[Datum]> = new.into();
            let (at, snapshot) = (target.locator.clone(), target.snapshot.clone());
            let mut op = UpdateOp::new(at, snapshot, new.clone(), self.changed.clone());
            match cx
                .engine
                .engine
                .update(cx.engine.txn, &*table.access, &mut op)
                .await?
            {
                RowOutcome::Ok(_) => {
                    references.updated(&old, &new, cx)?;
                    cx.changed_rows.set(cx.changed_rows.get() + 1);
                    if self.returning.is_wanted() {
                        let mut seen = new.to_vec();
                        seen.extend(target.input);
                        self.returning.push(&seen, &self.both, cx)?;
                    }
                    return Ok(());
                }
                RowOutcome::Updated(newer) => {
                    let types = &self.input_types;
                    if !target
                        .advance(table, &node.recheck, newer, types, cx)
                        .await?
                    {
                        return Ok(());
                    }
                    values = self.values_again(&target, cx)?;
                }
                RowOutcome::Conflict(conflict) => {
                    return Err(constraint::duplicate(table, &conflict, &new, cx));
                }
                RowOutcome::Deleted => return gone(cx),
                RowOutcome::SelfModified | RowOutcome::Invisible => return Ok(()),
                RowOutcome::Wait(_) => {
                    return Err(SqlError::bug("an update came back without having waited"));
                }
            }
        }
    }

    async fn run(&mut self, cx: &ExecCx<'_>) -> Result<()> {
        let mut references = References::new(&self.node.checks);
        while let Some(batch) = self.input.next(cx).await? {
            let values = self.values(&batch, cx)?;
            for nth in 0..batch.rows() {
                let Some(target) = Target::new(batch.row(nth), &self.node.recheck, cx) else {
                    continue;
                };
                self.update(target, values.row(nth), &mut references, cx)
                    .await?;
                cx.spend(4).await?;
            }
        }
        references.check(cx).await
    }
}

impl Node for Update<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if !core::mem::replace(&mut self.done, true) {
                self.run(cx).await?;
            }
            Ok(self.returning.take_batch())
        })
    }

    fn restart(&mut self) {}
}
