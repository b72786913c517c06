//! Subqueries in expressions: each becomes an apply step below the expression, and a column in it.
//!
//! The steps are collected while a clause is bound and put under it afterwards. That EXISTS, IN and
//! their negations are joins in truth is the optimizer's discovery.

use super::Binder;
use super::expr::Place;
use super::resolve;
use super::scope::Scope;
use super::tree::{ApplyKind, Expr, ExprKind, OutputColumn, Query, Rel};
use crate::parse::ast;
use crate::types::{self, Oid, SqlType};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use vitrine_data::{Result, SqlError, SqlState};

/// A subquery waiting to be put under the clause it was found in.
pub struct PendingApply {
    pub kind: ApplyKind,
    pub query: Rel,
    pub column: OutputColumn,
}

/// Puts apply steps on top of a step.
pub fn apply_all(mut input: Rel, pending: Vec<PendingApply>) -> Rel {
    for apply in pending {
        let PendingApply {
            kind,
            query,
            column,
        } = apply;
        input = Rel::Apply {
            kind,
            input: Box::new(input),
            query: Box::new(query),
            column,
        };
    }
    input
}

impl Binder<'_> {
    fn subquery(&self, query: &ast::Query, place: &Place) -> Result<Query> {
        let scope = Scope::inside(place.scope);
        let query = self.deeper(|| self.query(query, &scope))?;
        self.settle_outputs(query)
    }

    fn pend(
        &self,
        place: &Place,
        kind: ApplyKind,
        query: Query,
        name: &str,
        ty: SqlType,
        pos: u32,
    ) -> Expr {
        let column = self.output(name, ty);
        let expr = Expr::new(ExprKind::Column(column.id), ty, pos);
        // Only the columns that count are kept.
        let rel = narrowed(query);
        place.applies.borrow_mut().push(PendingApply {
            kind,
            query: rel,
            column,
        });
        expr
    }

    pub(super) fn exists(&self, query: &ast::Query, place: &Place, pos: u32) -> Result<Expr> {
        let query = self.subquery(query, place)?;
        Ok(self.pend(
            place,
            ApplyKind::Exists,
            query,
            "exists",
            SqlType::plain(Oid::BOOL),
            pos,
        ))
    }

    pub(super) fn scalar(&self, query: &ast::Query, place: &Place, pos: u32) -> Result<Expr> {
        let query = self.subquery(query, place)?;
        let [column] = query.columns.as_slice() else {
            return Err(SqlError::syntax("subquery must return only one column").at(pos));
        };
        let (name, ty) = (column.name.clone(), column.ty);
        Ok(self.pend(place, ApplyKind::Scalar, query, &name, ty, pos))
    }

    pub(super) fn array_query(&self, query: &ast::Query, place: &Place, pos: u32) -> Result<Expr> {
        let query = self.subquery(query, place)?;
        let [column] = query.columns.as_slice() else {
            return Err(SqlError::syntax("subquery must return only one column").at(pos));
        };
        let array = types::array_of(column.ty.oid).ok_or_else(|| {
            let name = types::format_type(column.ty.oid, -1);
            SqlError::user(
                SqlState::UNDEFINED_OBJECT,
                format!("could not find array type for data type {name}"),
            )
            .at(pos)
        })?;
        Ok(self.pend(
            place,
            ApplyKind::Array,
            query,
            "array",
            SqlType::plain(array),
            pos,
        ))
    }

    /// `left op ANY | ALL (query)`; a row on the left is compared column by column.
    pub(super) fn quantified(
        &self,
        left: &ast::Expr,
        op: &str,
        all: bool,
        query: &ast::Query,
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        let lefts: Vec<Expr> = match &left.kind {
            ast::ExprKind::Row { items, .. } => items
                .iter()
                .map(|item| self.expr(item, place))
                .collect::<Result<_>>()?,
            _ => alloc::vec![self.expr(left, place)?],
        };
        let query = self.subquery(query, place)?;
        if query.columns.len() != lefts.len() {
            let few = query.columns.len() < lefts.len();
            let words = if few {
                "subquery has too few columns"
            } else {
                "subquery has too many columns"
            };
            return Err(SqlError::syntax(words).at(pos));
        }
        let rights = query
            .columns
            .iter()
            .map(|column| Expr::new(ExprKind::Column(column.id), column.ty, pos));
        let pairs: Vec<(Expr, Expr)> = lefts.into_iter().zip(rights).collect();
        let compare = self.compare_rows(op, pairs, pos)?;
        let kind = ApplyKind::Quantified {
            compare: Box::new(compare),
            all,
        };
        Ok(self.pend(
            place,
            kind,
            query,
            "?column?",
            SqlType::plain(Oid::BOOL),
            pos,
        ))
    }

    /// `(a, b) op (c, d)` as SQL defines it.
    pub(super) fn compare_rows(
        &self,
        op: &str,
        pairs: Vec<(Expr, Expr)>,
        pos: u32,
    ) -> Result<Expr> {
        let bool_type = SqlType::plain(Oid::BOOL);
        if let [_] = pairs.as_slice() {
            let (left, right) = pairs.into_iter().next().ok_or_else(SqlError::too_complex)?;
            return self.binary(op, left, right, pos);
        }
        match op {
            "=" | "<>" => {
                let parts = pairs
                    .into_iter()
                    .map(|(left, right)| self.binary(op, left, right, pos))
                    .collect::<Result<Vec<Expr>>>()?;
                let kind = if op == "=" {
                    ExprKind::And(parts)
                } else {
                    ExprKind::Or(parts)
                };
                Ok(Expr::new(kind, bool_type, pos))
            }
            "<" | "<=" | ">" | ">=" => {
                let strict = if op.starts_with('<') { "<" } else { ">" };
                let last = pairs.len() - 1;
                let mut whole: Option<Expr> = None;
                for (at, (left, right)) in pairs.into_iter().enumerate().rev() {
                    let here = if at == last { op } else { strict };
                    let less = self.binary(here, left.clone(), right.clone(), pos)?;
                    whole = Some(match whole {
                        None => less,
                        Some(rest) => {
                            let equal = self.binary("=", left, right, pos)?;
                            let both =
                                Expr::new(ExprKind::And(alloc::vec![equal, rest]), bool_type, pos);
                            Expr::new(ExprKind::Or(alloc::vec![less, both]), bool_type, pos)
                        }
                    });
                }
                whole.ok_or_else(|| SqlError::bug("a row comparison without columns"))
            }
            _ => Err(resolve::no_operator(op, &[Oid::RECORD, Oid::RECORD], pos)),
        }
    }
}

/// The query's step, giving exactly its columns.
pub fn narrowed(query: Query) -> Rel {
    let Query { rel, columns } = query;
    if let Rel::Project { columns: made, .. } = &rel
        && made.len() == columns.len()
        && made
            .iter()
            .zip(&columns)
            .all(|((made, _), wanted)| made.id == wanted.id)
    {
        return rel;
    }
    let columns = columns
        .into_iter()
        .map(|column| {
            let expr = Expr::column(column.id, column.ty);
            (column, expr)
        })
        .collect();
    Rel::Project {
        input: Box::new(rel),
        columns,
    }
}
