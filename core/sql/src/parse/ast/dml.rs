//! Statements that change rows: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{
    DefElem, Expr, Ident, Pos, QualifiedName, Query, SelectItem, Statement, Subscript, TableAlias,
    TableRef, With,
};

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Insert {
    pub with: Option<With>,
    pub table: QualifiedName,
    pub alias: Option<Ident>,
    /// Empty when none were written.
    pub columns: Vec<Target>,
    pub overriding: Option<Overriding>,
    pub source: InsertSource,
    pub on_conflict: Option<OnConflict>,
    pub returning: Vec<SelectItem>,
    pub pos: Pos,
}

/// A column to be written, perhaps only a part of it: `a`, `a[1]`, `a.field`.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Target {
    pub column: Ident,
    pub path: Vec<TargetStep>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum TargetStep {
    Field(Ident),
    Subscript(Subscript),
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum Overriding {
    User,
    System,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum InsertSource {
    DefaultValues,
    /// VALUES may contain [`super::ExprKind::Default`].
    Query(Box<Query>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct OnConflict {
    pub target: Option<ConflictTarget>,
    pub action: ConflictAction,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum ConflictTarget {
    Columns {
        elements: Vec<ConflictElement>,
        filter: Option<Expr>,
    },
    Constraint(Ident),
}

/// An element of the inference list.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct ConflictElement {
    /// A plain column is `ExprKind::Column` of one part.
    pub expr: Expr,
    pub collation: Option<QualifiedName>,
    pub opclass: Option<QualifiedName>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum ConflictAction {
    Nothing,
    Update {
        sets: Vec<Assignment>,
        filter: Option<Expr>,
    },
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Update {
    pub with: Option<With>,
    pub table: QualifiedName,
    pub only: bool,
    pub alias: Option<TableAlias>,
    pub sets: Vec<Assignment>,
    pub from: Vec<TableRef>,
    /// May be [`super::ExprKind::CurrentOf`].
    pub filter: Option<Expr>,
    pub returning: Vec<SelectItem>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum Assignment {
    Single {
        target: Target,
        value: Expr,
    },
    /// `(a, b) = row`, where the row is `ROW(…)`, `(…)` or a subquery.
    Multi {
        targets: Vec<Target>,
        value: Expr,
    },
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Delete {
    pub with: Option<With>,
    pub table: QualifiedName,
    pub only: bool,
    pub alias: Option<TableAlias>,
    pub using: Vec<TableRef>,
    pub filter: Option<Expr>,
    pub returning: Vec<SelectItem>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Merge {
    pub with: Option<With>,
    pub table: QualifiedName,
    pub only: bool,
    pub alias: Option<TableAlias>,
    pub source: TableRef,
    pub on: Expr,
    pub clauses: Vec<MergeClause>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct MergeClause {
    pub matched: bool,
    pub condition: Option<Expr>,
    pub action: MergeAction,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum MergeAction {
    Nothing,
    Delete,
    Update(Vec<Assignment>),
    /// `values: None` is DEFAULT VALUES.
    Insert {
        columns: Vec<Target>,
        overriding: Option<Overriding>,
        values: Option<Vec<Expr>>,
    },
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Truncate {
    pub tables: Vec<RelationRef>,
    pub restart_identity: bool,
    pub cascade: bool,
}

/// A table named by a utility statement.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct RelationRef {
    pub name: QualifiedName,
    pub only: bool,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Copy {
    pub source: CopySource,
    pub from: bool,
    pub endpoint: CopyEndpoint,
    /// The old syntax (`CSV HEADER DELIMITER ';'`) is turned into these as well.
    pub options: Vec<DefElem>,
    /// COPY … FROM … WHERE.
    pub filter: Option<Expr>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum CopySource {
    Table {
        name: QualifiedName,
        columns: Vec<Ident>,
    },
    /// A query or a change with RETURNING.
    Statement(Box<Statement>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum CopyEndpoint {
    /// STDIN or STDOUT.
    Client,
    File(String),
    Program(String),
}
