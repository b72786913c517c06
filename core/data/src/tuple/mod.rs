//! Tuples: a row as PostgreSQL lays it on a heap page.
//!
//! ```text
//! 0    4    8    12     18     20     22   23             hoff
//! | xmin | xmax | cid | ctid | mask2 | mask | hoff | null bits | pad | attributes, each aligned |
//! ```
//!
//! A set null bit means "present". Values of fixed width stand at their alignment; values of
//! varying width ("varlena") carry their length in a header of one byte, unaligned, or of four,
//! aligned; compressed and out-of-line values are told by other header bits (varlena.rs).
//! Attributes added to a table later are simply not there in older tuples: the descriptor says
//! what to answer instead.
//!
//! | file        | holds                                                   |
//! |-------------|---------------------------------------------------------|
//! | header.rs   | the 23 bytes and their flag bits                        |
//! | varlena.rs  | length headers, compressed form, toast pointers         |
//! | form.rs     | values to bytes                                         |
//! | deform.rs   | bytes to values, and to columns of a vector             |
//! | array.rs    | the bytes of an array value                             |

mod array;
mod deform;
mod form;
mod header;
mod varlena;

pub use deform::{Projection, deform_all, deform_attr};
pub use form::{data_len, form_tuple, form_tuple_with, payload};
pub use header::{HEADER_LEN, TupleHeader, infomask, infomask2};
pub use varlena::{
    Stored, TOAST_POINTER_LEN, ToastPointer, compress_inline, stored_at, write_varlena,
};

use crate::datum::Datum;
use crate::types::Phys;
use alloc::vec::Vec;

/// Most attributes of a table, as in PostgreSQL.
pub const MAX_ATTRS: usize = 1600;

#[derive(Clone)]
pub struct Attr {
    pub phys: Phys,
    /// For arrays: what the elements are, and their type's OID, which is part of the bytes.
    pub elem: Option<(Phys, u32)>,
    pub not_null: bool,
    /// The value of tuples older than the attribute.
    pub missing: Datum,
}

impl Attr {
    pub fn new(phys: Phys) -> Attr {
        Attr {
            phys,
            elem: None,
            not_null: false,
            missing: Datum::Null,
        }
    }

    pub fn not_null(phys: Phys) -> Attr {
        Attr {
            not_null: true,
            ..Attr::new(phys)
        }
    }

    pub fn array(elem: Phys, elem_oid: u32) -> Attr {
        Attr {
            elem: Some((elem, elem_oid)),
            ..Attr::new(Phys::Array)
        }
    }

    /// Alignment on the page; an array's follows its elements.
    pub fn align(&self) -> usize {
        match self.elem {
            Some((elem, _)) => self.phys.align().max(elem.align()),
            None => self.phys.align(),
        }
    }
}

/// The attributes of a table, with what can be said in advance about where they lie.
#[derive(Clone)]
pub struct TupleDesc {
    pub attrs: Vec<Attr>,
    /// Offsets in a tuple without nulls, for the attributes before the first varlena and it.
    fixed_offsets: Vec<u32>,
}

impl TupleDesc {
    pub fn new(attrs: Vec<Attr>) -> TupleDesc {
        let mut fixed_offsets = Vec::new();
        let mut offset = 0usize;
        for attr in &attrs {
            match attr.phys.fixed_len() {
                Some(len) => {
                    offset = align_up(offset, attr.align());
                    fixed_offsets.push(offset as u32);
                    offset += len;
                }
                None => {
                    // A varlena's own place depends on its header unless it is aligned anyway.
                    if offset == align_up(offset, attr.align()) {
                        fixed_offsets.push(offset as u32);
                    }
                    break;
                }
            }
        }
        TupleDesc {
            attrs,
            fixed_offsets,
        }
    }

    pub fn of(types: &[Phys]) -> TupleDesc {
        TupleDesc::new(types.iter().map(|phys| Attr::new(*phys)).collect())
    }

    pub fn len(&self) -> usize {
        self.attrs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.attrs.is_empty()
    }

    pub fn types(&self) -> Vec<Phys> {
        self.attrs.iter().map(|attr| attr.phys).collect()
    }

    fn fixed_offset(&self, attr: usize) -> Option<usize> {
        self.fixed_offsets.get(attr).map(|offset| *offset as usize)
    }
}

#[inline]
pub const fn align_up(offset: usize, align: usize) -> usize {
    (offset + align - 1) & !(align - 1)
}

#[cfg(test)]
mod tests;
