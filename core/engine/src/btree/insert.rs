//! Insertion: down to the leaf; if it is full, split first, a level at a time.
//!
//! Each turn of the loop in [`BTree::insert`] is one atomic action: put the entry, split one page, or
//! complete somebody's split. So a `Need` in a later turn loses nothing: what is done is logged and
//! stays, and the next attempt finds the tree a little further on.

use super::node::{self, ENTRY_LEN_MAX, Entry, INCOMPLETE, Node, Special, corrupt};
use super::{BTree, Inserted, ROOT_BLOCK, op};
use alloc::vec::Vec;
use vitrine_storage::page::{LINE_POINTER, align8};
use vitrine_storage::{Act, PageEdit, Rmgr, Storage};
use vitrine_view::Xid;

/// The way from the root to a page.
struct Path {
    /// Blocks from the root down; the last is the page itself.
    blocks: Vec<u32>,
    /// The lowest page on the way whose split is incomplete, as a place in `blocks`.
    incomplete: Option<usize>,
}

impl BTree {
    /// Adds an entry. `Done` means it is on its leaf and logged.
    pub fn insert(
        self,
        storage: &Storage,
        xid: Xid,
        key: &[u8],
        locator: &[u8],
        payload: &[u8],
    ) -> Act<Inserted> {
        let entry = Entry {
            child: 0,
            key,
            locator,
            payload,
        };
        if entry.len() > ENTRY_LEN_MAX || locator.len() > 255 {
            return Ok(Inserted::TooLong(entry.len()));
        }
        loop {
            let path = self.descend(storage, key, locator)?;
            if let Some(at) = path.incomplete {
                self.complete_split(storage, xid, &path.blocks, at)?;
            } else if let Some(done) = self.put(storage, xid, &path, &entry)? {
                return Ok(done);
            } else {
                self.split_last(storage, xid, &path.blocks, Some((key, locator)))?;
            }
        }
    }

    /// Walks to the leaf of (key, locator), noting splits that wait for their parent.
    fn descend(self, storage: &Storage, key: &[u8], locator: &[u8]) -> Act<Path> {
        let mut path = Path {
            blocks: Vec::with_capacity(4),
            incomplete: None,
        };
        let mut block = ROOT_BLOCK;
        loop {
            let tag = self.tag(block);
            if path.blocks.len() >= BTree::LEVELS_MAX {
                return Err(corrupt(tag, "tree has a loop"));
            }
            let page = storage.pool().read(tag)?;
            let node = Node::new(tag, &page)?;
            path.blocks.push(block);
            if node.special.flags & INCOMPLETE != 0 {
                path.incomplete = Some(path.blocks.len() - 1);
                return Ok(path);
            }
            if node.is_leaf() {
                return Ok(path);
            }
            block = node.child_for(key, locator)?;
        }
    }

    /// Puts the entry on the path's leaf if there is room.
    fn put(
        self,
        storage: &Storage,
        xid: Xid,
        path: &Path,
        entry: &Entry<'_>,
    ) -> Act<Option<Inserted>> {
        let Some(tag) = path.blocks.last().map(|b| self.tag(*b)) else {
            return Ok(None);
        };
        let offset = {
            let page = storage.pool().read(tag)?;
            let node = Node::new(tag, &page)?;
            let at = node.lower_bound(entry.key, entry.locator)?;
            if at <= node.last() && node.entry(at)?.order(entry.key, entry.locator).is_eq() {
                return Ok(Some(Inserted::Present));
            }
            if !fits(&page, entry.len()) {
                return Ok(None);
            }
            at
        };
        let mut mini = storage.mini(Rmgr::BTREE, op::INSERT, xid);
        mini.pin(tag)?;
        let mut bytes = Vec::with_capacity(entry.len());
        entry.write(&mut bytes);
        mini.edit(
            tag,
            PageEdit::InsertItem {
                offset,
                bytes: &bytes,
                shift: true,
            },
        )?;
        mini.data(&offset.to_le_bytes());
        mini.finish();
        Ok(Some(Inserted::Done))
    }

    /// Gives the parent the entry that the split of `blocks[at]` left to do, or makes room for it.
    fn complete_split(self, storage: &Storage, xid: Xid, blocks: &[u32], at: usize) -> Act<()> {
        let (Some(&block), Some(above)) = (blocks.get(at), blocks.get(..at)) else {
            return Ok(());
        };
        let tag = self.tag(block);
        let mut separator = Vec::new();
        let special = {
            let page = storage.pool().read(tag)?;
            let node = Node::new(tag, &page)?;
            let high = node
                .high_key()?
                .ok_or_else(|| corrupt(tag, "split page has no high key"))?;
            Entry {
                child: node.special.right,
                payload: &[],
                ..high
            }
            .write(&mut separator);
            node.special
        };
        let Some(&parent) = above.last() else {
            return Err(corrupt(tag, "the root cannot be half split"));
        };
        let parent_tag = self.tag(parent);
        let offset = {
            let page = storage.pool().read(parent_tag)?;
            let node = Node::new(parent_tag, &page)?;
            let entry = Entry::read(&separator).ok_or_else(|| corrupt(tag, "bad high key"))?;
            let room = fits(&page, separator.len());
            if room {
                Some(node.lower_bound(entry.key, entry.locator)?)
            } else {
                None
            }
        };
        let Some(offset) = offset else {
            return self.split_last(storage, xid, above, None);
        };
        let mut mini = storage.mini(Rmgr::BTREE, op::COMPLETE_SPLIT, xid);
        mini.pin(tag)?;
        mini.pin(parent_tag)?;
        mini.edit(
            parent_tag,
            PageEdit::InsertItem {
                offset,
                bytes: &separator,
                shift: true,
            },
        )?;
        let special = Special {
            flags: special.flags & !INCOMPLETE,
            ..special
        };
        node::write_special(&mut mini, tag, special)?;
        mini.data(&special.right.to_le_bytes());
        mini.finish();
        Ok(())
    }

    /// Splits the last page of `blocks`. `incoming` is where the next entry goes, if it is known.
    fn split_last(
        self,
        storage: &Storage,
        xid: Xid,
        blocks: &[u32],
        incoming: Option<(&[u8], &[u8])>,
    ) -> Act<()> {
        match blocks.last() {
            Some(&ROOT_BLOCK) => self.split_root(storage, xid, incoming),
            Some(&block) => self.split(storage, xid, block, incoming),
            None => Ok(()),
        }
    }

    fn split(
        self,
        storage: &Storage,
        xid: Xid,
        block: u32,
        incoming: Option<(&[u8], &[u8])>,
    ) -> Act<()> {
        let tag = self.tag(block);
        let halves = {
            let page = storage.pool().read(tag)?;
            Halves::of(&Node::new(tag, &page)?, incoming)?
        };
        let mut mini = storage.mini(Rmgr::BTREE, op::SPLIT, xid);
        mini.pin(tag)?;
        let old = halves.special;
        if old.right != 0 {
            mini.pin(self.tag(old.right))?;
        }
        let right_tag = mini.new_page(self.file)?;
        let right = Special {
            left: block,
            right: old.right,
            level: old.level,
            flags: 0,
        };
        node::init(&mut mini, right_tag, right)?;
        for (i, item) in halves.right.iter().enumerate() {
            let offset = i as u16 + 1;
            mini.edit(
                right_tag,
                PageEdit::InsertItem {
                    offset,
                    bytes: item,
                    shift: true,
                },
            )?;
        }
        let count = halves.last + 1 - halves.from;
        mini.edit(
            tag,
            PageEdit::DeleteItems {
                from: halves.from,
                count,
            },
        )?;
        if old.right != 0 {
            mini.edit(
                tag,
                PageEdit::SetItem {
                    offset: 1,
                    bytes: &halves.separator,
                },
            )?;
            let next = self.tag(old.right);
            let bytes = right_tag.block.0.to_le_bytes();
            mini.edit(
                next,
                PageEdit::Bytes {
                    at: node::SPECIAL_AT,
                    bytes: &bytes,
                },
            )?;
        } else {
            let bytes = &halves.separator;
            mini.edit(
                tag,
                PageEdit::InsertItem {
                    offset: 1,
                    bytes,
                    shift: true,
                },
            )?;
        }
        let left = Special {
            right: right_tag.block.0,
            flags: old.flags | INCOMPLETE,
            ..old
        };
        node::write_special(&mut mini, tag, left)?;
        mini.data(&halves.from.to_le_bytes());
        mini.finish();
        Ok(())
    }

    /// The root's items go to two new pages; the root becomes their parent and stays where it is.
    fn split_root(self, storage: &Storage, xid: Xid, incoming: Option<(&[u8], &[u8])>) -> Act<()> {
        let root = self.tag(ROOT_BLOCK);
        let halves = {
            let page = storage.pool().read(root)?;
            Halves::of(&Node::new(root, &page)?, incoming)?
        };
        let mut mini = storage.mini(Rmgr::BTREE, op::SPLIT_ROOT, xid);
        mini.pin(root)?;
        let left = mini.new_page(self.file)?;
        let right = mini.new_page(self.file)?;
        let level = halves.special.level;
        let (l, r) = (left.block.0, right.block.0);
        node::init(
            &mut mini,
            left,
            Special {
                left: 0,
                right: r,
                level,
                flags: 0,
            },
        )?;
        let high = core::iter::once(&halves.separator);
        for (i, item) in high.chain(halves.left.iter()).enumerate() {
            let offset = i as u16 + 1;
            mini.edit(
                left,
                PageEdit::InsertItem {
                    offset,
                    bytes: item,
                    shift: true,
                },
            )?;
        }
        node::init(
            &mut mini,
            right,
            Special {
                left: l,
                right: 0,
                level,
                flags: 0,
            },
        )?;
        for (i, item) in halves.right.iter().enumerate() {
            let offset = i as u16 + 1;
            mini.edit(
                right,
                PageEdit::InsertItem {
                    offset,
                    bytes: item,
                    shift: true,
                },
            )?;
        }
        node::init(
            &mut mini,
            root,
            Special {
                left: 0,
                right: 0,
                level: level + 1,
                flags: 0,
            },
        )?;
        let mut bytes = Vec::new();
        Entry {
            child: l,
            key: &[],
            locator: &[],
            payload: &[],
        }
        .write(&mut bytes);
        mini.edit(
            root,
            PageEdit::InsertItem {
                offset: 1,
                bytes: &bytes,
                shift: true,
            },
        )?;
        let separator =
            Entry::read(&halves.separator).ok_or_else(|| corrupt(root, "bad separator"))?;
        Entry {
            child: r,
            payload: &[],
            ..separator
        }
        .write(&mut bytes);
        mini.edit(
            root,
            PageEdit::InsertItem {
                offset: 2,
                bytes: &bytes,
                shift: true,
            },
        )?;
        mini.data(&(level + 1).to_le_bytes());
        mini.finish();
        Ok(())
    }
}

/// Whether an item of `len` bytes and its line pointer fit.
fn fits(page: &vitrine_storage::Page, len: usize) -> bool {
    page.exact_free_space() >= align8(len) + LINE_POINTER
}

/// Where a full page is cut. The right half includes the old high key as its first item, if any.
struct Halves {
    special: Special,
    /// The first offset that goes right, and the last on the page.
    from: u16,
    last: u16,
    left: Vec<Vec<u8>>,
    right: Vec<Vec<u8>>,
    /// The left page's high key: the first entry that goes right, without payload and child.
    separator: Vec<u8>,
}

impl Halves {
    fn of(node: &Node<'_>, incoming: Option<(&[u8], &[u8])>) -> Act<Halves> {
        let (first, last) = (node.first(), node.last());
        if last <= first {
            return Err(corrupt(
                node.tag,
                "a page with fewer than two entries is full",
            ));
        }
        let from = Self::cut(node, incoming)?;
        let copy = |offset: u16| -> Act<Vec<u8>> {
            let item = node.page.item(offset);
            item.map(<[u8]>::to_vec)
                .ok_or_else(|| corrupt(node.tag, "unreadable entry"))
        };
        let mut left = Vec::new();
        if node.tag.block.0 == ROOT_BLOCK {
            for offset in first..from {
                left.push(copy(offset)?);
            }
        }
        let mut right = Vec::with_capacity(usize::from(last + 2 - from));
        if first == 2 {
            right.push(copy(1)?);
        }
        let mut separator = Vec::new();
        Entry {
            child: 0,
            payload: &[],
            ..node.entry(from)?
        }
        .write(&mut separator);
        for offset in from..=last {
            let mut item = copy(offset)?;
            if offset == from && !node.is_leaf() {
                // The first entry of an internal page stands for everything below the second.
                let child = node.entry(from)?.child;
                Entry {
                    child,
                    key: &[],
                    locator: &[],
                    payload: &[],
                }
                .write(&mut item);
            }
            right.push(item);
        }
        Ok(Halves {
            special: node.special,
            from,
            last,
            left,
            right,
            separator,
        })
    }

    /// The first offset that goes right: half of the bytes, except at the right edge of the tree,
    /// where entries that keep growing would leave every page half empty.
    fn cut(node: &Node<'_>, incoming: Option<(&[u8], &[u8])>) -> Act<u16> {
        let (first, last) = (node.first(), node.last());
        if let (0, Some((key, locator))) = (node.special.right, incoming)
            && node.lower_bound(key, locator)? > last
        {
            return Ok(last);
        }
        let half = node.page.item_bytes() / 2;
        let mut bytes = 0;
        for offset in first..last {
            bytes += align8(node.entry(offset)?.len());
            if bytes >= half {
                return Ok(offset + 1);
            }
        }
        Ok(last)
    }
}
