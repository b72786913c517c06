//! Transaction ids, 64 bits in memory and 32 on heap pages (E7).
//!
//! A page's 32 bits are widened against the next id to be given out: of the 64-bit ids with these
//! low bits the greatest one below `next` is meant. That is right as long as no page keeps an id
//! older than 2^31 transactions unfrozen, which is what freezing is for. Ids whose low bits are 0, 1
//! or 2 are never given out: on a page they mean "none", "bootstrap" and "frozen".

use vitrine_view::Xid;

pub const FROZEN32: u32 = 2;

/// Whether the id may be given out: its low bits must not have a meaning of their own on pages.
pub fn is_ordinary(xid: Xid) -> bool {
    xid.0 as u32 > FROZEN32
}

/// The low 32 bits, as a page keeps them.
pub fn narrow(xid: Xid) -> u32 {
    xid.0 as u32
}

/// The id that a page's 32 bits mean, seen from `next`, the next id to be given out.
pub fn widen(low: u32, next: Xid) -> Xid {
    if low < 3 {
        return Xid(u64::from(low));
    }
    let candidate = (next.0 & !0xFFFF_FFFF) | u64::from(low);
    match candidate >= next.0 && candidate > 0xFFFF_FFFF {
        true => Xid(candidate - (1 << 32)),
        false => Xid(candidate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widening_finds_the_id_that_was_narrowed() {
        for next in [100u64, 0xFFFF_FFF0, 0x1_0000_0010, 0x5_8000_0000] {
            for back in [1u64, 2, 50, 0x7FFF_0000] {
                let Some(xid) = next.checked_sub(back).map(Xid) else {
                    continue;
                };
                if (xid.0 as u32) < 3 {
                    continue;
                }
                assert_eq!(widen(narrow(xid), Xid(next)), xid, "{next:x} - {back:x}");
            }
        }
        assert_eq!(widen(FROZEN32, Xid(0x9_0000_0000)), Xid(2));
        assert!(!is_ordinary(Xid(0x1_0000_0001)) && is_ordinary(Xid(0x1_0000_0003)));
    }
}
