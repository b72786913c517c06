//! Object identifiers, and the ones PostgreSQL gave its built-in types.
//!
//! Built-in objects lie below 16384, user objects at or above it.

use core::fmt;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Oid(pub u32);

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

macro_rules! oids {
    ($($name:ident $oid:literal),* $(,)?) => {
        impl Oid { $(pub const $name: Oid = Oid($oid);)* }
    };
}

oids! {
    INVALID 0,
    BOOL 16, BYTEA 17, CHAR 18, NAME 19, INT8 20, INT2 21, INT2VECTOR 22, INT4 23, REGPROC 24,
    TEXT 25, OID 26, TID 27, XID 28, CID 29, OIDVECTOR 30, JSON 114, FLOAT4 700, FLOAT8 701,
    UNKNOWN 705, BPCHAR 1042, VARCHAR 1043, DATE 1082, TIME 1083, TIMESTAMP 1114,
    TIMESTAMPTZ 1184, INTERVAL 1186, NUMERIC 1700, REGCLASS 2205, REGTYPE 2206, RECORD 2249,
    ANY 2276, ANYARRAY 2277, VOID 2278, ANYELEMENT 2283, ANYNONARRAY 2776, UUID 2950,
    PG_LSN 3220, JSONB 3802, REGNAMESPACE 4089, XID8 5069, ANYCOMPATIBLE 5077,
    ANYCOMPATIBLEARRAY 5078,
    BOOL_ARRAY 1000, BYTEA_ARRAY 1001, CHAR_ARRAY 1002, NAME_ARRAY 1003, INT2_ARRAY 1005,
    INT4_ARRAY 1007, TEXT_ARRAY 1009, BPCHAR_ARRAY 1014, VARCHAR_ARRAY 1015, INT8_ARRAY 1016,
    FLOAT4_ARRAY 1021, FLOAT8_ARRAY 1022, OID_ARRAY 1028, TIMESTAMP_ARRAY 1115, DATE_ARRAY 1182,
    TIME_ARRAY 1183, TIMESTAMPTZ_ARRAY 1185, INTERVAL_ARRAY 1187, NUMERIC_ARRAY 1231,
    UUID_ARRAY 2951, JSON_ARRAY 199, JSONB_ARRAY 3807, REGCLASS_ARRAY 2210, TID_ARRAY 1010,
    XID_ARRAY 1011,
    RECORD_ARRAY 2287,
}

impl Oid {
    /// The first OID that a user object may have.
    pub const FIRST_USER: Oid = Oid(16384);
}
