//! The order of inner joins, and how each join is carried out.
//!
//! Inner joins side by side are taken apart into tables and predicates. Up to ten of them are put
//! together by dynamic programming over sets: the cheapest way to make each set out of two smaller
//! ones, cross products only where no predicate connects. Beyond ten, the next cheapest table is added
//! to the left each time. Outer, semi and anti joins stay where they are.

use super::cost;
use super::tree::{Estimate, Node};
use super::{Made, Planner};
use crate::bind::tree::{ColumnId, Expr, ExprKind, JoinKind, Rel, TableRel};
use crate::bind::{self, walk};
use crate::functions::registry::CastContext;
use crate::types::SqlType;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use vitrine_data::{Result, SqlError};

const MAX_DP: usize = 10;

/// One table (or subquery) of a join.
struct Leaf<'r> {
    rel: &'r Rel,
    own: BTreeSet<ColumnId>,
    filter: Vec<Expr>,
    rows: f64,
    cost: f64,
}

/// The best way known to make a set of leaves.
#[derive(Clone, Copy)]
struct Best {
    cost: f64,
    rows: f64,
    /// Left and right sets; equal to 0 for a leaf.
    left: u32,
    right: u32,
}

struct Equi {
    left: Vec<Expr>,
    right: Vec<Expr>,
    rest: Vec<Expr>,
}

impl Planner<'_> {
    /// A tree of inner joins under predicates.
    pub fn inner_joins(&self, rel: &Rel, predicates: Vec<Expr>) -> Result<Made> {
        let mut rels = Vec::new();
        let mut predicates = predicates;
        collect(rel, &mut rels, &mut predicates);
        let mut leaves = Vec::new();
        for rel in rels {
            let own = walk::made_within(rel);
            let (filter, rest): (Vec<Expr>, Vec<Expr>) = predicates
                .into_iter()
                .partition(|expr| !constant(expr) && within(expr, &own));
            predicates = rest;
            let made = self.leaf(rel, &filter)?;
            let estimate = made.plan.estimate;
            leaves.push(Leaf {
                rel,
                own,
                filter,
                rows: estimate.rows,
                cost: estimate.total_cost,
            });
        }
        if leaves.len() > MAX_DP {
            return self.greedy(&leaves, predicates);
        }
        let (ready, late): (Vec<Expr>, Vec<Expr>) =
            predicates.into_iter().partition(|expr| !constant(expr));
        let best = self.search(&leaves, &ready);
        let full = (1u32 << leaves.len()) - 1;
        let made = self.build(full, &leaves, &ready, &best)?;
        self.filter_made(made, late)
    }

    fn leaf(&self, rel: &Rel, filter: &[Expr]) -> Result<Made> {
        if let Some((table, mut own)) = as_table(rel) {
            own.extend(filter.iter().cloned());
            return self.scan(table, &own);
        }
        let made = self.rel(rel)?;
        self.filter_made(made, filter.to_vec())
    }

    fn search(&self, leaves: &[Leaf], predicates: &[Expr]) -> Vec<Option<Best>> {
        let count = leaves.len();
        let mut best: Vec<Option<Best>> = alloc::vec![None; 1 << count];
        for (at, leaf) in leaves.iter().enumerate() {
            if let Some(entry) = best.get_mut(1 << at) {
                *entry = Some(Best {
                    cost: leaf.cost,
                    rows: leaf.rows,
                    left: 0,
                    right: 0,
                });
            }
        }
        for set in 1u32..(1 << count) {
            if set.count_ones() < 2 {
                continue;
            }
            let rows = self.set_rows(set, leaves, predicates);
            let mut chosen: Option<Best> = None;
            // Connected ways first; a cross product only if there is none.
            for crosses in [false, true] {
                let mut left = (set - 1) & set;
                while left > 0 {
                    let right = set & !left;
                    let linked = connected(left, right, leaves, predicates);
                    if (linked || crosses)
                        && let (Some(Some(a)), Some(Some(b))) =
                            (best.get(left as usize), best.get(right as usize))
                    {
                        let cost = self.pair_cost(a, b, rows, right, leaves, predicates, linked);
                        if chosen.is_none_or(|known| cost < known.cost) {
                            chosen = Some(Best {
                                cost,
                                rows,
                                left,
                                right,
                            });
                        }
                    }
                    left = (left - 1) & set;
                }
                if chosen.is_some() {
                    break;
                }
            }
            if let Some(entry) = best.get_mut(set as usize) {
                *entry = chosen;
            }
        }
        best
    }

    #[allow(clippy::too_many_arguments, reason = "the inner loop of the search")]
    fn pair_cost(
        &self,
        left: &Best,
        right: &Best,
        rows: f64,
        right_set: u32,
        leaves: &[Leaf],
        predicates: &[Expr],
        linked: bool,
    ) -> f64 {
        let nested =
            left.cost + right.cost + left.rows * right.rows * cost::OPERATOR + rows * cost::TUPLE;
        if !linked {
            return nested;
        }
        let hash = left.cost
            + right.cost
            + right.rows * (cost::TUPLE + cost::OPERATOR)
            + left.rows * cost::OPERATOR
            + rows * cost::TUPLE;
        let mut least = hash.min(nested);
        if right_set.count_ones() == 1
            && let Some(leaf) = leaves.get(right_set.trailing_zeros() as usize)
            && let Some((table, _)) = as_table(leaf.rel)
            && self.has_index_for(table, predicates)
        {
            let probe = left.rows * (2.0 * cost::RANDOM_PAGE * 0.25 + cost::TUPLE * 2.0);
            least = least.min(left.cost + probe + rows * cost::TUPLE);
        }
        least
    }

    /// Whether some predicate compares the leading column of an index.
    fn has_index_for(&self, table: &TableRel, predicates: &[Expr]) -> bool {
        table.table.indexes.iter().any(|index| {
            let first = index.keys.first().and_then(|key| key.column);
            let id = table
                .columns
                .iter()
                .find(|(at, _)| Some(*at) == first)
                .map(|(_, id)| *id);
            predicates.iter().any(|expr| match &expr.kind {
                ExprKind::Op { op, args } if op.name == "=" => args
                    .iter()
                    .any(|arg| id.is_some() && cost::bare_column(arg) == id),
                _ => false,
            })
        })
    }

    fn set_rows(&self, set: u32, leaves: &[Leaf], predicates: &[Expr]) -> f64 {
        let inside = |at: usize| set >> at & 1 == 1;
        let members = || {
            leaves
                .iter()
                .enumerate()
                .filter(|(at, _)| inside(*at))
                .map(|(_, leaf)| leaf)
        };
        let product: f64 = members().map(|leaf| leaf.rows).product();
        let own: BTreeSet<ColumnId> = members()
            .flat_map(|leaf| leaf.own.iter().copied())
            .collect();
        let largest = members().map(|leaf| leaf.rows).fold(1.0, f64::max);
        let fraction: f64 = predicates
            .iter()
            .filter(|expr| within(expr, &own))
            .map(|expr| self.selectivity(expr, largest))
            .product();
        cost::clamp_rows(product * fraction)
    }

    fn build(
        &self,
        set: u32,
        leaves: &[Leaf],
        predicates: &[Expr],
        best: &[Option<Best>],
    ) -> Result<Made> {
        let found = best.get(set as usize).copied().flatten();
        let Some(found) = found else {
            return Err(super::broken("a join without a way"));
        };
        if found.left == 0 {
            let leaf = leaves.get(set.trailing_zeros() as usize);
            let leaf = leaf.ok_or_else(|| super::broken("a join without a table"))?;
            return self.leaf(leaf.rel, &leaf.filter);
        }
        let on: Vec<Expr> = predicates
            .iter()
            .filter(|expr| {
                let own = |set: u32| columns_of(set, leaves);
                let all = within(expr, &own(set));
                all && !within(expr, &own(found.left)) && !within(expr, &own(found.right))
            })
            .cloned()
            .collect();
        let left = self.build(found.left, leaves, predicates, best)?;
        if found.right.count_ones() == 1
            && let Some(leaf) = leaves.get(found.right.trailing_zeros() as usize)
        {
            return self.join_leaf(
                JoinKind::Inner,
                left,
                leaf.rel,
                &leaf.filter,
                on,
                Some(found.rows),
            );
        }
        let right = self.build(found.right, leaves, predicates, best)?;
        self.join_made(JoinKind::Inner, left, right, on, Some(found.rows))
    }

    fn greedy(&self, leaves: &[Leaf], mut predicates: Vec<Expr>) -> Result<Made> {
        let mut left: Vec<usize> = (0..leaves.len()).collect();
        left.sort_by(|a, b| {
            let rows = |at: &usize| leaves.get(*at).map_or(0.0, |leaf| leaf.rows);
            rows(a).total_cmp(&rows(b))
        });
        let mut done: BTreeSet<ColumnId> = BTreeSet::new();
        let mut whole: Option<Made> = None;
        while !left.is_empty() {
            let linked = |at: &usize| {
                leaves.get(*at).is_some_and(|leaf| {
                    predicates.iter().any(|expr| {
                        let mut used = Vec::new();
                        walk::columns_of(expr, &mut used);
                        used.iter().any(|id| leaf.own.contains(id))
                            && used
                                .iter()
                                .all(|id| leaf.own.contains(id) || done.contains(id))
                    })
                })
            };
            let next = left.iter().position(linked).unwrap_or(0);
            let at = left.remove(next);
            let Some(leaf) = leaves.get(at) else { break };
            done.extend(leaf.own.iter().copied());
            let (on, rest): (Vec<Expr>, Vec<Expr>) =
                predicates.into_iter().partition(|expr| within(expr, &done));
            predicates = rest;
            whole = Some(match whole {
                None => {
                    let made = self.leaf(leaf.rel, &leaf.filter)?;
                    self.filter_made(made, on)?
                }
                Some(made) => {
                    self.join_leaf(JoinKind::Inner, made, leaf.rel, &leaf.filter, on, None)?
                }
            });
        }
        let made = whole.ok_or_else(|| super::broken("a join of nothing"))?;
        self.filter_made(made, predicates)
    }

    /// A join whose right side may be read through an index, once for each left row.
    pub fn join_leaf(
        &self,
        kind: JoinKind,
        left: Made,
        right: &Rel,
        filter: &[Expr],
        on: Vec<Expr>,
        rows: Option<f64>,
    ) -> Result<Made> {
        let plain = self.leaf(right, filter)?;
        let left_rows = left.plan.estimate.rows;
        let may = !matches!(kind, JoinKind::Right | JoinKind::Full)
            && (self.cx.enabled)("enable_nestloop");
        if let (true, Some((table, mut all))) = (may, as_table(right)) {
            all.extend(filter.iter().cloned());
            all.extend(on.iter().cloned());
            let mut used = Vec::new();
            on.iter().for_each(|expr| walk::columns_of(expr, &mut used));
            let params = self.open_slots_for(&left.ids, used.into_iter())?;
            let inner = self.scan(table, &all);
            self.close_slots(params.len());
            let inner = inner?;
            let by_index = matches!(
                inner.plan.node,
                Node::IndexScan { .. } | Node::TidScan { .. }
            );
            let looped = left_rows * inner.plan.estimate.total_cost;
            let hashed = plain.plan.estimate.total_cost
                + plain.plan.estimate.rows * (cost::TUPLE + cost::OPERATOR)
                + left_rows * cost::OPERATOR;
            let can_hash = (self.cx.enabled)("enable_hashjoin");
            if by_index && !params.is_empty() && (looped < hashed || !can_hash) {
                return self.looped(kind, left, inner, params, rows);
            }
        }
        self.join_made(kind, left, plain, on, rows)
    }

    fn looped(
        &self,
        kind: JoinKind,
        left: Made,
        inner: Made,
        params: Vec<(usize, Expr)>,
        rows: Option<f64>,
    ) -> Result<Made> {
        let left_rows = left.plan.estimate.rows;
        let mut ids = left.ids.clone();
        if !matches!(kind, JoinKind::Semi | JoinKind::Anti) {
            ids.extend(inner.ids.iter().copied());
        }
        let rows = rows.unwrap_or(left_rows * inner.plan.estimate.rows);
        let estimate = Estimate {
            total_cost: left.plan.estimate.total_cost
                + left_rows * inner.plan.estimate.total_cost
                + rows * cost::TUPLE,
            rows: cost::clamp_rows(if kind == JoinKind::Left {
                rows.max(left_rows)
            } else {
                rows
            }),
            ..Estimate::default()
        };
        let (left, right) = (Box::new(left.plan), Box::new(inner.plan));
        let node = Node::NestedLoop {
            kind,
            left,
            right,
            params,
            on: Vec::new(),
        };
        Ok(self.made(node, ids, estimate))
    }

    /// A join of two finished sides: by hashing if some predicate is an equality between them.
    pub fn join_made(
        &self,
        kind: JoinKind,
        left: Made,
        right: Made,
        on: Vec<Expr>,
        rows: Option<f64>,
    ) -> Result<Made> {
        if kind == JoinKind::Right {
            return self.join_made(JoinKind::Left, right, left, on, rows);
        }
        let (left_rows, right_rows) = (left.plan.estimate.rows, right.plan.estimate.rows);
        // The smaller side is the one to build from.
        if kind == JoinKind::Inner && right_rows > left_rows * 2.0 {
            return self.join_sides(kind, right, left, on, rows);
        }
        self.join_sides(kind, left, right, on, rows)
    }

    fn join_sides(
        &self,
        kind: JoinKind,
        left: Made,
        right: Made,
        on: Vec<Expr>,
        rows: Option<f64>,
    ) -> Result<Made> {
        let (left_rows, right_rows) = (left.plan.estimate.rows, right.plan.estimate.rows);
        let fraction = self.selectivity_all(&on, left_rows.max(right_rows));
        let inner_rows = rows.unwrap_or(left_rows * right_rows * fraction);
        let rows = cost::clamp_rows(match kind {
            JoinKind::Inner => inner_rows,
            JoinKind::Left | JoinKind::Right => inner_rows.max(left_rows),
            JoinKind::Full => inner_rows.max(left_rows + right_rows),
            JoinKind::Semi => inner_rows.min(left_rows),
            JoinKind::Anti => (left_rows - inner_rows).max(left_rows * 0.1),
        });
        let both: Vec<ColumnId> = left.ids.iter().chain(&right.ids).copied().collect();
        let keeps_right = !matches!(kind, JoinKind::Semi | JoinKind::Anti);
        let ids = if keeps_right {
            both.clone()
        } else {
            left.ids.clone()
        };
        let (left_cost, right_cost) = (
            left.plan.estimate.total_cost,
            right.plan.estimate.total_cost,
        );
        let equi = self.equi(on, &left.ids, &right.ids)?;
        let hash = !equi.left.is_empty()
            && ((self.cx.enabled)("enable_hashjoin") || kind == JoinKind::Full);
        if hash {
            let build = right_cost + right_rows * (cost::TUPLE + cost::OPERATOR);
            let estimate = Estimate {
                startup_cost: build,
                total_cost: build + left_cost + left_rows * cost::OPERATOR + rows * cost::TUPLE,
                rows,
                width_bytes: 0,
            };
            let node = Node::HashJoin {
                kind,
                left_keys: self.place_all(equi.left, &left.ids)?,
                right_keys: self.place_all(equi.right, &right.ids)?,
                residual: self.place_all(equi.rest, &both)?,
                left: Box::new(left.plan),
                right: Box::new(right.plan),
            };
            return Ok(self.made(node, ids, estimate));
        }
        if kind == JoinKind::Full {
            return Err(SqlError::unsupported(
                "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions",
            ));
        }
        let mut on = equi.rest;
        for (a, b) in equi.left.into_iter().zip(equi.right) {
            on.push(equality(a, b)?);
        }
        let on = self.place_all(on, &both)?;
        let estimate = Estimate {
            total_cost: left_cost
                + right_cost
                + left_rows * right_rows * cost::OPERATOR
                + rows * cost::TUPLE,
            rows,
            ..Estimate::default()
        };
        let right = Box::new(self.kept(right).plan);
        let node = Node::NestedLoop {
            kind,
            left: Box::new(left.plan),
            right,
            params: Vec::new(),
            on,
        };
        Ok(self.made(node, ids, estimate))
    }

    /// Rows that will be read again and again are kept.
    pub fn kept(&self, made: Made) -> Made {
        if matches!(
            made.plan.node,
            Node::Values { .. }
                | Node::CteScan { .. }
                | Node::Materialize { .. }
                | Node::Result { .. }
        ) {
            return made;
        }
        let (estimate, ids) = (made.plan.estimate, made.ids);
        self.made(
            Node::Materialize {
                input: Box::new(made.plan),
            },
            ids,
            estimate,
        )
    }

    /// Parts equalities between the sides from the rest, both sides in one type.
    fn equi(&self, on: Vec<Expr>, left: &[ColumnId], right: &[ColumnId]) -> Result<Equi> {
        let mut out = Equi {
            left: Vec::new(),
            right: Vec::new(),
            rest: Vec::new(),
        };
        for expr in on {
            if let ExprKind::Op { op, args } = &expr.kind
                && op.name == "="
                && let [a, b] = args.as_slice()
            {
                let on_left = |e: &Expr| !constant(e) && reads_only(e, left);
                let on_right = |e: &Expr| !constant(e) && reads_only(e, right);
                let sides = match () {
                    () if on_left(a) && on_right(b) => Some((a.clone(), b.clone())),
                    () if on_left(b) && on_right(a) => Some((b.clone(), a.clone())),
                    () => None,
                };
                if let Some((a, b)) = sides
                    && let Some((a, b)) = same_type(a, b)
                {
                    out.left.push(a);
                    out.right.push(b);
                    continue;
                }
            }
            out.rest.push(expr);
        }
        Ok(out)
    }
}

fn equality(a: Expr, b: Expr) -> Result<Expr> {
    let pos = a.pos;
    let (op, _) = bind::resolve::operator_or_error("=", &[a.ty.oid, b.ty.oid], pos)?;
    let ty = SqlType::plain(crate::types::Oid::BOOL);
    Ok(Expr::new(
        ExprKind::Op {
            op,
            args: alloc::vec![a, b],
        },
        ty,
        pos,
    ))
}

/// Both in the wider of their types.
fn same_type(a: Expr, b: Expr) -> Option<(Expr, Expr)> {
    let (left, right) = (a.ty.oid, b.ty.oid);
    if left == right || a.ty.phys() == b.ty.phys() {
        return Some((a, b));
    }
    let cast = |expr: Expr, to| {
        let how = bind::cast_between(expr.ty.oid, to, CastContext::Implicit)?;
        let pos = expr.pos;
        let kind = ExprKind::Cast {
            how,
            arg: Box::new(expr),
        };
        Some(Expr::new(kind, SqlType::plain(to), pos))
    };
    if bind::cast_between(left, right, CastContext::Implicit).is_some() {
        return Some((cast(a, right)?, b));
    }
    Some((a, cast(b, left)?))
}

/// A table with its own filters.
pub fn as_table(rel: &Rel) -> Option<(&TableRel, Vec<Expr>)> {
    match rel {
        Rel::Table(table) => Some((table, Vec::new())),
        Rel::Filter { input, predicates } => match input.as_ref() {
            Rel::Table(table) => Some((table, predicates.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// Takes inner joins apart.
fn collect<'r>(rel: &'r Rel, rels: &mut Vec<&'r Rel>, predicates: &mut Vec<Expr>) {
    match rel {
        Rel::Join {
            kind: JoinKind::Inner,
            left,
            right,
            on,
            lateral: false,
        } => {
            predicates.extend(on.iter().cloned());
            collect(left, rels, predicates);
            collect(right, rels, predicates);
        }
        Rel::Filter {
            input,
            predicates: own,
        } if matches!(
            input.as_ref(),
            Rel::Join {
                kind: JoinKind::Inner,
                lateral: false,
                ..
            }
        ) =>
        {
            predicates.extend(own.iter().cloned());
            collect(input, rels, predicates);
        }
        other => rels.push(other),
    }
}

fn within(expr: &Expr, own: &BTreeSet<ColumnId>) -> bool {
    let mut used = Vec::new();
    walk::columns_of(expr, &mut used);
    used.iter().all(|id| own.contains(id))
}

/// All columns are of this side.
fn reads_only(expr: &Expr, ids: &[ColumnId]) -> bool {
    let mut used = Vec::new();
    walk::columns_of(expr, &mut used);
    used.iter().all(|id| ids.contains(id))
}

fn constant(expr: &Expr) -> bool {
    let mut used = Vec::new();
    walk::columns_of(expr, &mut used);
    used.is_empty()
}

fn columns_of(set: u32, leaves: &[Leaf]) -> BTreeSet<ColumnId> {
    let members = leaves
        .iter()
        .enumerate()
        .filter(|(at, _)| set >> at & 1 == 1);
    members
        .flat_map(|(_, leaf)| leaf.own.iter().copied())
        .collect()
}

/// Whether a predicate joins the two sets.
fn connected(left: u32, right: u32, leaves: &[Leaf], predicates: &[Expr]) -> bool {
    let (a, b) = (columns_of(left, leaves), columns_of(right, leaves));
    predicates.iter().any(|expr| {
        let mut used = Vec::new();
        walk::columns_of(expr, &mut used);
        used.iter().any(|id| a.contains(id))
            && used.iter().any(|id| b.contains(id))
            && used.iter().all(|id| a.contains(id) || b.contains(id))
    })
}
