//! UUIDs as text: 32 hexadecimal digits, with hyphens after any group of four, perhaps in braces.

use crate::error::{Result, SqlError};
use core::fmt::Write;

pub fn parse(text: &str) -> Result<[u8; 16]> {
    read(text.as_bytes()).ok_or_else(|| SqlError::invalid_input("uuid", text))
}

fn read(text: &[u8]) -> Option<[u8; 16]> {
    let mut rest = match text {
        [b'{', inner @ .., b'}'] => inner,
        [b'{', ..] => return None,
        plain => plain,
    };
    let mut uuid = [0u8; 16];
    for (at, byte) in uuid.iter_mut().enumerate() {
        let (&[high, low], after) = rest.split_first_chunk::<2>()?;
        *byte = crate::bytea::hex_value(high)? << 4 | crate::bytea::hex_value(low)?;
        rest = after;
        // A hyphen may follow each second byte but the last.
        if at % 2 == 1 && at < 15 {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
        }
    }
    rest.is_empty().then_some(uuid)
}

pub fn format(out: &mut impl Write, uuid: &[u8; 16]) -> core::fmt::Result {
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.write_char('-')?;
        }
        write!(out, "{byte:02x}")?;
    }
    Ok(())
}

/// A random (version 4) UUID from sixteen random bytes.
pub fn from_random(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_grouping_and_prints_one() {
        let text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        let uuid = parse(text).unwrap();
        for other in [
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        ] {
            assert_eq!(parse(other).unwrap(), uuid);
        }
        let mut printed = alloc::string::String::new();
        format(&mut printed, &uuid).unwrap();
        assert_eq!(printed, text);
        for wrong in [
            "",
            "a0eebc99",
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "g0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
        ] {
            assert!(parse(wrong).is_err());
        }
    }
}
