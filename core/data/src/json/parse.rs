//! The grammar of JSON.

use super::lex::{Lexer, Token};
use super::{Value, sort_members};
use crate::decimal::Decimal;
use crate::error::{Result, SqlError};
use alloc::string::String;
use alloc::vec::Vec;

/// Deeper nesting is refused (54001), so that neither parsing nor dropping can exhaust the stack.
const MAX_DEPTH: u32 = 1000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Only the syntax matters; nothing is built.
    Check,
    /// Members stay in their order, duplicates too.
    Lossless,
    Canonical,
}

/// Accepts what `json` accepts.
pub fn validate(text: &str) -> Result<()> {
    document(text, Mode::Check).map(|_| ())
}

/// A value with members sorted and unique, as `jsonb` has them.
pub fn parse(text: &str) -> Result<Value> {
    document(text, Mode::Canonical)
}

/// A value with members as written, for functions on `json`.
pub fn parse_lossless(text: &str) -> Result<Value> {
    document(text, Mode::Lossless)
}

fn document(text: &str, mode: Mode) -> Result<Value> {
    let mut lexer = Lexer::new(text)?;
    let value = value(&mut lexer, mode, 0)?;
    match lexer.token {
        Token::End => Ok(value),
        _ => Err(lexer.unexpected("end of input")),
    }
}

fn value(lexer: &mut Lexer<'_>, mode: Mode, depth: u32) -> Result<Value> {
    if depth > MAX_DEPTH {
        return Err(SqlError::too_complex());
    }
    let value = match lexer.token {
        Token::OpenObject => return object(lexer, mode, depth),
        Token::OpenArray => return array(lexer, mode, depth),
        Token::String if mode == Mode::Check => Value::Null,
        Token::String => Value::String(lexer.unescape()?),
        Token::Number if mode == Mode::Check => Value::Null,
        Token::Number => Value::Number(Decimal::parse(lexer.slice())?),
        Token::True => Value::Bool(true),
        Token::False => Value::Bool(false),
        Token::Null => Value::Null,
        _ => return Err(lexer.unexpected("JSON value")),
    };
    lexer.advance()?;
    Ok(value)
}

fn array(lexer: &mut Lexer<'_>, mode: Mode, depth: u32) -> Result<Value> {
    let mut items = Vec::new();
    lexer.advance()?;
    if lexer.token == Token::CloseArray {
        lexer.advance()?;
        return Ok(Value::Array(items));
    }
    loop {
        let item = value(lexer, mode, depth + 1)?;
        if mode != Mode::Check {
            items.push(item);
        }
        match lexer.token {
            Token::Comma => lexer.advance()?,
            Token::CloseArray => break,
            _ => return Err(lexer.unexpected("\",\" or \"]\"")),
        }
    }
    lexer.advance()?;
    Ok(Value::Array(items))
}

fn object(lexer: &mut Lexer<'_>, mode: Mode, depth: u32) -> Result<Value> {
    let mut members = Vec::new();
    lexer.advance()?;
    match lexer.token {
        Token::CloseObject => {
            lexer.advance()?;
            return Ok(Value::Object(members));
        }
        Token::String => {}
        _ => return Err(lexer.unexpected("string or \"}\"")),
    }
    loop {
        if lexer.token != Token::String {
            return Err(lexer.unexpected("string"));
        }
        let key = if mode == Mode::Check {
            String::new()
        } else {
            lexer.unescape()?
        };
        lexer.advance()?;
        if lexer.token != Token::Colon {
            return Err(lexer.unexpected("\":\""));
        }
        lexer.advance()?;
        let member = value(lexer, mode, depth + 1)?;
        if mode != Mode::Check {
            members.push((key, member));
        }
        match lexer.token {
            Token::Comma => lexer.advance()?,
            Token::CloseObject => break,
            _ => return Err(lexer.unexpected("\",\" or \"}\"")),
        }
    }
    lexer.advance()?;
    if mode == Mode::Canonical {
        sort_members(&mut members);
    }
    Ok(Value::Object(members))
}
