//! Definitions: from a CREATE, ALTER or DROP to the steps that carry it out.
//!
//! This room decides and does nothing itself. It looks at one catalogue snapshot and gives a [`Draft`]:
//! rows to put into or take out of catalogue tables, files to make or give up, indexes to fill,
//! constraints to check against the rows that are there. The session then performs the steps in order
//! within the transaction; a rollback takes all of them back.
//!
//! Rules.
//! 1. A draft never reads table rows and never waits. What needs them is a step.
//! 2. Within a draft, names are checked against the snapshot and the draft's own rows.
//! 3. Chosen names follow PostgreSQL: `t_pkey`, `t_a_b_key`, `t_a_fkey`, `t_a_check`, `t_a_seq`,
//!    `t_a_idx`, shortened to 63 bytes, with a number behind where taken.
//! 4. What depends on what is written to `pg_depend` here, and asked there by DROP.
//!
//! Source: PostgreSQL 15, `commands/tablecmds.c`, `parser/parse_utilcmd.c`, `catalog/dependency.c`.

mod alter;
mod column;
mod constraint;
mod create_table;
mod drop;
mod index;
mod name;
mod sequence;
#[cfg(test)]
mod tests;

pub use alter::{Follow, alter_table};
pub use create_table::create_table;
pub use drop::{DropTarget, drop_objects};
pub use index::create_index;
pub use sequence::{SequenceParameters, create_sequence};

use crate::catalog::CatalogSnapshot;
use crate::catalog::store::{AnyRow, Change, DependRow, RowSet};
use crate::parse::ast::QualifiedName;
use crate::types::Oid;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;
use vitrine_engine::access::Locator;

/// OIDs of the catalogue tables that `pg_depend` names.
pub mod class {
    use crate::types::Oid;
    pub const RELATION: Oid = Oid(1259);
    pub const CONSTRAINT: Oid = Oid(2606);
    pub const SCHEMA: Oid = Oid(2615);
    pub const DEFAULT: Oid = Oid(2604);
}

/// One thing to do. In order; each may rely on those before it.
#[derive(Clone)]
pub enum Step {
    Put(AnyRow),
    Remove(AnyRow),
    /// A file for a table's rows.
    MakeTable {
        relfilenode: u32,
    },
    /// A file for a sequence, and its first value.
    MakeSequence {
        relfilenode: u32,
        start: i64,
    },
    /// A file for an index, filled from the table's rows as they are.
    BuildIndex {
        table: Oid,
        index: Oid,
    },
    /// The table's rows must satisfy the constraint.
    Validate {
        table: Oid,
        constraint: Oid,
    },
    /// The files go when the transaction commits.
    DropFiles {
        relfilenode: u32,
        kind: char,
    },
}

/// Where new numbers come from.
pub trait Numbers {
    fn take_oid(&self) -> Result<Oid>;
    fn take_file(&self) -> Result<u32>;
}

/// What a definition may look at.
#[derive(Clone, Copy)]
pub struct DdlCx<'a> {
    pub catalog: &'a CatalogSnapshot,
    pub numbers: &'a dyn Numbers,
    /// The schemas of `search_path` that there are.
    pub path: &'a [String],
    pub owner: Oid,
}

/// The steps gathered so far.
pub struct Draft<'a> {
    pub cx: DdlCx<'a>,
    pub steps: Vec<Step>,
    pub notices: Vec<SqlError>,
    /// The catalogue rows as they will be.
    pub rows: RowSet,
}

impl<'a> Draft<'a> {
    pub fn new(cx: DdlCx<'a>) -> Draft<'a> {
        let rows = cx.catalog.rows.clone();
        Draft {
            cx,
            steps: Vec::new(),
            notices: Vec::new(),
            rows,
        }
    }

    pub fn put(&mut self, row: impl Into<AnyRow>) {
        let row = row.into();
        self.rows
            .apply(&Change::Put(row.clone(), Locator::Short(u64::MAX)));
        self.steps.push(Step::Put(row));
    }

    pub fn remove(&mut self, row: impl Into<AnyRow>) {
        let row = row.into();
        self.rows.apply(&Change::Remove(row.clone()));
        self.steps.push(Step::Remove(row));
    }

    pub fn notice(&mut self, code: SqlState, message: String) {
        let mut notice = SqlError::notice(message);
        notice.code = code;
        self.notices.push(notice);
    }

    /// `what` cannot be without `on`. `kind`: `n` normal, `a` goes with it, `i` part of it.
    pub fn depends(&mut self, what: (Oid, Oid, i32), on: (Oid, Oid, i32), kind: char) {
        self.put(DependRow {
            classid: what.0,
            objid: what.1,
            objsubid: what.2,
            refclassid: on.0,
            refobjid: on.1,
            refobjsubid: on.2,
            deptype: kind,
        });
    }

    /// The schema a new object goes to: the one named, or the first of the path.
    pub fn schema_for(&self, name: &QualifiedName) -> Result<Oid> {
        let wanted = match &name.schema {
            Some(schema) => Some(schema),
            None => self.cx.path.first(),
        };
        let Some(wanted) = wanted else {
            let message = "no schema has been selected to create in";
            return Err(SqlError::user(SqlState::INVALID_SCHEMA_NAME, message).at(name.pos));
        };
        let row = self
            .rows
            .namespaces
            .values()
            .find(|(row, _)| row.nspname == **wanted);
        let Some((row, _)) = row else {
            let message = format!("schema \"{wanted}\" does not exist");
            return Err(SqlError::user(SqlState::INVALID_SCHEMA_NAME, message).at(name.pos));
        };
        if row.oid == Oid(11) || row.oid == Oid(13000) {
            let message = format!("permission denied to create \"{wanted}.{}\"", name.name);
            return Err(SqlError::user(SqlState::INSUFFICIENT_PRIVILEGE, message)
                .detail("System catalog modifications are currently disallowed."));
        }
        Ok(row.oid)
    }

    /// Whether a relation of this name is in the schema.
    pub fn is_taken(&self, schema: Oid, name: &str) -> bool {
        let mut classes = self.rows.classes.values().map(|(class, _)| class);
        classes.any(|class| class.relnamespace == schema && class.relname == name)
    }

    /// False if the name is taken and that is all right (IF NOT EXISTS).
    pub fn may_create(&mut self, schema: Oid, name: &str, if_not_exists: bool) -> Result<bool> {
        if !self.is_taken(schema, name) {
            return Ok(true);
        }
        let message = format!("relation \"{name}\" already exists");
        if if_not_exists {
            self.notice(SqlState::DUPLICATE_TABLE, format!("{message}, skipping"));
            return Ok(false);
        }
        Err(SqlError::user(SqlState::DUPLICATE_TABLE, message))
    }
}
