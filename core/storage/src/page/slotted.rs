//! The slotted part of a page: line pointers growing up, items growing down.
//!
//! Line pointers are numbered from 1. Reading never trusts them; writing goes through `PageEdit`,
//! whose arms call the functions at the end of this file after they have checked everything.

use super::{AT_LOWER, AT_UPPER, LINE_POINTER, PAGE_HEADER, PAGE_SIZE, Page, align8};

/// The state of a line pointer; numbers as in PostgreSQL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LpState {
    #[default]
    Unused = 0,
    Normal = 1,
    /// Its offset is the number of another line pointer.
    Redirect = 2,
    Dead = 3,
}

impl LpState {
    pub fn from_bits(bits: u8) -> LpState {
        match bits & 3 {
            1 => LpState::Normal,
            2 => LpState::Redirect,
            3 => LpState::Dead,
            _ => LpState::Unused,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LinePointer {
    /// Where the item lies; on a redirect, the line pointer meant.
    pub at: u16,
    pub len: u16,
    pub state: LpState,
}

impl LinePointer {
    pub fn decode(word: u32) -> LinePointer {
        LinePointer {
            at: (word & 0x7FFF) as u16,
            state: LpState::from_bits((word >> 15) as u8),
            len: (word >> 17) as u16,
        }
    }

    pub fn encode(self) -> u32 {
        u32::from(self.at & 0x7FFF) | (self.state as u32) << 15 | u32::from(self.len & 0x7FFF) << 17
    }

    pub fn has_storage(self) -> bool {
        self.len != 0
    }
}

impl Page {
    /// How many line pointers the page has.
    pub fn item_count(&self) -> u16 {
        let lower = self.lower().min(PAGE_SIZE);
        (lower.saturating_sub(PAGE_HEADER) / LINE_POINTER) as u16
    }

    /// The line pointer numbered `offset`, if there is one.
    pub fn pointer(&self, offset: u16) -> Option<LinePointer> {
        if offset == 0 || offset > self.item_count() {
            return None;
        }
        let at = pointer_at(offset);
        match self.bytes.get(at..at + 4) {
            Some(&[a, b, c, d]) => Some(LinePointer::decode(u32::from_le_bytes([a, b, c, d]))),
            _ => None,
        }
    }

    /// The bytes of an item, if the pointer is normal (or dead but still with storage) and lies on
    /// the page.
    pub fn item(&self, offset: u16) -> Option<&[u8]> {
        let lp = self.pointer(offset)?;
        if lp.len == 0 || lp.state == LpState::Redirect || lp.state == LpState::Unused {
            return None;
        }
        let (at, len) = (usize::from(lp.at), usize::from(lp.len));
        if at < PAGE_HEADER {
            return None;
        }
        self.bytes.get(at..at + len)
    }

    /// Bytes between the line pointers and the items.
    pub fn exact_free_space(&self) -> usize {
        self.upper().saturating_sub(self.lower())
    }

    /// Room for one more item that needs a line pointer of its own.
    pub fn free_space(&self) -> usize {
        self.exact_free_space().saturating_sub(LINE_POINTER)
    }

    /// Bytes that items still hold, each rounded up as it lies on the page.
    pub fn item_bytes(&self) -> usize {
        (1..=self.item_count())
            .filter_map(|o| self.pointer(o))
            .map(|lp| {
                if stored(lp) {
                    align8(usize::from(lp.len))
                } else {
                    0
                }
            })
            .sum()
    }

    /// The free space after a `Compact`, given the line pointers as they are.
    pub fn free_space_compacted(&self) -> usize {
        self.special()
            .saturating_sub(self.lower())
            .saturating_sub(self.item_bytes())
    }

    /// The first unused line pointer, if any.
    pub fn first_unused(&self) -> Option<u16> {
        (1..=self.item_count()).find(|o| {
            self.pointer(*o)
                .is_some_and(|lp| lp.state == LpState::Unused)
        })
    }

    pub(super) fn put_pointer(&mut self, offset: u16, lp: LinePointer) {
        let at = pointer_at(offset);
        if let Some(to) = self.bytes.get_mut(at..at + 4) {
            to.copy_from_slice(&lp.encode().to_le_bytes());
        }
    }

    pub(super) fn set_lower(&mut self, at: usize) {
        self.put_u16(AT_LOWER, at as u16);
    }

    pub(super) fn set_upper(&mut self, at: usize) {
        self.put_u16(AT_UPPER, at as u16);
    }

    pub(super) fn set_item_count(&mut self, count: u16) {
        self.set_lower(PAGE_HEADER + usize::from(count) * LINE_POINTER);
    }

    /// Puts bytes into the free space and returns where; the caller has made sure they fit.
    pub(super) fn place(&mut self, bytes: &[u8]) -> usize {
        let at = self.upper().saturating_sub(align8(bytes.len()));
        if let Some(to) = self.bytes.get_mut(at..at + bytes.len()) {
            to.copy_from_slice(bytes);
        }
        self.set_upper(at);
        at
    }

    /// Moves all items together at the end of the page, in the order of their line pointers.
    pub(super) fn compact(&mut self) {
        let old = self.clone();
        let mut upper = self.special();
        for offset in 1..=self.item_count() {
            let Some(lp) = old.pointer(offset) else {
                continue;
            };
            if !stored(lp) {
                continue;
            }
            let Some(item) = old.slice(usize::from(lp.at), usize::from(lp.len)) else {
                continue;
            };
            upper = upper.saturating_sub(align8(item.len()));
            if let Some(to) = self.bytes.get_mut(upper..upper + item.len()) {
                to.copy_from_slice(item);
            }
            self.put_pointer(
                offset,
                LinePointer {
                    at: upper as u16,
                    ..lp
                },
            );
        }
        self.set_upper(upper);
        let lower = self.lower();
        if let Some(gap) = self.bytes.get_mut(lower..upper) {
            gap.fill(0);
        }
    }
}

pub(super) fn stored(lp: LinePointer) -> bool {
    lp.len != 0 && matches!(lp.state, LpState::Normal | LpState::Dead)
}

pub(super) fn pointer_at(offset: u16) -> usize {
    PAGE_HEADER + (usize::from(offset).saturating_sub(1)) * LINE_POINTER
}
