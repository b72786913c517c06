//! Indexes: CREATE INDEX, and the ones that keys bring with them.

use super::{Draft, Step, class};
use crate::catalog::store::{ClassRow, IndexRow};
use crate::catalog::{Relation, TableDef};
use crate::parse::ast::{CreateIndex, ExprKind, IndexElement, NullsOrder, SortDirection};
use crate::types::{Oid, SqlType};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::Phys;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

/// Most columns of an index.
const COLUMNS_MAX: usize = 32;

#[derive(Clone, Copy)]
pub(super) struct IndexColumn {
    pub number: i16,
    pub descending: bool,
    pub nulls_first: bool,
}

impl IndexColumn {
    pub fn ascending(number: i16) -> IndexColumn {
        IndexColumn {
            number,
            descending: false,
            nulls_first: false,
        }
    }
}

/// An index whose particulars are decided.
pub(super) struct IndexPlan {
    pub name: String,
    pub schema: Oid,
    pub table: Oid,
    pub columns: Vec<IndexColumn>,
    pub include: Vec<i16>,
    pub unique: bool,
    pub primary: bool,
    pub nulls_not_distinct: bool,
}

impl Draft<'_> {
    pub(super) fn make_index(&mut self, plan: IndexPlan) -> Result<Oid> {
        if plan.columns.len() > COLUMNS_MAX {
            let message = format!("cannot use more than {COLUMNS_MAX} columns in an index");
            return Err(SqlError::user(SqlState::TOO_MANY_COLUMNS, message));
        }
        if plan.nulls_not_distinct {
            return Err(SqlError::unsupported("NULLS NOT DISTINCT is not supported"));
        }
        let oid = self.cx.numbers.take_oid()?;
        let relfilenode = self.cx.numbers.take_file()?;
        let keys = plan.columns.len() as i16;
        self.put(ClassRow {
            oid,
            relname: plan.name,
            relnamespace: plan.schema,
            relowner: self.cx.owner,
            relam: String::from("btree"),
            relfilenode: Oid(relfilenode),
            relpages: 0,
            reltuples: 0.0,
            relkind: 'i',
            relnatts: keys + plan.include.len() as i16,
            relacl: None,
            reloptions: None,
        });
        let option = |c: &IndexColumn| i16::from(c.descending) | i16::from(c.nulls_first) << 1;
        let indkey: Vec<i16> = plan
            .columns
            .iter()
            .map(|c| c.number)
            .chain(plan.include.iter().copied())
            .collect();
        for number in &indkey {
            let on = (class::RELATION, plan.table, i32::from(*number));
            self.depends((class::RELATION, oid, 0), on, 'a');
        }
        self.put(IndexRow {
            indexrelid: oid,
            indrelid: plan.table,
            indnatts: indkey.len() as i16,
            indnkeyatts: keys,
            indisunique: plan.unique,
            indnullsnotdistinct: plan.nulls_not_distinct,
            indisprimary: plan.primary,
            indisvalid: true,
            indoption: plan.columns.iter().map(option).collect(),
            indkey,
            indexprs: None,
            indpred: None,
        });
        self.steps.push(Step::BuildIndex {
            table: plan.table,
            index: oid,
        });
        Ok(oid)
    }
}

/// CREATE INDEX.
pub fn create_index(draft: &mut Draft<'_>, statement: &CreateIndex) -> Result<()> {
    refuse(statement)?;
    let name = &statement.table;
    let table = match draft
        .cx
        .catalog
        .find(draft.cx.path, name.schema.as_deref(), &name.name)
    {
        Some(Relation::Table(table)) => table,
        Some(other) => {
            let message = format!(
                "cannot create index on {} \"{}\"",
                other.kind_name(),
                name.name
            );
            return Err(SqlError::user(SqlState::WRONG_OBJECT_TYPE, message));
        }
        None => {
            let message = format!("relation \"{}\" does not exist", name.name);
            return Err(SqlError::user(SqlState::UNDEFINED_TABLE, message).at(name.pos));
        }
    };
    let columns: Vec<IndexColumn> = statement
        .elements
        .iter()
        .map(|e| element(&table, e))
        .collect::<Result<_>>()?;
    let include = statement.include.iter().map(|column| {
        let at = table
            .column_named(&column.name)
            .ok_or_else(|| no_column(&column.name, column.pos));
        at.map(|at| at as i16 + 1)
    });
    let include = include.collect::<Result<Vec<i16>>>()?;
    let index_name = match &statement.name {
        Some(given) => given.name.clone(),
        None => {
            let joined = columns
                .iter()
                .filter_map(|c| table.columns.get(c.number as usize - 1))
                .map(|c| &*c.name)
                .collect::<Vec<_>>()
                .join("_");
            draft.free_relation_name(table.schema, &table.name, &joined, "idx")
        }
    };
    if !draft.may_create(table.schema, &index_name, statement.if_not_exists)? {
        return Ok(());
    }
    draft.make_index(IndexPlan {
        name: index_name,
        schema: table.schema,
        table: table.oid,
        columns,
        include,
        unique: statement.unique,
        primary: false,
        nulls_not_distinct: statement.nulls_not_distinct,
    })?;
    Ok(())
}

fn refuse(statement: &CreateIndex) -> Result<()> {
    let at = |message: String| Err(SqlError::unsupported(message).at(statement.pos));
    if let Some(method) = statement.method.as_ref().filter(|m| m.name != "btree") {
        return at(format!(
            "access method \"{}\" is not supported",
            method.name
        ));
    }
    if statement.filter.is_some() {
        return at("partial indexes are not supported".into());
    }
    if statement.elements.is_empty() {
        return Err(SqlError::syntax("an index needs a column"));
    }
    Ok(())
}

fn no_column(name: &str, pos: u32) -> SqlError {
    SqlError::user(
        SqlState::UNDEFINED_COLUMN,
        format!("column \"{name}\" does not exist"),
    )
    .at(pos)
}

fn element(table: &TableDef, element: &IndexElement) -> Result<IndexColumn> {
    let at = element.expr.pos;
    let name = match &element.expr.kind {
        ExprKind::Column(parts) => parts.last(),
        _ => None,
    };
    let Some(name) = name else {
        return Err(SqlError::unsupported("indexes on expressions are not supported").at(at));
    };
    let Some(column) = table.column_named(&name.name) else {
        return Err(no_column(&name.name, at));
    };
    let ty = table
        .columns
        .get(column)
        .map_or(SqlType::plain(Oid::TEXT), |c| c.ty);
    if matches!(ty.oid, Oid::JSON) || ty.phys() == Phys::Array && ty.oid == Oid::RECORD {
        let message = format!(
            "data type {} has no default operator class for access method \"btree\"",
            ty.name()
        );
        return Err(SqlError::user(SqlState::UNDEFINED_OBJECT, message)
            .hint("You must specify an operator class for the index or define a default operator class for the data type."));
    }
    let descending = matches!(element.direction, SortDirection::Desc);
    let nulls_first = match element.nulls {
        NullsOrder::First => true,
        NullsOrder::Last => false,
        NullsOrder::Default => descending,
    };
    Ok(IndexColumn {
        number: column as i16 + 1,
        descending,
        nulls_first,
    })
}
