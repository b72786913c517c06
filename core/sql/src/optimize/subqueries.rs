//! EXISTS and IN as joins.
//!
//! `Filter [c] over Apply Exists(c)` is a semi join, `NOT c` an anti join; `= ANY` in a filter is a
//! semi join on the comparison. Predicates of the subquery that name outer columns become the join's
//! condition, so that it can hash. NOT IN stays an apply step: its answer to nulls is not a join's.

use super::inline::volatile_expr;
use super::map_inputs;
use crate::bind::tree::{ApplyKind, ColumnId, Expr, ExprKind, JoinKind, OutputColumn, Rel};
use crate::bind::walk;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

pub fn rewrite(rel: Rel) -> Rel {
    let rel = map_inputs(rel, &mut rewrite);
    let Rel::Filter {
        input,
        mut predicates,
    } = rel
    else {
        return rel;
    };
    let input = joined(*input, &mut predicates);
    if predicates.is_empty() {
        return input;
    }
    Rel::Filter {
        input: Box::new(input),
        predicates,
    }
}

/// Turns the apply steps on top whose column is a whole predicate.
fn joined(rel: Rel, predicates: &mut Vec<Expr>) -> Rel {
    let Rel::Apply {
        kind,
        input,
        query,
        column,
    } = rel
    else {
        return rel;
    };
    let input = joined(*input, predicates);
    let found = predicates
        .iter()
        .position(|p| truth(p).is_some_and(|(id, _)| id == column.id));
    let wanted = found
        .and_then(|at| predicates.get(at))
        .and_then(truth)
        .map(|(_, yes)| yes);
    let (join, on) = match (&kind, wanted) {
        (ApplyKind::Exists, Some(true)) => (JoinKind::Semi, Vec::new()),
        (ApplyKind::Exists, Some(false)) => (JoinKind::Anti, Vec::new()),
        (
            ApplyKind::Quantified {
                compare,
                all: false,
            },
            Some(true),
        ) => {
            let mut on = Vec::new();
            walk::conjuncts(compare.as_ref().clone(), &mut on);
            (JoinKind::Semi, on)
        }
        _ => {
            return Rel::Apply {
                kind,
                input: Box::new(input),
                query,
                column,
            };
        }
    };
    if let Some(at) = found {
        predicates.remove(at);
    }
    let left = walk::made_within(&input);
    let (right, on) = pulled_up(*query, on, &left);
    let lateral = walk::free_columns(&right)
        .iter()
        .any(|id| left.contains(id));
    Rel::Join {
        kind: join,
        left: Box::new(input),
        right: Box::new(right),
        on,
        lateral,
    }
}

/// `c` or `NOT c`.
fn truth(expr: &Expr) -> Option<(ColumnId, bool)> {
    match &expr.kind {
        ExprKind::Column(id) => Some((*id, true)),
        ExprKind::Not(inner) => match inner.kind {
            ExprKind::Column(id) => Some((id, false)),
            _ => None,
        },
        _ => None,
    }
}

/// Moves correlated predicates from the top of the subquery into the join's condition.
fn pulled_up(query: Rel, on: Vec<Expr>, left: &BTreeSet<ColumnId>) -> (Rel, Vec<Expr>) {
    let Rel::Project { input, columns } = query else {
        return (query, on);
    };
    let simple = matches!(
        input.as_ref(),
        Rel::Filter { .. } | Rel::Table(_) | Rel::Join { .. }
    );
    if !simple || columns.iter().any(|(_, expr)| volatile_expr(expr)) {
        return (Rel::Project { input, columns }, on);
    }
    let mut on: Vec<Expr> = on.into_iter().map(|expr| inlined(expr, &columns)).collect();
    let (input, mut predicates) = match *input {
        Rel::Filter { input, predicates } => (input, predicates),
        other => (Box::new(other), Vec::new()),
    };
    let mut kept = Vec::new();
    for predicate in predicates.drain(..) {
        let mut used = Vec::new();
        walk::columns_of(&predicate, &mut used);
        let outer = used.iter().any(|id| left.contains(id));
        if outer && !volatile_expr(&predicate) {
            on.push(predicate)
        } else {
            kept.push(predicate)
        }
    }
    let rel = if kept.is_empty() {
        *input
    } else {
        Rel::Filter {
            input,
            predicates: kept,
        }
    };
    (rel, on)
}

/// Replaces a projection's columns by what they are.
pub fn inlined(mut expr: Expr, columns: &[(OutputColumn, Expr)]) -> Expr {
    fn go(expr: &mut Expr, columns: &[(OutputColumn, Expr)]) {
        if let ExprKind::Column(id) = expr.kind
            && let Some((_, made)) = columns.iter().find(|(column, _)| column.id == id)
        {
            *expr = made.clone();
            return;
        }
        walk::children_mut(expr, &mut |child| go(child, columns));
    }
    go(&mut expr, columns);
    expr
}
