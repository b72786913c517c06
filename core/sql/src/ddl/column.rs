//! Columns: type, NOT NULL, default, identity, serial.

use super::sequence::{self, SequenceParameters};
use super::{Draft, class};
use crate::bind::type_of_name;
use crate::catalog::store::{AttrdefRow, AttributeRow};
use crate::parse::ast::{ColumnConstraintKind, ColumnDef, Expr, SequenceOption, TypeName};
use crate::parse::deparse;
use crate::types::{Oid, SqlType};
use alloc::format;
use alloc::string::String;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

/// The table that columns are added to.
#[derive(Clone, Copy)]
pub struct Owner<'n> {
    pub oid: Oid,
    pub schema: Oid,
    pub schema_name: &'n str,
    pub name: &'n str,
}

/// `serial` and its kin: the integer type below.
fn serial(name: &TypeName) -> Option<Oid> {
    match name.name.name.as_str() {
        "serial" | "serial4" => Some(Oid::INT4),
        "bigserial" | "serial8" => Some(Oid::INT8),
        "smallserial" | "serial2" => Some(Oid::INT2),
        _ => None,
    }
}

/// What a column's own clauses ask for, beside keys, checks and references.
#[derive(Default)]
struct Clauses<'a> {
    not_null: Option<bool>,
    default: Option<&'a Expr>,
    identity: Option<(bool, &'a [SequenceOption])>,
}

fn clauses(column: &ColumnDef) -> Result<Clauses<'_>> {
    let mut found = Clauses::default();
    for constraint in &column.constraints {
        let wanted = match &constraint.kind {
            ColumnConstraintKind::NotNull => Some(true),
            ColumnConstraintKind::PrimaryKey { .. } => {
                found.not_null = Some(true);
                None
            }
            ColumnConstraintKind::Null => Some(false),
            ColumnConstraintKind::Default(expr) => {
                if found.default.replace(expr).is_some() {
                    return Err(twice(column, "default values").at(constraint.pos));
                }
                None
            }
            ColumnConstraintKind::Identity { always, options } => {
                found.identity = Some((*always, options));
                found.not_null = Some(true);
                None
            }
            ColumnConstraintKind::Generated(_) => {
                let message = "generated columns are not supported";
                return Err(SqlError::unsupported(message).at(constraint.pos));
            }
            ColumnConstraintKind::Collate(name) if !is_code_point(&name.name) => {
                let message = format!("collation \"{}\" is not supported", name.name);
                return Err(SqlError::unsupported(message).at(constraint.pos));
            }
            _ => None,
        };
        if let Some(wanted) = wanted {
            if found.not_null.is_some_and(|before| before != wanted) {
                let message = format!(
                    "conflicting NULL/NOT NULL declarations for column \"{}\"",
                    column.name.name
                );
                return Err(SqlError::syntax(message).at(constraint.pos));
            }
            found.not_null = Some(wanted);
        }
    }
    Ok(found)
}

fn is_code_point(collation: &str) -> bool {
    matches!(
        collation,
        "C" | "POSIX" | "C.UTF-8" | "ucs_basic" | "default"
    )
}

fn twice(column: &ColumnDef, what: &str) -> SqlError {
    let message = format!(
        "multiple {what} specified for column \"{}\"",
        column.name.name
    );
    SqlError::syntax(message)
}

/// The text under which a default or check is stored.
pub fn stored_text(expr: &Expr) -> String {
    deparse::expr(expr)
}

impl Draft<'_> {
    /// Adds column number `number`; a sequence with it where it is serial or an identity.
    pub fn add_column(
        &mut self,
        owner: Owner<'_>,
        number: i16,
        column: &ColumnDef,
    ) -> Result<SqlType> {
        let Some(type_name) = &column.type_name else {
            let message = format!("column \"{}\" has no type", column.name.name);
            return Err(SqlError::syntax(message).at(column.name.pos));
        };
        let serial = serial(type_name);
        let ty = match serial {
            Some(oid) => SqlType::plain(oid),
            None => type_of_name(type_name)?,
        };
        if matches!(
            ty.oid,
            Oid::RECORD | Oid::ANY | Oid::VOID | Oid::UNKNOWN | Oid::ANYELEMENT
        ) {
            let message = format!(
                "column \"{}\" has pseudo-type {}",
                column.name.name,
                ty.name()
            );
            return Err(
                SqlError::user(SqlState::INVALID_TABLE_DEFINITION, message).at(column.name.pos)
            );
        }
        let clauses = clauses(column)?;
        let mut default = clauses.default.map(stored_text);
        if default.is_some() && (serial.is_some() || clauses.identity.is_some()) {
            return Err(twice(column, "default values").at(column.name.pos));
        }
        let identity = clauses.identity.map(|(always, _)| always);
        if identity.is_some() && !matches!(ty.oid, Oid::INT2 | Oid::INT4 | Oid::INT8) {
            let message = "identity column type must be smallint, integer, or bigint";
            return Err(SqlError::user(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        if serial.is_some() || identity.is_some() {
            let options = clauses.identity.map_or(&[][..], |(_, options)| options);
            default = Some(self.own_sequence(owner, number, column, ty.oid, options)?);
        }
        let not_null = clauses.not_null.unwrap_or(serial.is_some());
        self.put(AttributeRow {
            attrelid: owner.oid,
            attname: column.name.name.clone(),
            atttypid: ty.oid,
            attstattarget: -1,
            attnum: number,
            atttypmod: ty.typmod,
            attnotnull: not_null,
            atthasdef: default.is_some(),
            attmissingval: None,
            attidentity: match identity {
                Some(true) => 'a',
                Some(false) => 'd',
                None => ' ',
            },
            attgenerated: ' ',
            attisdropped: false,
        });
        if let Some(text) = default {
            self.set_default(owner.oid, number, text)?;
        }
        Ok(ty)
    }

    pub fn set_default(&mut self, table: Oid, number: i16, text: String) -> Result<()> {
        let oid = self.cx.numbers.take_oid()?;
        self.put(AttrdefRow {
            oid,
            adrelid: table,
            adnum: number,
            adbin: text,
        });
        let (what, on) = (
            (class::DEFAULT, oid, 0),
            (class::RELATION, table, i32::from(number)),
        );
        self.depends(what, on, 'a');
        Ok(())
    }

    /// The column's own sequence; the text of the default that calls it.
    fn own_sequence(
        &mut self,
        owner: Owner<'_>,
        number: i16,
        column: &ColumnDef,
        ty: Oid,
        options: &[SequenceOption],
    ) -> Result<String> {
        let name = self.free_relation_name(owner.schema, owner.name, &column.name.name, "seq");
        let parameters = SequenceParameters::parse(ty, options)?;
        let kind = if options.is_empty() { 'a' } else { 'i' };
        let oid = sequence::make(self, owner.schema, &name, &parameters)?;
        let on = (class::RELATION, owner.oid, i32::from(number));
        self.depends((class::RELATION, oid, 0), on, kind);
        let qualified = format!(
            "{}.{}",
            deparse::name(owner.schema_name),
            deparse::name(&name)
        );
        Ok(format!(
            "nextval('{}'::regclass)",
            qualified.replace('\'', "''")
        ))
    }
}
