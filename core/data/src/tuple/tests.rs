//! Tuples give back what was formed, and look as PostgreSQL's do.

use super::*;
use crate::datetime::Interval;
use crate::decimal::Decimal;
use crate::error::SqlError;
use crate::vector::VectorBuilder;
use alloc::vec;
use alloc::vec::Vec;

fn no_fetch(_: &ToastPointer) -> core::result::Result<Vec<u8>, SqlError> {
    Err(SqlError::bug("nothing lies out of line here"))
}

fn header() -> TupleHeader {
    TupleHeader {
        xmin: 700,
        xmax: 0,
        cid: 1,
        ctid_block: 0x1_0002,
        ctid_offset: 3,
        infomask: infomask::XMAX_INVALID,
        ..TupleHeader::default()
    }
}

#[test]
fn bytes_are_postgresqls() {
    // As pageinspect shows (1, 'ab', 5::bigint): int, short varlena, padding to 8, bigint.
    let desc = TupleDesc::of(&[Phys::I32, Phys::Bytes, Phys::I64]);
    let row = [Datum::I32(1), Datum::text("ab"), Datum::I64(5)];
    let tuple = form_tuple(&desc, &row, &header()).unwrap();
    assert_eq!(
        &tuple[24..],
        [1, 0, 0, 0, 7, b'a', b'b', 0, 5, 0, 0, 0, 0, 0, 0, 0]
    );
    let read = TupleHeader::read(&tuple).unwrap();
    assert_eq!(
        (read.natts(), read.hoff, read.ctid_block),
        (3, 24, 0x1_0002)
    );
    assert_eq!(&tuple[12..18], [1, 0, 2, 0, 3, 0]);
    assert_eq!(
        read.infomask,
        infomask::XMAX_INVALID | infomask::HAS_VARWIDTH
    );
}

fn rows() -> (TupleDesc, Vec<Vec<Datum>>) {
    let desc = TupleDesc::new(vec![
        Attr::not_null(Phys::I16),
        Attr::new(Phys::Decimal),
        Attr::new(Phys::Bool),
        Attr::new(Phys::Interval),
        Attr::new(Phys::Bytes),
        Attr::array(Phys::Bytes, 25),
        Attr::array(Phys::I64, 20),
        Attr::new(Phys::Uuid),
        Attr::new(Phys::F64),
    ]);
    let full = vec![
        Datum::I16(-2),
        Datum::Decimal(Decimal::parse("-12345.678").unwrap()),
        Datum::Bool(true),
        Datum::Interval(Interval::new(1, -2, -3)),
        Datum::bytes(&[7; 300]),
        Datum::array(
            Phys::Bytes,
            vec![Datum::text("a"), Datum::Null, Datum::text("longer")],
        ),
        Datum::array(Phys::I64, vec![Datum::I64(1), Datum::I64(-1)]),
        Datum::Uuid([9; 16]),
        Datum::F64(0.1),
    ];
    let mut sparse = full.clone();
    for at in [1, 3, 4, 8] {
        sparse[at] = Datum::Null;
    }
    let mut empty = full.clone();
    empty[4] = Datum::text("");
    empty[5] = Datum::array(Phys::Bytes, vec![]);
    (desc, vec![full, sparse, empty])
}

#[test]
fn every_column_list_reads_back() {
    let (desc, rows) = rows();
    for row in &rows {
        let tuple = form_tuple(&desc, row, &header()).unwrap();
        assert_eq!(deform_all(&desc, &tuple, &mut no_fetch).unwrap(), *row);
        for columns in [vec![8], vec![0], vec![4, 1, 4], vec![6, 5, 2]] {
            let projection = Projection::new(&desc, &columns).unwrap();
            let mut builders: Vec<VectorBuilder> = columns
                .iter()
                .map(|c| VectorBuilder::new(desc.attrs[*c].phys))
                .collect();
            projection
                .push(&desc, &tuple, &mut builders, &mut no_fetch)
                .unwrap();
            for (builder, column) in builders.into_iter().zip(&columns) {
                assert_eq!(builder.finish().datum(0), row[*column]);
            }
        }
        // Damage is an error or another value, never a panic.
        for cut in 0..tuple.len() {
            let _ = deform_all(&desc, &tuple[..cut], &mut no_fetch);
        }
    }
}

#[test]
fn added_columns_and_replaced_values() {
    let (desc, rows) = rows();
    let tuple = form_tuple(&desc, &rows[0], &header()).unwrap();
    let mut attrs = desc.attrs.clone();
    attrs.push(Attr {
        missing: Datum::I32(42),
        ..Attr::new(Phys::I32)
    });
    let wider = TupleDesc::new(attrs);
    assert_eq!(
        deform_attr(&wider, &tuple, 9, &mut no_fetch).unwrap(),
        Datum::I32(42)
    );

    let mut replaced = vec![None; 9];
    replaced[4] = compress_inline(&[7; 300]);
    let packed = form_tuple_with(&desc, &rows[0], &replaced, &header()).unwrap();
    assert!(packed.len() + 200 < tuple.len());
    assert_eq!(deform_all(&desc, &packed, &mut no_fetch).unwrap(), rows[0]);

    let pointer = ToastPointer {
        raw_len: 300,
        stored_len: 300,
        value_id: 5,
        toast_table: 6,
    };
    replaced[4] = Some(pointer.to_bytes().to_vec());
    let moved = form_tuple_with(&desc, &rows[0], &replaced, &header()).unwrap();
    let mut fetch = |asked: &ToastPointer| {
        assert_eq!(*asked, pointer);
        Ok::<_, SqlError>(vec![7; 300])
    };
    assert_eq!(deform_all(&desc, &moved, &mut fetch).unwrap(), rows[0]);
    assert_eq!(
        deform_attr(&desc, &moved, 8, &mut no_fetch).unwrap(),
        rows[0][8]
    );
}
