//! INSERT: row by row with ON CONFLICT, many at once without.

use super::foreign_key::References;
use super::on_conflict::{Answer, OnConflict};
use super::{Returning, attribute_types, constraint};
use crate::execute::ExecCx;
use crate::execute::node::{BoxNode, Node, Step};
use crate::plan::tree::InsertNode;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Datum, Phys, Result, SqlError};
use vitrine_engine::access::{BulkOp, InsertOp, InsertOutcome};

pub struct Insert<'p> {
    node: &'p InsertNode,
    input: BoxNode<'p>,
    types: Vec<Phys>,
    returning: Returning<'p>,
    done: bool,
}

impl<'p> Insert<'p> {
    pub fn new(node: &'p InsertNode, input: BoxNode<'p>, out: Vec<Phys>) -> Insert<'p> {
        let types = attribute_types(&node.table);
        let returning = Returning::new(&node.returning, &out);
        Insert {
            node,
            input,
            types,
            returning,
            done: false,
        }
    }

    fn checked(&self, row: &[Datum], cx: &ExecCx<'_>) -> Result<()> {
        let table = &self.node.table;
        constraint::check_row(table, &self.node.checks.checks, row, &self.types, cx)
    }

    /// Many rows in one go.
    async fn insert_many(
        &mut self,
        batch: &Batch,
        references: &mut References<'p>,
        cx: &ExecCx<'_>,
    ) -> Result<()> {
        let mut rows: Vec<Rc<[Datum]>> = Vec::with_capacity(batch.rows());
        for nth in 0..batch.rows() {
            let row = batch.row(nth);
            self.checked(&row, cx)?;
            rows.push(row.into());
        }
        let mut op = BulkOp::new(rows);
        let access = &*self.node.table.access;
        let conflict = cx
            .engine
            .engine
            .insert_many(cx.engine.txn, access, &mut op)
            .await?;
        if let Some(conflict) = conflict {
            let row = op.rows.get(op.current()).cloned().unwrap_or_default();
            return Err(constraint::duplicate(&self.node.table, &conflict, &row, cx));
        }
        for row in &op.rows {
            references.inserted(row, cx)?;
            self.returning.push(row, &self.types, cx)?;
        }
        cx.changed_rows
            .set(cx.changed_rows.get() + op.rows.len() as u64);
        cx.spend(op.rows.len() * 4).await
    }

    async fn insert_one(
        &mut self,
        row: Vec<Datum>,
        references: &mut References<'p>,
        on_conflict: Option<&mut OnConflict<'p>>,
        cx: &ExecCx<'_>,
    ) -> Result<()> {
        self.checked(&row, cx)?;
        let row: Rc<[Datum]> = row.into();
        let access = &*self.node.table.access;
        let mut on_conflict = on_conflict;
        loop {
            let op = InsertOp::new(row.clone());
            let mut op = if on_conflict.is_some() {
                op.speculative()
            } else {
                op
            };
            match cx
                .engine
                .engine
                .insert(cx.engine.txn, access, &mut op)
                .await?
            {
                InsertOutcome::Done(_) => break,
                InsertOutcome::Wait(_) => {
                    return Err(SqlError::bug("an insert came back without having waited"));
                }
                InsertOutcome::Conflict(conflict) => {
                    let Some(handler) = on_conflict.as_deref_mut() else {
                        return Err(constraint::duplicate(&self.node.table, &conflict, &row, cx));
                    };
                    match handler.answer(&conflict, &row, references, cx).await? {
                        Answer::Retry => continue,
                        Answer::Skip => return Ok(()),
                        Answer::Updated(new) => {
                            cx.changed_rows.set(cx.changed_rows.get() + 1);
                            return self.returning.push(&new, &self.types, cx);
                        }
                    }
                }
            }
        }
        references.inserted(&row, cx)?;
        cx.changed_rows.set(cx.changed_rows.get() + 1);
        self.returning.push(&row, &self.types, cx)
    }

    async fn run(&mut self, cx: &ExecCx<'_>) -> Result<()> {
        let mut references = References::new(&self.node.checks);
        let node = self.node;
        let mut on_conflict = node
            .conflict
            .as_ref()
            .map(|plan| OnConflict::new(&node.table, plan, &node.checks));
        while let Some(batch) = self.input.next(cx).await? {
            if on_conflict.is_none() && batch.rows() > 1 {
                self.insert_many(&batch, &mut references, cx).await?;
                continue;
            }
            for nth in 0..batch.rows() {
                let row = batch.row(nth);
                self.insert_one(row, &mut references, on_conflict.as_mut(), cx)
                    .await?;
                cx.spend(4).await?;
            }
        }
        references.check(cx).await
    }
}

impl Node for Insert<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if !core::mem::replace(&mut self.done, true) {
                self.run(cx).await?;
            }
            Ok(self.returning.take_batch())
        })
    }

    /// A change runs once for a statement, however often its rows are read.
    fn restart(&mut self) {}
}
