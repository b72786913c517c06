//! Bulk build: entries given in order are packed into leaves left to right, then each level above.
//!
//! One log record for each page written. Pages are filled to [`FILL_PERCENT`], so that the first
//! insertions afterwards do not split every page. Until [`Builder::finish`] has put the last level
//! into the root, a reader of the file sees an empty tree.

use super::node::{self, Entry, Special, corrupt};
use super::{BTree, ROOT_BLOCK, op};
use alloc::vec::Vec;
use vitrine_storage::page::{LINE_POINTER, PAGE_HEADER, align8};
use vitrine_storage::{Act, PAGE_SIZE, PageEdit, Rmgr, Storage};
use vitrine_view::Xid;

/// How full leaves are left, as in PostgreSQL.
pub const FILL_PERCENT: usize = 90;
const ROOM: usize = PAGE_SIZE - PAGE_HEADER - node::SPECIAL_LEN as usize;

/// A build under way. A call that answers `Need` is made again with the same entry.
pub struct Builder {
    tree: BTree,
    xid: Xid,
    levels: Vec<Level>,
}

/// The page being filled on one level. It is written once the page after it is known.
#[derive(Default)]
struct Level {
    items: Vec<Vec<u8>>,
    bytes: usize,
    /// The block this page will have; 0 until one is taken.
    block: u32,
    left: u32,
}

impl Builder {
    /// `tree` has just been created and is empty.
    pub fn new(tree: BTree, xid: Xid) -> Builder {
        Builder {
            tree,
            xid,
            levels: Vec::new(),
        }
    }

    /// Adds the next entry; keys do not decrease and (key, locator) increases. `Ok(false)`: too long.
    pub fn push(
        &mut self,
        storage: &Storage,
        key: &[u8],
        locator: &[u8],
        payload: &[u8],
    ) -> Act<bool> {
        let entry = Entry {
            child: 0,
            key,
            locator,
            payload,
        };
        if entry.len() > node::ENTRY_LEN_MAX || locator.len() > 255 {
            return Ok(false);
        }
        self.make_room(storage, 0, &entry)?;
        self.add(0, &entry);
        Ok(true)
    }

    /// Writes the pages that are still open and makes the top one the root.
    pub fn finish(&mut self, storage: &Storage) -> Act<()> {
        let mut at = 0;
        while at < self.levels.len() {
            let is_done = self.levels.get(at).is_some_and(|l| l.items.is_empty());
            if is_done {
                at += 1;
                continue;
            }
            if at + 1 == self.levels.len() && self.levels.get(at).is_some_and(|l| l.block == 0) {
                self.write_root(storage, at)?;
                self.levels.clear();
                return Ok(());
            }
            self.close(storage, at, None)?;
            at += 1;
        }
        Ok(())
    }

    /// Writes the open page of `level` if `entry` does not fit it.
    fn make_room(&mut self, storage: &Storage, level: usize, entry: &Entry<'_>) -> Act<()> {
        let Some(open) = self.levels.get(level) else {
            return Ok(());
        };
        let (need, room) = (cost(entry.len()), ROOM * FILL_PERCENT / 100);
        // The page also gets a high key, which is at most as long as this entry.
        if open.items.len() < 2 || open.bytes + 2 * need <= room.max(3 * need) {
            return Ok(());
        }
        self.close(storage, level, Some(entry))
    }

    fn add(&mut self, level: usize, entry: &Entry<'_>) {
        if self.levels.len() == level {
            self.levels.push(Level::default());
        }
        if let Some(open) = self.levels.get_mut(level) {
            let mut item = Vec::with_capacity(entry.len());
            entry.write(&mut item);
            open.bytes += cost(item.len());
            open.items.push(item);
        }
    }

    /// Writes the open page of `level`; `next` is the first entry of the page after it, if any.
    /// The page's own entry goes to the level above first, and so may close a page there.
    fn close(&mut self, storage: &Storage, level: usize, next: Option<&Entry<'_>>) -> Act<()> {
        let Some(open) = self.levels.get(level) else {
            return Ok(());
        };
        let (is_first, left) = (open.block == 0, open.left);
        let first = open.items.first().cloned().unwrap_or_default();
        // Room above is made before anything here changes: a `Need` there repeats the whole call.
        let up = Entry::read(&first).ok_or_else(|| corrupt(self.tree.tag(0), "bad build entry"))?;
        let up = Entry { payload: &[], ..up };
        self.make_room(storage, level + 1, &up)?;
        let mut mini = storage.mini(Rmgr::BTREE, op::BUILD, self.xid);
        let block = match self.levels.get(level).map(|l| l.block) {
            Some(0) | None => mini.new_page(self.tree.file)?,
            Some(block) => {
                let tag = self.tree.tag(block);
                mini.pin(tag)?;
                tag
            }
        };
        let right = match next {
            Some(_) => mini.new_page(self.tree.file)?.block.0,
            None => 0,
        };
        if right != 0 {
            // Initialised at once, so that the file never has a page nobody made.
            let empty = Special {
                left: 0,
                right: 0,
                level: level as u16,
                flags: 0,
            };
            node::init(&mut mini, self.tree.tag(right), empty)?;
        }
        let special = Special {
            left,
            right,
            level: level as u16,
            flags: 0,
        };
        node::init(&mut mini, block, special)?;
        let items = self
            .levels
            .get(level)
            .map(|l| l.items.as_slice())
            .unwrap_or(&[]);
        let mut offset = 1;
        if let Some(next) = next {
            let mut high = Vec::new();
            Entry {
                child: 0,
                payload: &[],
                ..*next
            }
            .write(&mut high);
            mini.edit(
                block,
                PageEdit::InsertItem {
                    offset,
                    bytes: &high,
                    shift: true,
                },
            )?;
            offset += 1;
        }
        for item in items {
            mini.edit(
                block,
                PageEdit::InsertItem {
                    offset,
                    bytes: item,
                    shift: true,
                },
            )?;
            offset += 1;
        }
        mini.data(&(level as u16).to_le_bytes());
        mini.finish();
        let is_leftmost = is_first && self.levels.len() == level + 1;
        let up = if is_leftmost {
            Entry {
                key: &[],
                locator: &[],
                ..up
            }
        } else {
            up
        };
        self.add(
            level + 1,
            &Entry {
                child: block.block.0,
                ..up
            },
        );
        if let Some(open) = self.levels.get_mut(level) {
            *open = Level {
                items: Vec::new(),
                bytes: 0,
                block: right,
                left: block.block.0,
            };
        }
        Ok(())
    }

    fn write_root(&mut self, storage: &Storage, level: usize) -> Act<()> {
        let root = self.tree.tag(ROOT_BLOCK);
        let items = self
            .levels
            .get(level)
            .map(|l| l.items.as_slice())
            .unwrap_or(&[]);
        let mut mini = storage.mini(Rmgr::BTREE, op::BUILD, self.xid);
        mini.pin(root)?;
        let special = Special {
            left: 0,
            right: 0,
            level: level as u16,
            flags: 0,
        };
        node::init(&mut mini, root, special)?;
        for (i, item) in items.iter().enumerate() {
            let offset = i as u16 + 1;
            mini.edit(
                root,
                PageEdit::InsertItem {
                    offset,
                    bytes: item,
                    shift: true,
                },
            )?;
        }
        mini.data(&(level as u16).to_le_bytes());
        mini.finish();
        Ok(())
    }
}

fn cost(len: usize) -> usize {
    align8(len) + LINE_POINTER
}
