//! Rows and costs.
//!
//! Costs are PostgreSQL's units with its default constants. Selectivities come from the statistics of
//! ANALYZE where a predicate compares a column with a constant, and from PostgreSQL's defaults
//! otherwise: equality 0.005, a range 1/3, a pair of bounds 0.005, pattern 0.005, anything else 1/2.

use super::Planner;
use crate::bind::tree::{ColumnId, Expr, ExprKind};
use crate::bind::walk;
use crate::catalog::{ColumnStatistics, TableDef};
use crate::types::{self, IoCx, SqlType};
use vitrine_data::Datum;

pub const SEQ_PAGE: f64 = 1.0;
pub const RANDOM_PAGE: f64 = 4.0;
pub const TUPLE: f64 = 0.01;
pub const INDEX_TUPLE: f64 = 0.005;
pub const OPERATOR: f64 = 0.0025;

const EQUAL: f64 = 0.005;
const RANGE: f64 = 1.0 / 3.0;
const DISTINCT: f64 = 200.0;

/// PostgreSQL's guess of a value's length.
pub fn width(ty: SqlType) -> u32 {
    match types::phys_of(ty.oid).fixed_len() {
        Some(len) => len as u32,
        None if ty.typmod > 4 => (ty.typmod as u32).min(32),
        None => 32,
    }
}

/// Pages and rows of a table.
pub fn table_size(planner: &Planner, table: &TableDef) -> (f64, f64) {
    let pages = f64::from((planner.cx.pages)(table));
    if table.rows >= 0.0 && table.pages > 0 {
        let density = table.rows / f64::from(table.pages);
        return (pages.max(1.0), (density * pages).max(1.0));
    }
    // Never counted: PostgreSQL takes ten pages at least for a new table.
    let guessed = if pages < 10.0 { 10.0 } else { pages };
    let row: u32 = table
        .live_columns()
        .map(|(_, column)| width(column.ty))
        .sum();
    let density = libm::floor((8192.0 - 24.0) / f64::from(row + 28));
    (guessed, (guessed * density).max(1.0))
}

pub fn clamp_rows(rows: f64) -> f64 {
    libm::round(rows.max(1.0))
}

/// The columns behind relabelling casts.
pub fn bare_column(expr: &Expr) -> Option<ColumnId> {
    match &expr.kind {
        ExprKind::Column(id) => Some(*id),
        ExprKind::Cast {
            how: crate::bind::tree::CastHow::Relabel,
            arg,
        } => bare_column(arg),
        _ => None,
    }
}

impl Planner<'_> {
    fn statistics(&self, id: ColumnId) -> Option<alloc::rc::Rc<ColumnStatistics>> {
        let origins = self.origins.borrow();
        let (table, at) = origins.get(&id)?;
        table.columns.get(*at)?.statistics.clone()
    }

    /// Distinct values of a column among `rows`.
    pub fn distinct(&self, expr: &Expr, rows: f64) -> f64 {
        let Some(id) = bare_column(expr) else {
            return DISTINCT.min(rows);
        };
        let known = self
            .statistics(id)
            .map(|stats| stats.distinct)
            .filter(|n| *n != 0.0);
        match known {
            Some(n) if n > 0.0 => n.min(rows).max(1.0),
            Some(n) => (-n * rows).max(1.0),
            None if self.is_unique(id) => rows,
            None => DISTINCT.min(rows),
        }
    }

    /// Whether the column alone is the key of a unique index.
    pub fn is_unique(&self, id: ColumnId) -> bool {
        let origins = self.origins.borrow();
        let Some((table, at)) = origins.get(&id) else {
            return false;
        };
        table.indexes.iter().any(|index| {
            index.unique
                && index.predicate.is_none()
                && index.keys.len() == 1
                && index
                    .keys
                    .first()
                    .is_some_and(|key| key.column == Some(*at))
        })
    }

    pub fn selectivity_all(&self, predicates: &[Expr], rows: f64) -> f64 {
        predicates
            .iter()
            .map(|expr| self.selectivity(expr, rows))
            .product()
    }

    /// The fraction of `rows` for which a predicate is true.
    pub fn selectivity(&self, expr: &Expr, rows: f64) -> f64 {
        let fraction = match &expr.kind {
            ExprKind::Const(Datum::Bool(true)) => 1.0,
            ExprKind::Const(_) => 0.0,
            ExprKind::And(list) => self.selectivity_all(list, rows),
            ExprKind::Or(list) => list.iter().fold(0.0, |sum, part| {
                let one = self.selectivity(part, rows);
                sum + one - sum * one
            }),
            ExprKind::Not(inner) => 1.0 - self.selectivity(inner, rows),
            ExprKind::IsNull { arg, negated } => {
                let stats = bare_column(arg).and_then(|id| self.statistics(id));
                let null = stats.map_or(EQUAL, |stats| stats.null_fraction);
                if *negated { 1.0 - null } else { null }
            }
            ExprKind::InList {
                arg, list, negated, ..
            } => {
                let one: f64 = list.iter().map(|value| self.equal(arg, value, rows)).sum();
                if *negated { 1.0 - one.min(1.0) } else { one }
            }
            ExprKind::AnyArray {
                left, all: false, ..
            } => 10.0 * self.equal(left, left, rows),
            ExprKind::Op { op, args } => match args.as_slice() {
                [left, right] => self.operator(op.name, left, right, rows),
                _ => 0.5,
            },
            _ => 0.5,
        };
        fraction.clamp(0.0, 1.0)
    }

    fn operator(&self, op: &str, left: &Expr, right: &Expr, rows: f64) -> f64 {
        let constant_left = walk::is_constant(left);
        let (column, value, flipped) = if constant_left {
            (right, left, true)
        } else {
            (left, right, false)
        };
        match op {
            "=" if !walk::is_constant(value) => {
                1.0 / self
                    .distinct(left, rows)
                    .max(self.distinct(right, rows))
                    .max(1.0)
            }
            "=" => self.equal(column, value, rows),
            "<>" => 1.0 - self.equal(column, value, rows),
            "<" | "<=" => self.range(column, value, !flipped),
            ">" | ">=" => self.range(column, value, flipped),
            "~~" | "~~*" | "~" | "~*" => 0.005,
            "!~~" | "!~~*" | "!~" | "!~*" => 0.995,
            _ => 0.5,
        }
    }

    fn equal(&self, column: &Expr, value: &Expr, rows: f64) -> f64 {
        let Some(id) = bare_column(column) else {
            return EQUAL;
        };
        if self.is_unique(id) {
            return 1.0 / rows.max(1.0);
        }
        let Some(stats) = self.statistics(id) else {
            return EQUAL.max(1.0 / rows.max(1.0));
        };
        let common: f64 = stats.common_values.iter().map(|(_, share)| share).sum();
        if let ExprKind::Const(value) = &value.kind {
            let text = types::output_text(column.ty.oid, value, &IoCx::UTC);
            if let Some((_, share)) = stats.common_values.iter().find(|(known, _)| *known == text) {
                return *share;
            }
        }
        let rest = self.distinct(column, rows) - stats.common_values.len() as f64;
        ((1.0 - common - stats.null_fraction) / rest.max(1.0)).max(0.0)
    }

    /// `column < value` by the histogram.
    fn range(&self, column: &Expr, value: &Expr, less: bool) -> f64 {
        let stats = bare_column(column).and_then(|id| self.statistics(id));
        let (Some(stats), ExprKind::Const(value)) = (stats, &value.kind) else {
            return RANGE;
        };
        if stats.histogram.len() < 2 || value.is_null() {
            return RANGE;
        }
        let bounds = stats
            .histogram
            .iter()
            .filter_map(|text| types::input(column.ty.oid, -1, text, &IoCx::UTC).ok());
        let below = bounds
            .filter(|bound| bound.compare(value) == core::cmp::Ordering::Less)
            .count();
        let buckets = (stats.histogram.len() - 1) as f64;
        let fraction = ((below as f64 - 0.5) / buckets).clamp(0.0001, 0.9999);
        if less { fraction } else { 1.0 - fraction }
    }
}
