//! INSERT, UPDATE and DELETE as steps.

use super::tree::{
    Checks, ConflictPlan, ConflictUpdatePlan, DeleteNode, Estimate, ForeignKey, InsertNode, Node,
    Recheck, UpdateNode,
};
use super::{Made, Planner, broken};
use crate::bind::tree::{Change, ChangeKind, ColumnId, Conflict, Expr, OutputColumn, Rel};
use crate::catalog::{ConstraintDef, ConstraintKind, TableDef};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::Result;

/// Attribute positions of a row: dropped columns have ids that nothing names.
fn row_ids(table: &TableDef, row: &[(usize, ColumnId)]) -> Vec<ColumnId> {
    (0..table.columns.len())
        .map(|at| {
            row.iter()
                .find(|(known, _)| *known == at)
                .map_or(ColumnId(0), |(_, id)| *id)
        })
        .collect()
}

impl Planner<'_> {
    pub fn change(&self, change: &Change) -> Result<Made> {
        for (at, id) in &change.row {
            if let Some(column) = change.table.columns.get(*at) {
                self.know_as(*id, &column.name, column.ty);
            }
        }
        let row = row_ids(&change.table, &change.row);
        let (node, input) = match &change.kind {
            ChangeKind::Insert {
                source,
                values,
                conflict,
            } => self.insert(change, &row, source, values, conflict.as_ref())?,
            ChangeKind::Update {
                source,
                old,
                ctid,
                sets,
            } => self.update(change, &row, source, old, *ctid, sets)?,
            ChangeKind::Delete { source, old, ctid } => self.delete(change, source, old, *ctid)?,
        };
        let ids: Vec<ColumnId> = change
            .returning
            .iter()
            .map(|(column, _)| column.id)
            .collect();
        change
            .returning
            .iter()
            .for_each(|(column, _)| self.know(column));
        let rows = if ids.is_empty() { 0.0 } else { input.rows };
        Ok(self.made(node, ids, Estimate { rows, ..input }))
    }

    fn insert(
        &self,
        change: &Change,
        row: &[ColumnId],
        source: &Rel,
        values: &[Expr],
        conflict: Option<&Conflict>,
    ) -> Result<(Node, Estimate)> {
        let table = &change.table;
        let made = self.rel(source)?;
        let columns: Vec<OutputColumn> = table
            .columns
            .iter()
            .map(|column| OutputColumn {
                id: self.new_column(),
                name: String::from(&*column.name),
                ty: column.ty,
                origin: (crate::types::Oid::INVALID, 0),
            })
            .collect();
        let ids = self.outputs(&columns);
        let input = self.project(made, ids, values.to_vec())?;
        let estimate = input.plan.estimate;
        let conflict = match conflict {
            None => None,
            Some(conflict) => Some(self.conflict(conflict, table)?),
        };
        let node = InsertNode {
            table: table.clone(),
            input: input.plan,
            checks: self.checks(change, row)?,
            conflict,
            returning: self.returning(change, row)?,
        };
        Ok((Node::Insert(Box::new(node)), estimate))
    }

    fn conflict(&self, conflict: &Conflict, table: &TableDef) -> Result<ConflictPlan> {
        let update = match &conflict.update {
            None => None,
            Some(update) => {
                let mut ids = row_ids(table, &update.old);
                ids.extend(row_ids(table, &update.excluded));
                let sets = update
                    .sets
                    .iter()
                    .map(|(at, expr)| Ok((*at, self.place(expr.clone(), &ids)?)))
                    .collect::<Result<_>>()?;
                let filter = update
                    .filter
                    .clone()
                    .map(|f| self.place(f, &ids))
                    .transpose()?;
                Some(ConflictUpdatePlan { sets, filter })
            }
        };
        Ok(ConflictPlan {
            arbiters: conflict.arbiters.clone(),
            update,
        })
    }

    fn update(
        &self,
        change: &Change,
        row: &[ColumnId],
        source: &Rel,
        old: &[(usize, ColumnId)],
        ctid: ColumnId,
        sets: &[(usize, Expr)],
    ) -> Result<(Node, Estimate)> {
        let made = self.rel(source)?;
        let (attributes, exprs): (Vec<usize>, Vec<Expr>) = sets.iter().cloned().unzip();
        let (made, exprs) = self.hoisted(made, exprs)?;
        let exprs = self.place_all(exprs, &made.ids)?;
        let recheck = self.target(source, &made.ids, old, ctid)?;
        let estimate = made.plan.estimate;
        let mut seen = row.to_vec();
        seen.extend(made.ids.iter().copied());
        let node = UpdateNode {
            table: change.table.clone(),
            input: made.plan,
            recheck,
            sets: attributes.into_iter().zip(exprs).collect(),
            checks: self.checks(change, row)?,
            returning: self.returning(change, &seen)?,
        };
        Ok((Node::Update(Box::new(node)), estimate))
    }

    fn delete(
        &self,
        change: &Change,
        source: &Rel,
        old: &[(usize, ColumnId)],
        ctid: ColumnId,
    ) -> Result<(Node, Estimate)> {
        let made = self.rel(source)?;
        let recheck = self.target(source, &made.ids, old, ctid)?;
        let estimate = made.plan.estimate;
        let row = row_ids(&change.table, old);
        let mut seen = row.clone();
        seen.extend(made.ids.iter().copied());
        let node = DeleteNode {
            table: change.table.clone(),
            input: made.plan,
            recheck,
            checks: self.checks(change, &row)?,
            returning: self.returning(change, &seen)?,
        };
        Ok((Node::Delete(Box::new(node)), estimate))
    }

    fn target(
        &self,
        source: &Rel,
        ids: &[ColumnId],
        old: &[(usize, ColumnId)],
        ctid: ColumnId,
    ) -> Result<Recheck> {
        let at = |id: &ColumnId| ids.iter().position(|known| known == id);
        let mut predicates = Vec::new();
        filters(source, &mut predicates);
        let ready = |expr: &Expr| {
            let mut used = Vec::new();
            crate::bind::walk::columns_of(expr, &mut used);
            used.iter().all(|id| ids.contains(id))
        };
        let predicates: Vec<Expr> = predicates.into_iter().filter(ready).collect();
        Ok(Recheck {
            ctid: at(&ctid).ok_or_else(|| broken("a row to change without ctid"))?,
            attributes: old
                .iter()
                .filter_map(|(n, id)| Some((*n, at(id)?)))
                .collect(),
            predicates: self.place_all(predicates, ids)?,
        })
    }

    fn returning(&self, change: &Change, seen: &[ColumnId]) -> Result<Vec<Expr>> {
        let exprs = change
            .returning
            .iter()
            .map(|(_, expr)| expr.clone())
            .collect();
        self.place_all(exprs, seen)
    }

    fn checks(&self, change: &Change, row: &[ColumnId]) -> Result<Checks> {
        let checks = change
            .checks
            .iter()
            .map(|(name, expr)| Ok((name.clone(), self.place(expr.clone(), row)?)))
            .collect::<Result<_>>()?;
        let table = &change.table;
        let own = table
            .constraints
            .iter()
            .filter_map(|c| self.foreign_key(c))
            .collect();
        let others = table
            .referenced_by
            .iter()
            .filter_map(|c| self.foreign_key(c))
            .collect();
        Ok(Checks {
            checks,
            references: own,
            referenced: others,
        })
    }

    /// A foreign key with both tables, if the constraint is one.
    fn foreign_key(&self, constraint: &Rc<ConstraintDef>) -> Option<ForeignKey> {
        let ConstraintKind::Foreign(def) = &constraint.kind else {
            return None;
        };
        let child = self.cx.catalog.table(constraint.table)?.clone();
        let parent = self.cx.catalog.table(def.parent)?.clone();
        let parent_index = parent
            .indexes
            .iter()
            .find(|index| index.oid == def.parent_index)?
            .clone();
        let serves = |index: &&Rc<crate::catalog::IndexDef>| {
            index.predicate.is_none()
                && index.keys.len() >= def.columns.len()
                && index
                    .keys
                    .iter()
                    .zip(&def.columns)
                    .all(|(key, column)| key.column == Some(*column))
        };
        let child_index = child.indexes.iter().find(serves).cloned();
        Some(ForeignKey {
            constraint: constraint.clone(),
            child,
            parent,
            parent_index,
            child_index,
        })
    }
}

/// The predicates of a change's source.
fn filters(rel: &Rel, out: &mut Vec<Expr>) {
    match rel {
        Rel::Filter { input, predicates } => {
            out.extend(predicates.iter().cloned());
            filters(input, out);
        }
        Rel::Join {
            left, right, on, ..
        } => {
            out.extend(on.iter().cloned());
            filters(left, out);
            filters(right, out);
        }
        Rel::Apply { input, .. } => filters(input, out),
        _ => {}
    }
}
