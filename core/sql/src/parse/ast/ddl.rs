//! Tables, indexes, views and sequences: CREATE.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{
    DefElem, Expr, Ident, NullsOrder, Pos, QualifiedName, Query, SortDirection, Statement, TypeName,
};

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum Persistence {
    Permanent,
    Temporary,
    Unlogged,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateTable {
    pub name: QualifiedName,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    /// OF type: `elements` then holds column options only.
    pub of_type: Option<QualifiedName>,
    /// PARTITION OF parent and its bound.
    pub partition_of: Option<PartitionOf>,
    pub elements: Vec<TableElement>,
    pub inherits: Vec<QualifiedName>,
    pub partition_by: Option<PartitionBy>,
    /// USING method: the access method that stores the table.
    pub using: Option<Ident>,
    /// WITH (…).
    pub options: Vec<DefElem>,
    pub on_commit: OnCommit,
    pub tablespace: Option<Ident>,
    pub pos: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum OnCommit {
    Default,
    PreserveRows,
    DeleteRows,
    Drop,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum TableElement {
    Column(ColumnDef),
    Constraint(TableConstraint),
    Like(LikeClause),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct LikeClause {
    pub table: QualifiedName,
    /// INCLUDING (`true`) or EXCLUDING (`false`) what: `all`, `defaults`, `constraints`, ….
    pub options: Vec<(bool, String)>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct ColumnDef {
    pub name: Ident,
    /// Absent only in tables OF a type and in partitions.
    pub type_name: Option<TypeName>,
    pub storage: Option<Ident>,
    pub compression: Option<Ident>,
    pub constraints: Vec<ColumnConstraint>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct ColumnConstraint {
    pub name: Option<Ident>,
    pub kind: ColumnConstraintKind,
    pub deferral: Deferral,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum ColumnConstraintKind {
    NotNull,
    Null,
    Default(Expr),
    Check {
        expr: Expr,
        no_inherit: bool,
    },
    Unique {
        nulls_not_distinct: bool,
        options: Vec<DefElem>,
    },
    PrimaryKey {
        options: Vec<DefElem>,
    },
    References(References),
    /// GENERATED ALWAYS AS (expr) STORED.
    Generated(Expr),
    /// GENERATED ALWAYS | BY DEFAULT AS IDENTITY (…).
    Identity {
        always: bool,
        options: Vec<SequenceOption>,
    },
    Collate(QualifiedName),
}

/// DEFERRABLE, INITIALLY DEFERRED, NOT VALID as written; the defaults are the fields' own.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Deferral {
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub not_valid: bool,
    pub no_inherit: bool,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct TableConstraint {
    pub name: Option<Ident>,
    pub kind: TableConstraintKind,
    pub deferral: Deferral,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum TableConstraintKind {
    Check(Expr),
    Unique(KeyConstraint),
    PrimaryKey(KeyConstraint),
    /// ADD CONSTRAINT … UNIQUE USING INDEX name.
    UsingIndex {
        primary: bool,
        index: Ident,
    },
    ForeignKey {
        columns: Vec<Ident>,
        references: References,
    },
    Exclude(Box<ExcludeConstraint>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct KeyConstraint {
    pub columns: Vec<Ident>,
    pub include: Vec<Ident>,
    pub nulls_not_distinct: bool,
    pub options: Vec<DefElem>,
    pub tablespace: Option<Ident>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct ExcludeConstraint {
    pub method: Option<Ident>,
    pub elements: Vec<(IndexElement, super::Operator)>,
    pub include: Vec<Ident>,
    pub options: Vec<DefElem>,
    pub filter: Option<Expr>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct References {
    pub table: QualifiedName,
    /// Empty: the primary key.
    pub columns: Vec<Ident>,
    pub matching: MatchKind,
    pub on_update: ReferentialAction,
    pub on_delete: ReferentialAction,
    /// ON DELETE SET NULL (columns).
    pub delete_columns: Vec<Ident>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum MatchKind {
    Simple,
    Full,
    Partial,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum ReferentialAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct PartitionBy {
    /// `range`, `list`, `hash`.
    pub strategy: Ident,
    pub keys: Vec<IndexElement>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct PartitionOf {
    pub parent: QualifiedName,
    pub bound: PartitionBound,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum PartitionBound {
    Default,
    In(Vec<Expr>),
    /// MINVALUE and MAXVALUE are columns of that name here.
    FromTo {
        from: Vec<Expr>,
        to: Vec<Expr>,
    },
    Hash {
        modulus: u32,
        remainder: u32,
    },
}

/// CREATE TABLE … AS and CREATE MATERIALIZED VIEW.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateTableAs {
    pub name: QualifiedName,
    pub columns: Vec<Ident>,
    pub materialized_view: bool,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    pub using: Option<Ident>,
    pub options: Vec<DefElem>,
    pub on_commit: OnCommit,
    pub tablespace: Option<Ident>,
    /// A query, or EXECUTE of a prepared one.
    pub source: Box<Statement>,
    pub with_data: bool,
    /// Byte range of the query's text.
    pub source_range: (Pos, Pos),
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateIndex {
    /// Chosen by the engine when absent.
    pub name: Option<Ident>,
    pub table: QualifiedName,
    pub only: bool,
    pub unique: bool,
    pub concurrently: bool,
    pub if_not_exists: bool,
    /// USING method.
    pub method: Option<Ident>,
    pub elements: Vec<IndexElement>,
    pub include: Vec<Ident>,
    pub nulls_not_distinct: bool,
    pub options: Vec<DefElem>,
    pub tablespace: Option<Ident>,
    pub filter: Option<Expr>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct IndexElement {
    /// A plain column is `ExprKind::Column` of one part.
    pub expr: Expr,
    pub collation: Option<QualifiedName>,
    pub opclass: Option<QualifiedName>,
    pub opclass_options: Vec<DefElem>,
    pub direction: SortDirection,
    pub nulls: NullsOrder,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateView {
    pub name: QualifiedName,
    pub columns: Vec<Ident>,
    pub or_replace: bool,
    pub temporary: bool,
    pub recursive: bool,
    pub options: Vec<DefElem>,
    pub query: Box<Query>,
    pub check_option: ViewCheck,
    pub pos: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum ViewCheck {
    None,
    Local,
    Cascaded,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateSequence {
    pub name: QualifiedName,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    pub options: Vec<SequenceOption>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct SequenceOption {
    pub kind: SequenceOptionKind,
    pub pos: Pos,
}

/// Numbers are text with their sign.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum SequenceOptionKind {
    As(TypeName),
    Cache(String),
    Cycle(bool),
    Increment(String),
    /// `None` is NO MAXVALUE.
    MaxValue(Option<String>),
    MinValue(Option<String>),
    /// `None` is OWNED BY NONE.
    OwnedBy(Option<QualifiedName>),
    SequenceName(QualifiedName),
    Start(String),
    Restart(Option<String>),
    Logged(bool),
}
