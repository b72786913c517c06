//! One page of the tree: entries, special area, search.
//!
//! ```text
//!  entry:    0      4         6          7      8
//!            | child| key_len | loc_len  | zero | key … | locator … | payload … |
//!            child is 0 in leaves; payload only in leaves
//!  special:  0     4      8      10     12
//!            | left| right| level| flags| zero |          block 0 as a link means none
//! ```
//!
//! Items: the high key first, unless the page is the last of its level; then the entries in order.
//! The first entry of an internal page has an empty key and locator: below everything.

use super::{BTree, KIND_INTERNAL, KIND_LEAF};
use alloc::vec::Vec;
use core::cmp::Ordering;
use vitrine_storage::{Act, Mini, PAGE_SIZE, Page, PageEdit, Stop, StorageError};
use vitrine_view::PageTag;

/// The longest entry, head included: a page must hold a high key and two more.
pub const ENTRY_LEN_MAX: usize = 2704;
pub(super) const HEAD: usize = 8;
pub(super) const SPECIAL_LEN: u16 = 16;
pub(super) const SPECIAL_AT: u16 = (PAGE_SIZE - 16) as u16;
pub(super) const META_MAGIC: u32 = 0x5654_4254;

/// The left page of a split whose right page has no entry in the parent yet.
pub(super) const INCOMPLETE: u16 = 1;

pub(super) fn corrupt(tag: PageTag, why: &'static str) -> Stop {
    Stop::Err(StorageError::Corrupt { tag, why })
}

/// An entry as it lies on a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    pub child: u32,
    pub key: &'a [u8],
    pub locator: &'a [u8],
    pub payload: &'a [u8],
}

impl<'a> Entry<'a> {
    pub fn read(bytes: &'a [u8]) -> Option<Entry<'a>> {
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let &[c0, c1, c2, c3, k0, k1, loc_len, _] = head else {
            return None;
        };
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([k0, k1])))?;
        let (locator, payload) = rest.split_at_checked(usize::from(loc_len))?;
        Some(Entry {
            child: u32::from_le_bytes([c0, c1, c2, c3]),
            key,
            locator,
            payload,
        })
    }

    pub fn len(&self) -> usize {
        HEAD + self.key.len() + self.locator.len() + self.payload.len()
    }

    pub fn is_empty(&self) -> bool {
        self.key.is_empty() && self.locator.is_empty()
    }

    /// The caller has checked the length against [`ENTRY_LEN_MAX`], which fits the fields.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.child.to_le_bytes());
        out.extend_from_slice(&(self.key.len() as u16).to_le_bytes());
        out.extend_from_slice(&[self.locator.len() as u8, 0]);
        out.extend_from_slice(self.key);
        out.extend_from_slice(self.locator);
        out.extend_from_slice(self.payload);
    }

    pub fn order(&self, key: &[u8], locator: &[u8]) -> Ordering {
        self.key.cmp(key).then_with(|| self.locator.cmp(locator))
    }
}

/// The special area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Special {
    pub left: u32,
    pub right: u32,
    pub level: u16,
    pub flags: u16,
}

impl Special {
    pub fn leaf_root() -> Special {
        Special {
            left: 0,
            right: 0,
            level: 0,
            flags: 0,
        }
    }

    pub fn read(page: &Page) -> Option<Special> {
        let s = page.special_bytes().get(..12)?;
        let word = |at: usize| s.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let last = word(8)?;
        Some(Special {
            left: word(0)?,
            right: word(4)?,
            level: last as u16,
            flags: (last >> 16) as u16,
        })
    }

    pub fn bytes(self) -> [u8; 16] {
        let mut b = [0; 16];
        b[..4].copy_from_slice(&self.left.to_le_bytes());
        b[4..8].copy_from_slice(&self.right.to_le_bytes());
        b[8..10].copy_from_slice(&self.level.to_le_bytes());
        b[10..12].copy_from_slice(&self.flags.to_le_bytes());
        b
    }

    pub fn kind(self) -> u8 {
        if self.level == 0 {
            KIND_LEAF
        } else {
            KIND_INTERNAL
        }
    }
}

/// Makes `tag` an empty page of the tree.
pub(super) fn init(mini: &mut Mini<'_>, tag: PageTag, special: Special) -> Act<()> {
    mini.edit(
        tag,
        PageEdit::Init {
            kind: special.kind(),
            special_len: SPECIAL_LEN,
        },
    )?;
    write_special(mini, tag, special)
}

pub(super) fn write_special(mini: &mut Mini<'_>, tag: PageTag, special: Special) -> Act<()> {
    mini.edit(
        tag,
        PageEdit::Bytes {
            at: SPECIAL_AT,
            bytes: &special.bytes(),
        },
    )
}

/// A page of the tree, read with care.
pub(super) struct Node<'a> {
    pub tag: PageTag,
    pub page: &'a Page,
    pub special: Special,
}

impl<'a> Node<'a> {
    pub fn new(tag: PageTag, page: &'a Page) -> Act<Node<'a>> {
        let special = Special::read(page).ok_or_else(|| corrupt(tag, "not a page of a B-tree"))?;
        if page.kind() != special.kind() {
            return Err(corrupt(tag, "page kind and tree level disagree"));
        }
        Ok(Node { tag, page, special })
    }

    pub fn is_leaf(&self) -> bool {
        self.special.level == 0
    }

    /// The offset of the first entry: 2 where a high key comes first.
    pub fn first(&self) -> u16 {
        if self.special.right == 0 { 1 } else { 2 }
    }

    pub fn last(&self) -> u16 {
        self.page.item_count()
    }

    pub fn entry(&self, offset: u16) -> Act<Entry<'a>> {
        self.page
            .item(offset)
            .and_then(Entry::read)
            .ok_or_else(|| corrupt(self.tag, "unreadable entry"))
    }

    pub fn high_key(&self) -> Act<Option<Entry<'a>>> {
        if self.special.right == 0 {
            Ok(None)
        } else {
            self.entry(1).map(Some)
        }
    }

    /// Whether (key, locator) belongs on a page further right.
    pub fn is_beyond(&self, key: &[u8], locator: &[u8]) -> Act<bool> {
        Ok(match self.high_key()? {
            Some(high) => high.order(key, locator) != Ordering::Greater,
            None => false,
        })
    }

    /// The offset of the first entry not below (key, locator); one past the last if there is none.
    pub fn lower_bound(&self, key: &[u8], locator: &[u8]) -> Act<u16> {
        let (mut from, mut to) = (self.first(), self.last() + 1);
        while from < to {
            let middle = from + (to - from) / 2;
            if self.entry(middle)?.order(key, locator) == Ordering::Less {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        Ok(from)
    }

    /// The child under which (key, locator) lies.
    pub fn child_for(&self, key: &[u8], locator: &[u8]) -> Act<u32> {
        let at = self.lower_bound(key, locator)?;
        let exact = at <= self.last() && self.entry(at)?.order(key, locator) == Ordering::Equal;
        let at = if exact { at } else { at.saturating_sub(1) };
        if at < self.first() {
            return Err(corrupt(self.tag, "no entry below the key"));
        }
        let child = self.entry(at)?.child;
        if child == 0 {
            Err(corrupt(self.tag, "entry without a child"))
        } else {
            Ok(child)
        }
    }
}

impl BTree {
    /// Guards against loops in a damaged tree: no tree of 2³² pages is this high.
    pub(super) const LEVELS_MAX: usize = 32;
}
