//! Reading and writing of little-endian bytes in parts padded to four.
//!
//! The reader never panics: running out of bytes is an error of the message. The writer owns a
//! buffer that is reused from message to message.
use crate::WireFault;
use alloc::vec::Vec;

pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], WireFault> {
        let end = self.at.checked_add(count).ok_or(WireFault::TooShort)?;
        let taken = self.bytes.get(self.at..end).ok_or(WireFault::TooShort)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireFault> {
        self.take(N)?.try_into().map_err(|_| WireFault::TooShort)
    }

    pub fn u16(&mut self) -> Result<u16, WireFault> {
        self.array().map(u16::from_le_bytes)
    }
    pub fn u32(&mut self) -> Result<u32, WireFault> {
        self.array().map(u32::from_le_bytes)
    }
    pub fn i32(&mut self) -> Result<i32, WireFault> {
        self.array().map(i32::from_le_bytes)
    }
    pub fn u64(&mut self) -> Result<u64, WireFault> {
        self.array().map(u64::from_le_bytes)
    }
    pub fn i64(&mut self) -> Result<i64, WireFault> {
        self.array().map(i64::from_le_bytes)
    }
    pub fn f64(&mut self) -> Result<f64, WireFault> {
        self.array().map(f64::from_le_bytes)
    }

    /// Goes on to the next multiple of `unit` from the start of the message.
    pub fn align(&mut self, unit: usize) -> Result<(), WireFault> {
        let over = self.at % unit;
        if over != 0 {
            self.take(unit - over)?;
        }
        Ok(())
    }

    /// A length, that many bytes, padding to four.
    pub fn bytes(&mut self) -> Result<&'a [u8], WireFault> {
        let length = self.u32()? as usize;
        let taken = self.take(length)?;
        self.align(4)?;
        Ok(taken)
    }

    pub fn text(&mut self) -> Result<&'a str, WireFault> {
        core::str::from_utf8(self.bytes()?).map_err(|_| WireFault::Malformed("text is not UTF-8"))
    }

    /// What is left, unread.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}

#[derive(Default)]
pub struct Writer {
    buffer: Vec<u8>,
}

impl Writer {
    pub fn new() -> Writer {
        Writer::default()
    }

    pub fn clear(&mut self) {
        self.buffer.clear();
    }
    pub fn len(&self) -> usize {
        self.buffer.len()
    }
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
    pub fn as_slice(&self) -> &[u8] {
        &self.buffer
    }
    pub fn into_vec(self) -> Vec<u8> {
        self.buffer
    }
    pub fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }
    pub fn u16(&mut self, value: u16) {
        self.raw(&value.to_le_bytes());
    }
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }
    pub fn i32(&mut self, value: i32) {
        self.raw(&value.to_le_bytes());
    }
    pub fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }
    pub fn i64(&mut self, value: i64) {
        self.raw(&value.to_le_bytes());
    }
    pub fn f64(&mut self, value: f64) {
        self.raw(&value.to_le_bytes());
    }

    pub fn align(&mut self, unit: usize) {
        let over = self.buffer.len() % unit;
        if over != 0 {
            self.buffer.resize(self.buffer.len() + unit - over, 0);
        }
    }

    /// Lengths beyond 4 GiB cannot exist in a 32-bit memory, so the cast loses nothing there.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.u32(bytes.len() as u32);
        self.raw(bytes);
        self.align(4);
    }

    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Overwrites a number written before, once it is known.
    pub fn patch_u32(&mut self, at: usize, value: u32) {
        if let Some(place) = self.buffer.get_mut(at..at + 4) {
            place.copy_from_slice(&value.to_le_bytes());
        }
    }

    /// Appends a postcard value. Serialising plain data into a growing buffer has no failure of
    /// its own, so a failure is answered by writing nothing and saying so.
    #[must_use]
    pub fn postcard<T: serde::Serialize>(&mut self, value: &T) -> bool {
        match postcard::to_allocvec(value) {
            Ok(bytes) => {
                self.raw(&bytes);
                true
            }
            Err(_) => false,
        }
    }
}
