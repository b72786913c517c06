//! DELETE.

use super::foreign_key::References;
use super::recheck::{Target, gone};
use super::{Returning, attribute_types};
use crate::execute::ExecCx;
use crate::execute::node::{BoxNode, Node, Step};
use crate::execute::rows::types_of;
use crate::plan::tree::DeleteNode;
use alloc::boxed::Box;
use alloc::vec::Vec;
use vitrine_data::{Phys, Result, SqlError};
use vitrine_engine::access::{DeleteOp, RowOutcome};

pub struct Delete<'p> {
    node: &'p DeleteNode,
    input: BoxNode<'p>,
    input_types: Vec<Phys>,
    /// Attributes, then the input row: what RETURNING sees.
    both: Vec<Phys>,
    returning: Returning<'p>,
    done: bool,
}

impl<'p> Delete<'p> {
    pub fn new(node: &'p DeleteNode, input: BoxNode<'p>, out: Vec<Phys>) -> Delete<'p> {
        let input_types = types_of(&node.input.columns);
        let both = attribute_types(&node.table)
            .iter()
            .chain(&input_types)
            .copied()
            .collect();
        let returning = Returning::new(&node.returning, &out);
        Delete {
            node,
            input,
            input_types,
            both,
            returning,
            done: false,
        }
    }

    async fn delete(
        &mut self,
        mut target: Target,
        references: &mut References<'p>,
        cx: &ExecCx<'_>,
    ) -> Result<()> {
        let (node, table) = (self.node, &self.node.table);
        loop {
            let mut op = DeleteOp::new(target.locator.clone(), target.snapshot.clone());
            match cx
                .engine
                .engine
                .delete(cx.engine.txn, &*table.access, &mut op)
                .await?
            {
                RowOutcome::Ok(_) => break,
                RowOutcome::Updated(newer) => {
                    let types = &self.input_types;
                    if !target
                        .advance(table, &node.recheck, newer, types, cx)
                        .await?
                    {
                        return Ok(());
                    }
                }
                RowOutcome::Deleted => return gone(cx),
                RowOutcome::SelfModified | RowOutcome::Invisible => return Ok(()),
                RowOutcome::Wait(_) | RowOutcome::Conflict(_) => {
                    return Err(SqlError::bug(
                        "a delete came back with an answer of other changes",
                    ));
                }
            }
        }
        cx.changed_rows.set(cx.changed_rows.get() + 1);
        let needed = references.wants_deleted() || self.returning.is_wanted();
        if needed {
            let old = target.attributes(&node.recheck, table.columns.len());
            references.deleted(&old, cx)?;
            let mut seen = old;
            seen.extend(target.input);
            self.returning.push(&seen, &self.both, cx)?;
        }
        Ok(())
    }

    async fn run(&mut self, cx: &ExecCx<'_>) -> Result<()> {
        let mut references = References::new(&self.node.checks);
        while let Some(batch) = self.input.next(cx).await? {
            for nth in 0..batch.rows() {
                let Some(target) = Target::new(batch.row(nth), &self.node.recheck, cx) else {
                    continue;
                };
                self.delete(target, &mut references, cx).await?;
                cx.spend(4).await?;
            }
        }
        references.check(cx).await
    }
}

impl Node for Delete<'_> {
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
