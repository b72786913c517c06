//! A hasher without a seed: the same keys give the same table in every run (E4).
//!
//! Multiply, rotate, and a final stir; made for keys of a few words. Not for keys an attacker picks.

use core::hash::{BuildHasherDefault, Hasher};

#[derive(Clone, Copy, Default)]
pub struct FixedHasher(u64);

pub type FixedHash = BuildHasherDefault<FixedHasher>;

const K: u64 = 0x9E37_79B9_7F4A_7C15;

impl FixedHasher {
    fn word(&mut self, w: u64) {
        self.0 = (self.0.rotate_left(23) ^ w).wrapping_mul(K);
    }
}

impl Hasher for FixedHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut b = [0; 8];
            b[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(b));
        }
        self.word(bytes.len() as u64);
    }

    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }

    fn write_u16(&mut self, n: u16) {
        self.word(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}
