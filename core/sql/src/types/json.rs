//! JSON text: checked, parsed, and written in jsonb's canonical form.
//!
//! `json` keeps the text as given, once it is known to be valid; `jsonb` keeps its canonical
//! text: keys by length and then bytes, the last of equal keys, one space after `:` and `,`.
//! A binary form is left for later: navigation parses the text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use vitrine_data::{Decimal, Result, SqlError, SqlState};

const MAX_DEPTH: usize = 256;

#[derive(Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As spelt.
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

pub fn validate(text: &str) -> Result<()> {
    parse(text).map(|_| ())
}

pub fn canonical(text: &str) -> Result<String> {
    let mut out = String::new();
    parse(text)?.sorted().write_spaced(&mut out);
    Ok(out)
}

pub fn parse(text: &str) -> Result<Json> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.blanks();
    if parser.at < text.len() {
        return Err(parser.unexpected("end of input"));
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, wanted: &str) -> SqlError {
        let error = SqlError::user(
            SqlState::INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type json",
        );
        let mut token: String = self
            .rest()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .take(40)
            .collect();
        if token.is_empty() {
            token.extend(self.rest().chars().next());
        }
        if token.is_empty() {
            return error.detail("The input string ended unexpectedly.");
        }
        error.detail(match wanted {
            "" => format!("Token \"{token}\" is invalid."),
            wanted => format!("Expected {wanted}, but found \"{token}\"."),
        })
    }

    fn value(&mut self, depth: usize) -> Result<Json> {
        if depth > MAX_DEPTH {
            return Err(SqlError::too_complex());
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in [
                    ("null", Json::Null),
                    ("true", Json::Bool(true)),
                    ("false", Json::Bool(false)),
                ] {
                    let rest = self.rest();
                    let next = rest.as_bytes().get(word.len());
                    if rest.starts_with(word) && !next.is_some_and(u8::is_ascii_alphanumeric) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(
                    self.unexpected(if self.peek() == Some(b'}') || self.peek() == Some(b']') {
                        "JSON value"
                    } else {
                        ""
                    }),
                )
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json> {
        self.at += 1;
        let mut fields = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(fields));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("string"));
            }
            let key = self.string()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("\":\""));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            fields.push((key, value));
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("\",\" or \"}\"")),
            }
        }
        self.at += 1;
        Ok(Json::Object(fields))
    }

    fn array(&mut self, depth: usize) -> Result<Json> {
        self.at += 1;
        let mut values = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("\",\" or \"]\"")),
            }
        }
        self.at += 1;
        Ok(Json::Array(values))
    }

    fn number(&mut self) -> Result<Json> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.at;
        let whole = self.digits();
        let leading_zero = whole > 1 && self.text.as_bytes().get(first) == Some(&b'0');
        let mut good = whole > 0 && !leading_zero;
        if self.peek() == Some(b'.') {
            self.at += 1;
            good &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            good &= self.digits() > 0;
        }
        if !good || self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            self.at = start;
            return Err(self.unexpected(""));
        }
        Ok(Json::Number(
            self.text.get(start..self.at).unwrap_or_default().into(),
        ))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let c = match self.rest().chars().next() {
                None => return Err(self.unexpected("")),
                Some(c) if c < ' ' => {
                    return Err(self.unexpected("").detail(format!(
                        "Character with value 0x{:02x} must be escaped.",
                        c as u32
                    )));
                }
                Some(c) => c,
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let byte = self.peek().ok_or_else(|| self.unexpected(""))?;
        let simple = match byte {
            b'"' | b'\\' | b'/' => byte as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.unexpected("")),
        };
        self.at += 1;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Result<char> {
        let high = self.hex4()?;
        let code = if (0xd800..0xdc00).contains(&high) {
            if self.rest().as_bytes().first() != Some(&b'\\') {
                return Err(self.unexpected(""));
            }
            self.at += 1;
            let low = self.hex4()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(self.unexpected(""));
            }
            0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
        } else {
            high
        };
        char::from_u32(code).filter(|c| *c != '\0').ok_or_else(|| {
            SqlError::user(
                SqlState::UNTRANSLATABLE_CHARACTER,
                "unsupported Unicode escape sequence",
            )
            .detail("\\u0000 cannot be converted to text.")
        })
    }

    /// After `u`: four hexadecimal digits.
    fn hex4(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at + 1..self.at + 5).unwrap_or_default();
        match u32::from_str_radix(digits, 16) {
            Ok(code) if digits.len() == 4 && self.peek() == Some(b'u') => {
                self.at += 5;
                Ok(code)
            }
            _ => Err(self
                .unexpected("")
                .detail("\"\\u\" must be followed by four hexadecimal digits.")),
        }
    }
}

impl Json {
    /// Keys in jsonb's order, without repeats, and numbers in numeric's spelling.
    pub fn sorted(self) -> Json {
        match self {
            Json::Array(values) => Json::Array(values.into_iter().map(Json::sorted).collect()),
            Json::Object(fields) => {
                let mut kept: Vec<(String, Json)> = Vec::new();
                for (key, value) in fields {
                    let value = value.sorted();
                    match kept.binary_search_by(|(held, _)| key_order(held, &key)) {
                        Ok(index) => {
                            if let Some(place) = kept.get_mut(index) {
                                place.1 = value;
                            }
                        }
                        Err(index) => kept.insert(index, (key, value)),
                    }
                }
                Json::Object(kept)
            }
            Json::Number(spelt) => match Decimal::parse(&spelt) {
                Ok(value) => Json::Number(format!("{value}")),
                Err(_) => Json::Number(spelt),
            },
            other => other,
        }
    }

    pub fn field(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// An array's element; negative counts from the end.
    pub fn element(&self, index: i64) -> Option<&Json> {
        match self {
            Json::Array(values) => {
                let index = if index < 0 {
                    index + values.len() as i64
                } else {
                    index
                };
                values.get(usize::try_from(index).ok()?)
            }
            _ => None,
        }
    }

    pub fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }

    /// What `->>` gives: strings bare, null as nothing, the rest as JSON.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.spaced()),
        }
    }

    pub fn spaced(&self) -> String {
        let mut out = String::new();
        self.write_spaced(&mut out);
        out
    }

    pub fn write_spaced(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(spelt) => out.push_str(spelt),
            Json::String(text) => write_string(text, out),
            Json::Array(values) => {
                out.push('[');
                for (index, value) in values.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    value.write_spaced(out);
                }
                out.push(']');
            }
            Json::Object(fields) => {
                out.push('{');
                for (index, (key, value)) in fields.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    write_string(key, out);
                    out.push_str(": ");
                    value.write_spaced(out);
                }
                out.push('}');
            }
        }
    }
}

fn key_order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}
