//! Expressions, evaluated a batch at a time.
//!
//! A bound expression after planning is already a tree of kernels, so that nothing is compiled
//! further: each node asks its children for dense columns and hands them to its kernel.
//!
//! ```text
//!   Frame { columns, selection }      Input(i) ---> column i, gathered by the selection, once
//!     AND: a b c                      a on all rows, b where a is not false, c where b is not …
//!     CASE: WHEN c THEN r …           r on the rows where c holds, the next WHEN on the others
//! ```
//!
//! Rows that a condition has settled are never given to the next operand: `x <> 0 AND 1/x > 2`
//! does not divide by zero. Columns that are constant stay one datum.

mod conditional;

use crate::bind::tree::{CastHow, Expr, ExprKind, SessionValue};
use crate::functions::boolean::{Truth, is_null, true_rows, truth_of};
use crate::functions::column::by_row;
use crate::functions::registry::Kernel;
use crate::functions::{EvalCx, array};
use crate::types::typmod::{self, How};
use crate::types::{self, IoCx, SqlType};
use alloc::rc::Rc;
use alloc::vec::Vec;
use conditional::{case, coalesce, extreme, pick};
use core::cell::RefCell;
use core::cmp::Ordering;
use vitrine_data::{Batch, Datum, Phys, Result, SqlError, Vector};

/// The rows an expression is evaluated for.
pub struct Frame<'a> {
    columns: &'a [Rc<Vector>],
    /// Positions in `columns`; all `rows` when absent.
    selection: Option<Rc<[u32]>>,
    rows: usize,
    gathered: RefCell<Vec<Option<Rc<Vector>>>>,
}

impl<'a> Frame<'a> {
    pub fn of(batch: &'a Batch) -> Frame<'a> {
        Frame::new(&batch.columns, batch.sel.clone(), batch.rows())
    }

    fn new(columns: &'a [Rc<Vector>], selection: Option<Rc<[u32]>>, rows: usize) -> Frame<'a> {
        Frame {
            columns,
            selection,
            rows,
            gathered: RefCell::new(Vec::new()),
        }
    }

    /// One row and no columns: for constants.
    pub fn unit() -> Frame<'static> {
        Frame::new(&[], None, 1)
    }

    /// The given rows of this frame.
    fn narrowed(&self, rows: &[u32]) -> Frame<'a> {
        let selection: Rc<[u32]> = match &self.selection {
            None => rows.into(),
            Some(outer) => rows
                .iter()
                .map(|row| outer.get(*row as usize).copied().unwrap_or(0))
                .collect(),
        };
        Frame::new(self.columns, Some(selection), rows.len())
    }

    fn column(&self, index: usize) -> Result<Rc<Vector>> {
        let column = self
            .columns
            .get(index)
            .ok_or_else(|| SqlError::bug("an expression names a column its input lacks"))?;
        let Some(selection) = &self.selection else {
            return Ok(column.clone());
        };
        if let Some(Some(found)) = self.gathered.borrow().get(index) {
            return Ok(found.clone());
        }
        let dense = Rc::new(column.gather(selection));
        let mut gathered = self.gathered.borrow_mut();
        gathered.resize(self.columns.len(), None);
        if let Some(place) = gathered.get_mut(index) {
            *place = Some(dense.clone());
        }
        Ok(dense)
    }
}

/// The value of an expression without columns.
pub fn evaluate_const(expr: &Expr, cx: &EvalCx) -> Result<Datum> {
    Ok(evaluate(expr, &Frame::unit(), cx)?.datum(0))
}

/// A dense column with a value for each row that counts.
pub fn evaluate_batch(expr: &Expr, batch: &Batch, cx: &EvalCx) -> Result<Rc<Vector>> {
    evaluate(expr, &Frame::of(batch), cx)
}

/// One row of datums as input: for cold paths.
pub fn evaluate_row(expr: &Expr, row: &[Rc<Vector>], cx: &EvalCx) -> Result<Datum> {
    Ok(evaluate(expr, &Frame::new(row, None, 1), cx)?.datum(0))
}

/// Narrows a batch's selection to the rows for which all predicates are true.
pub fn filter(predicates: &[Expr], batch: &mut Batch, cx: &EvalCx) -> Result<()> {
    for predicate in predicates {
        if batch.is_empty() {
            return Ok(());
        }
        let condition = evaluate_batch(predicate, batch, cx)?;
        let rows = true_rows(&condition)?;
        if rows.len() == batch.rows() {
            continue;
        }
        batch.sel = Some(match &batch.sel {
            None => rows.into(),
            Some(outer) => rows
                .iter()
                .map(|row| outer.get(*row as usize).copied().unwrap_or(0))
                .collect(),
        });
    }
    Ok(())
}

fn constant(ty: SqlType, value: Datum, rows: usize) -> Rc<Vector> {
    Rc::new(Vector::constant(ty.phys(), value, rows))
}

fn all(exprs: &[Expr], frame: &Frame, cx: &EvalCx) -> Result<Vec<Rc<Vector>>> {
    exprs.iter().map(|expr| evaluate(expr, frame, cx)).collect()
}

pub fn evaluate(expr: &Expr, frame: &Frame, cx: &EvalCx) -> Result<Rc<Vector>> {
    let rows = frame.rows;
    match &expr.kind {
        ExprKind::Input(index) => return frame.column(*index),
        ExprKind::Const(value) => return Ok(constant(expr.ty, value.clone(), rows)),
        ExprKind::Slot(slot) => return Ok(constant(expr.ty, cx.slots.get(*slot), rows)),
        ExprKind::Param(index) => {
            let value = cx.params.get(*index).cloned().ok_or_else(|| {
                SqlError::user(
                    vitrine_data::SqlState::UNDEFINED_PARAMETER,
                    alloc::format!("there is no parameter ${}", index + 1),
                )
            })?;
            return Ok(constant(expr.ty, value, rows));
        }
        ExprKind::Session(value) => {
            return Ok(constant(expr.ty, session_value(*value, cx), rows));
        }
        _ => {}
    }
    cx.deeper(|| composite(expr, frame, cx))
}

fn composite(expr: &Expr, frame: &Frame, cx: &EvalCx) -> Result<Rc<Vector>> {
    let rows = frame.rows;
    match &expr.kind {
        ExprKind::Call { function, args } => {
            let args = all(args, frame, cx)?;
            let foldable = function.volatility != crate::functions::Volatility::Volatile;
            call(
                &function.kernel,
                &args,
                rows,
                expr.ty,
                function.strict,
                foldable,
                cx,
            )
        }
        ExprKind::Op { op, args } => {
            let args = all(args, frame, cx)?;
            call(
                &op.kernel,
                &args,
                rows,
                expr.ty,
                is_strict_operator(&op.kernel),
                true,
                cx,
            )
        }
        ExprKind::Cast { how, arg } => {
            let value = evaluate(arg, frame, cx)?;
            cast(*how, value, rows, arg.ty, expr.ty, cx)
        }
        ExprKind::And(operands) => connective(operands, frame, cx, true),
        ExprKind::Or(operands) => connective(operands, frame, cx, false),
        ExprKind::Not(arg) => {
            let value = evaluate(arg, frame, cx)?;
            crate::functions::compare::not(&[value], rows, cx).map(Rc::new)
        }
        ExprKind::IsNull { arg, negated } => {
            Ok(Rc::new(is_null(&*evaluate(arg, frame, cx)?, *negated)))
        }
        ExprKind::IsBool {
            arg,
            value,
            negated,
        } => {
            let tested = evaluate(arg, frame, cx)?;
            let answers = (0..rows)
                .map(|row| u8::from((truth_of(&tested, row) == Some(*value)) != *negated))
                .collect();
            Ok(Rc::new(Vector::from_bools(answers)))
        }
        ExprKind::Distinct {
            left,
            right,
            negated,
        } => {
            let sides = [evaluate(left, frame, cx)?, evaluate(right, frame, cx)?];
            match negated {
                true => crate::functions::compare::not_distinct(&sides, rows, cx).map(Rc::new),
                false => crate::functions::compare::distinct(&sides, rows, cx).map(Rc::new),
            }
        }
        ExprKind::Case { whens, otherwise } => case(expr, whens, otherwise, frame, cx),
        ExprKind::Coalesce(args) => coalesce(expr, args, frame, cx),
        ExprKind::NullIf { equal, left, right } => {
            let (left, right) = (evaluate(left, frame, cx)?, evaluate(right, frame, cx)?);
            let sides = [left.clone(), right];
            let same = call(&equal.kernel, &sides, rows, BOOL, true, true, cx)?;
            pick(expr.ty.phys(), rows, |row| {
                (truth_of(&same, row) != Some(true)).then_some((&*left, row))
            })
        }
        ExprKind::Greatest(args) => extreme(expr, args, frame, cx, Ordering::Greater),
        ExprKind::Least(args) => extreme(expr, args, frame, cx, Ordering::Less),
        ExprKind::InList {
            equal,
            arg,
            list,
            negated,
        } => {
            let arg = evaluate(arg, frame, cx)?;
            in_list(&equal.kernel, &arg, list, *negated, frame, cx)
        }
        ExprKind::AnyArray {
            op,
            all,
            left,
            array,
        } => {
            let (left, array) = (evaluate(left, frame, cx)?, evaluate(array, frame, cx)?);
            any_array(&op.kernel, *all, &left, &array, rows, cx)
        }
        ExprKind::Array(items) => {
            let elem = items.first().map_or(Phys::Bytes, |item| item.ty.phys());
            let args = all(items, frame, cx)?;
            by_row(&args, rows, Phys::Array, false, |row| {
                Ok(array::build(elem, row))
            })
            .map(Rc::new)
        }
        ExprKind::Subscript { array, index } => {
            let args = [evaluate(array, frame, cx)?, evaluate(index, frame, cx)?];
            call(
                &Kernel::Row(array::subscript),
                &args,
                rows,
                expr.ty,
                true,
                true,
                cx,
            )
        }
        ExprKind::Slice {
            array,
            lower,
            upper,
        } => {
            let bound = |bound: &Option<alloc::boxed::Box<Expr>>| match bound {
                Some(bound) => evaluate(bound, frame, cx),
                None => Ok(Rc::new(Vector::all_null(Phys::I32, rows))),
            };
            let args = [evaluate(array, frame, cx)?, bound(lower)?, bound(upper)?];
            call(
                &Kernel::Row(array::slice),
                &args,
                rows,
                expr.ty,
                false,
                true,
                cx,
            )
        }
        _ => Err(SqlError::bug(
            "an expression reached the executor unplanned",
        )),
    }
}

const BOOL: SqlType = SqlType::plain(types::Oid::BOOL);

/// Operators that make arrays longer take NULL as an element.
fn is_strict_operator(kernel: &Kernel) -> bool {
    match kernel {
        Kernel::Row(f) => {
            let lax: [crate::functions::registry::RowKernel; 3] =
                [array::cat, array::append, array::prepend];
            !lax.iter().any(|g| core::ptr::fn_addr_eq(*f, *g))
        }
        _ => true,
    }
}

/// Calls a kernel; a call whose arguments are all constant is made for one row.
pub fn call(
    kernel: &Kernel,
    args: &[Rc<Vector>],
    rows: usize,
    ty: SqlType,
    strict: bool,
    foldable: bool,
    cx: &EvalCx,
) -> Result<Rc<Vector>> {
    if rows == 0 {
        return Ok(Rc::new(Vector::empty(ty.phys())));
    }
    let fold = foldable && rows > 1 && args.iter().all(|arg| arg.as_const().is_some());
    if fold {
        let single: Vec<Rc<Vector>> = args
            .iter()
            .map(|arg| Rc::new(Vector::constant(arg.phys(), arg.datum(0), 1)))
            .collect();
        let value = run(kernel, &single, 1, ty, strict, cx)?.datum(0);
        return Ok(constant(ty, value, rows));
    }
    run(kernel, args, rows, ty, strict, cx)
}

fn run(
    kernel: &Kernel,
    args: &[Rc<Vector>],
    rows: usize,
    ty: SqlType,
    strict: bool,
    cx: &EvalCx,
) -> Result<Rc<Vector>> {
    match kernel {
        Kernel::Vector(f) => f(args, rows, cx).map(Rc::new),
        Kernel::Row(f) => by_row(args, rows, ty.phys(), strict, |row| f(row, cx)).map(Rc::new),
        Kernel::Same => args
            .first()
            .cloned()
            .ok_or_else(|| SqlError::bug("a cast was called without an argument")),
        _ => Err(SqlError::bug(
            "a call reached the executor that has no kernel",
        )),
    }
}

fn io(cx: &EvalCx) -> IoCx {
    IoCx {
        zone_offset_s: cx.session.zone_offset_s,
        now_us: cx.session.transaction_us,
    }
}

fn cast(
    how: CastHow,
    value: Rc<Vector>,
    rows: usize,
    from: SqlType,
    to: SqlType,
    cx: &EvalCx,
) -> Result<Rc<Vector>> {
    let phys = to.phys();
    let io = io(cx);
    let each = |f: &dyn Fn(&Datum) -> Result<Datum>| match value.as_const() {
        Some(Datum::Null) => Ok(constant(to, Datum::Null, rows)),
        Some(single) => Ok(constant(to, f(single)?, rows)),
        None => by_row(core::slice::from_ref(&value), rows, phys, true, |row| {
            f(row.first().unwrap_or(&Datum::Null))
        })
        .map(Rc::new),
    };
    let through_text = |value: &Datum| {
        types::input(
            to.oid,
            to.typmod,
            &types::output_text(from.oid, value, &io),
            &io,
        )
    };
    match how {
        CastHow::Relabel => Ok(value),
        CastHow::Input => each(&|value| match value.as_str() {
            Some(text) => types::input(to.oid, to.typmod, text, &io),
            None => Err(SqlError::bug("input of a value that is not text")),
        }),
        CastHow::Output => {
            each(&|value| Ok(Datum::text(&types::output_text(from.oid, value, &io))))
        }
        CastHow::Typmod { explicit } => {
            let how = if explicit {
                How::Explicit
            } else {
                How::Implicit
            };
            each(&|value| typmod::apply(to.oid, to.typmod, value, how))
        }
        CastHow::Row(row) if matches!(row.kernel, Kernel::ViaText) => each(&through_text),
        CastHow::Row(row) => call(&row.kernel, &[value], rows, to, true, true, cx),
        CastHow::Array(None) => Ok(value),
        CastHow::Array(Some(row)) => {
            let element = SqlType::plain(row.to);
            each(&|value| {
                let Datum::Array(list) = value else {
                    return Ok(Datum::Null);
                };
                let column = Rc::new(Vector::from_datums(list.elem, &list.values)?);
                let count = list.values.len();
                let done = call(&row.kernel, &[column], count, element, true, true, cx)?;
                let values = (0..count).map(|row| done.datum(row)).collect();
                Ok(Datum::array(element.phys(), values))
            })
        }
    }
}

/// AND (`unit` true) and OR: an operand is evaluated where no earlier one has settled the answer.
fn connective(operands: &[Expr], frame: &Frame, cx: &EvalCx, unit: bool) -> Result<Rc<Vector>> {
    let rows = frame.rows;
    let mut truth = Truth::filled(rows, unit);
    let mut open: Vec<u32> = (0..rows as u32).collect();
    for operand in operands {
        if open.is_empty() {
            break;
        }
        let part = match open.len() == rows {
            true => evaluate(operand, frame, cx)?,
            false => evaluate(operand, &frame.narrowed(&open), cx)?,
        };
        let mut still = Vec::with_capacity(open.len());
        for (nth, row) in open.iter().enumerate() {
            match truth_of(&part, nth) {
                Some(value) if value == unit => still.push(*row),
                Some(_) => truth.set(*row as usize, Some(!unit)),
                None => {
                    // Null so far: a later operand may still settle the row.
                    truth.set(*row as usize, None);
                    still.push(*row);
                }
            }
        }
        open = still;
    }
    Ok(Rc::new(truth.finish()))
}

fn in_list(
    equal: &Kernel,
    arg: &Rc<Vector>,
    list: &[Expr],
    negated: bool,
    frame: &Frame,
    cx: &EvalCx,
) -> Result<Rc<Vector>> {
    let rows = frame.rows;
    let mut found = alloc::vec![Some(false); rows];
    for item in list {
        let item = evaluate(item, frame, cx)?;
        let same = call(equal, &[arg.clone(), item], rows, BOOL, true, true, cx)?;
        for (row, state) in found.iter_mut().enumerate() {
            match truth_of(&same, row) {
                Some(true) => *state = Some(true),
                None if *state == Some(false) => *state = None,
                _ => {}
            }
        }
    }
    let mut truth = Truth::filled(rows, false);
    for (row, state) in found.into_iter().enumerate() {
        truth.set(row, state.map(|found| found != negated));
    }
    Ok(Rc::new(truth.finish()))
}

fn any_array(
    kernel: &Kernel,
    all: bool,
    left: &Rc<Vector>,
    array: &Rc<Vector>,
    rows: usize,
    cx: &EvalCx,
) -> Result<Rc<Vector>> {
    let mut truth = Truth::filled(rows, all);
    for row in 0..rows {
        let Datum::Array(list) = array.datum(row) else {
            truth.set(row, None);
            continue;
        };
        let count = list.values.len();
        let items = Rc::new(Vector::from_datums(list.elem, &list.values)?);
        let value = Rc::new(Vector::constant(left.phys(), left.datum(row), count));
        let tests = call(kernel, &[value, items], count, BOOL, true, true, cx)?;
        let mut answer = Some(all);
        for item in 0..count {
            match truth_of(&tests, item) {
                Some(test) if test != all => {
                    answer = Some(!all);
                    break;
                }
                None => answer = None,
                _ => {}
            }
        }
        truth.set(row, answer);
    }
    Ok(Rc::new(truth.finish()))
}

fn session_value(value: SessionValue, cx: &EvalCx) -> Datum {
    let session = cx.session;
    let local = session.transaction_us + i64::from(session.zone_offset_s) * 1_000_000;
    let day = vitrine_data::datetime::MICROS_PER_DAY;
    match value {
        SessionValue::CurrentDate => Datum::I32(local.div_euclid(day) as i32),
        SessionValue::CurrentTimestamp => Datum::I64(session.transaction_us),
        SessionValue::LocalTimestamp => Datum::I64(local),
        SessionValue::LocalTime => Datum::I64(local.rem_euclid(day)),
        SessionValue::CurrentUser | SessionValue::SessionUser => Datum::text(&session.user),
        SessionValue::CurrentCatalog => Datum::text(&session.database),
        SessionValue::CurrentSchema => session
            .schemas
            .first()
            .map_or(Datum::Null, |name| Datum::text(name)),
    }
}

#[cfg(test)]
mod tests;
