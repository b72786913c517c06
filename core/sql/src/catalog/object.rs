//! The objects a user defines, as the binder and the executor see them.
//!
//! Definitions are immutable and shared (`Rc`): a statement that runs keeps the ones it was planned
//! with, while a newer generation may already be in the catalogue. Expressions of defaults, checks
//! and indexes are kept as the text that the catalogue tables hold and are bound where needed; the
//! key makers of indexes are made once, when the definition is.

use crate::types::{Oid, SqlType};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::TupleDesc;
use vitrine_engine::access::{IndexDef as EngineIndex, TableAccess};

pub use crate::parse::ast::{MatchKind, ReferentialAction};

#[derive(Clone)]
pub struct SchemaDef {
    pub oid: Oid,
    pub name: Rc<str>,
    pub owner: Oid,
}

/// A column; dropped ones stay, so that attribute numbers and old tuples keep their meaning.
#[derive(Clone)]
pub struct ColumnDef {
    pub name: Rc<str>,
    pub ty: SqlType,
    pub not_null: bool,
    pub dropped: bool,
    /// DEFAULT, or the expression of a generated column, as text.
    pub default: Option<Rc<str>>,
    pub generated: bool,
    /// `Some(true)`: GENERATED ALWAYS AS IDENTITY.
    pub identity: Option<bool>,
    /// The value for rows older than the column (`ADD COLUMN … DEFAULT`), in text form.
    pub missing: Option<Rc<str>>,
    pub statistics: Option<Rc<ColumnStatistics>>,
}

/// What ANALYZE found. Values are in the text form of the type.
#[derive(Clone, Default)]
pub struct ColumnStatistics {
    pub null_fraction: f64,
    pub width_bytes: u32,
    /// As `stadistinct`: positive a number, negative a fraction of the rows.
    pub distinct: f64,
    pub common_values: Vec<(String, f64)>,
    pub histogram: Vec<String>,
    pub correlation: f64,
}

pub struct TableDef {
    pub oid: Oid,
    pub relfilenode: u32,
    pub schema: Oid,
    pub schema_name: Rc<str>,
    pub name: Rc<str>,
    pub columns: Vec<ColumnDef>,
    pub indexes: Vec<Rc<IndexDef>>,
    pub constraints: Vec<Rc<ConstraintDef>>,
    /// Foreign keys of other tables (or this one) that point here.
    pub referenced_by: Vec<Rc<ConstraintDef>>,
    /// What ANALYZE, VACUUM or CREATE INDEX last counted; −1 for never.
    pub rows: f64,
    pub pages: u32,
    pub owner: Oid,
    /// Catalogue tables: not to be changed by users.
    pub system: bool,
    pub desc: Rc<TupleDesc>,
    /// The door to the rows and the indexes.
    pub access: Rc<dyn TableAccess>,
}

impl TableDef {
    /// Attribute index (from 0) of a live column.
    pub fn column_named(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| !column.dropped && &*column.name == name)
    }

    pub fn live_columns(&self) -> impl Iterator<Item = (usize, &ColumnDef)> {
        self.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.dropped)
    }
}

/// One key column of an index.
#[derive(Clone)]
pub struct IndexKey {
    /// Attribute index from 0, or `None` for an expression.
    pub column: Option<usize>,
    pub expression: Option<Rc<str>>,
    pub ty: SqlType,
    pub descending: bool,
    pub nulls_first: bool,
}

pub struct IndexDef {
    pub oid: Oid,
    pub relfilenode: u32,
    pub name: Rc<str>,
    pub table: Oid,
    pub keys: Vec<IndexKey>,
    /// INCLUDE columns: attribute indexes.
    pub include: Vec<usize>,
    pub unique: bool,
    pub primary: bool,
    pub nulls_not_distinct: bool,
    /// WHERE of a partial index.
    pub predicate: Option<Rc<str>>,
    /// As the access method knows it; its key maker makes keys from whole rows.
    pub engine: EngineIndex,
}

pub struct ConstraintDef {
    pub oid: Oid,
    pub name: Rc<str>,
    pub table: Oid,
    pub kind: ConstraintKind,
}

pub enum ConstraintKind {
    Check { expression: Rc<str> },
    Primary { index: Oid, columns: Vec<usize> },
    Unique { index: Oid, columns: Vec<usize> },
    Foreign(ForeignKeyDef),
}

pub struct ForeignKeyDef {
    pub columns: Vec<usize>,
    pub parent: Oid,
    pub parent_columns: Vec<usize>,
    /// Unique index of the parent that the key rests on.
    pub parent_index: Oid,
    pub on_update: ReferentialAction,
    pub on_delete: ReferentialAction,
    pub matching: MatchKind,
    pub deferrable: bool,
    pub initially_deferred: bool,
}

pub struct SequenceDef {
    pub oid: Oid,
    pub relfilenode: u32,
    pub schema: Oid,
    pub schema_name: Rc<str>,
    pub name: Rc<str>,
    pub ty: Oid,
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cycle: bool,
    /// Table and attribute index that own it.
    pub owned_by: Option<(Oid, usize)>,
}

pub struct ViewDef {
    pub oid: Oid,
    pub schema: Oid,
    pub schema_name: Rc<str>,
    pub name: Rc<str>,
    pub columns: Vec<(Rc<str>, SqlType)>,
    /// The query as text, bound anew wherever the view is used.
    pub query: Rc<str>,
}

/// Whatever a relation's name may mean.
#[derive(Clone)]
pub enum Relation {
    Table(Rc<TableDef>),
    View(Rc<ViewDef>),
    Sequence(Rc<SequenceDef>),
    Index(Rc<IndexDef>),
    System(&'static super::views::SystemView),
}

impl Relation {
    pub fn oid(&self) -> Oid {
        match self {
            Relation::Table(def) => def.oid,
            Relation::View(def) => def.oid,
            Relation::Sequence(def) => def.oid,
            Relation::Index(def) => def.oid,
            Relation::System(def) => def.oid,
        }
    }

    /// As PostgreSQL's messages call it.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Relation::Table(_) => "table",
            Relation::View(_) | Relation::System(_) => "view",
            Relation::Sequence(_) => "sequence",
            Relation::Index(_) => "index",
        }
    }
}
