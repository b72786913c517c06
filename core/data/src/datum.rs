//! One value by itself.
//!
//! Datums serve the cold paths: constants, parameters, catalogue rows, plans by key. What runs
//! over many rows uses vectors. A datum knows its physical form and not its SQL type; comparing
//! and hashing need no more, because every SQL type's order is the order of its physical form:
//! numbers by value, text by code point, NaN above every number.

use crate::datetime::Interval;
use crate::decimal::Decimal;
use crate::types::Phys;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cmp::Ordering;

#[derive(Clone, Default)]
pub enum Datum {
    #[default]
    Null,
    Bool(bool),
    I16(i16),
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    Decimal(Decimal),
    Bytes(Rc<[u8]>),
    Interval(Interval),
    Uuid([u8; 16]),
    Array(Rc<ArrayDatum>),
}

/// A one-dimensional array; subscripts count from 1.
#[derive(Clone)]
pub struct ArrayDatum {
    pub elem: Phys,
    pub values: Vec<Datum>,
}

impl ArrayDatum {
    pub fn new(elem: Phys, values: Vec<Datum>) -> ArrayDatum {
        ArrayDatum { elem, values }
    }

    pub fn compare(&self, other: &ArrayDatum) -> Ordering {
        compare_rows(&self.values, &other.values)
    }
}

/// Element by element, nulls last; a prefix comes first.
pub fn compare_rows(a: &[Datum], b: &[Datum]) -> Ordering {
    let differing = a
        .iter()
        .zip(b)
        .map(|(x, y)| x.compare(y))
        .find(|o| *o != Ordering::Equal);
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// PostgreSQL's order of floats: NaN is equal to NaN and above everything, the zeros are equal.
#[inline]
pub fn compare_f64(a: f64, b: f64) -> Ordering {
    match a.partial_cmp(&b) {
        Some(ordering) => ordering,
        None => a.is_nan().cmp(&b.is_nan()),
    }
}

impl Datum {
    pub fn text(text: &str) -> Datum {
        Datum::Bytes(Rc::from(text.as_bytes()))
    }

    pub fn bytes(bytes: &[u8]) -> Datum {
        Datum::Bytes(Rc::from(bytes))
    }

    pub fn array(elem: Phys, values: Vec<Datum>) -> Datum {
        Datum::Array(Rc::new(ArrayDatum::new(elem, values)))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }

    /// The physical type; `None` for null, which has every type.
    pub fn phys(&self) -> Option<Phys> {
        Some(match self {
            Datum::Null => return None,
            Datum::Bool(_) => Phys::Bool,
            Datum::I16(_) => Phys::I16,
            Datum::I32(_) => Phys::I32,
            Datum::I64(_) => Phys::I64,
            Datum::F32(_) => Phys::F32,
            Datum::F64(_) => Phys::F64,
            Datum::Decimal(_) => Phys::Decimal,
            Datum::Bytes(_) => Phys::Bytes,
            Datum::Interval(_) => Phys::Interval,
            Datum::Uuid(_) => Phys::Uuid,
            Datum::Array(_) => Phys::Array,
        })
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Datum::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Any integer width.
    pub fn as_i64(&self) -> Option<i64> {
        Some(match self {
            Datum::I16(value) => i64::from(*value),
            Datum::I32(value) => i64::from(*value),
            Datum::I64(value) => *value,
            _ => return None,
        })
    }

    pub fn as_i32(&self) -> Option<i32> {
        self.as_i64().and_then(|value| i32::try_from(value).ok())
    }

    pub fn as_f64(&self) -> Option<f64> {
        Some(match self {
            Datum::F32(value) => f64::from(*value),
            Datum::F64(value) => *value,
            _ => return None,
        })
    }

    pub fn as_decimal(&self) -> Option<&Decimal> {
        match self {
            Datum::Decimal(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Datum::Bytes(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        self.as_bytes()
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
    }

    pub fn as_array(&self) -> Option<&ArrayDatum> {
        match self {
            Datum::Array(value) => Some(value),
            _ => None,
        }
    }

    /// A total order: by value within a physical type (integers of all widths together), nulls
    /// after everything, and unlike types by the order of `Phys`, which no typed plan meets.
    pub fn compare(&self, other: &Datum) -> Ordering {
        match (self, other) {
            (Datum::Null, Datum::Null) => Ordering::Equal,
            (Datum::Null, _) => Ordering::Greater,
            (_, Datum::Null) => Ordering::Less,
            (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
            (Datum::I64(a), Datum::I64(b)) => a.cmp(b),
            (Datum::I32(a), Datum::I32(b)) => a.cmp(b),
            (Datum::Bytes(a), Datum::Bytes(b)) => a.cmp(b),
            (Datum::Decimal(a), Datum::Decimal(b)) => a.compare(b),
            (Datum::Interval(a), Datum::Interval(b)) => a.compare(b),
            (Datum::Uuid(a), Datum::Uuid(b)) => a.cmp(b),
            (Datum::Array(a), Datum::Array(b)) => a.compare(b),
            _ => match (self.as_i64(), other.as_i64(), self.as_f64(), other.as_f64()) {
                (Some(a), Some(b), _, _) => a.cmp(&b),
                (_, _, Some(a), Some(b)) => compare_f64(a, b),
                _ => self.phys().cmp(&other.phys()),
            },
        }
    }

    /// Bytes held apart from the datum itself, for memory accounts.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Datum::Bytes(bytes) => bytes.len() + 2 * size_of::<usize>(),
            Datum::Array(array) => {
                let own = array.values.len() * size_of::<Datum>();
                own + array.values.iter().map(Datum::heap_bytes).sum::<usize>()
            }
            _ => 0,
        }
    }
}

impl PartialEq for Datum {
    fn eq(&self, other: &Datum) -> bool {
        self.compare(other) == Ordering::Equal
    }
}

impl Eq for Datum {}

impl PartialOrd for Datum {
    fn partial_cmp(&self, other: &Datum) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Datum {
    fn cmp(&self, other: &Datum) -> Ordering {
        self.compare(other)
    }
}

/// For tests and traces: the value with its physical type where that is not plain.
impl core::fmt::Debug for Datum {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Datum::Null => f.write_str("null"),
            Datum::Bool(value) => write!(f, "{value}"),
            Datum::I16(value) => write!(f, "{value}i16"),
            Datum::I32(value) => write!(f, "{value}"),
            Datum::I64(value) => write!(f, "{value}i64"),
            Datum::F32(value) => write!(f, "{value}f32"),
            Datum::F64(value) => write!(f, "{value}f64"),
            Datum::Decimal(value) => write!(f, "{value}d"),
            Datum::Bytes(bytes) => match core::str::from_utf8(bytes) {
                Ok(text) => write!(f, "{text:?}"),
                Err(_) => write!(f, "{bytes:02x?}"),
            },
            Datum::Interval(value) => {
                write!(f, "{}m{}d{}us", value.months, value.days, value.micros)
            }
            Datum::Uuid(bytes) => write!(f, "uuid{bytes:02x?}"),
            Datum::Array(array) => f.debug_list().entries(&array.values).finish(),
        }
    }
}

impl From<bool> for Datum {
    fn from(value: bool) -> Datum {
        Datum::Bool(value)
    }
}

impl From<i32> for Datum {
    fn from(value: i32) -> Datum {
        Datum::I32(value)
    }
}

impl From<i64> for Datum {
    fn from(value: i64) -> Datum {
        Datum::I64(value)
    }
}

impl From<f64> for Datum {
    fn from(value: f64) -> Datum {
        Datum::F64(value)
    }
}

impl From<Decimal> for Datum {
    fn from(value: Decimal) -> Datum {
        Datum::Decimal(value)
    }
}

impl From<Interval> for Datum {
    fn from(value: Interval) -> Datum {
        Datum::Interval(value)
    }
}

impl From<&str> for Datum {
    fn from(value: &str) -> Datum {
        Datum::text(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_postgresqls() {
        assert!(Datum::Null > Datum::I32(i32::MAX));
        assert!(Datum::F64(f64::NAN) > Datum::F64(f64::INFINITY));
        assert_eq!(Datum::F64(f64::NAN), Datum::F64(f64::NAN));
        assert_eq!(Datum::I16(3), Datum::I64(3));
        assert!(Datum::text("Z") < Datum::text("a"));
        let array =
            |values: &[i32]| Datum::array(Phys::I32, values.iter().map(|v| (*v).into()).collect());
        assert!(array(&[1, 2]) < array(&[1, 2, 0]));
        assert!(array(&[2]) > array(&[1, 2, 0]));
        assert!(core::mem::size_of::<Datum>() <= 32);
    }
}
