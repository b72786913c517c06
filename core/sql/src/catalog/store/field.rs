//! Fields of catalogue rows: between a Rust type and a column's datum.

use crate::types::Oid;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::{ArrayDatum, Datum, Phys};

/// A Rust type that a catalogue column can hold.
pub trait Field: Sized {
    /// The column's SQL type.
    const TYPE: Oid;
    /// The element type, where the column is an array.
    const ELEMENT: Option<Oid> = None;

    fn to_datum(&self) -> Datum;
    fn from_datum(datum: &Datum) -> Result<Self>;
}

fn wrong() -> SqlError {
    SqlError::corrupted("a catalogue row holds a value of the wrong type")
}

macro_rules! plain {
    ($($rust:ty, $oid:ident, $datum:ident;)*) => {$(
        impl Field for $rust {
            const TYPE: Oid = Oid::$oid;
            fn to_datum(&self) -> Datum {
                Datum::$datum(*self)
            }
            fn from_datum(datum: &Datum) -> Result<Self> {
                match datum {
                    Datum::$datum(v) => Ok(*v),
                    _ => Err(wrong()),
                }
            }
        }
    )*};
}

plain! {
    bool, BOOL, Bool;
    i16, INT2, I16;
    i32, INT4, I32;
    i64, INT8, I64;
    f32, FLOAT4, F32;
}

impl Field for Oid {
    const TYPE: Oid = Oid::OID;
    fn to_datum(&self) -> Datum {
        Datum::I32(self.0 as i32)
    }
    fn from_datum(datum: &Datum) -> Result<Self> {
        i32::from_datum(datum).map(|v| Oid(v as u32))
    }
}

/// One letter, as `relkind` and `contype` are.
impl Field for char {
    const TYPE: Oid = Oid::CHAR;
    fn to_datum(&self) -> Datum {
        Datum::text(self.encode_utf8(&mut [0; 4]))
    }
    fn from_datum(datum: &Datum) -> Result<Self> {
        String::from_datum(datum)?.chars().next().ok_or_else(wrong)
    }
}

impl Field for String {
    const TYPE: Oid = Oid::TEXT;
    fn to_datum(&self) -> Datum {
        Datum::text(self)
    }
    fn from_datum(datum: &Datum) -> Result<Self> {
        match datum {
            Datum::Bytes(b) => core::str::from_utf8(b)
                .map(ToString::to_string)
                .map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl<T: Field> Field for Option<T> {
    const TYPE: Oid = T::TYPE;
    const ELEMENT: Option<Oid> = T::ELEMENT;
    fn to_datum(&self) -> Datum {
        self.as_ref().map_or(Datum::Null, T::to_datum)
    }
    fn from_datum(datum: &Datum) -> Result<Self> {
        match datum {
            Datum::Null => Ok(None),
            other => T::from_datum(other).map(Some),
        }
    }
}

macro_rules! list {
    ($($rust:ty, $array:ident, $element:ident, $phys:ident;)*) => {$(
        impl Field for Vec<$rust> {
            const TYPE: Oid = Oid::$array;
            const ELEMENT: Option<Oid> = Some(Oid::$element);
            fn to_datum(&self) -> Datum {
                Datum::array(Phys::$phys, self.iter().map(Field::to_datum).collect())
            }
            fn from_datum(datum: &Datum) -> Result<Self> {
                match datum {
                    Datum::Array(array) => {
                        let ArrayDatum { values, .. } = &**array;
                        values.iter().map(Field::from_datum).collect()
                    }
                    _ => Err(wrong()),
                }
            }
        }
    )*};
}

list! {
    i16, INT2VECTOR, INT2, I16;
    f32, FLOAT4_ARRAY, FLOAT4, F32;
    String, TEXT_ARRAY, TEXT, Bytes;
}
