//! How deep and how long a statement may be, checked on its tokens before anything is built.
//!
//! The parsers, the walk over the tree and even dropping it recurse once per level of nesting or per
//! link of a chain of operators. Both are bounded here, so none of them can exhaust the stack; beyond
//! the bounds a statement gets 54001. Chains of AND and OR are lists and have no bound.

use alloc::vec::Vec;

use super::cursor::Cursor;
use super::error::{Parse, too_deep};
use super::token::Value;

/// Parentheses, brackets and CASE inside each other.
pub(super) const NESTING: usize = 64;
/// Operators after each other without AND, OR, comma or parenthesis between them.
pub(super) const CHAIN: u32 = 1000;
/// The same for what wraps its operand: casts, IS, COLLATE, NOT, ….
pub(super) const WRAPS: u32 = 40;
/// UNION, INTERSECT and EXCEPT in one statement; joins in one statement.
pub(super) const SET_OPERATIONS: u32 = 500;
/// Levels the crate's parser may use; several for one of ours.
pub(super) const FOREIGN_DEPTH: usize = 300;

/// Links counted on one level of nesting.
#[derive(Clone, Copy, Default)]
struct Level {
    chain: u32,
    wraps: u32,
}

/// Checks all tokens of a statement.
pub(super) fn check(cursor: &Cursor) -> Parse<()> {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let mut sets = 0u32;
    for token in &cursor.tokens {
        match &token.value {
            Value::Punct(b'(' | b'[') => outer.push(core::mem::take(&mut level)),
            Value::Punct(b')' | b']') => level = outer.pop().unwrap_or_default(),
            Value::Punct(b',') => level = Level::default(),
            Value::Operator(_) => level.chain += 1,
            Value::Cast => level.wraps += 1,
            Value::Word(word) => match word.as_str() {
                "case" => outer.push(core::mem::take(&mut level)),
                "end" => level = outer.pop().unwrap_or_default(),
                "and" | "or" | "when" | "then" | "else" | "select" | "from" | "where" | "on" => {
                    level = Level::default();
                }
                "is" | "isnull" | "notnull" | "collate" | "at" | "between" | "like" | "ilike"
                | "similar" | "in" | "not" => level.wraps += 1,
                "union" | "intersect" | "except" | "join" => sets += 1,
                _ => {}
            },
            _ => {}
        }
        let deep = outer.len() > NESTING || level.chain > CHAIN || level.wraps > WRAPS;
        if deep || sets > SET_OPERATIONS {
            return Err(too_deep(token.start));
        }
    }
    Ok(())
}
