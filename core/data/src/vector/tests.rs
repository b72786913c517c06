//! Vectors and batches hold what was pushed.

use super::*;
use crate::datum::Datum;

fn decimal(text: &str) -> Datum {
    Datum::Decimal(Decimal::parse(text).unwrap())
}

fn columns() -> Vec<(Phys, Vec<Datum>)> {
    vec![
        (Phys::I32, vec![Datum::I32(3), Datum::Null, Datum::I32(-1)]),
        (
            Phys::Bytes,
            vec![Datum::text("ab"), Datum::Null, Datum::text("")],
        ),
        (
            Phys::Decimal,
            vec![decimal("1.50"), Datum::Null, decimal("2.75")],
        ),
        (
            Phys::Decimal,
            vec![Datum::Null, decimal("1.5"), decimal("NaN")],
        ),
        (
            Phys::Bool,
            vec![Datum::Bool(true), Datum::Bool(false), Datum::Null],
        ),
        (
            Phys::Interval,
            vec![
                Datum::Interval(Interval::new(1, 2, 3)),
                Datum::Null,
                Datum::Null,
            ],
        ),
        (
            Phys::Array,
            vec![
                Datum::array(Phys::I32, vec![Datum::I32(1)]),
                Datum::Null,
                Datum::Null,
            ],
        ),
    ]
}

#[test]
fn gives_back_what_was_pushed() {
    for (phys, values) in columns() {
        let vector = Vector::from_datums(phys, &values).unwrap();
        let read: Vec<Datum> = (0..3).map(|row| vector.datum(row)).collect();
        assert_eq!(read, values);
        let picked = vector.gather(&[2, 0, 0]);
        assert_eq!(picked.datum(0), values[2]);
        assert_eq!(picked.datum(2), values[0]);
        assert_eq!(vector.slice(1, 9).len(), 2);
        let mut copy = VectorBuilder::new(phys);
        copy.extend(&vector, None).unwrap();
        copy.extend(&vector, Some(&[1])).unwrap();
        copy.truncate(3);
        copy.extend(&vector, Some(&[0])).unwrap();
        assert_eq!(copy.finish().datum(3), values[0]);
        for (a, x) in values.iter().enumerate() {
            for (b, y) in values.iter().enumerate() {
                assert_eq!(vector.compare_rows(a, &vector, b), x.compare(y));
            }
        }
    }
}

#[test]
fn decimals_keep_one_scale_until_they_cannot() {
    let same = Vector::from_datums(Phys::Decimal, &[decimal("1.50"), decimal("-0.05")]).unwrap();
    assert_eq!(same.as_decimals(), Some((&[150i128, -5][..], 2)));
    let mixed = Vector::from_datums(Phys::Decimal, &[decimal("1.50"), decimal("1.5")]).unwrap();
    assert!(mixed.as_decimals().is_none());
    assert_eq!(mixed.decimal_at(0).unwrap().scale(), Some(2));
}

#[test]
fn batches_select_without_copying() {
    let rows: Vec<Vec<Datum>> = (0..5)
        .map(|n| vec![Datum::I32(n), Datum::text("x")])
        .collect();
    let mut batch = Batch::from_rows(&[Phys::I32, Phys::Bytes], &rows).unwrap();
    batch.sel = Some([1u32, 3, 4].into());
    assert_eq!((batch.rows(), batch.datum(0, 1)), (3, Datum::I32(3)));
    let window = batch.window(1, 5).compact();
    assert_eq!((window.len, window.datum(0, 1)), (2, Datum::I32(4)));
    assert!(
        BatchBuilder::new(&[Phys::I32])
            .push_row(&[Datum::Bool(true)])
            .is_err()
    );
}

#[test]
fn constants_flatten() {
    let vector = Vector::constant(Phys::Bytes, Datum::text("k"), 3);
    assert_eq!(vector.bytes_at(2), Some(&b"k"[..]));
    assert_eq!(vector.flatten().as_heap().unwrap().1, b"kkk");
    assert!(Vector::all_null(Phys::I32, 2).is_null(1));
}
