//! Scans: a page's matching entries are copied out, then the cursor keeps a block number.
//!
//! That is enough because entries only ever move right and pages are never unlinked (rule 4):
//! - Forward, the page on the right of the one just read holds what comes next, whatever has split.
//! - Backward, the page that was on the left may have split since; then the page wanted is the one
//!   whose right link leads back to where the cursor stood, found by walking right.
//! - A leaf that was the root and has split since was the only leaf: nothing was left to read.

use super::node::{Node, corrupt};
use super::{BTree, ROOT_BLOCK};
use crate::access::KeyRange;
use alloc::vec::Vec;
use vitrine_storage::{Act, Storage};

/// A place in a scan. `None` in `at` before the first step.
#[derive(Clone)]
pub struct Cursor {
    range: KeyRange,
    backward: bool,
    at: Option<Place>,
}

#[derive(Clone, Copy)]
enum Place {
    /// Read this leaf next; for backward scans, `came_from` is the leaf on its right.
    Leaf {
        block: u32,
        came_from: u32,
    },
    End,
}

/// Entries copied from pages, in the order of the scan.
#[derive(Default)]
pub struct Entries {
    bytes: Vec<u8>,
    /// For each entry: start, end of key, end of locator, end of payload.
    ends: Vec<[u32; 4]>,
}

impl Entries {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// (key, locator, payload) of the `i`th entry.
    pub fn get(&self, i: usize) -> Option<(&[u8], &[u8], &[u8])> {
        let [start, key, locator, payload] = self.ends.get(i)?.map(|n| n as usize);
        Some((
            self.bytes.get(start..key)?,
            self.bytes.get(key..locator)?,
            self.bytes.get(locator..payload)?,
        ))
    }

    fn push(&mut self, key: &[u8], locator: &[u8], payload: &[u8]) {
        let start = self.bytes.len();
        for part in [key, locator, payload] {
            self.bytes.extend_from_slice(part);
        }
        let (key_end, locator_end) = (start + key.len(), start + key.len() + locator.len());
        self.ends
            .push([start, key_end, locator_end, self.bytes.len()].map(|n| n as u32));
    }
}

impl Cursor {
    pub fn new(range: KeyRange, backward: bool) -> Cursor {
        Cursor {
            range,
            backward,
            at: None,
        }
    }

    pub fn rewind(&mut self) {
        self.at = None;
    }

    pub fn rescan(&mut self, range: KeyRange) {
        self.range = range;
        self.at = None;
    }
}

impl BTree {
    /// Appends one leaf's matching entries to `out` and moves on. `Ok(false)`: the scan is over, and
    /// nothing was added. A leaf may have no match, so an unchanged `out` says nothing.
    pub fn scan_page(self, storage: &Storage, cursor: &mut Cursor, out: &mut Entries) -> Act<bool> {
        let (block, came_from) = match cursor.at {
            Some(Place::End) => return Ok(false),
            Some(Place::Leaf { block, came_from }) => (block, came_from),
            None => (self.first_leaf(storage, cursor)?, 0),
        };
        let block = if cursor.backward && came_from != 0 {
            self.left_of(storage, block, came_from)?
        } else {
            block
        };
        let tag = self.tag(block);
        let page = storage.pool().read(tag)?;
        let node = Node::new(tag, &page)?;
        let from = node.lower_bound(&cursor.range.from, &[])?;
        let to = match &cursor.range.to {
            Some(to) => node.lower_bound(to, &[])?,
            None => node.last() + 1,
        };
        let next = if cursor.backward {
            for offset in (from..to).rev() {
                let e = node.entry(offset)?;
                out.push(e.key, e.locator, e.payload);
            }
            if from > node.first() {
                0
            } else {
                node.special.left
            }
        } else {
            for offset in from..to {
                let e = node.entry(offset)?;
                out.push(e.key, e.locator, e.payload);
            }
            if to <= node.last() {
                0
            } else {
                node.special.right
            }
        };
        cursor.at = Some(match next {
            0 => Place::End,
            next => Place::Leaf {
                block: next,
                came_from: block,
            },
        });
        Ok(true)
    }

    /// The locators of all entries whose key is exactly `key`.
    pub fn equal_keys(self, storage: &Storage, key: &[u8], out: &mut Entries) -> Act<()> {
        let mut block = self.leaf_for(storage, key)?;
        loop {
            let tag = self.tag(block);
            let page = storage.pool().read(tag)?;
            let node = Node::new(tag, &page)?;
            let from = node.lower_bound(key, &[])?;
            for offset in from..=node.last() {
                let e = node.entry(offset)?;
                if e.key != key {
                    return Ok(());
                }
                out.push(e.key, e.locator, e.payload);
            }
            if node.special.right == 0 {
                return Ok(());
            }
            block = node.special.right;
        }
    }

    fn first_leaf(self, storage: &Storage, cursor: &Cursor) -> Act<u32> {
        if !cursor.backward {
            return self.leaf_for(storage, &cursor.range.from);
        }
        match &cursor.range.to {
            Some(to) => self.leaf_for(storage, to),
            None => self.last_leaf(storage),
        }
    }

    /// The leaf where entries with keys from `key` on begin.
    fn leaf_for(self, storage: &Storage, key: &[u8]) -> Act<u32> {
        self.walk_down(storage, |node| {
            if node.is_beyond(key, &[])? {
                return Ok(Step::Right(node.special.right));
            }
            Ok(if node.is_leaf() {
                Step::Here
            } else {
                Step::Down(node.child_for(key, &[])?)
            })
        })
    }

    fn last_leaf(self, storage: &Storage) -> Act<u32> {
        self.walk_down(storage, |node| {
            if node.special.right != 0 {
                return Ok(Step::Right(node.special.right));
            }
            Ok(if node.is_leaf() {
                Step::Here
            } else {
                Step::Down(node.entry(node.last())?.child)
            })
        })
    }

    fn walk_down(self, storage: &Storage, step: impl Fn(&Node<'_>) -> Act<Step>) -> Act<u32> {
        let mut block = ROOT_BLOCK;
        let mut levels = 0;
        loop {
            let tag = self.tag(block);
            let page = storage.pool().read(tag)?;
            match step(&Node::new(tag, &page)?)? {
                Step::Here => return Ok(block),
                Step::Right(next) => block = next,
                Step::Down(child) => {
                    levels += 1;
                    if levels > BTree::LEVELS_MAX || child == 0 {
                        return Err(corrupt(tag, "tree has a loop"));
                    }
                    block = child;
                }
            }
        }
    }

    /// The leaf whose right neighbour is `came_from`, at or right of `block`.
    fn left_of(self, storage: &Storage, block: u32, came_from: u32) -> Act<u32> {
        let mut at = block;
        loop {
            let tag = self.tag(at);
            let page = storage.pool().read(tag)?;
            let right = Node::new(tag, &page)?.special.right;
            if right == came_from {
                return Ok(at);
            }
            if right == 0 {
                return Err(corrupt(tag, "left and right links disagree"));
            }
            at = right;
        }
    }
}

enum Step {
    Here,
    Right(u32),
    Down(u32),
}
