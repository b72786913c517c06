//! How a table is read: all of it, or a range of one of its indexes.
//!
//! An index serves if predicates fix its leading key columns by equality, and perhaps bound the next
//! one. The values compared with may be constants, parameters or outer columns, so the same choice
//! serves the inner side of a nested loop. Each usable index and the sequential scan are priced; the
//! cheapest wins.

use super::cost::{self, bare_column};
use super::tree::{Estimate, IndexBound, IndexRange, Node, ScanColumn};
use super::{Made, Planner};
use crate::bind::tree::{CastHow, ColumnId, Expr, ExprKind, SystemColumn, TableRel};
use crate::bind::{self, walk};
use crate::catalog::IndexDef;
use crate::functions::registry::CastContext;
use crate::types::{Oid, SqlType};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result};

/// A way into an index, with the predicates it answers by their numbers.
struct Match {
    index: Rc<IndexDef>,
    range: IndexRange,
    served: Vec<usize>,
    selectivity: f64,
}

impl Planner<'_> {
    /// The columns of a table that are used.
    fn scan_columns(&self, rel: &TableRel) -> (Vec<ColumnId>, Vec<ScanColumn>) {
        let (mut ids, mut columns) = (Vec::new(), Vec::new());
        for (at, id) in &rel.columns {
            let Some(column) = rel.table.columns.get(*at) else {
                continue;
            };
            self.origins
                .borrow_mut()
                .insert(*id, (rel.table.clone(), *at));
            self.know_as(*id, &column.name, column.ty);
            if self.used.contains(id) {
                ids.push(*id);
                columns.push(ScanColumn::Attribute(*at));
            }
        }
        for (system, id) in &rel.system {
            let wanted =
                self.used.contains(id) || (rel.lock.is_some() && *system == SystemColumn::Ctid);
            self.know_as(
                *id,
                bind::system_name(*system),
                SqlType::plain(bind::system_type(*system)),
            );
            if wanted {
                ids.push(*id);
                columns.push(ScanColumn::System(*system));
            }
        }
        (ids, columns)
    }

    /// Reads a table under predicates. `outer` are columns that slots can be opened for: used by
    /// joins that try an index on their inner side.
    pub fn scan(&self, rel: &TableRel, predicates: &[Expr]) -> Result<Made> {
        let (ids, columns) = self.scan_columns(rel);
        let (pages, rows) = cost::table_size(self, &rel.table);
        let fraction = self.selectivity_all(predicates, rows);
        let out_rows = cost::clamp_rows(rows * fraction);
        if let Some(made) = self.tid_scan(rel, predicates, &ids, &columns)? {
            return Ok(made);
        }
        let mut best_cost = pages * cost::SEQ_PAGE
            + rows * (cost::TUPLE + cost::OPERATOR * predicates.len() as f64);
        if !(self.cx.enabled)("enable_seqscan") {
            best_cost += 1.0e10;
        }
        let mut best: Option<Match> = None;
        if (self.cx.enabled)("enable_indexscan") {
            for found in self.matches(rel, predicates, rows) {
                let price = index_cost(&found, pages, rows);
                if price < best_cost {
                    best_cost = price;
                    best = Some(found);
                }
            }
        }
        let total_cost = best_cost;
        let estimate = Estimate {
            total_cost,
            rows: out_rows,
            ..Estimate::default()
        };
        let Some(found) = best else {
            let filter = self.place_all(predicates.to_vec(), &ids)?;
            let (table, alias) = (rel.table.clone(), rel.alias.clone());
            return Ok(self.made(
                Node::SeqScan {
                    table,
                    alias,
                    columns,
                    filter,
                },
                ids,
                estimate,
            ));
        };
        let (served, rest): (Vec<_>, Vec<_>) = predicates
            .iter()
            .enumerate()
            .partition(|(at, _)| found.served.contains(at));
        let list = |part: Vec<(usize, &Expr)>| part.into_iter().map(|(_, e)| e.clone()).collect();
        let condition = self.place_all(list(served), &ids)?;
        let filter = self.place_all(list(rest), &ids)?;
        let range = self.place_range(found.range)?;
        let node = Node::IndexScan {
            table: rel.table.clone(),
            alias: rel.alias.clone(),
            index: found.index,
            range,
            backward: false,
            index_only: false,
            columns,
            filter,
            condition,
        };
        Ok(self.made(node, ids, estimate))
    }

    fn place_range(&self, range: IndexRange) -> Result<IndexRange> {
        let bound = |bound: Option<IndexBound>| -> Result<Option<IndexBound>> {
            bound
                .map(|b| {
                    Ok(IndexBound {
                        value: self.place(b.value, &[])?,
                        inclusive: b.inclusive,
                    })
                })
                .transpose()
        };
        Ok(IndexRange {
            equal: self.place_all(range.equal, &[])?,
            lower: bound(range.lower)?,
            upper: bound(range.upper)?,
        })
    }

    fn tid_scan(
        &self,
        rel: &TableRel,
        predicates: &[Expr],
        ids: &[ColumnId],
        columns: &[ScanColumn],
    ) -> Result<Option<Made>> {
        let ctid = rel
            .system
            .iter()
            .find(|(s, _)| *s == SystemColumn::Ctid)
            .map(|(_, id)| *id);
        let found = predicates.iter().enumerate().find_map(|(at, expr)| {
            let ExprKind::Op { op, args } = &expr.kind else {
                return None;
            };
            let [left, right] = args.as_slice() else {
                return None;
            };
            let here = op.name == "=" && bare_column(left) == ctid && ctid.is_some();
            (here && self.reachable(right, rel)).then(|| (at, right.clone()))
        });
        let Some((served, tid)) = found else {
            return Ok(None);
        };
        let rest: Vec<Expr> = predicates
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != served)
            .map(|(_, e)| e.clone())
            .collect();
        let node = Node::TidScan {
            table: rel.table.clone(),
            alias: rel.alias.clone(),
            tid: self.place(tid, &[])?,
            columns: columns.to_vec(),
            filter: self.place_all(rest, ids)?,
        };
        let estimate = Estimate {
            total_cost: 4.01,
            rows: 1.0,
            ..Estimate::default()
        };
        Ok(Some(self.made(node, ids.to_vec(), estimate)))
    }

    /// Whether an expression has a value before the scan starts.
    fn reachable(&self, expr: &Expr, rel: &TableRel) -> bool {
        let mut used = Vec::new();
        walk::columns_of(expr, &mut used);
        let own = |id: &ColumnId| {
            rel.columns.iter().any(|(_, c)| c == id) || rel.system.iter().any(|(_, c)| c == id)
        };
        let slots = self.slots.borrow();
        let open = |id: &ColumnId| slots.iter().any(|(known, _)| known == id);
        let volatile = walk::any(expr, &|part| match &part.kind {
            ExprKind::Call { function, .. } => {
                function.volatility == crate::functions::Volatility::Volatile
            }
            _ => false,
        });
        !volatile && used.iter().all(|id| !own(id) && open(id))
    }

    fn matches(&self, rel: &TableRel, predicates: &[Expr], rows: f64) -> Vec<Match> {
        let usable = rel
            .table
            .indexes
            .iter()
            .filter(|index| index.predicate.is_none());
        usable
            .filter_map(|index| self.match_index(index, rel, predicates, rows))
            .collect()
    }

    fn match_index(
        &self,
        index: &Rc<IndexDef>,
        rel: &TableRel,
        predicates: &[Expr],
        rows: f64,
    ) -> Option<Match> {
        let mut range = IndexRange::default();
        let mut served = Vec::new();
        for key in &index.keys {
            let attribute = key.column?;
            let id = rel
                .columns
                .iter()
                .find(|(at, _)| *at == attribute)
                .map(|(_, id)| *id)?;
            let bounds: Vec<(usize, &str, Expr)> = predicates
                .iter()
                .enumerate()
                .filter_map(|(at, expr)| {
                    let (op, value) = self.bound(expr, id, key.ty, rel)?;
                    Some((at, op, value))
                })
                .collect();
            if let Some((at, _, value)) = bounds.iter().find(|(_, op, _)| *op == "=") {
                range.equal.push(value.clone());
                served.push(*at);
                continue;
            }
            for (at, op, value) in bounds {
                let bound = |inclusive| {
                    Some(IndexBound {
                        value: value.clone(),
                        inclusive,
                    })
                };
                match op {
                    "<" | "<=" if range.upper.is_none() => range.upper = bound(op == "<="),
                    ">" | ">=" if range.lower.is_none() => range.lower = bound(op == ">="),
                    _ => continue,
                }
                served.push(at);
            }
            break;
        }
        if served.is_empty() {
            return None;
        }
        let all_equal = range.equal.len() == index.keys.len();
        let selectivity = if all_equal && index.unique {
            1.0 / rows.max(1.0)
        } else {
            let parts = served.iter().filter_map(|at| predicates.get(*at));
            parts.map(|expr| self.selectivity(expr, rows)).product()
        };
        Some(Match {
            index: index.clone(),
            range,
            served,
            selectivity,
        })
    }

    /// The predicate as a bound of a key column: the operator as seen from the column, and the value
    /// in the column's type.
    fn bound(
        &self,
        expr: &Expr,
        id: ColumnId,
        ty: SqlType,
        rel: &TableRel,
    ) -> Option<(&'static str, Expr)> {
        let ExprKind::Op { op, args } = &expr.kind else {
            return None;
        };
        let [left, right] = args.as_slice() else {
            return None;
        };
        let (name, value, column) = if bare_column(left) == Some(id) {
            (op.name, right, left)
        } else if bare_column(right) == Some(id) {
            (op.commutator, left, right)
        } else {
            return None;
        };
        if !matches!(name, "=" | "<" | "<=" | ">" | ">=") || !self.reachable(value, rel) {
            return None;
        }
        Some((name, as_key(value, column.ty.oid, ty)?))
    }
}

/// The value as the key column's type, where no value is lost or rounded.
fn as_key(value: &Expr, compared_as: Oid, ty: SqlType) -> Option<Expr> {
    let to = ty.oid;
    let from = value.ty.oid;
    let text_like = |oid| matches!(oid, Oid::TEXT | Oid::VARCHAR | Oid::BPCHAR | Oid::NAME);
    // What was compared as text against character(n) is not in the index's order.
    if to == Oid::BPCHAR && compared_as != Oid::BPCHAR {
        return None;
    }
    if from == to || (text_like(from) && text_like(to)) {
        return Some(value.clone());
    }
    if let ExprKind::Const(constant) = &value.kind {
        let narrowed = match (to, constant.as_i64()) {
            (Oid::INT2, Some(n)) => Datum::I16(i16::try_from(n).ok()?),
            (Oid::INT4, Some(n)) => Datum::I32(i32::try_from(n).ok()?),
            (Oid::INT8, Some(n)) => Datum::I64(n),
            _ => return None,
        };
        return Some(Expr::constant(narrowed, SqlType::plain(to)));
    }
    let widening = matches!(
        (from, to),
        (Oid::INT2, Oid::INT4 | Oid::INT8) | (Oid::INT4, Oid::INT8)
    );
    let how = widening
        .then(|| bind::cast_between(from, to, CastContext::Implicit))
        .flatten()?;
    let how: CastHow = how;
    Some(Expr::new(
        ExprKind::Cast {
            how,
            arg: Box::new(value.clone()),
        },
        SqlType::plain(to),
        value.pos,
    ))
}

fn index_cost(found: &Match, pages: f64, rows: f64) -> f64 {
    let fetched = (rows * found.selectivity).max(1.0);
    // An index page holds some 250 entries.
    let index_pages = libm::ceil(fetched / 250.0);
    let heap_pages = fetched.min(pages);
    0.3 + (index_pages + heap_pages) * cost::RANDOM_PAGE * cached(pages)
        + fetched * (cost::INDEX_TUPLE + cost::TUPLE + cost::OPERATOR)
}

/// Random reads of a small table soon find everything in the pool.
fn cached(pages: f64) -> f64 {
    if pages < 16.0 { 0.25 } else { 1.0 }
}
