//! JSON: checking `json`, and the canonical text that stands for `jsonb`.
//!
//! A `json` value is its text, checked and otherwise untouched. A `jsonb` value is kept, for now,
//! as the text that PostgreSQL prints for it: keys sorted by length and then by bytes, of equal
//! keys the last, numbers as `numeric` prints them, one blank after each comma and colon. Equal
//! values then have equal bytes. (PostgreSQL's binary tree of offsets, and its order of unequal
//! values, which `Value::compare` has, are not in the stored form.)
//!
//! | file     | holds                                              |
//! |----------|----------------------------------------------------|
//! | lex.rs   | tokens, strings with their escapes, error reports  |
//! | parse.rs | the grammar, with bounded depth                    |
//! | mod.rs   | values, their canonical text, their order          |

mod lex;
mod parse;

use crate::decimal::Decimal;
use crate::error::Result;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::Write;

pub use parse::{parse, parse_lossless, validate};

#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Decimal),
    String(String),
    Array(Vec<Value>),
    /// Sorted by length of key, then by bytes, without duplicates, unless read losslessly.
    Object(Vec<(String, Value)>),
}

/// `jsonb`'s canonical text of a JSON text.
pub fn canonical(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let _ = write_value(&mut out, &parse(text)?);
    Ok(out)
}

fn key_order(a: &str, b: &str) -> Ordering {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

/// Sorts an object's members and keeps the last of equal keys.
pub fn sort_members(members: &mut Vec<(String, Value)>) {
    members.sort_by(|(a, _), (b, _)| key_order(a, b));
    // Sorting is stable, so the last of equals stands last: drop those before it.
    members.reverse();
    members.dedup_by(|next, kept| next.0 == kept.0);
    members.reverse();
}

/// Writes in `jsonb`'s layout.
pub fn write_value(out: &mut impl Write, value: &Value) -> core::fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(number) => write!(out, "{number}"),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.write_char('[')?;
            for (at, item) in items.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                write_value(out, item)?;
            }
            out.write_char(']')
        }
        Value::Object(members) => {
            out.write_char('{')?;
            for (at, (key, member)) in members.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                write_string(out, key)?;
                out.write_str(": ")?;
                write_value(out, member)?;
            }
            out.write_char('}')
        }
    }
}

/// A JSON string with quotes; what must be escaped is.
pub fn write_string(out: &mut impl Write, text: &str) -> core::fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\x08' => out.write_str("\\b")?,
            '\x0c' => out.write_str("\\f")?,
            '\0'..='\x1f' => write!(out, "\\u{:04x}", u32::from(c))?,
            _ => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

/// `jsonb_pretty`: four blanks to the level.
pub fn write_pretty(out: &mut impl Write, value: &Value, level: usize) -> core::fmt::Result {
    fn new_line(out: &mut impl Write, level: usize) -> core::fmt::Result {
        write!(out, "\n{:1$}", "", level * 4)
    }
    match value {
        Value::Array(items) => {
            out.write_char('[')?;
            for (at, item) in items.iter().enumerate() {
                out.write_str(if at > 0 { "," } else { "" })?;
                new_line(out, level + 1)?;
                write_pretty(out, item, level + 1)?;
            }
            new_line(out, level)?;
            out.write_char(']')
        }
        Value::Object(members) => {
            out.write_char('{')?;
            for (at, (key, member)) in members.iter().enumerate() {
                out.write_str(if at > 0 { "," } else { "" })?;
                new_line(out, level + 1)?;
                write_string(out, key)?;
                out.write_str(": ")?;
                write_pretty(out, member, level + 1)?;
            }
            new_line(out, level)?;
            out.write_char('}')
        }
        scalar => write_value(out, scalar),
    }
}

impl Value {
    /// A member of an object.
    pub fn member(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members
                .iter()
                .rev()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// An element of an array, counted from the end when negative.
    pub fn element(&self, index: i64) -> Option<&Value> {
        let Value::Array(items) = self else {
            return None;
        };
        let at = if index < 0 {
            index + items.len() as i64
        } else {
            index
        };
        usize::try_from(at).ok().and_then(|at| items.get(at))
    }

    /// One step of a path: a key, or an index spelt as text.
    pub fn step(&self, step: &str) -> Option<&Value> {
        match self {
            Value::Array(_) => step
                .trim()
                .parse()
                .ok()
                .and_then(|index| self.element(index)),
            _ => self.member(step),
        }
    }

    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    /// What `->>` gives: strings without quotes, null as `None`.
    pub fn to_text(&self) -> Option<String> {
        let mut out = String::new();
        match self {
            Value::Null => return None,
            Value::String(text) => return Some(text.clone()),
            value => {
                let _ = write_value(&mut out, value);
            }
        }
        Some(out)
    }

    /// `@>`: every part of `other` is found here, whatever else there is.
    pub fn contains(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Object(_), Value::Object(members)) => members
                .iter()
                .all(|(key, wanted)| self.member(key).is_some_and(|own| own.contains(wanted))),
            (Value::Array(items), Value::Array(wanted)) => wanted
                .iter()
                .all(|wanted| items.iter().any(|item| item.holds(wanted))),
            // An array contains a bare scalar; at the top only.
            (Value::Array(items), scalar) if !matches!(scalar, Value::Object(_)) => {
                items.contains(scalar)
            }
            _ => self == other,
        }
    }

    /// Containment below the top, where a scalar is found only in itself.
    fn holds(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => {
                self.contains(other)
            }
            _ => self == other,
        }
    }

    /// `jsonb`'s order: objects above arrays above booleans above numbers above strings above
    /// null; longer containers above shorter.
    pub fn compare(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Number(a), Value::Number(b)) => a.cmp(b),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Array(a), Value::Array(b)) => a.len().cmp(&b.len()).then_with(|| {
                let pairs = a.iter().zip(b).map(|(a, b)| a.compare(b));
                pairs.fold(Ordering::Equal, Ordering::then)
            }),
            (Value::Object(a), Value::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
                let pairs = a.iter().zip(b).map(|((key, value), (other_key, other))| {
                    key_order(key, other_key).then_with(|| value.compare(other))
                });
                pairs.fold(Ordering::Equal, Ordering::then)
            }),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            // PostgreSQL puts the empty array below everything, and has kept it there.
            Value::Array(items) if items.is_empty() => 0,
            Value::Null => 1,
            Value::String(_) => 2,
            Value::Number(_) => 3,
            Value::Bool(_) => 4,
            Value::Array(_) => 5,
            Value::Object(_) => 6,
        }
    }
}

#[cfg(test)]
mod tests;
