//! The table of casts between types.
//!
//! PostgreSQL's `pg_cast` for the types held here. Casts to and from text that have no row go
//! through the text forms of both types, which the binder arranges.

use super::arguments::{boolean, bytes, decimal, int, text_datum};
use super::column::{Column, Native, any_const_null, argument, joined_nulls, map1, try_map1, view};
use super::context::EvalCx;
use super::datetime;
use super::registry::CastContext::{Assignment, Explicit, Implicit};
use super::registry::Kernel::{Row, Same, Vector as Batch, ViaText};
use super::registry::{CastRow, cast};
use crate::types::Oid;
use alloc::rc::Rc;
use vitrine_data::{Datum, Decimal, Phys, Result, SqlError, Vector, VectorData};

fn int_to_int<A: Native + Into<i64>, B: Native + TryFrom<i64> + super::arithmetic::Integer>(
    args: &[Rc<Vector>],
    rows: usize,
    _: &EvalCx,
) -> Result<Vector> {
    try_map1::<A, B>(args, rows, |value| {
        B::try_from(value.into()).map_err(|_| SqlError::out_of_range(B::NAME))
    })
}

/// Floats round half to even on their way to integers.
fn float_to_int<A: super::arithmetic::Float, B: Native + super::arithmetic::Integer>(
    args: &[Rc<Vector>],
    rows: usize,
    _: &EvalCx,
) -> Result<Vector> {
    let bits = B::PHYS.fixed_len().unwrap_or(8) as i32 * 8 - 1;
    let limit = libm::ldexp(1.0, bits);
    try_map1::<A, B>(args, rows, |value| {
        let rounded = libm::rint(value.wide());
        if rounded >= -limit && rounded < limit {
            Ok(B::from_bits(rounded as i64))
        } else {
            Err(SqlError::out_of_range(B::NAME))
        }
    })
}

fn int_to_f32<A: Native + Into<i64>>(
    args: &[Rc<Vector>],
    rows: usize,
    _: &EvalCx,
) -> Result<Vector> {
    map1::<A, f32>(args, rows, |value| value.into() as f32)
}

fn int_to_f64<A: Native + Into<i64>>(
    args: &[Rc<Vector>],
    rows: usize,
    _: &EvalCx,
) -> Result<Vector> {
    map1::<A, f64>(args, rows, |value| value.into() as f64)
}

fn f32_to_f64(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    map1::<f32, f64>(args, rows, f64::from)
}

fn f64_to_f32(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    try_map1::<f64, f32>(args, rows, |value| {
        let narrow = value as f32;
        if narrow.is_infinite() && value.is_finite() {
            return Err(super::arithmetic::float_overflow());
        }
        if narrow == 0.0 && value != 0.0 {
            return Err(super::arithmetic::float_underflow());
        }
        Ok(narrow)
    })
}

fn int_to_decimal<A: Native + Into<i64>>(
    args: &[Rc<Vector>],
    rows: usize,
    _: &EvalCx,
) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(Phys::Decimal, rows));
    }
    let values = match view::<A>(argument(args, 0)?)? {
        Column::Flat(values) => values.iter().map(|v| i128::from((*v).into())).collect(),
        Column::Const(value) => {
            let value = Decimal::new(i128::from(value.into()), 0);
            return Ok(Vector::constant(Phys::Decimal, Datum::Decimal(value), rows));
        }
    };
    let data = VectorData::Decimal { values, scale: 0 };
    Ok(Vector::from_parts(
        Phys::Decimal,
        data,
        joined_nulls(args),
        rows,
    ))
}

fn decimal_to_i16(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.to_i16().map(Datum::I16)
}

fn decimal_to_i32(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.to_i32().map(Datum::I32)
}

fn decimal_to_i64(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.to_i64().map(Datum::I64)
}

fn decimal_to_f32(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.to_f32().map(Datum::F32)
}

fn decimal_to_f64(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    decimal(args, 0)?.to_f64().map(Datum::F64)
}

fn f32_to_decimal(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    match args.first() {
        Some(Datum::F32(value)) => Decimal::from_f32(*value).map(Datum::Decimal),
        _ => Err(SqlError::bug("a cast from real was given something else")),
    }
}

fn f64_to_decimal(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Decimal::from_f64(super::arguments::float(args, 0)?).map(Datum::Decimal)
}

fn bool_to_int(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(i32::from(boolean(args, 0)?)))
}

fn int_to_bool(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Bool(int(args, 0)? != 0))
}

fn bool_to_text(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(text_datum(if boolean(args, 0)? { "true" } else { "false" }))
}

/// Blanks at the end of `char(n)` have no meaning and do not go over to text.
fn bpchar_to_text(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let held = bytes(args, 0)?;
    let kept = held
        .iter()
        .rposition(|byte| *byte != b' ')
        .map_or(0, |last| last + 1);
    Ok(Datum::bytes(held.get(..kept).unwrap_or_default()))
}

fn text_to_name(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let held = super::arguments::text(args, 0)?;
    crate::types::input(Oid::NAME, -1, held, &crate::types::IoCx::UTC)
}

fn text_to_char(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let held = super::arguments::text(args, 0)?;
    crate::types::input(Oid::CHAR, -1, held, &crate::types::IoCx::UTC)
}

fn i64_to_oid(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let value = int(args, 0)?;
    match u32::try_from(value) {
        Ok(value) => Ok(Datum::I32(value as i32)),
        Err(_) if matches!(args.first(), Some(Datum::I32(_) | Datum::I16(_))) => {
            Ok(Datum::I32(value as i32))
        }
        Err(_) => Err(SqlError::out_of_range("OID")),
    }
}

fn oid_to_i64(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I64(int(args, 0)? & 0xffff_ffff))
}

const B: Oid = Oid::BOOL;
const I2: Oid = Oid::INT2;
const I4: Oid = Oid::INT4;
const I8: Oid = Oid::INT8;
const F4: Oid = Oid::FLOAT4;
const F8: Oid = Oid::FLOAT8;
const N: Oid = Oid::NUMERIC;
const TEXT: Oid = Oid::TEXT;
const VARCHAR: Oid = Oid::VARCHAR;
const BPCHAR: Oid = Oid::BPCHAR;
const DATE: Oid = Oid::DATE;
const TIME: Oid = Oid::TIME;
const TS: Oid = Oid::TIMESTAMP;
const TZ: Oid = Oid::TIMESTAMPTZ;

pub static CASTS: &[CastRow] = &[
    cast(I2, I4, Implicit, Batch(int_to_int::<i16, i32>)),
    cast(I2, I8, Implicit, Batch(int_to_int::<i16, i64>)),
    cast(I2, F4, Implicit, Batch(int_to_f32::<i16>)),
    cast(I2, F8, Implicit, Batch(int_to_f64::<i16>)),
    cast(I2, N, Implicit, Batch(int_to_decimal::<i16>)),
    cast(I4, I2, Assignment, Batch(int_to_int::<i32, i16>)),
    cast(I4, I8, Implicit, Batch(int_to_int::<i32, i64>)),
    cast(I4, F4, Implicit, Batch(int_to_f32::<i32>)),
    cast(I4, F8, Implicit, Batch(int_to_f64::<i32>)),
    cast(I4, N, Implicit, Batch(int_to_decimal::<i32>)),
    cast(I8, I2, Assignment, Batch(int_to_int::<i64, i16>)),
    cast(I8, I4, Assignment, Batch(int_to_int::<i64, i32>)),
    cast(I8, F4, Implicit, Batch(int_to_f32::<i64>)),
    cast(I8, F8, Implicit, Batch(int_to_f64::<i64>)),
    cast(I8, N, Implicit, Batch(int_to_decimal::<i64>)),
    cast(F4, I2, Assignment, Batch(float_to_int::<f32, i16>)),
    cast(F4, I4, Assignment, Batch(float_to_int::<f32, i32>)),
    cast(F4, I8, Assignment, Batch(float_to_int::<f32, i64>)),
    cast(F4, F8, Implicit, Batch(f32_to_f64)),
    cast(F4, N, Assignment, Row(f32_to_decimal)),
    cast(F8, I2, Assignment, Batch(float_to_int::<f64, i16>)),
    cast(F8, I4, Assignment, Batch(float_to_int::<f64, i32>)),
    cast(F8, I8, Assignment, Batch(float_to_int::<f64, i64>)),
    cast(F8, F4, Assignment, Batch(f64_to_f32)),
    cast(F8, N, Assignment, Row(f64_to_decimal)),
    cast(N, I2, Assignment, Row(decimal_to_i16)),
    cast(N, I4, Assignment, Row(decimal_to_i32)),
    cast(N, I8, Assignment, Row(decimal_to_i64)),
    cast(N, F4, Implicit, Row(decimal_to_f32)),
    cast(N, F8, Implicit, Row(decimal_to_f64)),
    cast(B, I4, Explicit, Row(bool_to_int)),
    cast(I4, B, Explicit, Row(int_to_bool)),
    cast(B, TEXT, Assignment, Row(bool_to_text)),
    cast(B, VARCHAR, Assignment, Row(bool_to_text)),
    cast(B, BPCHAR, Assignment, Row(bool_to_text)),
    cast(TEXT, VARCHAR, Implicit, Same),
    cast(TEXT, BPCHAR, Implicit, Same),
    cast(VARCHAR, TEXT, Implicit, Same),
    cast(VARCHAR, BPCHAR, Implicit, Same),
    cast(BPCHAR, TEXT, Implicit, Row(bpchar_to_text)),
    cast(BPCHAR, VARCHAR, Implicit, Row(bpchar_to_text)),
    cast(Oid::NAME, TEXT, Implicit, Same),
    cast(Oid::NAME, VARCHAR, Assignment, Same),
    cast(Oid::NAME, BPCHAR, Assignment, Same),
    cast(TEXT, Oid::NAME, Implicit, Row(text_to_name)),
    cast(VARCHAR, Oid::NAME, Implicit, Row(text_to_name)),
    cast(BPCHAR, Oid::NAME, Implicit, Row(text_to_name)),
    cast(Oid::CHAR, TEXT, Implicit, Same),
    cast(Oid::CHAR, VARCHAR, Assignment, Same),
    cast(TEXT, Oid::CHAR, Assignment, Row(text_to_char)),
    cast(I2, Oid::OID, Implicit, Row(i64_to_oid)),
    cast(I4, Oid::OID, Implicit, Row(i64_to_oid)),
    cast(I8, Oid::OID, Implicit, Row(i64_to_oid)),
    cast(Oid::OID, I4, Assignment, Same),
    cast(Oid::OID, I8, Assignment, Row(oid_to_i64)),
    cast(Oid::OID, Oid::REGCLASS, Implicit, Same),
    cast(Oid::REGCLASS, Oid::OID, Implicit, Same),
    cast(Oid::REGCLASS, I4, Assignment, Same),
    cast(Oid::REGCLASS, I8, Assignment, Row(oid_to_i64)),
    cast(I4, Oid::REGCLASS, Implicit, Same),
    cast(I8, Oid::REGCLASS, Implicit, Row(i64_to_oid)),
    cast(Oid::OID, Oid::REGTYPE, Implicit, Same),
    cast(Oid::REGTYPE, Oid::OID, Implicit, Same),
    cast(Oid::OID, Oid::REGPROC, Implicit, Same),
    cast(Oid::REGPROC, Oid::OID, Implicit, Same),
    cast(Oid::OID, Oid::REGNAMESPACE, Implicit, Same),
    cast(Oid::REGNAMESPACE, Oid::OID, Implicit, Same),
    cast(Oid::JSON, Oid::JSONB, Assignment, ViaText),
    cast(Oid::JSONB, Oid::JSON, Assignment, Same),
    cast(DATE, TS, Implicit, Row(datetime::date_to_timestamp)),
    cast(DATE, TZ, Implicit, Row(datetime::date_to_timestamptz)).stable(),
    cast(TS, DATE, Assignment, Row(datetime::timestamp_to_date)),
    cast(TS, TIME, Assignment, Row(datetime::timestamp_to_time)),
    cast(TS, TZ, Implicit, Row(datetime::timestamp_to_timestamptz)).stable(),
    cast(TZ, DATE, Assignment, Row(datetime::timestamptz_to_date)).stable(),
    cast(TZ, TIME, Assignment, Row(datetime::timestamptz_to_time)).stable(),
    cast(TZ, TS, Assignment, Row(datetime::timestamptz_to_timestamp)).stable(),
    cast(
        TIME,
        Oid::INTERVAL,
        Implicit,
        Row(datetime::time_to_interval),
    ),
    cast(
        Oid::INTERVAL,
        TIME,
        Assignment,
        Row(datetime::interval_to_time),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::phys_of;

    #[test]
    fn casts_that_keep_the_bytes_keep_the_physical_type() {
        for row in CASTS {
            if matches!(row.kernel, Same) {
                assert_eq!(
                    phys_of(row.from),
                    phys_of(row.to),
                    "{} to {}",
                    row.from,
                    row.to
                );
            }
            let twice = CASTS
                .iter()
                .filter(|o| o.from == row.from && o.to == row.to)
                .count();
            assert_eq!(twice, 1);
        }
    }
}
