//! Queries: SELECT, VALUES, set operations, FROM.

use alloc::boxed::Box;

use alloc::vec::Vec;

use super::{Expr, Ident, Operator, Pos, QualifiedName, Statement, TypeName, WindowSpec};

/// A whole query; the two sides of a set operation are queries as well, so parentheses with their
/// own ORDER BY need no node.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Query {
    pub with: Option<With>,
    pub body: QueryBody,
    pub order_by: Vec<OrderItem>,
    pub limit: Limit,
    pub offset: Option<Expr>,
    pub locking: Vec<Locking>,
    pub pos: Pos,
}

impl Query {
    /// A query that is its body alone.
    pub fn of(body: QueryBody, pos: Pos) -> Self {
        Query {
            with: None,
            body,
            order_by: Vec::new(),
            limit: Limit::None,
            offset: None,
            locking: Vec::new(),
            pos,
        }
    }
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum QueryBody {
    Select(Box<Select>),
    /// Rows are checked for equal length by the binder.
    Values(Vec<Vec<Expr>>),
    SetOp(Box<SetOp>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct SetOp {
    pub kind: SetOpKind,
    pub all: bool,
    pub left: Query,
    pub right: Query,
    /// Of the word UNION, ….
    pub pos: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum SetOpKind {
    Union,
    Intersect,
    Except,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct With {
    pub recursive: bool,
    pub ctes: Vec<Cte>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Cte {
    pub name: Ident,
    pub columns: Vec<Ident>,
    /// `Some(false)` is NOT MATERIALIZED.
    pub materialized: Option<bool>,
    /// A query, or at the top of a statement INSERT, UPDATE, DELETE.
    pub statement: Box<Statement>,
    pub search: Option<CteSearch>,
    pub cycle: Option<Box<CteCycle>>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CteSearch {
    pub breadth_first: bool,
    pub columns: Vec<Ident>,
    pub set: Ident,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct CteCycle {
    pub columns: Vec<Ident>,
    pub mark: Ident,
    /// TO value DEFAULT value.
    pub values: Option<(Expr, Expr)>,
    pub path: Ident,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Select {
    pub distinct: Distinct,
    /// May be empty, as in `SELECT FROM t`.
    pub items: Vec<SelectItem>,
    pub into: Option<SelectInto>,
    pub from: Vec<TableRef>,
    pub filter: Option<Expr>,
    pub group_by: Option<GroupBy>,
    pub having: Option<Expr>,
    pub windows: Vec<NamedWindow>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum Distinct {
    No,
    Yes,
    On(Vec<Expr>),
}

/// Also an item of RETURNING. Stars are [`super::ExprKind::Star`].
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct SelectItem {
    pub expr: Expr,
    pub alias: Option<Ident>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct SelectInto {
    pub name: QualifiedName,
    pub temporary: bool,
    pub unlogged: bool,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct GroupBy {
    pub distinct: bool,
    pub items: Vec<GroupItem>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum GroupItem {
    Expr(Expr),
    /// `()`.
    Empty,
    Rollup(Vec<Vec<Expr>>),
    Cube(Vec<Vec<Expr>>),
    Sets(Vec<GroupItem>),
    /// `(a, b)` inside GROUPING SETS.
    List(Vec<Expr>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct NamedWindow {
    pub name: Ident,
    pub spec: WindowSpec,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct OrderItem {
    pub expr: Expr,
    pub direction: SortDirection,
    pub nulls: NullsOrder,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum SortDirection {
    Default,
    Asc,
    Desc,
    Using(Operator),
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum NullsOrder {
    /// Last when ascending, first when descending.
    Default,
    First,
    Last,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum Limit {
    /// Also LIMIT ALL.
    None,
    Count(Expr),
    /// FETCH FIRST n ROWS WITH TIES.
    WithTies(Expr),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Locking {
    pub strength: LockStrength,
    /// OF …; empty means every table.
    pub of: Vec<QualifiedName>,
    pub wait: LockWait,
    pub pos: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(Debug))]
pub enum LockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum LockWait {
    Block,
    SkipLocked,
    NoWait,
}

/// One item of FROM.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum TableRef {
    Table(Box<TableName>),
    Subquery {
        lateral: bool,
        query: Box<Query>,
        alias: Option<TableAlias>,
        pos: Pos,
    },
    Function(Box<TableFunction>),
    Join(Box<Join>),
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct TableName {
    pub name: QualifiedName,
    /// ONLY: without the tables that inherit.
    pub only: bool,
    pub alias: Option<TableAlias>,
    pub sample: Option<TableSample>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct TableAlias {
    pub name: Ident,
    pub columns: Vec<Ident>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct TableSample {
    pub method: QualifiedName,
    pub args: Vec<Expr>,
    pub repeatable: Option<Expr>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct TableFunction {
    pub lateral: bool,
    /// One, unless written ROWS FROM (…). Each is a call or another function-like expression.
    pub calls: Vec<TableCall>,
    pub rows_from: bool,
    pub ordinality: bool,
    pub alias: Option<TableAlias>,
    pub pos: Pos,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct TableCall {
    pub call: Expr,
    /// `AS (x int, y text)`.
    pub columns: Vec<AliasColumn>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct AliasColumn {
    pub name: Ident,
    pub type_name: TypeName,
    pub collation: Option<QualifiedName>,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Join {
    pub kind: JoinKind,
    pub left: TableRef,
    pub right: TableRef,
    pub condition: JoinCondition,
    /// `(a JOIN b ON …) AS alias`.
    pub alias: Option<TableAlias>,
    /// Of the first word of the join (LEFT, NATURAL, JOIN, …).
    pub pos: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// Has no condition.
    Cross,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub enum JoinCondition {
    None,
    On(Expr),
    Using {
        columns: Vec<Ident>,
        alias: Option<Ident>,
    },
    Natural,
}
