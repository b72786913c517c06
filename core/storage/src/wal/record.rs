//! The form of a log record, and of the chunk that carries records to the device.
//!
//! ```text
//!  chunk    "VLOG" | format u32 | system id u64 | timeline u32 | epoch u64 | start LSN u64 | len u32 | crc u32 | payload
//!  record   len u32 | crc u32 | prev LSN u64 | xid u64 | rmgr u8 | op u8 | blocks u8 | 0 | data len u32 | blocks … | data
//!  block    file u32 | block u32 | flags u8 | image: hole at u16, hole len u16, stored len u16, bytes
//!                                           | else:  edits len u32, edits (page/edit.rs)
//! ```
//!
//! The payloads of the chunks, one after the other, are the log; an LSN counts payload bytes alone.
//! A record's crc covers its own position beside its bytes, so that an old record found at a new
//! place is not taken for one of ours. Decoding trusts nothing.

use super::crc::crc32c;
use crate::page::{PAGE_SIZE, Page, PageEdit};
use alloc::vec::Vec;
use vitrine_view::{Lsn, PageTag, Xid};

pub const CHUNK_HEADER: usize = 44;
pub const RECORD_HEADER: usize = 32;
/// A record longer than this is damage, not data.
pub const MAX_RECORD: usize = 16 << 20;
pub const LOG_FORMAT: u32 = 1;
const MAGIC: &[u8; 4] = b"VLOG";

const BLOCK_IMAGE: u8 = 1;
const BLOCK_INIT: u8 = 2;
const BLOCK_LZ4: u8 = 4;

/// A resource manager: whose record it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rmgr(pub u8);

impl Rmgr {
    /// Checkpoints, counters, files: this crate's own.
    pub const STORAGE: Rmgr = Rmgr(0);
    pub const XACT: Rmgr = Rmgr(1);
    pub const CLOG: Rmgr = Rmgr(2);
    pub const HEAP: Rmgr = Rmgr(3);
    pub const BTREE: Rmgr = Rmgr(4);
    pub const SEQUENCE: Rmgr = Rmgr(5);
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChunkHeader {
    pub format: u32,
    pub system_id: u64,
    pub timeline: u32,
    pub epoch: u64,
    pub start: Lsn,
    pub len: u32,
}

impl ChunkHeader {
    pub fn write(&self, out: &mut [u8]) {
        let mut b = Vec::with_capacity(CHUNK_HEADER);
        b.extend_from_slice(MAGIC);
        b.extend_from_slice(&self.format.to_le_bytes());
        b.extend_from_slice(&self.system_id.to_le_bytes());
        b.extend_from_slice(&self.timeline.to_le_bytes());
        b.extend_from_slice(&self.epoch.to_le_bytes());
        b.extend_from_slice(&self.start.0.to_le_bytes());
        b.extend_from_slice(&self.len.to_le_bytes());
        let crc = crc32c(0, &b);
        b.extend_from_slice(&crc.to_le_bytes());
        if let Some(to) = out.get_mut(..CHUNK_HEADER) {
            to.copy_from_slice(&b);
        }
    }

    pub fn read(bytes: &[u8]) -> Option<ChunkHeader> {
        let mut r = Reader(bytes.get(..CHUNK_HEADER)?);
        if r.take(4)? != MAGIC {
            return None;
        }
        let header = ChunkHeader {
            format: r.u32()?,
            system_id: r.u64()?,
            timeline: r.u32()?,
            epoch: r.u64()?,
            start: Lsn(r.u64()?),
            len: r.u32()?,
        };
        (r.u32()? == crc32c(0, &bytes[..CHUNK_HEADER - 4])).then_some(header)
    }
}

/// A cursor over little-endian fields.
#[derive(Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

/// What a record does to one page.
#[derive(Clone, Copy)]
pub enum BlockChange<'a> {
    /// The page as it was after the change.
    Image {
        hole_at: u16,
        hole_len: u16,
        lz4: bool,
        bytes: &'a [u8],
    },
    Edits(&'a [u8]),
}

#[derive(Clone, Copy)]
pub struct Block<'a> {
    pub tag: PageTag,
    /// The first edit makes the page anew: what it was does not matter.
    pub init: bool,
    pub change: BlockChange<'a>,
}

impl<'a> Block<'a> {
    pub fn is_image(&self) -> bool {
        matches!(self.change, BlockChange::Image { .. })
    }

    /// The edits, as far as they can be decoded.
    pub fn edits(&self) -> impl Iterator<Item = PageEdit<'a>> + use<'a> {
        let mut rest = match self.change {
            BlockChange::Edits(bytes) => bytes,
            BlockChange::Image { .. } => &[],
        };
        core::iter::from_fn(move || {
            if rest.is_empty() {
                None
            } else {
                PageEdit::decode(&mut rest)
            }
        })
    }

    /// The page of an image.
    pub fn image(&self) -> Option<Page> {
        let BlockChange::Image {
            hole_at,
            hole_len,
            lz4,
            bytes,
        } = self.change
        else {
            return None;
        };
        let (at, hole) = (usize::from(hole_at), usize::from(hole_len));
        let stored = PAGE_SIZE.checked_sub(hole)?;
        let unpacked;
        let bytes = if lz4 {
            unpacked = lz4_flex::block::decompress(bytes, stored).ok()?;
            &unpacked[..]
        } else {
            bytes
        };
        if bytes.len() != stored || at > stored {
            return None;
        }
        let mut page = Page::zeroed();
        page.bytes[..at].copy_from_slice(&bytes[..at]);
        page.bytes[at + hole..].copy_from_slice(&bytes[at..]);
        Some(page)
    }
}

/// A decoded record, borrowing the log's bytes.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub start: Lsn,
    pub end: Lsn,
    pub prev: Lsn,
    pub xid: Xid,
    pub rmgr: Rmgr,
    pub op: u8,
    pub block_count: u8,
    blocks: &'a [u8],
    pub data: &'a [u8],
}

impl<'a> Record<'a> {
    /// The length in the first bytes of a record, if it can be one.
    pub fn length(bytes: &[u8]) -> Option<usize> {
        let len = Reader(bytes).u32()? as usize;
        (RECORD_HEADER..=MAX_RECORD).contains(&len).then_some(len)
    }

    /// Decodes the record at `start`; `Err` says why there is none.
    pub fn decode(start: Lsn, bytes: &'a [u8]) -> Result<Record<'a>, &'static str> {
        let len = Record::length(bytes).ok_or("not a record")?;
        let bytes = bytes.get(..len).ok_or("the log ends inside a record")?;
        let stored = Reader(&bytes[4..]).u32().ok_or("not a record")?;
        if stored != record_crc(start, bytes) {
            return Err("record checksum mismatch");
        }
        Record::parse(start, bytes).ok_or("record with a broken inside")
    }

    fn parse(start: Lsn, bytes: &'a [u8]) -> Option<Record<'a>> {
        let mut r = Reader(bytes.get(8..)?);
        let prev = Lsn(r.u64()?);
        let xid = Xid(r.u64()?);
        let (rmgr, op, block_count, _) = (Rmgr(r.u8()?), r.u8()?, r.u8()?, r.u8()?);
        let data_len = r.u32()? as usize;
        let split = r.0.len().checked_sub(data_len)?;
        let (blocks, data) = r.0.split_at_checked(split)?;
        let end = start.plus(bytes.len());
        Some(Record {
            start,
            end,
            prev,
            xid,
            rmgr,
            op,
            block_count,
            blocks,
            data,
        })
    }

    /// The blocks, as far as they can be decoded.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        let mut rest = Reader(self.blocks);
        (0..self.block_count).map_while(move |_| read_block(&mut rest))
    }
}

fn read_block<'a>(r: &mut Reader<'a>) -> Option<Block<'a>> {
    let (file, block, flags) = (r.u32()?, r.u32()?, r.u8()?);
    let tag = PageTag::new(vitrine_view::FileId(file), block);
    let change = if flags & BLOCK_IMAGE != 0 {
        let (hole_at, hole_len, len) = (r.u16()?, r.u16()?, r.u16()?);
        let bytes = r.take(usize::from(len))?;
        BlockChange::Image {
            hole_at,
            hole_len,
            lz4: flags & BLOCK_LZ4 != 0,
            bytes,
        }
    } else {
        let len = r.u32()? as usize;
        BlockChange::Edits(r.take(len)?)
    };
    Some(Block {
        tag,
        init: flags & BLOCK_INIT != 0,
        change,
    })
}

pub fn record_crc(start: Lsn, record: &[u8]) -> u32 {
    let crc = crc32c(0, &start.0.to_le_bytes());
    let crc = crc32c(crc, record.get(..4).unwrap_or(&[]));
    crc32c(crc, record.get(8..).unwrap_or(&[]))
}

fn put_tag(out: &mut Vec<u8>, tag: PageTag, flags: u8) {
    out.extend_from_slice(&tag.file.0.to_le_bytes());
    out.extend_from_slice(&tag.block.0.to_le_bytes());
    out.push(flags);
}

pub fn put_edits(out: &mut Vec<u8>, tag: PageTag, init: bool, edits: &[u8]) {
    put_tag(out, tag, if init { BLOCK_INIT } else { 0 });
    out.extend_from_slice(&(edits.len() as u32).to_le_bytes());
    out.extend_from_slice(edits);
}

/// Writes a full-page image, leaving out the hole between line pointers and items if it is empty.
pub fn put_image(out: &mut Vec<u8>, tag: PageTag, page: &Page, compress: bool) {
    let (mut at, mut end) = (page.lower(), page.upper());
    let empty = page
        .bytes
        .get(at..end)
        .is_some_and(|hole| hole.iter().all(|b| *b == 0));
    if !empty {
        (at, end) = (0, 0);
    }
    let hole_len = end - at;
    let mut kept = Vec::new();
    let packed;
    let mut flags = BLOCK_IMAGE;
    if compress {
        kept.extend_from_slice(&page.bytes[..at]);
        kept.extend_from_slice(&page.bytes[end..]);
        packed = lz4_flex::block::compress(&kept);
        if packed.len() < kept.len() {
            kept = packed;
            flags |= BLOCK_LZ4;
        }
    }
    let len = if compress {
        kept.len()
    } else {
        PAGE_SIZE - hole_len
    };
    put_tag(out, tag, flags);
    for v in [at, hole_len, len] {
        out.extend_from_slice(&(v as u16).to_le_bytes());
    }
    if compress {
        out.extend_from_slice(&kept);
    } else {
        out.extend_from_slice(&page.bytes[..at]);
        out.extend_from_slice(&page.bytes[end..]);
    }
}
