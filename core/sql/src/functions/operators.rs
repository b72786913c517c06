//! The table of operators.
//!
//! Comparisons exist for equal types and for pairs of integers and of dates and timestamps;
//! arithmetic for equal types only, since implicit casts give the rest without changing an
//! index's usefulness.

use super::arithmetic as ints;
use super::compare::{
    Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual, compare, compare_bpchar,
    compare_unsigned,
};
use super::registry::Kernel::{Row, Vector};
use super::registry::{OpRow, op};
use super::{array, datetime, decimal, json, like, math, string};
use crate::types::Oid;

macro_rules! compared {
    ($($kernel:ident: $($left:ident $right:ident),*;)*) => { &[$($(
        op("=", Oid::$left, Oid::$right, Oid::BOOL, Vector($kernel::<Equal>)).commutes("=").negates("<>"),
        op("<>", Oid::$left, Oid::$right, Oid::BOOL, Vector($kernel::<NotEqual>)).commutes("<>").negates("="),
        op("<", Oid::$left, Oid::$right, Oid::BOOL, Vector($kernel::<Less>)).commutes(">").negates(">="),
        op("<=", Oid::$left, Oid::$right, Oid::BOOL, Vector($kernel::<LessEqual>)).commutes(">=").negates(">"),
        op(">", Oid::$left, Oid::$right, Oid::BOOL, Vector($kernel::<Greater>)).commutes("<").negates("<="),
        op(">=", Oid::$left, Oid::$right, Oid::BOOL, Vector($kernel::<GreaterEqual>)).commutes("<=").negates("<"),
    )*)*] };
}

pub static COMPARISONS: &[OpRow] = compared! {
    compare: BOOL BOOL, INT2 INT2, INT2 INT4, INT2 INT8, INT4 INT2, INT4 INT4, INT4 INT8,
        INT8 INT2, INT8 INT4, INT8 INT8, FLOAT4 FLOAT4, FLOAT4 FLOAT8, FLOAT8 FLOAT4,
        FLOAT8 FLOAT8, NUMERIC NUMERIC, TEXT TEXT, NAME NAME, NAME TEXT, TEXT NAME, CHAR CHAR,
        BYTEA BYTEA, DATE DATE, TIME TIME, TIMESTAMP TIMESTAMP, TIMESTAMPTZ TIMESTAMPTZ,
        INTERVAL INTERVAL, UUID UUID, TID TID, PG_LSN PG_LSN, XID8 XID8, JSONB JSONB,
        ANYARRAY ANYARRAY, RECORD RECORD;
    compare_bpchar: BPCHAR BPCHAR;
    compare_unsigned: OID OID, XID XID, CID CID, REGCLASS REGCLASS;
};

const I2: Oid = Oid::INT2;
const I4: Oid = Oid::INT4;
const I8: Oid = Oid::INT8;
const F4: Oid = Oid::FLOAT4;
const F8: Oid = Oid::FLOAT8;
const NUM: Oid = Oid::NUMERIC;
const NONE: Oid = Oid::INVALID;
const DATE: Oid = Oid::DATE;
const TS: Oid = Oid::TIMESTAMP;
const TZ: Oid = Oid::TIMESTAMPTZ;
const TIME: Oid = Oid::TIME;
const SPAN: Oid = Oid::INTERVAL;
const TEXT: Oid = Oid::TEXT;
const BOOL: Oid = Oid::BOOL;

macro_rules! integer_rows {
    ($($oid:ident $element:ident),*; $($rest:expr),* $(,)?) => { &[
        $(
            op("+", $oid, $oid, $oid, Vector(ints::int_add::<$element>)).commutes("+"),
            op("-", $oid, $oid, $oid, Vector(ints::int_sub::<$element>)),
            op("*", $oid, $oid, $oid, Vector(ints::int_mul::<$element>)).commutes("*"),
            op("/", $oid, $oid, $oid, Vector(ints::int_div::<$element>)),
            op("%", $oid, $oid, $oid, Vector(ints::int_mod::<$element>)),
            op("-", NONE, $oid, $oid, Vector(ints::int_neg::<$element>)),
            op("+", NONE, $oid, $oid, Vector(ints::int_same::<$element>)),
            op("@", NONE, $oid, $oid, Vector(ints::int_abs::<$element>)),
            op("~", NONE, $oid, $oid, Vector(ints::int_not::<$element>)),
            op("&", $oid, $oid, $oid, Vector(ints::int_and::<$element>)).commutes("&"),
            op("|", $oid, $oid, $oid, Vector(ints::int_or::<$element>)).commutes("|"),
            op("#", $oid, $oid, $oid, Vector(ints::int_xor::<$element>)).commutes("#"),
            op("<<", $oid, I4, $oid, Vector(ints::int_shl::<$element>)),
            op(">>", $oid, I4, $oid, Vector(ints::int_shr::<$element>)),
        )*
        $($rest),*
    ] };
}

pub static ARITHMETIC: &[OpRow] = integer_rows! {
    I2 i16, I4 i32, I8 i64;
    op("+", F4, F4, F4, Vector(ints::float_add::<f32>)).commutes("+"),
    op("-", F4, F4, F4, Vector(ints::float_sub::<f32>)),
    op("*", F4, F4, F4, Vector(ints::float_mul::<f32>)).commutes("*"),
    op("/", F4, F4, F4, Vector(ints::float_div::<f32>)),
    op("-", NONE, F4, F4, Vector(ints::float_neg::<f32>)),
    op("+", NONE, F4, F4, Vector(ints::float_same::<f32>)),
    op("@", NONE, F4, F4, Vector(ints::float_abs::<f32>)),
    op("+", F8, F8, F8, Vector(ints::float_add::<f64>)).commutes("+"),
    op("-", F8, F8, F8, Vector(ints::float_sub::<f64>)),
    op("*", F8, F8, F8, Vector(ints::float_mul::<f64>)).commutes("*"),
    op("/", F8, F8, F8, Vector(ints::float_div::<f64>)),
    op("-", NONE, F8, F8, Vector(ints::float_neg::<f64>)),
    op("+", NONE, F8, F8, Vector(ints::float_same::<f64>)),
    op("@", NONE, F8, F8, Vector(ints::float_abs::<f64>)),
    op("^", F8, F8, F8, Row(math::power)),
    op("|/", NONE, F8, F8, Row(math::sqrt)),
    op("||/", NONE, F8, F8, Row(math::cbrt)),
    op("+", NUM, NUM, NUM, Vector(decimal::add)).commutes("+"),
    op("-", NUM, NUM, NUM, Vector(decimal::sub)),
    op("*", NUM, NUM, NUM, Vector(decimal::mul)).commutes("*"),
    op("/", NUM, NUM, NUM, Vector(decimal::div)),
    op("%", NUM, NUM, NUM, Vector(decimal::rem)),
    op("^", NUM, NUM, NUM, Row(decimal::power)),
    op("-", NONE, NUM, NUM, Row(decimal::neg)),
    op("+", NONE, NUM, NUM, Row(decimal::same)),
    op("@", NONE, NUM, NUM, Row(decimal::abs)),
};

pub static OTHERS: &[OpRow] = &[
    op("||", TEXT, TEXT, TEXT, Row(string::concat_op)),
    op(
        "||",
        Oid::BYTEA,
        Oid::BYTEA,
        Oid::BYTEA,
        Row(string::concat_op),
    ),
    op(
        "||",
        Oid::ANYARRAY,
        Oid::ANYARRAY,
        Oid::ANYARRAY,
        Row(array::cat),
    ),
    op(
        "||",
        Oid::ANYARRAY,
        Oid::ANYELEMENT,
        Oid::ANYARRAY,
        Row(array::append),
    ),
    op(
        "||",
        Oid::ANYELEMENT,
        Oid::ANYARRAY,
        Oid::ANYARRAY,
        Row(array::prepend),
    ),
    op(
        "@>",
        Oid::ANYARRAY,
        Oid::ANYARRAY,
        BOOL,
        Row(array::contains),
    )
    .commutes("<@"),
    op(
        "<@",
        Oid::ANYARRAY,
        Oid::ANYARRAY,
        BOOL,
        Row(array::contained),
    )
    .commutes("@>"),
    op(
        "&&",
        Oid::ANYARRAY,
        Oid::ANYARRAY,
        BOOL,
        Row(array::overlap),
    )
    .commutes("&&"),
    op("~~", TEXT, TEXT, BOOL, Vector(like::like)).negates("!~~"),
    op("!~~", TEXT, TEXT, BOOL, Vector(like::not_like)).negates("~~"),
    op("~~*", TEXT, TEXT, BOOL, Vector(like::ilike)).negates("!~~*"),
    op("!~~*", TEXT, TEXT, BOOL, Vector(like::not_ilike)).negates("~~*"),
    op("^@", TEXT, TEXT, BOOL, Row(string::starts_with)),
    op("+", DATE, I4, DATE, Row(datetime::date_plus_days)),
    op("+", I4, DATE, DATE, Row(datetime::days_plus_date)),
    op("-", DATE, I4, DATE, Row(datetime::date_minus_days)),
    op("-", DATE, DATE, I4, Row(datetime::date_minus_date)),
    op("+", DATE, SPAN, TS, Row(datetime::date_plus_interval)),
    op("-", DATE, SPAN, TS, Row(datetime::date_minus_interval)),
    op("+", DATE, TIME, TS, Row(datetime::date_plus_time)),
    op("+", TS, SPAN, TS, Row(datetime::timestamp_plus_interval)),
    op("+", SPAN, TS, TS, Row(datetime::interval_plus_timestamp)),
    op("-", TS, SPAN, TS, Row(datetime::timestamp_minus_interval)),
    op("-", TS, TS, SPAN, Row(datetime::timestamp_minus_timestamp)),
    op("+", TZ, SPAN, TZ, Row(datetime::timestamptz_plus_interval)),
    op("+", SPAN, TZ, TZ, Row(datetime::interval_plus_timestamptz)),
    op("-", TZ, SPAN, TZ, Row(datetime::timestamptz_minus_interval)),
    op("-", TZ, TZ, SPAN, Row(datetime::timestamp_minus_timestamp)),
    op("+", TIME, SPAN, TIME, Row(datetime::time_plus_interval)),
    op("-", TIME, SPAN, TIME, Row(datetime::time_minus_interval)),
    op("-", TIME, TIME, SPAN, Row(datetime::time_minus_time)),
    op("+", SPAN, SPAN, SPAN, Row(datetime::interval_plus)),
    op("-", SPAN, SPAN, SPAN, Row(datetime::interval_minus)),
    op("-", NONE, SPAN, SPAN, Row(datetime::interval_neg)),
    op("*", SPAN, F8, SPAN, Row(datetime::interval_times)),
    op("*", F8, SPAN, SPAN, Row(datetime::times_interval)),
    op("/", SPAN, F8, SPAN, Row(datetime::interval_over)),
    op(
        "-",
        Oid::PG_LSN,
        Oid::PG_LSN,
        NUM,
        Row(math::lsn_difference),
    ),
    op("->", Oid::JSON, TEXT, Oid::JSON, Row(json::field)),
    op("->", Oid::JSON, I4, Oid::JSON, Row(json::element)),
    op("->>", Oid::JSON, TEXT, TEXT, Row(json::field_text)),
    op("->>", Oid::JSON, I4, TEXT, Row(json::element_text)),
    op("#>", Oid::JSON, Oid::TEXT_ARRAY, Oid::JSON, Row(json::path)),
    op(
        "#>>",
        Oid::JSON,
        Oid::TEXT_ARRAY,
        TEXT,
        Row(json::path_text),
    ),
    op("->", Oid::JSONB, TEXT, Oid::JSONB, Row(json::field)),
    op("->", Oid::JSONB, I4, Oid::JSONB, Row(json::element)),
    op("->>", Oid::JSONB, TEXT, TEXT, Row(json::field_text)),
    op("->>", Oid::JSONB, I4, TEXT, Row(json::element_text)),
    op(
        "#>",
        Oid::JSONB,
        Oid::TEXT_ARRAY,
        Oid::JSONB,
        Row(json::path),
    ),
    op(
        "#>>",
        Oid::JSONB,
        Oid::TEXT_ARRAY,
        TEXT,
        Row(json::path_text),
    ),
    op("?", Oid::JSONB, TEXT, BOOL, Row(json::has_key)),
    op("@>", Oid::JSONB, Oid::JSONB, BOOL, Row(json::contains)),
    op("<@", Oid::JSONB, Oid::JSONB, BOOL, Row(json::contained)),
    op("||", Oid::JSONB, Oid::JSONB, Oid::JSONB, Row(json::concat)),
    op("-", Oid::JSONB, TEXT, Oid::JSONB, Row(json::without)),
];
