//! Removal of entries: one, when an insertion is taken back, or a page's dead ones for VACUUM.
//!
//! Emptied leaves stay in place (rule 4 of the room); a later insertion fills them again.

use super::node::{Node, Special};
use super::{BTree, KIND_LEAF, op};
use crate::access::KeyRange;
use crate::btree::{Cursor, Entries};
use alloc::vec::Vec;
use vitrine_storage::{Act, PageEdit, Rmgr, Storage};
use vitrine_view::Xid;

impl BTree {
    /// Removes one entry. `Ok(false)`: there is none.
    pub fn delete(self, storage: &Storage, xid: Xid, key: &[u8], locator: &[u8]) -> Act<bool> {
        let mut block = self.leaf_block(storage, key, locator)?;
        while let Some(at) = block {
            let tag = self.tag(at);
            let (found, right) = {
                let page = storage.pool().read(tag)?;
                let node = Node::new(tag, &page)?;
                let at = node.lower_bound(key, locator)?;
                let here = at <= node.last() && node.entry(at)?.order(key, locator).is_eq();
                let go_right = !here && node.is_beyond(key, locator)?;
                (here.then_some(at), go_right.then_some(node.special.right))
            };
            if let Some(from) = found {
                let mut mini = storage.mini(Rmgr::BTREE, op::DELETE, xid);
                mini.pin(tag)?;
                mini.edit(tag, PageEdit::DeleteItems { from, count: 1 })?;
                mini.data(&from.to_le_bytes());
                mini.finish();
                return Ok(true);
            }
            block = right;
        }
        Ok(false)
    }

    fn leaf_block(self, storage: &Storage, key: &[u8], locator: &[u8]) -> Act<Option<u32>> {
        let mut block = super::ROOT_BLOCK;
        for _ in 0..BTree::LEVELS_MAX {
            let tag = self.tag(block);
            let page = storage.pool().read(tag)?;
            let node = Node::new(tag, &page)?;
            if node.is_beyond(key, locator)? {
                block = node.special.right;
            } else if node.is_leaf() {
                return Ok(Some(block));
            } else {
                block = node.child_for(key, locator)?;
            }
        }
        Ok(None)
    }

    /// Removes from one page the leaf entries that `is_dead` names by their locator; how many.
    /// Pages that are no leaves are left alone, so VACUUM may walk the file in block order.
    pub fn vacuum_page(
        self,
        storage: &Storage,
        block: u32,
        is_dead: &dyn Fn(&[u8]) -> bool,
    ) -> Act<usize> {
        let tag = self.tag(block);
        let mut dead = Vec::new();
        {
            let page = storage.pool().read(tag)?;
            if page.kind() != KIND_LEAF || Special::read(&page).is_none() {
                return Ok(0);
            }
            let node = Node::new(tag, &page)?;
            for offset in node.first()..=node.last() {
                if is_dead(node.entry(offset)?.locator) {
                    dead.push(offset);
                }
            }
        }
        if dead.is_empty() {
            return Ok(0);
        }
        let mut mini = storage.mini(Rmgr::BTREE, op::VACUUM, Xid::INVALID);
        mini.pin(tag)?;
        // From the end, so that earlier offsets keep their meaning.
        for offset in dead.iter().rev() {
            mini.edit(
                tag,
                PageEdit::DeleteItems {
                    from: *offset,
                    count: 1,
                },
            )?;
        }
        mini.data(&(dead.len() as u16).to_le_bytes());
        mini.finish();
        Ok(dead.len())
    }

    /// Whether the tree holds no entry at all.
    pub fn is_empty(self, storage: &Storage) -> Act<bool> {
        let (mut cursor, mut out) = (Cursor::new(KeyRange::all(), false), Entries::default());
        while self.scan_page(storage, &mut cursor, &mut out)? {
            if !out.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
