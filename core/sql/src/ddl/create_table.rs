//! CREATE TABLE.

use super::column::Owner;
use super::{Draft, Step, class};
use crate::catalog::derive::schema_name;
use crate::catalog::store::ClassRow;
use crate::parse::ast::{ColumnDef, CreateTable, Persistence, TableElement};
use crate::types::Oid;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

const COLUMNS_MAX: usize = vitrine_data::tuple::MAX_ATTRS;

/// The steps that make the table; its OID, or `None` where IF NOT EXISTS found one.
pub fn create_table(draft: &mut Draft<'_>, statement: &CreateTable) -> Result<Option<Oid>> {
    let method = refuse(statement)?;
    let schema = draft.schema_for(&statement.name)?;
    let name = &statement.name.name;
    if !draft.may_create(schema, name, statement.if_not_exists)? {
        return Ok(None);
    }
    let columns = columns(statement)?;
    let oid = draft.cx.numbers.take_oid()?;
    let relfilenode = draft.cx.numbers.take_file()?;
    let schema_name = schema_name(&draft.rows, schema);
    let owner = Owner {
        oid,
        schema,
        schema_name: &schema_name,
        name,
    };
    draft.put(ClassRow {
        oid,
        relname: name.clone(),
        relnamespace: schema,
        relowner: draft.cx.owner,
        relam: method,
        relfilenode: Oid(relfilenode),
        relpages: 0,
        reltuples: -1.0,
        relkind: 'r',
        relnatts: columns.len() as i16,
        relacl: None,
        reloptions: None,
    });
    draft.depends((class::RELATION, oid, 0), (class::SCHEMA, schema, 0), 'n');
    draft.steps.push(Step::MakeTable { relfilenode });
    for (at, column) in columns.iter().enumerate() {
        draft.add_column(owner, at as i16 + 1, column)?;
    }
    add_constraints(draft, owner, statement, &columns)?;
    Ok(Some(oid))
}

/// Keys first: a foreign key may point at a key of the same table.
fn add_constraints(
    draft: &mut Draft<'_>,
    owner: Owner<'_>,
    statement: &CreateTable,
    columns: &[&ColumnDef],
) -> Result<()> {
    use crate::parse::ast::{ColumnConstraintKind, TableConstraintKind};
    for references in [false, true] {
        for column in columns {
            for constraint in &column.constraints {
                let is_reference = matches!(constraint.kind, ColumnConstraintKind::References(_));
                if is_reference == references {
                    draft.column_constraint(owner, &column.name, constraint)?;
                }
            }
        }
        for element in &statement.elements {
            if let TableElement::Constraint(constraint) = element {
                let is_reference =
                    matches!(constraint.kind, TableConstraintKind::ForeignKey { .. });
                if is_reference == references {
                    draft.table_constraint(owner, constraint)?;
                }
            }
        }
    }
    Ok(())
}

/// The access method's name, if everything the statement asks for is known.
fn refuse(statement: &CreateTable) -> Result<String> {
    let no =
        |what: &str| Err(SqlError::unsupported(format!("{what} not supported")).at(statement.pos));
    if statement.persistence != Persistence::Permanent {
        return no("temporary and unlogged tables are");
    }
    if statement.of_type.is_some() {
        return no("tables of a type are");
    }
    if statement.partition_of.is_some() || statement.partition_by.is_some() {
        return no("partitioned tables are");
    }
    if !statement.inherits.is_empty() {
        return no("inheritance is");
    }
    if let Some(option) = statement.options.first() {
        if !matches!(option.name.as_str(), "fillfactor" | "oids") {
            let message = format!("unrecognized parameter \"{}\"", option.name);
            return Err(SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message).at(option.pos));
        }
        return no("storage parameters are");
    }
    match &statement.using {
        Some(method) if method.name != "heap" => {
            let message = format!("access method \"{}\" does not exist", method.name);
            Err(SqlError::user(SqlState::UNDEFINED_OBJECT, message).at(method.pos))
        }
        _ => Ok(String::from("heap")),
    }
}

fn columns(statement: &CreateTable) -> Result<Vec<&ColumnDef>> {
    let mut columns: Vec<&ColumnDef> = Vec::new();
    for element in &statement.elements {
        match element {
            TableElement::Column(column) => {
                let name = &column.name.name;
                if columns.iter().any(|c| c.name.name == *name) {
                    let message = format!("column \"{name}\" specified more than once");
                    return Err(SqlError::user(SqlState::DUPLICATE_COLUMN, message));
                }
                if SYSTEM_COLUMNS.contains(&name.as_str()) {
                    let message =
                        format!("column name \"{name}\" conflicts with a system column name");
                    return Err(SqlError::user(SqlState::DUPLICATE_COLUMN, message));
                }
                columns.push(column);
            }
            TableElement::Like(like) => {
                let message = "LIKE in CREATE TABLE is not supported";
                return Err(SqlError::unsupported(message).at(like.table.pos));
            }
            TableElement::Constraint(_) => {}
        }
    }
    if columns.len() > COLUMNS_MAX {
        let message = format!("tables can have at most {COLUMNS_MAX} columns");
        return Err(SqlError::user(SqlState::TOO_MANY_COLUMNS, message));
    }
    Ok(columns)
}

const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"];
