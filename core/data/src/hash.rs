//! Hashing with a fixed seed, the same on every run and every machine.
//!
//! Nothing observable may hang on a hash table's order, but sizes of spills and the choice of a
//! bucket are observable in traces, and a run must replay to the byte; so no random seeds. Words
//! are folded by multiply and rotate and finished by Murmur3's 64-bit mixer, whose constants are
//! Appleby's.
//!
//! Values that compare equal hash alike: integers of every width as i64, 1.5 and 1.50, 0.0 and
//! -0.0, `1 month` and `30 days`.

use crate::datum::Datum;
use crate::types::Phys;
use crate::vector::{Vector, VectorData};
use core::hash::{BuildHasher, Hash, Hasher};

const SEED: u64 = 0x5617_2e1a_7e5e_ed01;
const FOLD: u64 = 0x9e37_79b9_7f4a_7c15;
const NULL_HASH: u64 = 0x6e75_6c6c_6e75_6c6c;

/// Murmur3's finaliser: every input bit reaches every output bit.
#[inline]
pub const fn mix(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

#[inline]
const fn fold(state: u64, word: u64) -> u64 {
    (state ^ word).wrapping_mul(FOLD).rotate_left(29)
}

#[inline]
pub fn hash_i64(value: i64) -> u64 {
    mix(value as u64 ^ SEED)
}

#[inline]
pub fn hash_f64(value: f64) -> u64 {
    // The two zeros are equal, and so are all NaNs.
    let canonical = match value {
        v if v.is_nan() => f64::NAN.to_bits(),
        0.0 => 0,
        v => v.to_bits(),
    };
    mix(canonical ^ SEED.rotate_left(17))
}

#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut state = fold(SEED, bytes.len() as u64);
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let mut eight = [0u8; 8];
        eight.copy_from_slice(word);
        state = fold(state, u64::from_le_bytes(eight));
    }
    let mut last = [0u8; 8];
    for (slot, byte) in last.iter_mut().zip(words.remainder()) {
        *slot = *byte;
    }
    mix(fold(state, u64::from_le_bytes(last)))
}

/// Joins the hash of one more key column.
#[inline]
pub const fn combine(state: u64, hash: u64) -> u64 {
    mix(fold(state, hash))
}

pub fn hash_datum(datum: &Datum) -> u64 {
    match datum {
        Datum::Null => NULL_HASH,
        Datum::Bool(value) => hash_i64(i64::from(*value)),
        Datum::I16(value) => hash_i64(i64::from(*value)),
        Datum::I32(value) => hash_i64(i64::from(*value)),
        Datum::I64(value) => hash_i64(*value),
        Datum::F32(value) => hash_f64(f64::from(*value)),
        Datum::F64(value) => hash_f64(*value),
        Datum::Decimal(value) => FixedState.hash_one(value),
        Datum::Bytes(value) => hash_bytes(value),
        Datum::Interval(value) => FixedState.hash_one(value.span()),
        Datum::Uuid(value) => hash_bytes(value),
        Datum::Array(array) => {
            let start = fold(SEED, array.values.len() as u64);
            array
                .values
                .iter()
                .fold(start, |state, value| combine(state, hash_datum(value)))
        }
    }
}

/// Folds a column into the running hashes of a batch's rows: `out[k]` belongs to `rows[k]`, or to
/// row `k` without a selection. Start with zeros.
pub fn hash_vector(vector: &Vector, rows: Option<&[u32]>, out: &mut [u64]) {
    macro_rules! kernel {
        ($values:expr, $hash:expr) => {{
            let hash_of = $hash;
            match rows {
                None => {
                    for (slot, value) in out.iter_mut().zip($values.iter()) {
                        *slot = combine(*slot, hash_of(value));
                    }
                }
                Some(rows) => {
                    for (slot, row) in out.iter_mut().zip(rows) {
                        let hash = $values.get(*row as usize).map_or(NULL_HASH, hash_of);
                        *slot = combine(*slot, hash);
                    }
                }
            }
        }};
    }
    if vector.has_nulls() || vector.phys() == Phys::Decimal {
        return hash_by_row(vector, rows, out);
    }
    match vector.data() {
        VectorData::Bool(values) => kernel!(values, |v: &u8| hash_i64(i64::from(*v))),
        VectorData::I16(values) => kernel!(values, |v: &i16| hash_i64(i64::from(*v))),
        VectorData::I32(values) => kernel!(values, |v: &i32| hash_i64(i64::from(*v))),
        VectorData::I64(values) => kernel!(values, |v: &i64| hash_i64(*v)),
        VectorData::F32(values) => kernel!(values, |v: &f32| hash_f64(f64::from(*v))),
        VectorData::F64(values) => kernel!(values, |v: &f64| hash_f64(*v)),
        VectorData::Const(value) => {
            let hash = hash_datum(value);
            out.iter_mut().for_each(|slot| *slot = combine(*slot, hash));
        }
        _ => hash_by_row(vector, rows, out),
    }
}

fn hash_by_row(vector: &Vector, rows: Option<&[u32]>, out: &mut [u64]) {
    for (at, slot) in out.iter_mut().enumerate() {
        let row = rows.map_or(at, |rows| rows.get(at).map_or(at, |row| *row as usize));
        let hash = match vector.bytes_at(row) {
            Some(bytes) => hash_bytes(bytes),
            None => hash_datum(&vector.datum(row)),
        };
        *slot = combine(*slot, hash);
    }
}

/// For hash tables: `HashMap<K, V, FixedState>`.
#[derive(Clone, Copy, Default)]
pub struct FixedState;

impl BuildHasher for FixedState {
    type Hasher = FixedHasher;
    fn build_hasher(&self) -> FixedHasher {
        FixedHasher(SEED)
    }
}

#[derive(Clone)]
pub struct FixedHasher(u64);

impl Hasher for FixedHasher {
    fn finish(&self) -> u64 {
        mix(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = fold(self.0, hash_bytes(bytes));
    }

    fn write_u8(&mut self, value: u8) {
        self.0 = fold(self.0, u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.0 = fold(self.0, u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = fold(self.0, u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = fold(self.0, value);
    }

    fn write_usize(&mut self, value: usize) {
        self.0 = fold(self.0, value as u64);
    }

    fn write_u128(&mut self, value: u128) {
        self.0 = fold(fold(self.0, value as u64), (value >> 64) as u64);
    }
}

/// A datum hashes as `hash_datum` says, so that datums may be keys of hash tables.
impl Hash for Datum {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(hash_datum(self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;
    use crate::vector::VectorBuilder;

    #[test]
    fn equal_values_hash_alike() {
        let decimal = |text: &str| Datum::Decimal(Decimal::parse(text).unwrap());
        assert_eq!(hash_datum(&decimal("1.50")), hash_datum(&decimal("1.5")));
        assert_eq!(hash_datum(&Datum::F64(0.0)), hash_datum(&Datum::F64(-0.0)));
        assert_eq!(hash_datum(&Datum::I16(7)), hash_datum(&Datum::I64(7)));
        assert_ne!(hash_bytes(b"a"), hash_bytes(b"a\0"));
    }

    #[test]
    fn vector_kernel_agrees_with_datum_hash() {
        for values in [
            alloc::vec![Datum::I32(1), Datum::I32(-5), Datum::I32(9)],
            alloc::vec![Datum::I32(1), Datum::Null, Datum::I32(9)],
            alloc::vec![Datum::text("a"), Datum::text("bb"), Datum::Null],
        ] {
            let phys = values[0].phys().unwrap();
            let mut builder = VectorBuilder::new(phys);
            values
                .iter()
                .for_each(|value| builder.push_datum(value).unwrap());
            let vector = builder.finish();
            let mut out = [0u64; 2];
            hash_vector(&vector, Some(&[2, 0]), &mut out);
            assert_eq!(
                out,
                [
                    combine(0, hash_datum(&values[2])),
                    combine(0, hash_datum(&values[0]))
                ]
            );
        }
    }
}
