//! Names of types: from the words of a statement to an OID, and back to what `\d` shows.
//!
//! Modifiers are encoded as PostgreSQL does, since `atttypmod` is visible:
//! `varchar(n)`, `char(n)` → n + 4; `numeric(p,s)` → ((p << 16) | (s & 0x7ff)) + 4;
//! `timestamp(p)`, `time(p)` → p; `interval(p)` → fields << 16 | p.

use super::oid::Oid;
use super::table::{TYPES, type_row};
use alloc::format;
use alloc::string::{String, ToString};
use vitrine_data::{Result, SqlError, SqlState};

/// Spellings of the SQL standard and PostgreSQL's aliases that are not `pg_type.typname`.
static ALIASES: &[(&str, Oid)] = &[
    ("boolean", Oid::BOOL),
    ("smallint", Oid::INT2),
    ("integer", Oid::INT4),
    ("int", Oid::INT4),
    ("bigint", Oid::INT8),
    ("real", Oid::FLOAT4),
    ("float", Oid::FLOAT8),
    ("double precision", Oid::FLOAT8),
    ("decimal", Oid::NUMERIC),
    ("dec", Oid::NUMERIC),
    ("character varying", Oid::VARCHAR),
    ("char varying", Oid::VARCHAR),
    ("national character varying", Oid::VARCHAR),
    ("nvarchar", Oid::VARCHAR),
    ("character", Oid::BPCHAR),
    ("nchar", Oid::BPCHAR),
    ("national character", Oid::BPCHAR),
    ("timestamp without time zone", Oid::TIMESTAMP),
    ("timestamp with time zone", Oid::TIMESTAMPTZ),
    ("time without time zone", Oid::TIME),
    ("datetime", Oid::TIMESTAMP),
];

/// A type's OID by a lower-case name: a `pg_type` name or an alias. `char` here is the one-byte
/// `"char"`; the keyword CHAR arrives as `character` or `bpchar`.
pub fn type_by_name(name: &str) -> Option<Oid> {
    if let Some(element) = name.strip_suffix("[]") {
        return super::array_of(type_by_name(element.trim_end_matches("[]"))?);
    }
    let named = TYPES.iter().find(|row| row.name == name).map(|row| row.oid);
    named.or_else(|| {
        ALIASES
            .iter()
            .find(|(alias, _)| *alias == name)
            .map(|(_, oid)| *oid)
    })
}

/// `format_type(oid, typmod)`: the name a person would write.
pub fn format_type(oid: Oid, typmod: i32) -> String {
    let Some(row) = type_row(oid) else {
        return if oid == Oid::INVALID {
            "-".to_string()
        } else {
            "???".to_string()
        };
    };
    if row.element != Oid::INVALID && row.array == Oid::INVALID && row.name.starts_with('_') {
        return format!("{}[]", format_type(row.element, typmod));
    }
    if typmod < 0 {
        return row.display.to_string();
    }
    match oid {
        Oid::VARCHAR | Oid::BPCHAR => format!("{}({})", row.display, typmod - 4),
        Oid::NUMERIC => match numeric_parts(typmod) {
            Some((precision, scale)) => format!("numeric({precision},{scale})"),
            None => row.display.to_string(),
        },
        Oid::TIMESTAMP => format!("timestamp({typmod}) without time zone"),
        Oid::TIMESTAMPTZ => format!("timestamp({typmod}) with time zone"),
        Oid::TIME => format!("time({typmod}) without time zone"),
        _ => row.display.to_string(),
    }
}

/// Precision and scale of a numeric modifier.
pub fn numeric_parts(typmod: i32) -> Option<(u32, i32)> {
    if typmod < 4 {
        return None;
    }
    let packed = typmod - 4;
    // Eleven bits of scale, signed: PostgreSQL 15 allows negative scales.
    let scale = ((packed & 0x7ff) ^ 1024) - 1024;
    Some(((packed >> 16) as u32 & 0xffff, scale))
}

/// The modifier for what stands in parentheses after a type's name.
pub fn make_typmod(oid: Oid, args: &[i64]) -> Result<i32> {
    let oid = super::element_of(oid).unwrap_or(oid);
    let invalid = |text: String| SqlError::user(SqlState::INVALID_PARAMETER_VALUE, text);
    let name = type_row(oid).map_or("???", |row| row.name);
    match (oid, args) {
        (_, []) => Ok(-1),
        (Oid::VARCHAR | Oid::BPCHAR, [length]) => {
            let shown = if oid == Oid::BPCHAR {
                "char"
            } else {
                "varchar"
            };
            match *length {
                ..1 => Err(invalid(format!(
                    "length for type {shown} must be at least 1"
                ))),
                10_485_761.. => Err(invalid(format!(
                    "length for type {shown} cannot exceed 10485760"
                ))),
                length => Ok(length as i32 + 4),
            }
        }
        (Oid::NUMERIC, [precision]) => make_numeric_typmod(*precision, 0),
        (Oid::NUMERIC, [precision, scale]) => make_numeric_typmod(*precision, *scale),
        (Oid::TIMESTAMP | Oid::TIMESTAMPTZ | Oid::TIME | Oid::INTERVAL, [precision]) => {
            match *precision {
                0..=6 if oid == Oid::INTERVAL => Ok(0x7fff << 16 | *precision as i32),
                0..=6 => Ok(*precision as i32),
                ..0 => Err(invalid(format!(
                    "{}({precision}) precision must not be negative",
                    name.to_uppercase()
                ))),
                _ => Ok(if oid == Oid::INTERVAL {
                    0x7fff << 16 | 6
                } else {
                    6
                }),
            }
        }
        (Oid::NUMERIC, _) => Err(invalid("invalid NUMERIC type modifier".to_string())),
        (Oid::VARCHAR | Oid::BPCHAR | Oid::TIMESTAMP | Oid::TIMESTAMPTZ | Oid::TIME, _) => {
            Err(invalid("invalid type modifier".to_string()))
        }
        _ => Err(SqlError::syntax(format!(
            "type modifier is not allowed for type \"{name}\""
        ))),
    }
}

fn make_numeric_typmod(precision: i64, scale: i64) -> Result<i32> {
    let invalid = |text: String| SqlError::user(SqlState::INVALID_PARAMETER_VALUE, text);
    if !(1..=1000).contains(&precision) {
        return Err(invalid(format!(
            "NUMERIC precision {precision} must be between 1 and 1000"
        )));
    }
    if !(-1000..=1000).contains(&scale) {
        return Err(invalid(format!(
            "NUMERIC scale {scale} must be between -1000 and 1000"
        )));
    }
    Ok(((precision as i32) << 16 | (scale as i32 & 0x7ff)) + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_round_trip_through_names() {
        let numeric = make_typmod(Oid::NUMERIC, &[10, 2]).unwrap();
        assert_eq!(numeric, 655366);
        assert_eq!(format_type(Oid::NUMERIC, numeric), "numeric(10,2)");
        let negative = make_typmod(Oid::NUMERIC, &[5, -3]).unwrap();
        assert_eq!(numeric_parts(negative), Some((5, -3)));
        let text = make_typmod(Oid::VARCHAR, &[20]).unwrap();
        assert_eq!(format_type(Oid::VARCHAR, text), "character varying(20)");
        assert_eq!(format_type(Oid::INT4_ARRAY, -1), "integer[]");
        assert_eq!(type_by_name("int[]"), Some(Oid::INT4_ARRAY));
        assert_eq!(type_by_name("double precision"), Some(Oid::FLOAT8));
        assert!(make_typmod(Oid::INT4, &[3]).is_err());
    }
}
