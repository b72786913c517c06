//! What a page of the tree says, for `bt_metap`, `bt_page_items` and the page's picture.

use super::node::{INCOMPLETE, META_MAGIC, Node};
use super::{KIND_META, META_BLOCK};
use alloc::vec::Vec;
use vitrine_storage::{Act, Page};
use vitrine_view::{BtreeItemView, BtreeMetaView, BtreePageView, PageTag};

/// The metapage's fields; `None` if the page is not one.
pub fn metapage(page: &Page) -> Option<BtreeMetaView> {
    let word = |at: usize| -> Option<u32> {
        page.special_bytes()
            .get(at..at + 4)?
            .try_into()
            .ok()
            .map(u32::from_le_bytes)
    };
    if page.kind() != KIND_META || word(0)? != META_MAGIC {
        return None;
    }
    Some(BtreeMetaView {
        magic: META_MAGIC,
        version: word(4)?,
        root: word(8)?,
    })
}

/// Every item of a page, high key included.
pub fn items(tag: PageTag, page: &Page) -> Act<BtreePageView> {
    if tag.block.0 == META_BLOCK {
        return Ok(BtreePageView::default());
    }
    let node = Node::new(tag, page)?;
    let mut items = Vec::new();
    for offset in 1..=node.last() {
        let e = node.entry(offset)?;
        items.push(BtreeItemView {
            offset,
            len: e.len() as u16,
            child: e.child,
            is_high_key: offset < node.first(),
            key: e.key.to_vec(),
            locator: e.locator.to_vec(),
            payload: e.payload.to_vec(),
        });
    }
    Ok(BtreePageView {
        left: node.special.left,
        right: node.special.right,
        level: node.special.level,
        is_split_incomplete: node.special.flags & INCOMPLETE != 0,
        items,
    })
}
