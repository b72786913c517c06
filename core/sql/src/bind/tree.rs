//! Bound trees: a statement after every name, type, function and cast in it has been decided.
//!
//! ```text
//!   ast::Expr --bind/expr.rs--> Expr over ColumnId --plan/--> the same Expr over Input and Slot
//!   ast::Query -bind/query.rs-> Rel (logical)      --plan/--> plan::tree::Plan (physical)
//! ```
//!
//! Every column that any step of a query makes has a number of its own, its [`ColumnId`], for the
//! whole statement. So a predicate can move through joins and projections without being rewritten,
//! and an expression inside a subquery that names an outer column needs no level: it is an id that
//! the subquery itself does not make. The planner, which alone knows the order of columns in a
//! batch, turns ids into `Input(position)` or, for outer columns, `Slot(number)`.
//!
//! What must not evaluate all of its arguments (AND, CASE, COALESCE, …) has a node of its own. Subqueries never appear inside an
//! expression: they are [`Rel::Apply`] steps below it, which add a column.

use crate::catalog::{IndexDef, TableDef};
use crate::functions::registry::{CastRow, FuncRow, OpRow};
use crate::types::{Oid, SqlType};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::Datum;

/// A column of some step of this statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ColumnId(pub u32);

/// A typed expression. `pos` is where run-time errors may point to; most do not.
#[derive(Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: SqlType,
    pub pos: u32,
}

#[derive(Clone)]
pub enum ExprKind {
    Const(Datum),
    /// `$1` is 0.
    Param(usize),
    /// Before planning only.
    Column(ColumnId),
    /// After planning: a column of the step's input; a join's input is its left side's columns and
    /// then its right side's.
    Input(usize),
    /// After planning: a value set by an outer step (`EvalCx::slots`).
    Slot(usize),
    /// A function; never an aggregate, a set-returning or a planned one after planning.
    Call {
        function: &'static FuncRow,
        args: Vec<Expr>,
    },
    /// An operator with one argument or two.
    Op {
        op: &'static OpRow,
        args: Vec<Expr>,
    },
    Cast {
        how: CastHow,
        arg: Box<Expr>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull {
        arg: Box<Expr>,
        negated: bool,
    },
    /// `IS [NOT] TRUE | FALSE`; UNKNOWN is `IsNull`.
    IsBool {
        arg: Box<Expr>,
        value: bool,
        negated: bool,
    },
    /// `IS [NOT] DISTINCT FROM`.
    Distinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    /// Searched CASE: the simple form has been turned into it.
    Case {
        whens: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    Coalesce(Vec<Expr>),
    /// Null if `equal(left, right)`, else `left`.
    NullIf {
        equal: &'static OpRow,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Greatest(Vec<Expr>),
    Least(Vec<Expr>),
    /// `arg [NOT] IN (list)`; the list has arg's type, and `equal` compares them.
    InList {
        equal: &'static OpRow,
        arg: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    /// `left op ANY | ALL (array)`.
    AnyArray {
        op: &'static OpRow,
        all: bool,
        left: Box<Expr>,
        array: Box<Expr>,
    },
    Array(Vec<Expr>),
    Subscript {
        array: Box<Expr>,
        index: Box<Expr>,
    },
    Slice {
        array: Box<Expr>,
        lower: Option<Box<Expr>>,
        upper: Option<Box<Expr>>,
    },
    /// CURRENT_DATE and its kin.
    Session(SessionValue),
}

/// How a cast is carried out.
#[derive(Clone, Copy)]
pub enum CastHow {
    /// A row of the table of casts.
    Row(&'static CastRow),
    /// Same bytes, other name.
    Relabel,
    /// Through the text form, from a string type or an unknown value.
    Input,
    /// To a string type through the text form.
    Output,
    /// The same type with another modifier; `explicit` truncates where assignment fails.
    Typmod { explicit: bool },
    /// Element by element; `None` keeps the elements.
    Array(Option<&'static CastRow>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SessionValue {
    CurrentDate,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentUser,
    SessionUser,
    CurrentCatalog,
    CurrentSchema,
}

/// A call of an aggregate.
#[derive(Clone)]
pub struct AggregateCall {
    /// Its kernel is `Kernel::Aggregate`.
    pub function: &'static FuncRow,
    /// Empty for `count(*)`.
    pub args: Vec<Expr>,
    pub distinct: bool,
    pub order_by: Vec<SortKey>,
    pub filter: Option<Box<Expr>>,
    pub ty: SqlType,
}

#[derive(Clone)]
pub struct SortKey {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

/// A column with its number, name and type.
#[derive(Clone)]
pub struct OutputColumn {
    pub id: ColumnId,
    pub name: String,
    pub ty: SqlType,
    /// The table and attribute number (from 1) it came from unchanged, or 0: clients ask.
    pub origin: (Oid, i16),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// Rows of the left side that have a partner.
    Semi,
    /// Rows of the left side that have none.
    Anti,
}

/// What an apply step makes of the subquery's rows; it runs once for each input row, or once in all
/// where the subquery names nothing outer.
#[derive(Clone)]
pub enum ApplyKind {
    /// The single value, null without a row, 21000 with two.
    Scalar,
    Exists,
    /// `left op ANY | ALL (subquery)`: `compare` over the input's columns and then the subquery's, with
    /// SQL's three-valued answer over all its rows.
    Quantified {
        compare: Box<Expr>,
        all: bool,
    },
    /// ARRAY(subquery).
    Array,
}

/// Columns of a table that are not attributes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemColumn {
    Ctid,
    Xmin,
    Xmax,
    Cmin,
    Cmax,
    TableOid,
}

/// A base table in FROM.
#[derive(Clone)]
pub struct TableRel {
    pub table: Rc<TableDef>,
    /// What the query calls it.
    pub alias: String,
    /// One id for each live attribute: (attribute index from 0, id).
    pub columns: Vec<(usize, ColumnId)>,
    pub system: Vec<(SystemColumn, ColumnId)>,
    /// FOR UPDATE and its kin.
    pub lock: Option<RowLock>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RowLock {
    pub strength: crate::parse::ast::LockStrength,
    pub wait: crate::parse::ast::LockWait,
}

/// A logical step.
#[derive(Clone)]
pub enum Rel {
    /// One row without columns.
    Unit,
    /// No row.
    Empty {
        columns: Vec<OutputColumn>,
    },
    Table(TableRel),
    View {
        view: &'static crate::catalog::views::SystemView,
        args: Vec<Expr>,
        alias: String,
        columns: Vec<ColumnId>,
    },
    Values {
        rows: Vec<Vec<Expr>>,
        columns: Vec<OutputColumn>,
    },
    /// A set-returning function; `ordinality` is the last of the columns when asked for.
    Function {
        function: &'static FuncRow,
        args: Vec<Expr>,
        columns: Vec<OutputColumn>,
        alias: String,
        ordinality: bool,
    },
    Filter {
        input: Box<Rel>,
        predicates: Vec<Expr>,
    },
    /// Gives exactly these columns.
    Project {
        input: Box<Rel>,
        columns: Vec<(OutputColumn, Expr)>,
    },
    /// `lateral`: the right side names columns of the left.
    Join {
        kind: JoinKind,
        left: Box<Rel>,
        right: Box<Rel>,
        on: Vec<Expr>,
        lateral: bool,
    },
    /// Adds one column.
    Apply {
        kind: ApplyKind,
        input: Box<Rel>,
        query: Box<Rel>,
        column: OutputColumn,
    },
    /// Gives group columns and then aggregates. With `sets`, each lists the groups it keeps.
    Aggregate {
        input: Box<Rel>,
        groups: Vec<(OutputColumn, Expr)>,
        calls: Vec<(OutputColumn, AggregateCall)>,
        sets: Option<Vec<Vec<usize>>>,
    },
    /// All columns alike; or the first row of each equal `on`, in the input's order.
    Distinct {
        input: Box<Rel>,
        on: Option<Vec<Expr>>,
    },
    Sort {
        input: Box<Rel>,
        keys: Vec<SortKey>,
    },
    Limit {
        input: Box<Rel>,
        count: Option<Expr>,
        offset: Option<Expr>,
        with_ties: bool,
    },
    SetOp {
        kind: crate::parse::ast::SetOpKind,
        all: bool,
        left: Box<Rel>,
        right: Box<Rel>,
        columns: Vec<OutputColumn>,
    },
    /// `body` may read the CTEs by number.
    With {
        ctes: Vec<CteDef>,
        body: Box<Rel>,
    },
    CteScan {
        cte: usize,
        columns: Vec<OutputColumn>,
        alias: String,
    },
    /// The rows of the last round inside a recursive CTE.
    WorkScan {
        cte: usize,
        columns: Vec<OutputColumn>,
    },
    /// A change with RETURNING, in a CTE.
    Change(Box<Change>),
}

#[derive(Clone)]
pub struct CteDef {
    pub number: usize,
    pub name: String,
    pub query: Rel,
    pub columns: Vec<OutputColumn>,
    /// The recursive term, when there is one; `union` (not ALL) removes duplicates.
    pub recursive: Option<(Box<Rel>, bool)>,
}

/// A query with what it gives to the client; `rel` may make more columns than these.
#[derive(Clone)]
pub struct Query {
    pub rel: Rel,
    pub columns: Vec<OutputColumn>,
}

/// INSERT, UPDATE or DELETE.
#[derive(Clone)]
pub struct Change {
    pub table: Rc<TableDef>,
    pub kind: ChangeKind,
    /// RETURNING, over the ids of `row`, and of the other tables of UPDATE and DELETE.
    pub returning: Vec<(OutputColumn, Expr)>,
    /// CHECK constraints: name and condition over `row`.
    pub checks: Vec<(String, Expr)>,
    /// Ids of the table's attributes as the change leaves them (as they were, for DELETE).
    pub row: Vec<(usize, ColumnId)>,
}

#[derive(Clone)]
pub enum ChangeKind {
    /// `values` gives one expression for each attribute, over the source's columns.
    Insert {
        source: Rel,
        values: Vec<Expr>,
        conflict: Option<Conflict>,
    },
    /// `source` contains the target with all its attributes (`old`) and its ctid.
    Update {
        source: Rel,
        old: Vec<(usize, ColumnId)>,
        ctid: ColumnId,
        sets: Vec<(usize, Expr)>,
    },
    Delete {
        source: Rel,
        old: Vec<(usize, ColumnId)>,
        ctid: ColumnId,
    },
}

#[derive(Clone)]
pub struct Conflict {
    /// Indexes that decide; empty means any unique one (DO NOTHING only).
    pub arbiters: Vec<Rc<IndexDef>>,
    /// DO UPDATE: the row there is (`old`), the row proposed (`excluded`), and what to set.
    pub update: Option<ConflictUpdate>,
}

#[derive(Clone)]
pub struct ConflictUpdate {
    pub old: Vec<(usize, ColumnId)>,
    pub excluded: Vec<(usize, ColumnId)>,
    pub sets: Vec<(usize, Expr)>,
    pub filter: Option<Expr>,
}

impl Expr {
    pub fn new(kind: ExprKind, ty: SqlType, pos: u32) -> Expr {
        Expr { kind, ty, pos }
    }

    pub fn constant(value: Datum, ty: SqlType) -> Expr {
        Expr {
            kind: ExprKind::Const(value),
            ty,
            pos: 0,
        }
    }

    pub fn column(id: ColumnId, ty: SqlType) -> Expr {
        Expr {
            kind: ExprKind::Column(id),
            ty,
            pos: 0,
        }
    }

    pub fn is_true(&self) -> bool {
        matches!(self.kind, ExprKind::Const(Datum::Bool(true)))
    }
}
