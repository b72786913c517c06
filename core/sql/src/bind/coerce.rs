//! Casts: making an expression another type, or finding that it cannot be.
//!
//! A literal of unknown type becomes a value of the wanted type at once, through the type's input
//! function; a parameter of unknown type takes the wanted type. Everything else looks for a row in
//! the table of casts that the context allows; what has none may still go through its text form:
//! to string types in assignments, from string types when asked for explicitly.

use super::Binder;
use super::tree::{CastHow, Expr, ExprKind};
use crate::functions::registry::{CastContext, CastRow, Kernel, find_cast};
use crate::types::{self, Category, Oid, SqlType, typmod};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result, SqlError, SqlState};

fn category(oid: Oid) -> Category {
    types::type_row(oid).map_or(Category::Unknown, |row| row.category)
}

/// How a value of one type becomes one of another, if the context allows it.
pub fn cast_between(from: Oid, to: Oid, context: CastContext) -> Option<CastHow> {
    if from == to {
        return Some(CastHow::Relabel);
    }
    if let Some(row) = find_cast(from, to) {
        return (row.context <= context).then(|| how_of(row));
    }
    if let (Some(from), Some(to)) = (types::element_of(from), types::element_of(to))
        && category(from) != Category::Array
    {
        if from == to {
            return Some(CastHow::Array(None));
        }
        let row = find_cast(from, to)?;
        return (row.context <= context).then_some(CastHow::Array(Some(row)));
    }
    if category(to) == Category::String && context >= CastContext::Assignment {
        return Some(CastHow::Output);
    }
    if category(from) == Category::String && context == CastContext::Explicit {
        return Some(CastHow::Input);
    }
    None
}

fn how_of(row: &'static CastRow) -> CastHow {
    match row.kernel {
        Kernel::Same => CastHow::Relabel,
        _ => CastHow::Row(row),
    }
}

/// Whether an implicit cast exists.
pub fn implicitly(from: Oid, to: Oid) -> bool {
    cast_between(from, to, CastContext::Implicit).is_some()
}

/// 42846 as casts say it.
fn no_cast(from: Oid, to: SqlType, pos: u32) -> SqlError {
    let (from, to) = (types::format_type(from, -1), types::format_type(to.oid, -1));
    SqlError::user(
        SqlState::CANNOT_COERCE,
        format!("cannot cast type {from} to {to}"),
    )
    .at(pos)
}

impl Binder<'_> {
    /// Casts if the context allows it; gives the expression back if not.
    pub(crate) fn try_coerce(
        &self,
        expr: Expr,
        target: SqlType,
        context: CastContext,
    ) -> Result<core::result::Result<Expr, Expr>> {
        let explicit = context == CastContext::Explicit;
        if expr.ty.oid == Oid::UNKNOWN && target.oid != Oid::UNKNOWN {
            return self.coerce_unknown(expr, target, explicit).map(Ok);
        }
        let pos = expr.pos;
        let cast = if expr.ty.oid == target.oid {
            expr
        } else {
            match cast_between(expr.ty.oid, target.oid, context) {
                None => return Ok(Err(expr)),
                Some(how) => {
                    let ty = SqlType::plain(target.oid);
                    Expr::new(
                        ExprKind::Cast {
                            how,
                            arg: Box::new(expr),
                        },
                        ty,
                        pos,
                    )
                }
            }
        };
        if !typmod::has_effect(target.oid, target.typmod) || cast.ty.typmod == target.typmod {
            return Ok(Ok(cast));
        }
        let how = CastHow::Typmod { explicit };
        Ok(Ok(Expr::new(
            ExprKind::Cast {
                how,
                arg: Box::new(cast),
            },
            target,
            pos,
        )))
    }

    fn coerce_unknown(&self, expr: Expr, target: SqlType, explicit: bool) -> Result<Expr> {
        let pos = expr.pos;
        match expr.kind {
            ExprKind::Const(Datum::Null) => {
                Ok(Expr::new(ExprKind::Const(Datum::Null), target, pos))
            }
            ExprKind::Const(Datum::Bytes(bytes)) => {
                let text = core::str::from_utf8(&bytes)
                    .map_err(|_| SqlError::bug("a literal is not UTF-8"))?;
                let known = if target.oid == Oid::REGCLASS {
                    self.regclass(text, pos)?
                } else {
                    None
                };
                let text = known.as_deref().unwrap_or(text);
                let value =
                    types::input(target.oid, -1, text, &self.io()).map_err(|e| e.at(pos))?;
                let how = if explicit {
                    typmod::How::Explicit
                } else {
                    typmod::How::Implicit
                };
                let value = if typmod::has_effect(target.oid, target.typmod) {
                    typmod::apply(target.oid, target.typmod, &value, how).map_err(|e| e.at(pos))?
                } else {
                    value
                };
                Ok(Expr::new(ExprKind::Const(value), target, pos))
            }
            ExprKind::Param(number) => {
                let mut params = self.params.borrow_mut();
                let oid = match params.get_mut(number) {
                    Some(known) => {
                        if *known == Oid::UNKNOWN {
                            *known = target.oid;
                        }
                        *known
                    }
                    None => target.oid,
                };
                drop(params);
                let param = Expr::new(ExprKind::Param(number), SqlType::plain(oid), pos);
                self.coerce(param, target, CastContext::Explicit)
            }
            kind => {
                let arg = Box::new(Expr::new(kind, SqlType::plain(Oid::TEXT), pos));
                Ok(Expr::new(
                    ExprKind::Cast {
                        how: CastHow::Input,
                        arg,
                    },
                    target,
                    pos,
                ))
            }
        }
    }

    /// The OID, as text, of a relation named in a string; `None` for what is a number already.
    fn regclass(&self, text: &str, pos: u32) -> Result<Option<String>> {
        if text == "-" || text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let parts = name_parts(text);
        let (schema, name) = match parts.as_slice() {
            [name] => (None, name),
            [schema, name] => (Some(schema.as_str()), name),
            _ => return Err(SqlError::user(SqlState::INVALID_NAME, "invalid name syntax").at(pos)),
        };
        let found = self.catalog.find(&self.facts.schemas, schema, name);
        let found = found.ok_or_else(|| {
            let message = format!("relation \"{}\" does not exist", parts.join("."));
            SqlError::user(SqlState::UNDEFINED_TABLE, message).at(pos)
        })?;
        Ok(Some(format!("{}", found.oid())))
    }

    /// Casts, or fails with 42846.
    pub(crate) fn coerce(&self, expr: Expr, target: SqlType, context: CastContext) -> Result<Expr> {
        let (from, pos) = (expr.ty.oid, expr.pos);
        self.try_coerce(expr, target, context)?
            .map_err(|_| no_cast(from, target, pos))
    }

    /// An implicit cast that resolution has found possible.
    pub(crate) fn coerce_to(&self, expr: Expr, oid: Oid) -> Result<Expr> {
        self.coerce(expr, SqlType::plain(oid), CastContext::Implicit)
    }

    /// A value for a column: 42804 if the types do not go together.
    pub(crate) fn coerce_to_column(&self, expr: Expr, ty: SqlType, column: &str) -> Result<Expr> {
        let (from, pos) = (expr.ty, expr.pos);
        self.try_coerce(expr, ty, CastContext::Assignment)?
            .map_err(|_| {
                let (to, from) = (
                    types::format_type(ty.oid, -1),
                    types::format_type(from.oid, -1),
                );
                SqlError::user(
                    SqlState::DATATYPE_MISMATCH,
                    format!("column \"{column}\" is of type {to} but expression is of type {from}"),
                )
                .hint("You will need to rewrite or cast the expression.")
                .at(pos)
            })
    }

    /// A condition: 42804 if it is not boolean.
    pub(crate) fn coerce_to_bool(&self, expr: Expr, clause: &str) -> Result<Expr> {
        let (from, pos) = (expr.ty, expr.pos);
        let bool_type = SqlType::plain(Oid::BOOL);
        self.try_coerce(expr, bool_type, CastContext::Implicit)?
            .map_err(|_| {
                let from = types::format_type(from.oid, -1);
                SqlError::user(
                    SqlState::DATATYPE_MISMATCH,
                    format!("argument of {clause} must be type boolean, not type {from}"),
                )
                .at(pos)
            })
    }

    /// Unknown literals that nothing decided are text.
    pub(crate) fn settle(&self, expr: Expr) -> Result<Expr> {
        if expr.ty.oid == Oid::UNKNOWN {
            self.coerce_to(expr, Oid::TEXT)
        } else {
            Ok(expr)
        }
    }

    /// The common type of CASE branches, VALUES columns, UNION columns, array elements, ….
    pub(crate) fn common_type(&self, types: &[(SqlType, u32)], construct: &str) -> Result<SqlType> {
        let mut known = types.iter().filter(|(ty, _)| ty.oid != Oid::UNKNOWN);
        let Some((first, _)) = known.next() else {
            return Ok(SqlType::plain(Oid::TEXT));
        };
        let mut best = *first;
        for (ty, pos) in known {
            if ty.oid == best.oid {
                if ty.typmod != best.typmod {
                    best.typmod = -1;
                }
                continue;
            }
            if category(ty.oid) != category(best.oid) {
                let (a, b) = (
                    types::format_type(best.oid, -1),
                    types::format_type(ty.oid, -1),
                );
                return Err(SqlError::user(
                    SqlState::DATATYPE_MISMATCH,
                    format!("{construct} types {a} and {b} cannot be matched"),
                )
                .at(*pos));
            }
            let best_preferred = types::type_row(best.oid).is_some_and(|row| row.preferred);
            if !best_preferred && implicitly(best.oid, ty.oid) && !implicitly(ty.oid, best.oid) {
                best = SqlType::plain(ty.oid);
            } else if !best_preferred
                && implicitly(best.oid, ty.oid)
                && category(ty.oid) == Category::String
                && ty.oid == Oid::TEXT
            {
                best = SqlType::plain(Oid::TEXT);
            } else {
                best.typmod = -1;
            }
        }
        Ok(best)
    }

    /// Casts all to their common type.
    pub(crate) fn unify(
        &self,
        list: alloc::vec::Vec<Expr>,
        construct: &str,
    ) -> Result<(alloc::vec::Vec<Expr>, SqlType)> {
        let types: alloc::vec::Vec<(SqlType, u32)> =
            list.iter().map(|expr| (expr.ty, expr.pos)).collect();
        let ty = self.common_type(&types, construct)?;
        let list = list
            .into_iter()
            .map(|expr| {
                let (from, pos) = (expr.ty.oid, expr.pos);
                self.try_coerce(expr, ty, CastContext::Implicit)?
                    .map_err(|_| {
                        let (to, from) =
                            (types::format_type(ty.oid, -1), types::format_type(from, -1));
                        SqlError::user(
                            SqlState::CANNOT_COERCE,
                            format!("{construct} could not convert type {from} to {to}"),
                        )
                        .at(pos)
                    })
            })
            .collect::<Result<_>>()?;
        Ok((list, ty))
    }
}

/// `Schema."Name"` as its folded parts.
fn name_parts(text: &str) -> Vec<String> {
    let mut parts = alloc::vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            _ => {
                if let Some(last) = parts.last_mut() {
                    last.push(if quoted { c } else { c.to_ascii_lowercase() });
                }
            }
        }
    }
    parts
}
