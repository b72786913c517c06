//! Physical types: how a value is held, whatever SQL calls it.
//!
//! | Phys     | held as                               | SQL types                                |
//! |----------|---------------------------------------|------------------------------------------|
//! | Bool     | one byte, 0 or 1                      | boolean                                  |
//! | I16      | i16                                   | smallint                                 |
//! | I32      | i32                                   | integer, oid-like, date (days)           |
//! | I64      | i64                                   | bigint, time, timestamp, timestamptz (µs)|
//! | F32, F64 | IEEE floats                           | real, double precision                   |
//! | Decimal  | coefficient and scale                 | numeric                                  |
//! | Bytes    | bytes, text as UTF-8                  | text, varchar, char, bytea, json, jsonb  |
//! | Interval | months, days, microseconds            | interval                                 |
//! | Uuid     | 16 bytes                              | uuid                                     |
//! | Array    | shared list of datums                 | every array type                         |
//!
//! Days and microseconds count from 2000-01-01. Kernels are written by physical type only, so
//! that there is one comparison of 64-bit integers and not four.

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phys {
    Bool,
    I16,
    I32,
    I64,
    F32,
    F64,
    Decimal,
    Bytes,
    Interval,
    Uuid,
    Array,
}

impl Phys {
    /// Length on a page: bytes, or `None` for PostgreSQL's "varlena" forms.
    pub const fn fixed_len(self) -> Option<usize> {
        match self {
            Phys::Bool => Some(1),
            Phys::I16 => Some(2),
            Phys::I32 | Phys::F32 => Some(4),
            Phys::I64 | Phys::F64 => Some(8),
            Phys::Interval | Phys::Uuid => Some(16),
            Phys::Decimal | Phys::Bytes | Phys::Array => None,
        }
    }

    /// Alignment on a page, as PostgreSQL aligns its type of this shape.
    pub const fn align(self) -> usize {
        match self {
            Phys::Bool | Phys::Uuid => 1,
            Phys::I16 => 2,
            Phys::I32 | Phys::F32 | Phys::Decimal | Phys::Bytes | Phys::Array => 4,
            Phys::I64 | Phys::F64 | Phys::Interval => 8,
        }
    }

    pub const fn is_varlena(self) -> bool {
        self.fixed_len().is_none()
    }

    pub const fn name(self) -> &'static str {
        match self {
            Phys::Bool => "bool",
            Phys::I16 => "i16",
            Phys::I32 => "i32",
            Phys::I64 => "i64",
            Phys::F32 => "f32",
            Phys::F64 => "f64",
            Phys::Decimal => "decimal",
            Phys::Bytes => "bytes",
            Phys::Interval => "interval",
            Phys::Uuid => "uuid",
            Phys::Array => "array",
        }
    }

    pub const fn from_code(code: u8) -> Option<Phys> {
        Some(match code {
            0 => Phys::Bool,
            1 => Phys::I16,
            2 => Phys::I32,
            3 => Phys::I64,
            4 => Phys::F32,
            5 => Phys::F64,
            6 => Phys::Decimal,
            7 => Phys::Bytes,
            8 => Phys::Interval,
            9 => Phys::Uuid,
            10 => Phys::Array,
            _ => return None,
        })
    }
}
