//! Tokens of JSON, and error reports that quote the place.

use crate::error::SqlError;
use crate::sqlstate::SqlState;
use alloc::format;
use alloc::string::String;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    OpenObject,
    CloseObject,
    OpenArray,
    CloseArray,
    Comma,
    Colon,
    String,
    Number,
    True,
    False,
    Null,
    End,
}

/// Most text quoted in a context line.
const CONTEXT_BYTES: usize = 50;

pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Where the present token begins and ends.
    start: usize,
    end: usize,
    pub token: Token,
}

type Lexed<T> = core::result::Result<T, SqlError>;

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Lexed<Lexer<'a>> {
        let mut lexer = Lexer {
            text,
            start: 0,
            end: 0,
            token: Token::End,
        };
        lexer.advance()?;
        Ok(lexer)
    }

    pub fn slice(&self) -> &'a str {
        self.text.get(self.start..self.end).unwrap_or("")
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub fn advance(&mut self) -> Lexed<()> {
        let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.start = self.end;
        while self.byte(self.start).is_some_and(blank) {
            self.start += 1;
        }
        self.end = self.start + 1;
        self.token = match self.byte(self.start) {
            None => {
                self.end = self.start;
                Token::End
            }
            Some(b'{') => Token::OpenObject,
            Some(b'}') => Token::CloseObject,
            Some(b'[') => Token::OpenArray,
            Some(b']') => Token::CloseArray,
            Some(b',') => Token::Comma,
            Some(b':') => Token::Colon,
            Some(b'"') => {
                self.scan_string()?;
                Token::String
            }
            Some(b'-' | b'0'..=b'9') => {
                self.scan_number()?;
                Token::Number
            }
            Some(_) => self.scan_word()?,
        };
        Ok(())
    }

    /// A word, or whatever stands in a word's place, up to the next mark.
    fn take_word(&mut self) {
        let rest = self.text.get(self.start..).unwrap_or("");
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
        let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        self.end = self.start + length.max(first);
    }

    fn scan_word(&mut self) -> Lexed<Token> {
        self.take_word();
        match self.slice() {
            "true" => Ok(Token::True),
            "false" => Ok(Token::False),
            "null" => Ok(Token::Null),
            word => {
                let detail = format!("Token \"{word}\" is invalid.");
                Err(self.error(&detail))
            }
        }
    }

    fn scan_number(&mut self) -> Lexed<()> {
        let mut at = self.start + usize::from(self.byte(self.start) == Some(b'-'));
        let digits = |mut at: usize| {
            let from = at;
            while self.byte(at).is_some_and(|byte| byte.is_ascii_digit()) {
                at += 1;
            }
            (at, at > from)
        };
        let mut fine = true;
        if self.byte(at) == Some(b'0') {
            at += 1;
        } else {
            (at, fine) = digits(at);
        }
        if fine && self.byte(at) == Some(b'.') {
            (at, fine) = digits(at + 1);
        }
        if fine && matches!(self.byte(at), Some(b'e' | b'E')) {
            let signs = usize::from(matches!(self.byte(at + 1), Some(b'+' | b'-')));
            (at, fine) = digits(at + 1 + signs);
        }
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
        if fine && !self.byte(at).is_some_and(goes_on) {
            self.end = at;
            return Ok(());
        }
        while self.byte(at).is_some_and(goes_on) {
            at += 1;
        }
        self.end = at;
        let detail = format!("Token \"{}\" is invalid.", self.slice());
        Err(self.error(&detail))
    }

    /// Finds the end of a string and checks the form of its escapes.
    fn scan_string(&mut self) -> Lexed<()> {
        let mut at = self.start + 1;
        loop {
            let Some(byte) = self.byte(at) else {
                self.end = self.text.len();
                let detail = format!("Token \"{}\" is invalid.", self.slice());
                return Err(self.error(&detail));
            };
            match byte {
                b'"' => break,
                b'\\' => at += self.check_escape(at)?,
                0..=0x1f => {
                    self.end = at;
                    return Err(self.error(&format!(
                        "Character with value 0x{byte:02x} must be escaped."
                    )));
                }
                _ => at += 1,
            }
        }
        self.end = at + 1;
        Ok(())
    }

    fn check_escape(&mut self, at: usize) -> Lexed<usize> {
        match self.byte(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
            Some(b'u') => {
                let hex = self.text.as_bytes().get(at + 2..at + 6);
                if hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    return Ok(6);
                }
                self.end = at + 2;
                Err(self.error("\"\\u\" must be followed by four hexadecimal digits."))
            }
            Some(_) => {
                let wrong = self.text.get(at + 1..).and_then(|rest| rest.chars().next());
                let wrong = wrong.unwrap_or('?');
                self.end = at + 1 + wrong.len_utf8();
                Err(self.error(&format!("Escape sequence \"\\{wrong}\" is invalid.")))
            }
            None => {
                self.end = self.text.len();
                let detail = format!("Token \"{}\" is invalid.", self.slice());
                Err(self.error(&detail))
            }
        }
    }

    /// The present string token without quotes and escapes.
    pub fn unescape(&self) -> Lexed<String> {
        let body = self
            .text
            .get(self.start + 1..self.end.saturating_sub(1))
            .unwrap_or("");
        if !body.contains('\\') {
            return Ok(String::from(body));
        }
        let mut out = String::with_capacity(body.len());
        let mut rest = body;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            let after = rest.get(at + 2..).unwrap_or("");
            rest = after;
            match rest_kind(body, body.len() - after.len() - 1) {
                b'u' => rest = self.unescape_unicode(&mut out, after)?,
                b'b' => out.push('\x08'),
                b'f' => out.push('\x0c'),
                b'n' => out.push('\n'),
                b'r' => out.push('\r'),
                b't' => out.push('\t'),
                plain => out.push(char::from(plain)),
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn unescape_unicode<'b>(&self, out: &mut String, after: &'b str) -> Lexed<&'b str> {
        let unit = |text: &str| {
            text.get(..4)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        };
        let first = unit(after).unwrap_or(0);
        let rest = after.get(4..).unwrap_or("");
        if first == 0 {
            return Err(SqlError::user(
                SqlState::UNTRANSLATABLE_CHARACTER,
                "unsupported Unicode escape sequence",
            )
            .detail("\\u0000 cannot be converted to text.")
            .within(&self.context()));
        }
        let low_missing = || self.error("Unicode low surrogate must follow a high surrogate.");
        if (0xdc00..0xe000).contains(&first) {
            return Err(low_missing());
        }
        if !(0xd800..0xdc00).contains(&first) {
            out.push(char::from_u32(first).unwrap_or('\u{fffd}'));
            return Ok(rest);
        }
        let second = rest
            .strip_prefix("\\u")
            .and_then(unit)
            .ok_or_else(low_missing)?;
        if (0xd800..0xdc00).contains(&second) {
            return Err(self.error("Unicode high surrogate must not follow a high surrogate."));
        }
        if !(0xdc00..0xe000).contains(&second) {
            return Err(low_missing());
        }
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
        Ok(rest.get(6..).unwrap_or(""))
    }

    /// The error for a token that the grammar did not expect.
    pub fn unexpected(&self, expected: &str) -> SqlError {
        match self.token {
            Token::End => self.error("The input string ended unexpectedly."),
            _ => self.error(&format!(
                "Expected {expected}, but found \"{}\".",
                self.slice()
            )),
        }
    }

    pub fn error(&self, detail: &str) -> SqlError {
        SqlError::user(
            SqlState::INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type json",
        )
        .detail(detail)
        .within(&self.context())
    }

    /// The line up to the end of the present token.
    fn context(&self) -> String {
        let before = self.text.get(..self.end).unwrap_or(self.text);
        let line_number = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.get(line_start..).unwrap_or("");
        let mut cut = line.len().saturating_sub(CONTEXT_BYTES);
        while !line.is_char_boundary(cut) {
            cut += 1;
        }
        let prefix = if cut > 0 { "..." } else { "" };
        let goes_on = self.text.get(self.end..).is_some_and(|rest| {
            self.token != Token::End && !rest.is_empty() && !rest.starts_with(['\n', '\r'])
        });
        let suffix = if goes_on { "..." } else { "" };
        format!(
            "JSON data, line {line_number}: {prefix}{}{suffix}",
            line.get(cut..).unwrap_or("")
        )
    }
}

fn rest_kind(body: &str, at: usize) -> u8 {
    body.as_bytes().get(at).copied().unwrap_or(b'\\')
}
