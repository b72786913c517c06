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

/// Calls `each` for every expression of this one step (not of its inputs).
pub fn step_exprs<'r>(rel: &'r Rel, each: &mut dyn FnMut(&'r Expr)) {
    match rel {
        Rel::View { args, .. } | Rel::Function { args, .. } => args.iter().for_each(each),
        Rel::Values { rows, .. } => rows.iter().flatten().for_each(each),
        Rel::Filter { predicates, .. } => predicates.iter().for_each(each),
        Rel::Project { columns, .. } => columns.iter().for_each(|(_, expr)| each(expr)),
        Rel::Join { on, .. } => on.iter().for_each(each),
        Rel::Apply { kind, .. } => {
            if let super::tree::ApplyKind::Quantified { compare, .. } = kind {
                each(compare);
            }
        }
        Rel::Aggregate { groups, calls, .. } => {
            groups.iter().for_each(|(_, expr)| each(expr));
            for (_, call) in calls {
                call.args.iter().for_each(&mut *each);
                call.order_by.iter().for_each(|key| each(&key.expr));
                call.filter.iter().for_each(|filter| each(filter));
            }
        }
        Rel::Distinct { on: Some(on), .. } => on.iter().for_each(each),
        Rel::Sort { keys, .. } => keys.iter().for_each(|key| each(&key.expr)),
        Rel::Limit { count, offset, .. } => count.iter().chain(offset).for_each(each),
        Rel::Change(change) => change_exprs(change, each),
        _ => {}
    }
}

fn change_exprs<'r>(change: &'r super::tree::Change, each: &mut dyn FnMut(&'r Expr)) {
    change.returning.iter().for_each(|(_, expr)| each(expr));
    change.checks.iter().for_each(|(_, expr)| each(expr));
    match &change.kind {
        ChangeKind::Insert {
            values, conflict, ..
        } => {
            values.iter().for_each(&mut *each);
            let update = conflict
                .as_ref()
                .and_then(|conflict| conflict.update.as_ref());
            if let Some(update) = update {
                update.sets.iter().for_each(|(_, expr)| each(expr));
                update.filter.iter().for_each(each);
            }
        }
        ChangeKind::Update { sets, .. } => sets.iter().for_each(|(_, expr)| each(expr)),
        ChangeKind::Delete { .. } => {}
    }
}

/// Adds the ids that a step itself makes.
pub fn made_by(rel: &Rel, out: &mut alloc::collections::BTreeSet<ColumnId>) {
    match rel {
        Rel::Table(table) => {
            out.extend(table.columns.iter().map(|(_, id)| *id));
            out.extend(table.system.iter().map(|(_, id)| *id));
        }
        Rel::View { columns, .. } => out.extend(columns.iter().copied()),
        Rel::Empty { columns }
        | Rel::Values { columns, .. }
        | Rel::Function { columns, .. }
        | Rel::SetOp { columns, .. }
        | Rel::CteScan { columns, .. }
        | Rel::WorkScan { columns, .. } => out.extend(columns.iter().map(|column| column.id)),
        Rel::Project { columns, .. } => out.extend(columns.iter().map(|(column, _)| column.id)),
        Rel::Apply { column, .. } => drop(out.insert(column.id)),
        Rel::Aggregate { groups, calls, .. } => {
            out.extend(groups.iter().map(|(column, _)| column.id));
            out.extend(calls.iter().map(|(column, _)| column.id));
        }
        Rel::Change(change) => {
            out.extend(change.returning.iter().map(|(column, _)| column.id));
            out.extend(change.row.iter().map(|(_, id)| *id));
            if let ChangeKind::Insert {
                conflict: Some(conflict),
                ..
            } = &change.kind
                && let Some(update) = &conflict.update
            {
                out.extend(update.old.iter().chain(&update.excluded).map(|(_, id)| *id));
            }
        }
        _ => {}
    }
}

/// All ids made anywhere in a tree.
pub fn made_within(rel: &Rel) -> alloc::collections::BTreeSet<ColumnId> {
    fn go(rel: &Rel, out: &mut alloc::collections::BTreeSet<ColumnId>) {
        made_by(rel, out);
        inputs(rel, &mut |input| go(input, out));
    }
    let mut out = alloc::collections::BTreeSet::new();
    go(rel, &mut out);
    out
}

/// Ids used anywhere in a tree's expressions.
pub fn used_within(rel: &Rel, out: &mut alloc::collections::BTreeSet<ColumnId>) {
    step_exprs(rel, &mut |expr| {
        visit(expr, &mut |part| {
            if let ExprKind::Column(id) = part.kind {
                out.insert(id);
            }
        });
    });
    inputs(rel, &mut |input| used_within(input, out));
}

/// Ids that a tree uses and does not make: what makes it correlated.
pub fn free_columns(rel: &Rel) -> alloc::collections::BTreeSet<ColumnId> {
    let made = made_within(rel);
    let mut used = alloc::collections::BTreeSet::new();
    used_within(rel, &mut used);
    used.into_iter().filter(|id| !made.contains(id)).collect()
}
