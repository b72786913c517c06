//! The tables of functions by family.

use super::arithmetic as ints;
use super::registry::Kernel::{Planned, Row, Set, Vector};
use super::registry::{FuncRow, f};
use super::{array, decimal, json, like, math, series, string, system};
use crate::types::Oid;

const B: Oid = Oid::BOOL;
const I2: Oid = Oid::INT2;
const I4: Oid = Oid::INT4;
const I8: Oid = Oid::INT8;
const F4: Oid = Oid::FLOAT4;
const F8: Oid = Oid::FLOAT8;
const N: Oid = Oid::NUMERIC;
const T: Oid = Oid::TEXT;
const ANY: Oid = Oid::ANY;
const ARRAY_OF: Oid = Oid::ANYARRAY;
const ELEMENT: Oid = Oid::ANYELEMENT;

pub static MATH: &[FuncRow] = &[
    f("abs", &[I2], I2, Vector(ints::int_abs::<i16>)),
    f("abs", &[I4], I4, Vector(ints::int_abs::<i32>)),
    f("abs", &[I8], I8, Vector(ints::int_abs::<i64>)),
    f("abs", &[F4], F4, Vector(ints::float_abs::<f32>)),
    f("abs", &[F8], F8, Vector(ints::float_abs::<f64>)),
    f("abs", &[N], N, Row(decimal::abs)),
    f("mod", &[I2, I2], I2, Vector(ints::int_mod::<i16>)),
    f("mod", &[I4, I4], I4, Vector(ints::int_mod::<i32>)),
    f("mod", &[I8, I8], I8, Vector(ints::int_mod::<i64>)),
    f("mod", &[N, N], N, Vector(decimal::rem)),
    f("div", &[N, N], N, Row(decimal::div_trunc)),
    f("ceil", &[N], N, Row(decimal::ceil)),
    f("ceil", &[F8], F8, Row(math::ceil)),
    f("ceiling", &[N], N, Row(decimal::ceil)),
    f("ceiling", &[F8], F8, Row(math::ceil)),
    f("floor", &[N], N, Row(decimal::floor)),
    f("floor", &[F8], F8, Row(math::floor)),
    f("round", &[N], N, Row(decimal::round)),
    f("round", &[F8], F8, Row(math::round)),
    f("round", &[N, I4], N, Row(decimal::round)),
    f("trunc", &[N], N, Row(decimal::trunc)),
    f("trunc", &[F8], F8, Row(math::trunc)),
    f("trunc", &[N, I4], N, Row(decimal::trunc)),
    f("sign", &[N], N, Row(decimal::sign)),
    f("sign", &[F8], F8, Row(math::sign)),
    f("sqrt", &[N], N, Row(decimal::sqrt)),
    f("sqrt", &[F8], F8, Row(math::sqrt)),
    f("cbrt", &[F8], F8, Row(math::cbrt)),
    f("exp", &[N], N, Row(decimal::exp)),
    f("exp", &[F8], F8, Row(math::exp)),
    f("ln", &[N], N, Row(decimal::ln)),
    f("ln", &[F8], F8, Row(math::ln)),
    f("log", &[N], N, Row(decimal::log10)),
    f("log", &[F8], F8, Row(math::log10)),
    f("log", &[N, N], N, Row(decimal::log)),
    f("log10", &[N], N, Row(decimal::log10)),
    f("log10", &[F8], F8, Row(math::log10)),
    f("power", &[N, N], N, Row(decimal::power)),
    f("power", &[F8, F8], F8, Row(math::power)),
    f("pow", &[N, N], N, Row(decimal::power)),
    f("pow", &[F8, F8], F8, Row(math::power)),
    f("scale", &[N], I4, Row(decimal::scale)),
    f("trim_scale", &[N], N, Row(decimal::trim_scale)),
    f("gcd", &[I4, I4], I4, Row(math::gcd)),
    f("gcd", &[I8, I8], I8, Row(math::gcd)),
    f("lcm", &[I4, I4], I4, Row(math::lcm)),
    f("lcm", &[I8, I8], I8, Row(math::lcm)),
    f("pi", &[], F8, Row(math::pi)),
    f("random", &[], F8, Row(math::random)).volatile(),
    f("setseed", &[F8], Oid::VOID, Row(math::setseed)).volatile(),
    f("sin", &[F8], F8, Row(math::sin)),
    f("cos", &[F8], F8, Row(math::cos)),
    f("tan", &[F8], F8, Row(math::tan)),
    f("cot", &[F8], F8, Row(math::cot)),
    f("asin", &[F8], F8, Row(math::asin)),
    f("acos", &[F8], F8, Row(math::acos)),
    f("atan", &[F8], F8, Row(math::atan)),
    f("atan2", &[F8, F8], F8, Row(math::atan2)),
    f("sinh", &[F8], F8, Row(math::sinh)),
    f("cosh", &[F8], F8, Row(math::cosh)),
    f("tanh", &[F8], F8, Row(math::tanh)),
    f("degrees", &[F8], F8, Row(math::degrees)),
    f("radians", &[F8], F8, Row(math::radians)),
    f(
        "width_bucket",
        &[F8, F8, F8, I4],
        I4,
        Row(math::width_bucket),
    ),
];

pub static STRING: &[FuncRow] = &[
    f("length", &[T], I4, Row(string::length)),
    f("length", &[Oid::BYTEA], I4, Row(string::octet_length)),
    f("char_length", &[T], I4, Row(string::length)),
    f("character_length", &[T], I4, Row(string::length)),
    f("octet_length", &[T], I4, Row(string::octet_length)),
    f("octet_length", &[Oid::BYTEA], I4, Row(string::octet_length)),
    f("bit_length", &[T], I4, Row(string::bit_length)),
    f("lower", &[T], T, Row(string::lower)),
    f("upper", &[T], T, Row(string::upper)),
    f("initcap", &[T], T, Row(string::initcap)),
    f("substring", &[T, I4], T, Row(string::substring)),
    f("substring", &[T, I4, I4], T, Row(string::substring)),
    f(
        "substring",
        &[Oid::BYTEA, I4],
        Oid::BYTEA,
        Row(string::substring_bytes),
    ),
    f(
        "substring",
        &[Oid::BYTEA, I4, I4],
        Oid::BYTEA,
        Row(string::substring_bytes),
    ),
    f("substr", &[T, I4], T, Row(string::substring)),
    f("substr", &[T, I4, I4], T, Row(string::substring)),
    f("left", &[T, I4], T, Row(string::left)),
    f("right", &[T, I4], T, Row(string::right)),
    f("strpos", &[T, T], I4, Row(string::strpos)),
    f("position", &[T, T], I4, Row(string::strpos)),
    f("replace", &[T, T, T], T, Row(string::replace)),
    f("translate", &[T, T, T], T, Row(string::translate)),
    f("btrim", &[T], T, Row(string::btrim)),
    f("btrim", &[T, T], T, Row(string::btrim)),
    f("ltrim", &[T], T, Row(string::ltrim)),
    f("ltrim", &[T, T], T, Row(string::ltrim)),
    f("rtrim", &[T], T, Row(string::rtrim)),
    f("rtrim", &[T, T], T, Row(string::rtrim)),
    f("repeat", &[T, I4], T, Row(string::repeat)),
    f("reverse", &[T], T, Row(string::reverse)),
    f("lpad", &[T, I4], T, Row(string::lpad)),
    f("lpad", &[T, I4, T], T, Row(string::lpad)),
    f("rpad", &[T, I4], T, Row(string::rpad)),
    f("rpad", &[T, I4, T], T, Row(string::rpad)),
    f("split_part", &[T, T, I4], T, Row(string::split_part)),
    f("overlay", &[T, T, I4], T, Row(string::overlay)),
    f("overlay", &[T, T, I4, I4], T, Row(string::overlay)),
    f("ascii", &[T], I4, Row(string::ascii)),
    f("chr", &[I4], T, Row(string::chr)),
    f("starts_with", &[T, T], B, Row(string::starts_with)),
    f("to_hex", &[I4], T, Row(string::to_hex)),
    f("to_hex", &[I8], T, Row(string::to_hex)),
    f("md5", &[T], T, Row(string::md5)),
    f("md5", &[Oid::BYTEA], T, Row(string::md5)),
    f("quote_ident", &[T], T, Row(string::quote_ident)),
    f("quote_literal", &[T], T, Row(string::quote_literal)),
    f("quote_nullable", &[T], T, Row(string::quote_nullable)).lax(),
    f("concat", &[T], T, Row(string::concat))
        .lax()
        .stable()
        .variadic(),
    f("concat_ws", &[T, T], T, Row(string::concat_ws))
        .lax()
        .stable()
        .variadic(),
    f("format", &[T], T, Row(string::format_text))
        .lax()
        .stable(),
    f("format", &[T, T], T, Row(string::format_text))
        .lax()
        .stable()
        .variadic(),
    f("like", &[T, T], B, Vector(like::like)),
    f("like_escape", &[T, T, T], B, Vector(like::like)),
    f("notlike", &[T, T], B, Vector(like::not_like)),
    f("notlike_escape", &[T, T, T], B, Vector(like::not_like)),
    f("ilike_escape", &[T, T, T], B, Vector(like::ilike)),
    f("notilike_escape", &[T, T, T], B, Vector(like::not_ilike)),
];

pub static FORMATTING: &[FuncRow] = &[
    f("to_char", &[I4, T], T, Row(decimal::to_char)).stable(),
    f("to_char", &[I8, T], T, Row(decimal::to_char)).stable(),
    f("to_char", &[N, T], T, Row(decimal::to_char)).stable(),
    f("to_char", &[F8, T], T, Row(decimal::to_char)).stable(),
    f("to_number", &[T, T], N, Row(decimal::to_number)).stable(),
];

pub static JSON: &[FuncRow] = &[
    f("json_typeof", &[Oid::JSON], T, Row(json::type_of)),
    f("jsonb_typeof", &[Oid::JSONB], T, Row(json::type_of)),
    f(
        "json_array_length",
        &[Oid::JSON],
        I4,
        Row(json::array_length),
    ),
    f(
        "jsonb_array_length",
        &[Oid::JSONB],
        I4,
        Row(json::array_length),
    ),
    f("json_object_keys", &[Oid::JSON], T, Set(json::object_keys)),
    f(
        "jsonb_object_keys",
        &[Oid::JSONB],
        T,
        Set(json::object_keys),
    ),
    f(
        "json_array_elements",
        &[Oid::JSON],
        Oid::JSON,
        Set(json::elements),
    ),
    f(
        "jsonb_array_elements",
        &[Oid::JSONB],
        Oid::JSONB,
        Set(json::elements),
    ),
    f(
        "json_array_elements_text",
        &[Oid::JSON],
        T,
        Set(json::elements_text),
    ),
    f(
        "jsonb_array_elements_text",
        &[Oid::JSONB],
        T,
        Set(json::elements_text),
    ),
];

pub static ARRAY: &[FuncRow] = &[
    f("array_length", &[ARRAY_OF, I4], I4, Row(array::length)),
    f("array_lower", &[ARRAY_OF, I4], I4, Row(array::lower)),
    f("array_upper", &[ARRAY_OF, I4], I4, Row(array::length)),
    f("array_ndims", &[ARRAY_OF], I4, Row(array::ndims)),
    f("cardinality", &[ARRAY_OF], I4, Row(array::cardinality)),
    f(
        "array_cat",
        &[ARRAY_OF, ARRAY_OF],
        ARRAY_OF,
        Row(array::cat),
    )
    .lax(),
    f(
        "array_append",
        &[ARRAY_OF, ELEMENT],
        ARRAY_OF,
        Row(array::append),
    )
    .lax(),
    f(
        "array_prepend",
        &[ELEMENT, ARRAY_OF],
        ARRAY_OF,
        Row(array::prepend),
    )
    .lax(),
    f(
        "array_position",
        &[ARRAY_OF, ELEMENT],
        I4,
        Row(array::position),
    )
    .lax(),
    f(
        "array_positions",
        &[ARRAY_OF, ELEMENT],
        Oid::INT4_ARRAY,
        Row(array::positions),
    )
    .lax(),
    f(
        "array_remove",
        &[ARRAY_OF, ELEMENT],
        ARRAY_OF,
        Row(array::remove),
    )
    .lax(),
    f("array_reverse", &[ARRAY_OF], ARRAY_OF, Row(array::reversed)),
    f(
        "array_fill",
        &[ELEMENT, Oid::INT4_ARRAY],
        ARRAY_OF,
        Row(array::fill),
    )
    .lax(),
    f(
        "array_to_string",
        &[Oid::TEXT_ARRAY, T],
        T,
        Row(array::to_string),
    )
    .stable(),
    f(
        "array_to_string",
        &[Oid::TEXT_ARRAY, T, T],
        T,
        Row(array::to_string),
    )
    .lax()
    .stable(),
    f(
        "string_to_array",
        &[T, T],
        Oid::TEXT_ARRAY,
        Row(array::from_string),
    )
    .lax(),
    f(
        "string_to_array",
        &[T, T, T],
        Oid::TEXT_ARRAY,
        Row(array::from_string),
    )
    .lax(),
];

pub static SYSTEM: &[FuncRow] = &[
    f("version", &[], T, Row(system::version)).stable(),
    f(
        "current_database",
        &[],
        Oid::NAME,
        Row(system::current_database),
    )
    .stable(),
    f(
        "current_schema",
        &[],
        Oid::NAME,
        Row(system::current_schema),
    )
    .stable(),
    f(
        "current_schemas",
        &[B],
        Oid::NAME_ARRAY,
        Row(system::current_schemas),
    )
    .stable(),
    f("current_user", &[], Oid::NAME, Row(system::current_user)).stable(),
    f("pg_backend_pid", &[], I4, Row(system::backend_pid)).stable(),
    f("pg_is_in_recovery", &[], B, Row(system::is_in_recovery)).volatile(),
    f(
        "txid_current_if_assigned",
        &[],
        I8,
        Row(system::current_xid_if_assigned),
    )
    .stable(),
    f(
        "pg_current_xact_id_if_assigned",
        &[],
        Oid::XID8,
        Row(system::current_xid_if_assigned),
    )
    .stable(),
    f("txid_current", &[], I8, Planned).volatile(),
    f("pg_current_xact_id", &[], Oid::XID8, Planned).volatile(),
    f("pg_typeof", &[ANY], Oid::REGTYPE, Planned).lax().stable(),
    f("nextval", &[Oid::REGCLASS], I8, Planned).volatile(),
    f("currval", &[Oid::REGCLASS], I8, Planned).volatile(),
    f("setval", &[Oid::REGCLASS, I8], I8, Planned).volatile(),
    f("setval", &[Oid::REGCLASS, I8, B], I8, Planned).volatile(),
    f("lastval", &[], I8, Planned).volatile(),
    f("pg_sleep", &[F8], Oid::VOID, Planned).volatile(),
    f("pg_advisory_lock", &[I8], Oid::VOID, Planned).volatile(),
    f("pg_advisory_unlock", &[I8], B, Planned).volatile(),
    f("pg_try_advisory_lock", &[I8], B, Planned).volatile(),
    f("current_setting", &[T], T, Planned).stable(),
    f("current_setting", &[T, B], T, Planned).stable(),
    f("set_config", &[T, T, B], T, Planned).volatile(),
    f("pg_relation_size", &[Oid::REGCLASS], I8, Planned).volatile(),
    f("pg_total_relation_size", &[Oid::REGCLASS], I8, Planned).volatile(),
    f("pg_table_size", &[Oid::REGCLASS], I8, Planned).volatile(),
    f("pg_indexes_size", &[Oid::REGCLASS], I8, Planned).volatile(),
    f("pg_get_indexdef", &[Oid::OID], T, Planned).stable(),
    f("pg_get_constraintdef", &[Oid::OID], T, Planned).stable(),
    f("pg_get_viewdef", &[Oid::OID], T, Planned).stable(),
    f("pg_get_serial_sequence", &[T, T], T, Planned).stable(),
    f("pg_current_wal_lsn", &[], Oid::PG_LSN, Planned).volatile(),
    f("pg_current_wal_insert_lsn", &[], Oid::PG_LSN, Planned).volatile(),
    f("pg_current_wal_flush_lsn", &[], Oid::PG_LSN, Planned).volatile(),
    f("pg_cancel_backend", &[I4], B, Planned).volatile(),
    f("format_type", &[Oid::OID, I4], T, Row(system::format_type))
        .lax()
        .stable(),
    f("pg_table_is_visible", &[Oid::OID], B, Row(system::yes)).stable(),
    f("pg_type_is_visible", &[Oid::OID], B, Row(system::yes)).stable(),
    f("has_table_privilege", &[T, T], B, Row(system::yes)).stable(),
    f("has_schema_privilege", &[T, T], B, Row(system::yes)).stable(),
    f(
        "obj_description",
        &[Oid::OID, Oid::NAME],
        T,
        Row(system::null),
    )
    .stable(),
    f("col_description", &[Oid::OID, I4], T, Row(system::null)).stable(),
    f("gen_random_uuid", &[], Oid::UUID, Row(system::random_uuid)).volatile(),
    f("num_nulls", &[ANY], I4, Row(system::num_nulls))
        .lax()
        .variadic(),
    f("num_nonnulls", &[ANY], I4, Row(system::num_nonnulls))
        .lax()
        .variadic(),
    f("pg_size_pretty", &[I8], T, Row(system::size_pretty)),
];

pub static SETS: &[FuncRow] = &[
    f("generate_series", &[I4, I4], I4, Set(series::integers)),
    f("generate_series", &[I4, I4, I4], I4, Set(series::integers)),
    f("generate_series", &[I8, I8], I8, Set(series::integers)),
    f("generate_series", &[I8, I8, I8], I8, Set(series::integers)),
    f("generate_series", &[N, N], N, Set(series::decimals)),
    f("generate_series", &[N, N, N], N, Set(series::decimals)),
    f(
        "generate_subscripts",
        &[ARRAY_OF, I4],
        I4,
        Set(series::subscripts),
    ),
    f("unnest", &[ARRAY_OF], ELEMENT, Set(series::unnest)),
    f("string_to_table", &[T, T], T, Set(series::string_to_table)).lax(),
];
