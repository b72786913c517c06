//! PostgreSQL's bytes of a numeric in a tuple: a header word and base-10000 digits.
//!
//! | header       | form    | then                                                             |
//! |--------------|---------|------------------------------------------------------------------|
//! | `10sddddd dwwwwwww` | short | digits; s sign, d display scale (6 bits), w weight (7, signed) |
//! | `00ssssss ssssssss`, `01...` | long | weight as i16, digits; 00 plus, 01 minus, scale 14 bits |
//! | `1100…`, `1101…`, `1111…` | special | NaN, Infinity, -Infinity                           |
//!
//! Each digit is two bytes, little endian, 0 to 9999; the first stands at 10000^weight. Leading
//! and trailing zero digits are left out, and zero has none.

use super::{Decimal, MAX_SCALE, Magnitude, pow10_i128};
use crate::error::{Result, SqlError};
use alloc::string::String;
use alloc::vec::Vec;

const SHORT: u16 = 0x8000;
const SHORT_SIGN: u16 = 0x2000;
const SHORT_SCALE_SHIFT: u16 = 7;
const SHORT_SCALE_MAX: u16 = 0x3f;
const LONG_NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const POSITIVE_INFINITY: u16 = 0xd000;
const NEGATIVE_INFINITY: u16 = 0xf000;

/// A decimal cut into PostgreSQL's digits.
struct Groups {
    negative: bool,
    weight: i32,
    scale: u16,
    digits: Vec<u16>,
}

impl Decimal {
    pub fn encode_disk(&self, out: &mut Vec<u8>) {
        if let Some((coefficient, scale)) = self.as_small() {
            return encode_i128(coefficient, scale, out);
        }
        match self.to_long() {
            Some(long) => {
                let mut text = String::new();
                long.magnitude.write_digits(&mut text);
                groups_of_digits(long.negative, text.as_bytes(), long.scale).write(out);
            }
            None => {
                let header = match (self.is_nan(), self.is_negative()) {
                    (true, _) => NAN,
                    (false, false) => POSITIVE_INFINITY,
                    (false, true) => NEGATIVE_INFINITY,
                };
                out.extend_from_slice(&header.to_le_bytes());
            }
        }
    }

    pub fn decode_disk(bytes: &[u8]) -> Result<Decimal> {
        let word = |at: usize| match bytes.get(at..at + 2) {
            Some(&[low, high]) => Ok(u16::from_le_bytes([low, high])),
            _ => Err(SqlError::corrupted("numeric value is cut short")),
        };
        let header = word(0)?;
        match header {
            NAN => return Ok(Decimal::NAN),
            POSITIVE_INFINITY => return Ok(Decimal::INFINITY),
            NEGATIVE_INFINITY => return Ok(Decimal::NEG_INFINITY),
            _ => {}
        }
        let (negative, scale, weight, start) = if header & SHORT != 0 {
            let weight = (i32::from(header & 0x7f) ^ 0x40) - 0x40;
            let scale = header >> SHORT_SCALE_SHIFT & SHORT_SCALE_MAX;
            (header & SHORT_SIGN != 0, scale, weight, 2)
        } else {
            let weight = i32::from(word(2)? as i16);
            (header & LONG_NEGATIVE != 0, header & MAX_SCALE, weight, 4)
        };
        let digits = bytes.get(start..).unwrap_or(&[]);
        match small_value(digits, weight, scale) {
            Some(value) => Ok(Decimal::new(if negative { -value } else { value }, scale)),
            None => long_value(negative, digits, weight, scale),
        }
    }
}

/// Whether the bytes are a plain number, so that a scan may read them straight into a vector.
pub fn is_on_disk_plain(bytes: &[u8]) -> bool {
    bytes.get(1).is_some_and(|high| high & 0xc0 != 0xc0)
}

/// The coefficient at `scale` from base-10000 digits, if 38 decimal digits hold it.
fn small_value(digits: &[u8], weight: i32, scale: u16) -> Option<i128> {
    let count = (digits.len() / 2) as i32;
    if count == 0 {
        return Some(0);
    }
    if count > 9 {
        return None;
    }
    let mut value = 0i128;
    for pair in digits.chunks_exact(2) {
        value = value * 10_000 + i128::from(u16::from_le_bytes([pair[0], pair[1]]));
    }
    // The last digit stands at 10000^(weight - count + 1); the coefficient's unit is 10^-scale.
    let shift = 4 * (weight - count + 1) + i32::from(scale);
    let unit = pow10_i128(u16::try_from(shift.abs()).ok()?)?;
    if shift >= 0 {
        value.checked_mul(unit)
    } else {
        Some(value / unit)
    }
}

fn long_value(negative: bool, digits: &[u8], weight: i32, scale: u16) -> Result<Decimal> {
    let mut text = Vec::with_capacity(digits.len() * 2);
    for pair in digits.chunks_exact(2) {
        let group = u16::from_le_bytes([pair[0], pair[1]]).min(9999);
        for unit in [1000, 100, 10, 1] {
            text.push(b'0' + (group / unit % 10) as u8);
        }
    }
    let magnitude = Magnitude::from_digits(&text);
    let shift = 4 * (weight - (digits.len() / 2) as i32 + 1) + i32::from(scale);
    let magnitude = match shift >= 0 {
        true => magnitude.scale_up(shift as usize),
        false => magnitude.scale_down(-shift as usize).0,
    };
    Decimal::from_long(negative, magnitude, scale)
}

/// Encodes `coefficient × 10^-scale` without leaving the stack.
pub fn encode_i128(coefficient: i128, scale: u16, out: &mut Vec<u8>) {
    let mut rest = coefficient.unsigned_abs();
    let mut groups = [0u16; 16];
    let mut count = 0usize;
    let mut push = |group: u16, count: &mut usize| {
        if let Some(slot) = groups.get_mut(*count) {
            *slot = group;
            *count += 1;
        }
    };
    // The last group holds the digits after the point that do not fill four.
    let odd = u32::from(scale % 4);
    let mut lowest_weight = -i32::from(scale.div_ceil(4));
    if odd != 0 {
        let unit = 10u128.pow(odd);
        push((rest % unit) as u16 * 10u16.pow(4 - odd), &mut count);
        rest /= unit;
    }
    while rest > u128::from(u64::MAX) {
        push((rest % 10_000) as u16, &mut count);
        rest /= 10_000;
    }
    let mut rest = rest as u64;
    while rest > 0 {
        push((rest % 10_000) as u16, &mut count);
        rest /= 10_000;
    }
    let top = (1..=count)
        .rev()
        .find(|at| groups[at - 1] != 0)
        .unwrap_or(0);
    let bottom = groups[..top]
        .iter()
        .position(|group| *group != 0)
        .unwrap_or(0);
    lowest_weight += bottom as i32;
    let kept = &groups[bottom..top];
    let weight = if kept.is_empty() {
        0
    } else {
        lowest_weight + kept.len() as i32 - 1
    };
    write_header(coefficient < 0, weight, scale, out);
    for group in kept.iter().rev() {
        out.extend_from_slice(&group.to_le_bytes());
    }
}

fn groups_of_digits(negative: bool, text: &[u8], scale: u16) -> Groups {
    let pad = (4 - usize::from(scale % 4)) % 4;
    let mut padded = Vec::with_capacity(text.len() + pad);
    padded.extend_from_slice(text);
    padded.resize(text.len() + pad, b'0');
    let mut digits: Vec<u16> = padded
        .rchunks(4)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0u16, |group, d| group * 10 + u16::from(d - b'0'))
        })
        .collect();
    digits.reverse();
    let weight = digits.len() as i32 - 1 - i32::from(scale.div_ceil(4));
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    digits.drain(..leading);
    let weight = if digits.is_empty() {
        0
    } else {
        weight - leading as i32
    };
    Groups {
        negative,
        weight,
        scale,
        digits,
    }
}

impl Groups {
    fn write(&self, out: &mut Vec<u8>) {
        write_header(self.negative, self.weight, self.scale, out);
        for digit in &self.digits {
            out.extend_from_slice(&digit.to_le_bytes());
        }
    }
}

fn write_header(negative: bool, weight: i32, scale: u16, out: &mut Vec<u8>) {
    if scale <= SHORT_SCALE_MAX && (-64..=63).contains(&weight) {
        let sign = if negative { SHORT_SIGN } else { 0 };
        let header = SHORT | sign | scale << SHORT_SCALE_SHIFT | (weight & 0x7f) as u16;
        out.extend_from_slice(&header.to_le_bytes());
        return;
    }
    let sign = if negative { LONG_NEGATIVE } else { 0 };
    out.extend_from_slice(&(sign | scale).to_le_bytes());
    out.extend_from_slice(&(weight as i16).to_le_bytes());
}
