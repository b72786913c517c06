//! Schemas, types, functions, triggers and the other objects of a database.

use alloc::string::String;
use alloc::vec::Vec;

use super::{
    AliasColumn, ColumnConstraint, DefElem, Expr, Ident, Pos, QualifiedName, Statement, TypeName,
};

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum ObjectKind {
    Table,
    Index,
    View,
    MatView,
    Sequence,
    Schema,
    Type,
    Domain,
    Function,
    Procedure,
    Routine,
    Aggregate,
    Operator,
    OperatorClass,
    OperatorFamily,
    Trigger,
    Rule,
    Policy,
    Column,
    Constraint,
    DomainConstraint,
    Extension,
    Database,
    Role,
    Tablespace,
    Cast,
    Collation,
    Conversion,
    Language,
    Statistics,
    ForeignTable,
    ForeignServer,
    ForeignDataWrapper,
    EventTrigger,
    Publication,
    Subscription,
    AccessMethod,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    LargeObject,
    UserMapping,
    Transform,
}

/// What DROP, COMMENT and ALTER point at.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct ObjectName {
    /// For a column the table's name is `schema`-qualified here and the column is in `part`.
    pub name: QualifiedName,
    /// The column, or the name of a trigger, rule, policy or constraint ON `name`.
    pub part: Option<Ident>,
    /// Arguments of a function, when written.
    pub args: Option<Vec<FunctionParam>>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateSchema {
    /// Absent with AUTHORIZATION alone.
    pub name: Option<Ident>,
    pub authorization: Option<Ident>,
    pub if_not_exists: bool,
    pub elements: Vec<Statement>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateType {
    pub name: QualifiedName,
    pub kind: TypeKind,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum TypeKind {
    Composite(Vec<AliasColumn>),
    Enum(Vec<String>),
    Range(Vec<DefElem>),
    Base(Vec<DefElem>),
    Shell,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateDomain {
    pub name: QualifiedName,
    pub type_name: TypeName,
    /// NOT NULL, CHECK, DEFAULT, COLLATE.
    pub constraints: Vec<ColumnConstraint>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateFunction {
    pub name: QualifiedName,
    pub or_replace: bool,
    pub procedure: bool,
    pub params: Vec<FunctionParam>,
    pub returns: FunctionReturn,
    pub options: Vec<FunctionOption>,
    pub body: FunctionBody,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct FunctionParam {
    pub mode: ParamMode,
    pub name: Option<Ident>,
    pub type_name: TypeName,
    pub default: Option<Expr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum ParamMode {
    In,
    Out,
    InOut,
    Variadic,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum FunctionReturn {
    /// By the OUT parameters, or a procedure.
    None,
    Type(TypeName),
    Table(Vec<AliasColumn>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum FunctionOption {
    Language(String),
    Immutable,
    Stable,
    Volatile,
    Strict(bool),
    SecurityDefiner(bool),
    Leakproof(bool),
    Window,
    /// `safe`, `restricted`, `unsafe`.
    Parallel(String),
    Cost(String),
    Rows(String),
    Support(QualifiedName),
    Set(super::SetStatement),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum FunctionBody {
    None,
    /// AS 'text' or AS 'file', 'symbol'.
    Text {
        text: String,
        symbol: Option<String>,
        pos: Pos,
    },
    /// RETURN expr.
    Return(Expr),
    /// BEGIN ATOMIC … END.
    Atomic(Vec<Statement>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateTrigger {
    pub name: Ident,
    pub or_replace: bool,
    pub constraint: bool,
    pub timing: TriggerTiming,
    pub events: Vec<TriggerEvent>,
    pub table: QualifiedName,
    /// FROM table of a constraint trigger.
    pub from: Option<QualifiedName>,
    pub deferral: super::Deferral,
    /// OLD TABLE AS / NEW TABLE AS.
    pub old_table: Option<Ident>,
    pub new_table: Option<Ident>,
    pub for_each_row: bool,
    pub condition: Option<Expr>,
    pub function: QualifiedName,
    pub args: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum TriggerEvent {
    Insert,
    Delete,
    Truncate,
    /// UPDATE [OF columns].
    Update(Vec<Ident>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateRule {
    pub name: Ident,
    pub table: QualifiedName,
    pub text: String,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateExtension {
    pub name: Ident,
    pub if_not_exists: bool,
    pub schema: Option<Ident>,
    pub version: Option<String>,
    pub cascade: bool,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateDatabase {
    pub name: Ident,
    pub options: Vec<DefElem>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AlterDatabase {
    pub name: Ident,
    pub action: AlterDatabaseAction,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum AlterDatabaseAction {
    Set(super::SetStatement),
    Reset(Ident),
    ResetAll,
    Rename(Ident),
    OwnerTo(Ident),
    Options(Vec<DefElem>),
}

/// CREATE and ALTER ROLE, USER, GROUP.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateRole {
    pub name: Ident,
    /// CREATE USER: may log in by default.
    pub user: bool,
    pub options: Vec<DefElem>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateStatistics {
    pub name: Option<QualifiedName>,
    pub if_not_exists: bool,
    pub kinds: Vec<Ident>,
    pub exprs: Vec<Expr>,
    pub table: QualifiedName,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreatePolicy {
    pub name: Ident,
    pub table: QualifiedName,
    pub permissive: bool,
    /// `all`, `select`, `insert`, `update`, `delete`.
    pub command: String,
    pub roles: Vec<Ident>,
    pub using: Option<Expr>,
    pub check: Option<Expr>,
}

/// A definition nobody carries out yet: refused by name.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CreateOther {
    /// `CREATE AGGREGATE`.
    pub tag: String,
    pub text: String,
    pub pos: Pos,
}
