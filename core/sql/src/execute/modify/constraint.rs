//! What a row must be by itself, and the errors of the constraints with PostgreSQL's words.

use super::row_columns;
use crate::bind::tree::Expr;
use crate::catalog::{IndexDef, TableDef};
use crate::execute::{ExecCx, evaluate_row};
use crate::types::{IoCx, Oid, output_text};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Phys, Result, SqlError, SqlState};
use vitrine_engine::access::UniqueConflict;

fn io(cx: &ExecCx<'_>) -> IoCx {
    let session = cx.eval.session;
    IoCx {
        zone_offset_s: session.zone_offset_s,
        now_us: session.transaction_us,
    }
}

fn shown(value: &Datum, oid: Oid, cx: &ExecCx<'_>) -> String {
    if value.is_null() {
        "null".into()
    } else {
        output_text(oid, value, &io(cx))
    }
}

/// `(1, null, abc)`: a row as the details of errors show it.
fn failing_row(table: &TableDef, row: &[Datum], cx: &ExecCx<'_>) -> String {
    let mut out = String::from("Failing row contains (");
    let live = table
        .columns
        .iter()
        .zip(row)
        .filter(|(column, _)| !column.dropped);
    for (at, (column, value)) in live.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        let text = shown(value, column.ty.oid, cx);
        // Long values are cut, as PostgreSQL cuts them.
        let mut chars = text.chars();
        out.extend(chars.by_ref().take(64));
        if chars.next().is_some() {
            out.push_str("...");
        }
    }
    out.push_str(").");
    out
}

/// NOT NULL and CHECK.
pub fn check_row(
    table: &TableDef,
    checks: &[(String, Expr)],
    row: &[Datum],
    types: &[Phys],
    cx: &ExecCx<'_>,
) -> Result<()> {
    for (column, value) in table.columns.iter().zip(row) {
        if column.not_null && !column.dropped && value.is_null() {
            let message = format!(
                "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                column.name, table.name
            );
            return Err(SqlError::user(SqlState::NOT_NULL_VIOLATION, message)
                .detail(failing_row(table, row, cx))
                .schema(&table.schema_name)
                .table(&table.name)
                .column(&column.name));
        }
    }
    if checks.is_empty() {
        return Ok(());
    }
    let columns = row_columns(row, types);
    for (name, condition) in checks {
        // A check is violated by false alone: null passes.
        if evaluate_row(condition, &columns, &cx.eval)?.as_bool() == Some(false) {
            let message = format!(
                "new row for relation \"{}\" violates check constraint \"{name}\"",
                table.name
            );
            return Err(SqlError::user(SqlState::CHECK_VIOLATION, message)
                .detail(failing_row(table, row, cx))
                .schema(&table.schema_name)
                .table(&table.name)
                .constraint(name));
        }
    }
    Ok(())
}

/// `Key (a, b)=(1, 2)`, the beginning of several details.
pub fn key_text(table: &TableDef, columns: &[usize], row: &[Datum], cx: &ExecCx<'_>) -> String {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for attribute in columns {
        if let (Some(column), Some(value)) = (table.columns.get(*attribute), row.get(*attribute)) {
            names.push(String::from(&*column.name));
            values.push(shown(value, column.ty.oid, cx));
        }
    }
    format!("Key ({})=({})", names.join(", "), values.join(", "))
}

/// The attributes that a unique index keeps apart.
fn key_columns(index: &IndexDef) -> Vec<usize> {
    index.keys.iter().filter_map(|key| key.column).collect()
}

/// 23505, for the row whose key is there already.
pub fn duplicate(
    table: &TableDef,
    conflict: &UniqueConflict,
    row: &[Datum],
    cx: &ExecCx<'_>,
) -> SqlError {
    let Some(index) = table
        .indexes
        .iter()
        .find(|index| index.oid.0 == conflict.index_oid)
    else {
        return SqlError::bug("a unique conflict in an index that the table does not have");
    };
    let message = format!(
        "duplicate key value violates unique constraint \"{}\"",
        index.name
    );
    SqlError::user(SqlState::UNIQUE_VIOLATION, message)
        .detail(format!(
            "{} already exists.",
            key_text(table, &key_columns(index), row, cx)
        ))
        .schema(&table.schema_name)
        .table(&table.name)
        .constraint(&index.name)
}

pub fn could_not_serialize(what: &str) -> SqlError {
    SqlError::user(
        SqlState::SERIALIZATION_FAILURE,
        format!("could not serialize access due to concurrent {what}"),
    )
}
