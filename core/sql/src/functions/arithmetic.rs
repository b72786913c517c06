//! Arithmetic of integers and floats.
//!
//! Overflow and division by zero are errors with PostgreSQL's words; a float result that became
//! infinite or zero out of ordinary numbers is one too.

use super::column::{Native, map1, map2, try_map1, try_map2};
use super::context::EvalCx;
use alloc::rc::Rc;
use vitrine_data::{Result, SqlError, SqlState, Vector};

/// An integer width with its SQL name.
pub trait Integer: Native {
    const NAME: &'static str;
    fn checked_add(self, other: Self) -> Option<Self>;
    fn checked_sub(self, other: Self) -> Option<Self>;
    fn checked_mul(self, other: Self) -> Option<Self>;
    fn checked_div(self, other: Self) -> Option<Self>;
    fn wrapping_rem(self, other: Self) -> Self;
    fn checked_neg(self) -> Option<Self>;
    fn checked_abs(self) -> Option<Self>;
    fn is_zero(self) -> bool;
    fn bits(self) -> i64;
    fn from_bits(bits: i64) -> Self;
}

macro_rules! integer {
    ($($element:ident $name:literal),*) => { $(
        impl Integer for $element {
            const NAME: &'static str = $name;
            #[inline(always)]
            fn checked_add(self, other: Self) -> Option<Self> { $element::checked_add(self, other) }
            #[inline(always)]
            fn checked_sub(self, other: Self) -> Option<Self> { $element::checked_sub(self, other) }
            #[inline(always)]
            fn checked_mul(self, other: Self) -> Option<Self> { $element::checked_mul(self, other) }
            #[inline(always)]
            fn checked_div(self, other: Self) -> Option<Self> { $element::checked_div(self, other) }
            #[inline(always)]
            fn wrapping_rem(self, other: Self) -> Self { $element::wrapping_rem(self, other) }
            #[inline(always)]
            fn checked_neg(self) -> Option<Self> { $element::checked_neg(self) }
            #[inline(always)]
            fn checked_abs(self) -> Option<Self> { $element::checked_abs(self) }
            #[inline(always)]
            fn is_zero(self) -> bool { self == 0 }
            #[inline(always)]
            fn bits(self) -> i64 { i64::from(self) }
            #[inline(always)]
            fn from_bits(bits: i64) -> Self { bits as $element }
        }
    )* };
}

integer! { i16 "smallint", i32 "integer", i64 "bigint" }

#[cold]
fn overflow<T: Integer>() -> SqlError {
    SqlError::out_of_range(T::NAME)
}

macro_rules! checked {
    ($($name:ident $method:ident),*) => { $(
        pub fn $name<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
            try_map2::<T, T, T>(args, rows, |a, b| a.$method(b).ok_or_else(overflow::<T>))
        }
    )* };
}

checked! { int_add checked_add, int_sub checked_sub, int_mul checked_mul }

pub fn int_div<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map2::<T, T, T>(args, rows, |a, b| {
        if b.is_zero() {
            return Err(SqlError::division_by_zero());
        }
        a.checked_div(b).ok_or_else(overflow::<T>)
    })
}

pub fn int_mod<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map2::<T, T, T>(args, rows, |a, b| {
        if b.is_zero() {
            return Err(SqlError::division_by_zero());
        }
        Ok(a.wrapping_rem(b))
    })
}

pub fn int_neg<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map1::<T, T>(args, rows, |a| a.checked_neg().ok_or_else(overflow::<T>))
}

pub fn int_abs<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map1::<T, T>(args, rows, |a| a.checked_abs().ok_or_else(overflow::<T>))
}

pub fn int_same<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map1::<T, T>(args, rows, |a| a)
}

pub fn int_sign<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map1::<T, T>(args, rows, |a| T::from_bits(a.bits().signum()))
}

macro_rules! bitwise {
    ($($name:ident $op:tt),*) => { $(
        pub fn $name<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
            map2::<T, T, T>(args, rows, |a, b| T::from_bits(a.bits() $op b.bits()))
        }
    )* };
}

bitwise! { int_and &, int_or |, int_xor ^ }

pub fn int_not<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map1::<T, T>(args, rows, |a| T::from_bits(!a.bits()))
}

pub fn int_shl<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map2::<T, i32, T>(args, rows, |a, b| {
        T::from_bits(
            a.bits()
                .wrapping_shl(b as u32 % (T::PHYS.fixed_len().unwrap_or(8) as u32 * 8)),
        )
    })
}

pub fn int_shr<T: Integer>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map2::<T, i32, T>(args, rows, |a, b| {
        T::from_bits(
            a.bits()
                .wrapping_shr(b as u32 % (T::PHYS.fixed_len().unwrap_or(8) as u32 * 8)),
        )
    })
}

/// A float width.
pub trait Float: Native + PartialOrd {
    fn wide(self) -> f64;
    fn narrow(wide: f64) -> Self;
}

impl Float for f32 {
    fn wide(self) -> f64 {
        f64::from(self)
    }
    fn narrow(wide: f64) -> f32 {
        wide as f32
    }
}

impl Float for f64 {
    fn wide(self) -> f64 {
        self
    }
    fn narrow(wide: f64) -> f64 {
        wide
    }
}

pub fn float_overflow() -> SqlError {
    SqlError::user(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "value out of range: overflow",
    )
}

pub fn float_underflow() -> SqlError {
    SqlError::user(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "value out of range: underflow",
    )
}

/// Refuses a result that left the range although its operands were in it.
#[inline]
fn in_range<T: Float>(result: T, a: T, b: T, may_be_zero: bool) -> Result<T> {
    let wide = result.wide();
    if wide.is_infinite() && !a.wide().is_infinite() && !b.wide().is_infinite() {
        return Err(float_overflow());
    }
    if wide == 0.0 && !may_be_zero {
        return Err(float_underflow());
    }
    Ok(result)
}

pub fn float_add<T: Float>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map2::<T, T, T>(args, rows, |a, b| {
        in_range(T::narrow(a.wide() + b.wide()), a, b, true)
    })
}

pub fn float_sub<T: Float>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map2::<T, T, T>(args, rows, |a, b| {
        in_range(T::narrow(a.wide() - b.wide()), a, b, true)
    })
}

pub fn float_mul<T: Float>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map2::<T, T, T>(args, rows, |a, b| {
        let zero = a.wide() == 0.0 || b.wide() == 0.0;
        in_range(T::narrow(a.wide() * b.wide()), a, b, zero)
    })
}

pub fn float_div<T: Float>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map2::<T, T, T>(args, rows, |a, b| {
        if b.wide() == 0.0 && !a.wide().is_nan() {
            return Err(SqlError::division_by_zero());
        }
        let zero = a.wide() == 0.0 || b.wide().is_infinite();
        in_range(T::narrow(a.wide() / b.wide()), a, b, zero)
    })
}

pub fn float_neg<T: Float>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map1::<T, T>(args, rows, |a| T::narrow(-a.wide()))
}

pub fn float_abs<T: Float>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map1::<T, T>(args, rows, |a| T::narrow(libm::fabs(a.wide())))
}

pub fn float_same<T: Float>(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map1::<T, T>(args, rows, |a| a)
}
