//! Expressions settle rows in order, and never evaluate a settled one.

use super::*;
use crate::functions::{SessionFacts, Slots, operator};
use crate::types::Oid;

const INT4: SqlType = SqlType::plain(Oid::INT4);

fn input(at: usize) -> Expr {
    Expr::new(ExprKind::Input(at), INT4, 0)
}

fn int(value: i32) -> Expr {
    Expr::constant(Datum::I32(value), INT4)
}

fn op(name: &str, left: Expr, right: Expr) -> Expr {
    let op = operator(name, Oid::INT4, Oid::INT4).unwrap();
    Expr::new(
        ExprKind::Op {
            op,
            args: alloc::vec![left, right],
        },
        SqlType::plain(op.ret),
        0,
    )
}

fn boolean(kind: ExprKind) -> Expr {
    Expr::new(kind, BOOL, 0)
}

fn batch() -> Batch {
    let row = |a: Datum| alloc::vec![a];
    let rows = [0, 4, 0, 2].map(|n| row(Datum::I32(n)));
    let mut rows = rows.to_vec();
    rows.push(row(Datum::Null));
    Batch::from_rows(&[Phys::I32], &rows).unwrap()
}

fn with_cx<T>(f: impl FnOnce(&EvalCx) -> T) -> T {
    let (slots, session) = (Slots::default(), SessionFacts::new());
    f(&EvalCx::new(&[], &slots, &session))
}

#[test]
fn settled_rows_are_not_evaluated() {
    let safe = op("<>", input(0), int(0));
    let risky = op(">", op("/", int(8), input(0)), int(2));
    let both = boolean(ExprKind::And(alloc::vec![safe, risky.clone()]));
    with_cx(|cx| {
        let answer = evaluate_batch(&both, &batch(), cx).unwrap();
        let read: Vec<Datum> = (0..5).map(|row| answer.datum(row)).collect();
        let (yes, no) = (Datum::Bool(true), Datum::Bool(false));
        assert_eq!(read, [no.clone(), no.clone(), no, yes, Datum::Null]);
        let error = evaluate_batch(&risky, &batch(), cx).err().unwrap();
        assert_eq!(&error.code.0, b"22012");
    });
}

#[test]
fn filters_narrow_what_is_left() {
    let predicates = [
        op("<>", input(0), int(0)),
        op(">", op("/", int(8), input(0)), int(2)),
    ];
    with_cx(|cx| {
        let mut kept = batch();
        filter(&predicates, &mut kept, cx).unwrap();
        assert_eq!(kept.row_indexes().collect::<Vec<_>>(), [3]);
    });
}

#[test]
fn case_takes_each_row_once() {
    let whens = alloc::vec![
        (op("=", input(0), int(0)), int(-1)),
        (
            op("<", op("/", int(8), input(0)), int(3)),
            op("*", input(0), int(10))
        ),
    ];
    let case = Expr::new(
        ExprKind::Case {
            whens,
            otherwise: alloc::boxed::Box::new(input(0)),
        },
        INT4,
        0,
    );
    with_cx(|cx| {
        let answer = evaluate_batch(&case, &batch(), cx).unwrap();
        let read: Vec<Datum> = (0..5).map(|row| answer.datum(row)).collect();
        let of = Datum::I32;
        assert_eq!(read, [of(-1), of(40), of(-1), of(2), Datum::Null]);
    });
}

#[test]
fn nesting_is_bounded() {
    let mut expr = input(0);
    for _ in 0..crate::functions::context::MAX_DEPTH + 1 {
        expr = op("+", expr, int(1));
    }
    with_cx(|cx| {
        let error = evaluate_batch(&expr, &batch(), cx).err().unwrap();
        assert_eq!(&error.code.0, b"54001");
    });
}

#[test]
fn overflow_names_the_type() {
    with_cx(|cx| {
        let error = evaluate_const(&op("+", int(i32::MAX), int(1)), cx)
            .err()
            .unwrap();
        assert_eq!(
            (&error.code.0, error.message.as_str()),
            (b"22003", "integer out of range")
        );
    });
}
