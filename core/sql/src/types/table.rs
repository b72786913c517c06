//! The static table of types: one row per type, in the order of their OIDs.
//!
//! Arrays have rows of their own, with category `A` and the element's OID. Pseudo-types (`any`,
//! `anyelement`, …) occur in signatures of functions only.

use super::oid::Oid;
use vitrine_data::Phys;

/// `pg_type.typcategory`: what implicit casts and operator resolution group by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Category {
    Array,
    Boolean,
    DateTime,
    Numeric,
    Pseudo,
    String,
    Timespan,
    UserDefined,
    Unknown,
    Internal,
}

impl Category {
    pub const fn letter(self) -> char {
        match self {
            Category::Array => 'A',
            Category::Boolean => 'B',
            Category::DateTime => 'D',
            Category::Numeric => 'N',
            Category::Pseudo => 'P',
            Category::String => 'S',
            Category::Timespan => 'T',
            Category::UserDefined => 'U',
            Category::Unknown => 'X',
            Category::Internal => 'Z',
        }
    }
}

/// The text form of a type, by which `io.rs` and `output.rs` choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Bool,
    Bytea,
    Char,
    Name,
    Int2,
    Int4,
    Int8,
    Oid,
    Tid,
    Xid8,
    Lsn,
    Regclass,
    Regtype,
    Text,
    Bpchar,
    Json,
    Jsonb,
    Float4,
    Float8,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Interval,
    Numeric,
    Uuid,
    Array,
    Pseudo,
}

pub struct TypeRow {
    pub oid: Oid,
    /// `pg_type.typname`.
    pub name: &'static str,
    /// What `format_type` shows: `integer`, `character varying`.
    pub display: &'static str,
    pub phys: Phys,
    pub category: Category,
    pub preferred: bool,
    /// `pg_type.typlen`: −1 for varlena, −2 for C strings.
    pub len: i16,
    /// The type's array type, or 0.
    pub array: Oid,
    /// The element of an array type, or 0.
    pub element: Oid,
    pub form: Form,
}

impl TypeRow {
    pub fn is_array(&self) -> bool {
        self.category == Category::Array
    }

    pub fn is_pseudo(&self) -> bool {
        self.category == Category::Pseudo
    }
}

macro_rules! rows {
    ($($oid:ident $name:literal $display:literal $phys:ident $category:ident $preferred:literal
       $len:literal $array:ident $element:ident $form:ident;)*) => {
        pub static TYPES: &[TypeRow] = &[$(TypeRow {
            oid: Oid::$oid, name: $name, display: $display, phys: Phys::$phys,
            category: Category::$category, preferred: $preferred, len: $len,
            array: Oid::$array, element: Oid::$element, form: Form::$form,
        }),*];
    };
}

rows! {
    BOOL "bool" "boolean" Bool Boolean true 1 BOOL_ARRAY INVALID Bool;
    BYTEA "bytea" "bytea" Bytes UserDefined false -1 BYTEA_ARRAY INVALID Bytea;
    CHAR "char" "\"char\"" Bytes Internal false 1 CHAR_ARRAY INVALID Char;
    NAME "name" "name" Bytes String false 64 NAME_ARRAY INVALID Name;
    INT8 "int8" "bigint" I64 Numeric false 8 INT8_ARRAY INVALID Int8;
    INT2 "int2" "smallint" I16 Numeric false 2 INT2_ARRAY INVALID Int2;
    INT2VECTOR "int2vector" "int2vector" Array Array false -1 INVALID INT2 Array;
    INT4 "int4" "integer" I32 Numeric false 4 INT4_ARRAY INVALID Int4;
    REGPROC "regproc" "regproc" I32 Numeric false 4 INVALID INVALID Oid;
    TEXT "text" "text" Bytes String true -1 TEXT_ARRAY INVALID Text;
    OID "oid" "oid" I32 Numeric true 4 OID_ARRAY INVALID Oid;
    TID "tid" "tid" I64 UserDefined false 6 TID_ARRAY INVALID Tid;
    XID "xid" "xid" I32 UserDefined false 4 XID_ARRAY INVALID Oid;
    CID "cid" "cid" I32 UserDefined false 4 INVALID INVALID Oid;
    OIDVECTOR "oidvector" "oidvector" Array Array false -1 INVALID OID Array;
    JSON "json" "json" Bytes UserDefined false -1 JSON_ARRAY INVALID Json;
    JSON_ARRAY "_json" "json[]" Array Array false -1 INVALID JSON Array;
    FLOAT4 "float4" "real" F32 Numeric false 4 FLOAT4_ARRAY INVALID Float4;
    FLOAT8 "float8" "double precision" F64 Numeric true 8 FLOAT8_ARRAY INVALID Float8;
    UNKNOWN "unknown" "unknown" Bytes Unknown false -2 INVALID INVALID Text;
    BOOL_ARRAY "_bool" "boolean[]" Array Array false -1 INVALID BOOL Array;
    BYTEA_ARRAY "_bytea" "bytea[]" Array Array false -1 INVALID BYTEA Array;
    CHAR_ARRAY "_char" "\"char\"[]" Array Array false -1 INVALID CHAR Array;
    NAME_ARRAY "_name" "name[]" Array Array false -1 INVALID NAME Array;
    INT2_ARRAY "_int2" "smallint[]" Array Array false -1 INVALID INT2 Array;
    INT4_ARRAY "_int4" "integer[]" Array Array false -1 INVALID INT4 Array;
    TEXT_ARRAY "_text" "text[]" Array Array false -1 INVALID TEXT Array;
    TID_ARRAY "_tid" "tid[]" Array Array false -1 INVALID TID Array;
    XID_ARRAY "_xid" "xid[]" Array Array false -1 INVALID XID Array;
    BPCHAR_ARRAY "_bpchar" "character[]" Array Array false -1 INVALID BPCHAR Array;
    VARCHAR_ARRAY "_varchar" "character varying[]" Array Array false -1 INVALID VARCHAR Array;
    INT8_ARRAY "_int8" "bigint[]" Array Array false -1 INVALID INT8 Array;
    FLOAT4_ARRAY "_float4" "real[]" Array Array false -1 INVALID FLOAT4 Array;
    FLOAT8_ARRAY "_float8" "double precision[]" Array Array false -1 INVALID FLOAT8 Array;
    OID_ARRAY "_oid" "oid[]" Array Array false -1 INVALID OID Array;
    BPCHAR "bpchar" "character" Bytes String false -1 BPCHAR_ARRAY INVALID Bpchar;
    VARCHAR "varchar" "character varying" Bytes String false -1 VARCHAR_ARRAY INVALID Text;
    DATE "date" "date" I32 DateTime false 4 DATE_ARRAY INVALID Date;
    TIME "time" "time without time zone" I64 DateTime false 8 TIME_ARRAY INVALID Time;
    TIMESTAMP "timestamp" "timestamp without time zone" I64 DateTime false 8 TIMESTAMP_ARRAY INVALID Timestamp;
    TIMESTAMP_ARRAY "_timestamp" "timestamp without time zone[]" Array Array false -1 INVALID TIMESTAMP Array;
    DATE_ARRAY "_date" "date[]" Array Array false -1 INVALID DATE Array;
    TIME_ARRAY "_time" "time without time zone[]" Array Array false -1 INVALID TIME Array;
    TIMESTAMPTZ "timestamptz" "timestamp with time zone" I64 DateTime true 8 TIMESTAMPTZ_ARRAY INVALID Timestamptz;
    TIMESTAMPTZ_ARRAY "_timestamptz" "timestamp with time zone[]" Array Array false -1 INVALID TIMESTAMPTZ Array;
    INTERVAL "interval" "interval" Interval Timespan true 16 INTERVAL_ARRAY INVALID Interval;
    INTERVAL_ARRAY "_interval" "interval[]" Array Array false -1 INVALID INTERVAL Array;
    NUMERIC_ARRAY "_numeric" "numeric[]" Array Array false -1 INVALID NUMERIC Array;
    NUMERIC "numeric" "numeric" Decimal Numeric false -1 NUMERIC_ARRAY INVALID Numeric;
    REGCLASS "regclass" "regclass" I32 Numeric false 4 REGCLASS_ARRAY INVALID Regclass;
    REGTYPE "regtype" "regtype" I32 Numeric false 4 INVALID INVALID Regtype;
    REGCLASS_ARRAY "_regclass" "regclass[]" Array Array false -1 INVALID REGCLASS Array;
    RECORD "record" "record" Array Pseudo false -1 RECORD_ARRAY INVALID Pseudo;
    ANY "any" "\"any\"" Bytes Pseudo false 4 INVALID INVALID Pseudo;
    ANYARRAY "anyarray" "anyarray" Array Pseudo false -1 INVALID INVALID Pseudo;
    VOID "void" "void" Bytes Pseudo false 4 INVALID INVALID Pseudo;
    ANYELEMENT "anyelement" "anyelement" Bytes Pseudo false 4 INVALID INVALID Pseudo;
    ANYNONARRAY "anynonarray" "anynonarray" Bytes Pseudo false 4 INVALID INVALID Pseudo;
    UUID "uuid" "uuid" Uuid UserDefined false 16 UUID_ARRAY INVALID Uuid;
    UUID_ARRAY "_uuid" "uuid[]" Array Array false -1 INVALID UUID Array;
    PG_LSN "pg_lsn" "pg_lsn" I64 UserDefined false 8 INVALID INVALID Lsn;
    JSONB "jsonb" "jsonb" Bytes UserDefined false -1 JSONB_ARRAY INVALID Jsonb;
    JSONB_ARRAY "_jsonb" "jsonb[]" Array Array false -1 INVALID JSONB Array;
    REGNAMESPACE "regnamespace" "regnamespace" I32 Numeric false 4 INVALID INVALID Oid;
    XID8 "xid8" "xid8" I64 UserDefined false 8 INVALID INVALID Xid8;
    ANYCOMPATIBLE "anycompatible" "anycompatible" Bytes Pseudo false 4 INVALID INVALID Pseudo;
    ANYCOMPATIBLEARRAY "anycompatiblearray" "anycompatiblearray" Array Pseudo false -1 INVALID INVALID Pseudo;
}

/// The row of a type, or `None` for an OID that is no type.
pub fn type_row(oid: Oid) -> Option<&'static TypeRow> {
    TYPES.iter().find(|row| row.oid == oid)
}

/// How values of the type are held; an unknown OID is held as bytes.
pub fn phys_of(oid: Oid) -> Phys {
    match oid {
        Oid::INT4 => Phys::I32,
        Oid::TEXT => Phys::Bytes,
        _ => type_row(oid).map_or(Phys::Bytes, |row| row.phys),
    }
}

/// The array type over an element type.
pub fn array_of(element: Oid) -> Option<Oid> {
    let row = type_row(element)?;
    (row.array != Oid::INVALID).then_some(row.array)
}

/// The element type of an array type.
pub fn element_of(array: Oid) -> Option<Oid> {
    let row = type_row(array)?;
    (row.element != Oid::INVALID).then_some(row.element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_elements_point_at_each_other() {
        for row in TYPES {
            if row.array != Oid::INVALID && row.oid != Oid::RECORD {
                assert_eq!(element_of(row.array), Some(row.oid), "{}", row.name);
            }
            assert_eq!(type_row(row.oid).map(|found| found.name), Some(row.name));
        }
    }
}
