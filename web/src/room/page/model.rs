//! The byte map: 64 rows of 128 bytes, every stretch coloured by what it is.
use super::decode::{
    Column, Header, KIND_BTREE_INNER, KIND_BTREE_LEAF, KIND_HEAP, PAGE_BYTES, Pointer, Tuple, hex,
    pointers, u16_at, u32_at,
};
use crate::picture::{Look, Picture, fact};
use vitrine_wire::view::{Lsn, PageDetail};

const ROW_BYTES: usize = 128;
const BYTE_PX: f64 = 6.0;
const ROW_PX: f64 = 5.5;

pub fn picture(page: &PageDetail, name: &str, columns: &[Column]) -> Picture {
    let bytes = &page.bytes;
    let header = Header::read(bytes);
    let mut out = Picture {
        width: ROW_BYTES as f64 * BYTE_PX + 8.0,
        height: (PAGE_BYTES / ROW_BYTES) as f64 * ROW_PX + 8.0,
        sentence: sentence(page, name, &header),
        sql: sql(name, &header, page.tag.block.0),
        ..Picture::default()
    };
    out.table.head = vec![
        "item", "at", "bytes", "state", "xmin", "xmax", "ctid", "says",
    ];
    if bytes.len() != PAGE_BYTES || header.upper == 0 {
        stretch(&mut out, Look::Free, 0, PAGE_BYTES);
        return out;
    }
    let block = page.tag.block.0;
    header_fields(&mut out, &header);
    let (lower, upper) = (usize::from(header.lower), usize::from(header.upper));
    let special = usize::from(header.special).min(PAGE_BYTES);
    if lower < upper {
        let facts = vec![
            fact("bytes", upper - lower),
            fact("from, to", format!("{lower}, {upper}")),
        ];
        stretch(&mut out, Look::Free, lower, upper).thing("free space", facts);
    }
    if special < PAGE_BYTES {
        stretch(&mut out, Look::Special, special, PAGE_BYTES)
            .thing("special space", special_facts(bytes, special));
    }
    for pointer in pointers(bytes) {
        let facts = vec![
            fact("state", pointer.state_words()),
            fact("item at", pointer.at),
            fact("length", pointer.len),
        ];
        let at = 20 + usize::from(pointer.number) * 4;
        stretch(&mut out, Look::Pointer, at, at + 4)
            .thing(format!("line pointer {}", pointer.number), facts);
        let item = bytes
            .get(pointer.at..pointer.at + pointer.len)
            .filter(|_| pointer.state == 1);
        match item {
            Some(item) if header.kind == KIND_HEAP => {
                heap_item(&mut out, block, &pointer, item, columns)
            }
            Some(item) if matches!(header.kind, KIND_BTREE_LEAF | KIND_BTREE_INNER) => {
                tree_item(&mut out, &header, &pointer, item)
            }
            Some(item) => {
                stretch(&mut out, Look::Data, pointer.at, pointer.at + pointer.len).thing(
                    format!("item {}", pointer.number),
                    vec![fact("bytes", hex(item, 32))],
                );
            }
            None => row(&mut out, &pointer, ["", "", "", ""].map(String::from)),
        }
    }
    out
}

/// Draws bytes `from..to`, wrapped over the rows of the map.
fn stretch(out: &mut Picture, look: Look, from: usize, to: usize) -> &mut crate::picture::Mark {
    let mut cells = Vec::new();
    let mut at = from;
    while at < to {
        let row = at / ROW_BYTES;
        // Whole rows in the middle are one rectangle.
        let rows = if at.is_multiple_of(ROW_BYTES) {
            ((to - at) / ROW_BYTES).max(1)
        } else {
            1
        };
        let end = to.min((row + rows) * ROW_BYTES);
        let width = if rows > 1 { ROW_BYTES } else { end - at };
        let x = (at % ROW_BYTES) as f64 * BYTE_PX + 4.0;
        let gap = if look == Look::Free { 0.0 } else { 1.0 };
        cells.push([
            x,
            row as f64 * ROW_PX + 4.0,
            width as f64 * BYTE_PX - gap,
            rows as f64 * ROW_PX - gap,
        ]);
        at = end;
    }
    out.cells(look, cells)
}

fn header_fields(out: &mut Picture, header: &Header) {
    let fields = [
        (
            0,
            8,
            "LSN",
            Lsn(header.lsn).to_string(),
            "the last log record that changed this page",
        ),
        (
            8,
            10,
            "checksum",
            format!("{:#06x}", header.checksum),
            "over the bytes and the address",
        ),
        (
            10,
            11,
            "flags",
            format!("{:#04x}", header.flags),
            "1 has free pointers, 2 full, 4 all visible",
        ),
        (
            11,
            12,
            "kind",
            kind_words(header.kind).to_string(),
            "what the page is used for",
        ),
        (
            12,
            14,
            "lower",
            header.lower.to_string(),
            "where free space begins",
        ),
        (
            14,
            16,
            "upper",
            header.upper.to_string(),
            "where free space ends",
        ),
        (
            16,
            18,
            "special",
            header.special.to_string(),
            "where the special space begins",
        ),
        (
            18,
            20,
            "size and version",
            format!("{:#06x}", header.version),
            "8192 and the layout's version",
        ),
        (
            20,
            24,
            "prune xid",
            header.prune_xid.to_string(),
            "the oldest deleter whose versions may be pruned",
        ),
    ];
    for (from, to, name, value, meaning) in fields {
        stretch(out, Look::Header, from, to).thing(
            format!("page header, {name}"),
            vec![fact("value", value), fact("means", meaning)],
        );
    }
}

fn heap_item(out: &mut Picture, block: u32, pointer: &Pointer, item: &[u8], columns: &[Column]) {
    let Some(tuple) = Tuple::read(item) else {
        stretch(out, Look::Data, pointer.at, pointer.at + item.len());
        return;
    };
    let id = format!("tuple ({block},{})", pointer.number);
    let values = tuple.values(columns);
    let facts = vec![
        fact(
            "xmin",
            if tuple.is_frozen() {
                format!("{}, frozen", tuple.xmin)
            } else {
                tuple.xmin.to_string()
            },
        ),
        fact("xmax", tuple.xmax),
        fact("ctid", tuple.ctid),
        fact("columns", tuple.columns()),
        fact("bits", tuple.flags()),
        fact("data begins at", tuple.hoff),
    ];
    stretch(
        out,
        Look::Tuple,
        pointer.at,
        pointer.at + tuple.hoff.min(item.len()),
    )
    .thing(format!("{id}, header"), facts);
    let named = columns
        .iter()
        .zip(&values)
        .map(|(column, value)| fact(&column.name, value));
    let mut facts: Vec<_> = named.collect();
    facts.push(fact("bytes", hex(&tuple.data, 32)));
    if tuple.hoff < item.len() {
        stretch(
            out,
            Look::Data,
            pointer.at + tuple.hoff,
            pointer.at + item.len(),
        )
        .thing(id, facts);
    }
    let says = values.join(", ");
    row(
        out,
        pointer,
        [
            tuple.xmin.to_string(),
            tuple.xmax.to_string(),
            tuple.ctid.to_string(),
            says,
        ],
    );
}

fn tree_item(out: &mut Picture, header: &Header, pointer: &Pointer, item: &[u8]) {
    let key_len = usize::from(u16_at(item, 4));
    let locator_len = usize::from(item.get(6).copied().unwrap_or(0));
    let key = item.get(8..8 + key_len).unwrap_or(&[]);
    let locator = item
        .get(8 + key_len..8 + key_len + locator_len)
        .unwrap_or(&[]);
    let leads = if header.kind == KIND_BTREE_INNER {
        format!("page {}", u32_at(item, 0))
    } else {
        match locator {
            // Block and line pointer, the most significant byte first.
            &[_, _, a, b, c, d, e, f] => format!(
                "tuple ({},{})",
                u32::from_be_bytes([a, b, c, d]),
                u16::from_be_bytes([e, f])
            ),
            other => hex(other, 12),
        }
    };
    let facts = vec![
        fact("key", hex(key, 32)),
        fact("leads to", &leads),
        fact("length", item.len()),
    ];
    let id = format!("entry {}", pointer.number);
    stretch(out, Look::Tuple, pointer.at, pointer.at + 8.min(item.len()))
        .thing(format!("{id}, header"), facts.clone());
    if item.len() > 8 {
        stretch(out, Look::Data, pointer.at + 8, pointer.at + item.len()).thing(id, facts);
    }
    row(
        out,
        pointer,
        [String::new(), String::new(), leads, hex(key, 12)],
    );
}

fn special_facts(bytes: &[u8], special: usize) -> Vec<(String, String)> {
    let neighbour = |at: usize| match u32_at(bytes, at) {
        0 => "none".to_string(),
        block => format!("page {block}"),
    };
    vec![
        fact("left neighbour", neighbour(special)),
        fact("right neighbour", neighbour(special + 4)),
        fact("level", u16_at(bytes, special + 8)),
        fact("flags", format!("{:#06x}", u16_at(bytes, special + 10))),
    ]
}

fn row(out: &mut Picture, pointer: &Pointer, [xmin, xmax, ctid, says]: [String; 4]) {
    out.table.rows.push(vec![
        pointer.number.to_string(),
        pointer.at.to_string(),
        pointer.len.to_string(),
        pointer.state_words(),
        xmin,
        xmax,
        ctid,
        says,
    ]);
}

fn kind_words(kind: u8) -> &'static str {
    match kind {
        KIND_HEAP => "heap",
        0x02 => "free space map",
        0x03 => "visibility map",
        0x10 => "B-tree meta page",
        KIND_BTREE_LEAF => "B-tree leaf",
        KIND_BTREE_INNER => "B-tree inner page",
        _ => "other",
    }
}

fn sentence(page: &PageDetail, name: &str, header: &Header) -> String {
    let block = page.tag.block;
    if let Some(problem) = &page.view.problem {
        return format!("Page {block} of {name} is damaged: {problem}.");
    }
    if header.upper == 0 {
        return format!("Page {block} of {name} has never been written.");
    }
    let free = usize::from(header.upper).saturating_sub(usize::from(header.lower));
    let all = pointers(&page.bytes);
    if header.kind != KIND_HEAP {
        return format!(
            "Page {block} of {name}, a {}, holds {} items; {free} bytes are free.",
            kind_words(header.kind),
            all.len()
        );
    }
    let tuples: Vec<Tuple> = all
        .iter()
        .filter(|pointer| pointer.state == 1)
        .filter_map(|pointer| Tuple::read(page.bytes.get(pointer.at..pointer.at + pointer.len)?))
        .collect();
    let replaced = tuples
        .iter()
        .filter(|tuple| tuple.deleter().is_some() || tuple.is_aborted())
        .count();
    format!(
        "Page {block} of {name} holds {} versions, {replaced} of them replaced or deleted; {free} bytes are free.",
        tuples.len()
    )
}

fn sql(name: &str, header: &Header, block: u32) -> String {
    match header.kind {
        KIND_HEAP => format!(
            "SELECT lp, lp_off, lp_flags, t_xmin, t_xmax, t_ctid FROM heap_page_items(get_raw_page('{name}', {block}));"
        ),
        KIND_BTREE_LEAF | KIND_BTREE_INNER => {
            format!("SELECT * FROM bt_page_items('{name}', {block});")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::tests::{columns, page_of, tuple};
    use super::*;
    use vitrine_wire::view::{FileId, PageTag, PageView};

    fn detail(bytes: Vec<u8>) -> PageDetail {
        PageDetail {
            tag: PageTag::new(FileId(17), 0),
            resident: true,
            view: PageView::default(),
            bytes,
            ..PageDetail::default()
        }
    }

    #[test]
    fn every_byte_of_a_page_is_drawn_once() {
        let page = detail(page_of(&[
            tuple(5, 9, 0x0100, 2, 7, None),
            tuple(9, 0, 0x0800, 2, 7, Some("Ana")),
        ]));
        let picture = picture(&page, "seat", &columns());
        assert_eq!(
            picture.sentence,
            "Page 0 of seat holds 2 versions, 1 of them replaced or deleted; 8096 bytes are free."
        );
        let area: f64 = picture
            .marks
            .iter()
            .filter_map(|mark| match &mark.shape {
                crate::picture::Shape::Cells(cells) => Some(cells),
                _ => None,
            })
            .flatten()
            .map(|[_, _, w, h]| (w / BYTE_PX).ceil() * (h / ROW_PX).ceil())
            .sum();
        // Seven bytes pad the two items to multiples of eight.
        assert_eq!(area as usize, PAGE_BYTES - 4);
        assert_eq!(picture.table.rows[1][7], "7, 'Ana'");
    }

    #[test]
    fn a_page_of_zeros_is_said_to_be_unwritten() {
        let picture = picture(&detail(vec![0; PAGE_BYTES]), "seat", &[]);
        assert_eq!(picture.sentence, "Page 0 of seat has never been written.");
    }
}
