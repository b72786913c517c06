//! GROUP BY: what may be said above an aggregation.
//!
//! A grouped column keeps its id, so that expressions and subqueries above need no rewriting; other
//! group expressions get an id, and equal expressions above become it. A column that is neither
//! grouped nor inside an aggregate is 42803, unless the table's primary key is grouped: then it is
//! grouped as well, which changes no group.

use super::Binder;
use super::call::Collector;
use super::scope::Scope;
use super::tree::{ColumnId, Expr, ExprKind, OutputColumn};
use super::walk;
use crate::catalog::ConstraintKind;
use crate::parse::ast;
use crate::types::{Oid, SqlType};
use alloc::format;
use alloc::vec::Vec;
use vitrine_data::{Result, SqlError, SqlState};

/// The groups of one SELECT.
#[derive(Default)]
pub struct Groups {
    pub columns: Vec<(OutputColumn, Expr)>,
    pub sets: Option<Vec<Vec<usize>>>,
}

/// More sets than this is 54000, as a cube of many columns would be.
const MAX_SETS: usize = 4096;

impl Groups {
    /// The number of a group expression, added if it is new.
    pub fn add(&mut self, binder: &Binder, expr: Expr) -> usize {
        if let Some(at) = self
            .columns
            .iter()
            .position(|(_, known)| walk::same(known, &expr))
        {
            return at;
        }
        let mut column = binder.output("group", expr.ty);
        if let ExprKind::Column(id) = expr.kind {
            column.id = id;
        }
        self.columns.push((column, expr));
        self.columns.len() - 1
    }

    /// Crosses the sets so far with those of another item.
    pub fn cross(&mut self, more: Vec<Vec<usize>>) -> Result<()> {
        let before = self.sets.take().unwrap_or_else(|| alloc::vec![Vec::new()]);
        if before.len().saturating_mul(more.len()) > MAX_SETS {
            return Err(SqlError::user(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("too many grouping sets present (maximum {MAX_SETS})"),
            ));
        }
        let mut sets = Vec::new();
        for left in &before {
            for right in &more {
                let mut set = left.clone();
                set.extend(right.iter().filter(|at| !left.contains(at)));
                sets.push(set);
            }
        }
        self.sets = Some(sets);
        Ok(())
    }
}

impl Binder<'_> {
    /// Binds the items of GROUP BY; `expr` binds one, knowing positions and output names.
    pub(super) fn groups(
        &self,
        items: &[ast::GroupItem],
        expr: &dyn Fn(&ast::Expr) -> Result<Expr>,
    ) -> Result<Groups> {
        let mut groups = Groups::default();
        let simple = items
            .iter()
            .all(|item| matches!(item, ast::GroupItem::Expr(_)));
        for item in items {
            if let (true, ast::GroupItem::Expr(one)) = (simple, item) {
                groups.add(self, expr(one)?);
            } else {
                let sets = self.group_sets(item, &mut groups, expr)?;
                groups.cross(sets)?;
            }
        }
        Ok(groups)
    }

    fn group_sets(
        &self,
        item: &ast::GroupItem,
        groups: &mut Groups,
        expr: &dyn Fn(&ast::Expr) -> Result<Expr>,
    ) -> Result<Vec<Vec<usize>>> {
        let list = |exprs: &[ast::Expr], groups: &mut Groups| -> Result<Vec<usize>> {
            exprs
                .iter()
                .map(|one| Ok(groups.add(self, expr(one)?)))
                .collect()
        };
        Ok(match item {
            ast::GroupItem::Expr(one) => {
                alloc::vec![list(core::slice::from_ref(one), groups)?]
            }
            ast::GroupItem::Empty => alloc::vec![Vec::new()],
            ast::GroupItem::List(exprs) => alloc::vec![list(exprs, groups)?],
            ast::GroupItem::Rollup(parts) => {
                let parts: Vec<Vec<usize>> = parts
                    .iter()
                    .map(|part| list(part, groups))
                    .collect::<Result<_>>()?;
                (0..=parts.len())
                    .rev()
                    .map(|n| parts.iter().take(n).flatten().copied().collect())
                    .collect()
            }
            ast::GroupItem::Cube(parts) => {
                let parts: Vec<Vec<usize>> = parts
                    .iter()
                    .map(|part| list(part, groups))
                    .collect::<Result<_>>()?;
                if parts.len() > 12 {
                    return Err(SqlError::user(
                        SqlState::TOO_MANY_COLUMNS,
                        "CUBE is limited to 12 elements",
                    ));
                }
                let all = 1u32 << parts.len();
                let chosen = |mask: u32| {
                    let kept = parts
                        .iter()
                        .enumerate()
                        .filter(move |(at, _)| mask >> at & 1 == 1);
                    kept.flat_map(|(_, part)| part.iter().copied()).collect()
                };
                (0..all).rev().map(chosen).collect()
            }
            ast::GroupItem::Sets(items) => {
                let mut sets = Vec::new();
                for item in items {
                    sets.extend(self.group_sets(item, groups, expr)?);
                }
                sets
            }
        })
    }

    /// Turns an expression above the aggregation into one over its columns.
    pub(super) fn regroup(
        &self,
        expr: &mut Expr,
        groups: &mut Groups,
        scope: &Scope,
        collector: &Collector,
    ) -> Result<()> {
        let found = groups
            .columns
            .iter()
            .find(|(_, known)| walk::same(known, expr));
        if let Some((column, _)) = found {
            expr.kind = ExprKind::Column(column.id);
            return Ok(());
        }
        if let ExprKind::Column(id) = expr.kind {
            let computed = collector
                .calls
                .borrow()
                .iter()
                .any(|(column, _)| column.id == id);
            if computed || !scope.owns(id) {
                return Ok(());
            }
            if self.depends_on_key(id, groups, scope) {
                let name = scope.name_of(id).unwrap_or_default();
                let column = OutputColumn {
                    id,
                    name,
                    ty: expr.ty,
                    origin: (Oid::INVALID, 0),
                };
                groups.columns.push((column, expr.clone()));
                return Ok(());
            }
            let name = scope.name_of(id).unwrap_or_default();
            return Err(SqlError::user(
                SqlState::GROUPING_ERROR,
                format!("column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"),
            )
            .at(expr.pos));
        }
        let mut result = Ok(());
        walk::children_mut(expr, &mut |child| {
            if result.is_ok() {
                result = self.regroup(child, groups, scope, collector);
            }
        });
        result
    }

    /// Whether the whole primary key of the column's table is grouped.
    fn depends_on_key(&self, id: ColumnId, groups: &Groups, scope: &Scope) -> bool {
        if groups.sets.is_some() {
            return false;
        }
        let table = scope
            .tables
            .iter()
            .find(|table| !table.system.is_empty() && table.columns.iter().any(|c| c.id == id));
        let Some(table) = table else { return false };
        let Some(oid) = table.columns.first().map(|column| column.origin.0) else {
            return false;
        };
        let Some(def) = self.catalog.table(oid) else {
            return false;
        };
        let key = def
            .constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                ConstraintKind::Primary { columns, .. } => Some(columns.clone()),
                _ => None,
            });
        let grouped = |attribute: &usize| {
            table
                .columns
                .iter()
                .filter(|column| column.origin.1 == *attribute as i16 + 1)
                .any(|column| {
                    groups
                        .columns
                        .iter()
                        .any(|(group, _)| group.id == column.id)
                })
        };
        key.is_some_and(|key| key.iter().all(grouped))
    }

    /// LIMIT and OFFSET: a bigint that names no column of this level.
    pub(super) fn limit_count(
        &self,
        expr: &ast::Expr,
        scope: &Scope,
        clause: &'static str,
    ) -> Result<Expr> {
        let applies = core::cell::RefCell::default();
        let empty = Scope {
            outer: scope.outer,
            ..Scope::default()
        };
        let place = super::expr::Place {
            scope: &empty,
            clause,
            aggregates: None,
            applies: &applies,
        };
        let bound = self.expr(expr, &place)?;
        if !applies.borrow().is_empty() {
            return Err(
                SqlError::unsupported(format!("a subquery in {clause} is not supported"))
                    .at(expr.pos),
            );
        }
        let (from, pos) = (bound.ty.oid, bound.pos);
        let int8 = SqlType::plain(Oid::INT8);
        let context = crate::functions::CastContext::Assignment;
        self.try_coerce(bound, int8, context)?.map_err(|_| {
            let from = crate::types::format_type(from, -1);
            SqlError::user(
                SqlState::DATATYPE_MISMATCH,
                format!("argument of {clause} must be type bigint, not type {from}"),
            )
            .at(pos)
        })
    }
}
