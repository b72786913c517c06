//! What a result column is called when nobody named it.

use crate::parse::ast::{CallSyntax, Expr, ExprKind, SqlValue};
use alloc::string::String;

/// PostgreSQL's choice: the column, the function, the last cast's type, or `?column?`.
pub fn column_name(expr: &Expr) -> String {
    named(expr).unwrap_or_else(|| "?column?".into())
}

fn named(expr: &Expr) -> Option<String> {
    let fixed = match &expr.kind {
        ExprKind::Column(parts) => return parts.last().map(|part| part.name.clone()),
        ExprKind::Field { field, .. } => return Some(field.name.clone()),
        ExprKind::Call(call) => {
            let shown = match (call.syntax, call.name.name.as_str()) {
                (CallSyntax::Special, "timezone") => "timezone",
                (_, name) => name,
            };
            return Some(shown.into());
        }
        ExprKind::Cast { expr, type_name } => {
            return named(expr).or_else(|| Some(type_name.name.name.clone()));
        }
        ExprKind::TypedLiteral { type_name, .. } => return Some(type_name.name.name.clone()),
        ExprKind::Collate { expr, .. } | ExprKind::Subscript { expr, .. } => return named(expr),
        ExprKind::Case(case) => {
            let otherwise = case.otherwise.as_ref().and_then(|expr| match expr.kind {
                ExprKind::Column(_) | ExprKind::Call(_) => named(expr),
                _ => None,
            });
            return otherwise.or_else(|| Some("case".into()));
        }
        ExprKind::Coalesce(_) => "coalesce",
        ExprKind::NullIf(..) => "nullif",
        ExprKind::Greatest(_) => "greatest",
        ExprKind::Least(_) => "least",
        ExprKind::Grouping(_) => "grouping",
        ExprKind::Exists(_) => "exists",
        ExprKind::Array(_) | ExprKind::ArrayQuery(_) => "array",
        ExprKind::Row { .. } => "row",
        ExprKind::Bool(_) => "bool",
        ExprKind::ScalarQuery(query) => return scalar_name(query),
        ExprKind::SqlValue(value) => match value {
            SqlValue::CurrentDate => "current_date",
            SqlValue::CurrentTime(_) => "current_time",
            SqlValue::CurrentTimestamp(_) => "current_timestamp",
            SqlValue::LocalTime(_) => "localtime",
            SqlValue::LocalTimestamp(_) => "localtimestamp",
            SqlValue::CurrentRole => "current_role",
            SqlValue::CurrentUser => "current_user",
            SqlValue::User => "user",
            SqlValue::SessionUser => "session_user",
            SqlValue::CurrentCatalog => "current_catalog",
            SqlValue::CurrentSchema => "current_schema",
        },
        _ => return None,
    };
    Some(fixed.into())
}

/// A scalar subquery is called as its only column.
fn scalar_name(query: &crate::parse::ast::Query) -> Option<String> {
    let crate::parse::ast::QueryBody::Select(select) = &query.body else {
        return None;
    };
    let item = select.items.first()?;
    match &item.alias {
        Some(alias) => Some(alias.name.clone()),
        None => named(&item.expr),
    }
}
