//! From a bound statement to a physical plan.
//!
//! ```text
//!   optimize/ rewrites the logical tree
//!   steps.rs  each logical step becomes physical ones; place.rs turns column ids into positions
//!   scan.rs   how a table is read; join.rs  the order and kinds of joins; change.rs  writes
//!   cost.rs   rows and costs, from statistics or PostgreSQL's defaults
//!   explain.rs  a plan as text and JSON
//! ```
//!
//! A [`Made`] is a plan with the ids of its columns, in order. Columns that no expression of the
//! statement uses are not made at all.

mod change;
mod cost;
pub mod explain;
mod join;
mod place;
mod scan;
mod steps;
pub mod tree;

use crate::bind::tree::{ColumnId, Expr, OutputColumn, Query, Rel};
use crate::bind::{Binder, Bound, walk};
use crate::catalog::{CatalogSnapshot, TableDef};
use crate::types::SqlType;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use tree::{CtePlan, Estimate, Node, Plan, PlanColumn, PlanField, Statement, TableLock};
use vitrine_data::{Result, SqlError};

/// What planning asks the engine and the settings.
pub struct PlanCx<'a> {
    pub catalog: &'a Rc<CatalogSnapshot>,
    /// Pages of a table now.
    pub pages: &'a dyn Fn(&TableDef) -> u32,
    /// `enable_…` settings by name.
    pub enabled: &'a dyn Fn(&str) -> bool,
    pub work_mem_bytes: usize,
}

/// A plan and the ids of its columns.
pub(crate) struct Made {
    pub plan: Plan,
    pub ids: Vec<ColumnId>,
}

pub(crate) struct Planner<'a> {
    pub cx: &'a PlanCx<'a>,
    /// Ids that some expression or the client uses.
    pub used: BTreeSet<ColumnId>,
    /// Where a column comes from, for statistics: table and attribute.
    pub origins: RefCell<BTreeMap<ColumnId, (Rc<TableDef>, usize)>>,
    pub types: RefCell<BTreeMap<ColumnId, (String, SqlType)>>,
    /// Outer columns in reach and their slots.
    pub slots: RefCell<Vec<(ColumnId, usize)>>,
    pub next_slot: Cell<usize>,
    pub next_column: Cell<u32>,
    /// CTE number to index in `ctes`, and its rows.
    pub cte_index: RefCell<BTreeMap<usize, (usize, f64)>>,
    pub ctes: RefCell<Vec<CtePlan>>,
}

/// Plans a bound statement; `binder` is the one that bound it.
pub fn plan(bound: Bound, binder: &Binder, cx: &PlanCx) -> Result<Statement> {
    let (rel, columns) = match bound {
        Bound::Query(Query { rel, columns }) => (rel, columns),
        Bound::Change { ctes, change } => {
            let columns = change
                .returning
                .iter()
                .map(|(column, _)| column.clone())
                .collect();
            let mut rel = Rel::Change(Box::new(change));
            if !ctes.is_empty() {
                rel = Rel::With {
                    ctes,
                    body: Box::new(rel),
                };
            }
            (rel, columns)
        }
    };
    let rel = crate::optimize::optimize(rel);
    let mut used = BTreeSet::new();
    walk::used_within(&rel, &mut used);
    steps::mark(&rel, &mut used);
    used.extend(columns.iter().map(|column: &OutputColumn| column.id));
    let planner = Planner {
        cx,
        used,
        origins: RefCell::default(),
        types: RefCell::default(),
        slots: RefCell::default(),
        next_slot: Cell::new(0),
        next_column: Cell::new(binder.columns_made()),
        cte_index: RefCell::default(),
        ctes: RefCell::default(),
    };
    let made = planner.rel(&rel)?;
    let made = planner.narrowed(made, &columns)?;
    let mut root = made.plan;
    let mut steps = 0;
    number(&mut root, &mut steps);
    let mut ctes = planner.ctes.take();
    for cte in &mut ctes {
        number(&mut cte.plan, &mut steps);
        if let Some((step, _)) = &mut cte.recursive {
            number(step, &mut steps);
        }
    }
    let fields = columns
        .into_iter()
        .map(|column| PlanField {
            name: column.name,
            ty: column.ty,
            table: column.origin.0,
            attribute: column.origin.1,
        })
        .collect();
    let writes = binder.writes.get();
    let lock = |changes: bool| {
        if changes {
            TableLock::RowExclusive
        } else {
            TableLock::AccessShare
        }
    };
    let relations = binder
        .relations
        .borrow()
        .iter()
        .map(|(oid, c)| (*oid, lock(*c)))
        .collect();
    let params = binder.params.borrow().clone();
    Ok(Statement {
        root,
        ctes,
        steps,
        slots: planner.next_slot.get(),
        fields,
        params,
        relations,
        read_only: !writes,
    })
}

/// Numbers the steps in the order of EXPLAIN.
fn number(plan: &mut Plan, next: &mut usize) {
    plan.id = *next;
    *next += 1;
    for input in plan.inputs_mut() {
        number(input, next);
    }
}

impl Planner<'_> {
    pub fn new_column(&self) -> ColumnId {
        let id = self.next_column.get();
        self.next_column.set(id + 1);
        ColumnId(id)
    }

    pub fn know(&self, column: &OutputColumn) {
        self.know_as(column.id, &column.name, column.ty);
    }

    pub fn know_as(&self, id: ColumnId, name: &str, ty: SqlType) {
        self.types.borrow_mut().insert(id, (name.into(), ty));
    }

    pub fn plan_columns(&self, ids: &[ColumnId]) -> Vec<PlanColumn> {
        let types = self.types.borrow();
        let column = |id: &ColumnId| match types.get(id) {
            Some((name, ty)) => PlanColumn {
                name: name.clone(),
                ty: *ty,
            },
            None => PlanColumn {
                name: String::new(),
                ty: SqlType::plain(crate::types::Oid::TEXT),
            },
        };
        ids.iter().map(column).collect()
    }

    pub fn made(&self, node: Node, ids: Vec<ColumnId>, estimate: Estimate) -> Made {
        let columns = self.plan_columns(&ids);
        let mut estimate = estimate;
        estimate.width_bytes = columns.iter().map(|column| cost::width(column.ty)).sum();
        Made {
            plan: Plan {
                id: 0,
                node,
                columns,
                estimate,
            },
            ids,
        }
    }

    /// Exactly these columns, in this order.
    pub fn narrowed(&self, made: Made, columns: &[OutputColumn]) -> Result<Made> {
        let wanted: Vec<ColumnId> = columns.iter().map(|column| column.id).collect();
        if made.ids == wanted {
            return Ok(made);
        }
        let exprs: Vec<Expr> = columns
            .iter()
            .map(|column| Expr::column(column.id, column.ty))
            .collect();
        columns.iter().for_each(|column| self.know(column));
        self.project(made, wanted, exprs)
    }

    /// A projection over a plan.
    pub fn project(&self, made: Made, ids: Vec<ColumnId>, exprs: Vec<Expr>) -> Result<Made> {
        let (made, exprs) = self.hoisted(made, exprs)?;
        let exprs = self.place_all(exprs, &made.ids)?;
        let mut estimate = made.plan.estimate;
        estimate.total_cost += estimate.rows * cost::OPERATOR * exprs.len() as f64;
        // A row without a table is a Result.
        if let Node::Result { columns, filter } = &made.plan.node
            && columns.is_empty()
        {
            return Ok(self.made(
                Node::Result {
                    columns: exprs,
                    filter: filter.clone(),
                },
                ids,
                estimate,
            ));
        }
        let node = Node::Project {
            input: Box::new(made.plan),
            columns: exprs,
        };
        Ok(self.made(node, ids, estimate))
    }
}

impl Plan {
    /// The inputs in the order of EXPLAIN.
    pub fn inputs(&self) -> Vec<&Plan> {
        match &self.node {
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Compute { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Unique { input, .. }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Materialize { input }
            | Node::LockRows { input, .. } => alloc::vec![input],
            Node::NestedLoop { left, right, .. }
            | Node::HashJoin { left, right, .. }
            | Node::SetOp { left, right, .. } => alloc::vec![left, right],
            Node::Apply { input, query, .. } => alloc::vec![input, query],
            Node::Append { inputs } => inputs.iter().collect(),
            Node::Insert(node) => alloc::vec![&node.input],
            Node::Update(node) => alloc::vec![&node.input],
            Node::Delete(node) => alloc::vec![&node.input],
            _ => Vec::new(),
        }
    }

    pub fn inputs_mut(&mut self) -> Vec<&mut Plan> {
        match &mut self.node {
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Compute { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Unique { input, .. }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Materialize { input }
            | Node::LockRows { input, .. } => alloc::vec![input],
            Node::NestedLoop { left, right, .. }
            | Node::HashJoin { left, right, .. }
            | Node::SetOp { left, right, .. } => alloc::vec![left, right],
            Node::Apply { input, query, .. } => alloc::vec![input, query],
            Node::Append { inputs } => inputs.iter_mut().collect(),
            Node::Insert(node) => alloc::vec![&mut node.input],
            Node::Update(node) => alloc::vec![&mut node.input],
            Node::Delete(node) => alloc::vec![&mut node.input],
            _ => Vec::new(),
        }
    }
}

/// A plan that cannot be: the tree was wrong.
pub(crate) fn broken(what: &str) -> SqlError {
    SqlError::bug(alloc::format!("cannot plan: {what}"))
}
