//! `check`: what must hold of a whole tree, one page at a time, as `amcheck` does for PostgreSQL.
//!
//! 1. Entries on a page are in strict order and below its high key.
//! 2. Neighbours link to each other, and a page's entries are not below its left neighbour's.
//! 3. Levels fall by one from parent to child; the leftmost page of each level is reached by
//!    first children; a page to the right has a parent's entry unless its left split is incomplete.
//! 4. The walk ends: no block is met twice.

use super::node::{INCOMPLETE, Node};
use super::{BTree, ROOT_BLOCK};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_storage::{Result, Storage};

/// What `check` learns of one page.
struct Seen {
    left: u32,
    right: u32,
    level: u16,
    incomplete: bool,
    children: Vec<u32>,
    last: Option<(Vec<u8>, Vec<u8>)>,
    first: Option<(Vec<u8>, Vec<u8>)>,
    faults: Vec<String>,
}

impl BTree {
    /// Walks every level. Gives the number of leaf entries, and what is wrong in words.
    pub async fn check(self, storage: &Storage) -> Result<(usize, Vec<String>)> {
        let (mut faults, mut entries) = (Vec::new(), 0);
        let mut seen = BTreeSet::new();
        let mut leftmost = ROOT_BLOCK;
        let mut expected: Option<Vec<u32>> = None;
        loop {
            let (mut block, mut before) = (leftmost, 0);
            let (mut below, mut next_leftmost) = (Vec::new(), None);
            let (mut level_blocks, mut incomplete) = (Vec::new(), false);
            let mut last: Option<(Vec<u8>, Vec<u8>)> = None;
            while block != 0 {
                if !seen.insert(block) {
                    faults.push(format!("block {block} is met twice"));
                    return Ok((entries, faults));
                }
                let page = self.look(storage, block).await?;
                faults.extend(
                    page.faults
                        .into_iter()
                        .map(|f| format!("block {block}: {f}")),
                );
                if page.left != before {
                    faults.push(format!(
                        "block {block}: left link {} not {before}",
                        page.left
                    ));
                }
                if let (Some(a), Some(b)) = (&last, &page.first)
                    && a >= b
                {
                    faults.push(format!(
                        "block {block}: begins below its left neighbour's end"
                    ));
                }
                if !incomplete {
                    level_blocks.push(block);
                }
                incomplete = page.incomplete;
                last = page.last.or(last);
                if page.level == 0 {
                    entries += page.children.len();
                } else {
                    next_leftmost = next_leftmost.or(page.children.first().copied());
                    below.extend(page.children);
                }
                (before, block) = (block, page.right);
            }
            if expected.is_some_and(|e| e != level_blocks) {
                faults.push(format!(
                    "level of block {leftmost}: parents name other pages"
                ));
            }
            match next_leftmost {
                Some(next) => leftmost = next,
                None => return Ok((entries, faults)),
            }
            expected = Some(below);
        }
    }

    async fn look(self, storage: &Storage, block: u32) -> Result<Seen> {
        let tag = self.tag(block);
        storage
            .act(|s| {
                let page = s.pool().read(tag)?;
                let node = Node::new(tag, &page)?;
                let mut faults = Vec::new();
                let (mut children, mut first) = (Vec::new(), None);
                let mut last: Option<(Vec<u8>, Vec<u8>)> = None;
                let high = node.high_key()?;
                for offset in node.first()..=node.last() {
                    let e = node.entry(offset)?;
                    if let Some((key, locator)) = &last
                        && e.order(key, locator).is_le()
                    {
                        faults.push(format!("entry {offset} is out of order"));
                    }
                    if high.is_some_and(|h| e.order(h.key, h.locator).is_ge()) {
                        faults.push(format!("entry {offset} is not below the high key"));
                    }
                    let place = (e.key.to_vec(), e.locator.to_vec());
                    if !e.is_empty() || node.is_leaf() {
                        first = first.or(Some(place.clone()));
                        last = Some(place);
                    }
                    children.push(e.child);
                }
                Ok(Seen {
                    left: node.special.left,
                    right: node.special.right,
                    level: node.special.level,
                    incomplete: node.special.flags & INCOMPLETE != 0,
                    children,
                    last,
                    first,
                    faults,
                })
            })
            .await
    }
}
