//! What a type's modifier does to a value: lengths, precisions, scales.
//!
//! Assignment refuses what does not fit (22001, 22003); an explicit cast cuts text silently.

use super::name::numeric_parts;
use super::oid::Oid;
use super::table::{element_of, phys_of};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{ArrayDatum, Datum, Interval, Result, SqlError, SqlState};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// `INSERT`, `UPDATE`, input of literals.
    Implicit,
    /// `CAST(x AS t)`.
    Explicit,
}

/// Whether a value of the type can be changed by the modifier at all.
pub fn has_effect(oid: Oid, typmod: i32) -> bool {
    let oid = element_of(oid).unwrap_or(oid);
    typmod >= 0
        && matches!(
            oid,
            Oid::VARCHAR
                | Oid::BPCHAR
                | Oid::NUMERIC
                | Oid::TIMESTAMP
                | Oid::TIMESTAMPTZ
                | Oid::TIME
                | Oid::INTERVAL
        )
}

pub fn apply(oid: Oid, typmod: i32, value: &Datum, how: How) -> Result<Datum> {
    if typmod < 0 || value.is_null() {
        return Ok(value.clone());
    }
    if let (Some(element), Datum::Array(array)) = (element_of(oid), value) {
        let items = array
            .values
            .iter()
            .map(|item| apply(element, typmod, item, how));
        let values = items.collect::<Result<Vec<Datum>>>()?;
        return Ok(Datum::Array(
            ArrayDatum::new(phys_of(element), values).into(),
        ));
    }
    match (oid, value) {
        (Oid::VARCHAR, Datum::Bytes(_)) => limit_text(value, typmod - 4, how, "character varying"),
        (Oid::BPCHAR, Datum::Bytes(_)) => {
            pad_text(limit_text(value, typmod - 4, how, "character")?, typmod - 4)
        }
        (Oid::NUMERIC, Datum::Decimal(number)) => match numeric_parts(typmod) {
            Some(_) => Ok(Datum::Decimal(number.apply_typmod(typmod)?)),
            None => Ok(value.clone()),
        },
        (Oid::TIMESTAMP | Oid::TIMESTAMPTZ | Oid::TIME, Datum::I64(micros)) => {
            Ok(Datum::I64(round_micros(*micros, typmod)))
        }
        (Oid::INTERVAL, Datum::Interval(span)) => {
            let micros = round_micros(span.micros, typmod & 0xffff);
            Ok(Datum::Interval(Interval { micros, ..*span }))
        }
        _ => Ok(value.clone()),
    }
}

fn limit_text(value: &Datum, limit: i32, how: How, type_name: &str) -> Result<Datum> {
    let limit = limit.max(0) as usize;
    let Datum::Bytes(bytes) = value else {
        return Ok(value.clone());
    };
    // Characters are no fewer bytes than one each: most values need no counting.
    if bytes.len() <= limit {
        return Ok(value.clone());
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|_| SqlError::corrupted("a text value is not valid UTF-8"))?;
    let Some((cut, _)) = text.char_indices().nth(limit) else {
        return Ok(value.clone());
    };
    let (kept, lost) = text.split_at(cut);
    if how == How::Implicit && lost.chars().any(|c| c != ' ') {
        return Err(SqlError::user(
            SqlState::STRING_DATA_RIGHT_TRUNCATION,
            format!("value too long for type {type_name}({limit})"),
        ));
    }
    Ok(Datum::text(kept))
}

fn pad_text(value: Datum, width: i32) -> Result<Datum> {
    let Datum::Bytes(bytes) = &value else {
        return Ok(value);
    };
    let length = String::from_utf8_lossy(bytes).chars().count();
    let missing = (width.max(0) as usize).saturating_sub(length);
    if missing == 0 {
        return Ok(value);
    }
    let mut padded = bytes.to_vec();
    padded.try_reserve(missing)?;
    padded.resize(padded.len() + missing, b' ');
    Ok(Datum::Bytes(padded.into()))
}

/// Microseconds rounded to so many digits of the second, halves away from zero.
pub fn round_micros(micros: i64, digits: i32) -> i64 {
    if !(0..6).contains(&digits) || micros == i64::MAX || micros == i64::MIN {
        return micros;
    }
    let unit = 10i64.pow(6 - digits as u32);
    let half = unit / 2;
    let shifted = if micros >= 0 {
        micros.saturating_add(half)
    } else {
        micros.saturating_sub(half)
    };
    shifted / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_data::Decimal;

    #[test]
    fn text_is_refused_or_cut() {
        let long = Datum::text("abcdé ");
        let refused = apply(Oid::VARCHAR, 4 + 4, &long, How::Implicit)
            .err()
            .unwrap();
        assert_eq!(&refused.code.0, b"22001");
        assert_eq!(
            apply(Oid::VARCHAR, 4 + 4, &long, How::Explicit).unwrap(),
            Datum::text("abcd")
        );
        assert_eq!(
            apply(Oid::VARCHAR, 4 + 5, &long, How::Implicit).unwrap(),
            Datum::text("abcdé")
        );
        assert_eq!(
            apply(Oid::BPCHAR, 4 + 4, &Datum::text("é"), How::Implicit).unwrap(),
            Datum::text("é   ")
        );
    }

    #[test]
    fn numbers_round_or_overflow() {
        let typmod = super::super::name::make_typmod(Oid::NUMERIC, &[4, 2]).unwrap();
        let value = |text: &str| Datum::Decimal(Decimal::parse(text).unwrap());
        assert_eq!(
            apply(Oid::NUMERIC, typmod, &value("12.345"), How::Implicit).unwrap(),
            value("12.35")
        );
        let error = apply(Oid::NUMERIC, typmod, &value("99.995"), How::Implicit)
            .err()
            .unwrap();
        assert_eq!(&error.code.0, b"22003");
    }
}
