//! Expressions.

use super::Binder;
use super::call::Collector;
use super::resolve;
use super::scope::Scope;
use super::sub::PendingApply;
use super::tree::{Expr, ExprKind, SessionValue};
use super::types::type_of_name;
use crate::functions::registry::{CastContext, OpRow};
use crate::parse::ast::{self, ExprKind as Ast, IsTest, SqlValue};
use crate::types::{self, Oid, SqlType};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Datum, Result, SqlError, SqlState};

/// Where an expression stands.
pub struct Place<'p, 's> {
    pub scope: &'p Scope<'s>,
    /// For messages: `WHERE`, `GROUP BY`, `JOIN conditions`, ….
    pub clause: &'static str,
    /// Where aggregates go; `None` where they are not allowed.
    pub aggregates: Option<&'p Collector>,
    /// Where subqueries go.
    pub applies: &'p RefCell<Vec<PendingApply>>,
}

const BOOL: SqlType = SqlType::plain(Oid::BOOL);

fn unsupported(what: &str, pos: u32) -> SqlError {
    SqlError::unsupported(format!("{what} is not supported")).at(pos)
}

impl Binder<'_> {
    pub(crate) fn expr(&self, expr: &ast::Expr, place: &Place) -> Result<Expr> {
        self.deeper(|| self.expr_kind(expr, place))
    }

    fn expr_kind(&self, expr: &ast::Expr, place: &Place) -> Result<Expr> {
        let pos = expr.pos;
        match &expr.kind {
            Ast::Null => Ok(unknown(Datum::Null, pos)),
            Ast::Bool(value) => Ok(Expr::new(ExprKind::Const(Datum::Bool(*value)), BOOL, pos)),
            Ast::Integer(digits) => self.number(digits, false, false, pos),
            Ast::Decimal(digits) => self.number(digits, true, false, pos),
            Ast::String(text) => Ok(unknown(Datum::text(text), pos)),
            Ast::BitString(_) | Ast::HexString(_) => Err(unsupported("type bit", pos)),
            Ast::TypedLiteral { type_name, value } => {
                let ty = type_of_name(type_name)?;
                self.coerce(unknown(Datum::text(value), pos), ty, CastContext::Explicit)
            }
            Ast::Param(number) => self.param(*number, pos),
            Ast::Column(parts) => self.column(parts, place, pos),
            Ast::Star { .. } | Ast::FieldStar(_) => {
                Err(SqlError::syntax("row expansion via \"*\" is not supported here").at(pos))
            }
            Ast::Field { .. } => Err(unsupported("selecting a field of a composite value", pos)),
            Ast::Subscript { expr, subscripts } => self.subscript(expr, subscripts, place, pos),
            Ast::Default => Err(SqlError::syntax("DEFAULT is not allowed in this context").at(pos)),
            Ast::And(list) => self.logic(list, "AND", place, pos),
            Ast::Or(list) => self.logic(list, "OR", place, pos),
            Ast::Not(arg) => {
                let arg = self.coerce_to_bool(self.expr(arg, place)?, "NOT")?;
                Ok(Expr::new(ExprKind::Not(Box::new(arg)), BOOL, pos))
            }
            Ast::Unary { op, expr } => self.unary(&op.name, expr, place, pos),
            Ast::Binary { op, left, right } => self.binary_ast(&op.name, left, right, place, pos),
            Ast::Like(like) => self.like(like, place, pos),
            Ast::Is {
                expr,
                test,
                negated,
            } => self.is(expr, *test, *negated, place, pos),
            Ast::IsDistinct {
                left,
                right,
                negated,
            } => {
                let (left, right) = (self.expr(left, place)?, self.expr(right, place)?);
                let (_, left, right) = self.operands("=", left, right, pos)?;
                let (left, right) = (Box::new(left), Box::new(right));
                Ok(Expr::new(
                    ExprKind::Distinct {
                        left,
                        right,
                        negated: *negated,
                    },
                    BOOL,
                    pos,
                ))
            }
            Ast::Between {
                expr,
                low,
                high,
                symmetric,
                negated,
            } => {
                let parts = (expr.as_ref(), low.as_ref(), high.as_ref());
                self.between(parts, *symmetric, *negated, place, pos)
            }
            Ast::InList {
                expr,
                list,
                negated,
            } => self.in_list(expr, list, *negated, place, pos),
            Ast::InQuery {
                expr,
                query,
                negated,
            } => {
                let found = self.quantified(expr, "=", false, query, place, pos)?;
                Ok(if *negated { not(found, pos) } else { found })
            }
            Ast::QuantifiedArray {
                left,
                op,
                all,
                array,
            } => self.any_array(left, &op.name, *all, array, place, pos),
            Ast::QuantifiedQuery {
                left,
                op,
                all,
                query,
            } => self.quantified(left, &op.name, *all, query, place, pos),
            Ast::Exists(query) => self.exists(query, place, pos),
            Ast::ScalarQuery(query) => self.scalar(query, place, pos),
            Ast::Array(items) => self.array(items, place, pos),
            Ast::ArrayQuery(query) => self.array_query(query, place, pos),
            Ast::Row { .. } => Err(unsupported("a row value here", pos)),
            Ast::Case(case) => self.case(case, place, pos),
            Ast::Cast {
                expr: inner,
                type_name,
            } => self.cast(inner, type_name, place, pos),
            Ast::Collate { expr, collation } => match collation.name.as_str() {
                "C" | "POSIX" | "default" | "ucs_basic" => self.expr(expr, place),
                name => Err(unsupported(&format!("collation \"{name}\""), pos)),
            },
            Ast::Call(call) => self.call(call, place, pos),
            Ast::Coalesce(list) => {
                let (list, ty) = self.unify(self.list(list, place)?, "COALESCE")?;
                Ok(Expr::new(ExprKind::Coalesce(list), ty, pos))
            }
            Ast::NullIf(left, right) => {
                let (left, right) = (self.expr(left, place)?, self.expr(right, place)?);
                let (equal, left, right) = self.operands("=", left, right, pos)?;
                let (ty, left, right) = (left.ty, Box::new(left), Box::new(right));
                Ok(Expr::new(ExprKind::NullIf { equal, left, right }, ty, pos))
            }
            Ast::Greatest(list) => {
                let (list, ty) = self.unify(self.list(list, place)?, "GREATEST")?;
                Ok(Expr::new(ExprKind::Greatest(list), ty, pos))
            }
            Ast::Least(list) => {
                let (list, ty) = self.unify(self.list(list, place)?, "LEAST")?;
                Ok(Expr::new(ExprKind::Least(list), ty, pos))
            }
            Ast::Grouping(_) => Err(unsupported("GROUPING", pos)),
            Ast::SqlValue(value) => self.session_value(*value, pos),
            Ast::CurrentOf(_) => Err(unsupported("WHERE CURRENT OF", pos)),
        }
    }

    pub(super) fn list(&self, list: &[ast::Expr], place: &Place) -> Result<Vec<Expr>> {
        list.iter().map(|expr| self.expr(expr, place)).collect()
    }

    fn number(&self, digits: &str, decimal: bool, negative: bool, pos: u32) -> Result<Expr> {
        let sign = if negative { "-" } else { "" };
        let text = format!("{sign}{digits}");
        if !decimal {
            if let Ok(value) = text.parse::<i32>() {
                let kind = ExprKind::Const(Datum::I32(value));
                return Ok(Expr::new(kind, SqlType::plain(Oid::INT4), pos));
            }
            if let Ok(value) = text.parse::<i64>() {
                let kind = ExprKind::Const(Datum::I64(value));
                return Ok(Expr::new(kind, SqlType::plain(Oid::INT8), pos));
            }
        }
        let value = types::input(Oid::NUMERIC, -1, &text, &self.io()).map_err(|e| e.at(pos))?;
        Ok(Expr::new(
            ExprKind::Const(value),
            SqlType::plain(Oid::NUMERIC),
            pos,
        ))
    }

    fn param(&self, number: u32, pos: u32) -> Result<Expr> {
        let missing = || {
            SqlError::user(
                SqlState::UNDEFINED_PARAMETER,
                format!("there is no parameter ${number}"),
            )
            .at(pos)
        };
        let index = number
            .checked_sub(1)
            .filter(|n| *n < 65535)
            .ok_or_else(missing)? as usize;
        let mut params = self.params.borrow_mut();
        if params.len() <= index {
            params.resize(index + 1, Oid::UNKNOWN);
        }
        let oid = params.get(index).copied().unwrap_or(Oid::UNKNOWN);
        Ok(Expr::new(ExprKind::Param(index), SqlType::plain(oid), pos))
    }

    fn column(&self, parts: &[ast::Ident], place: &Place, pos: u32) -> Result<Expr> {
        if let Some(found) = place.scope.find(parts)? {
            return Ok(Expr::new(ExprKind::Column(found.id), found.ty, pos));
        }
        Err(missing_column(parts, place.scope, pos))
    }

    fn logic(&self, list: &[ast::Expr], word: &str, place: &Place, pos: u32) -> Result<Expr> {
        let parts = list
            .iter()
            .map(|part| self.coerce_to_bool(self.expr(part, place)?, word))
            .collect::<Result<Vec<Expr>>>()?;
        let kind = if word == "AND" {
            ExprKind::And(parts)
        } else {
            ExprKind::Or(parts)
        };
        Ok(Expr::new(kind, BOOL, pos))
    }

    fn unary(&self, op: &str, arg: &ast::Expr, place: &Place, pos: u32) -> Result<Expr> {
        if op == "-" {
            match &arg.kind {
                Ast::Integer(digits) => return self.number(digits, false, true, pos),
                Ast::Decimal(digits) => return self.number(digits, true, true, pos),
                _ => {}
            }
        }
        let arg = self.expr(arg, place)?;
        let (row, wanted) = resolve::operator_or_error(op, &[arg.ty.oid], pos)?;
        let ty = SqlType::plain(resolve::result_type(row.ret, &wanted, &[arg.ty.oid]));
        let to = wanted.first().copied().unwrap_or(arg.ty.oid);
        let arg = self.coerce_to(arg, to)?;
        Ok(Expr::new(
            ExprKind::Op {
                op: row,
                args: alloc::vec![arg],
            },
            ty,
            pos,
        ))
    }

    fn binary_ast(
        &self,
        op: &str,
        left: &ast::Expr,
        right: &ast::Expr,
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        let (Ast::Row { items: a, .. }, Ast::Row { items: b, .. }) = (&left.kind, &right.kind)
        else {
            let (left, right) = (self.expr(left, place)?, self.expr(right, place)?);
            return self.binary(op, left, right, pos);
        };
        if a.len() != b.len() {
            return Err(SqlError::syntax("unequal number of entries in row expressions").at(pos));
        }
        let pairs = self
            .list(a, place)?
            .into_iter()
            .zip(self.list(b, place)?)
            .collect();
        self.compare_rows(op, pairs, pos)
    }

    /// The operator and its operands as it wants them.
    pub(super) fn operands(
        &self,
        op: &str,
        left: Expr,
        right: Expr,
        pos: u32,
    ) -> Result<(&'static OpRow, Expr, Expr)> {
        let given = [left.ty.oid, right.ty.oid];
        let (row, wanted) = resolve::operator_or_error(op, &given, pos)?;
        let [to_left, to_right] = wanted.as_slice() else {
            return Err(SqlError::bug("an operator without two sides"));
        };
        let to_left = resolve::argument_type(*to_left, &wanted, &given, left.ty.oid);
        let to_right = resolve::argument_type(*to_right, &wanted, &given, right.ty.oid);
        Ok((
            row,
            self.coerce_to(left, to_left)?,
            self.coerce_to(right, to_right)?,
        ))
    }

    pub(super) fn binary(&self, op: &str, left: Expr, right: Expr, pos: u32) -> Result<Expr> {
        let given = [left.ty.oid, right.ty.oid];
        let (row, left, right) = self.operands(op, left, right, pos)?;
        let ty = resolve::result_type(row.ret, &[row.left, row.right], &given);
        let args = alloc::vec![left, right];
        Ok(Expr::new(
            ExprKind::Op { op: row, args },
            SqlType::plain(ty),
            pos,
        ))
    }

    fn like(&self, like: &ast::Like, place: &Place, pos: u32) -> Result<Expr> {
        let subject = self.expr(&like.expr, place)?;
        let pattern = self.expr(&like.pattern, place)?;
        let text = |expr| self.coerce(expr, SqlType::plain(Oid::TEXT), CastContext::Implicit);
        let escape = like
            .escape
            .as_ref()
            .map(|e| self.expr(e, place))
            .transpose()?;
        let (op, function) = match like.kind {
            ast::LikeKind::Like => (if like.negated { "!~~" } else { "~~" }, "like_escape"),
            ast::LikeKind::ILike => (if like.negated { "!~~*" } else { "~~*" }, "like_escape"),
            ast::LikeKind::SimilarTo => {
                (if like.negated { "!~" } else { "~" }, "similar_to_escape")
            }
        };
        let pattern = match (escape, like.kind) {
            (None, ast::LikeKind::Like | ast::LikeKind::ILike) => pattern,
            (None, _) => self.call_named(function, alloc::vec![text(pattern)?], pos)?,
            (Some(e), _) => {
                self.call_named(function, alloc::vec![text(pattern)?, text(e)?], pos)?
            }
        };
        self.binary(op, subject, pattern, pos)
    }

    fn is(
        &self,
        arg: &ast::Expr,
        test: IsTest,
        negated: bool,
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        if let (IsTest::Null, Ast::Row { items, .. }) = (test, &arg.kind) {
            let parts = self
                .list(items, place)?
                .into_iter()
                .map(|arg| {
                    let arg = Box::new(arg);
                    Expr::new(ExprKind::IsNull { arg, negated }, BOOL, pos)
                })
                .collect();
            return Ok(Expr::new(ExprKind::And(parts), BOOL, pos));
        }
        let arg = self.expr(arg, place)?;
        let (value, word) = match test {
            IsTest::Null => {
                let arg = Box::new(self.settle(arg)?);
                return Ok(Expr::new(ExprKind::IsNull { arg, negated }, BOOL, pos));
            }
            IsTest::Unknown => {
                let arg = Box::new(self.coerce_to_bool(arg, "IS UNKNOWN")?);
                return Ok(Expr::new(ExprKind::IsNull { arg, negated }, BOOL, pos));
            }
            IsTest::True => (true, "IS TRUE"),
            IsTest::False => (false, "IS FALSE"),
            IsTest::Document => return Err(unsupported("IS DOCUMENT", pos)),
            IsTest::Normalized(_) => return Err(unsupported("IS NORMALIZED", pos)),
        };
        let arg = Box::new(self.coerce_to_bool(arg, word)?);
        Ok(Expr::new(
            ExprKind::IsBool {
                arg,
                value,
                negated,
            },
            BOOL,
            pos,
        ))
    }

    fn between(
        &self,
        (arg, low, high): (&ast::Expr, &ast::Expr, &ast::Expr),
        symmetric: bool,
        negated: bool,
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        let arg = self.expr(arg, place)?;
        let (low, high) = (self.expr(low, place)?, self.expr(high, place)?);
        let inside = |low: Expr, high: Expr| -> Result<Expr> {
            let parts = alloc::vec![
                self.binary(">=", arg.clone(), low, pos)?,
                self.binary("<=", arg.clone(), high, pos)?,
            ];
            Ok(Expr::new(ExprKind::And(parts), BOOL, pos))
        };
        let mut whole = inside(low.clone(), high.clone())?;
        if symmetric {
            let parts = alloc::vec![whole, inside(high, low)?];
            whole = Expr::new(ExprKind::Or(parts), BOOL, pos);
        }
        Ok(if negated { not(whole, pos) } else { whole })
    }

    fn in_list(
        &self,
        arg: &ast::Expr,
        list: &[ast::Expr],
        negated: bool,
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        if matches!(arg.kind, Ast::Row { .. }) {
            let parts = list
                .iter()
                .map(|item| self.binary_ast("=", arg, item, place, pos))
                .collect::<Result<Vec<Expr>>>()?;
            let whole = Expr::new(ExprKind::Or(parts), BOOL, pos);
            return Ok(if negated { not(whole, pos) } else { whole });
        }
        let mut all = alloc::vec![self.expr(arg, place)?];
        all.extend(self.list(list, place)?);
        let types: Vec<(SqlType, u32)> = all.iter().map(|e| (e.ty, e.pos)).collect();
        let common = self.common_type(&types, "IN")?;
        let (equal, wanted) = resolve::operator_or_error("=", &[common.oid, common.oid], pos)?;
        let to = resolve::argument_type(
            wanted.first().copied().unwrap_or(common.oid),
            &wanted,
            &[common.oid, common.oid],
            common.oid,
        );
        let mut all = all
            .into_iter()
            .map(|expr| self.coerce_to(expr, to))
            .collect::<Result<Vec<Expr>>>()?
            .into_iter();
        let arg = Box::new(
            all.next()
                .ok_or_else(|| SqlError::bug("IN without a subject"))?,
        );
        Ok(Expr::new(
            ExprKind::InList {
                equal,
                arg,
                list: all.collect(),
                negated,
            },
            BOOL,
            pos,
        ))
    }

    fn any_array(
        &self,
        left: &ast::Expr,
        op: &str,
        all: bool,
        array: &ast::Expr,
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        let left = self.expr(left, place)?;
        let array = self.expr(array, place)?;
        let element = match array.ty.oid {
            Oid::UNKNOWN => {
                if left.ty.oid == Oid::UNKNOWN {
                    Oid::TEXT
                } else {
                    left.ty.oid
                }
            }
            oid => types::element_of(oid).ok_or_else(|| {
                SqlError::user(
                    SqlState::WRONG_OBJECT_TYPE,
                    "op ANY/ALL (array) requires array on right side",
                )
                .at(pos)
            })?,
        };
        let (row, wanted) = resolve::operator_or_error(op, &[left.ty.oid, element], pos)?;
        let [to_left, to_right] = wanted.as_slice() else {
            return Err(SqlError::bug("an operator without two sides"));
        };
        let left = self.coerce_to(left, *to_left)?;
        let array_type = types::array_of(*to_right).unwrap_or(array.ty.oid);
        let array = self.coerce_to(array, array_type)?;
        let (left, array) = (Box::new(left), Box::new(array));
        Ok(Expr::new(
            ExprKind::AnyArray {
                op: row,
                all,
                left,
                array,
            },
            BOOL,
            pos,
        ))
    }

    fn array(&self, items: &[ast::Expr], place: &Place, pos: u32) -> Result<Expr> {
        if items.is_empty() {
            return Err(SqlError::user(
                SqlState::INDETERMINATE_DATATYPE,
                "cannot determine type of empty array",
            )
            .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
            .at(pos));
        }
        let (list, ty) = self.unify(self.list(items, place)?, "ARRAY")?;
        let array =
            types::array_of(ty.oid).ok_or_else(|| unsupported("an array of arrays", pos))?;
        Ok(Expr::new(ExprKind::Array(list), SqlType::plain(array), pos))
    }

    fn subscript(
        &self,
        array: &ast::Expr,
        subscripts: &[ast::Subscript],
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        let array = self.expr(array, place)?;
        let element = types::element_of(array.ty.oid).ok_or_else(|| {
            let name = types::format_type(array.ty.oid, -1);
            SqlError::user(
                SqlState::DATATYPE_MISMATCH,
                format!("cannot subscript type {name} because it does not support subscripting"),
            )
            .at(pos)
        })?;
        let [one] = subscripts else {
            return Err(unsupported("an array with more than one dimension", pos));
        };
        let index = |expr: &ast::Expr| -> Result<Box<Expr>> {
            let bound = self.expr(expr, place)?;
            Ok(Box::new(self.coerce(
                bound,
                SqlType::plain(Oid::INT4),
                CastContext::Assignment,
            )?))
        };
        let (kind, oid) = match one {
            ast::Subscript::Index(at) => (
                ExprKind::Subscript {
                    array: Box::new(array),
                    index: index(at)?,
                },
                element,
            ),
            ast::Subscript::Slice { lower, upper } => {
                let lower = lower.as_ref().map(index).transpose()?;
                let upper = upper.as_ref().map(index).transpose()?;
                let oid = array.ty.oid;
                (
                    ExprKind::Slice {
                        array: Box::new(array),
                        lower,
                        upper,
                    },
                    oid,
                )
            }
        };
        Ok(Expr::new(kind, SqlType::plain(oid), pos))
    }

    fn case(&self, case: &ast::Case, place: &Place, pos: u32) -> Result<Expr> {
        let operand = case
            .operand
            .as_ref()
            .map(|expr| self.expr(expr, place))
            .transpose()?;
        let operand = operand.map(|expr| self.settle(expr)).transpose()?;
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        // PostgreSQL looks at ELSE first when it decides the type.
        results.push(match &case.otherwise {
            Some(expr) => self.expr(expr, place)?,
            None => unknown(Datum::Null, pos),
        });
        for when in &case.whens {
            let condition = self.expr(&when.condition, place)?;
            conditions.push(match &operand {
                Some(operand) => {
                    self.binary("=", operand.clone(), condition, when.condition.pos)?
                }
                None => self.coerce_to_bool(condition, "CASE/WHEN")?,
            });
            results.push(self.expr(&when.result, place)?);
        }
        let (results, ty) = self.unify(results, "CASE")?;
        let mut results = results.into_iter();
        let otherwise = results
            .next()
            .ok_or_else(|| SqlError::bug("CASE without a result"))?;
        let whens = conditions.into_iter().zip(results).collect();
        Ok(Expr::new(
            ExprKind::Case {
                whens,
                otherwise: Box::new(otherwise),
            },
            ty,
            pos,
        ))
    }

    fn cast(
        &self,
        inner: &ast::Expr,
        type_name: &ast::TypeName,
        place: &Place,
        pos: u32,
    ) -> Result<Expr> {
        let ty = type_of_name(type_name)?;
        if let Ast::Array(items) = &inner.kind
            && let Some(element) = types::element_of(ty.oid)
        {
            let list = self
                .list(items, place)?
                .into_iter()
                .map(|item| {
                    self.coerce(
                        item,
                        SqlType::new(element, ty.typmod),
                        CastContext::Explicit,
                    )
                })
                .collect::<Result<Vec<Expr>>>()?;
            return Ok(Expr::new(
                ExprKind::Array(list),
                SqlType::plain(ty.oid),
                pos,
            ));
        }
        let expr = self.expr(inner, place)?;
        let from = expr.ty.oid;
        self.try_coerce(expr, ty, CastContext::Explicit)?
            .map_err(|_| {
                let (from, to) = (types::format_type(from, -1), types::format_type(ty.oid, -1));
                SqlError::user(
                    SqlState::CANNOT_COERCE,
                    format!("cannot cast type {from} to {to}"),
                )
                .at(pos)
            })
    }

    fn session_value(&self, value: SqlValue, pos: u32) -> Result<Expr> {
        let make = |value, oid| Expr::new(ExprKind::Session(value), SqlType::plain(oid), pos);
        let (expr, precision) = match value {
            SqlValue::CurrentDate => (make(SessionValue::CurrentDate, Oid::DATE), None),
            SqlValue::CurrentTimestamp(digits) => (
                make(SessionValue::CurrentTimestamp, Oid::TIMESTAMPTZ),
                digits,
            ),
            SqlValue::LocalTimestamp(digits) => {
                (make(SessionValue::LocalTimestamp, Oid::TIMESTAMP), digits)
            }
            SqlValue::LocalTime(digits) => (make(SessionValue::LocalTime, Oid::TIME), digits),
            SqlValue::CurrentTime(_) => {
                return Err(unsupported("type time with time zone", pos));
            }
            SqlValue::CurrentRole | SqlValue::CurrentUser | SqlValue::User => {
                (make(SessionValue::CurrentUser, Oid::NAME), None)
            }
            SqlValue::SessionUser => (make(SessionValue::SessionUser, Oid::NAME), None),
            SqlValue::CurrentCatalog => (make(SessionValue::CurrentCatalog, Oid::NAME), None),
            SqlValue::CurrentSchema => (make(SessionValue::CurrentSchema, Oid::NAME), None),
        };
        match precision {
            None => Ok(expr),
            Some(digits) => {
                let ty = SqlType::new(expr.ty.oid, digits.min(6) as i32);
                self.coerce(expr, ty, CastContext::Explicit)
            }
        }
    }
}

/// A literal whose type is still open.
pub fn unknown(value: Datum, pos: u32) -> Expr {
    Expr::new(ExprKind::Const(value), SqlType::plain(Oid::UNKNOWN), pos)
}

pub fn not(expr: Expr, pos: u32) -> Expr {
    Expr::new(ExprKind::Not(Box::new(expr)), BOOL, pos)
}

fn missing_column(parts: &[ast::Ident], scope: &Scope, pos: u32) -> SqlError {
    let (table, column) = match parts {
        [.., table, column] => (Some(table), column),
        [column] => (None, column),
        [] => return SqlError::bug("a column without a name"),
    };
    let Some(table) = table else {
        let message = format!("column \"{}\" does not exist", column.name);
        let error = SqlError::user(SqlState::UNDEFINED_COLUMN, message).at(pos);
        return match similar(scope, &column.name) {
            Some(hint) => error.hint(hint),
            None => error,
        };
    };
    if scope.find_table(None, &table.name).is_none() {
        let message = format!("missing FROM-clause entry for table \"{}\"", table.name);
        return SqlError::user(SqlState::UNDEFINED_TABLE, message).at(table.pos);
    }
    let message = format!("column {}.{} does not exist", table.name, column.name);
    SqlError::user(SqlState::UNDEFINED_COLUMN, message).at(pos)
}

/// A hint where a name is one slip away.
fn similar(scope: &Scope, name: &str) -> Option<String> {
    let close = |other: &str| {
        other.len().abs_diff(name.len()) <= 1 && name.len() > 2 && {
            let pairs = other.bytes().zip(name.bytes());
            let forward = pairs.take_while(|(a, b)| a == b).count();
            let backward = other
                .bytes()
                .rev()
                .zip(name.bytes().rev())
                .take_while(|(a, b)| a == b)
                .count();
            forward + backward + 1 >= other.len().max(name.len())
        }
    };
    scope.tables.iter().find_map(|table| {
        let column = table.columns.iter().find(|column| close(&column.name))?;
        let alias = table.alias.as_deref()?;
        Some(format!(
            "Perhaps you meant to reference the column \"{alias}.{}\".",
            column.name
        ))
    })
}
