//! Type names: from words to an OID and a modifier.

use crate::parse::ast::{Expr, ExprKind, IntervalField, TypeName};
use crate::types::{self, Oid, SqlType};
use alloc::format;
use alloc::vec::Vec;
use vitrine_data::{Result, SqlError, SqlState};

/// The type that a name means, or 42704.
pub fn type_of_name(name: &TypeName) -> Result<SqlType> {
    if name.setof || name.percent_type.is_some() {
        return Err(
            SqlError::unsupported("this form of a type name is not supported").at(name.pos),
        );
    }
    let known_schema = name
        .name
        .schema
        .as_deref()
        .is_none_or(|schema| matches!(schema, "pg_catalog" | "public"));
    let base = types::type_by_name(&name.name.name)
        .filter(|_| known_schema)
        .ok_or_else(|| no_type(name))?;
    let modifiers: Vec<i64> = name
        .modifiers
        .iter()
        .map(modifier)
        .collect::<Result<Vec<i64>>>()?;
    let mut typmod = types::name::make_typmod(base, &modifiers).map_err(|e| e.at(name.pos))?;
    if base == Oid::BPCHAR && modifiers.is_empty() && name.name.name != "bpchar" {
        typmod = 5;
    }
    if let Some(fields) = name.interval {
        typmod = interval_typmod(fields.first, fields.last, modifiers.first().copied());
    }
    let oid = if name.array.is_empty() {
        base
    } else {
        types::array_of(base).ok_or_else(|| no_type(name))?
    };
    Ok(SqlType::new(oid, typmod))
}

fn no_type(name: &TypeName) -> SqlError {
    SqlError::user(
        SqlState::UNDEFINED_OBJECT,
        format!("type \"{}\" does not exist", name.name.name),
    )
    .at(name.pos)
}

fn modifier(expr: &Expr) -> Result<i64> {
    let (negative, digits) = match &expr.kind {
        ExprKind::Integer(digits) => (false, digits),
        ExprKind::Unary { op, expr } if op.name == "-" => match &expr.kind {
            ExprKind::Integer(digits) => (true, digits),
            _ => return Err(bad_modifier(expr)),
        },
        _ => return Err(bad_modifier(expr)),
    };
    let value: i64 = digits.parse().map_err(|_| bad_modifier(expr))?;
    Ok(if negative { -value } else { value })
}

fn bad_modifier(expr: &Expr) -> SqlError {
    SqlError::syntax("type modifiers must be simple constants or identifiers").at(expr.pos)
}

/// PostgreSQL's packing: a bit for each field, above the precision.
fn interval_typmod(first: IntervalField, last: IntervalField, precision: Option<i64>) -> i32 {
    const FIELDS: [(IntervalField, i32); 6] = [
        (IntervalField::Year, 1 << 2),
        (IntervalField::Month, 1 << 1),
        (IntervalField::Day, 1 << 3),
        (IntervalField::Hour, 1 << 10),
        (IntervalField::Minute, 1 << 11),
        (IntervalField::Second, 1 << 12),
    ];
    let bits = FIELDS
        .iter()
        .filter(|(field, _)| *field >= first && *field <= last)
        .fold(0, |all, (_, bit)| all | bit);
    bits << 16 | precision.map_or(0xffff, |digits| digits.clamp(0, 6) as i32)
}
