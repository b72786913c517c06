//! What names mean at a place in a query.
//!
//! A scope is the tables of one FROM clause and a link to the scope around it. A column found in an
//! outer scope is simply its id: that makes the subquery correlated. Columns merged by USING or
//! NATURAL stand before the others under no table's name, and the ones they merge are hidden.

use super::tree::{ColumnId, SystemColumn};
use crate::parse::ast::Ident;
use crate::types::{Oid, SqlType};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError, SqlState};

#[derive(Clone)]
pub struct ScopeColumn {
    pub name: String,
    pub id: ColumnId,
    pub ty: SqlType,
    /// Table and attribute number.
    pub origin: (Oid, i16),
    /// Merged into a column of a join: only reachable by `table.column`, and left out of `*`.
    pub hidden: bool,
}

#[derive(Clone)]
pub struct ScopeTable {
    /// `None` for the merged columns of a join.
    pub alias: Option<String>,
    /// The schema, for `schema.table.column`; without an alias only.
    pub schema: Option<String>,
    pub columns: Vec<ScopeColumn>,
    pub system: Vec<(SystemColumn, ColumnId)>,
    /// Named in FROM to the left of a non-LATERAL item: known, but out of reach.
    pub barred: bool,
}

#[derive(Default)]
pub struct Scope<'s> {
    pub tables: Vec<ScopeTable>,
    pub outer: Option<&'s Scope<'s>>,
    /// System columns that were asked for.
    pub system_used: RefCell<Vec<ColumnId>>,
}

pub struct Found {
    pub id: ColumnId,
    pub ty: SqlType,
    pub origin: (Oid, i16),
}

impl<'s> Scope<'s> {
    pub fn outermost() -> Scope<'s> {
        Scope::default()
    }

    pub fn inside(outer: &'s Scope<'s>) -> Scope<'s> {
        Scope {
            tables: Vec::new(),
            outer: Some(outer),
            system_used: RefCell::default(),
        }
    }

    /// Whether a column is made by this scope's own FROM.
    pub fn owns(&self, id: ColumnId) -> bool {
        self.tables.iter().any(|table| {
            table.columns.iter().any(|column| column.id == id)
                || table.system.iter().any(|(_, system)| *system == id)
        })
    }

    /// The table and column a column id stands for, for messages.
    pub fn name_of(&self, id: ColumnId) -> Option<String> {
        self.tables.iter().find_map(|table| {
            let column = table.columns.iter().find(|column| column.id == id)?;
            Some(match &table.alias {
                Some(alias) => format!("{alias}.{}", column.name),
                None => column.name.clone(),
            })
        })
    }

    /// Looks a column up here and outwards. `Ok(None)`: nowhere.
    pub fn find(&self, parts: &[Ident]) -> Result<Option<Found>> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            let found = match parts {
                [column] => here.find_bare(column)?,
                [table, column] => here.find_in(None, table, column)?,
                [schema, table, column] => here.find_in(Some(schema), table, column)?,
                [_, schema, table, column] => here.find_in(Some(schema), table, column)?,
                _ => None,
            };
            if found.is_some() {
                return Ok(found);
            }
            scope = here.outer;
        }
        Ok(None)
    }

    fn find_bare(&self, column: &Ident) -> Result<Option<Found>> {
        let mut found: Option<Found> = None;
        for table in self.tables.iter().filter(|table| !table.barred) {
            for here in table
                .columns
                .iter()
                .filter(|c| c.name == column.name && !c.hidden)
            {
                if found.is_some() {
                    return Err(SqlError::user(
                        SqlState::AMBIGUOUS_COLUMN,
                        format!("column reference \"{}\" is ambiguous", column.name),
                    )
                    .at(column.pos));
                }
                found = Some(Found {
                    id: here.id,
                    ty: here.ty,
                    origin: here.origin,
                });
            }
        }
        if found.is_none() {
            found = self
                .tables
                .iter()
                .find_map(|table| system_column(table, &column.name));
        }
        Ok(found)
    }

    fn find_in(
        &self,
        schema: Option<&Ident>,
        table: &Ident,
        column: &Ident,
    ) -> Result<Option<Found>> {
        let Some(table) = self.table(schema.map(|s| s.name.as_str()), &table.name) else {
            return Ok(None);
        };
        if table.barred {
            return Err(barred(&table.alias, column.pos));
        }
        let here = table.columns.iter().find(|here| here.name == column.name);
        if let Some(here) = here {
            return Ok(Some(Found {
                id: here.id,
                ty: here.ty,
                origin: here.origin,
            }));
        }
        Ok(system_column(table, &column.name))
    }

    /// A table of this scope alone.
    pub fn table(&self, schema: Option<&str>, name: &str) -> Option<&ScopeTable> {
        self.tables.iter().find(|table| {
            table.alias.as_deref() == Some(name)
                && (schema.is_none() || table.schema.as_deref() == schema)
        })
    }

    /// A table here or outwards.
    pub fn find_table(&self, schema: Option<&str>, name: &str) -> Option<&ScopeTable> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(table) = here.table(schema, name) {
                return Some(table);
            }
            scope = here.outer;
        }
        None
    }
}

fn barred(alias: &Option<String>, pos: u32) -> SqlError {
    let name = alias.as_deref().unwrap_or("");
    SqlError::user(
        SqlState::UNDEFINED_TABLE,
        format!("invalid reference to FROM-clause entry for table \"{name}\""),
    )
    .detail(format!(
        "There is an entry for table \"{name}\", but it cannot be referenced from this part of the query."
    ))
    .at(pos)
}

fn system_column(table: &ScopeTable, name: &str) -> Option<Found> {
    let (column, id) = table
        .system
        .iter()
        .find(|(column, _)| system_name(*column) == name)?;
    Some(Found {
        id: *id,
        ty: SqlType::plain(system_type(*column)),
        origin: (Oid::INVALID, 0),
    })
}

pub fn system_name(column: SystemColumn) -> &'static str {
    match column {
        SystemColumn::Ctid => "ctid",
        SystemColumn::Xmin => "xmin",
        SystemColumn::Xmax => "xmax",
        SystemColumn::Cmin => "cmin",
        SystemColumn::Cmax => "cmax",
        SystemColumn::TableOid => "tableoid",
    }
}

pub fn system_type(column: SystemColumn) -> Oid {
    match column {
        SystemColumn::Ctid => Oid::TID,
        SystemColumn::Xmin | SystemColumn::Xmax => Oid::XID,
        SystemColumn::Cmin | SystemColumn::Cmax => Oid::CID,
        SystemColumn::TableOid => Oid::OID,
    }
}
