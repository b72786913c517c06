//! INSERT of literals without a tree.
//!
//! `INSERT INTO t (a, b) VALUES (1, 'x'), (NULL, TRUE)` is what dumps and loaders send, with up to
//! hundreds of thousands of rows in one statement. [`try_literal_insert`] recognises it by its tokens
//! and hands out cells in order, borrowing from the text. Anything else (an expression, DEFAULT,
//! RETURNING, ON CONFLICT, a cast) gives `None`, and the statement takes the usual way, which also
//! makes the error messages.
//!
//! The whole statement is scanned once before the first cell is handed out, so that a caller never
//! has to undo rows because the last one was no literal; a second pass reads the cells. Both are one
//! walk over the bytes without allocation, but for strings that contain quotes or escapes.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::lexer::{Lexer, RawKind, RawToken};
use super::token::{Value, decode, is_function_word, is_reserved};

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    Null,
    /// Digits with point or exponent, and a minus sign where written right before them.
    Number(&'a str),
    /// Of unknown type, as a string literal is.
    Text(Cow<'a, str>),
    Bool(bool),
}

/// An INSERT of literals.
pub struct LiteralInsert<'a> {
    pub schema: Option<String>,
    pub table: String,
    /// Byte offset of the table's name.
    pub table_pos: u32,
    /// With their byte offsets; empty when none were written.
    pub columns: Vec<(String, u32)>,
    /// Cells in a row; all rows have as many.
    pub width: usize,
    pub rows: usize,
    text: &'a str,
    values_at: usize,
}

/// Recognises the statement; the text may end in a semicolon.
pub fn try_literal_insert(text: &str) -> Option<LiteralInsert<'_>> {
    let mut scan = Scan {
        text,
        lexer: Lexer::new(text),
        peeked: None,
    };
    scan.word("insert")?;
    scan.word("into")?;
    let (mut table, table_pos) = scan.name()?;
    let mut schema = None;
    if scan.punct(b'.') {
        schema = Some(core::mem::replace(&mut table, scan.name()?.0));
    }
    let mut columns = Vec::new();
    if scan.punct(b'(') {
        loop {
            columns.push(scan.name()?);
            if !scan.punct(b',') {
                break;
            }
        }
        scan.expect(b')')?;
    }
    scan.word("values")?;
    let values_at = scan.peek()?.start as usize;
    let (rows, width) = scan.rows()?;
    if !columns.is_empty() && columns.len() != width {
        return None;
    }
    Some(LiteralInsert {
        schema,
        table,
        table_pos,
        columns,
        width,
        rows,
        text,
        values_at,
    })
}

impl<'a> LiteralInsert<'a> {
    /// All cells, row by row, with the byte offset of each.
    pub fn cells(&self) -> Cells<'a> {
        let lexer = Lexer::from(self.text, self.values_at);
        Cells {
            scan: Scan {
                text: self.text,
                lexer,
                peeked: None,
            },
        }
    }
}

/// See [`LiteralInsert::cells`].
pub struct Cells<'a> {
    scan: Scan<'a>,
}

impl<'a> Iterator for Cells<'a> {
    type Item = (Cell<'a>, u32);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let token = self.scan.take()?;
            match token.kind {
                RawKind::Punct(b'(' | b')' | b',') => {}
                RawKind::Punct(_) => return None,
                _ => return Some((self.scan.cell(token)?, token.start)),
            }
        }
    }
}

struct Scan<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    peeked: Option<RawToken>,
}

impl<'a> Scan<'a> {
    fn peek(&mut self) -> Option<RawToken> {
        if self.peeked.is_none() {
            self.peeked = self.lexer.token().ok()?;
        }
        self.peeked
    }

    fn take(&mut self) -> Option<RawToken> {
        match self.peeked.take() {
            Some(token) => Some(token),
            None => self.lexer.token().ok()?,
        }
    }

    fn source(&self, token: RawToken) -> &'a str {
        self.text
            .get(token.start as usize..token.end as usize)
            .unwrap_or("")
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let token = self.take()?;
        let fits = token.kind == RawKind::Word && self.source(token).eq_ignore_ascii_case(word);
        fits.then_some(())
    }

    fn name(&mut self) -> Option<(String, u32)> {
        let token = self.take()?;
        match decode(self.text, token).ok()? {
            Value::Word(word) if !is_reserved(&word) && !is_function_word(&word) => {
                Some((word, token.start))
            }
            Value::Name(name) => Some((name, token.start)),
            _ => None,
        }
    }

    fn punct(&mut self, byte: u8) -> bool {
        let found = self
            .peek()
            .is_some_and(|token| token.kind == RawKind::Punct(byte));
        if found {
            self.peeked = None;
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.punct(byte).then_some(())
    }

    /// Checks `(…), (…)` to the end of the text: the number of rows and their width.
    fn rows(&mut self) -> Option<(usize, usize)> {
        let (mut rows, mut width) = (0usize, 0usize);
        loop {
            self.expect(b'(')?;
            let mut cells = 0usize;
            loop {
                let token = self.take()?;
                self.is_literal(token)?;
                cells += 1;
                if !self.punct(b',') {
                    break;
                }
            }
            self.expect(b')')?;
            if rows > 0 && cells != width {
                return None;
            }
            width = cells;
            rows += 1;
            if !self.punct(b',') {
                break;
            }
        }
        while self.punct(b';') {}
        match self.lexer.token() {
            Ok(None) if self.peeked.is_none() => Some((rows, width)),
            _ => None,
        }
    }

    /// A minus sign is part of the number when it stands right before it.
    fn is_literal(&mut self, token: RawToken) -> Option<()> {
        match token.kind {
            RawKind::Integer | RawKind::Decimal | RawKind::Text | RawKind::EscapeText => Some(()),
            RawKind::Operator if self.source(token) == "-" => {
                let number = self.take()?;
                let digits = matches!(number.kind, RawKind::Integer | RawKind::Decimal);
                (digits && number.start == token.end).then_some(())
            }
            RawKind::Word => self.constant(token).map(|_| ()),
            _ => None,
        }
    }

    fn constant(&self, token: RawToken) -> Option<Cell<'a>> {
        let word = self.source(token);
        if word.eq_ignore_ascii_case("null") {
            Some(Cell::Null)
        } else if word.eq_ignore_ascii_case("true") {
            Some(Cell::Bool(true))
        } else if word.eq_ignore_ascii_case("false") {
            Some(Cell::Bool(false))
        } else {
            None
        }
    }

    fn cell(&mut self, token: RawToken) -> Option<Cell<'a>> {
        match token.kind {
            RawKind::Integer | RawKind::Decimal => Some(Cell::Number(self.source(token))),
            RawKind::Operator => {
                let number = self.take()?;
                let both = RawToken {
                    end: number.end,
                    ..token
                };
                Some(Cell::Number(self.source(both)))
            }
            RawKind::Word => self.constant(token),
            _ => self.string(token),
        }
    }

    /// Borrowed unless a quote or an escape is inside.
    fn string(&self, token: RawToken) -> Option<Cell<'a>> {
        let source = self.source(token);
        if token.kind == RawKind::Text && source.starts_with('\'') {
            let inside = source.get(1..source.len().saturating_sub(1))?;
            if !inside.contains('\'') {
                return Some(Cell::Text(Cow::Borrowed(inside)));
            }
        }
        match decode(self.text, token).ok()? {
            Value::Text(text) => Some(Cell::Text(Cow::Owned(text))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn cells(text: &str) -> Option<Vec<Cell<'_>>> {
        try_literal_insert(text).map(|insert| insert.cells().map(|(cell, _)| cell).collect())
    }

    #[test]
    fn literals_stream() {
        let text = "INSERT INTO \"S\".t (a, \"B\") VALUES (1, 'it''s'), (-2.5e3, NULL),\n(true, E'a\\nb'), ('x', FALSE) ; ";
        let found = cells(text).unwrap_or_default();
        let text_cell = |text: &'static str| Cell::Text(Cow::Borrowed(text));
        assert_eq!(
            found,
            [
                Cell::Number("1"),
                text_cell("it's"),
                Cell::Number("-2.5e3"),
                Cell::Null,
                Cell::Bool(true),
                text_cell("a\nb"),
                text_cell("x"),
                Cell::Bool(false),
            ]
        );
        let insert =
            try_literal_insert(text).map(|i| (i.schema, i.table, i.columns, i.width, i.rows));
        let columns = Vec::from([("a".into(), 19), ("B".into(), 22)]);
        assert_eq!(insert, Some((Some("S".into()), "t".into(), columns, 2, 4)));
    }

    #[test]
    fn everything_else_takes_the_usual_way() {
        for text in [
            "INSERT INTO t VALUES (1 + 1)",
            "INSERT INTO t VALUES (DEFAULT)",
            "INSERT INTO t VALUES (1) RETURNING a",
            "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
            "INSERT INTO t VALUES (1), (1, 2)",
            "INSERT INTO t (a) VALUES (1, 2)",
            "INSERT INTO t VALUES ('a'::text)",
            "INSERT INTO t VALUES (date '2024-01-01')",
            "INSERT INTO t VALUES ($1)",
            "INSERT INTO t VALUES (- 1)",
            "INSERT INTO t VALUES (1",
            "INSERT INTO t VALUES (1,)",
            "INSERT INTO t VALUES (1); SELECT 1",
            "INSERT INTO t VALUES ('a",
            "INSERT INTO t AS x VALUES (1)",
            "INSERT INTO t SELECT 1",
            "INSERT INTO select VALUES (1)",
            "INSERT INTO a.b.c VALUES (1)",
            "UPDATE t SET a = 1",
            "",
        ] {
            assert!(try_literal_insert(text).is_none(), "{text}");
        }
    }

    #[test]
    fn many_rows_need_no_tree() {
        let text = format!(
            "INSERT INTO t VALUES {}(1, 'x')",
            "(1, 'x'),".repeat(50_000)
        );
        assert_eq!(cells(&text).map(|list| list.len()), Some(100_002));
    }
}
