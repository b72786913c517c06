//! LZ4 blocks with a known and bounded length.

use crate::error::{Result, SqlError};
use alloc::vec::Vec;

/// What no value exceeds; a larger claim is damage.
const MAX_RAW_LEN: usize = 1 << 30;
/// LZ4 cannot shrink more than this, so a larger claim is damage too.
const MAX_RATIO: usize = 256;

pub fn compress(data: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress(data)
}

/// The `raw_len` bytes that were compressed, or XX001.
pub fn decompress(packed: &[u8], raw_len: usize) -> Result<Vec<u8>> {
    let damaged = || SqlError::corrupted("compressed data is damaged");
    if raw_len > MAX_RAW_LEN || raw_len / MAX_RATIO > packed.len() {
        return Err(damaged());
    }
    let mut raw = Vec::new();
    raw.try_reserve_exact(raw_len)?;
    raw.resize(raw_len, 0);
    match lz4_flex::block::decompress_into(packed, &mut raw) {
        Ok(len) if len == raw_len => Ok(raw),
        _ => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_and_refuses_damage() {
        let data: Vec<u8> = (0..5000u32).map(|n| (n / 7 % 13) as u8).collect();
        let packed = compress(&data);
        assert!(packed.len() < data.len());
        assert_eq!(decompress(&packed, data.len()).unwrap(), data);
        assert!(decompress(&packed, data.len() + 1).is_err());
        assert!(decompress(&packed[..packed.len() - 3], data.len()).is_err());
        assert!(decompress(&packed, usize::MAX / 2).is_err());
    }
}
