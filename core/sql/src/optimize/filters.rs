//! Predicates go down: through projections, joins, sorts, to the step that makes their columns.
//!
//! An outer join whose null rows a predicate above would refuse anyway becomes an inner join. What
//! changes its answer when computed elsewhere (volatile functions) stays.

use super::inline::volatile_expr;
use super::map_inputs;
use super::subqueries::inlined;
use crate::bind::tree::{ColumnId, Expr, ExprKind, JoinKind, Rel};
use crate::bind::walk;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

pub fn rewrite(rel: Rel) -> Rel {
    push(rel, Vec::new())
}

fn filtered(rel: Rel, predicates: Vec<Expr>) -> Rel {
    if predicates.is_empty() {
        rel
    } else {
        Rel::Filter {
            input: Box::new(rel),
            predicates,
        }
    }
}

fn uses_only(expr: &Expr, made: &BTreeSet<ColumnId>, others: &BTreeSet<ColumnId>) -> bool {
    let mut used = Vec::new();
    walk::columns_of(expr, &mut used);
    let _ = made;
    !used.iter().any(|id| others.contains(id))
}

/// `rel` under `predicates`, which are put as deep as they go.
fn push(rel: Rel, predicates: Vec<Expr>) -> Rel {
    match rel {
        Rel::Filter {
            input,
            predicates: own,
        } => {
            let mut all = own;
            all.extend(predicates);
            push(*input, all)
        }
        Rel::Project { input, columns } => {
            let volatile = columns.iter().any(|(_, expr)| volatile_expr(expr));
            if volatile {
                let rel = Rel::Project {
                    input: Box::new(push(*input, Vec::new())),
                    columns,
                };
                return filtered(rel, predicates);
            }
            let (stay, down): (Vec<Expr>, Vec<Expr>) =
                predicates.into_iter().partition(volatile_expr);
            let down = down
                .into_iter()
                .map(|expr| inlined(expr, &columns))
                .collect();
            filtered(
                Rel::Project {
                    input: Box::new(push(*input, down)),
                    columns,
                },
                stay,
            )
        }
        Rel::Sort { input, keys } => {
            let (stay, down): (Vec<Expr>, Vec<Expr>) =
                predicates.into_iter().partition(volatile_expr);
            filtered(
                Rel::Sort {
                    input: Box::new(push(*input, down)),
                    keys,
                },
                stay,
            )
        }
        Rel::With { ctes, body } => {
            let ctes = ctes
                .into_iter()
                .map(|mut cte| {
                    cte.query = rewrite(cte.query);
                    cte.recursive = cte.recursive.map(|(step, u)| (Box::new(rewrite(*step)), u));
                    cte
                })
                .collect();
            Rel::With {
                ctes,
                body: Box::new(push(*body, predicates)),
            }
        }
        Rel::Apply {
            kind,
            input,
            query,
            column,
        } => {
            let own = BTreeSet::from([column.id]);
            let (down, stay): (Vec<Expr>, Vec<Expr>) = predicates
                .into_iter()
                .partition(|expr| uses_only(expr, &own, &own) && !volatile_expr(expr));
            let input = Box::new(push(*input, down));
            let query = Box::new(rewrite(*query));
            filtered(
                Rel::Apply {
                    kind,
                    input,
                    query,
                    column,
                },
                stay,
            )
        }
        Rel::Aggregate {
            input,
            groups,
            calls,
            sets,
        } => {
            let computed: BTreeSet<ColumnId> = calls.iter().map(|(column, _)| column.id).collect();
            let may = sets.is_none() && !groups.is_empty();
            let (down, stay): (Vec<Expr>, Vec<Expr>) = predicates.into_iter().partition(|expr| {
                may && uses_only(expr, &computed, &computed) && !volatile_expr(expr)
            });
            let down = down
                .into_iter()
                .map(|expr| inlined(expr, &groups))
                .collect();
            let input = Box::new(push(*input, down));
            filtered(
                Rel::Aggregate {
                    input,
                    groups,
                    calls,
                    sets,
                },
                stay,
            )
        }
        Rel::Join {
            kind,
            left,
            right,
            on,
            lateral,
        } => push_join(kind, *left, *right, on, lateral, predicates),
        other => filtered(map_inputs(other, &mut rewrite), predicates),
    }
}

fn push_join(
    kind: JoinKind,
    left: Rel,
    right: Rel,
    on: Vec<Expr>,
    lateral: bool,
    predicates: Vec<Expr>,
) -> Rel {
    let (made_left, made_right) = (walk::made_within(&left), walk::made_within(&right));
    let mut kind = kind;
    let refuses = |side: &BTreeSet<ColumnId>| predicates.iter().any(|p| refuses_null(p, side));
    if kind == JoinKind::Left && refuses(&made_right) {
        kind = JoinKind::Inner;
    } else if kind == JoinKind::Right && refuses(&made_left) {
        kind = JoinKind::Inner;
    }
    let (mut to_left, mut to_right, mut stay, mut join_on) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for expr in predicates {
        let on_left = uses_only(&expr, &made_left, &made_right);
        let on_right = uses_only(&expr, &made_right, &made_left);
        match kind {
            _ if volatile_expr(&expr) => stay.push(expr),
            JoinKind::Inner if on_left => to_left.push(expr),
            JoinKind::Inner if on_right => to_right.push(expr),
            JoinKind::Inner => join_on.push(expr),
            JoinKind::Left | JoinKind::Semi | JoinKind::Anti if on_left => to_left.push(expr),
            JoinKind::Right if on_right => to_right.push(expr),
            _ => stay.push(expr),
        }
    }
    for expr in on {
        let on_left = uses_only(&expr, &made_left, &made_right);
        let on_right = uses_only(&expr, &made_right, &made_left);
        match kind {
            _ if volatile_expr(&expr) => join_on.push(expr),
            JoinKind::Inner | JoinKind::Semi if on_left => to_left.push(expr),
            JoinKind::Inner | JoinKind::Semi | JoinKind::Left | JoinKind::Anti if on_right => {
                to_right.push(expr);
            }
            JoinKind::Right if on_left => to_left.push(expr),
            _ => join_on.push(expr),
        }
    }
    let left = Box::new(push(left, to_left));
    let right = Box::new(push(right, to_right));
    filtered(
        Rel::Join {
            kind,
            left,
            right,
            on: join_on,
            lateral,
        },
        stay,
    )
}

/// Whether a predicate cannot be true for a row in which all these columns are null.
fn refuses_null(expr: &Expr, side: &BTreeSet<ColumnId>) -> bool {
    match &expr.kind {
        // Operators of the tables are strict.
        ExprKind::Op { args, .. } => args.iter().any(|arg| null_in(arg, side)),
        ExprKind::IsNull { arg, negated: true } => null_in(arg, side),
        ExprKind::InList {
            arg,
            negated: false,
            ..
        } => null_in(arg, side),
        ExprKind::And(list) => list.iter().any(|part| refuses_null(part, side)),
        ExprKind::Or(list) => list.iter().all(|part| refuses_null(part, side)),
        ExprKind::Column(id) => side.contains(id),
        _ => false,
    }
}

/// Whether the value is null when the columns are.
fn null_in(expr: &Expr, side: &BTreeSet<ColumnId>) -> bool {
    match &expr.kind {
        ExprKind::Column(id) => side.contains(id),
        ExprKind::Cast { arg, .. } => null_in(arg, side),
        ExprKind::Op { args, .. } => args.iter().any(|arg| null_in(arg, side)),
        _ => false,
    }
}
