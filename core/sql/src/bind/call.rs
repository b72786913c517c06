//! Calls: functions, aggregates, and casts written as calls.

use super::Binder;
use super::expr::Place;
use super::resolve::{self, Choice};
use super::sub::PendingApply;
use super::tree::{AggregateCall, Expr, ExprKind, OutputColumn, SortKey};
use crate::functions::registry::{CastContext, FuncRow};
use crate::parse::ast;
use crate::types::{self, Oid, SqlType};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError, SqlState};

/// The aggregates of one SELECT, as they are found.
#[derive(Default)]
pub struct Collector {
    pub calls: RefCell<Vec<(OutputColumn, AggregateCall)>>,
    /// Subqueries in arguments: they go below the aggregation.
    pub below: RefCell<Vec<PendingApply>>,
}

impl Binder<'_> {
    pub(super) fn call(&self, call: &ast::FuncCall, place: &Place, pos: u32) -> Result<Expr> {
        let name = call.name.name.as_str();
        if call.over.is_some() {
            return Err(SqlError::unsupported("window functions are not supported").at(pos));
        }
        if call.within_group {
            return Err(SqlError::unsupported("WITHIN GROUP is not supported").at(pos));
        }
        if let Some(arg) = call
            .args
            .iter()
            .find(|arg| arg.name.is_some() || arg.variadic)
        {
            let error = SqlError::unsupported("named and VARIADIC arguments are not supported");
            return Err(error.at(arg.value.pos));
        }
        let is_aggregate = crate::functions::functions_named(name).any(|row| row.is_aggregate());
        if is_aggregate {
            return self.aggregate(call, place, pos);
        }
        if call.star || call.distinct || call.filter.is_some() || !call.order_by.is_empty() {
            return Err(SqlError::user(
                SqlState::WRONG_OBJECT_TYPE,
                format!("{name} is not an aggregate function"),
            )
            .at(pos));
        }
        let args = call
            .args
            .iter()
            .map(|arg| self.expr(&arg.value, place))
            .collect::<Result<Vec<Expr>>>()?;
        self.call_named(name, args, pos)
    }

    /// A call of an ordinary function with bound arguments.
    pub(super) fn call_named(&self, name: &str, args: Vec<Expr>, pos: u32) -> Result<Expr> {
        let given: Vec<Oid> = args.iter().map(|arg| arg.ty.oid).collect();
        let (row, wanted) = match resolve::function(name, &given) {
            Choice::One(row, wanted) => (row, wanted),
            Choice::Ambiguous => return Err(ambiguous(name, &given, pos)),
            Choice::None => return self.cast_call(name, args, &given, pos),
        };
        if row.returns_set() {
            return Err(SqlError::unsupported(
                "set-returning functions are supported in FROM and as a whole item of SELECT only",
            )
            .at(pos));
        }
        if matches!(row.kernel, crate::functions::Kernel::Planned) && name == "nextval" {
            self.writes.set(true);
        }
        let ty = SqlType::plain(resolve::result_type(row.ret, &wanted, &given));
        let args = self.arguments(args, &wanted, &given)?;
        Ok(Expr::new(
            ExprKind::Call {
                function: row,
                args,
            },
            ty,
            pos,
        ))
    }

    pub(super) fn arguments(
        &self,
        args: Vec<Expr>,
        wanted: &[Oid],
        given: &[Oid],
    ) -> Result<Vec<Expr>> {
        args.into_iter()
            .zip(wanted)
            .map(|(arg, to)| {
                let to = resolve::argument_type(*to, wanted, given, arg.ty.oid);
                self.coerce_to(arg, to)
            })
            .collect()
    }

    /// `int4('5')`: a type's name used as a function is a cast.
    fn cast_call(&self, name: &str, args: Vec<Expr>, given: &[Oid], pos: u32) -> Result<Expr> {
        if let (Some(oid), [_]) = (types::type_by_name(name), args.as_slice())
            && let Some(arg) = args.into_iter().next()
        {
            let cast = self.try_coerce(arg, SqlType::plain(oid), CastContext::Explicit)?;
            return cast.map_err(|_| no_function(name, given, pos));
        }
        Err(no_function(name, given, pos))
    }

    fn aggregate(&self, call: &ast::FuncCall, place: &Place, pos: u32) -> Result<Expr> {
        let name = call.name.name.as_str();
        let Some(collector) = place.aggregates else {
            let words = match place.clause {
                "" => String::from("aggregate function calls cannot be nested"),
                clause => format!("aggregate functions are not allowed in {clause}"),
            };
            return Err(SqlError::user(SqlState::GROUPING_ERROR, words).at(pos));
        };
        let inside = Place {
            scope: place.scope,
            clause: "",
            aggregates: None,
            applies: &collector.below,
        };
        let args = call
            .args
            .iter()
            .map(|arg| self.expr(&arg.value, &inside))
            .collect::<Result<Vec<Expr>>>()?;
        let given: Vec<Oid> = args.iter().map(|arg| arg.ty.oid).collect();
        if call.args.is_empty() && !call.star && name == "count" {
            return Err(SqlError::user(
                SqlState::WRONG_OBJECT_TYPE,
                "count(*) must be used to call a parameterless aggregate function",
            )
            .at(pos));
        }
        let (function, wanted) = match resolve::function(name, &given) {
            Choice::One(row, wanted) => (row, wanted),
            Choice::Ambiguous => return Err(ambiguous(name, &given, pos)),
            Choice::None => return Err(no_function(name, &given, pos)),
        };
        let ty = SqlType::plain(resolve::result_type(function.ret, &wanted, &given));
        let args = self.arguments(args, &wanted, &given)?;
        let order_by = call
            .order_by
            .iter()
            .map(|item| self.sort_key(self.expr(&item.expr, &inside)?, item))
            .collect::<Result<Vec<SortKey>>>()?;
        let filter = match &call.filter {
            None => None,
            Some(filter) => {
                let filter = self.expr(filter, &inside)?;
                Some(Box::new(self.coerce_to_bool(filter, "FILTER")?))
            }
        };
        let call = AggregateCall {
            function,
            args,
            distinct: call.distinct,
            order_by,
            filter,
            ty,
        };
        Ok(collect(self, collector, name, call, pos))
    }

    /// ORDER BY's direction and place of nulls; the type must be one that can be sorted.
    pub(super) fn sort_key(&self, expr: Expr, item: &ast::OrderItem) -> Result<SortKey> {
        let expr = self.settle(expr)?;
        let descending = match &item.direction {
            ast::SortDirection::Default | ast::SortDirection::Asc => false,
            ast::SortDirection::Desc => true,
            ast::SortDirection::Using(op) => match op.name.as_str() {
                "<" => false,
                ">" => true,
                name => {
                    return Err(SqlError::user(
                        SqlState::WRONG_OBJECT_TYPE,
                        format!("operator {name} is not a valid ordering operator"),
                    )
                    .at(expr.pos));
                }
            },
        };
        let oid = expr.ty.oid;
        if matches!(oid, Oid::JSON) {
            return Err(SqlError::user(
                SqlState::UNDEFINED_FUNCTION,
                format!(
                    "could not identify an ordering operator for type {}",
                    types::format_type(oid, -1)
                ),
            )
            .hint("Use an explicit ordering operator or modify the query.")
            .at(expr.pos));
        }
        let nulls_first = match item.nulls {
            ast::NullsOrder::Default => descending,
            ast::NullsOrder::First => true,
            ast::NullsOrder::Last => false,
        };
        Ok(SortKey {
            expr,
            descending,
            nulls_first,
        })
    }
}

/// Adds a call unless the same one is there.
fn collect(binder: &Binder, to: &Collector, name: &str, call: AggregateCall, pos: u32) -> Expr {
    let mut calls = to.calls.borrow_mut();
    let known = calls.iter().find(|(_, other)| same_call(other, &call));
    if let Some((column, _)) = known {
        return Expr::new(ExprKind::Column(column.id), call.ty, pos);
    }
    let column = binder.output(name, call.ty);
    let expr = Expr::new(ExprKind::Column(column.id), call.ty, pos);
    calls.push((column, call));
    expr
}

fn same_call(a: &AggregateCall, b: &AggregateCall) -> bool {
    core::ptr::eq::<FuncRow>(a.function, b.function)
        && a.distinct == b.distinct
        && a.order_by.is_empty()
        && b.order_by.is_empty()
        && a.filter.is_none()
        && b.filter.is_none()
        && a.args.len() == b.args.len()
        && a.args
            .iter()
            .zip(&b.args)
            .all(|(x, y)| super::walk::same(x, y))
}

fn signature(name: &str, given: &[Oid]) -> String {
    let mut text = format!("{name}(");
    for (at, oid) in given.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&types::format_type(*oid, -1));
    }
    text.push(')');
    text
}

pub fn no_function(name: &str, given: &[Oid], pos: u32) -> SqlError {
    SqlError::user(
        SqlState::UNDEFINED_FUNCTION,
        format!("function {} does not exist", signature(name, given)),
    )
    .hint("No function matches the given name and argument types. You might need to add explicit type casts.")
    .at(pos)
}

pub fn ambiguous(name: &str, given: &[Oid], pos: u32) -> SqlError {
    SqlError::user(
        SqlState::AMBIGUOUS_FUNCTION,
        format!("function {} is not unique", signature(name, given)),
    )
    .hint("Could not choose a best candidate function. You might need to add explicit type casts.")
    .at(pos)
}
