//! ALTER TABLE: columns, defaults, NOT NULL, constraints, names.
//!
//! A new column's constant default is kept in the column's row as the value of older rows, so that no
//! row is rewritten; any other default is written into the rows afterwards ([`Follow::Fill`]). What
//! changes the rows' form (ALTER TYPE) is left out.

use super::column::{Owner, stored_text};
use super::{Draft, DropTarget, class, drop_objects};
use crate::catalog::store::{AttributeRow, ClassRow};
use crate::catalog::{Relation, TableDef};
use crate::parse::ast::{
    AlterActionKind, AlterTable, ColumnAction, ColumnConstraintKind, ColumnDef, Expr, ExprKind,
    Ident,
};
use crate::types::Oid;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

/// What the rows need after the catalogue has changed.
pub enum Follow {
    /// The column's default, into every row.
    Fill(String),
    /// No row may have a null there.
    NoNulls(String),
}

/// Decides on all actions of the statement, in order.
pub fn alter_table(
    draft: &mut Draft<'_>,
    statement: &AlterTable,
    found: &Relation,
) -> Result<Vec<Follow>> {
    let mut follow = Vec::new();
    for action in &statement.actions {
        match (&action.kind, found) {
            (AlterActionKind::RenameTable(name), found) => rename(draft, found.oid(), name)?,
            (AlterActionKind::OwnerTo(_), _) => {}
            (kind, Relation::Table(table)) => {
                one(draft, table, kind, &mut follow).map_err(|e| {
                    let pos = e.position.unwrap_or(action.pos);
                    if e.code == SqlState::FEATURE_NOT_SUPPORTED {
                        e.at(pos)
                    } else {
                        e
                    }
                })?
            }
            (_, other) => {
                let message = format!("this ALTER of a {} is not supported", other.kind_name());
                return Err(SqlError::unsupported(message).at(action.pos));
            }
        }
    }
    Ok(follow)
}

fn one(
    draft: &mut Draft<'_>,
    table: &TableDef,
    kind: &AlterActionKind,
    follow: &mut Vec<Follow>,
) -> Result<()> {
    let owner = Owner {
        oid: table.oid,
        schema: table.schema,
        schema_name: &table.schema_name,
        name: &table.name,
    };
    match kind {
        AlterActionKind::AddColumn {
            column,
            if_not_exists,
        } => add_column(draft, owner, column, *if_not_exists, follow),
        AlterActionKind::DropColumn {
            column,
            if_exists,
            cascade,
        } => {
            let row = match attribute(draft, owner, column) {
                Err(_) if *if_exists => {
                    let message = format!(
                        "column \"{}\" of relation \"{}\" does not exist, skipping",
                        column.name, owner.name
                    );
                    draft.notices.push(SqlError::notice(message));
                    return Ok(());
                }
                row => row?,
            };
            let object = (class::RELATION, owner.oid, i32::from(row.attnum));
            let description = format!("column {} of table {}", column.name, owner.name);
            drop_objects(
                draft,
                &[DropTarget {
                    object,
                    description,
                }],
                *cascade,
            )
        }
        AlterActionKind::AlterColumn { column, action } => {
            alter_column(draft, owner, column, action, follow)
        }
        AlterActionKind::AddConstraint(constraint) => draft.table_constraint(owner, constraint),
        AlterActionKind::DropConstraint {
            name,
            if_exists,
            cascade,
        } => {
            let found = draft
                .rows
                .constraints_of(owner.oid)
                .find(|c| c.conname == name.name);
            let Some(oid) = found.map(|row| row.oid) else {
                let message = format!(
                    "constraint \"{}\" of relation \"{}\" does not exist",
                    name.name, owner.name
                );
                if *if_exists {
                    draft
                        .notices
                        .push(SqlError::notice(format!("{message}, skipping")));
                    return Ok(());
                }
                return Err(SqlError::user(SqlState::UNDEFINED_OBJECT, message));
            };
            drop_constraint(draft, owner, oid, name, *cascade)
        }
        AlterActionKind::RenameColumn { from, to } => {
            let mut row = attribute(draft, owner, from)?;
            free_column(draft, owner, to)?;
            row.attname = to.name.clone();
            draft.put(row);
            Ok(())
        }
        AlterActionKind::RenameConstraint { from, to } => {
            let found = draft
                .rows
                .constraints_of(owner.oid)
                .find(|c| c.conname == from.name);
            let Some(mut row) = found.cloned() else {
                let message = format!(
                    "constraint \"{}\" for table \"{}\" does not exist",
                    from.name, owner.name
                );
                return Err(SqlError::user(SqlState::UNDEFINED_OBJECT, message));
            };
            row.conname = to.name.clone();
            draft.put(row);
            Ok(())
        }
        AlterActionKind::ValidateConstraint(_) => Ok(()),
        _ => Err(SqlError::unsupported(
            "this action of ALTER TABLE is not supported",
        )),
    }
}

fn attribute(draft: &Draft<'_>, owner: Owner<'_>, column: &Ident) -> Result<AttributeRow> {
    let mut rows = draft.rows.columns(owner.oid);
    let found = rows.find(|row| !row.attisdropped && row.attname == column.name);
    found.cloned().ok_or_else(|| {
        SqlError::user(
            SqlState::UNDEFINED_COLUMN,
            format!(
                "column \"{}\" of relation \"{}\" does not exist",
                column.name, owner.name
            ),
        )
    })
}

fn free_column(draft: &Draft<'_>, owner: Owner<'_>, column: &Ident) -> Result<()> {
    if attribute(draft, owner, column).is_err() {
        return Ok(());
    }
    Err(SqlError::user(
        SqlState::DUPLICATE_COLUMN,
        format!(
            "column \"{}\" of relation \"{}\" already exists",
            column.name, owner.name
        ),
    ))
}

fn add_column(
    draft: &mut Draft<'_>,
    owner: Owner<'_>,
    column: &ColumnDef,
    if_not_exists: bool,
    follow: &mut Vec<Follow>,
) -> Result<()> {
    if let Err(error) = free_column(draft, owner, &column.name) {
        if if_not_exists {
            draft
                .notices
                .push(SqlError::notice(format!("{}, skipping", error.message)));
            return Ok(());
        }
        return Err(error);
    }
    let number = draft
        .rows
        .columns(owner.oid)
        .map(|row| row.attnum)
        .max()
        .unwrap_or(0)
        + 1;
    draft.add_column(owner, number, column)?;
    let added = draft
        .rows
        .attributes
        .get(&(owner.oid, number))
        .map(|(row, _)| AttributeRow::clone(row));
    if let Some(mut row) = added {
        let default = column
            .constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                ColumnConstraintKind::Default(expr) => Some(expr),
                _ => None,
            });
        match default.and_then(literal) {
            Some(text) => {
                row.attmissingval = Some(text);
                draft.put(row);
            }
            None if row.atthasdef => follow.push(Follow::Fill(row.attname.clone())),
            None if row.attnotnull => follow.push(Follow::NoNulls(row.attname.clone())),
            None => {}
        }
    }
    if let Some(class) = draft
        .rows
        .classes
        .get(&(owner.oid,))
        .map(|(row, _)| ClassRow::clone(row))
    {
        draft.put(ClassRow {
            relnatts: number,
            ..class
        });
    }
    for constraint in &column.constraints {
        draft.column_constraint(owner, &column.name, constraint)?;
    }
    Ok(())
}

/// The text form of a plain constant.
fn literal(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Integer(text) | ExprKind::Decimal(text) | ExprKind::String(text) => {
            Some(text.clone())
        }
        ExprKind::Bool(value) => Some(String::from(if *value { "t" } else { "f" })),
        ExprKind::TypedLiteral { value, .. } => Some(value.clone()),
        ExprKind::Unary { op, expr } if op.name == "-" => Some(format!("-{}", literal(expr)?)),
        ExprKind::Cast { expr, .. } if matches!(expr.kind, ExprKind::String(_)) => literal(expr),
        _ => None,
    }
}

fn alter_column(
    draft: &mut Draft<'_>,
    owner: Owner<'_>,
    column: &Ident,
    action: &ColumnAction,
    follow: &mut Vec<Follow>,
) -> Result<()> {
    let mut row = attribute(draft, owner, column)?;
    match action {
        ColumnAction::SetDefault(expr) => {
            drop_default(draft, owner.oid, row.attnum)?;
            draft.set_default(owner.oid, row.attnum, stored_text(expr))?;
            row.atthasdef = true;
        }
        ColumnAction::DropDefault => {
            drop_default(draft, owner.oid, row.attnum)?;
            row.atthasdef = false;
        }
        ColumnAction::SetNotNull => {
            follow.push(Follow::NoNulls(row.attname.clone()));
            row.attnotnull = true;
        }
        ColumnAction::DropNotNull => {
            let keys = draft.rows.constraints_of(owner.oid);
            let mut primary = keys.filter(|c| c.contype == 'p');
            if primary.any(|c| c.conkey.contains(&row.attnum)) {
                return Err(SqlError::user(
                    SqlState::INVALID_TABLE_DEFINITION,
                    format!("column \"{}\" is in a primary key", column.name),
                ));
            }
            row.attnotnull = false;
        }
        ColumnAction::SetStatistics(target) => row.attstattarget = *target,
        ColumnAction::SetStorage(_) | ColumnAction::SetCompression(_) => {}
        _ => return Err(SqlError::unsupported("this ALTER COLUMN is not supported")),
    }
    draft.put(row);
    Ok(())
}

fn drop_default(draft: &mut Draft<'_>, table: Oid, number: i16) -> Result<()> {
    let Some((row, _)) = draft.rows.defaults.get(&(table, number)).cloned() else {
        return Ok(());
    };
    let object = (class::DEFAULT, row.oid, 0);
    drop_objects(
        draft,
        &[DropTarget {
            object,
            description: String::from("default value"),
        }],
        false,
    )
}

/// A key's constraint goes with the index that it rests on.
fn drop_constraint(
    draft: &mut Draft<'_>,
    owner: Owner<'_>,
    oid: Oid,
    name: &Ident,
    cascade: bool,
) -> Result<()> {
    let description = format!("constraint {} on table {}", name.name, owner.name);
    let row = draft
        .rows
        .constraints
        .get(&(oid,))
        .map(|(row, _)| row.clone());
    let mut targets = alloc::vec![DropTarget {
        object: (class::CONSTRAINT, oid, 0),
        description
    }];
    if let Some(row) = row.filter(|row| matches!(row.contype, 'p' | 'u')) {
        let description = format!("index {}", name.name);
        targets.push(DropTarget {
            object: (class::RELATION, row.conindid, 0),
            description,
        });
    }
    drop_objects(draft, &targets, cascade)
}

fn rename(draft: &mut Draft<'_>, oid: Oid, name: &Ident) -> Result<()> {
    let Some((row, _)) = draft.rows.classes.get(&(oid,)).cloned() else {
        return Err(SqlError::bug("a relation without its row"));
    };
    let mut row = (*row).clone();
    if draft.is_taken(row.relnamespace, &name.name) {
        let message = format!("relation \"{}\" already exists", name.name);
        return Err(SqlError::user(SqlState::DUPLICATE_TABLE, message));
    }
    row.relname = name.name.clone();
    draft.put(row);
    Ok(())
}
