//! LIKE and ILIKE.
//!
//! A constant pattern is taken apart once for the batch: `abc%`, `%abc`, `%abc%` and `abc` become
//! plain searches of bytes; the rest is matched by backing up to the last `%` only, which is
//! linear in practice and never exponential.

use super::column::{any_const_null, argument, joined_nulls};
use super::context::EvalCx;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::{Datum, Phys, Result, SqlError, SqlState, Vector};

enum Piece {
    Char(char),
    One,
    Many,
}

enum Matcher {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Inside(String),
    Pieces(Vec<Piece>),
}

fn pieces(pattern: &str, escape: Option<char>) -> Result<Vec<Piece>> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            c if Some(c) == escape => Piece::Char(chars.next().ok_or_else(|| {
                SqlError::user(
                    SqlState::INVALID_ESCAPE_SEQUENCE,
                    "LIKE pattern must not end with escape character",
                )
            })?),
            '%' => Piece::Many,
            '_' => Piece::One,
            c => Piece::Char(c),
        });
    }
    Ok(out)
}

impl Matcher {
    fn new(pattern: &str, escape: Option<char>) -> Result<Matcher> {
        let pieces = pieces(pattern, escape)?;
        let (first, last) = (
            matches!(pieces.first(), Some(Piece::Many)),
            matches!(pieces.last(), Some(Piece::Many)),
        );
        let from = usize::from(first);
        let to = pieces
            .len()
            .saturating_sub(usize::from(last && pieces.len() > from));
        let middle = pieces.get(from..to).unwrap_or_default();
        let mut literal = String::new();
        for piece in middle {
            match piece {
                Piece::Char(c) => literal.push(*c),
                _ => return Ok(Matcher::Pieces(pieces)),
            }
        }
        Ok(match (first, last) {
            (false, false) => Matcher::Exact(literal),
            (false, true) => Matcher::Prefix(literal),
            (true, false) => Matcher::Suffix(literal),
            (true, true) => Matcher::Inside(literal),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Matcher::Exact(literal) => text == literal,
            Matcher::Prefix(literal) => text.starts_with(literal.as_str()),
            Matcher::Suffix(literal) => text.ends_with(literal.as_str()),
            Matcher::Inside(literal) => text.contains(literal.as_str()),
            Matcher::Pieces(pieces) => match_pieces(pieces, text),
        }
    }
}

fn match_pieces(pieces: &[Piece], text: &str) -> bool {
    let (mut at, mut rest) = (0usize, text);
    // Where to go on after the last `%` when a match fails: one character later each time.
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let next = rest.chars().next();
        let step = match (pieces.get(at), next) {
            (None, None) => return true,
            (Some(Piece::Many), _) => {
                at += 1;
                retry = Some((at, rest));
                continue;
            }
            (Some(Piece::One), Some(c)) => Some(c),
            (Some(Piece::Char(wanted)), Some(c)) if *wanted == c => Some(c),
            _ => None,
        };
        match (step, retry) {
            (Some(c), _) => {
                at += 1;
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
            (None, Some((piece, from))) => {
                let Some(c) = from.chars().next() else {
                    return false;
                };
                let later = from.get(c.len_utf8()..).unwrap_or_default();
                retry = Some((piece, later));
                (at, rest) = (piece, later);
            }
            (None, None) => return false,
        }
    }
}

/// Whether `text` is like `pattern`, for one pair.
pub fn is_like(text: &str, pattern: &str, escape: Option<char>) -> Result<bool> {
    Ok(Matcher::new(pattern, escape)?.matches(text))
}

fn utf8(bytes: Option<&[u8]>) -> Result<&str> {
    core::str::from_utf8(bytes.unwrap_or_default())
        .map_err(|_| SqlError::corrupted("a text value is not valid UTF-8"))
}

fn escape_of(args: &[Rc<Vector>], row: usize) -> Result<Option<char>> {
    match args.get(2) {
        None => Ok(Some('\\')),
        Some(vector) => {
            let mut chars = utf8(vector.bytes_at(row))?.chars();
            let escape = chars.next();
            match chars.next() {
                None => Ok(escape),
                Some(_) => Err(SqlError::user(
                    SqlState::INVALID_ESCAPE_SEQUENCE,
                    "invalid escape string",
                )
                .hint("Escape string must be empty or one character.")),
            }
        }
    }
}

fn run(args: &[Rc<Vector>], rows: usize, fold: bool, negated: bool) -> Result<Vector> {
    if any_const_null(args) {
        return Ok(Vector::all_null(Phys::Bool, rows));
    }
    let (text, pattern) = (argument(args, 0)?, argument(args, 1)?);
    let folded = |text: &str| {
        if fold {
            text.to_lowercase()
        } else {
            text.to_string()
        }
    };
    let constant = args
        .iter()
        .skip(1)
        .all(|vector| vector.as_const().is_some());
    let shared = match constant {
        true => Some(Matcher::new(
            &folded(utf8(pattern.bytes_at(0))?),
            escape_of(args, 0)?,
        )?),
        false => None,
    };
    let nulls = joined_nulls(args);
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.get(row)) {
            values.push(0);
            continue;
        }
        let subject = utf8(text.bytes_at(row))?;
        let matched = match &shared {
            Some(matcher) if fold => matcher.matches(&subject.to_lowercase()),
            Some(matcher) => matcher.matches(subject),
            None => {
                let pattern = folded(utf8(pattern.bytes_at(row))?);
                Matcher::new(&pattern, escape_of(args, row)?)?.matches(&folded(subject))
            }
        };
        values.push(u8::from(matched != negated));
    }
    Ok(Vector::from_bools(values).with_nulls(nulls))
}

pub fn like(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    run(args, rows, false, false)
}

pub fn not_like(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    run(args, rows, false, true)
}

pub fn ilike(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    run(args, rows, true, false)
}

pub fn not_ilike(args: &[Rc<Vector>], rows: usize, _: &EvalCx) -> Result<Vector> {
    run(args, rows, true, true)
}

/// The literal text a constant pattern must begin with, for index ranges.
pub fn fixed_prefix(pattern: &Datum) -> Option<String> {
    let mut prefix = String::new();
    for piece in pieces(pattern.as_str()?, Some('\\')).ok()? {
        match piece {
            Piece::Char(c) => prefix.push(c),
            _ => break,
        }
    }
    (!prefix.is_empty()).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_postgresql() {
        for (text, pattern, wanted) in [
            ("abc", "abc", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "_b_", true),
            ("abc", "_b", false),
            ("", "%", true),
            ("", "", true),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("aXbXc", "a%X%c", true),
            ("mississippi", "m%iss%pi", true),
            ("mississippi", "m%iss%pj", false),
            ("éa", "_a", true),
        ] {
            assert_eq!(
                is_like(text, pattern, Some('\\')).unwrap(),
                wanted,
                "{text} {pattern}"
            );
        }
        assert!(is_like("a", "a\\", Some('\\')).is_err());
    }
}
