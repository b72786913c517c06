//! A growable row of bits, 64 to the word: the nulls of a vector, the survivors of a filter.

use alloc::vec::Vec;

#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    pub fn new() -> Bitmap {
        Bitmap::default()
    }

    pub fn filled(len: usize, value: bool) -> Bitmap {
        let mut bitmap = Bitmap {
            words: Vec::new(),
            len: 0,
        };
        bitmap.extend_with(len, value);
        bitmap
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bits past the end read as unset.
    #[inline]
    pub fn get(&self, index: usize) -> bool {
        match self.words.get(index >> 6) {
            Some(word) => word >> (index & 63) & 1 != 0,
            None => false,
        }
    }

    /// Setting past the end does nothing: the length is the owner's to keep.
    #[inline]
    pub fn set(&mut self, index: usize, value: bool) {
        if index >= self.len {
            return;
        }
        if let Some(word) = self.words.get_mut(index >> 6) {
            let mask = 1u64 << (index & 63);
            *word = if value { *word | mask } else { *word & !mask };
        }
    }

    #[inline]
    pub fn push(&mut self, value: bool) {
        if self.len & 63 == 0 {
            self.words.push(0);
        }
        self.len += 1;
        if value {
            self.set(self.len - 1, true);
        }
    }

    pub fn extend_with(&mut self, count: usize, value: bool) {
        let target = self.len + count;
        while self.len & 63 != 0 && self.len < target {
            self.push(value);
        }
        while self.len + 64 <= target {
            self.words.push(if value { u64::MAX } else { 0 });
            self.len += 64;
        }
        while self.len < target {
            self.push(value);
        }
    }

    pub fn count_ones(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    pub fn any(&self) -> bool {
        self.words.iter().any(|word| *word != 0)
    }

    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.words.truncate(len.div_ceil(64));
        self.len = len;
        if let (Some(last), used @ 1..) = (self.words.last_mut(), len & 63) {
            *last &= (1u64 << used) - 1;
        }
    }

    pub fn clear(&mut self) {
        self.words.clear();
        self.len = 0;
    }

    /// Set bits of `other` are set here too: how the nulls of two operands become the result's.
    pub fn union(&mut self, other: &Bitmap) {
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine |= theirs;
        }
        let keep = self.len;
        if let (Some(last), used @ 1..) = (self.words.last_mut(), keep & 63) {
            *last &= (1u64 << used) - 1;
        }
    }

    pub fn words(&self) -> &[u64] {
        &self.words
    }

    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|index| self.get(index))
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(iter: I) -> Bitmap {
        let mut bitmap = Bitmap::new();
        for bit in iter {
            bitmap.push(bit);
        }
        bitmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_truncates_and_counts() {
        let mut bits = Bitmap::filled(3, false);
        bits.extend_with(130, true);
        assert_eq!((bits.len(), bits.count_ones()), (133, 130));
        bits.truncate(65);
        assert_eq!(bits.count_ones(), 62);
        bits.push(false);
        bits.set(65, true);
        assert!(bits.get(65) && !bits.get(66) && !bits.get(1));
        let mut other = Bitmap::filled(66, false);
        other.set(0, true);
        bits.union(&other);
        assert!(bits.get(0));
    }
}
