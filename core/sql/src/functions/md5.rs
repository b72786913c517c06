//! MD5 (RFC 1321), for the SQL function `md5`; not for anything that must resist an attacker.
//!
//! The sixty-four constants are the integer parts of 2³²·|sin i|, computed rather than listed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const SHIFTS: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

pub fn hex_digest(message: &[u8]) -> String {
    let mut padded: Vec<u8> = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&(message.len() as u64).wrapping_mul(8).to_le_bytes());
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks_exact(64) {
        let mut words = [0u32; 16];
        for (word, chunk) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = chunk
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        }
        mix(&mut state, &words);
    }
    let mut out = String::new();
    for byte in state.iter().flat_map(|word| word.to_le_bytes()) {
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

fn mix(state: &mut [u32; 4], words: &[u32; 16]) {
    let [mut a, mut b, mut c, mut d] = *state;
    for step in 0..64usize {
        let (value, index) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), 5 * step + 1),
            2 => (b ^ c ^ d, 3 * step + 5),
            _ => (c ^ (b | !d), 7 * step),
        };
        let constant = (libm::fabs(libm::sin(step as f64 + 1.0)) * 4_294_967_296.0) as u32;
        let turned = a
            .wrapping_add(value)
            .wrapping_add(constant)
            .wrapping_add(words[index % 16])
            .rotate_left(SHIFTS[step / 16][step % 4]);
        (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
    }
    for (total, part) in state.iter_mut().zip([a, b, c, d]) {
        *total = total.wrapping_add(part);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_the_rfc() {
        assert_eq!(super::hex_digest(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(
            super::hex_digest(b"abc"),
            "900150983cd24fb0d6963f7d28e17f72"
        );
        assert_eq!(
            super::hex_digest(
                b"12345678901234567890123456789012345678901234567890123456789012345678901234567890"
            ),
            "57edf4a22be3c955ac49da2e2107b67a"
        );
    }
}
