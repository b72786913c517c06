//! Expressions that the catalogue holds as text: defaults, checks, index expressions and predicates.

use super::Binder;
use super::expr::Place;
use super::scope::{Scope, ScopeColumn, ScopeTable};
use super::tree::{ColumnId, Expr, ExprKind};
use super::walk;
use crate::catalog::TableDef;
use crate::functions::registry::CastContext;
use crate::parse::ast;
use crate::types::{Oid, SqlType};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError};

/// The tree of an expression's text.
pub fn parse_expr(text: &str) -> Result<ast::Expr> {
    let statement = crate::parse::parse_one(&format!("SELECT {text}")).map_err(SqlError::from)?;
    if let ast::Statement::Select(query) = statement
        && let ast::QueryBody::Select(select) = query.body
        && let Some(item) = select.items.into_iter().next()
    {
        return Ok(item.expr);
    }
    Err(SqlError::corrupted(
        "the catalogue holds an expression that is none",
    ))
}

/// A scope of one table whose attributes have these ids.
pub fn row_scope(table: &TableDef, alias: &str, row: &[(usize, ColumnId)]) -> ScopeTable {
    let columns = row
        .iter()
        .filter_map(|(at, id)| {
            let column = table.columns.get(*at)?;
            Some(ScopeColumn {
                name: String::from(&*column.name),
                id: *id,
                ty: column.ty,
                origin: (table.oid, *at as i16 + 1),
                hidden: false,
            })
        })
        .collect();
    ScopeTable {
        alias: Some(alias.into()),
        schema: Some(String::from(&*table.schema_name)),
        columns,
        system: Vec::new(),
        barred: false,
    }
}

impl Binder<'_> {
    /// Binds an expression over the columns of one row.
    pub fn row_expr(
        &self,
        expr: &ast::Expr,
        scope: ScopeTable,
        clause: &'static str,
    ) -> Result<Expr> {
        let mut around = Scope::outermost();
        around.tables.push(scope);
        let applies = RefCell::default();
        let place = Place {
            scope: &around,
            clause,
            aggregates: None,
            applies: &applies,
        };
        let bound = self.expr(expr, &place)?;
        if applies.borrow().is_empty() {
            return Ok(bound);
        }
        Err(SqlError::unsupported(format!("cannot use subquery in {clause}")).at(expr.pos))
    }

    /// Binds a value without a row: EXECUTE's arguments, defaults.
    pub fn value_expr(&self, expr: &ast::Expr, ty: SqlType, clause: &'static str) -> Result<Expr> {
        let applies = RefCell::default();
        let scope = Scope::outermost();
        let place = Place {
            scope: &scope,
            clause,
            aggregates: None,
            applies: &applies,
        };
        let bound = self.expr(expr, &place)?;
        if !applies.borrow().is_empty() {
            return Err(
                SqlError::unsupported(format!("cannot use subquery in {clause}")).at(expr.pos),
            );
        }
        if ty.oid == Oid::UNKNOWN {
            return self.settle(bound);
        }
        self.coerce(bound, ty, CastContext::Assignment)
    }

    /// A column's default as an expression of its type; null if it has none.
    pub fn default_of(&self, table: &TableDef, attribute: usize) -> Result<Expr> {
        let column = table
            .columns
            .get(attribute)
            .ok_or_else(|| SqlError::bug("no such attribute"))?;
        let null = Expr::constant(vitrine_data::Datum::Null, column.ty);
        match &column.default {
            Some(text) if !column.generated => {
                let tree = parse_expr(text)?;
                let mut bound =
                    self.value_expr(&tree, SqlType::plain(Oid::UNKNOWN), "DEFAULT expressions")?;
                clear_positions(&mut bound);
                self.coerce_to_column(bound, column.ty, &column.name)
            }
            _ => Ok(null),
        }
    }

    /// CHECK conditions of a table over a row.
    pub fn checks_of(
        &self,
        table: &TableDef,
        row: &[(usize, ColumnId)],
    ) -> Result<Vec<(String, Expr)>> {
        let mut out = Vec::new();
        for constraint in &table.constraints {
            let crate::catalog::ConstraintKind::Check { expression } = &constraint.kind else {
                continue;
            };
            let tree = parse_expr(expression)?;
            let scope = row_scope(table, &table.name, row);
            let bound = self.row_expr(&tree, scope, "check constraints")?;
            let mut bound = self.coerce_to_bool(bound, "CHECK")?;
            clear_positions(&mut bound);
            out.push((String::from(&*constraint.name), bound));
        }
        Ok(out)
    }
}

/// An expression over a whole row (`Input(attribute)`), from text: for key makers.
pub fn bind_row_expr(binder: &Binder, table: &TableDef, text: &str) -> Result<Expr> {
    let row: Vec<(usize, ColumnId)> = table
        .live_columns()
        .map(|(at, _)| (at, binder.new_column()))
        .collect();
    let tree = parse_expr(text)?;
    let bound = binder.row_expr(
        &tree,
        row_scope(table, &table.name, &row),
        "index expressions",
    )?;
    let mut bound = binder.settle(bound)?;
    to_inputs(&mut bound, &row);
    Ok(bound)
}

/// Turns the ids of a row into positions.
pub fn to_inputs(expr: &mut Expr, row: &[(usize, ColumnId)]) {
    if let ExprKind::Column(id) = expr.kind
        && let Some((at, _)) = row.iter().find(|(_, known)| *known == id)
    {
        expr.kind = ExprKind::Input(*at);
        return;
    }
    walk::children_mut(expr, &mut |child| to_inputs(child, row));
}

/// Text of the catalogue has no place in the user's statement.
fn clear_positions(expr: &mut Expr) {
    expr.pos = 0;
    walk::children_mut(expr, &mut clear_positions);
}
