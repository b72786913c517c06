//! Values of varying width: four forms, told apart by their first byte.
//!
//! | first byte  | form      | bytes                                                         |
//! |-------------|-----------|---------------------------------------------------------------|
//! | `xxxxxxx1`  | short     | 1 byte: total length ×2 +1 (≤ 126 bytes of data), unaligned   |
//! | `xxxxxx00`  | plain     | 4 bytes, aligned: total length ×4                             |
//! | `xxxxxx10`  | compressed| 4 bytes: total length ×4 +2; 4 bytes: raw length, method above|
//! | `00000001`  | external  | tag 18; 16 bytes: raw length +4, stored length, value, table  |
//!
//! Compression is LZ4 (method 1), PostgreSQL's `default_toast_compression = lz4`; its older pglz
//! (method 0) is neither written nor read.

use crate::error::{Result, SqlError};
use crate::lz4;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Longest data under a header of one byte.
pub const SHORT_MAX: usize = 126;
/// Bytes of a toast pointer, header and tag included.
pub const TOAST_POINTER_LEN: usize = 18;
/// A gigabyte, the longest field there is.
pub const MAX_LEN: usize = (1 << 30) - 5;

const TAG_ON_DISK: u8 = 18;
const METHOD_LZ4: u32 = 1;
const LENGTH_MASK: u32 = (1 << 30) - 1;
/// PostgreSQL counts its four header bytes in the raw length.
const HEADER_BYTES: u32 = 4;

/// Where an out-of-line value is: the toast table and the value's id there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToastPointer {
    /// Bytes of the value itself.
    pub raw_len: u32,
    /// Bytes stored in chunks; fewer than `raw_len` when compressed.
    pub stored_len: u32,
    pub value_id: u32,
    pub toast_table: u32,
}

impl ToastPointer {
    pub fn to_bytes(&self) -> [u8; TOAST_POINTER_LEN] {
        let mut bytes = [0u8; TOAST_POINTER_LEN];
        let compressed = self.stored_len < self.raw_len;
        let method = if compressed { METHOD_LZ4 << 30 } else { 0 };
        bytes[0] = 1;
        bytes[1] = TAG_ON_DISK;
        bytes[2..6].copy_from_slice(&(self.raw_len + HEADER_BYTES).to_le_bytes());
        bytes[6..10].copy_from_slice(&(self.stored_len & LENGTH_MASK | method).to_le_bytes());
        bytes[10..14].copy_from_slice(&self.value_id.to_le_bytes());
        bytes[14..18].copy_from_slice(&self.toast_table.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Result<ToastPointer> {
        let Some(bytes) = bytes.first_chunk::<TOAST_POINTER_LEN>() else {
            return Err(cut_short());
        };
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        if bytes[1] != TAG_ON_DISK {
            return Err(SqlError::corrupted("unknown kind of out-of-line value"));
        }
        Ok(ToastPointer {
            raw_len: word(2).saturating_sub(HEADER_BYTES),
            stored_len: word(6) & LENGTH_MASK,
            value_id: word(10),
            toast_table: word(14),
        })
    }

    /// The value from its chunks put together.
    pub fn expand(&self, stored: Vec<u8>) -> Result<Vec<u8>> {
        if stored.len() != self.stored_len as usize {
            return Err(SqlError::corrupted(
                "an out-of-line value has a chunk missing",
            ));
        }
        match self.stored_len < self.raw_len {
            true => lz4::decompress(&stored, self.raw_len as usize),
            false => Ok(stored),
        }
    }
}

/// A varlena as it lies in a tuple.
pub enum Stored<'a> {
    Plain(&'a [u8]),
    Compressed { raw_len: u32, bytes: &'a [u8] },
    External(ToastPointer),
}

impl<'a> Stored<'a> {
    /// The data, unless it is elsewhere.
    pub fn inline(self) -> Result<core::result::Result<Cow<'a, [u8]>, ToastPointer>> {
        Ok(match self {
            Stored::Plain(bytes) => Ok(Cow::Borrowed(bytes)),
            Stored::Compressed { raw_len, bytes } => {
                Ok(Cow::Owned(lz4::decompress(bytes, raw_len as usize)?))
            }
            Stored::External(pointer) => Err(pointer),
        })
    }
}

fn cut_short() -> SqlError {
    SqlError::corrupted("a value of varying width is cut short")
}

/// Reads the varlena at the start of `bytes` and says how many bytes it takes.
pub fn stored_at(bytes: &[u8]) -> Result<(Stored<'_>, usize)> {
    let first = *bytes.first().ok_or_else(cut_short)?;
    if first == 1 {
        return Ok((
            Stored::External(ToastPointer::read(bytes)?),
            TOAST_POINTER_LEN,
        ));
    }
    if first & 1 != 0 {
        let total = usize::from(first >> 1);
        let data = bytes.get(1..total).ok_or_else(cut_short)?;
        return Ok((Stored::Plain(data), total));
    }
    let word = |at: usize| match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => Ok(u32::from_le_bytes([a, b, c, d])),
        _ => Err(cut_short()),
    };
    let header = word(0)?;
    let total = (header >> 2) as usize;
    if header & 2 == 0 {
        let data = bytes.get(4..total).ok_or_else(cut_short)?;
        return Ok((Stored::Plain(data), total));
    }
    let info = word(4)?;
    if info >> 30 != METHOD_LZ4 {
        return Err(SqlError::corrupted(
            "a value is compressed by an unknown method",
        ));
    }
    let data = bytes.get(8..total).ok_or_else(cut_short)?;
    Ok((
        Stored::Compressed {
            raw_len: info & LENGTH_MASK,
            bytes: data,
        },
        total,
    ))
}

/// Appends data under the shortest header; `out` starts at an aligned address.
pub fn write_varlena(out: &mut Vec<u8>, start: usize, align: usize, data: &[u8]) {
    if data.len() <= SHORT_MAX {
        out.push(((data.len() + 1) << 1) as u8 | 1);
    } else {
        pad(out, start, align);
        out.extend_from_slice(&(((data.len() + 4) as u32) << 2).to_le_bytes());
    }
    out.extend_from_slice(data);
}

/// Zeros up to the next multiple of `align`, counted from `start`.
pub fn pad(out: &mut Vec<u8>, start: usize, align: usize) {
    let len = super::align_up(out.len() - start, align) + start;
    out.resize(len, 0);
}

/// The compressed form with its headers, if that is shorter than the data by itself.
pub fn compress_inline(data: &[u8]) -> Option<Vec<u8>> {
    let packed = lz4::compress(data);
    if packed.len() + 8 >= data.len() {
        return None;
    }
    let mut out = Vec::with_capacity(packed.len() + 8);
    out.extend_from_slice(&(((packed.len() + 8) as u32) << 2 | 2).to_le_bytes());
    out.extend_from_slice(&(data.len() as u32 | METHOD_LZ4 << 30).to_le_bytes());
    out.extend_from_slice(&packed);
    Some(out)
}
