//! Whole queries: WITH, VALUES, set operations, and the types of what they give.

use super::expr::Place;
use super::scope::Scope;
use super::sub::narrowed;
use super::tree::{CteDef, Expr, ExprKind, OutputColumn, Query, Rel, SortKey};
use super::{Binder, Bound, OpenCte};
use crate::functions::registry::CastContext;
use crate::parse::ast::{self, ExprKind as Ast, QueryBody};
use crate::types::{Oid, SqlType};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError, SqlState};

impl Binder<'_> {
    /// A query; columns may still be of unknown type. `scope` gives the way outwards.
    pub(crate) fn query(&self, query: &ast::Query, scope: &Scope) -> Result<Query> {
        self.deeper(|| {
            let Some(with) = &query.with else {
                return self.query_body(query, scope);
            };
            let open = self.ctes.borrow().len();
            let made = self.with(with, scope);
            let bound = made.and_then(|ctes| Ok((ctes, self.query_body(query, scope)?)));
            self.ctes.borrow_mut().truncate(open);
            let (ctes, bound) = bound?;
            let rel = Rel::With {
                ctes,
                body: Box::new(bound.rel),
            };
            Ok(Query {
                rel,
                columns: bound.columns,
            })
        })
    }

    fn query_body(&self, query: &ast::Query, scope: &Scope) -> Result<Query> {
        let bound = match &query.body {
            QueryBody::Select(select) => return self.select(select, query, scope),
            QueryBody::Values(rows) => self.values(rows, scope)?,
            QueryBody::SetOp(op) => self.set_op(op, scope)?,
        };
        let mut bound = bound;
        if !query.order_by.is_empty() {
            bound = self.settle_outputs(bound)?;
            let keys = query
                .order_by
                .iter()
                .map(|item| self.output_key(item, &bound.columns))
                .collect::<Result<Vec<SortKey>>>()?;
            bound.rel = Rel::Sort {
                input: Box::new(bound.rel),
                keys,
            };
        }
        let rel = self.limited(bound.rel, query, scope)?;
        Ok(Query {
            rel,
            columns: bound.columns,
        })
    }

    /// ORDER BY above VALUES or a set operation names output columns only.
    fn output_key(&self, item: &ast::OrderItem, columns: &[OutputColumn]) -> Result<SortKey> {
        let pos = item.expr.pos;
        let column = match &item.expr.kind {
            Ast::Integer(digits) => {
                let at = digits
                    .parse::<usize>()
                    .ok()
                    .and_then(|at| at.checked_sub(1));
                let found = at.and_then(|at| columns.get(at));
                found.ok_or_else(|| {
                    SqlError::user(
                        SqlState::INVALID_COLUMN_REFERENCE,
                        format!("ORDER BY position {digits} is not in select list"),
                    )
                    .at(pos)
                })?
            }
            Ast::Column(parts) => {
                let name = parts.last().map_or("", |part| part.name.as_str());
                let found = columns.iter().find(|column| column.name == name);
                found.ok_or_else(|| {
                    SqlError::user(
                        SqlState::UNDEFINED_COLUMN,
                        format!("column \"{name}\" does not exist"),
                    )
                    .at(pos)
                })?
            }
            _ => {
                return Err(SqlError::user(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
                )
                .detail("Only result column names can be used, not expressions or functions.")
                .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
                .at(pos));
            }
        };
        self.sort_key(Expr::new(ExprKind::Column(column.id), column.ty, pos), item)
    }

    fn values(&self, rows: &[Vec<ast::Expr>], scope: &Scope) -> Result<Query> {
        let applies = RefCell::default();
        let empty = Scope {
            outer: scope.outer,
            ..Scope::default()
        };
        let place = Place {
            scope: &empty,
            clause: "VALUES",
            aggregates: None,
            applies: &applies,
        };
        let bound = rows
            .iter()
            .map(|row| self.list(row, &place))
            .collect::<Result<Vec<Vec<Expr>>>>()?;
        let width = bound.first().map_or(0, Vec::len);
        if let Some(row) = bound.iter().find(|row| row.len() != width) {
            let pos = row.first().map_or(0, |expr| expr.pos);
            return Err(SqlError::syntax("VALUES lists must all be the same length").at(pos));
        }
        if !applies.borrow().is_empty() {
            return self.values_as_union(bound, applies.into_inner());
        }
        let (rows, columns) = self.value_columns(bound, width)?;
        let rel = Rel::Values {
            rows,
            columns: columns.clone(),
        };
        Ok(Query { rel, columns })
    }

    /// Columns of VALUES cast to their common types.
    fn value_columns(
        &self,
        rows: Vec<Vec<Expr>>,
        width: usize,
    ) -> Result<(Vec<Vec<Expr>>, Vec<OutputColumn>)> {
        let mut columns = Vec::new();
        for at in 0..width {
            let types: Vec<(SqlType, u32)> = rows
                .iter()
                .filter_map(|row| row.get(at))
                .map(|e| (e.ty, e.pos))
                .collect();
            let all_unknown = types.iter().all(|(ty, _)| ty.oid == Oid::UNKNOWN);
            let ty = match all_unknown {
                true => SqlType::plain(Oid::UNKNOWN),
                false => self.common_type(&types, "VALUES")?,
            };
            columns.push(self.output(&format!("column{}", at + 1), ty));
        }
        let cast = |row: Vec<Expr>| {
            let pairs = row.into_iter().zip(&columns);
            pairs
                .map(|(expr, column)| match column.ty.oid {
                    Oid::UNKNOWN => Ok(expr),
                    _ => self.coerce(expr, column.ty, CastContext::Implicit),
                })
                .collect::<Result<Vec<Expr>>>()
        };
        let rows = rows.into_iter().map(cast).collect::<Result<Vec<_>>>()?;
        Ok((rows, columns))
    }

    /// One row of VALUES with subqueries in it.
    fn values_as_union(
        &self,
        rows: Vec<Vec<Expr>>,
        applies: Vec<super::sub::PendingApply>,
    ) -> Result<Query> {
        let [_] = rows.as_slice() else {
            return Err(SqlError::unsupported(
                "subqueries in VALUES of several rows are not supported",
            ));
        };
        let row = rows.into_iter().next().unwrap_or_default();
        let columns: Vec<(OutputColumn, Expr)> = row
            .into_iter()
            .enumerate()
            .map(|(at, expr)| (self.output(&format!("column{}", at + 1), expr.ty), expr))
            .collect();
        let outputs = columns.iter().map(|(column, _)| column.clone()).collect();
        let input = Box::new(super::sub::apply_all(Rel::Unit, applies));
        Ok(Query {
            rel: Rel::Project { input, columns },
            columns: outputs,
        })
    }

    fn set_op(&self, op: &ast::SetOp, scope: &Scope) -> Result<Query> {
        let left = self.query(&op.left, scope)?;
        let right = self.query(&op.right, scope)?;
        self.combine(op, left, right)
    }

    fn combine(&self, op: &ast::SetOp, left: Query, right: Query) -> Result<Query> {
        let word = match op.kind {
            ast::SetOpKind::Union => "UNION",
            ast::SetOpKind::Intersect => "INTERSECT",
            ast::SetOpKind::Except => "EXCEPT",
        };
        if left.columns.len() != right.columns.len() {
            return Err(SqlError::syntax(format!(
                "each {word} query must have the same number of columns"
            ))
            .at(op.right.pos));
        }
        let types = left
            .columns
            .iter()
            .zip(&right.columns)
            .map(|(a, b)| self.common_type(&[(a.ty, op.left.pos), (b.ty, op.right.pos)], word))
            .collect::<Result<Vec<SqlType>>>()?;
        let columns: Vec<OutputColumn> = left
            .columns
            .iter()
            .zip(&types)
            .map(|(column, ty)| self.output(&column.name, *ty))
            .collect();
        let left = Box::new(narrowed(self.retyped(left, &types)?));
        let right = Box::new(narrowed(self.retyped(right, &types)?));
        let rel = Rel::SetOp {
            kind: op.kind,
            all: op.all,
            left,
            right,
            columns: columns.clone(),
        };
        Ok(Query { rel, columns })
    }

    /// Columns that nothing gave a type become text.
    pub(crate) fn settle_outputs(&self, mut query: Query) -> Result<Query> {
        for column in &mut query.columns {
            if column.ty.oid == Oid::UNKNOWN {
                column.ty = SqlType::plain(Oid::TEXT);
                self.retype(&mut query.rel, column.id, column.ty)?;
            }
        }
        Ok(query)
    }

    /// The query with its columns cast to these types.
    pub(super) fn retyped(&self, mut query: Query, types: &[SqlType]) -> Result<Query> {
        for (column, ty) in query.columns.iter_mut().zip(types) {
            if column.ty.oid == Oid::UNKNOWN {
                self.retype(&mut query.rel, column.id, *ty)?;
                column.ty = *ty;
            }
        }
        let same = query
            .columns
            .iter()
            .zip(types)
            .all(|(column, ty)| column.ty.oid == ty.oid);
        if same {
            return Ok(query);
        }
        let mut made = Vec::new();
        for (column, ty) in query.columns.iter().zip(types) {
            let expr = Expr::column(column.id, column.ty);
            let expr = self.coerce(expr, *ty, CastContext::Implicit)?;
            made.push((self.output(&column.name, *ty), expr));
        }
        let columns = made.iter().map(|(column, _)| column.clone()).collect();
        let rel = Rel::Project {
            input: Box::new(query.rel),
            columns: made,
        };
        Ok(Query { rel, columns })
    }

    /// Gives a column of unknown type one, where it is made.
    fn retype(&self, rel: &mut Rel, id: super::tree::ColumnId, ty: SqlType) -> Result<()> {
        match rel {
            Rel::Project { input, columns } => {
                for (column, expr) in columns.iter_mut().filter(|(column, _)| column.id == id) {
                    if let ExprKind::Column(inner) = expr.kind {
                        self.retype(input, inner, ty)?;
                        expr.ty = ty;
                    } else {
                        let old =
                            core::mem::replace(expr, Expr::constant(vitrine_data::Datum::Null, ty));
                        *expr = self.coerce(old, ty, CastContext::Assignment)?;
                    }
                    column.ty = ty;
                }
                Ok(())
            }
            Rel::Values { rows, columns } => {
                let at = columns.iter().position(|column| column.id == id);
                let Some(at) = at else { return Ok(()) };
                if let Some(column) = columns.get_mut(at) {
                    column.ty = ty;
                }
                for cell in rows.iter_mut().filter_map(|row| row.get_mut(at)) {
                    let old =
                        core::mem::replace(cell, Expr::constant(vitrine_data::Datum::Null, ty));
                    *cell = self.coerce(old, ty, CastContext::Assignment)?;
                }
                Ok(())
            }
            Rel::Sort { input, .. }
            | Rel::Limit { input, .. }
            | Rel::Distinct { input, .. }
            | Rel::Filter { input, .. }
            | Rel::Apply { input, .. }
            | Rel::With { body: input, .. } => self.retype(input, id, ty),
            _ => Ok(()),
        }
    }

    /// Binds the CTEs in order, each seeing those before it.
    pub(super) fn with(&self, with: &ast::With, scope: &Scope) -> Result<Vec<CteDef>> {
        let mut made: Vec<CteDef> = Vec::new();
        for cte in &with.ctes {
            if made.iter().any(|known| known.name == cte.name.name) {
                return Err(SqlError::user(
                    SqlState::DUPLICATE_ALIAS,
                    format!(
                        "WITH query name \"{}\" specified more than once",
                        cte.name.name
                    ),
                )
                .at(cte.name.pos));
            }
            if cte.search.is_some() || cte.cycle.is_some() {
                return Err(
                    SqlError::unsupported("SEARCH and CYCLE are not supported").at(cte.name.pos)
                );
            }
            let number = self.next_cte.get();
            self.next_cte.set(number + 1);
            let def = self.cte(cte, number, with.recursive, scope)?;
            self.ctes.borrow_mut().push(OpenCte {
                name: def.name.clone(),
                number,
                columns: def.columns.clone(),
                working: false,
            });
            made.push(def);
        }
        Ok(made)
    }

    fn cte(&self, cte: &ast::Cte, number: usize, recursive: bool, scope: &Scope) -> Result<CteDef> {
        let name = cte.name.name.clone();
        if let ast::Statement::Select(query) = cte.statement.as_ref() {
            if let (true, QueryBody::SetOp(op)) = (recursive, &query.body)
                && op.kind == ast::SetOpKind::Union
                && query.with.is_none()
                && let Some(def) = self.recursive_cte(cte, number, op, scope)?
            {
                return Ok(def);
            }
            let bound = self.query(query, scope)?;
            let bound = self.settle_outputs(bound)?;
            let columns = renamed(bound.columns.clone(), cte)?;
            return Ok(CteDef {
                number,
                name,
                query: narrowed(bound),
                columns,
                recursive: None,
            });
        }
        let Bound::Change { ctes, change } = self.statement(&cte.statement)? else {
            return Err(
                SqlError::unsupported("this statement in WITH is not supported").at(cte.name.pos),
            );
        };
        let columns: Vec<OutputColumn> = change
            .returning
            .iter()
            .map(|(column, _)| column.clone())
            .collect();
        let columns = renamed(columns, cte)?;
        let mut rel = Rel::Change(Box::new(change));
        if !ctes.is_empty() {
            rel = Rel::With {
                ctes,
                body: Box::new(rel),
            };
        }
        Ok(CteDef {
            number,
            name,
            query: rel,
            columns,
            recursive: None,
        })
    }

    /// `base UNION [ALL] step`; `None` if the step does not name the CTE.
    fn recursive_cte(
        &self,
        cte: &ast::Cte,
        number: usize,
        op: &ast::SetOp,
        scope: &Scope,
    ) -> Result<Option<CteDef>> {
        let base = self.settle_outputs(self.query(&op.left, scope)?)?;
        let columns = renamed(base.columns.clone(), cte)?;
        self.ctes.borrow_mut().push(OpenCte {
            name: cte.name.name.clone(),
            number,
            columns: columns.clone(),
            working: true,
        });
        let step = self.query(&op.right, scope);
        self.ctes.borrow_mut().pop();
        let step = step?;
        if !reads_work(&step.rel, number) {
            return Ok(None);
        }
        if step.columns.len() != base.columns.len() {
            return Err(
                SqlError::syntax("each UNION query must have the same number of columns")
                    .at(op.right.pos),
            );
        }
        for (column, (a, b)) in base.columns.iter().zip(&step.columns).enumerate() {
            if a.ty.oid != b.ty.oid
                && b.ty.oid != Oid::UNKNOWN
                && !super::coerce::implicitly(b.ty.oid, a.ty.oid)
            {
                let (at, name) = (column + 1, cte.name.name.as_str());
                let a = crate::types::format_type(a.ty.oid, -1);
                let b = crate::types::format_type(b.ty.oid, -1);
                return Err(SqlError::user(
                    SqlState::DATATYPE_MISMATCH,
                    format!("recursive query \"{name}\" column {at} has type {a} in non-recursive term but type {b} overall"),
                )
                .hint("Cast the output of the non-recursive term to the correct type.")
                .at(op.left.pos));
            }
        }
        let types: Vec<SqlType> = base.columns.iter().map(|column| column.ty).collect();
        let step = narrowed(self.retyped(step, &types)?);
        let query = narrowed(base);
        let name = cte.name.name.clone();
        let recursive = Some((Box::new(step), !op.all));
        Ok(Some(CteDef {
            number,
            name,
            query,
            columns,
            recursive,
        }))
    }
}

/// `WITH t (a, b)`.
fn renamed(mut columns: Vec<OutputColumn>, cte: &ast::Cte) -> Result<Vec<OutputColumn>> {
    if cte.columns.len() > columns.len() {
        return Err(SqlError::user(
            SqlState::INVALID_COLUMN_REFERENCE,
            format!(
                "WITH query \"{}\" has {} columns available but {} columns specified",
                cte.name.name,
                columns.len(),
                cte.columns.len()
            ),
        )
        .at(cte.name.pos));
    }
    for (column, name) in columns.iter_mut().zip(&cte.columns) {
        column.name = name.name.clone();
    }
    Ok(columns)
}

fn reads_work(rel: &Rel, number: usize) -> bool {
    let mut found = matches!(rel, Rel::WorkScan { cte, .. } if *cte == number);
    super::walk::inputs(rel, &mut |input| found = found || reads_work(input, number));
    found
}
