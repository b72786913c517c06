//! Numbers for keys: the hash table of grouping, joining, DISTINCT and set operations.
//!
//! A key is a row of column values, equal as SQL's `=` finds them equal, nulls equal to nulls.
//! One integer column is its own key; anything else is turned into the memcomparable bytes that
//! indexes use, in which equal values are equal bytes. Keys get numbers from 0 in the order in
//! which they first appear, so that the result of a query never depends on the hash.

use alloc::rc::Rc;
use alloc::vec::Vec;
use hashbrown::HashTable;
use vitrine_data::hash::{hash_bytes, hash_i64};
use vitrine_data::key::{KeyOrder, encode_vector_row};
use vitrine_data::{Phys, Result, SqlError, Vector};

pub const NONE: u32 = u32::MAX;

enum Keys {
    /// One integer column.
    Integers {
        values: Vec<i64>,
        null: u32,
    },
    Bytes {
        offsets: Vec<u32>,
        heap: Vec<u8>,
    },
}

pub struct KeyTable {
    table: HashTable<u32>,
    keys: Keys,
    len: u32,
    scratch: Vec<u8>,
}

impl KeyTable {
    pub fn new(types: &[Phys]) -> KeyTable {
        let keys = match types {
            [Phys::I16 | Phys::I32 | Phys::I64 | Phys::Bool] => Keys::Integers {
                values: Vec::new(),
                null: NONE,
            },
            _ => Keys::Bytes {
                offsets: alloc::vec![0],
                heap: Vec::new(),
            },
        };
        KeyTable {
            table: HashTable::new(),
            keys,
            len: 0,
            scratch: Vec::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.len as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn memory_bytes(&self) -> usize {
        self.table.capacity() * 5
            + match &self.keys {
                Keys::Integers { values, .. } => values.capacity() * 8,
                Keys::Bytes { offsets, heap } => offsets.capacity() * 4 + heap.capacity(),
            }
    }

    /// The number of each row's key, new keys getting new numbers.
    pub fn insert(
        &mut self,
        columns: &[Rc<Vector>],
        rows: usize,
        out: &mut Vec<u32>,
    ) -> Result<()> {
        out.clear();
        self.table
            .try_reserve(1, |_| 0)
            .map_err(|_| SqlError::out_of_memory())?;
        for row in 0..rows {
            let number = self.enter(columns, row)?;
            out.push(number);
        }
        Ok(())
    }

    fn enter(&mut self, columns: &[Rc<Vector>], row: usize) -> Result<u32> {
        let next = self.len;
        let number = match &mut self.keys {
            Keys::Integers { values, null } => match integer_at(columns, row) {
                None => {
                    if *null == NONE {
                        *null = next;
                        values.push(0);
                    }
                    *null
                }
                Some(key) => {
                    let hash = hash_i64(key);
                    let null = *null;
                    let same = |number: &u32| {
                        *number != null && values.get(*number as usize) == Some(&key)
                    };
                    match self.table.find(hash, same) {
                        Some(number) => *number,
                        None => {
                            values.push(key);
                            let rehash = |number: &u32| {
                                hash_i64(values.get(*number as usize).copied().unwrap_or(0))
                            };
                            self.table.insert_unique(hash, next, rehash);
                            next
                        }
                    }
                }
            },
            Keys::Bytes { offsets, heap } => {
                self.scratch.clear();
                encode(columns, row, &mut self.scratch);
                let hash = hash_bytes(&self.scratch);
                let key_of = |number: &u32| slice(offsets, heap, *number);
                match self
                    .table
                    .find(hash, |number| key_of(number) == self.scratch)
                {
                    Some(number) => *number,
                    None => {
                        heap.try_reserve(self.scratch.len())?;
                        heap.extend_from_slice(&self.scratch);
                        let end =
                            u32::try_from(heap.len()).map_err(|_| SqlError::out_of_memory())?;
                        offsets.push(end);
                        let rehash = |number: &u32| hash_bytes(slice(offsets, heap, *number));
                        self.table.insert_unique(hash, next, rehash);
                        next
                    }
                }
            }
        };
        if number == next {
            self.len += 1;
        }
        Ok(number)
    }

    /// The number of each row's key, or `NONE`.
    pub fn find(&mut self, columns: &[Rc<Vector>], rows: usize, out: &mut Vec<u32>) {
        out.clear();
        for row in 0..rows {
            let found = match &self.keys {
                Keys::Integers { values, null } => match integer_at(columns, row) {
                    None => *null,
                    Some(key) => {
                        let same = |number: &u32| {
                            number != null && values.get(*number as usize) == Some(&key)
                        };
                        self.table
                            .find(hash_i64(key), same)
                            .copied()
                            .unwrap_or(NONE)
                    }
                },
                Keys::Bytes { offsets, heap } => {
                    self.scratch.clear();
                    encode(columns, row, &mut self.scratch);
                    let scratch = &self.scratch;
                    let same = |number: &u32| slice(offsets, heap, *number) == scratch;
                    self.table
                        .find(hash_bytes(scratch), same)
                        .copied()
                        .unwrap_or(NONE)
                }
            };
            out.push(found);
        }
    }
}

fn slice<'a>(offsets: &[u32], heap: &'a [u8], number: u32) -> &'a [u8] {
    let at = number as usize;
    match (offsets.get(at), offsets.get(at + 1)) {
        (Some(from), Some(to)) => heap.get(*from as usize..*to as usize).unwrap_or_default(),
        _ => &[],
    }
}

fn encode(columns: &[Rc<Vector>], row: usize, out: &mut Vec<u8>) {
    for column in columns {
        encode_vector_row(out, column, row, KeyOrder::ASCENDING);
    }
}

#[inline]
fn integer_at(columns: &[Rc<Vector>], row: usize) -> Option<i64> {
    let column = columns.first()?;
    if column.is_null(row) {
        return None;
    }
    if let Some(values) = column.as_i32() {
        return values.get(row).map(|value| i64::from(*value));
    }
    if let Some(values) = column.as_i64() {
        return values.get(row).copied();
    }
    let value = column.datum(row);
    value.as_i64().or_else(|| value.as_bool().map(i64::from))
}

/// Whether any key column of the row is null: such rows join with nothing.
pub fn has_null(columns: &[Rc<Vector>], row: usize) -> bool {
    columns.iter().any(|column| column.is_null(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_data::{Datum, Decimal};

    #[test]
    fn equal_values_share_a_number() {
        let decimals =
            ["1.0", "2", "1.00", "1"].map(|t| Datum::Decimal(Decimal::parse(t).unwrap()));
        let column = Rc::new(Vector::from_datums(Phys::Decimal, &decimals).unwrap());
        let mut table = KeyTable::new(&[Phys::Decimal]);
        let mut numbers = Vec::new();
        table.insert(&[column], 4, &mut numbers).unwrap();
        assert_eq!(numbers, [0, 1, 0, 0]);
    }

    #[test]
    fn nulls_are_one_key_among_integers() {
        let values = [
            Datum::I32(0),
            Datum::Null,
            Datum::I32(0),
            Datum::Null,
            Datum::I32(7),
        ];
        let column = Rc::new(Vector::from_datums(Phys::I32, &values).unwrap());
        let mut table = KeyTable::new(&[Phys::I32]);
        let mut numbers = Vec::new();
        table
            .insert(core::slice::from_ref(&column), 5, &mut numbers)
            .unwrap();
        assert_eq!(numbers, [0, 1, 0, 1, 2]);
        table.find(&[column], 5, &mut numbers);
        assert_eq!(numbers, [0, 1, 0, 1, 2]);
    }
}
