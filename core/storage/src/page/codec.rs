//! Page edits as bytes: what log records carry.
//!
//! A tag byte, then the fields as little-endian u16, lists and byte strings with a u16 length in front.
//! Tags are part of the log's format: new edits get new numbers.

use super::edit::{Offsets, PageEdit};
use super::slotted::LpState;
use alloc::vec::Vec;

const T_INIT: u8 = 1;
const T_IMAGE: u8 = 2;
const T_BYTES: u8 = 3;
const T_INSERT: u8 = 4;
const T_INSERT_SHIFT: u8 = 5;
const T_DELETE: u8 = 6;
const T_SET: u8 = 7;
const T_ITEM_BYTES: u8 = 8;
const T_POINTER: u8 = 9;
const T_PRUNE: u8 = 10;
const T_COMPACT: u8 = 11;
const T_FLAGS: u8 = 12;
const T_PRUNE_XID: u8 = 13;
const T_KIND: u8 = 14;

fn put16(out: &mut Vec<u8>, v: u16) {
    out.extend_from_slice(&v.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put16(out, bytes.len() as u16);
    out.extend_from_slice(bytes);
}

fn put_offsets(out: &mut Vec<u8>, list: Offsets<'_>) {
    put16(out, list.len() as u16);
    for o in list.iter() {
        put16(out, o);
    }
}

impl<'a> PageEdit<'a> {
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            PageEdit::Init { kind, special_len } => {
                out.extend_from_slice(&[T_INIT, kind]);
                put16(out, special_len);
            }
            PageEdit::Image(bytes) => {
                out.push(T_IMAGE);
                put_bytes(out, bytes);
            }
            PageEdit::Bytes { at, bytes } => {
                out.push(T_BYTES);
                put16(out, at);
                put_bytes(out, bytes);
            }
            PageEdit::InsertItem {
                offset,
                bytes,
                shift,
            } => {
                out.push(if shift { T_INSERT_SHIFT } else { T_INSERT });
                put16(out, offset);
                put_bytes(out, bytes);
            }
            PageEdit::DeleteItems { from, count } => {
                out.push(T_DELETE);
                put16(out, from);
                put16(out, count);
            }
            PageEdit::SetItem { offset, bytes } => {
                out.push(T_SET);
                put16(out, offset);
                put_bytes(out, bytes);
            }
            PageEdit::ItemBytes { offset, at, bytes } => {
                out.push(T_ITEM_BYTES);
                put16(out, offset);
                put16(out, at);
                put_bytes(out, bytes);
            }
            PageEdit::Pointer {
                offset,
                state,
                target,
            } => {
                out.extend_from_slice(&[T_POINTER, state as u8]);
                put16(out, offset);
                put16(out, target);
            }
            PageEdit::Prune {
                redirects,
                dead,
                unused,
                truncate,
            } => {
                out.extend_from_slice(&[T_PRUNE, u8::from(truncate)]);
                put_offsets(out, redirects);
                put_offsets(out, dead);
                put_offsets(out, unused);
            }
            PageEdit::Compact => out.push(T_COMPACT),
            PageEdit::Flags { clear, set } => out.extend_from_slice(&[T_FLAGS, clear, set]),
            PageEdit::PruneXid(xid) => {
                out.push(T_PRUNE_XID);
                out.extend_from_slice(&xid.to_le_bytes());
            }
            PageEdit::Kind(kind) => out.extend_from_slice(&[T_KIND, kind]),
        }
    }

    /// Takes the next edit off the front of `input`.
    pub fn decode(input: &mut &'a [u8]) -> Option<PageEdit<'a>> {
        let mut r = Input(input);
        let edit = match r.u8()? {
            T_INIT => PageEdit::Init {
                kind: r.u8()?,
                special_len: r.u16()?,
            },
            T_IMAGE => PageEdit::Image(r.bytes()?),
            T_BYTES => PageEdit::Bytes {
                at: r.u16()?,
                bytes: r.bytes()?,
            },
            T_INSERT => PageEdit::InsertItem {
                offset: r.u16()?,
                bytes: r.bytes()?,
                shift: false,
            },
            T_INSERT_SHIFT => PageEdit::InsertItem {
                offset: r.u16()?,
                bytes: r.bytes()?,
                shift: true,
            },
            T_DELETE => PageEdit::DeleteItems {
                from: r.u16()?,
                count: r.u16()?,
            },
            T_SET => PageEdit::SetItem {
                offset: r.u16()?,
                bytes: r.bytes()?,
            },
            T_ITEM_BYTES => PageEdit::ItemBytes {
                offset: r.u16()?,
                at: r.u16()?,
                bytes: r.bytes()?,
            },
            T_POINTER => {
                let state = LpState::from_bits(r.u8()?);
                PageEdit::Pointer {
                    offset: r.u16()?,
                    state,
                    target: r.u16()?,
                }
            }
            T_PRUNE => {
                let truncate = r.u8()? != 0;
                let (redirects, dead, unused) = (r.offsets()?, r.offsets()?, r.offsets()?);
                PageEdit::Prune {
                    redirects,
                    dead,
                    unused,
                    truncate,
                }
            }
            T_COMPACT => PageEdit::Compact,
            T_FLAGS => PageEdit::Flags {
                clear: r.u8()?,
                set: r.u8()?,
            },
            T_PRUNE_XID => {
                let (lo, hi) = (r.u16()?, r.u16()?);
                PageEdit::PruneXid(u32::from(lo) | u32::from(hi) << 16)
            }
            T_KIND => PageEdit::Kind(r.u8()?),
            _ => return None,
        };
        *input = r.0;
        Some(edit)
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        match self.take(2)? {
            &[a, b] => Some(u16::from_le_bytes([a, b])),
            _ => None,
        }
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let n = self.u16()?;
        self.take(usize::from(n))
    }

    fn offsets(&mut self) -> Option<Offsets<'a>> {
        let n = self.u16()?;
        self.take(usize::from(n) * 2).map(Offsets::Encoded)
    }
}
