//! From a plan to its operators: one arm for each kind of step, recursion bounded by the plan's
//! own depth limit.

use crate::execute::modify::{delete, insert, lock_rows, update};
use crate::execute::node::aggregate::Aggregate;
use crate::execute::node::apply::Apply;
use crate::execute::node::filter::{Compute, Filter, Project};
use crate::execute::node::function_scan::FunctionScan;
use crate::execute::node::hash_join::HashJoin;
use crate::execute::node::instrument::Instrument;
use crate::execute::node::limit::{Append, Limit};
use crate::execute::node::materialize::{CteScan, Materialize};
use crate::execute::node::nested_loop::NestedLoop;
use crate::execute::node::scan::{Layout, Scan, ScanState, Source, TidScan};
use crate::execute::node::set_op::SetOp;
use crate::execute::node::sort::Sort;
use crate::execute::node::unique::Unique;
use crate::execute::node::values::{Empty, OneRow, Values, ViewScan};
use crate::execute::node::{BoxNode, Node as Operator};
use crate::execute::rows::types_of;
use crate::plan::tree::{Node, Plan};
use alloc::boxed::Box;
use alloc::vec::Vec;
use vitrine_data::vector::BatchBuilder;
use vitrine_data::{Phys, Result, SqlError};

/// Plans nest at most so deep: operators call one another on the machine's stack.
const MAX_DEPTH: usize = 200;

/// The operators of a plan; with `counted`, each with its counters.
pub fn build<'p>(plan: &'p Plan, counted: bool) -> Result<BoxNode<'p>> {
    Builder { counted }.step(plan, 0)
}

struct Builder {
    counted: bool,
}

impl Builder {
    fn step<'p>(&self, plan: &'p Plan, depth: usize) -> Result<BoxNode<'p>> {
        if depth > MAX_DEPTH {
            return Err(SqlError::too_complex());
        }
        let inner = match &plan.node {
            Node::Result { .. }
            | Node::Empty
            | Node::SeqScan { .. }
            | Node::IndexScan { .. }
            | Node::TidScan { .. }
            | Node::ViewScan { .. }
            | Node::FunctionScan { .. }
            | Node::Values { .. }
            | Node::CteScan { .. }
            | Node::WorkScan { .. } => leaf(plan),
            Node::NestedLoop { .. } | Node::HashJoin { .. } | Node::Apply { .. } => {
                self.join(plan, depth + 1)?
            }
            _ => self.inner(plan, depth + 1)?,
        };
        if !self.counted {
            return Ok(inner);
        }
        Ok(Box::new(Instrument {
            inner,
            id: plan.id,
            fresh: true,
        }))
    }

    fn join<'p>(&self, plan: &'p Plan, depth: usize) -> Result<BoxNode<'p>> {
        Ok(match &plan.node {
            Node::NestedLoop {
                kind,
                left,
                right,
                params,
                on,
            } => boxed(NestedLoop {
                kind: *kind,
                left: self.step(left, depth)?,
                right: self.step(right, depth)?,
                params,
                on,
                left_types: types_of(&left.columns),
                right_types: types_of(&right.columns),
                out: BatchBuilder::new(&types_of(&plan.columns)),
                current: None,
                kept: None,
                right_at: 0,
                left_done: false,
            }),
            Node::HashJoin {
                kind,
                left,
                right,
                left_keys,
                right_keys,
                residual,
            } => boxed(HashJoin {
                kind: *kind,
                left: self.step(left, depth)?,
                right: self.step(right, depth)?,
                left_keys,
                right_keys,
                residual,
                left_types: types_of(&left.columns),
                right_types: types_of(&right.columns),
                built: None,
                probe: None,
                rest_at: 0,
                left_done: false,
            }),
            Node::Apply {
                kind,
                input,
                query,
                params,
            } => boxed(Apply {
                kind,
                input: self.step(input, depth)?,
                query: self.step(query, depth)?,
                params,
                phys: plan
                    .columns
                    .last()
                    .map_or(Phys::Bytes, |column| column.ty.phys()),
                element: query
                    .columns
                    .first()
                    .map_or(Phys::Bytes, |column| column.ty.phys()),
                once: None,
            }),
            _ => boxed(Empty),
        })
    }

    fn inner<'p>(&self, plan: &'p Plan, depth: usize) -> Result<BoxNode<'p>> {
        let types = types_of(&plan.columns);
        Ok(match &plan.node {
            Node::Filter { input, predicates } => boxed(Filter {
                input: self.step(input, depth)?,
                predicates,
                id: plan.id,
            }),
            Node::Project { input, columns } => boxed(Project {
                input: self.step(input, depth)?,
                columns,
            }),
            Node::Compute { input, calls } => boxed(Compute {
                input: self.step(input, depth)?,
                calls,
            }),
            Node::Aggregate {
                input,
                groups,
                calls,
                sets,
                ..
            } => boxed(Aggregate {
                input: self.step(input, depth)?,
                groups,
                calls,
                sets: sets.as_deref(),
                types,
                state: None,
                set_at: 0,
                at: 0,
            }),
            Node::Unique { input, keys } => boxed(Unique {
                input: self.step(input, depth)?,
                keys,
                last: None,
            }),
            Node::Sort { input, keys, top } => boxed(Sort {
                input: self.step(input, depth)?,
                keys,
                top: top.as_deref(),
                types,
                sorted: None,
                at: 0,
            }),
            Node::Limit {
                input,
                count,
                offset,
                ties,
            } => boxed(Limit {
                input: self.step(input, depth)?,
                count: count.as_ref(),
                offset: offset.as_ref(),
                ties,
                state: None,
            }),
            Node::Append { inputs } => {
                let inputs = inputs.iter().map(|input| self.step(input, depth));
                boxed(Append {
                    inputs: inputs.collect::<Result<Vec<_>>>()?,
                    at: 0,
                })
            }
            Node::SetOp {
                kind,
                all,
                left,
                right,
            } => boxed(SetOp {
                kind: *kind,
                all: *all,
                left: self.step(left, depth)?,
                right: self.step(right, depth)?,
                types,
                state: None,
            }),
            Node::Materialize { input } => boxed(Materialize {
                input: self.step(input, depth)?,
                types,
                rows: None,
                at: 0,
            }),
            Node::LockRows { input, targets } => boxed(lock_rows::LockRows {
                input: self.step(input, depth)?,
                targets,
            }),
            Node::Insert(node) => boxed(insert::Insert::new(
                node,
                self.step(&node.input, depth)?,
                types,
            )),
            Node::Update(node) => boxed(update::Update::new(
                node,
                self.step(&node.input, depth)?,
                types,
            )),
            Node::Delete(node) => boxed(delete::Delete::new(
                node,
                self.step(&node.input, depth)?,
                types,
            )),
            _ => leaf(plan),
        })
    }
}

fn boxed<'p>(node: impl Operator + 'p) -> BoxNode<'p> {
    Box::new(node)
}

/// Steps without an input.
fn leaf(plan: &Plan) -> BoxNode<'_> {
    match &plan.node {
        Node::Result { columns, filter } => boxed(OneRow {
            columns,
            filter,
            done: false,
        }),
        Node::SeqScan {
            table,
            columns,
            filter,
            ..
        } => boxed(Scan {
            layout: Layout::new(table, columns),
            source: Source::Sequence,
            filter,
            id: plan.id,
            state: ScanState::Fresh,
        }),
        Node::IndexScan {
            table,
            index,
            range,
            backward,
            columns,
            filter,
            ..
        } => boxed(Scan {
            layout: Layout::new(table, columns),
            source: Source::Index {
                index,
                range,
                backward: *backward,
            },
            filter,
            id: plan.id,
            state: ScanState::Fresh,
        }),
        Node::TidScan {
            table,
            tid,
            columns,
            filter,
            ..
        } => boxed(TidScan {
            layout: Layout::new(table, columns),
            tid,
            filter,
            done: false,
        }),
        Node::ViewScan {
            view,
            args,
            columns,
            filter,
            ..
        } => boxed(ViewScan {
            view,
            args,
            columns,
            filter,
            rows: None,
            at: 0,
        }),
        Node::FunctionScan {
            function,
            args,
            ordinality,
            filter,
            ..
        } => boxed(FunctionScan {
            function,
            args,
            ordinality: *ordinality,
            filter,
            phys: plan
                .columns
                .first()
                .map_or(Phys::Bytes, |column| column.ty.phys()),
            values: None,
            at: 0,
        }),
        Node::Values { rows } => boxed(Values {
            rows,
            types: types_of(&plan.columns),
            at: 0,
        }),
        Node::CteScan { cte, filter, .. } => boxed(CteScan {
            cte: *cte,
            round: false,
            filter,
            rows: None,
            at: 0,
        }),
        Node::WorkScan { cte, .. } => boxed(CteScan {
            cte: *cte,
            round: true,
            filter: &[],
            rows: None,
            at: 0,
        }),
        _ => boxed(Empty),
    }
}
