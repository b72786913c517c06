//! Whole numbers without sign or bound, in limbs of nine decimal digits.
//!
//! Base 10⁹ instead of 2³² because everything a decimal does (parse, print, round, change of
//! scale) is a shift in base ten; only division pays for it, and long division is rare. The
//! least significant limb comes first and the last limb is never zero, so zero has no limbs.
//! Division is the schoolbook algorithm of Knuth (TAOCP 2, 4.3.1, algorithm D).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

const BASE: u64 = 1_000_000_000;
const LIMB_DIGITS: usize = 9;

#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Magnitude {
    limbs: Vec<u32>,
}

fn pow10(exponent: usize) -> u64 {
    10u64.pow(exponent as u32)
}

impl Magnitude {
    pub fn zero() -> Magnitude {
        Magnitude::default()
    }

    pub fn from_u128(mut value: u128) -> Magnitude {
        let mut limbs = Vec::with_capacity(5);
        while value > 0 {
            limbs.push((value % u128::from(BASE)) as u32);
            value /= u128::from(BASE);
        }
        Magnitude { limbs }
    }

    pub fn to_u128(&self) -> Option<u128> {
        if self.limbs.len() > 5 {
            return None;
        }
        self.limbs.iter().rev().try_fold(0u128, |value, limb| {
            value
                .checked_mul(u128::from(BASE))?
                .checked_add(u128::from(*limb))
        })
    }

    /// From ASCII digits; the caller has checked that they are digits.
    pub fn from_digits(digits: &[u8]) -> Magnitude {
        let mut limbs: Vec<u32> = digits
            .rchunks(LIMB_DIGITS)
            .map(|chunk| {
                chunk
                    .iter()
                    .fold(0u32, |limb, d| limb * 10 + u32::from(d - b'0'))
            })
            .collect();
        trim(&mut limbs);
        Magnitude { limbs }
    }

    /// Appends the digits, none for zero.
    pub fn write_digits(&self, out: &mut String) {
        use core::fmt::Write;
        let mut limbs = self.limbs.iter().rev();
        if let Some(first) = limbs.next() {
            let _ = write!(out, "{first}");
        }
        for limb in limbs {
            let _ = write!(out, "{limb:09}");
        }
    }

    pub fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    pub fn digit_count(&self) -> usize {
        match self.limbs.last() {
            Some(last) => (self.limbs.len() - 1) * LIMB_DIGITS + last.ilog10() as usize + 1,
            None => 0,
        }
    }

    pub fn add(&self, other: &Magnitude) -> Magnitude {
        let (long, short) = match self.limbs.len() >= other.limbs.len() {
            true => (&self.limbs, &other.limbs),
            false => (&other.limbs, &self.limbs),
        };
        let mut limbs = Vec::with_capacity(long.len() + 1);
        let mut carry = 0u64;
        for (index, limb) in long.iter().enumerate() {
            let sum = u64::from(*limb) + u64::from(short.get(index).copied().unwrap_or(0)) + carry;
            limbs.push((sum % BASE) as u32);
            carry = sum / BASE;
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
        Magnitude { limbs }
    }

    /// `self - other`, which must not be negative.
    pub fn sub(&self, other: &Magnitude) -> Magnitude {
        let mut limbs = Vec::with_capacity(self.limbs.len());
        let mut borrow = 0i64;
        for (index, limb) in self.limbs.iter().enumerate() {
            let taken = i64::from(other.limbs.get(index).copied().unwrap_or(0)) + borrow;
            let mut rest = i64::from(*limb) - taken;
            borrow = i64::from(rest < 0);
            if rest < 0 {
                rest += BASE as i64;
            }
            limbs.push(rest as u32);
        }
        trim(&mut limbs);
        Magnitude { limbs }
    }

    pub fn mul(&self, other: &Magnitude) -> Magnitude {
        if self.is_zero() || other.is_zero() {
            return Magnitude::zero();
        }
        let mut limbs = vec![0u32; self.limbs.len() + other.limbs.len()];
        for (shift, mine) in self.limbs.iter().enumerate() {
            let mut carry = 0u64;
            for (slot, theirs) in limbs.iter_mut().skip(shift).zip(&other.limbs) {
                let sum = u64::from(*slot) + u64::from(*mine) * u64::from(*theirs) + carry;
                *slot = (sum % BASE) as u32;
                carry = sum / BASE;
            }
            if let Some(slot) = limbs.get_mut(shift + other.limbs.len()) {
                *slot = carry as u32;
            }
        }
        trim(&mut limbs);
        Magnitude { limbs }
    }

    fn mul_small(&self, factor: u64) -> Magnitude {
        let mut limbs = Vec::with_capacity(self.limbs.len() + 1);
        let mut carry = 0u64;
        for limb in &self.limbs {
            let product = u64::from(*limb) * factor + carry;
            limbs.push((product % BASE) as u32);
            carry = product / BASE;
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
        trim(&mut limbs);
        Magnitude { limbs }
    }

    fn div_small(&self, divisor: u64) -> (Magnitude, u64) {
        let mut limbs = vec![0u32; self.limbs.len()];
        let mut rest = 0u64;
        for (slot, limb) in limbs.iter_mut().zip(&self.limbs).rev() {
            let value = rest * BASE + u64::from(*limb);
            *slot = (value / divisor) as u32;
            rest = value % divisor;
        }
        trim(&mut limbs);
        (Magnitude { limbs }, rest)
    }

    /// Times ten to the `exponent`.
    pub fn scale_up(&self, exponent: usize) -> Magnitude {
        if self.is_zero() || exponent == 0 {
            return self.clone();
        }
        let mut scaled = self.mul_small(pow10(exponent % LIMB_DIGITS));
        let zeros = exponent / LIMB_DIGITS;
        scaled.limbs.splice(0..0, core::iter::repeat_n(0, zeros));
        scaled
    }

    /// Divided by ten to the `exponent`; the flags say whether the part cut off was at least a
    /// half, and whether it was anything at all.
    pub fn scale_down(&self, exponent: usize) -> (Magnitude, bool, bool) {
        let (limbs_off, digits_off) = (exponent / LIMB_DIGITS, exponent % LIMB_DIGITS);
        let low = self.limbs.get(..limbs_off).unwrap_or(&self.limbs);
        let top = Magnitude {
            limbs: self.limbs.get(limbs_off..).unwrap_or(&[]).to_vec(),
        };
        let low_some = low.iter().any(|limb| *limb != 0);
        if digits_off == 0 {
            let leading = limbs_off.checked_sub(1).and_then(|at| self.limbs.get(at));
            let half = leading.is_some_and(|limb| u64::from(*limb) >= BASE / 2);
            return (top, half, low_some);
        }
        let unit = pow10(digits_off);
        let (quotient, rest) = top.div_small(unit);
        (quotient, rest * 2 >= unit, rest != 0 || low_some)
    }

    pub fn increment(&self) -> Magnitude {
        self.add(&Magnitude { limbs: vec![1] })
    }

    pub fn trailing_zeros(&self) -> usize {
        let whole = self.limbs.iter().take_while(|limb| **limb == 0).count();
        let Some(mut limb) = self.limbs.get(whole).copied() else {
            return 0;
        };
        let mut zeros = whole * LIMB_DIGITS;
        while limb.is_multiple_of(10) {
            limb /= 10;
            zeros += 1;
        }
        zeros
    }

    /// Quotient and remainder; the divisor must not be zero.
    pub fn div_rem(&self, divisor: &Magnitude) -> (Magnitude, Magnitude) {
        if *self < *divisor {
            return (Magnitude::zero(), self.clone());
        }
        if let [single] = divisor.limbs.as_slice() {
            let (quotient, rest) = self.div_small(u64::from(*single));
            return (quotient, Magnitude::from_u128(u128::from(rest)));
        }
        let (Some(top), n) = (divisor.limbs.last(), divisor.limbs.len()) else {
            return (Magnitude::zero(), Magnitude::zero());
        };
        // Make the divisor's first limb large, so that a guessed quotient limb is off by two at most.
        let spread = BASE / (u64::from(*top) + 1);
        let mut rest = self.mul_small(spread).limbs;
        rest.resize(self.limbs.len() + 1, 0);
        let divisor = divisor.mul_small(spread).limbs;
        let mut quotient = vec![0u32; rest.len() - n];
        for (at, slot) in quotient.iter_mut().enumerate().rev() {
            *slot = divide_step(&mut rest[at..=at + n], &divisor);
        }
        trim(&mut quotient);
        trim(&mut rest);
        let (rest, _) = Magnitude { limbs: rest }.div_small(spread);
        (Magnitude { limbs: quotient }, rest)
    }

    /// The whole part of the square root, by Newton's iteration from above.
    pub fn square_root(&self) -> Magnitude {
        if self.is_zero() {
            return Magnitude::zero();
        }
        let one = Magnitude { limbs: vec![1] };
        let mut guess = one.scale_up(self.digit_count().div_ceil(2));
        loop {
            let next = guess.add(&self.div_rem(&guess).0).div_small(2).0;
            if next >= guess {
                return guess;
            }
            guess = next;
        }
    }
}

/// One limb of a long division: `window` is one limb longer than the divisor.
fn divide_step(window: &mut [u32], divisor: &[u32]) -> u32 {
    let n = divisor.len();
    let (first, second) = (u64::from(divisor[n - 1]), u64::from(divisor[n - 2]));
    let head = u64::from(window[n]) * BASE + u64::from(window[n - 1]);
    let (mut guess, mut over) = (head / first, head % first);
    while guess >= BASE || guess * second > over * BASE + u64::from(window[n - 2]) {
        guess -= 1;
        over += first;
        if over >= BASE {
            break;
        }
    }
    let mut carry = 0u64;
    let mut borrow = 0i64;
    for (slot, limb) in window.iter_mut().zip(divisor) {
        let product = guess * u64::from(*limb) + carry;
        carry = product / BASE;
        let mut left = i64::from(*slot) - (product % BASE) as i64 - borrow;
        borrow = i64::from(left < 0);
        if left < 0 {
            left += BASE as i64;
        }
        *slot = left as u32;
    }
    let top = i64::from(window[n]) - carry as i64 - borrow;
    if top >= 0 {
        window[n] = top as u32;
        return guess as u32;
    }
    // One too many was taken: give a divisor back, and let the carry cancel the debt.
    let mut carry = 0u32;
    for (slot, limb) in window.iter_mut().zip(divisor) {
        let sum = *slot + limb + carry;
        carry = u32::from(u64::from(sum) >= BASE);
        *slot = if carry == 1 { sum - BASE as u32 } else { sum };
    }
    window[n] = 0;
    (guess - 1) as u32
}

fn trim(limbs: &mut Vec<u32>) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}

impl Ord for Magnitude {
    fn cmp(&self, other: &Magnitude) -> Ordering {
        let by_length = self.limbs.len().cmp(&other.limbs.len());
        by_length.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }
}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Magnitude) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(seed: &mut u64, limbs: usize) -> Magnitude {
        let mut made: Vec<u32> = (0..limbs)
            .map(|_| {
                *seed = seed
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                match *seed >> 61 {
                    0 => 0,
                    1 => BASE as u32 - 1,
                    _ => (*seed >> 20) as u32 % BASE as u32,
                }
            })
            .collect();
        trim(&mut made);
        Magnitude { limbs: made }
    }

    #[test]
    fn division_undoes_multiplication() {
        let mut seed = 7;
        for round in 0..4000usize {
            let a = number(&mut seed, round % 7 + 1);
            let b = number(&mut seed, round % 4 + 1);
            let r = number(&mut seed, round % 4);
            if b.is_zero() || r >= b {
                continue;
            }
            let (quotient, rest) = a.mul(&b).add(&r).div_rem(&b);
            assert!(quotient == a && rest == r, "round {round}");
        }
    }

    #[test]
    fn agrees_with_u128() {
        let mut seed = 3;
        for _ in 0..2000 {
            let (a, b) = (number(&mut seed, 2), number(&mut seed, 2));
            let (x, y) = (a.to_u128().unwrap(), b.to_u128().unwrap());
            assert_eq!(a.mul(&b).to_u128(), Some(x * y));
            assert_eq!(a.add(&b).to_u128(), Some(x + y));
            assert_eq!(a.cmp(&b), x.cmp(&y));
            if x >= y {
                assert_eq!(a.sub(&b).to_u128(), Some(x - y));
            }
            assert_eq!(a.square_root().to_u128(), Some(x.isqrt()));
            let (down, half, some) = a.scale_down(5);
            assert_eq!(down.to_u128(), Some(x / 100_000));
            assert_eq!((half, some), (x % 100_000 >= 50_000, x % 100_000 != 0));
            assert_eq!(a.scale_up(11).to_u128(), Some(x * 100_000_000_000));
        }
    }
}
