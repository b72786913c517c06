//! A tuple on a page: its header, what the bits mean, and the edits that change them.

use crate::lock::RowStrength;
use crate::stop::{Act, Stop, corrupt};
use vitrine_data::tuple::{TupleHeader, infomask as im, infomask2 as im2};
use vitrine_storage::page::{LpState, Page, PageEdit};
use vitrine_view::{PageTag, Tid};

/// A row's place as the number a locator carries.
pub fn pack(tid: Tid) -> u64 {
    u64::from(tid.block) << 16 | u64::from(tid.offset)
}

pub fn unpack(at: u64) -> Tid {
    Tid {
        block: (at >> 16) as u32,
        offset: at as u16,
    }
}

/// Locators in indexes: big-endian, so that they order as places do.
pub fn index_bytes(at: u64) -> [u8; 8] {
    at.to_be_bytes()
}

pub fn from_index_bytes(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// What a line pointer leads to.
pub enum Item<'p> {
    Tuple(TupleHeader, &'p [u8]),
    Redirect(u16),
    /// Unused, dead, or past the end.
    Nothing,
}

pub fn item<'p>(page: &'p Page, tag: PageTag, offset: u16) -> Act<Item<'p>> {
    let Some(lp) = page.pointer(offset) else {
        return Ok(Item::Nothing);
    };
    match lp.state {
        LpState::Unused | LpState::Dead => Ok(Item::Nothing),
        LpState::Redirect => Ok(Item::Redirect(lp.at)),
        LpState::Normal => {
            let bytes = page.item(offset).ok_or_else(|| bad(tag))?;
            let header = TupleHeader::read(bytes).map_err(|_| bad(tag))?;
            Ok(Item::Tuple(header, bytes))
        }
    }
}

pub fn bad(tag: PageTag) -> Stop {
    corrupt(tag, "heap page with a broken line pointer or tuple header")
}

/// Questions to a header.
pub trait Header {
    fn ctid(&self) -> Tid;
    fn is_frozen(&self) -> bool;
    fn xmin_invalid(&self) -> bool;
    fn has_xmax(&self) -> bool;
    fn is_lock_only(&self) -> bool;
    fn is_heap_only(&self) -> bool;
    fn is_hot_updated(&self) -> bool;
    fn xmax_strength(&self) -> RowStrength;
}

impl Header for TupleHeader {
    fn ctid(&self) -> Tid {
        Tid {
            block: self.ctid_block,
            offset: self.ctid_offset,
        }
    }

    fn is_frozen(&self) -> bool {
        self.infomask & im::XMIN_FROZEN == im::XMIN_FROZEN
    }

    fn xmin_invalid(&self) -> bool {
        self.xmin == 0 || self.infomask & im::XMIN_FROZEN == im::XMIN_INVALID
    }

    /// Somebody stands in xmax, deleter or locker.
    fn has_xmax(&self) -> bool {
        self.xmax != 0 && self.infomask & im::XMAX_INVALID == 0
    }

    fn is_lock_only(&self) -> bool {
        self.infomask & im::XMAX_LOCK_ONLY != 0
    }

    fn is_heap_only(&self) -> bool {
        self.infomask2 & im2::ONLY_TUPLE != 0
    }

    fn is_hot_updated(&self) -> bool {
        self.infomask2 & im2::HOT_UPDATED != 0 && self.has_xmax() && !self.xmin_invalid()
    }

    /// How strongly xmax holds the row.
    fn xmax_strength(&self) -> RowStrength {
        match self.infomask2 & im2::KEYS_UPDATED {
            0 => RowStrength::NoKeyUpdate,
            _ => RowStrength::Update,
        }
    }
}

/// What is written over an old version: the bytes 4..22 of its header.
pub struct Stamp {
    bytes: [u8; 18],
}

impl Stamp {
    pub fn of(header: &TupleHeader) -> Stamp {
        let mut bytes = [0; 18];
        if let Some(b) = header.to_bytes().get(4..22) {
            bytes.copy_from_slice(b);
        }
        Stamp { bytes }
    }

    pub fn edit(&self, offset: u16) -> PageEdit<'_> {
        PageEdit::ItemBytes {
            offset,
            at: 4,
            bytes: &self.bytes,
        }
    }
}

/// Marks a header as deleted, updated or locked by `xmax`.
pub fn set_xmax(header: &mut TupleHeader, xmax: u32, cid: u32, combo: bool, strength: RowStrength) {
    header.xmax = xmax;
    header.cid = cid;
    header.infomask &= !(im::XMAX_INVALID
        | im::XMAX_COMMITTED
        | im::XMAX_LOCK_ONLY
        | im::XMAX_IS_MULTI
        | im::LOCK_MASK
        | im::COMBO_CID);
    if combo {
        header.infomask |= im::COMBO_CID;
    }
    header.infomask2 &= !(im2::KEYS_UPDATED | im2::HOT_UPDATED);
    if strength == RowStrength::Update {
        header.infomask2 |= im2::KEYS_UPDATED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_packing_and_order_as_bytes() {
        for (block, offset) in [(0, 1), (7, 300), (u32::MAX - 1, u16::MAX)] {
            let tid = Tid { block, offset };
            assert_eq!(unpack(pack(tid)), tid);
            assert_eq!(from_index_bytes(&index_bytes(pack(tid))), Some(pack(tid)));
        }
        let (a, b) = (
            Tid {
                block: 1,
                offset: 9,
            },
            Tid {
                block: 2,
                offset: 1,
            },
        );
        assert!(index_bytes(pack(a)) < index_bytes(pack(b)));
    }
}
