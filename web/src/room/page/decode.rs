//! Bytes of a page as named stretches. The layout is PostgreSQL's; nothing read is trusted.
//!
//! ```text
//!  header 24 │ line pointers 4 each → │ free │ ← items │ special
//!  heap item:   xmin 4 · xmax 4 · cid 4 · ctid 6 · infomask2 2 · infomask 2 · hoff 1 · bits │ data
//!  B-tree item: child 4 · key length 2 · locator length 1 · 0 │ key · locator · payload
//! ```
use vitrine_wire::view::Tid;

pub const PAGE_BYTES: usize = 8192;
const HEADER_BYTES: usize = 24;
pub const KIND_HEAP: u8 = 0x01;
pub const KIND_BTREE_LEAF: u8 = 0x11;
pub const KIND_BTREE_INNER: u8 = 0x12;

const XMIN_COMMITTED: u16 = 0x0100;
const XMIN_INVALID: u16 = 0x0200;
const XMAX_COMMITTED: u16 = 0x0400;
const XMAX_INVALID: u16 = 0x0800;
const XMAX_LOCK_ONLY: u16 = 0x0080;

/// The names of the bits of infomask and infomask2.
const MASK: [(u16, &str); 10] = [
    (0x0001, "HASNULL"),
    (0x0002, "HASVARWIDTH"),
    (0x0004, "HASEXTERNAL"),
    (XMAX_LOCK_ONLY, "XMAX_LOCK_ONLY"),
    (XMIN_COMMITTED, "XMIN_COMMITTED"),
    (XMIN_INVALID, "XMIN_INVALID"),
    (XMAX_COMMITTED, "XMAX_COMMITTED"),
    (XMAX_INVALID, "XMAX_INVALID"),
    (0x1000, "XMAX_IS_MULTI"),
    (0x2000, "UPDATED"),
];
const MASK2: [(u16, &str); 3] = [
    (0x2000, "KEYS_UPDATED"),
    (0x4000, "HOT_UPDATED"),
    (0x8000, "ONLY_TUPLE"),
];

pub fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    pub lsn: u64,
    pub checksum: u16,
    pub flags: u8,
    pub kind: u8,
    pub lower: u16,
    pub upper: u16,
    pub special: u16,
    pub version: u16,
    pub prune_xid: u32,
}

impl Header {
    pub fn read(page: &[u8]) -> Header {
        Header {
            // PostgreSQL keeps the halves of the position apart, the upper one first.
            lsn: u64::from(u32_at(page, 0)) << 32 | u64::from(u32_at(page, 4)),
            checksum: u16_at(page, 8),
            flags: page.get(10).copied().unwrap_or(0),
            kind: page.get(11).copied().unwrap_or(0),
            lower: u16_at(page, 12),
            upper: u16_at(page, 14),
            special: u16_at(page, 16),
            version: u16_at(page, 18),
            prune_xid: u32_at(page, 20),
        }
    }

    pub fn pointers(&self) -> usize {
        (usize::from(self.lower).clamp(HEADER_BYTES, PAGE_BYTES) - HEADER_BYTES) / 4
    }
}

/// `state`: 0 unused, 1 normal, 2 redirect, 3 dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pointer {
    pub number: u16,
    pub at: usize,
    pub len: usize,
    pub state: u8,
}

impl Pointer {
    pub fn state_words(&self) -> String {
        match self.state {
            0 => "unused".into(),
            1 => "normal".into(),
            2 => format!("redirect to {}", self.at),
            _ => "dead".into(),
        }
    }
}

pub fn pointers(page: &[u8]) -> Vec<Pointer> {
    let read = |index: usize| {
        let word = u32_at(page, HEADER_BYTES + index * 4);
        Pointer {
            number: index as u16 + 1,
            at: (word & 0x7FFF) as usize,
            state: (word >> 15 & 3) as u8,
            len: (word >> 17) as usize,
        }
    };
    (0..Header::read(page).pointers()).map(read).collect()
}

/// A heap tuple's header and data.
#[derive(Clone, PartialEq, Debug)]
pub struct Tuple {
    pub xmin: u32,
    pub xmax: u32,
    pub cid: u32,
    pub ctid: Tid,
    pub mask2: u16,
    pub mask: u16,
    pub hoff: usize,
    pub bits: Vec<u8>,
    pub data: Vec<u8>,
}

impl Tuple {
    pub fn read(item: &[u8]) -> Option<Tuple> {
        let hoff = usize::from(*item.get(22)?);
        Some(Tuple {
            xmin: u32_at(item, 0),
            xmax: u32_at(item, 4),
            cid: u32_at(item, 8),
            ctid: Tid {
                block: u32::from(u16_at(item, 12)) << 16 | u32::from(u16_at(item, 14)),
                offset: u16_at(item, 16),
            },
            mask2: u16_at(item, 18),
            mask: u16_at(item, 20),
            hoff,
            bits: item.get(23..hoff)?.to_vec(),
            data: item.get(hoff..)?.to_vec(),
        })
    }

    pub fn flags(&self) -> String {
        let names = |mask: u16, table: &[(u16, &'static str)]| -> Vec<&'static str> {
            table
                .iter()
                .filter(|(bit, _)| mask & bit != 0)
                .map(|(_, name)| *name)
                .collect()
        };
        let mut all = names(self.mask, &MASK);
        all.extend(names(self.mask2, &MASK2));
        all.join(" ")
    }

    pub fn columns(&self) -> u16 {
        self.mask2 & 0x07FF
    }

    /// The inserter is known to have rolled back.
    pub fn is_aborted(&self) -> bool {
        self.mask & (XMIN_COMMITTED | XMIN_INVALID) == XMIN_INVALID
    }

    pub fn is_frozen(&self) -> bool {
        self.mask & (XMIN_COMMITTED | XMIN_INVALID) == XMIN_COMMITTED | XMIN_INVALID
    }

    /// A transaction deleted or replaced this version, or tries to.
    pub fn deleter(&self) -> Option<u32> {
        (self.xmax != 0 && self.mask & (XMAX_INVALID | XMAX_LOCK_ONLY) == 0).then_some(self.xmax)
    }

    /// A transaction locks the row without changing it.
    pub fn locker(&self) -> Option<u32> {
        (self.xmax != 0 && self.mask & XMAX_LOCK_ONLY != 0 && self.mask & XMAX_INVALID == 0)
            .then_some(self.xmax)
    }

    fn is_null(&self, column: usize) -> bool {
        self.mask & 1 != 0
            && self
                .bits
                .get(column / 8)
                .is_some_and(|bits| bits >> (column % 8) & 1 == 0)
    }

    /// Values in words, as far as the columns' lengths and alignments tell where they are.
    pub fn values(&self, columns: &[Column]) -> Vec<String> {
        let mut at = 0;
        let mut out = Vec::new();
        for (index, column) in columns.iter().enumerate().take(usize::from(self.columns())) {
            if self.is_null(index) {
                out.push("NULL".into());
                continue;
            }
            match column.read(&self.data, at) {
                Some((value, next)) => {
                    out.push(value);
                    at = next;
                }
                None => break,
            }
        }
        out
    }
}

/// A column as `pg_attribute` describes it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Column {
    pub name: String,
    pub type_oid: u32,
    /// Bytes, or -1 for values with a length of their own.
    pub len: i16,
    /// Bytes a value's address is a multiple of.
    pub align: usize,
}

impl Column {
    /// The value at a place of the data, and where the next one may begin.
    fn read(&self, data: &[u8], at: usize) -> Option<(String, usize)> {
        let aligned = at.next_multiple_of(self.align.max(1));
        if self.len >= 0 {
            let end = aligned + self.len as usize;
            return Some((self.fixed(data.get(aligned..end)?), end));
        }
        let first = *data.get(at)?;
        // A one-byte length has its lowest bit set and needs no alignment.
        let (from, end) = if first == 1 {
            return Some(("stored out of line".into(), at + 18));
        } else if first & 1 == 1 {
            (at + 1, at + usize::from(first >> 1))
        } else {
            (aligned + 4, aligned + (u32_at(data, aligned) >> 2) as usize)
        };
        let bytes = data.get(from..end)?;
        let words = match core::str::from_utf8(bytes) {
            Ok(text) if !text.contains(char::is_control) => format!("'{text}'"),
            _ => hex(bytes, 16),
        };
        Some((words, end))
    }

    fn fixed(&self, bytes: &[u8]) -> String {
        match (self.type_oid, bytes) {
            (16, [byte]) => if *byte == 0 { "false" } else { "true" }.into(),
            (21, &[a, b]) => i16::from_le_bytes([a, b]).to_string(),
            (23, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]).to_string(),
            (20, bytes) if bytes.len() == 8 => {
                let low = u64::from(u32_at(bytes, 0)) | u64::from(u32_at(bytes, 4)) << 32;
                (low as i64).to_string()
            }
            (701, bytes) if bytes.len() == 8 => {
                f64::from_bits(u64::from(u32_at(bytes, 0)) | u64::from(u32_at(bytes, 4)) << 32)
                    .to_string()
            }
            _ => hex(bytes, 16),
        }
    }
}

pub fn hex(bytes: &[u8], most: usize) -> String {
    let mut out: String = bytes
        .iter()
        .take(most)
        .map(|byte| format!("{byte:02x} "))
        .collect();
    if bytes.len() > most {
        out.push('…');
    }
    out.trim_end().to_string()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A heap page with the tuples given, laid out from the end as PostgreSQL does.
    pub fn page_of(tuples: &[Vec<u8>]) -> Vec<u8> {
        let mut page = vec![0; PAGE_BYTES];
        let mut upper = PAGE_BYTES;
        for (index, tuple) in tuples.iter().enumerate() {
            upper -= tuple.len().next_multiple_of(8);
            page[upper..upper + tuple.len()].copy_from_slice(tuple);
            let word = upper as u32 | 1 << 15 | (tuple.len() as u32) << 17;
            page[24 + index * 4..28 + index * 4].copy_from_slice(&word.to_le_bytes());
        }
        page[11] = KIND_HEAP;
        page[12..14].copy_from_slice(&(24 + 4 * tuples.len() as u16).to_le_bytes());
        page[14..16].copy_from_slice(&(upper as u16).to_le_bytes());
        page[16..18].copy_from_slice(&8192_u16.to_le_bytes());
        page
    }

    /// Two columns: an int4, and a text with a one-byte length or null.
    pub fn tuple(
        xmin: u32,
        xmax: u32,
        mask: u16,
        ctid: u16,
        id: i32,
        holder: Option<&str>,
    ) -> Vec<u8> {
        let mut out = vec![0; 24];
        out[0..4].copy_from_slice(&xmin.to_le_bytes());
        out[4..8].copy_from_slice(&xmax.to_le_bytes());
        out[16..18].copy_from_slice(&ctid.to_le_bytes());
        out[18..20].copy_from_slice(&2_u16.to_le_bytes());
        let mask = if holder.is_none() { mask | 1 } else { mask };
        out[20..22].copy_from_slice(&mask.to_le_bytes());
        out[22] = 24;
        out[23] = 0b01;
        out.extend(id.to_le_bytes());
        if let Some(text) = holder {
            out.push((text.len() as u8 + 1) << 1 | 1);
            out.extend(text.bytes());
        }
        out
    }

    pub fn columns() -> Vec<Column> {
        let column = |name: &str, type_oid, len| Column {
            name: name.into(),
            type_oid,
            len,
            align: 4,
        };
        vec![column("id", 23, 4), column("holder", 25, -1)]
    }

    #[test]
    fn a_tuple_says_its_values_and_who_deleted_it() {
        let page = page_of(&[
            tuple(5, 9, 0x0100, 2, 7, None),
            tuple(9, 0, 0x0800, 2, 7, Some("Ana")),
        ]);
        let all = pointers(&page);
        assert_eq!(all.len(), 2);
        let read = |p: &Pointer| Tuple::read(&page[p.at..p.at + p.len]);
        let old = read(&all[0]).expect("first");
        assert_eq!((old.deleter(), old.ctid.offset), (Some(9), 2));
        assert_eq!(old.values(&columns()), ["7", "NULL"]);
        let new = read(&all[1]).expect("second");
        assert_eq!((new.deleter(), new.is_aborted()), (None, false));
        assert_eq!(new.values(&columns()), ["7", "'Ana'"]);
    }

    #[test]
    fn damage_is_survived() {
        let mut page = page_of(&[tuple(5, 0, 0, 1, 7, Some("Ana"))]);
        page[12..14].copy_from_slice(&u16::MAX.to_le_bytes());
        assert_eq!(pointers(&page).len(), (PAGE_BYTES - 24) / 4);
        assert_eq!(Tuple::read(&[0; 5]), None);
        assert!(pointers(&[]).is_empty());
    }
}
