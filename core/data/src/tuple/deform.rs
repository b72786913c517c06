//! The bytes of a tuple to values, and straight into the columns of a batch.
//!
//! Finding an attribute means walking over those before it, unless nothing of varying width and no
//! null stands before: then the descriptor knows the offset. A `Projection` does that thinking
//! once per scan and walks no further than the last column wanted.
//!
//! A value that was moved out of line is asked for through `fetch`; whose error ends the walk, so
//! that a heap scan may answer "page needed" and run again.

use super::array::read_array;
use super::header::{HEADER_LEN, TupleHeader};
use super::varlena::{ToastPointer, stored_at};
use super::{Attr, TupleDesc, align_up};
use crate::datetime::Interval;
use crate::datum::Datum;
use crate::decimal::Decimal;
use crate::error::{Result, SqlError};
use crate::types::Phys;
use crate::vector::VectorBuilder;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

/// Which attributes a scan wants, and the way to them.
pub struct Projection {
    /// For each attribute up to the last one wanted: the builder it goes into.
    targets: Vec<Option<u16>>,
    /// The first attribute that has to be looked at, when the way there has a known length.
    first_wanted: usize,
    /// Builders that repeat an earlier column: (copy, original).
    repeated: Vec<(u16, u16)>,
}

impl Projection {
    /// `columns` in any order; the builder at position `k` gets column `columns[k]`.
    pub fn new(desc: &TupleDesc, columns: &[usize]) -> Result<Projection> {
        let depth = columns.iter().max().map_or(0, |last| last + 1);
        if depth > desc.len() {
            return Err(SqlError::bug(
                "a scan asks for a column that its table does not have",
            ));
        }
        let mut targets = vec![None; depth];
        let mut repeated = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            match targets.get_mut(*column) {
                Some(Some(original)) => repeated.push((position as u16, *original)),
                Some(slot) => *slot = Some(position as u16),
                None => {}
            }
        }
        let first_wanted = targets.iter().position(Option::is_some).unwrap_or(0);
        Ok(Projection {
            targets,
            first_wanted,
            repeated,
        })
    }

    /// Pushes one tuple's columns. On an error the builders may hold a part of the row: the caller
    /// truncates them to the rows finished before.
    pub fn push<E: From<SqlError>>(
        &self,
        desc: &TupleDesc,
        tuple: &[u8],
        builders: &mut [VectorBuilder],
        fetch: &mut dyn FnMut(&ToastPointer) -> core::result::Result<Vec<u8>, E>,
    ) -> core::result::Result<(), E> {
        let walk = Walk::new(tuple)?;
        let (mut offset, mut at) = (walk.start, 0);
        if !walk.has_nulls
            && self.first_wanted < walk.natts
            && let Some(known) = desc.fixed_offset(self.first_wanted)
        {
            (offset, at) = (walk.start + known, self.first_wanted);
        }
        while let Some(target) = self.targets.get(at) {
            let Some(attr) = desc.attrs.get(at) else {
                break;
            };
            let builder = target.and_then(|target| builders.get_mut(usize::from(target)));
            match walk.presence(at) {
                Presence::Missing => {
                    if let Some(builder) = builder {
                        builder.push_datum(&attr.missing)?;
                    }
                }
                Presence::Null => {
                    if let Some(builder) = builder {
                        builder.push_null();
                    }
                }
                Presence::There => {
                    offset = walk.place(offset, attr);
                    let rest = tuple.get(offset..).ok_or_else(cut_short)?;
                    offset += match builder {
                        Some(builder) => push_value(rest, attr, builder, fetch)?,
                        None => skip_value(rest, attr)?,
                    };
                }
            }
            at += 1;
        }
        for (copy, original) in &self.repeated {
            repeat_last(builders, usize::from(*copy), usize::from(*original))?;
        }
        Ok(())
    }
}

/// A column asked for twice is read once and copied.
fn repeat_last(builders: &mut [VectorBuilder], copy: usize, original: usize) -> Result<()> {
    let datum = builders
        .get(original)
        .map_or(Datum::Null, VectorBuilder::last_datum);
    match builders.get_mut(copy) {
        Some(builder) => builder.push_datum(&datum),
        None => Ok(()),
    }
}

enum Presence {
    There,
    Null,
    /// The tuple is older than the attribute.
    Missing,
}

/// What the header says about the walk.
struct Walk<'a> {
    tuple: &'a [u8],
    start: usize,
    natts: usize,
    has_nulls: bool,
}

impl<'a> Walk<'a> {
    fn new(tuple: &'a [u8]) -> Result<Walk<'a>> {
        let header = TupleHeader::read(tuple)?;
        let (natts, has_nulls) = (header.natts(), header.has_nulls());
        let start = usize::from(header.hoff);
        if has_nulls && HEADER_LEN + natts.div_ceil(8) > start {
            return Err(SqlError::corrupted("a tuple's null bits run into its data"));
        }
        Ok(Walk {
            tuple,
            start,
            natts,
            has_nulls,
        })
    }

    #[inline]
    fn presence(&self, attr: usize) -> Presence {
        if attr >= self.natts {
            return Presence::Missing;
        }
        let byte = self.tuple.get(HEADER_LEN + attr / 8);
        match self.has_nulls && byte.is_none_or(|byte| byte >> (attr % 8) & 1 == 0) {
            true => Presence::Null,
            false => Presence::There,
        }
    }

    /// Where the attribute begins if the one before it ended at `offset`. A varlena with a header
    /// of one byte is not aligned; padding is zeros, and no such header is zero.
    #[inline]
    fn place(&self, offset: usize, attr: &Attr) -> usize {
        if attr.phys.is_varlena() && self.tuple.get(offset).is_some_and(|byte| *byte != 0) {
            return offset;
        }
        align_up(offset - self.start, attr.align()) + self.start
    }
}

fn cut_short() -> SqlError {
    SqlError::corrupted("a tuple is cut short")
}

#[inline]
fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.first_chunk::<N>().copied().ok_or_else(cut_short)
}

fn skip_value(bytes: &[u8], attr: &Attr) -> Result<usize> {
    match attr.phys.fixed_len() {
        Some(len) => Ok(len),
        None => stored_at(bytes).map(|(_, len)| len),
    }
}

fn interval_of(bytes: [u8; 16]) -> Interval {
    let word =
        |at: usize| i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let micros = (i64::from(word(4)) << 32) | i64::from(word(0) as u32);
    Interval {
        months: word(12),
        days: word(8),
        micros,
    }
}

/// Pushes the value at the start of `bytes` and says how long it is.
fn push_value<E: From<SqlError>>(
    bytes: &[u8],
    attr: &Attr,
    builder: &mut VectorBuilder,
    fetch: &mut dyn FnMut(&ToastPointer) -> core::result::Result<Vec<u8>, E>,
) -> core::result::Result<usize, E> {
    match attr.phys {
        Phys::Bool => builder.push_bool(fixed::<1>(bytes)? != [0]),
        Phys::I16 => builder.push_i16(i16::from_le_bytes(fixed(bytes)?)),
        Phys::I32 => builder.push_i32(i32::from_le_bytes(fixed(bytes)?)),
        Phys::I64 => builder.push_i64(i64::from_le_bytes(fixed(bytes)?)),
        Phys::F32 => builder.push_f32(f32::from_le_bytes(fixed(bytes)?)),
        Phys::F64 => builder.push_f64(f64::from_le_bytes(fixed(bytes)?)),
        Phys::Interval => builder.push_interval(interval_of(fixed(bytes)?)),
        Phys::Uuid => builder.push_uuid(fixed(bytes)?),
        Phys::Decimal | Phys::Bytes | Phys::Array => {
            let (stored, len) = stored_at(bytes)?;
            match stored.inline()? {
                Ok(data) => push_payload(&data, attr, builder)?,
                Err(pointer) => push_payload(&fetch(&pointer)?, attr, builder)?,
            }
            return Ok(len);
        }
    }
    Ok(attr.phys.fixed_len().unwrap_or(0))
}

fn push_payload(data: &[u8], attr: &Attr, builder: &mut VectorBuilder) -> Result<()> {
    match attr.phys {
        Phys::Bytes => builder.push_bytes(data),
        Phys::Decimal => {
            builder.push_decimal(&Decimal::decode_disk(data)?);
            Ok(())
        }
        _ => {
            builder.push_array(Rc::new(read_array(data, attr)?));
            Ok(())
        }
    }
}

/// The value at the start of `bytes` and its length; `None` if it lies out of line.
pub(super) fn value_at(bytes: &[u8], attr: &Attr) -> Result<(Option<Datum>, usize)> {
    let mut builder = VectorBuilder::new(attr.phys);
    let mut elsewhere = false;
    let pushed = push_value::<SqlError>(bytes, attr, &mut builder, &mut |_| {
        elsewhere = true;
        Err(SqlError::bug("an out-of-line value"))
    });
    match pushed {
        Ok(len) => Ok((Some(builder.last_datum()), len)),
        Err(_) if elsewhere => Ok((None, super::TOAST_POINTER_LEN)),
        Err(error) => Err(error),
    }
}

/// One attribute by itself.
pub fn deform_attr<E: From<SqlError>>(
    desc: &TupleDesc,
    tuple: &[u8],
    attr: usize,
    fetch: &mut dyn FnMut(&ToastPointer) -> core::result::Result<Vec<u8>, E>,
) -> core::result::Result<Datum, E> {
    let projection = Projection::new(desc, &[attr])?;
    let phys = desc.attrs.get(attr).map_or(Phys::Bool, |attr| attr.phys);
    let mut builders = [VectorBuilder::new(phys)];
    projection.push(desc, tuple, &mut builders, fetch)?;
    Ok(builders[0].last_datum())
}

/// Every attribute of a tuple.
pub fn deform_all<E: From<SqlError>>(
    desc: &TupleDesc,
    tuple: &[u8],
    fetch: &mut dyn FnMut(&ToastPointer) -> core::result::Result<Vec<u8>, E>,
) -> core::result::Result<Vec<Datum>, E> {
    let columns: Vec<usize> = (0..desc.len()).collect();
    let mut builders: Vec<VectorBuilder> = desc
        .attrs
        .iter()
        .map(|attr| VectorBuilder::new(attr.phys))
        .collect();
    Projection::new(desc, &columns)?.push(desc, tuple, &mut builders, fetch)?;
    Ok(builders.iter().map(VectorBuilder::last_datum).collect())
}
