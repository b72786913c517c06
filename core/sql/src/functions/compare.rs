//! Comparison kernels: six operators, one loop per physical type.
//!
//! Every SQL type is ordered as its physical form is, so that one kernel serves `date` and
//! `integer` alike. Unlike integer widths are widened; decimals of one scale compare as integers.

use super::column::{Column, Native, any_const_null, argument, joined_nulls, map2, view};
use super::context::EvalCx;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use vitrine_data::datum::compare_f64;
use vitrine_data::{Datum, Phys, Result, Vector, VectorData};

/// One of `=`, `<>`, `<`, `<=`, `>`, `>=`.
pub trait Test {
    fn order(ordering: Ordering) -> bool;
    fn values<T: PartialOrd>(a: T, b: T) -> bool;
}

macro_rules! tests {
    ($($name:ident $op:tt ($pattern:pat);)*) => { $(
        pub struct $name;
        impl Test for $name {
            #[inline(always)]
            fn order(ordering: Ordering) -> bool { matches!(ordering, $pattern) }
            #[inline(always)]
            fn values<T: PartialOrd>(a: T, b: T) -> bool { a $op b }
        }
    )* };
}

tests! {
    Equal == (Ordering::Equal);
    NotEqual != (Ordering::Less | Ordering::Greater);
    Less < (Ordering::Less);
    LessEqual <= (Ordering::Less | Ordering::Equal);
    Greater > (Ordering::Greater);
    GreaterEqual >= (Ordering::Greater | Ordering::Equal);
}

pub fn compare<C: Test>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    let (left, right) = (argument(args, 0)?, argument(args, 1)?);
    if any_const_null(args) {
        return Ok(Vector::all_null(Phys::Bool, rows));
    }
    match (left.phys(), right.phys()) {
        (Phys::I32, Phys::I32) => native::<C, i32>(args, rows),
        (Phys::I64, Phys::I64) => native::<C, i64>(args, rows),
        (Phys::I16, Phys::I16) => native::<C, i16>(args, rows),
        (Phys::Bool, Phys::Bool) => native::<C, u8>(args, rows),
        (Phys::Uuid, Phys::Uuid) => native::<C, [u8; 16]>(args, rows),
        (Phys::F64, Phys::F64) => {
            map2::<f64, f64, u8>(args, rows, |a, b| u8::from(C::order(compare_f64(a, b))))
        }
        (Phys::I16 | Phys::I32 | Phys::I64, Phys::I16 | Phys::I32 | Phys::I64) => {
            let widened = [Rc::new(widen(left)?), Rc::new(widen(right)?)];
            native::<C, i64>(&widened, rows)
        }
        (Phys::Bytes, Phys::Bytes) => bytes::<C>(args, rows, |bytes| bytes),
        (Phys::Decimal, Phys::Decimal) => decimals::<C>(args, rows),
        _ => by_datum::<C>(args, rows),
    }
}

/// `char(n)`: blanks at the end do not count.
pub fn compare_bpchar<C: Test>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(Phys::Bool, rows));
    }
    bytes::<C>(args, rows, |bytes| {
        let kept = bytes
            .iter()
            .rposition(|byte| *byte != b' ')
            .map_or(0, |last| last + 1);
        bytes.get(..kept).unwrap_or_default()
    })
}

/// OIDs and XIDs are unsigned numbers in an i32.
pub fn compare_unsigned<C: Test>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map2::<i32, i32, u8>(args, rows, |a, b| u8::from(C::values(a as u32, b as u32)))
}

fn native<C: Test, T: Native + PartialOrd>(args: &[Rc<Vector>], rows: usize) -> Result<Vector> {
    map2::<T, T, u8>(args, rows, |a, b| u8::from(C::values(a, b)))
}

/// Any integer column as bigint.
pub fn widen(vector: &Vector) -> Result<Vector> {
    let nulls = vector.nulls().cloned();
    Ok(match vector.phys() {
        Phys::I16 => match view::<i16>(vector)? {
            Column::Flat(values) => {
                Vector::from_i64(values.iter().map(|v| i64::from(*v)).collect())
            }
            Column::Const(value) => {
                Vector::constant(Phys::I64, Datum::I64(i64::from(value)), vector.len())
            }
        },
        Phys::I32 => match view::<i32>(vector)? {
            Column::Flat(values) => {
                Vector::from_i64(values.iter().map(|v| i64::from(*v)).collect())
            }
            Column::Const(value) => {
                Vector::constant(Phys::I64, Datum::I64(i64::from(value)), vector.len())
            }
        },
        _ => vector.clone(),
    }
    .with_nulls(nulls))
}

fn bytes<C: Test>(
    args: &[Rc<Vector>],
    rows: usize,
    trim: impl Fn(&[u8]) -> &[u8],
) -> Result<Vector> {
    let (left, right) = (argument(args, 0)?, argument(args, 1)?);
    let test = |a: &[u8], b: &[u8]| u8::from(C::order(trim(a).cmp(trim(b))));
    let values: Vec<u8> = match (left.as_heap(), right.as_const().and_then(Datum::as_bytes)) {
        (Some((offsets, heap)), Some(constant)) => offsets
            .windows(2)
            .map(|pair| test(slice_of(heap, pair), constant))
            .collect(),
        _ => (0..rows)
            .map(|row| {
                let a = left.bytes_at(row).unwrap_or_default();
                test(a, right.bytes_at(row).unwrap_or_default())
            })
            .collect(),
    };
    Ok(Vector::from_bools(values).with_nulls(joined_nulls(args)))
}

fn slice_of<'a>(heap: &'a [u8], pair: &[u32]) -> &'a [u8] {
    match pair {
        [from, to] => heap.get(*from as usize..*to as usize).unwrap_or_default(),
        _ => &[],
    }
}

/// A decimal column as integers of the given scale, where that is exact and all fit.
pub fn scaled(vector: &Vector, scale: u8) -> Option<Column<'_, i128>> {
    match vector.data() {
        VectorData::Decimal { values, scale: own } if *own == scale => Some(Column::Flat(values)),
        VectorData::Const(value) => {
            let (coefficient, own) = value.as_decimal()?.as_small()?;
            let missing = u16::from(scale).checked_sub(own)?;
            let factor = 10i128.checked_pow(u32::from(missing))?;
            Some(Column::Const(coefficient.checked_mul(factor)?))
        }
        _ => None,
    }
}

/// The one scale two columns can be read in without rescaling a flat one.
pub fn common_scale(left: &Vector, right: &Vector) -> Option<u8> {
    match (left.as_decimals(), right.as_decimals()) {
        (Some((_, a)), Some((_, b))) => (a == b).then_some(a),
        (Some((_, a)), None) => Some(a),
        (None, Some((_, b))) => Some(b),
        (None, None) => None,
    }
}

fn decimals<C: Test>(args: &[Rc<Vector>], rows: usize) -> Result<Vector> {
    let (left, right) = (argument(args, 0)?, argument(args, 1)?);
    let same = common_scale(left, right)
        .and_then(|scale| Some((scaled(left, scale)?, scaled(right, scale)?)));
    let Some((left, right)) = same else {
        return by_datum::<C>(args, rows);
    };
    let values = (0..rows)
        .map(|row| u8::from(C::values(left.get(row), right.get(row))))
        .collect();
    Ok(Vector::from_bools(values).with_nulls(joined_nulls(args)))
}

fn by_datum<C: Test>(args: &[Rc<Vector>], rows: usize) -> Result<Vector> {
    let (left, right) = (argument(args, 0)?, argument(args, 1)?);
    let values = (0..rows)
        .map(|row| u8::from(C::order(left.datum(row).compare(&right.datum(row)))))
        .collect();
    Ok(Vector::from_bools(values).with_nulls(joined_nulls(args)))
}

/// `IS [NOT] DISTINCT FROM`: never null.
pub fn distinct(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    let (left, right) = (argument(args, 0)?, argument(args, 1)?);
    let values = (0..rows)
        .map(|row| u8::from(left.compare_rows(row, right, row) != Ordering::Equal))
        .collect();
    Ok(Vector::from_bools(values))
}

pub fn not_distinct(args: &[Rc<Vector>], rows: usize, cx: &EvalCx) -> Result<Vector> {
    let answer = distinct(args, rows, cx)?;
    map1_not(&answer)
}

fn map1_not(answer: &Vector) -> Result<Vector> {
    let flipped = match view::<u8>(answer)? {
        Column::Flat(values) => values.iter().map(|value| value ^ 1).collect(),
        Column::Const(value) => alloc::vec![value ^ 1; answer.len()],
    };
    Ok(Vector::from_bools(flipped).with_nulls(answer.nulls().cloned()))
}

/// `NOT b`.
pub fn not(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    super::column::map1::<u8, u8>(args, rows, |value| value ^ 1)
}
