//! From bytes to tokens, by PostgreSQL's own rules.
//!
//! A [`RawToken`] is a kind and a byte range and costs no allocation: splitting a script, the limits
//! and the INSERT stream need no more. [`decode`] turns one into its value: folded names, strings
//! with their escapes undone.
//!
//! ```text
//! -- …  /* … /* … */ … */      skipped (block comments nest)
//! name  "Name"  U&"n\0061me"   Word, Quoted, UnicodeQuoted
//! 12  1.5  .5  1e9             Integer, Decimal
//! 'it''s'  E'\n'  U&'\0061'  N'x'  $tag$ … $tag$
//! B'01'  X'1F'  $1
//! + <= ->> @>                  Operator: the longest run of + - * / < > = ~ ! @ # % ^ & | ` ?
//!                              up to a comment, minus trailing + and - unless the run holds one
//!                              of ~ ! @ # % ^ & | ` ?
//! ::  :=  =>  ..               one token each
//! ```
//!
//! Two strings with only white space and at least one line end between them are one string.
//! Left out: `standard_conforming_strings = off`. Source: PostgreSQL's documentation, "Lexical
//! Structure".

use super::error::{Parse, coded, near, syntax};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RawKind {
    Word,
    Quoted,
    UnicodeQuoted,
    Integer,
    Decimal,
    Text,
    EscapeText,
    UnicodeText,
    DollarText,
    Bits,
    Hex,
    Param,
    Operator,
    Cast,
    Assign,
    DotDot,
    /// `=>`.
    Arrow,
    /// One of `( ) [ ] , ; . :`.
    Punct(u8),
    /// Starts nothing: a backslash, a brace, ….
    Unknown,
}

/// A token's kind and place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawToken {
    pub kind: RawKind,
    pub start: u32,
    pub end: u32,
}

/// Reads tokens one after another.
pub struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

pub(super) fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

pub(super) fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Lexer::from(text, 0)
    }

    /// Begins at a byte offset of `text`.
    pub fn from(text: &'a str, at: usize) -> Self {
        Lexer {
            text,
            bytes: text.as_bytes(),
            at,
        }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next token, or `None` at the end.
    pub fn token(&mut self) -> Parse<Option<RawToken>> {
        self.skip_blank()?;
        let start = self.at;
        if start >= self.bytes.len() {
            return Ok(None);
        }
        let kind = self.kind()?;
        Ok(Some(RawToken {
            kind,
            start: start as u32,
            end: self.at as u32,
        }))
    }

    fn kind(&mut self) -> Parse<RawKind> {
        let (byte, next) = (self.byte(0), self.byte(1));
        match byte {
            b'e' | b'E' if next == b'\'' => self.quoted_after(1, RawKind::EscapeText),
            b'n' | b'N' if next == b'\'' => self.quoted_after(1, RawKind::Text),
            b'b' | b'B' if next == b'\'' => self.quoted_after(1, RawKind::Bits),
            b'x' | b'X' if next == b'\'' => self.quoted_after(1, RawKind::Hex),
            b'u' | b'U' if next == b'&' && self.byte(2) == b'\'' => {
                self.quoted_after(2, RawKind::UnicodeText)
            }
            b'u' | b'U' if next == b'&' && self.byte(2) == b'"' => {
                self.at += 2;
                self.quoted_name(RawKind::UnicodeQuoted)
            }
            _ if starts_word(byte) => {
                self.skip_while(continues_word);
                Ok(RawKind::Word)
            }
            b'\'' => self.quoted_after(0, RawKind::Text),
            b'"' => self.quoted_name(RawKind::Quoted),
            b'$' if next.is_ascii_digit() => self.param(),
            b'$' => self.dollar(),
            b'0'..=b'9' => self.number(),
            b'.' if next.is_ascii_digit() => self.number(),
            b'.' if next == b'.' => Ok(self.take(2, RawKind::DotDot)),
            b':' if next == b':' => Ok(self.take(2, RawKind::Cast)),
            b':' if next == b'=' => Ok(self.take(2, RawKind::Assign)),
            b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' | b':' => {
                Ok(self.take(1, RawKind::Punct(byte)))
            }
            _ if is_operator(byte) => Ok(self.operator()),
            _ => Ok(self.take(1, RawKind::Unknown)),
        }
    }

    fn take(&mut self, count: usize, kind: RawKind) -> RawKind {
        self.at += count;
        kind
    }

    fn skip_while(&mut self, test: impl Fn(u8) -> bool) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !test(byte) {
                break;
            }
            self.at += 1;
        }
    }

    /// White space and comments.
    fn skip_blank(&mut self) -> Parse<()> {
        loop {
            self.skip_while(is_space);
            match (self.byte(0), self.byte(1)) {
                (b'-', b'-') => self.skip_while(|byte| byte != b'\n'),
                (b'/', b'*') => self.skip_block()?,
                _ => return Ok(()),
            }
        }
    }

    fn skip_block(&mut self) -> Parse<()> {
        let start = self.at;
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.byte(0), self.byte(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
        Err(self.open_ended("unterminated /* comment", start))
    }

    fn open_ended(&mut self, what: &str, start: usize) -> super::error::SqlError {
        let mut made = near(self.text, start as u32, self.text.len() as u32);
        made.message = made.message.replacen("syntax error", what, 1);
        self.at = self.bytes.len();
        made
    }

    fn quoted_after(&mut self, prefix: usize, kind: RawKind) -> Parse<RawKind> {
        let start = self.at;
        self.at += prefix + 1;
        let escapes = kind == RawKind::EscapeText;
        loop {
            match self.bytes.get(self.at) {
                None => {
                    let what = match kind {
                        RawKind::Bits => "unterminated bit string literal",
                        RawKind::Hex => "unterminated hexadecimal string literal",
                        _ => "unterminated quoted string",
                    };
                    return Err(self.open_ended(what, start));
                }
                Some(b'\\') if escapes => self.at += 2,
                Some(b'\'') if self.byte(1) == b'\'' => self.at += 2,
                Some(b'\'') => {
                    self.at += 1;
                    match self.continuation() {
                        Some(quote) => self.at = quote + 1,
                        None => return Ok(kind),
                    }
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// Where the string goes on after white space with a line end in it.
    fn continuation(&self) -> Option<usize> {
        let mut at = self.at;
        let mut line_end = false;
        loop {
            match self.bytes.get(at)? {
                b'\n' | b'\r' => line_end = true,
                b'\'' if line_end => return Some(at),
                b'-' if line_end && self.bytes.get(at + 1) == Some(&b'-') => {
                    while *self.bytes.get(at)? != b'\n' {
                        at += 1;
                    }
                }
                &byte if is_space(byte) => {}
                _ => return None,
            }
            at += 1;
        }
    }

    fn quoted_name(&mut self, kind: RawKind) -> Parse<RawKind> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                None => return Err(self.open_ended("unterminated quoted identifier", start)),
                Some(b'"') if self.byte(1) == b'"' => self.at += 2,
                Some(b'"') => break,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        if self.at == start + 2 {
            let mut made = near(self.text, start as u32, self.at as u32);
            made.message =
                made.message
                    .replacen("syntax error", "zero-length delimited identifier", 1);
            return Err(made);
        }
        Ok(kind)
    }

    fn param(&mut self) -> Parse<RawKind> {
        let start = self.at;
        self.at += 1;
        self.skip_while(|byte| byte.is_ascii_digit());
        self.no_junk(start, "trailing junk after parameter")?;
        Ok(RawKind::Param)
    }

    fn no_junk(&mut self, start: usize, what: &str) -> Parse<()> {
        if !starts_word(self.byte(0)) {
            return Ok(());
        }
        self.skip_while(continues_word);
        let mut made = near(self.text, start as u32, self.at as u32);
        made.message = made.message.replacen("syntax error", what, 1);
        Err(made)
    }

    fn dollar(&mut self) -> Parse<RawKind> {
        let start = self.at;
        let mut end = start + 1;
        while let Some(&byte) = self.bytes.get(end) {
            let fits = if end == start + 1 {
                starts_word(byte)
            } else {
                continues_word(byte)
            };
            if byte == b'$' || !fits {
                break;
            }
            end += 1;
        }
        if self.bytes.get(end) != Some(&b'$') {
            return Ok(self.take(1, RawKind::Unknown));
        }
        let tag = self.text.get(start..=end).unwrap_or("$$");
        match self.text.get(end + 1..).and_then(|rest| rest.find(tag)) {
            Some(found) => {
                self.at = end + 1 + found + tag.len();
                Ok(RawKind::DollarText)
            }
            None => Err(self.open_ended("unterminated dollar-quoted string", start)),
        }
    }

    fn number(&mut self) -> Parse<RawKind> {
        let start = self.at;
        let mut kind = RawKind::Integer;
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.byte(0) == b'.' && self.byte(1) != b'.' {
            kind = RawKind::Decimal;
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                kind = RawKind::Decimal;
                self.at += 1 + sign;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
        }
        self.no_junk(start, "trailing junk after numeric literal")?;
        Ok(kind)
    }

    fn operator(&mut self) -> RawKind {
        let start = self.at;
        let mut end = start;
        let mut strange = false;
        while let Some(&byte) = self.bytes.get(end) {
            let next = self.bytes.get(end + 1).copied().unwrap_or(0);
            if !is_operator(byte)
                || (byte == b'-' && next == b'-')
                || (byte == b'/' && next == b'*')
            {
                break;
            }
            strange |= b"~!@#%^&|`?".contains(&byte);
            end += 1;
        }
        while !strange && end > start + 1 && matches!(self.bytes.get(end - 1), Some(b'+' | b'-')) {
            end -= 1;
        }
        self.at = end.max(start + 1);
        match self.bytes.get(start..end) {
            Some(b"=>") => RawKind::Arrow,
            _ => RawKind::Operator,
        }
    }
}

/// Byte ranges of the statements of a script, without the semicolons and the blank around them.
/// Empty statements are skipped. An error of the lexer ends the sequence. As in a server, a
/// semicolon inside parentheses or in `BEGIN ATOMIC … END` does not split.
pub fn split(text: &str) -> Split<'_> {
    Split {
        text,
        lexer: Lexer::new(text),
        done: false,
    }
}

/// See [`split`].
pub struct Split<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    done: bool,
}

impl Iterator for Split<'_> {
    type Item = Parse<core::ops::Range<usize>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut range: Option<(u32, u32)> = None;
        let (mut parens, mut atomic) = (0u32, 0u32);
        let mut last_begin = false;
        while !self.done {
            let token = match self.lexer.token() {
                Ok(Some(token)) => token,
                Ok(None) => {
                    self.done = true;
                    break;
                }
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            };
            let is_begin = self.word(token, "begin");
            match token.kind {
                RawKind::Punct(b'(') => parens += 1,
                RawKind::Punct(b')') => parens = parens.saturating_sub(1),
                RawKind::Word if atomic > 0 && self.word(token, "case") => atomic += 1,
                RawKind::Word if atomic > 0 && self.word(token, "end") => atomic -= 1,
                RawKind::Word if last_begin && self.word(token, "atomic") => atomic += 1,
                RawKind::Punct(b';') if parens == 0 && atomic == 0 => match range {
                    Some(_) => break,
                    None => continue,
                },
                _ => {}
            }
            last_begin = is_begin;
            range = Some((range.map_or(token.start, |(start, _)| start), token.end));
        }
        range.map(|(start, end)| Ok(start as usize..end as usize))
    }
}

impl Split<'_> {
    fn word(&self, token: RawToken, word: &str) -> bool {
        token.kind == RawKind::Word
            && self
                .text
                .get(token.start as usize..token.end as usize)
                .is_some_and(|text| text.eq_ignore_ascii_case(word))
    }
}

/// Refuses texts whose offsets would not fit.
pub(super) fn check_length(text: &str) -> Parse<()> {
    if text.len() > (1 << 30) {
        return Err(coded("54000", "statement text is longer than 1 GiB", 0));
    }
    match text.bytes().position(|byte| byte == 0) {
        Some(at) => Err(syntax(
            "invalid byte sequence for encoding \"UTF8\": 0x00",
            at as u32,
        )),
        None => Ok(()),
    }
}
