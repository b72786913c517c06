//! From text to the project's own syntax tree, in PostgreSQL's dialect.
//!
//! ```text
//! text ─ lexer ─ token ─ limits ─┬─ dml, ddl_…, utility, …   our own parsers (cursor)
//!                                └─ bridge ─ sqlparser ─ from_sqlparser   queries, expressions
//!                                                   both end in ast
//! ```
//!
//! Queries and expressions are parsed by the sqlparser crate; the statements around them by short
//! parsers of our own, which call it for the parts it does well. Nothing outside this folder sees the
//! crate, so that a new version touches this folder alone. Every node of `ast` carries the byte it
//! stands at; every error is PostgreSQL's with SQLSTATE and position.
//!
//! Beside that: `split` cuts a script into statements, `insert_stream` reads literal INSERTs without
//! a tree, `cache_key` tells kinds of statements apart by a glance, `deparse` prints a tree.

mod alter;
pub mod ast;
mod bridge;
mod cache_key;
mod create;
mod create_table;
mod cursor;
pub mod deparse;
mod dialect;
mod dml;
mod error;
mod from_sqlparser;
mod insert_stream;
mod lexer;
mod limits;
mod object;
mod routine;
mod settings;
mod statement;
mod token;
mod transaction;
mod types;
mod utility;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::ops::Range;

pub use cache_key::{StatementKind, statement_kind};
pub use error::SqlError;
pub use insert_stream::{Cell, Cells, LiteralInsert, try_literal_insert};
pub use lexer::{Lexer, RawKind, RawToken, split};

use ast::Statement;
use cursor::Cursor;
use error::Parse;

/// A statement of a script.
pub struct Parsed {
    pub stmt: Statement,
    /// Its bytes in the script. Positions in `stmt` count from the start of the script.
    pub range: Range<usize>,
}

/// Parses the only statement of a text; semicolons around it are allowed.
pub fn parse_one(text: &str) -> Result<Statement, SqlError> {
    lexer::check_length(text)?;
    let mut tokens = token::tokens(text)?;
    let semicolon = token::Value::Punct(b';');
    while tokens.last().is_some_and(|token| token.value == semicolon) {
        tokens.pop();
    }
    let lead = tokens
        .iter()
        .take_while(|token| token.value == semicolon)
        .count();
    tokens.drain(..lead);
    statement(text, tokens)
}

/// Parses all statements of a text; the first error ends it.
pub fn parse(text: &str) -> Result<Vec<Parsed>, SqlError> {
    lexer::check_length(text)?;
    let mut rest = token::tokens(text)?.into_iter().peekable();
    let mut out = Vec::new();
    for range in split(text) {
        let range = range?;
        let inside = |start: u32| (start as usize) < range.end;
        let mut tokens = Vec::new();
        while let Some(token) = rest.next_if(|token| inside(token.start)) {
            if token.start as usize >= range.start {
                tokens.push(token);
            }
        }
        out.push(Parsed {
            stmt: statement(text, tokens)?,
            range,
        });
    }
    Ok(out)
}

fn statement(text: &str, tokens: Vec<token::Token>) -> Parse<Statement> {
    let mut cursor = Cursor {
        text,
        tokens,
        at: 0,
    };
    limits::check(&cursor)?;
    let out = cursor.statement()?;
    if cursor.is_end() {
        Ok(out)
    } else {
        Err(cursor.fail())
    }
}
