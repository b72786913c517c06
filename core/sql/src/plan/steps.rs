//! Each logical step as physical ones.

use super::cost;
use super::tree::{AggregateStrategy, CtePlan, Estimate, LockTarget, Node, Plan, Recheck};
use super::{Made, Planner, broken};
use crate::bind::tree::{
    ApplyKind, ColumnId, CteDef, Expr, ExprKind, JoinKind, OutputColumn, Rel, SortKey,
    SystemColumn, TableRel,
};
use crate::bind::walk;
use crate::functions::Kernel;
use crate::parse::ast::SetOpKind;
use crate::types::SqlType;
use alloc::boxed::Box;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result};

impl Planner<'_> {
    pub fn rel(&self, rel: &Rel) -> Result<Made> {
        match rel {
            Rel::Unit => {
                let node = Node::Result {
                    columns: Vec::new(),
                    filter: Vec::new(),
                };
                let estimate = Estimate {
                    total_cost: cost::TUPLE,
                    rows: 1.0,
                    ..Estimate::default()
                };
                Ok(self.made(node, Vec::new(), estimate))
            }
            Rel::Empty { columns } => {
                let ids = self.outputs(columns);
                Ok(self.made(Node::Empty, ids, Estimate::default()))
            }
            Rel::Table(table) => self.scan(table, &[]),
            Rel::View {
                view,
                args,
                alias,
                columns,
            } => {
                for (id, (name, oid)) in columns.iter().zip(view.columns) {
                    self.know_as(*id, name, SqlType::plain(*oid));
                }
                let kept: Vec<(usize, ColumnId)> = columns
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|(_, id)| self.used.contains(id))
                    .collect();
                let node = Node::ViewScan {
                    view,
                    args: self.place_all(args.clone(), &[])?,
                    alias: alias.clone(),
                    columns: kept.iter().map(|(at, _)| *at).collect(),
                    filter: Vec::new(),
                };
                let ids = kept.into_iter().map(|(_, id)| id).collect();
                Ok(self.made(node, ids, rows_estimate(100.0)))
            }
            Rel::Values { rows, columns } => self.values(rows, columns),
            Rel::Function {
                function,
                args,
                columns,
                alias,
                ordinality,
            } => {
                let ids = self.outputs(columns);
                let node = Node::FunctionScan {
                    function,
                    args: self.place_all(args.clone(), &[])?,
                    ordinality: *ordinality,
                    alias: alias.clone(),
                    filter: Vec::new(),
                };
                Ok(self.made(node, ids, rows_estimate(1000.0)))
            }
            Rel::Filter { input, predicates } => self.filter(input, predicates),
            Rel::Project { input, columns } => self.projection(input, columns),
            Rel::Join {
                kind,
                left,
                right,
                on,
                lateral,
            } => self.join(rel, *kind, left, right, on, *lateral),
            Rel::Apply {
                kind,
                input,
                query,
                column,
            } => self.apply(kind, input, query, column),
            Rel::Aggregate {
                input,
                groups,
                calls,
                sets,
            } => self.aggregate(input, groups, calls, sets.as_ref()),
            Rel::Distinct { input, on } => self.distinct_step(input, on.as_deref()),
            Rel::Sort { input, keys } => {
                let made = self.rel(input)?;
                self.sorted(made, keys, None)
            }
            Rel::Limit {
                input,
                count,
                offset,
                with_ties,
            } => self.limit(input, count.as_ref(), offset.as_ref(), *with_ties),
            Rel::SetOp {
                kind,
                all,
                left,
                right,
                columns,
            } => self.set_op(*kind, *all, left, right, columns),
            Rel::With { ctes, body } => {
                for cte in ctes {
                    self.cte(cte)?;
                }
                self.rel(body)
            }
            Rel::CteScan {
                cte,
                columns,
                alias,
            } => {
                let (index, rows) = self.cte_at(*cte)?;
                let ids = self.outputs(columns);
                let node = Node::CteScan {
                    cte: index,
                    name: alias.clone(),
                    filter: Vec::new(),
                };
                Ok(self.made(node, ids, rows_estimate(rows)))
            }
            Rel::WorkScan { cte, columns } => {
                let (index, rows) = self.cte_at(*cte)?;
                let ids = self.outputs(columns);
                let node = Node::WorkScan {
                    cte: index,
                    name: "worktable".into(),
                };
                Ok(self.made(node, ids, rows_estimate(rows)))
            }
            Rel::Change(change) => self.change(change),
        }
    }

    pub fn outputs(&self, columns: &[OutputColumn]) -> Vec<ColumnId> {
        columns.iter().for_each(|column| self.know(column));
        columns.iter().map(|column| column.id).collect()
    }

    fn cte_at(&self, number: usize) -> Result<(usize, f64)> {
        let found = self.cte_index.borrow().get(&number).copied();
        found.ok_or_else(|| broken("a CTE that is not there"))
    }

    fn values(&self, rows: &[Vec<Expr>], columns: &[OutputColumn]) -> Result<Made> {
        let ids = self.outputs(columns);
        let waits = |expr: &Expr| {
            walk::any(expr, &|part| match &part.kind {
                ExprKind::Call { function, .. } => matches!(function.kernel, Kernel::Planned),
                _ => false,
            })
        };
        let count = rows.len() as f64;
        if rows.iter().flatten().any(waits) {
            let mut inputs = Vec::new();
            for row in rows {
                let unit = self.rel(&Rel::Unit)?;
                inputs.push(self.project(unit, ids.clone(), row.clone())?.plan);
            }
            return Ok(self.made(Node::Append { inputs }, ids, rows_estimate(count)));
        }
        let rows = rows
            .iter()
            .map(|row| self.place_all(row.clone(), &[]))
            .collect::<Result<_>>()?;
        Ok(self.made(Node::Values { rows }, ids, rows_estimate(count)))
    }

    /// A filter over a finished step.
    pub fn filter_made(&self, made: Made, predicates: Vec<Expr>) -> Result<Made> {
        if predicates.is_empty() {
            return Ok(made);
        }
        let mut estimate = made.plan.estimate;
        estimate.total_cost += estimate.rows * cost::OPERATOR * predicates.len() as f64;
        estimate.rows =
            cost::clamp_rows(estimate.rows * self.selectivity_all(&predicates, estimate.rows));
        let (made, predicates) = self.hoisted(made, predicates)?;
        let predicates = self.place_all(predicates, &made.ids)?;
        let mut made = made;
        match &mut made.plan.node {
            Node::ViewScan { filter, .. }
            | Node::FunctionScan { filter, .. }
            | Node::CteScan { filter, .. } => {
                filter.extend(predicates);
                made.plan.estimate = Estimate {
                    width_bytes: made.plan.estimate.width_bytes,
                    ..estimate
                };
                Ok(made)
            }
            _ => {
                let ids = made.ids;
                let node = Node::Filter {
                    input: Box::new(made.plan),
                    predicates,
                };
                Ok(self.made(node, ids, estimate))
            }
        }
    }

    fn filter(&self, input: &Rel, predicates: &[Expr]) -> Result<Made> {
        let waits = predicates.iter().any(|expr| {
            walk::any(expr, &|part| match &part.kind {
                ExprKind::Call { function, .. } => matches!(function.kernel, Kernel::Planned),
                _ => false,
            })
        });
        match input {
            Rel::Table(table) if !waits => self.scan(table, predicates),
            Rel::Join {
                kind: JoinKind::Inner,
                lateral: false,
                ..
            } if !waits => self.inner_joins(input, predicates.to_vec()),
            _ => {
                let made = self.rel(input)?;
                self.filter_made(made, predicates.to_vec())
            }
        }
    }

    fn projection(&self, input: &Rel, columns: &[(OutputColumn, Expr)]) -> Result<Made> {
        let made = self.rel(input)?;
        let made = self.locked(made, input)?;
        let mut ids = Vec::new();
        let mut exprs = Vec::new();
        for (column, expr) in columns
            .iter()
            .filter(|(column, _)| self.used.contains(&column.id))
        {
            self.know(column);
            if let ExprKind::Column(source) = expr.kind {
                let origin = self.origins.borrow().get(&source).cloned();
                if let Some(origin) = origin {
                    self.origins.borrow_mut().insert(column.id, origin);
                }
            }
            ids.push(column.id);
            exprs.push(expr.clone());
        }
        // Columns given on as they are only change their numbers.
        let same = exprs.len() == made.ids.len()
            && exprs
                .iter()
                .zip(&made.ids)
                .all(|(expr, id)| matches!(expr.kind, ExprKind::Column(c) if c == *id));
        if same && !matches!(made.plan.node, Node::Result { .. }) {
            let mut made = made;
            made.plan.columns = self.plan_columns(&ids);
            made.ids = ids;
            return Ok(made);
        }
        self.project(made, ids, exprs)
    }

    /// FOR UPDATE: a step that locks, below the projection.
    fn locked(&self, made: Made, input: &Rel) -> Result<Made> {
        let mut tables = Vec::new();
        let mut predicates = Vec::new();
        locked_tables(input, &mut tables, &mut predicates);
        if tables.is_empty() {
            return Ok(made);
        }
        let mut targets = Vec::new();
        for table in tables {
            let Some(lock) = table.lock else { continue };
            let recheck = self.recheck(table, &made.ids, &predicates)?;
            targets.push(LockTarget {
                table: table.table.clone(),
                lock,
                recheck,
            });
        }
        let (ids, mut estimate) = (made.ids, made.plan.estimate);
        estimate.total_cost += estimate.rows * cost::TUPLE;
        Ok(self.made(
            Node::LockRows {
                input: Box::new(made.plan),
                targets,
            },
            ids,
            estimate,
        ))
    }

    pub fn recheck(
        &self,
        table: &TableRel,
        ids: &[ColumnId],
        predicates: &[Expr],
    ) -> Result<Recheck> {
        let at = |id: &ColumnId| ids.iter().position(|known| known == id);
        let ctid = table.system.iter().find(|(s, _)| *s == SystemColumn::Ctid);
        let ctid = ctid
            .and_then(|(_, id)| at(id))
            .ok_or_else(|| broken("a row without ctid"))?;
        let attributes = table
            .columns
            .iter()
            .filter_map(|(n, id)| Some((*n, at(id)?)))
            .collect();
        let mut placed = Vec::new();
        for expr in predicates {
            let mut used = Vec::new();
            walk::columns_of(expr, &mut used);
            let slots = self.slots.borrow();
            let known = |id: &ColumnId| ids.contains(id) || slots.iter().any(|(s, _)| s == id);
            let ready = used.iter().all(known);
            drop(slots);
            if ready {
                placed.push(self.place(expr.clone(), ids)?);
            }
        }
        Ok(Recheck {
            ctid,
            attributes,
            predicates: placed,
        })
    }

    fn join(
        &self,
        rel: &Rel,
        kind: JoinKind,
        left: &Rel,
        right: &Rel,
        on: &[Expr],
        lateral: bool,
    ) -> Result<Made> {
        if kind == JoinKind::Inner && !lateral {
            return self.inner_joins(rel, Vec::new());
        }
        let made = self.rel(left)?;
        let params = if lateral {
            self.open_slots(&made.ids, right)?
        } else {
            Vec::new()
        };
        if params.is_empty() {
            if let Some((table, filter)) = super::join::as_table(right)
                && !matches!(kind, JoinKind::Right | JoinKind::Full)
            {
                let bare = Rel::Table(table.clone());
                return self.join_leaf(kind, made, &bare, &filter, on.to_vec(), None);
            }
            let right = self.rel(right)?;
            return self.join_made(kind, made, right, on.to_vec(), None);
        }
        let inner = self.rel(right);
        self.close_slots(params.len());
        let inner = inner?;
        let both: Vec<ColumnId> = made.ids.iter().chain(&inner.ids).copied().collect();
        let keeps = !matches!(kind, JoinKind::Semi | JoinKind::Anti);
        let ids = if keeps {
            both.clone()
        } else {
            made.ids.clone()
        };
        let left_estimate = made.plan.estimate;
        let estimate = Estimate {
            total_cost: left_estimate.total_cost
                + left_estimate.rows * inner.plan.estimate.total_cost,
            rows: cost::clamp_rows(
                left_estimate.rows * if keeps { inner.plan.estimate.rows } else { 0.5 },
            ),
            ..Estimate::default()
        };
        let on = self.place_all(on.to_vec(), &both)?;
        let (left, right) = (Box::new(made.plan), Box::new(inner.plan));
        Ok(self.made(
            Node::NestedLoop {
                kind,
                left,
                right,
                params,
                on,
            },
            ids,
            estimate,
        ))
    }

    fn apply(
        &self,
        kind: &ApplyKind,
        input: &Rel,
        query: &Rel,
        column: &OutputColumn,
    ) -> Result<Made> {
        let made = self.rel(input)?;
        self.know(column);
        let params = self.open_slots(&made.ids, query)?;
        let inner = self.rel(query).and_then(|inner| {
            let kind = match kind {
                ApplyKind::Quantified { compare, all } => {
                    // It sees the input's columns and then the subquery's.
                    let both: Vec<ColumnId> = made.ids.iter().chain(&inner.ids).copied().collect();
                    let compare = Box::new(self.place(compare.as_ref().clone(), &both)?);
                    ApplyKind::Quantified { compare, all: *all }
                }
                other => other.clone(),
            };
            Ok((inner, kind))
        });
        self.close_slots(params.len());
        let (mut inner, kind) = inner?;
        if params.is_empty() && matches!(kind, ApplyKind::Quantified { .. }) {
            inner = self.kept(inner);
        }
        let runs = if params.is_empty() {
            1.0
        } else {
            made.plan.estimate.rows
        };
        let mut estimate = made.plan.estimate;
        estimate.total_cost += runs * inner.plan.estimate.total_cost;
        let mut ids = made.ids;
        ids.push(column.id);
        let (input, query) = (Box::new(made.plan), Box::new(inner.plan));
        Ok(self.made(
            Node::Apply {
                kind,
                input,
                query,
                params,
            },
            ids,
            estimate,
        ))
    }

    fn aggregate(
        &self,
        input: &Rel,
        groups: &[(OutputColumn, Expr)],
        calls: &[(OutputColumn, crate::bind::tree::AggregateCall)],
        sets: Option<&Vec<Vec<usize>>>,
    ) -> Result<Made> {
        let made = self.rel(input)?;
        let rows = made.plan.estimate.rows;
        let mut number = 1.0;
        let mut ids = Vec::new();
        let mut keys = Vec::new();
        for (column, expr) in groups {
            number *= self.distinct(expr, rows);
            self.know(column);
            ids.push(column.id);
            keys.push(self.place(expr.clone(), &made.ids)?);
        }
        let mut placed = Vec::new();
        for (column, call) in calls {
            self.know(column);
            ids.push(column.id);
            let mut call = call.clone();
            call.args = self.place_all(call.args, &made.ids)?;
            call.order_by = self.place_keys(&call.order_by, &made.ids)?;
            call.filter = match call.filter {
                Some(filter) => Some(Box::new(self.place(*filter, &made.ids)?)),
                None => None,
            };
            placed.push(call);
        }
        let plain = groups.is_empty() && sets.is_none();
        let strategy = if plain {
            AggregateStrategy::Plain
        } else {
            AggregateStrategy::Hash
        };
        let work = rows * cost::OPERATOR * (calls.len() + groups.len()).max(1) as f64;
        let out = if plain {
            1.0
        } else {
            cost::clamp_rows(number.min(rows))
        };
        let total = made.plan.estimate.total_cost + work;
        let estimate = Estimate {
            startup_cost: total,
            total_cost: total + out * cost::TUPLE,
            rows: out,
            width_bytes: 0,
        };
        let node = Node::Aggregate {
            strategy,
            input: Box::new(made.plan),
            groups: keys,
            calls: placed,
            sets: sets.cloned(),
        };
        Ok(self.made(node, ids, estimate))
    }

    fn distinct_step(&self, input: &Rel, on: Option<&[Expr]>) -> Result<Made> {
        let made = self.rel(input)?;
        let mut estimate = made.plan.estimate;
        if let Some(on) = on {
            let keys = self.place_all(on.to_vec(), &made.ids)?;
            let ids = made.ids;
            return Ok(self.made(
                Node::Unique {
                    input: Box::new(made.plan),
                    keys,
                },
                ids,
                estimate,
            ));
        }
        estimate.total_cost += estimate.rows * cost::OPERATOR * made.ids.len() as f64;
        estimate.startup_cost = estimate.total_cost;
        estimate.rows = cost::clamp_rows(estimate.rows.min(200.0));
        Ok(self.grouped_by_all(made, estimate))
    }

    fn grouped_by_all(&self, made: Made, estimate: Estimate) -> Made {
        let groups = made
            .plan
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| Expr::new(ExprKind::Input(at), column.ty, 0))
            .collect();
        let ids = made.ids;
        let node = Node::Aggregate {
            strategy: AggregateStrategy::Hash,
            input: Box::new(made.plan),
            groups,
            calls: Vec::new(),
            sets: None,
        };
        self.made(node, ids, estimate)
    }

    fn sorted(&self, made: Made, keys: &[SortKey], top: Option<Expr>) -> Result<Made> {
        let mut estimate = made.plan.estimate;
        let rows = estimate.rows.max(2.0);
        let compared = if top.is_some() {
            rows
        } else {
            rows * libm::log2(rows)
        };
        estimate.startup_cost = estimate.total_cost + compared * 2.0 * cost::OPERATOR;
        estimate.total_cost = estimate.startup_cost + rows * cost::OPERATOR;
        let keys = self.place_keys(keys, &made.ids)?;
        let ids = made.ids;
        let node = Node::Sort {
            input: Box::new(made.plan),
            keys,
            top: top.map(Box::new),
        };
        Ok(self.made(node, ids, estimate))
    }

    fn limit(
        &self,
        input: &Rel,
        count: Option<&Expr>,
        offset: Option<&Expr>,
        with_ties: bool,
    ) -> Result<Made> {
        let top = if with_ties {
            None
        } else {
            top_of(count, offset)
        };
        let (made, ties) = match input {
            Rel::Sort { input, keys } => {
                let made = self.rel(input)?;
                let made = self.sorted(made, keys, top)?;
                let ties = if with_ties {
                    self.place_keys(keys, &made.ids)?
                } else {
                    Vec::new()
                };
                (made, ties)
            }
            _ => (self.rel(input)?, Vec::new()),
        };
        let mut estimate = made.plan.estimate;
        let wanted = match count.map(|expr| &expr.kind) {
            Some(ExprKind::Const(value)) => value.as_i64().map_or(estimate.rows, |n| n as f64),
            Some(_) => estimate.rows * 0.1,
            None => estimate.rows,
        };
        let fraction = (wanted / estimate.rows.max(1.0)).min(1.0);
        estimate.total_cost =
            estimate.startup_cost + (estimate.total_cost - estimate.startup_cost) * fraction;
        estimate.rows = cost::clamp_rows(wanted.min(estimate.rows));
        let place = |expr: Option<&Expr>| expr.map(|e| self.place(e.clone(), &[])).transpose();
        let (count, offset) = (place(count)?, place(offset)?);
        let ids = made.ids;
        let node = Node::Limit {
            input: Box::new(made.plan),
            count,
            offset,
            ties,
        };
        Ok(self.made(node, ids, estimate))
    }

    fn set_op(
        &self,
        kind: SetOpKind,
        all: bool,
        left: &Rel,
        right: &Rel,
        columns: &[OutputColumn],
    ) -> Result<Made> {
        let (left, right) = (self.rel(left)?, self.rel(right)?);
        let ids = self.outputs(columns);
        let mut estimate = Estimate {
            total_cost: left.plan.estimate.total_cost + right.plan.estimate.total_cost,
            rows: left.plan.estimate.rows + right.plan.estimate.rows,
            ..Estimate::default()
        };
        if kind != SetOpKind::Union {
            estimate.rows = left.plan.estimate.rows;
            let (left, right) = (Box::new(left.plan), Box::new(right.plan));
            return Ok(self.made(
                Node::SetOp {
                    kind,
                    all,
                    left,
                    right,
                },
                ids,
                estimate,
            ));
        }
        let mut inputs: Vec<Plan> = Vec::new();
        for side in [left.plan, right.plan] {
            match side.node {
                // UNION ALL of UNION ALL is one list.
                Node::Append { inputs: inner } if all => inputs.extend(inner),
                node => inputs.push(Plan { node, ..side }),
            }
        }
        let made = self.made(Node::Append { inputs }, ids, estimate);
        if all {
            return Ok(made);
        }
        estimate.total_cost += estimate.rows * cost::OPERATOR;
        estimate.startup_cost = estimate.total_cost;
        Ok(self.grouped_by_all(made, estimate))
    }

    fn cte(&self, cte: &CteDef) -> Result<()> {
        let index = self.ctes.borrow().len();
        let hole = || Plan {
            id: 0,
            node: Node::Empty,
            columns: Vec::new(),
            estimate: Estimate::default(),
        };
        self.ctes.borrow_mut().push(CtePlan {
            name: cte.name.clone(),
            plan: hole(),
            recursive: None,
        });
        let made = self.rel(&cte.query)?;
        let made = self.narrowed(made, &cte.columns)?;
        let mut rows = made.plan.estimate.rows;
        let mut recursive = None;
        if let Some((step, union)) = &cte.recursive {
            rows *= 10.0;
            self.cte_index
                .borrow_mut()
                .insert(cte.number, (index, rows));
            recursive = Some((self.rel(step)?.plan, *union));
        }
        self.cte_index
            .borrow_mut()
            .insert(cte.number, (index, rows));
        if let Some(place) = self.ctes.borrow_mut().get_mut(index) {
            *place = CtePlan {
                name: cte.name.clone(),
                plan: made.plan,
                recursive,
            };
        }
        Ok(())
    }
}

fn rows_estimate(rows: f64) -> Estimate {
    Estimate {
        total_cost: rows * cost::TUPLE,
        rows: rows.max(1.0),
        ..Estimate::default()
    }
}

/// LIMIT and OFFSET together, where they are constants; else LIMIT alone without an OFFSET.
fn top_of(count: Option<&Expr>, offset: Option<&Expr>) -> Option<Expr> {
    let count = count?;
    let Some(offset) = offset else {
        return Some(count.clone());
    };
    let (ExprKind::Const(a), ExprKind::Const(b)) = (&count.kind, &offset.kind) else {
        return None;
    };
    let sum = a.as_i64()?.checked_add(b.as_i64()?)?;
    Some(Expr::constant(Datum::I64(sum), count.ty))
}

/// Tables to be locked, down to the next projection, and the predicates on the way.
fn locked_tables<'r>(rel: &'r Rel, tables: &mut Vec<&'r TableRel>, predicates: &mut Vec<Expr>) {
    match rel {
        Rel::Table(table) if table.lock.is_some() => tables.push(table),
        Rel::Filter {
            input,
            predicates: own,
        } => {
            predicates.extend(own.iter().cloned());
            locked_tables(input, tables, predicates);
        }
        Rel::Join {
            left, right, on, ..
        } => {
            predicates.extend(on.iter().cloned());
            locked_tables(left, tables, predicates);
            locked_tables(right, tables, predicates);
        }
        Rel::Apply { input, .. } => locked_tables(input, tables, predicates),
        _ => {}
    }
}

/// Marks what must be made although nothing names it: the columns of both sides of a set operation,
/// of CTEs, of DISTINCT, of subqueries that give values.
pub fn mark(rel: &Rel, used: &mut alloc::collections::BTreeSet<ColumnId>) {
    match rel {
        Rel::SetOp {
            left,
            right,
            columns,
            ..
        } => {
            used.extend(columns.iter().map(|column| column.id));
            mark_outputs(left, used);
            mark_outputs(right, used);
        }
        Rel::Distinct { input, .. } => mark_outputs(input, used),
        Rel::Apply {
            kind: ApplyKind::Scalar | ApplyKind::Array,
            query,
            ..
        } => {
            mark_outputs(query, used);
        }
        Rel::With { ctes, .. } => {
            for cte in ctes {
                used.extend(cte.columns.iter().map(|column| column.id));
                mark_outputs(&cte.query, used);
                if let Some((step, _)) = &cte.recursive {
                    mark_outputs(step, used);
                }
            }
        }
        Rel::Change(change) => {
            use crate::bind::tree::ChangeKind::{Delete, Update};
            if let Update { old, ctid, .. } | Delete { old, ctid, .. } = &change.kind {
                used.extend(old.iter().map(|(_, id)| *id));
                used.insert(*ctid);
            }
        }
        _ => {}
    }
    walk::inputs(rel, &mut |input| mark(input, used));
}

fn mark_outputs(rel: &Rel, used: &mut alloc::collections::BTreeSet<ColumnId>) {
    match rel {
        Rel::Project { columns, .. } => used.extend(columns.iter().map(|(column, _)| column.id)),
        Rel::Sort { input, .. }
        | Rel::Limit { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Filter { input, .. }
        | Rel::With { body: input, .. } => mark_outputs(input, used),
        other => walk::made_by(other, used),
    }
}
