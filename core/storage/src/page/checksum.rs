//! The page checksum, in the shape of PostgreSQL's: 32 parallel FNV-1a-like lanes over 32-bit words.
//!
//! Each lane starts from its own odd-looking number, takes in one word out of 32, and is stirred
//! twice more at the end; the lanes are folded by xor, mixed with the page's address and reduced to
//! 16 bits that are never zero. The checksum field itself counts as zero. Lanes are independent, so
//! that the compiler can use SIMD. Ours differs from PostgreSQL's in two ways: the file takes part
//! beside the block, and the lanes' seeds are generated rather than listed.

use super::{AT_CHECKSUM, PAGE_SIZE};
use vitrine_view::PageTag;

const LANES: usize = 32;
const PRIME: u32 = 16_777_619;

const SEEDS: [u32; LANES] = {
    let mut seeds = [0; LANES];
    let mut x: u32 = 0x5EED_1234;
    let mut i = 0;
    while i < LANES {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        seeds[i] = x;
        i += 1;
    }
    seeds
};

fn stir(sum: u32, word: u32) -> u32 {
    let t = sum ^ word;
    t.wrapping_mul(PRIME) ^ (t >> 17)
}

pub fn checksum(bytes: &[u8; PAGE_SIZE], tag: PageTag) -> u16 {
    let mut lanes = SEEDS;
    for (row, chunk) in bytes.chunks_exact(LANES * 4).enumerate() {
        for (lane, (sum, word)) in lanes.iter_mut().zip(chunk.chunks_exact(4)).enumerate() {
            let mut w = [word[0], word[1], word[2], word[3]];
            if row == 0 && lane == AT_CHECKSUM / 4 {
                w[0] = 0;
                w[1] = 0;
            }
            *sum = stir(*sum, u32::from_le_bytes(w));
        }
    }
    let mut all = 0;
    for sum in lanes {
        all ^= stir(stir(sum, 0), 0);
    }
    all ^= tag.block.0;
    all = stir(all, tag.file.0);
    u16::try_from(all % 65_535).unwrap_or(0) + 1
}
