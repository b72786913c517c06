//! The 23 bytes before every tuple on a heap page (PostgreSQL's `HeapTupleHeaderData`).

use crate::error::{Result, SqlError};

pub const HEADER_LEN: usize = 23;

/// Flag bits of `infomask`.
pub mod infomask {
    pub const HAS_NULL: u16 = 0x0001;
    pub const HAS_VARWIDTH: u16 = 0x0002;
    pub const HAS_EXTERNAL: u16 = 0x0004;
    pub const XMAX_KEYSHR_LOCK: u16 = 0x0010;
    pub const COMBO_CID: u16 = 0x0020;
    pub const XMAX_EXCL_LOCK: u16 = 0x0040;
    pub const XMAX_LOCK_ONLY: u16 = 0x0080;
    pub const XMAX_SHR_LOCK: u16 = XMAX_EXCL_LOCK | XMAX_KEYSHR_LOCK;
    pub const LOCK_MASK: u16 = XMAX_SHR_LOCK;
    pub const XMIN_COMMITTED: u16 = 0x0100;
    pub const XMIN_INVALID: u16 = 0x0200;
    pub const XMIN_FROZEN: u16 = XMIN_COMMITTED | XMIN_INVALID;
    pub const XMAX_COMMITTED: u16 = 0x0400;
    pub const XMAX_INVALID: u16 = 0x0800;
    pub const XMAX_IS_MULTI: u16 = 0x1000;
    pub const UPDATED: u16 = 0x2000;
    pub const MOVED_OFF: u16 = 0x4000;
    pub const MOVED_IN: u16 = 0x8000;
}

/// Flag bits of `infomask2`; the lower eleven count the attributes.
pub mod infomask2 {
    pub const NATTS_MASK: u16 = 0x07ff;
    pub const KEYS_UPDATED: u16 = 0x2000;
    pub const HOT_UPDATED: u16 = 0x4000;
    pub const ONLY_TUPLE: u16 = 0x8000;
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct TupleHeader {
    pub xmin: u32,
    pub xmax: u32,
    /// Command id of the inserter, the deleter, or a combination of both.
    pub cid: u32,
    pub ctid_block: u32,
    pub ctid_offset: u16,
    pub infomask2: u16,
    pub infomask: u16,
    /// Where the attributes begin.
    pub hoff: u8,
}

impl TupleHeader {
    /// Reads the header and checks that the attributes' start lies inside the tuple.
    pub fn read(tuple: &[u8]) -> Result<TupleHeader> {
        let Some(head) = tuple.first_chunk::<HEADER_LEN>() else {
            return Err(SqlError::corrupted("a tuple is shorter than its header"));
        };
        let word =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let half = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let header = TupleHeader {
            xmin: word(0),
            xmax: word(4),
            cid: word(8),
            // PostgreSQL stores the upper half of the block number first.
            ctid_block: u32::from(half(12)) << 16 | u32::from(half(14)),
            ctid_offset: half(16),
            infomask2: half(18),
            infomask: half(20),
            hoff: head[22],
        };
        let start = usize::from(header.hoff);
        if start < HEADER_LEN || start > tuple.len() {
            return Err(SqlError::corrupted(
                "a tuple's data begins outside of the tuple",
            ));
        }
        Ok(header)
    }

    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut head = [0u8; HEADER_LEN];
        head[0..4].copy_from_slice(&self.xmin.to_le_bytes());
        head[4..8].copy_from_slice(&self.xmax.to_le_bytes());
        head[8..12].copy_from_slice(&self.cid.to_le_bytes());
        head[12..14].copy_from_slice(&((self.ctid_block >> 16) as u16).to_le_bytes());
        head[14..16].copy_from_slice(&(self.ctid_block as u16).to_le_bytes());
        head[16..18].copy_from_slice(&self.ctid_offset.to_le_bytes());
        head[18..20].copy_from_slice(&self.infomask2.to_le_bytes());
        head[20..22].copy_from_slice(&self.infomask.to_le_bytes());
        head[22] = self.hoff;
        head
    }

    pub fn natts(&self) -> usize {
        usize::from(self.infomask2 & infomask2::NATTS_MASK)
    }

    pub fn has_nulls(&self) -> bool {
        self.infomask & infomask::HAS_NULL != 0
    }
}
