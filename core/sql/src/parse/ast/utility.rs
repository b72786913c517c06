//! Statements about the session, transactions, maintenance and rights.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{
    DefElem, Expr, Ident, ObjectKind, ObjectName, Pos, QualifiedName, Query, RelationRef,
    Statement, TypeName,
};

/// BEGIN and SET TRANSACTION; what was not written is `None`.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct TransactionModes {
    pub isolation: Option<Isolation>,
    pub read_only: Option<bool>,
    pub deferrable: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum Isolation {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct SetConstraints {
    /// Empty is ALL.
    pub names: Vec<QualifiedName>,
    pub deferred: bool,
}

/// SET [SESSION | LOCAL] name = …; `SET TIME ZONE x` is `timezone`, `SET NAMES x` is
/// `client_encoding`, `SET SCHEMA x` is `search_path`, `SET ROLE x` is `role`.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct SetStatement {
    pub name: Ident,
    pub value: SetValue,
    pub local: bool,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum SetValue {
    Default,
    /// FROM CURRENT, of functions.
    Current,
    List(Vec<SetItem>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum SetItem {
    Word(String),
    String(String),
    /// Sign included.
    Number(String),
    /// SET TIME ZONE INTERVAL '…'.
    Typed {
        type_name: Box<TypeName>,
        value: String,
    },
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum AlterSystem {
    Set(SetStatement),
    Reset(Ident),
    ResetAll,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Prepare {
    pub name: Ident,
    pub types: Vec<TypeName>,
    pub statement: Statement,
    /// Byte range of the statement inside.
    pub source_range: (Pos, Pos),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Execute {
    pub name: Ident,
    pub args: Vec<Expr>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct DeclareCursor {
    pub name: Ident,
    pub binary: bool,
    pub insensitive: Option<bool>,
    pub scroll: Option<bool>,
    pub hold: bool,
    pub query: Query,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Fetch {
    pub cursor: Ident,
    pub direction: FetchDirection,
    /// MOVE: go there, return nothing.
    pub moves: bool,
}

/// NEXT is `Forward(1)`, PRIOR `Backward(1)`, FIRST `Absolute(1)`, LAST `Absolute(-1)`; `All` forms
/// have `i64::MAX`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum FetchDirection {
    Forward(i64),
    Backward(i64),
    Absolute(i64),
    Relative(i64),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Explain {
    /// The old words ANALYZE and VERBOSE appear here as well.
    pub options: Vec<DefElem>,
    pub statement: Statement,
    /// Byte offset where the explained statement begins.
    pub statement_pos: Pos,
}

/// VACUUM and ANALYZE.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Vacuum {
    /// The old words FULL, FREEZE, VERBOSE, ANALYZE appear here as well.
    pub options: Vec<DefElem>,
    pub tables: Vec<VacuumTable>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct VacuumTable {
    pub name: QualifiedName,
    pub columns: Vec<Ident>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Lock {
    pub tables: Vec<RelationRef>,
    pub mode: LockMode,
    pub nowait: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(Debug))]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Comment {
    pub kind: ObjectKind,
    pub object: ObjectName,
    /// `None` removes it.
    pub text: Option<String>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct DoBlock {
    pub language: Option<Ident>,
    pub body: String,
    pub body_pos: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum DiscardKind {
    All,
    Plans,
    Sequences,
    Temp,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Reindex {
    pub options: Vec<DefElem>,
    /// Index, Table, Schema, Database, or `None` for SYSTEM.
    pub kind: Option<ObjectKind>,
    pub name: Option<QualifiedName>,
    pub concurrently: bool,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Cluster {
    pub table: Option<QualifiedName>,
    pub index: Option<Ident>,
    pub options: Vec<DefElem>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct RefreshMatView {
    pub name: QualifiedName,
    pub concurrently: bool,
    pub with_data: bool,
}

/// GRANT and REVOKE.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Grant {
    pub revoke: bool,
    /// Empty is ALL PRIVILEGES; for a membership these are the roles.
    pub privileges: Vec<Privilege>,
    pub target: GrantTarget,
    pub grantees: Vec<Ident>,
    /// WITH GRANT OPTION, WITH ADMIN OPTION, or GRANT OPTION FOR.
    pub grant_option: bool,
    pub cascade: bool,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Privilege {
    pub name: Ident,
    pub columns: Vec<Ident>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum GrantTarget {
    /// GRANT role TO role.
    Membership,
    Objects {
        kind: ObjectKind,
        names: Vec<ObjectName>,
    },
    /// ALL TABLES IN SCHEMA ….
    AllInSchema {
        kind: ObjectKind,
        schemas: Vec<Ident>,
    },
}
