//! Physical plans: what the executor runs.
//!
//! A [`Plan`] is a step with its estimates and its output columns. Expressions in it hold
//! `Input(position in the input's columns)` and `Slot(number)` and never column ids. A step with two
//! inputs counts the left side's columns first. Slots carry values inwards: a nested loop with
//! `params`, or an apply step, evaluates them over its left row, sets the slots and restarts the
//! inner plan.
//!
//! `Plan::id` numbers the steps from 0 in the order EXPLAIN prints them; the executor keeps its
//! counters (`Instrument`) in a list by that number.
//!
//! What may wait or fetch apart from scans is a step too (E8): [`Node::Compute`] runs `nextval`,
//! `pg_sleep` and the like, one column each.

use crate::bind::tree::{AggregateCall, ApplyKind, Expr, JoinKind, RowLock, SortKey, SystemColumn};
use crate::catalog::views::SystemView;
use crate::catalog::{ConstraintDef, IndexDef, TableDef};
use crate::functions::registry::FuncRow;
use crate::parse::ast::SetOpKind;
use crate::types::{Oid, SqlType};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

pub struct Plan {
    pub id: usize,
    pub node: Node,
    pub columns: Vec<PlanColumn>,
    pub estimate: Estimate,
}

#[derive(Clone)]
pub struct PlanColumn {
    pub name: String,
    pub ty: SqlType,
}

/// Costs are in PostgreSQL's units: 1.0 is one page read in sequence.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Estimate {
    pub startup_cost: f64,
    pub total_cost: f64,
    pub rows: f64,
    pub width_bytes: u32,
}

/// A whole statement's plan.
pub struct Statement {
    pub root: Plan,
    /// Materialised CTEs in the order in which they may be needed; `CteScan` names them by index.
    pub ctes: Vec<CtePlan>,
    /// Number of steps of everything, for the list of counters.
    pub steps: usize,
    /// Slots used.
    pub slots: usize,
    /// What the client gets: names, types and origins of the root's columns.
    pub fields: Vec<PlanField>,
    pub params: Vec<Oid>,
    /// Relations to lock before running: oid and mode.
    pub relations: Vec<(Oid, TableLock)>,
    pub read_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableLock {
    AccessShare,
    RowShare,
    RowExclusive,
}

#[derive(Clone)]
pub struct PlanField {
    pub name: String,
    pub ty: SqlType,
    pub table: Oid,
    pub attribute: i16,
}

pub struct CtePlan {
    pub name: String,
    pub plan: Plan,
    /// The recursive term and whether duplicates go.
    pub recursive: Option<(Plan, bool)>,
}

/// What a scan gives for one output column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScanColumn {
    /// Attribute index from 0, dropped ones counted.
    Attribute(usize),
    /// Ctid comes as the locator's number in an I64 vector (block << 16 | offset).
    System(SystemColumn),
}

/// One bound of an index range: values for the leading columns, all over slots, parameters and
/// constants. A null among them means that no row matches.
#[derive(Clone)]
pub struct IndexBound {
    pub value: Expr,
    pub inclusive: bool,
}

/// `equal` fixes the leading columns; `lower` and `upper` limit the next one, in the order of the
/// values (not of the index).
#[derive(Clone, Default)]
pub struct IndexRange {
    pub equal: Vec<Expr>,
    pub lower: Option<IndexBound>,
    pub upper: Option<IndexBound>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AggregateStrategy {
    /// One group: all rows.
    Plain,
    Hash,
    /// The input is sorted by the groups.
    Sorted,
}

pub enum Node {
    /// One row of `columns`, or none if a constant filter fails; without an input.
    Result {
        columns: Vec<Expr>,
        filter: Vec<Expr>,
    },
    Empty,
    SeqScan {
        table: Rc<TableDef>,
        alias: String,
        columns: Vec<ScanColumn>,
        filter: Vec<Expr>,
    },
    /// `range` gives the entries; `filter` the rest, over `columns`. With `index_only` every column is
    /// a key column of the index.
    IndexScan {
        table: Rc<TableDef>,
        alias: String,
        index: Rc<IndexDef>,
        range: IndexRange,
        backward: bool,
        index_only: bool,
        columns: Vec<ScanColumn>,
        filter: Vec<Expr>,
        condition: Vec<Expr>,
    },
    /// A row by its ctid.
    TidScan {
        table: Rc<TableDef>,
        alias: String,
        tid: Expr,
        columns: Vec<ScanColumn>,
        filter: Vec<Expr>,
    },
    ViewScan {
        view: &'static SystemView,
        args: Vec<Expr>,
        alias: String,
        columns: Vec<usize>,
        filter: Vec<Expr>,
    },
    FunctionScan {
        function: &'static FuncRow,
        args: Vec<Expr>,
        ordinality: bool,
        alias: String,
        filter: Vec<Expr>,
    },
    Values {
        rows: Vec<Vec<Expr>>,
    },
    Filter {
        input: Box<Plan>,
        predicates: Vec<Expr>,
    },
    Project {
        input: Box<Plan>,
        columns: Vec<Expr>,
    },
    /// The input's columns and one more for each call.
    Compute {
        input: Box<Plan>,
        calls: Vec<(&'static FuncRow, Vec<Expr>)>,
    },
    /// For each left row: sets the slots of `params`, restarts the right side. Semi and anti give the
    /// left columns alone. Right and Full never come here with params.
    NestedLoop {
        kind: JoinKind,
        left: Box<Plan>,
        right: Box<Plan>,
        params: Vec<(usize, Expr)>,
        on: Vec<Expr>,
    },
    /// Builds from the right side. Keys are of equal types; `residual` sees both sides' columns.
    HashJoin {
        kind: JoinKind,
        left: Box<Plan>,
        right: Box<Plan>,
        left_keys: Vec<Expr>,
        right_keys: Vec<Expr>,
        residual: Vec<Expr>,
    },
    /// The input's columns and the subquery's answer. With empty `params` the subquery runs once.
    Apply {
        kind: ApplyKind,
        input: Box<Plan>,
        query: Box<Plan>,
        params: Vec<(usize, Expr)>,
    },
    /// Groups and then calls. With `sets` (lists of group numbers): one pass each, other groups null.
    Aggregate {
        strategy: AggregateStrategy,
        input: Box<Plan>,
        groups: Vec<Expr>,
        calls: Vec<AggregateCall>,
        sets: Option<Vec<Vec<usize>>>,
    },
    /// Only the first of rows with equal `keys`, which stand together in the input.
    Unique {
        input: Box<Plan>,
        keys: Vec<Expr>,
    },
    /// `top`: rows needed in all (LIMIT and OFFSET added), over parameters and constants.
    Sort {
        input: Box<Plan>,
        keys: Vec<SortKey>,
        top: Option<Box<Expr>>,
    },
    Limit {
        input: Box<Plan>,
        count: Option<Expr>,
        offset: Option<Expr>,
        ties: Vec<SortKey>,
    },
    Append {
        inputs: Vec<Plan>,
    },
    /// INTERSECT and EXCEPT, by hashing; UNION is Append below Aggregate.
    SetOp {
        kind: SetOpKind,
        all: bool,
        left: Box<Plan>,
        right: Box<Plan>,
    },
    CteScan {
        cte: usize,
        name: String,
        filter: Vec<Expr>,
    },
    /// Last round's rows, inside the recursive term of `cte`.
    WorkScan {
        cte: usize,
        name: String,
    },
    /// Keeps the input's rows for restarts.
    Materialize {
        input: Box<Plan>,
    },
    /// Locks rows by the ctid column `ctid`, re-checking changed rows (see [`Recheck`]).
    LockRows {
        input: Box<Plan>,
        targets: Vec<LockTarget>,
    },
    Insert(Box<InsertNode>),
    Update(Box<UpdateNode>),
    Delete(Box<DeleteNode>),
}

pub struct LockTarget {
    pub table: Rc<TableDef>,
    pub lock: RowLock,
    pub recheck: Recheck,
}

/// How to go on when a row was changed meanwhile under READ COMMITTED: fetch the newer version, put
/// its attributes into the input row and see whether the row still qualifies.
pub struct Recheck {
    /// Where the ctid stands in the input.
    pub ctid: usize,
    /// Attribute index and its place in the input.
    pub attributes: Vec<(usize, usize)>,
    /// Over the input row.
    pub predicates: Vec<Expr>,
}

/// What every change checks.
pub struct Checks {
    /// CHECK constraints over the new row's attributes: `Input(attribute index)`.
    pub checks: Vec<(String, Expr)>,
    /// Foreign keys of the table.
    pub references: Vec<ForeignKey>,
    /// Foreign keys of others that point to the table.
    pub referenced: Vec<ForeignKey>,
}

#[derive(Clone)]
pub struct ForeignKey {
    pub constraint: Rc<ConstraintDef>,
    pub child: Rc<TableDef>,
    pub parent: Rc<TableDef>,
    /// Unique index of the parent over exactly the referenced columns.
    pub parent_index: Rc<IndexDef>,
    /// An index of the child whose leading columns are the foreign key's, if there is one.
    pub child_index: Option<Rc<IndexDef>>,
}

pub struct InsertNode {
    pub table: Rc<TableDef>,
    /// Gives whole rows: one column for each attribute, dropped ones null.
    pub input: Plan,
    pub checks: Checks,
    pub conflict: Option<ConflictPlan>,
    /// Over the new row's attributes.
    pub returning: Vec<Expr>,
}

pub struct ConflictPlan {
    /// Empty: any unique index.
    pub arbiters: Vec<Rc<IndexDef>>,
    pub update: Option<ConflictUpdatePlan>,
}

/// Expressions see the existing row's attributes and then the proposed row's.
pub struct ConflictUpdatePlan {
    pub sets: Vec<(usize, Expr)>,
    pub filter: Option<Expr>,
}

pub struct UpdateNode {
    pub table: Rc<TableDef>,
    pub input: Plan,
    pub recheck: Recheck,
    /// Attribute index and new value over the input row.
    pub sets: Vec<(usize, Expr)>,
    pub checks: Checks,
    /// Over the new row's attributes and then the input row.
    pub returning: Vec<Expr>,
}

pub struct DeleteNode {
    pub table: Rc<TableDef>,
    pub input: Plan,
    pub recheck: Recheck,
    pub checks: Checks,
    /// Over the old row's attributes and then the input row.
    pub returning: Vec<Expr>,
}
