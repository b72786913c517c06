//! What a session says about itself.

use super::arguments::{int, text_datum};
use super::context::EvalCx;
use alloc::format;
use vitrine_data::{Datum, Phys, Result, uuid};

pub fn version(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&format!(
        "PostgreSQL {} (Vitrine {}), compiled to WebAssembly, 32-bit",
        cx.session.server_version,
        env!("CARGO_PKG_VERSION")
    )))
}

pub fn current_database(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&cx.session.database))
}

pub fn current_user(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    Ok(text_datum(&cx.session.user))
}

pub fn current_schema(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    Ok(cx
        .session
        .schemas
        .first()
        .map_or(Datum::Null, |name| text_datum(name)))
}

pub fn current_schemas(args: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let implicit = args.first().and_then(Datum::as_bool).unwrap_or(false);
    let own = cx.session.schemas.iter().map(|name| text_datum(name));
    let system = implicit.then(|| text_datum("pg_catalog"));
    Ok(Datum::array(
        Phys::Bytes,
        system.into_iter().chain(own).collect(),
    ))
}

pub fn backend_pid(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(cx.session.backend_pid))
}

pub fn is_in_recovery(_: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Bool(false))
}

pub fn current_xid_if_assigned(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    Ok(cx
        .session
        .xid
        .get()
        .map_or(Datum::Null, |xid| Datum::I64(xid as i64)))
}

pub fn random_uuid(_: &[Datum], cx: &EvalCx) -> Result<Datum> {
    let mut bytes = [0u8; 16];
    let words = [cx.session.next_random(), cx.session.next_random()];
    for (place, byte) in bytes
        .iter_mut()
        .zip(words.iter().flat_map(|word| word.to_le_bytes()))
    {
        *place = byte;
    }
    Ok(Datum::Uuid(uuid::from_random(bytes)))
}

pub fn format_type(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let Some(oid) = args.first().and_then(Datum::as_i64) else {
        return Ok(Datum::Null);
    };
    let typmod = args.get(1).and_then(Datum::as_i64).unwrap_or(-1);
    let oid = crate::types::Oid(oid as u32);
    Ok(text_datum(&crate::types::format_type(oid, typmod as i32)))
}

/// Everything is visible and allowed: there is one user and no roles yet.
pub fn yes(_: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Bool(true))
}

pub fn null(_: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::Null)
}

/// `num_nulls(…)` and `num_nonnulls(…)`.
pub fn num_nulls(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(
        args.iter().filter(|value| value.is_null()).count() as i32,
    ))
}

pub fn num_nonnulls(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    Ok(Datum::I32(
        args.iter().filter(|value| !value.is_null()).count() as i32,
    ))
}

pub fn size_pretty(args: &[Datum], _: &EvalCx) -> Result<Datum> {
    let bytes = int(args, 0)?;
    let mut value = bytes;
    if value.abs() < 10 * 1024 {
        return Ok(text_datum(&format!("{value} bytes")));
    }
    // One bit more than shown is kept until the end, to round halves away from zero.
    value >>= 9;
    for unit in ["kB", "MB", "GB", "TB"] {
        if value.abs() < 20 * 1024 - 1 || unit == "TB" {
            let rounded = (value + value.signum()) / 2;
            return Ok(text_datum(&format!("{rounded} {unit}")));
        }
        value >>= 10;
    }
    Ok(Datum::Null)
}
