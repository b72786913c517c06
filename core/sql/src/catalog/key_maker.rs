//! Key makers: how a row becomes the key of an index.
//!
//! A key is the memcomparable encodings of the key columns, one after the other, each with its own
//! order. `character(n)` compares without its trailing spaces, so they are cut off. The payload stays
//! empty: index-only scans decode what the codec can give back (E18).

use super::object::IndexKey;
use crate::types::Oid;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::Datum;
use vitrine_data::error::SqlError;
use vitrine_data::key::{KeyOrder, encode_key};
use vitrine_engine::access::{KeyBuffer, KeyMaker};

/// A key column as the maker needs it.
#[derive(Clone, Copy)]
struct Part {
    column: usize,
    order: KeyOrder,
    trims_spaces: bool,
}

/// The order in which an index keeps a key column.
pub fn key_order(key: &IndexKey) -> KeyOrder {
    KeyOrder {
        descending: key.descending,
        nulls_first: key.nulls_first,
    }
}

/// A maker for keys that are plain columns. Expressions are not known here: 0A000.
pub fn key_maker(keys: &[IndexKey]) -> Result<KeyMaker, SqlError> {
    let part = |key: &IndexKey| match key.column {
        Some(column) => Ok(Part {
            column,
            order: key_order(key),
            trims_spaces: key.ty.oid == Oid::BPCHAR,
        }),
        None => Err(SqlError::unsupported(
            "indexes on expressions are not supported",
        )),
    };
    let parts: Vec<Part> = keys.iter().map(part).collect::<Result<_, _>>()?;
    Ok(Rc::new(move |row: &[Datum], out: &mut KeyBuffer| {
        for part in &parts {
            let value = row.get(part.column).unwrap_or(&Datum::Null);
            out.has_null |= value.is_null();
            encode_part(&mut out.key, value, *part);
        }
        Ok(())
    }))
}

/// Appends the encoding of one key column's value, as the maker of the index would.
pub fn encode_key_value(out: &mut Vec<u8>, value: &Datum, key: &IndexKey) {
    let trims_spaces = key.ty.oid == Oid::BPCHAR;
    encode_part(
        out,
        value,
        Part {
            column: 0,
            order: key_order(key),
            trims_spaces,
        },
    );
}

fn encode_part(out: &mut Vec<u8>, value: &Datum, part: Part) {
    match value {
        Datum::Bytes(bytes) if part.trims_spaces => {
            let end = bytes
                .iter()
                .rposition(|b| *b != b' ')
                .map_or(0, |at| at + 1);
            encode_key(
                out,
                &Datum::bytes(bytes.get(..end).unwrap_or(bytes)),
                part.order,
            );
        }
        other => encode_key(out, other, part.order),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::SqlType;

    fn key(oid: Oid, descending: bool) -> IndexKey {
        IndexKey {
            column: Some(0),
            expression: None,
            ty: SqlType::plain(oid),
            descending,
            nulls_first: descending,
        }
    }

    fn made(keys: &[IndexKey], row: &[Datum]) -> KeyBuffer {
        let mut out = KeyBuffer::default();
        let maker = key_maker(keys).ok();
        assert!(maker.is_some_and(|make| make(row, &mut out).is_ok()));
        out
    }

    #[test]
    fn keys_order_as_values_do_and_back_to_front_when_descending() {
        let up = |n| made(&[key(Oid::INT4, false)], &[Datum::I32(n)]).key;
        let down = |n| made(&[key(Oid::INT4, true)], &[Datum::I32(n)]).key;
        assert!(up(-5) < up(3) && down(-5) > down(3));
        assert!(made(&[key(Oid::INT4, false)], &[Datum::Null]).has_null);
    }

    #[test]
    fn padded_text_has_the_key_of_the_unpadded() {
        let keys = [key(Oid::BPCHAR, false)];
        let padded = made(&keys, &[Datum::text("ab   ")]).key;
        assert_eq!(padded, made(&keys, &[Datum::text("ab")]).key);
        assert_ne!(padded, made(&keys, &[Datum::text(" ab")]).key);
    }
}
