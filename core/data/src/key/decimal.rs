//! A decimal in a key: class, exponent, digits two to the byte.
//!
//! | class | 10 -Infinity | 20 negative | 30 zero | 40 positive | 50 Infinity | 60 NaN |
//!
//! A number is 0.d₁d₂… × 10^e with d₁ not zero: three bytes of e, then the digits in pairs, each
//! pair plus one, trailing zeros left out, and a zero byte. A number that is a prefix of another
//! is the smaller one, which the zero byte sees to. Negative numbers have all of that inverted.

use super::{KeyReader, cut_short};
use crate::decimal::Decimal;
use crate::error::Result;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const NEG_INFINITY: u8 = 0x10;
const NEGATIVE: u8 = 0x20;
const ZERO: u8 = 0x30;
const POSITIVE: u8 = 0x40;
const INFINITY: u8 = 0x50;
const NAN: u8 = 0x60;
/// Added to the exponent, so that it is never negative.
const BIAS: i32 = 1 << 22;

pub(super) fn encode(out: &mut Vec<u8>, value: &Decimal) {
    let class = match (value.is_nan(), value.is_infinite(), value.signum()) {
        (true, _, _) => NAN,
        (_, true, Some(1)) => INFINITY,
        (_, true, _) => NEG_INFINITY,
        (_, _, Some(1)) => POSITIVE,
        (_, _, Some(-1)) => NEGATIVE,
        _ => ZERO,
    };
    out.push(class);
    if class != POSITIVE && class != NEGATIVE {
        return;
    }
    let start = out.len();
    let exponent = (value.magnitude_exponent() + BIAS) as u32;
    out.extend_from_slice(&exponent.to_be_bytes()[1..]);
    match value.as_small() {
        Some((coefficient, _)) => write_small(out, coefficient.unsigned_abs()),
        None => {
            let text = value.to_string();
            let digits = text
                .bytes()
                .filter(u8::is_ascii_digit)
                .skip_while(|d| *d == b'0');
            let digits: Vec<u8> = digits.map(|digit| digit - b'0').collect();
            write_pairs(out, &digits);
        }
    }
    if class == NEGATIVE
        && let Some(written) = out.get_mut(start..)
    {
        written.iter_mut().for_each(|byte| *byte = !*byte);
    }
}

fn write_small(out: &mut Vec<u8>, mut rest: u128) {
    let mut digits = [0u8; 39];
    let count = rest.checked_ilog10().map_or(0, |log| log as usize + 1);
    for slot in digits.iter_mut().take(count).rev() {
        *slot = (rest % 10) as u8;
        rest /= 10;
    }
    write_pairs(out, &digits[..count]);
}

fn write_pairs(out: &mut Vec<u8>, digits: &[u8]) {
    let end = digits
        .iter()
        .rposition(|digit| *digit != 0)
        .map_or(0, |at| at + 1);
    for pair in digits[..end].chunks(2) {
        let value = pair.iter().fold(0, |value, digit| value * 10 + digit);
        out.push(1 + if pair.len() == 1 { value * 10 } else { value });
    }
    out.push(0);
}

pub(super) fn decode(reader: &mut KeyReader<'_>, flip: u8) -> Result<Decimal> {
    let class = reader.take::<1>(flip)?[0];
    match class {
        NEG_INFINITY => return Ok(Decimal::NEG_INFINITY),
        ZERO => return Ok(Decimal::ZERO),
        INFINITY => return Ok(Decimal::INFINITY),
        NAN => return Ok(Decimal::NAN),
        POSITIVE | NEGATIVE => {}
        _ => return Err(cut_short()),
    }
    let flip = if class == NEGATIVE { !flip } else { flip };
    let [a, b, c] = reader.take::<3>(flip)?;
    let exponent = u32::from_be_bytes([0, a, b, c]) as i32 - BIAS;
    let mut text = String::from(if class == NEGATIVE { "-." } else { "." });
    loop {
        match reader.take::<1>(flip)?[0] {
            0 => break,
            pair @ 1..=100 => {
                text.push((b'0' + (pair - 1) / 10) as char);
                text.push((b'0' + (pair - 1) % 10) as char);
            }
            _ => return Err(cut_short()),
        }
    }
    // A last pair may hold one digit; without this the scale could pass its limit.
    if text.ends_with('0') {
        text.pop();
    }
    Decimal::parse(&alloc::format!("{text}e{exponent}"))
}
