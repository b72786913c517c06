//! CTEs that are read once are put where they are read.

use super::map_inputs;
use crate::bind::tree::{CteDef, Expr, Rel};
use crate::bind::walk;
use alloc::boxed::Box;
use alloc::vec::Vec;

pub fn rewrite(rel: Rel) -> Rel {
    let rel = map_inputs(rel, &mut rewrite);
    let Rel::With { ctes, mut body } = rel else {
        return rel;
    };
    let mut ctes = ctes;
    let mut at = ctes.len();
    while at > 0 {
        at -= 1;
        let Some(cte) = ctes.get(at) else { break };
        let later = ctes.iter().skip(at + 1);
        let in_later: usize = later.map(|other| reads_of(other, cte.number)).sum();
        if !may_inline(cte) || reads(&body, cte.number) + in_later != 1 {
            continue;
        }
        let cte = ctes.remove(at);
        let mut slot = Some(cte);
        for other in ctes.iter_mut().skip(at) {
            let query = core::mem::replace(&mut other.query, Rel::Unit);
            other.query = put(query, &mut slot);
        }
        let old = core::mem::replace(body.as_mut(), Rel::Unit);
        *body = put(old, &mut slot);
    }
    if ctes.is_empty() {
        *body
    } else {
        Rel::With { ctes, body }
    }
}

fn may_inline(cte: &CteDef) -> bool {
    cte.recursive.is_none() && !changes(&cte.query) && !volatile(&cte.query)
}

fn changes(rel: &Rel) -> bool {
    let mut found = matches!(rel, Rel::Change(_));
    walk::inputs(rel, &mut |input| found = found || changes(input));
    found
}

pub fn volatile(rel: &Rel) -> bool {
    let mut found = false;
    walk::step_exprs(rel, &mut |expr| found = found || volatile_expr(expr));
    walk::inputs(rel, &mut |input| found = found || volatile(input));
    found
}

pub fn volatile_expr(expr: &Expr) -> bool {
    use crate::bind::tree::ExprKind;
    use crate::functions::{Kernel, Volatility};
    walk::any(expr, &|part| match &part.kind {
        ExprKind::Call { function, .. } => {
            function.volatility == Volatility::Volatile
                || matches!(function.kernel, Kernel::Planned)
        }
        _ => false,
    })
}

fn reads_of(cte: &CteDef, number: usize) -> usize {
    let step = cte
        .recursive
        .as_ref()
        .map_or(0, |(step, _)| 2 * reads(step, number));
    reads(&cte.query, number) + step
}

fn reads(rel: &Rel, number: usize) -> usize {
    let mut count = usize::from(matches!(rel, Rel::CteScan { cte, .. } if *cte == number));
    walk::inputs(rel, &mut |input| count += reads(input, number));
    count
}

/// Puts the CTE in the place of its only scan.
fn put(rel: Rel, cte: &mut Option<CteDef>) -> Rel {
    let Some(waiting) = cte else { return rel };
    match rel {
        Rel::CteScan {
            cte: number,
            columns,
            ..
        } if number == waiting.number => {
            let Some(def) = cte.take() else {
                return Rel::Empty { columns };
            };
            // The definition's own ids, in order, under the ids of this scan.
            let made: Vec<Expr> = outputs(&def)
                .into_iter()
                .map(|(id, ty)| Expr::column(id, ty))
                .collect();
            let columns = columns.into_iter().zip(made).collect();
            Rel::Project {
                input: Box::new(def.query),
                columns,
            }
        }
        other => map_inputs(other, &mut |input| put(input, cte)),
    }
}

fn outputs(cte: &CteDef) -> Vec<(crate::bind::tree::ColumnId, crate::types::SqlType)> {
    cte.columns
        .iter()
        .map(|column| (column.id, column.ty))
        .collect()
}
