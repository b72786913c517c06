//! A page for people: header fields and line pointers, whatever state the page is in.

use super::Page;
use alloc::string::String;
use vitrine_view::{ItemView, PageTag, PageView};

/// The header and line pointers of `page`, and what is wrong with it. The checksum is compared only
/// when `from_device`: a page in the pool has the checksum of its last write.
pub fn page_view(page: &Page, tag: PageTag, from_device: bool) -> PageView {
    let items = (1..=page.item_count())
        .filter_map(|offset| {
            let lp = page.pointer(offset)?;
            Some(ItemView {
                offset,
                state: lp.state as u8,
                at: lp.at,
                len: lp.len,
            })
        })
        .collect();
    let problem = if from_device {
        page.check(tag).err()
    } else if page.is_new() {
        None
    } else {
        page.check_header().err()
    };
    PageView {
        tag,
        lsn: page.lsn(),
        checksum: page.stored_checksum(),
        flags: page.flags(),
        kind: page.kind(),
        lower: page.lower() as u16,
        upper: page.upper() as u16,
        special: page.special() as u16,
        page_size: page.page_size() as u16,
        layout_version: page.layout_version(),
        prune_xid: page.prune_xid(),
        items,
        problem: problem.map(String::from),
    }
}
