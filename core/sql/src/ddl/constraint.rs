//! Constraints: checks, keys with their indexes, foreign keys.

use super::column::{Owner, stored_text};
use super::index::{IndexColumn, IndexPlan};
use super::{Draft, Step, class};
use crate::catalog::derive::action_letter;
use crate::catalog::store::{AttributeRow, ConstraintRow, IndexRow};
use crate::parse::ast::{
    ColumnConstraint, ColumnConstraintKind, Deferral, Expr, Ident, KeyConstraint, MatchKind,
    References, TableConstraint, TableConstraintKind,
};
use crate::types::Oid;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;

/// A key as either form of the clause asks for it.
struct Key<'a> {
    name: Option<&'a Ident>,
    columns: Vec<&'a Ident>,
    primary: bool,
    nulls_not_distinct: bool,
    deferral: Deferral,
}

impl Draft<'_> {
    /// The constraint of a column's own clause, if it is one that is kept as a row.
    pub fn column_constraint(
        &mut self,
        owner: Owner<'_>,
        column: &Ident,
        constraint: &ColumnConstraint,
    ) -> Result<()> {
        let name = constraint.name.as_ref();
        let key = |primary, nulls_not_distinct| Key {
            name,
            columns: alloc::vec![column],
            primary,
            nulls_not_distinct,
            deferral: constraint.deferral,
        };
        match &constraint.kind {
            ColumnConstraintKind::Check { expr, .. } => self.check(owner, name, &column.name, expr),
            ColumnConstraintKind::Unique {
                nulls_not_distinct, ..
            } => self.key(owner, key(false, *nulls_not_distinct)),
            ColumnConstraintKind::PrimaryKey { .. } => self.key(owner, key(true, false)),
            ColumnConstraintKind::References(references) => {
                self.foreign(owner, name, &[column], references, constraint.deferral)
            }
            _ => Ok(()),
        }
    }

    pub fn table_constraint(
        &mut self,
        owner: Owner<'_>,
        constraint: &TableConstraint,
    ) -> Result<()> {
        let name = constraint.name.as_ref();
        let deferral = constraint.deferral;
        match &constraint.kind {
            TableConstraintKind::Check(expr) => self.check(owner, name, "", expr),
            TableConstraintKind::Unique(key) => {
                self.key(owner, plain_key(name, key, false, deferral)?)
            }
            TableConstraintKind::PrimaryKey(key) => {
                self.key(owner, plain_key(name, key, true, deferral)?)
            }
            TableConstraintKind::ForeignKey {
                columns,
                references,
            } => {
                let columns: Vec<&Ident> = columns.iter().collect();
                self.foreign(owner, name, &columns, references, deferral)
            }
            TableConstraintKind::UsingIndex { .. } => {
                let message = "ADD CONSTRAINT USING INDEX is not supported";
                Err(SqlError::unsupported(message).at(constraint.pos))
            }
            TableConstraintKind::Exclude(_) => {
                let message = "exclusion constraints are not supported";
                Err(SqlError::unsupported(message).at(constraint.pos))
            }
        }
    }

    /// The given name if it is free, or a chosen one.
    fn constraint_name(
        &self,
        owner: Owner<'_>,
        given: Option<&Ident>,
        columns: &str,
        label: &str,
    ) -> Result<String> {
        let Some(given) = given else {
            return Ok(self.free_constraint_name(owner.oid, owner.name, columns, label));
        };
        if self
            .rows
            .constraints_of(owner.oid)
            .any(|c| c.conname == given.name)
        {
            let message = format!(
                "constraint \"{}\" for relation \"{}\" already exists",
                given.name, owner.name
            );
            return Err(SqlError::user(SqlState::DUPLICATE_OBJECT, message));
        }
        Ok(given.name.clone())
    }

    fn check(
        &mut self,
        owner: Owner<'_>,
        name: Option<&Ident>,
        column: &str,
        expr: &Expr,
    ) -> Result<()> {
        let name = self.constraint_name(owner, name, column, "check")?;
        let oid = self.cx.numbers.take_oid()?;
        let row = ConstraintRow {
            conbin: Some(stored_text(expr)),
            ..blank(oid, owner, name, 'c')
        };
        self.put(row);
        self.constraint_depends(oid, owner.oid, &[]);
        self.steps.push(Step::Validate {
            table: owner.oid,
            constraint: oid,
        });
        Ok(())
    }

    fn key(&mut self, owner: Owner<'_>, key: Key<'_>) -> Result<()> {
        if key.deferral.deferrable {
            let message = "deferrable unique constraints are not supported";
            return Err(SqlError::unsupported(message));
        }
        let has_primary = self
            .rows
            .constraints_of(owner.oid)
            .any(|c| c.contype == 'p');
        if key.primary && has_primary {
            let message = format!(
                "multiple primary keys for table \"{}\" are not allowed",
                owner.name
            );
            return Err(SqlError::user(SqlState::INVALID_TABLE_DEFINITION, message));
        }
        let numbers = self.numbers_of(owner, &key.columns)?;
        if key.primary {
            self.set_not_null(owner.oid, &numbers);
        }
        let names: Vec<&str> = key.columns.iter().map(|c| c.name.as_str()).collect();
        let (label, columns) = if key.primary {
            ("pkey", String::new())
        } else {
            ("key", names.join("_"))
        };
        // The index has the constraint's name, so that both must be free.
        let name = match key.name {
            Some(given) if self.is_taken(owner.schema, &given.name) => {
                let message = format!("relation \"{}\" already exists", given.name);
                return Err(SqlError::user(SqlState::DUPLICATE_TABLE, message));
            }
            Some(_) => self.constraint_name(owner, key.name, &columns, label)?,
            None => self.free_relation_name(owner.schema, owner.name, &columns, label),
        };
        let index = self.make_index(IndexPlan {
            name: name.clone(),
            schema: owner.schema,
            table: owner.oid,
            columns: numbers.iter().map(|n| IndexColumn::ascending(*n)).collect(),
            include: Vec::new(),
            unique: true,
            primary: key.primary,
            nulls_not_distinct: key.nulls_not_distinct,
        })?;
        let oid = self.cx.numbers.take_oid()?;
        let contype = if key.primary { 'p' } else { 'u' };
        let row = ConstraintRow {
            conindid: index,
            conkey: numbers.clone(),
            ..blank(oid, owner, name, contype)
        };
        self.put(row);
        self.constraint_depends(oid, owner.oid, &numbers);
        self.depends(
            (class::RELATION, index, 0),
            (class::CONSTRAINT, oid, 0),
            'i',
        );
        Ok(())
    }

    fn foreign(
        &mut self,
        owner: Owner<'_>,
        name: Option<&Ident>,
        columns: &[&Ident],
        references: &References,
        deferral: Deferral,
    ) -> Result<()> {
        if references.matching == MatchKind::Partial {
            return Err(SqlError::unsupported("MATCH PARTIAL not yet implemented"));
        }
        if !references.delete_columns.is_empty() {
            let message = "a column list with SET NULL is not supported";
            return Err(SqlError::unsupported(message).at(references.table.pos));
        }
        let numbers = self.numbers_of(owner, columns)?;
        let parent = self.table_named(&references.table, owner)?;
        let (index, parent_numbers) = self.parent_key(&parent, references)?;
        if parent_numbers.len() != numbers.len() {
            let message = "number of referencing and referenced columns for foreign key disagree";
            return Err(SqlError::user(SqlState::INVALID_FOREIGN_KEY, message));
        }
        let joined = columns
            .iter()
            .map(|c| c.name.as_str())
            .collect::<Vec<_>>()
            .join("_");
        let name = self.constraint_name(owner, name, &joined, "fkey")?;
        let oid = self.cx.numbers.take_oid()?;
        let row = ConstraintRow {
            condeferrable: deferral.deferrable,
            condeferred: deferral.initially_deferred,
            conindid: index,
            confrelid: parent.oid,
            confupdtype: action_letter(&references.on_update),
            confdeltype: action_letter(&references.on_delete),
            confmatchtype: if references.matching == MatchKind::Full {
                'f'
            } else {
                's'
            },
            conkey: numbers.clone(),
            confkey: parent_numbers.clone(),
            ..blank(oid, owner, name, 'f')
        };
        self.put(row);
        self.constraint_depends(oid, owner.oid, &numbers);
        for number in &parent_numbers {
            let on = (class::RELATION, parent.oid, i32::from(*number));
            self.depends((class::CONSTRAINT, oid, 0), on, 'n');
        }
        self.depends(
            (class::CONSTRAINT, oid, 0),
            (class::RELATION, index, 0),
            'n',
        );
        self.steps.push(Step::Validate {
            table: owner.oid,
            constraint: oid,
        });
        Ok(())
    }

    /// The unique index of the parent and its columns, in the order in which the clause names them.
    fn parent_key(&self, parent: &Parent, references: &References) -> Result<(Oid, Vec<i16>)> {
        let usable =
            |row: &&IndexRow| row.indisunique && row.indexprs.is_none() && row.indpred.is_none();
        let mut indexes = self.rows.indexes_of(parent.oid).filter(usable);
        if references.columns.is_empty() {
            let Some(index) = indexes.find(|row| row.indisprimary) else {
                let message = format!(
                    "there is no primary key for referenced table \"{}\"",
                    parent.name
                );
                return Err(SqlError::user(SqlState::UNDEFINED_OBJECT, message));
            };
            let keys = index.indkey.iter().take(index.indnkeyatts.max(0) as usize);
            return Ok((index.indexrelid, keys.copied().collect()));
        }
        let mut numbers = Vec::new();
        for column in &references.columns {
            let row = self
                .rows
                .columns(parent.oid)
                .find(|c| c.attname == column.name && !c.attisdropped);
            let Some(row) = row else {
                let message = format!(
                    "column \"{}\" referenced in foreign key constraint does not exist",
                    column.name
                );
                return Err(SqlError::user(SqlState::UNDEFINED_COLUMN, message));
            };
            numbers.push(row.attnum);
        }
        let same = |row: &&IndexRow| {
            let keys = row
                .indkey
                .get(..row.indnkeyatts.max(0) as usize)
                .unwrap_or(&[]);
            keys.len() == numbers.len() && numbers.iter().all(|n| keys.contains(n))
        };
        match indexes.find(same) {
            Some(index) => Ok((index.indexrelid, numbers)),
            None => {
                let message = format!(
                    "there is no unique constraint matching given keys for referenced table \"{}\"",
                    parent.name
                );
                Err(SqlError::user(SqlState::INVALID_FOREIGN_KEY, message))
            }
        }
    }

    fn table_named(
        &self,
        name: &crate::parse::ast::QualifiedName,
        owner: Owner<'_>,
    ) -> Result<Parent> {
        // The table being made is in no snapshot yet.
        let own_schema = name
            .schema
            .as_deref()
            .is_none_or(|schema| schema == owner.schema_name);
        if own_schema && name.name == owner.name {
            return Ok(Parent {
                oid: owner.oid,
                name: owner.name.to_string(),
            });
        }
        match self
            .cx
            .catalog
            .find(self.cx.path, name.schema.as_deref(), &name.name)
        {
            Some(crate::catalog::Relation::Table(table)) => Ok(Parent {
                oid: table.oid,
                name: table.name.to_string(),
            }),
            Some(_) => {
                let message = format!("referenced relation \"{}\" is not a table", name.name);
                Err(SqlError::user(SqlState::WRONG_OBJECT_TYPE, message))
            }
            None => {
                let message = format!("relation \"{}\" does not exist", name.name);
                Err(SqlError::user(SqlState::UNDEFINED_TABLE, message).at(name.pos))
            }
        }
    }

    /// The attribute numbers of columns named in a key.
    pub fn numbers_of(&self, owner: Owner<'_>, columns: &[&Ident]) -> Result<Vec<i16>> {
        let mut numbers = Vec::new();
        for column in columns {
            let row = self
                .rows
                .columns(owner.oid)
                .find(|c| c.attname == column.name && !c.attisdropped);
            let Some(row) = row else {
                let message = format!("column \"{}\" named in key does not exist", column.name);
                return Err(SqlError::user(SqlState::UNDEFINED_COLUMN, message).at(column.pos));
            };
            if numbers.contains(&row.attnum) {
                let message = format!("column \"{}\" appears twice in a key", column.name);
                return Err(SqlError::user(SqlState::DUPLICATE_COLUMN, message).at(column.pos));
            }
            numbers.push(row.attnum);
        }
        Ok(numbers)
    }

    fn set_not_null(&mut self, table: Oid, numbers: &[i16]) {
        let nullable = |c: &&AttributeRow| numbers.contains(&c.attnum) && !c.attnotnull;
        let rows: Vec<AttributeRow> = self.rows.columns(table).filter(nullable).cloned().collect();
        for row in rows {
            self.put(AttributeRow {
                attnotnull: true,
                ..row
            });
        }
    }

    fn constraint_depends(&mut self, constraint: Oid, table: Oid, numbers: &[i16]) {
        let whole = [0];
        let subs: Vec<i32> = match numbers {
            [] => whole.to_vec(),
            some => some.iter().map(|n| i32::from(*n)).collect(),
        };
        for sub in subs {
            self.depends(
                (class::CONSTRAINT, constraint, 0),
                (class::RELATION, table, sub),
                'a',
            );
        }
    }
}

struct Parent {
    oid: Oid,
    name: String,
}

fn plain_key<'a>(
    name: Option<&'a Ident>,
    key: &'a KeyConstraint,
    primary: bool,
    deferral: Deferral,
) -> Result<Key<'a>> {
    if !key.include.is_empty() {
        return Err(SqlError::unsupported(
            "INCLUDE columns of a constraint are not supported",
        ));
    }
    let (columns, nulls_not_distinct) = (key.columns.iter().collect(), key.nulls_not_distinct);
    Ok(Key {
        name,
        columns,
        primary,
        nulls_not_distinct,
        deferral,
    })
}

/// A row with nothing but what all kinds have.
fn blank(oid: Oid, owner: Owner<'_>, conname: String, contype: char) -> ConstraintRow {
    ConstraintRow {
        oid,
        conname,
        connamespace: owner.schema,
        contype,
        condeferrable: false,
        condeferred: false,
        conrelid: owner.oid,
        conindid: Oid::INVALID,
        confrelid: Oid::INVALID,
        confupdtype: ' ',
        confdeltype: ' ',
        confmatchtype: ' ',
        conkey: Vec::new(),
        confkey: Vec::new(),
        conbin: None,
    }
}
