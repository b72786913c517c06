//! What a page of a B+tree holds, for `bt_metap`, `bt_page_items` and the page's picture.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BtreeMetaView {
    pub magic: u32,
    pub version: u32,
    pub root: u32,
}

/// One item. `child` is 0 in leaves; `key` and `locator` are memcomparable bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BtreeItemView {
    pub offset: u16,
    pub len: u16,
    pub child: u32,
    pub is_high_key: bool,
    pub key: Vec<u8>,
    pub locator: Vec<u8>,
    pub payload: Vec<u8>,
}

/// A page of the tree; 0 as a neighbour means none.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BtreePageView {
    pub left: u32,
    pub right: u32,
    pub level: u16,
    pub is_split_incomplete: bool,
    pub items: Vec<BtreeItemView>,
}
