//! The order of keys is the order of values, for every type and both directions.

use super::*;
use crate::decimal::Decimal;
use crate::{Interval, Vector};
use alloc::vec;

fn samples() -> Vec<(Phys, Vec<Datum>)> {
    let decimal = |text: &&str| Datum::Decimal(Decimal::parse(text).unwrap());
    let decimals = [
        "0",
        "0.00",
        "1",
        "1.0",
        "-1",
        "9",
        "10",
        "99.5",
        "100",
        "0.1",
        "0.09",
        "0.001",
        "-0.001",
        "12345.6789",
        "12345.67891",
        "-12345.6789",
        "-12345.67891",
        "1e50",
        "-1e50",
        "1e-50",
        "123456789012345678901234567890123456789012345",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e1000",
    ];
    let floats = [
        0.0,
        -0.0,
        1.5,
        -1.5,
        1e300,
        -1e300,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        5e-324,
    ];
    let texts: [&[u8]; 9] = [
        b"",
        b"\0",
        b"\0\0",
        b"\0\xff",
        b"a",
        b"a\0",
        b"a\0b",
        b"ab",
        b"\xff\xff",
    ];
    let spans = [
        (0, 0, 0),
        (1, 0, 0),
        (0, 30, 0),
        (0, 29, 86_400_000_001),
        (-1, 0, 5),
        (0, 0, -1),
    ];
    let array = |values: &[Option<i32>]| {
        Datum::array(
            Phys::I32,
            values
                .iter()
                .map(|v| v.map_or(Datum::Null, Datum::I32))
                .collect(),
        )
    };
    vec![
        (Phys::Bool, vec![Datum::Bool(false), Datum::Bool(true)]),
        (
            Phys::I16,
            [i16::MIN, -1, 0, 1, i16::MAX].map(Datum::I16).to_vec(),
        ),
        (
            Phys::I32,
            [i32::MIN, -256, -1, 0, 1, 255, 256, i32::MAX]
                .map(Datum::I32)
                .to_vec(),
        ),
        (
            Phys::I64,
            [i64::MIN, -1, 0, 1, 1 << 40, i64::MAX]
                .map(Datum::I64)
                .to_vec(),
        ),
        (Phys::F64, floats.map(Datum::F64).to_vec()),
        (Phys::F32, floats.map(|v| Datum::F32(v as f32)).to_vec()),
        (Phys::Decimal, decimals.iter().map(decimal).collect()),
        (Phys::Bytes, texts.iter().map(|t| Datum::bytes(t)).collect()),
        (
            Phys::Uuid,
            vec![
                Datum::Uuid([0; 16]),
                Datum::Uuid([255; 16]),
                Datum::Uuid([1; 16]),
            ],
        ),
        (
            Phys::Interval,
            spans
                .map(|(m, d, u)| Datum::Interval(Interval::new(m, d, u)))
                .to_vec(),
        ),
        (
            Phys::Array,
            vec![
                array(&[]),
                array(&[Some(1)]),
                array(&[Some(1), None]),
                array(&[None]),
                array(&[Some(1), Some(-5)]),
                array(&[Some(2)]),
            ],
        ),
    ]
}

fn key(value: &Datum, order: KeyOrder) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(&mut out, value, order);
    // What follows must not disturb the order, nor reading.
    out.push(0x77);
    out
}

#[test]
fn bytes_order_as_values_do() {
    for (phys, mut values) in samples() {
        values.push(Datum::Null);
        for a in &values {
            for b in &values {
                let ascending = key(a, KeyOrder::ASCENDING).cmp(&key(b, KeyOrder::ASCENDING));
                assert_eq!(ascending, a.compare(b), "{} {a:?} {b:?}", phys.name());
                let descending = key(a, KeyOrder::DESCENDING).cmp(&key(b, KeyOrder::DESCENDING));
                assert_eq!(descending, b.compare(a), "{} {a:?} {b:?}", phys.name());
            }
        }
        let odd = KeyOrder {
            descending: true,
            nulls_first: false,
        };
        assert!(key(&Datum::Null, odd) > key(&values[0], odd));
    }
}

#[test]
fn keys_read_back_equal() {
    for (phys, values) in samples() {
        let vector = Vector::from_datums(phys, &values).unwrap();
        for (row, value) in values.iter().enumerate() {
            for order in [KeyOrder::ASCENDING, KeyOrder::DESCENDING] {
                let bytes = key(value, order);
                let mut from_vector = Vec::new();
                encode_vector_row(&mut from_vector, &vector, row, order);
                assert_eq!(from_vector, bytes[..bytes.len() - 1]);
                if phys == Phys::Array {
                    continue;
                }
                let mut reader = KeyReader::new(&bytes);
                assert_eq!(reader.next(phys, order).unwrap(), *value);
                assert_eq!(reader.rest(), [0x77]);
                assert!(
                    KeyReader::new(&bytes[..bytes.len() - 2])
                        .next(phys, order)
                        .is_err()
                );
            }
        }
    }
}

#[test]
fn random_decimals_keep_their_order() {
    let mut seed = 5u64;
    let mut next = || {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let coefficient = i128::from(seed as i64) >> (seed >> 7 & 63);
        Datum::Decimal(Decimal::new(coefficient, (seed >> 50) as u16 % 20))
    };
    for _ in 0..4000 {
        let (a, b) = (next(), next());
        assert_eq!(
            key(&a, KeyOrder::ASCENDING).cmp(&key(&b, KeyOrder::ASCENDING)),
            a.compare(&b)
        );
    }
}

#[test]
fn a_prefix_has_an_end() {
    let mut key = vec![1, 0xff, 0xff];
    assert!(advance_past_prefix(&mut key) && key == [2]);
    assert!(!advance_past_prefix(&mut vec![0xff]));
}
