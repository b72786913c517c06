//! Going through expressions: children, rewriting, equality, the columns used.

use super::tree::{ChangeKind, ColumnId, Expr, ExprKind, Rel};
use alloc::vec::Vec;
use vitrine_data::Datum;

/// Calls `each` for every direct part.
pub fn children<'e>(expr: &'e Expr, each: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Const(_)
        | ExprKind::Param(_)
        | ExprKind::Column(_)
        | ExprKind::Input(_)
        | ExprKind::Slot(_)
        | ExprKind::Session(_) => {}
        ExprKind::Call { args, .. } | ExprKind::Op { args, .. } => args.iter().for_each(each),
        ExprKind::And(list)
        | ExprKind::Or(list)
        | ExprKind::Coalesce(list)
        | ExprKind::Greatest(list)
        | ExprKind::Least(list)
        | ExprKind::Array(list) => list.iter().for_each(each),
        ExprKind::Cast { arg, .. }
        | ExprKind::Not(arg)
        | ExprKind::IsNull { arg, .. }
        | ExprKind::IsBool { arg, .. } => each(arg),
        ExprKind::Distinct { left, right, .. } | ExprKind::NullIf { left, right, .. } => {
            each(left);
            each(right);
        }
        ExprKind::Case { whens, otherwise } => {
            for (when, then) in whens {
                each(when);
                each(then);
            }
            each(otherwise);
        }
        ExprKind::InList { arg, list, .. } => {
            each(arg);
            list.iter().for_each(each);
        }
        ExprKind::AnyArray { left, array, .. } => {
            each(left);
            each(array);
        }
        ExprKind::Subscript { array, index } => {
            each(array);
            each(index);
        }
        ExprKind::Slice {
            array,
            lower,
            upper,
        } => {
            each(array);
            lower.iter().chain(upper).for_each(|bound| each(bound));
        }
    }
}

/// The same for changing parts in place.
pub fn children_mut(expr: &mut Expr, each: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::Const(_)
        | ExprKind::Param(_)
        | ExprKind::Column(_)
        | ExprKind::Input(_)
        | ExprKind::Slot(_)
        | ExprKind::Session(_) => {}
        ExprKind::Call { args, .. } | ExprKind::Op { args, .. } => args.iter_mut().for_each(each),
        ExprKind::And(list)
        | ExprKind::Or(list)
        | ExprKind::Coalesce(list)
        | ExprKind::Greatest(list)
        | ExprKind::Least(list)
        | ExprKind::Array(list) => list.iter_mut().for_each(each),
        ExprKind::Cast { arg, .. }
        | ExprKind::Not(arg)
        | ExprKind::IsNull { arg, .. }
        | ExprKind::IsBool { arg, .. } => each(arg),
        ExprKind::Distinct { left, right, .. } | ExprKind::NullIf { left, right, .. } => {
            each(left);
            each(right);
        }
        ExprKind::Case { whens, otherwise } => {
            for (when, then) in whens {
                each(when);
                each(then);
            }
            each(otherwise);
        }
        ExprKind::InList { arg, list, .. } => {
            each(arg);
            list.iter_mut().for_each(each);
        }
        ExprKind::AnyArray { left, array, .. } => {
            each(left);
            each(array);
        }
        ExprKind::Subscript { array, index } => {
            each(array);
            each(index);
        }
        ExprKind::Slice {
            array,
            lower,
            upper,
        } => {
            each(array);
            lower.iter_mut().chain(upper).for_each(|bound| each(bound));
        }
    }
}

/// Calls `each` for the expression and everything below it.
pub fn visit<'e>(expr: &'e Expr, each: &mut dyn FnMut(&'e Expr)) {
    each(expr);
    children(expr, &mut |child| visit(child, each));
}

/// Whether `test` holds anywhere.
pub fn any(expr: &Expr, test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = false;
    visit(expr, &mut |part| found = found || test(part));
    found
}

/// The column ids used.
pub fn columns_of(expr: &Expr, out: &mut Vec<ColumnId>) {
    visit(expr, &mut |part| {
        if let ExprKind::Column(id) = part.kind
            && !out.contains(&id)
        {
            out.push(id);
        }
    });
}

/// Whether two expressions are the same computation.
pub fn same(a: &Expr, b: &Expr) -> bool {
    use core::ptr::eq;
    if a.ty.oid != b.ty.oid {
        return false;
    }
    let alike = match (&a.kind, &b.kind) {
        (ExprKind::Const(x), ExprKind::Const(y)) => same_value(x, y),
        (ExprKind::Param(x), ExprKind::Param(y)) => x == y,
        (ExprKind::Column(x), ExprKind::Column(y)) => x == y,
        (ExprKind::Input(x), ExprKind::Input(y)) | (ExprKind::Slot(x), ExprKind::Slot(y)) => x == y,
        (ExprKind::Session(x), ExprKind::Session(y)) => x == y,
        (ExprKind::Call { function: x, .. }, ExprKind::Call { function: y, .. }) => {
            eq(*x, *y) && x.volatility != crate::functions::Volatility::Volatile
        }
        (ExprKind::Op { op: x, .. }, ExprKind::Op { op: y, .. }) => eq(*x, *y),
        (ExprKind::Cast { .. }, ExprKind::Cast { .. }) => a.ty == b.ty,
        (ExprKind::IsNull { negated: x, .. }, ExprKind::IsNull { negated: y, .. })
        | (ExprKind::Distinct { negated: x, .. }, ExprKind::Distinct { negated: y, .. }) => x == y,
        (
            ExprKind::IsBool {
                value: v,
                negated: x,
                ..
            },
            ExprKind::IsBool {
                value: w,
                negated: y,
                ..
            },
        ) => v == w && x == y,
        (ExprKind::NullIf { equal: x, .. }, ExprKind::NullIf { equal: y, .. }) => eq(*x, *y),
        (
            ExprKind::InList {
                equal: v,
                negated: x,
                ..
            },
            ExprKind::InList {
                equal: w,
                negated: y,
                ..
            },
        ) => eq(*v, *w) && x == y,
        (ExprKind::AnyArray { op: v, all: x, .. }, ExprKind::AnyArray { op: w, all: y, .. }) => {
            eq(*v, *w) && x == y
        }
        (
            ExprKind::Slice {
                lower: v, upper: x, ..
            },
            ExprKind::Slice {
                lower: w, upper: y, ..
            },
        ) => v.is_some() == w.is_some() && x.is_some() == y.is_some(),
        (x, y) => core::mem::discriminant(x) == core::mem::discriminant(y),
    };
    alike && same_children(a, b)
}

fn same_children(a: &Expr, b: &Expr) -> bool {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    children(a, &mut |child| left.push(child));
    children(b, &mut |child| right.push(child));
    left.len() == right.len() && left.iter().zip(&right).all(|(x, y)| same(x, y))
}

fn same_value(a: &Datum, b: &Datum) -> bool {
    a.is_null() == b.is_null() && a.compare(b) == core::cmp::Ordering::Equal
}

/// Whether the value is the same wherever and whenever it is computed in this statement.
pub fn is_constant(expr: &Expr) -> bool {
    !any(expr, &|part| match &part.kind {
        ExprKind::Column(_) | ExprKind::Input(_) | ExprKind::Slot(_) => true,
        ExprKind::Call { function, .. } => {
            function.volatility == crate::functions::Volatility::Volatile
        }
        _ => false,
    })
}

/// Takes AND apart.
pub fn conjuncts(expr: Expr, out: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::And(list) => list.into_iter().for_each(|part| conjuncts(part, out)),
        ExprKind::Const(Datum::Bool(true)) => {}
        _ => out.push(expr),
    }
}

/// Calls `each` for every direct input of a step.
pub fn inputs<'r>(rel: &'r Rel, each: &mut dyn FnMut(&'r Rel)) {
    match rel {
        Rel::Unit
        | Rel::Empty { .. }
        | Rel::Table(_)
        | Rel::View { .. }
        | Rel::Values { .. }
        | Rel::Function { .. }
        | Rel::CteScan { .. }
        | Rel::WorkScan { .. } => {}
        Rel::Filter { input, .. }
        | Rel::Project { input, .. }
        | Rel::Aggregate { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Sort { input, .. }
        | Rel::Limit { input, .. } => each(input),
        Rel::Join { left, right, .. } | Rel::SetOp { left, right, .. } => {
            each(left);
            each(right);
        }
        Rel::Apply { input, query, .. } => {
            each(input);
            each(query);
        }
        Rel::With { ctes, body } => {
            for cte in ctes {
                each(&cte.query);
                if let Some((step, _)) = &cte.recursive {
                    each(step);
                }
            }
            each(body);
        }
        Rel::Change(change) => match &change.kind {
            ChangeKind::Insert { source, .. }
            | ChangeKind::Update { source, .. }
            | ChangeKind::Delete { source, .. } => each(source),
        },
    }
}
