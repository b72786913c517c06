//! A heap page for people: `heap_page_items` and the room of versions.

use super::tuple::{Header, Item, item};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::tuple::{HEADER_LEN, TupleHeader, infomask as im, infomask2 as im2};
use vitrine_storage::page::{Page, flags};
use vitrine_view::{HeapPageView, PageTag, TupleView};

const MASK_NAMES: [(u16, &str); 14] = [
    (im::HAS_NULL, "HEAP_HASNULL"),
    (im::HAS_VARWIDTH, "HEAP_HASVARWIDTH"),
    (im::HAS_EXTERNAL, "HEAP_HASEXTERNAL"),
    (im::XMAX_KEYSHR_LOCK, "HEAP_XMAX_KEYSHR_LOCK"),
    (im::COMBO_CID, "HEAP_COMBOCID"),
    (im::XMAX_EXCL_LOCK, "HEAP_XMAX_EXCL_LOCK"),
    (im::XMAX_LOCK_ONLY, "HEAP_XMAX_LOCK_ONLY"),
    (im::XMIN_COMMITTED, "HEAP_XMIN_COMMITTED"),
    (im::XMIN_INVALID, "HEAP_XMIN_INVALID"),
    (im::XMAX_COMMITTED, "HEAP_XMAX_COMMITTED"),
    (im::XMAX_INVALID, "HEAP_XMAX_INVALID"),
    (im::XMAX_IS_MULTI, "HEAP_XMAX_IS_MULTI"),
    (im::UPDATED, "HEAP_UPDATED"),
    (im::MOVED_OFF, "HEAP_MOVED_OFF"),
];

const MASK2_NAMES: [(u16, &str); 3] = [
    (im2::KEYS_UPDATED, "HEAP_KEYS_UPDATED"),
    (im2::HOT_UPDATED, "HEAP_HOT_UPDATED"),
    (im2::ONLY_TUPLE, "HEAP_ONLY_TUPLE"),
];

/// The names of the bits set in both masks.
pub fn flag_names(infomask: u16, infomask2: u16) -> Vec<String> {
    let first = MASK_NAMES.iter().filter(|(bit, _)| infomask & bit != 0);
    let second = MASK2_NAMES.iter().filter(|(bit, _)| infomask2 & bit != 0);
    first
        .chain(second)
        .map(|(_, name)| name.to_string())
        .collect()
}

pub fn page_view(page: &Page, tag: PageTag) -> HeapPageView {
    let tuples = (1..=page.item_count()).filter_map(|offset| tuple_view(page, tag, offset));
    HeapPageView {
        tag,
        lsn: page.lsn(),
        free_bytes: page.free_space() as u16,
        all_visible: page.flags() & flags::ALL_VISIBLE != 0,
        prune_xid: page.prune_xid(),
        tuples: tuples.collect(),
    }
}

fn tuple_view(page: &Page, tag: PageTag, offset: u16) -> Option<TupleView> {
    let lp = page.pointer(offset)?;
    let mut view = TupleView {
        lp: offset,
        lp_off: lp.at,
        lp_flags: lp.state as u8,
        lp_len: lp.len,
        ..TupleView::default()
    };
    if let Ok(Item::Tuple(h, bytes)) = item(page, tag, offset) {
        view.t_xmin = Some(h.xmin);
        view.t_xmax = Some(h.xmax);
        view.t_field3 = Some(h.cid);
        view.t_ctid = Some(h.ctid());
        view.t_infomask2 = Some(h.infomask2);
        view.t_infomask = Some(h.infomask);
        view.t_hoff = Some(h.hoff);
        view.t_bits = null_bits(&h, bytes);
        view.t_data = bytes.get(usize::from(h.hoff)..).map(<[u8]>::to_vec);
        view.flags = flag_names(h.infomask, h.infomask2);
    }
    Some(view)
}

/// The null bitmap as PostgreSQL prints it: one digit an attribute, padded to whole bytes.
fn null_bits(h: &TupleHeader, bytes: &[u8]) -> Option<String> {
    if !h.has_nulls() {
        return None;
    }
    let len = h.natts().div_ceil(8);
    let map = bytes.get(HEADER_LEN..HEADER_LEN + len)?;
    let digits = |b: &u8| -> String {
        (0..8)
            .map(|i| if b >> i & 1 == 1 { '1' } else { '0' })
            .collect()
    };
    Some(map.iter().map(digits).collect())
}
