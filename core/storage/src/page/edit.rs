//! `PageEdit`: every way in which a page can change, each with one function that does it.
//!
//! The engine applies an edit while it runs; recovery decodes the same edit from the log and calls
//! the same function. So there is no redo code beside this file, and a page rebuilt from the log has
//! the bytes of the page that was lost.
//!
//! `codec.rs` has the encoded form. Rules: an edit checks everything first and changes nothing when it does not fit;
//! applying is a function of the page and the edit alone; unused bytes on the page are kept zero
//! where an edit frees them, so that equal histories give equal bytes.

use super::slotted::stored;
use super::{
    AT_FLAGS, AT_KIND, AT_PRUNE_XID, AT_SIZE_VERSION, AT_SPECIAL, LAYOUT_VERSION, LINE_POINTER,
    LinePointer, LpState, PAGE_HEADER, PAGE_SIZE, Page, align8,
};

/// A list of offsets: given as a slice by the engine, as bytes by the log.
#[derive(Clone, Copy, Debug)]
pub enum Offsets<'a> {
    Slice(&'a [u16]),
    Encoded(&'a [u8]),
}

impl<'a> Offsets<'a> {
    pub const NONE: Offsets<'static> = Offsets::Slice(&[]);

    pub fn len(&self) -> usize {
        match self {
            Offsets::Slice(s) => s.len(),
            Offsets::Encoded(b) => b.len() / 2,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = u16> + use<'a> {
        let this = *self;
        (0..this.len()).map(move |i| match this {
            Offsets::Slice(s) => s.get(i).copied().unwrap_or(0),
            Offsets::Encoded(b) => match b.get(i * 2..i * 2 + 2) {
                Some(&[x, y]) => u16::from_le_bytes([x, y]),
                _ => 0,
            },
        })
    }
}

impl PartialEq for Offsets<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum PageEdit<'a> {
    /// Makes the page empty, whatever it was. `kind` is the access method's own number.
    Init {
        kind: u8,
        special_len: u16,
    },
    /// The whole page at once (8192 bytes); its LSN and checksum are ignored.
    Image(&'a [u8]),
    /// Overwrites bytes outside the header: the special area, or a page without line pointers.
    Bytes {
        at: u16,
        bytes: &'a [u8],
    },
    /// Adds an item. With `shift` the line pointers from `offset` on move up by one (B-tree);
    /// without, `offset` is an unused line pointer or the next free one (heap).
    InsertItem {
        offset: u16,
        bytes: &'a [u8],
        shift: bool,
    },
    /// Removes items and their line pointers; later ones move down. The space is closed.
    DeleteItems {
        from: u16,
        count: u16,
    },
    /// Gives an item other bytes, of the same or another length.
    SetItem {
        offset: u16,
        bytes: &'a [u8],
    },
    /// Overwrites bytes within an item.
    ItemBytes {
        offset: u16,
        at: u16,
        bytes: &'a [u8],
    },
    /// Sets a line pointer's state. `Redirect` takes its target from `target`; `Unused`,
    /// `Redirect` and `Dead` give up the storage (which `Compact` then closes); `Normal` is refused.
    Pointer {
        offset: u16,
        state: LpState,
        target: u16,
    },
    /// Heap pruning in one step: `redirects` is pairs (from, to), then dead, then unused, then the
    /// page is compacted and unused line pointers at the end are dropped if `truncate`.
    Prune {
        redirects: Offsets<'a>,
        dead: Offsets<'a>,
        unused: Offsets<'a>,
        truncate: bool,
    },
    /// Closes the gaps between items.
    Compact,
    /// Clears, then sets bits of the flags.
    Flags {
        clear: u8,
        set: u8,
    },
    PruneXid(u32),
    Kind(u8),
}

/// Why an edit does not fit the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EditError(pub &'static str);

type Fit = Result<(), EditError>;

fn must(cond: bool, why: &'static str) -> Fit {
    if cond { Ok(()) } else { Err(EditError(why)) }
}

impl Page {
    /// Applies one edit, or changes nothing. The LSN is not an edit's business.
    pub fn apply(&mut self, edit: &PageEdit<'_>) -> Fit {
        if !matches!(edit, PageEdit::Init { .. } | PageEdit::Image(_)) {
            must(!self.is_new(), "edit of a page that was never initialised")?;
            self.check_header().map_err(EditError)?;
        }
        match *edit {
            PageEdit::Init { kind, special_len } => self.do_init(kind, special_len),
            PageEdit::Image(bytes) => self.do_image(bytes),
            PageEdit::Bytes { at, bytes } => self.do_bytes(usize::from(at), bytes),
            PageEdit::InsertItem {
                offset,
                bytes,
                shift,
            } => self.do_insert(offset, bytes, shift),
            PageEdit::DeleteItems { from, count } => self.do_delete(from, count),
            PageEdit::SetItem { offset, bytes } => self.do_set_item(offset, bytes),
            PageEdit::ItemBytes { offset, at, bytes } => self.do_item_bytes(offset, at, bytes),
            PageEdit::Pointer {
                offset,
                state,
                target,
            } => self.do_pointer(offset, state, target),
            PageEdit::Prune {
                redirects,
                dead,
                unused,
                truncate,
            } => self.do_prune(redirects, dead, unused, truncate),
            PageEdit::Compact => {
                self.must_compact()?;
                self.compact();
                Ok(())
            }
            PageEdit::Flags { clear, set } => {
                self.bytes[AT_FLAGS] = self.bytes[AT_FLAGS] & !clear | set;
                Ok(())
            }
            PageEdit::PruneXid(xid) => {
                self.bytes[AT_PRUNE_XID..AT_PRUNE_XID + 4].copy_from_slice(&xid.to_le_bytes());
                Ok(())
            }
            PageEdit::Kind(kind) => {
                self.bytes[AT_KIND] = kind;
                Ok(())
            }
        }
    }

    fn do_init(&mut self, kind: u8, special_len: u16) -> Fit {
        let special_len = align8(usize::from(special_len));
        must(
            special_len <= PAGE_SIZE - PAGE_HEADER,
            "special area larger than the page",
        )?;
        self.bytes.fill(0);
        let special = PAGE_SIZE - special_len;
        self.set_lower(PAGE_HEADER);
        self.set_upper(special);
        self.put_u16(AT_SPECIAL, special as u16);
        self.put_u16(
            AT_SIZE_VERSION,
            PAGE_SIZE as u16 | u16::from(LAYOUT_VERSION),
        );
        self.bytes[AT_KIND] = kind;
        Ok(())
    }

    fn do_image(&mut self, bytes: &[u8]) -> Fit {
        let image = Page::from_bytes(bytes).ok_or(EditError("image is not a page long"))?;
        image.check_header().map_err(EditError)?;
        let lsn = self.lsn();
        *self = image;
        self.set_lsn(lsn);
        self.put_u16(super::AT_CHECKSUM, 0);
        Ok(())
    }

    fn do_bytes(&mut self, at: usize, bytes: &[u8]) -> Fit {
        must(at >= PAGE_HEADER, "bytes would overwrite the header")?;
        let to = self
            .bytes
            .get_mut(at..at + bytes.len())
            .ok_or(EditError("bytes past the page"))?;
        to.copy_from_slice(bytes);
        Ok(())
    }

    fn do_insert(&mut self, offset: u16, bytes: &[u8], shift: bool) -> Fit {
        let count = self.item_count();
        must(
            !bytes.is_empty() && bytes.len() < PAGE_SIZE,
            "item of impossible length",
        )?;
        must(
            offset >= 1 && offset <= count + 1,
            "no place for an item at this offset",
        )?;
        let fresh = shift || offset == count + 1;
        if !fresh {
            let unused = self
                .pointer(offset)
                .is_some_and(|lp| lp.state == LpState::Unused);
            must(unused, "line pointer is in use")?;
        }
        let need = align8(bytes.len()) + if fresh { LINE_POINTER } else { 0 };
        must(need <= self.exact_free_space(), "page is full")?;
        if fresh {
            self.set_item_count(count + 1);
            let (from, to) = (
                super::slotted::pointer_at(offset),
                self.lower() - LINE_POINTER,
            );
            self.bytes.copy_within(from..to, from + LINE_POINTER);
        }
        let at = self.place(bytes) as u16;
        let lp = LinePointer {
            at,
            len: bytes.len() as u16,
            state: LpState::Normal,
        };
        self.put_pointer(offset, lp);
        Ok(())
    }

    /// Line pointers of a damaged page may claim more than the page has.
    fn must_compact(&self) -> Fit {
        must(
            self.lower() + self.item_bytes() <= self.special(),
            "items overlap",
        )
    }

    fn do_delete(&mut self, from: u16, n: u16) -> Fit {
        let count = self.item_count();
        let end = u32::from(from) + u32::from(n);
        must(
            from >= 1 && end <= u32::from(count) + 1,
            "no such items to delete",
        )?;
        self.must_compact()?;
        let start = super::slotted::pointer_at(from);
        let after = start + usize::from(n) * LINE_POINTER;
        let lower = self.lower();
        self.bytes.copy_within(after..lower, start);
        self.set_item_count(count - n);
        self.compact();
        Ok(())
    }

    fn do_set_item(&mut self, offset: u16, bytes: &[u8]) -> Fit {
        must(
            !bytes.is_empty() && bytes.len() < PAGE_SIZE,
            "item of impossible length",
        )?;
        let lp = self
            .pointer(offset)
            .ok_or(EditError("no such item to set"))?;
        must(
            stored(lp) && self.item(offset).is_some(),
            "item to set has no storage",
        )?;
        let (old, new) = (align8(usize::from(lp.len)), align8(bytes.len()));
        if old == new {
            let at = usize::from(lp.at);
            if let Some(slot) = self.bytes.get_mut(at..at + old) {
                slot.fill(0);
                slot[..bytes.len()].copy_from_slice(bytes);
            }
            self.put_pointer(
                offset,
                LinePointer {
                    len: bytes.len() as u16,
                    ..lp
                },
            );
            return Ok(());
        }
        must(new <= self.free_space_compacted() + old, "page is full")?;
        self.must_compact()?;
        if new > self.exact_free_space() {
            self.put_pointer(offset, LinePointer { len: 0, ..lp });
            self.compact();
        }
        let at = self.place(bytes) as u16;
        self.put_pointer(
            offset,
            LinePointer {
                at,
                len: bytes.len() as u16,
                state: lp.state,
            },
        );
        Ok(())
    }

    fn do_item_bytes(&mut self, offset: u16, at: u16, bytes: &[u8]) -> Fit {
        let lp = self.pointer(offset).ok_or(EditError("no such item"))?;
        must(self.item(offset).is_some(), "item has no storage")?;
        let at = usize::from(at);
        must(
            at + bytes.len() <= usize::from(lp.len),
            "bytes past the end of the item",
        )?;
        let start = usize::from(lp.at) + at;
        if let Some(to) = self.bytes.get_mut(start..start + bytes.len()) {
            to.copy_from_slice(bytes);
        }
        Ok(())
    }

    fn do_pointer(&mut self, offset: u16, state: LpState, target: u16) -> Fit {
        must(self.pointer(offset).is_some(), "no such line pointer")?;
        must(
            state != LpState::Normal,
            "a pointer becomes normal only by getting an item",
        )?;
        let at = if state == LpState::Redirect {
            target
        } else {
            0
        };
        must(at & 0x8000 == 0, "redirect out of range")?;
        self.put_pointer(offset, LinePointer { at, len: 0, state });
        if state == LpState::Unused {
            self.bytes[AT_FLAGS] |= super::flags::HAS_FREE_LINES;
        }
        Ok(())
    }

    fn do_prune(
        &mut self,
        redirects: Offsets<'_>,
        dead: Offsets<'_>,
        unused: Offsets<'_>,
        truncate: bool,
    ) -> Fit {
        let count = self.item_count();
        must(redirects.len().is_multiple_of(2), "redirects are pairs")?;
        let all_there = [redirects, dead, unused]
            .iter()
            .all(|list| list.iter().all(|o| o >= 1 && o <= count));
        must(all_there, "pruned item is not on the page")?;
        self.must_compact()?;
        let mut pairs = redirects.iter();
        while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
            self.put_pointer(
                from,
                LinePointer {
                    at: to,
                    len: 0,
                    state: LpState::Redirect,
                },
            );
        }
        for offset in dead.iter() {
            self.put_pointer(
                offset,
                LinePointer {
                    at: 0,
                    len: 0,
                    state: LpState::Dead,
                },
            );
        }
        for offset in unused.iter() {
            self.put_pointer(offset, LinePointer::default());
        }
        if truncate {
            let mut keep = count;
            while keep > 0
                && self
                    .pointer(keep)
                    .is_some_and(|lp| lp.state == LpState::Unused)
            {
                keep -= 1;
            }
            self.set_item_count(keep);
        }
        self.compact();
        let free_lines = self.first_unused().is_some();
        let bit = super::flags::HAS_FREE_LINES;
        self.bytes[AT_FLAGS] = self.bytes[AT_FLAGS] & !bit | if free_lines { bit } else { 0 };
        Ok(())
    }
}
