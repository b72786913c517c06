//! Tokens with their values, and the table of words that cannot be names.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{Parse, SqlError, coded, syntax};
use super::lexer::{Lexer, RawKind, RawToken};

/// A token and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An unquoted word, folded.
    Word(String),
    /// A quoted name.
    Name(String),
    Integer(String),
    Decimal(String),
    Text(String),
    Bits(String),
    Hex(String),
    Param(u32),
    /// `!=` is `<>`.
    Operator(String),
    Cast,
    Assign,
    Arrow,
    DotDot,
    Punct(u8),
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub value: Value,
    pub start: u32,
    pub end: u32,
}

/// Longest name; the rest is cut off, as PostgreSQL does.
const NAME_BYTES: usize = 63;

/// All tokens of a text.
pub(super) fn tokens(text: &str) -> Parse<Vec<Token>> {
    let mut lexer = Lexer::new(text);
    let mut list: Vec<Token> = Vec::new();
    while let Some(raw) = lexer.token()? {
        let token = Token {
            value: decode(text, raw)?,
            start: raw.start,
            end: raw.end,
        };
        if !join_uescape(text, &mut list, raw)? {
            list.push(token);
        }
    }
    Ok(list)
}

/// `U&'…' UESCAPE 'c'`: when `raw` is that `'c'`, redoes the string and drops the word.
fn join_uescape(text: &str, list: &mut Vec<Token>, raw: RawToken) -> Parse<bool> {
    if raw.kind != RawKind::Text {
        return Ok(false);
    }
    let [.., before, word] = list.as_slice() else {
        return Ok(false);
    };
    if word.value != Value::Word("uescape".into()) {
        return Ok(false);
    }
    let source = text
        .get(before.start as usize..before.end as usize)
        .unwrap_or("");
    let escape = text
        .get(raw.start as usize + 1..raw.end as usize - 1)
        .unwrap_or("");
    let mut chars = escape.chars();
    let (Some(escape), None) = (chars.next(), chars.next()) else {
        return Err(syntax("invalid Unicode escape character", raw.start));
    };
    let start = before.start;
    let value = match source.get(2..3) {
        Some("'") if source.starts_with(['u', 'U']) => {
            Value::Text(unicode(&joined(&source[2..]), escape, start)?)
        }
        Some("\"") if source.starts_with(['u', 'U']) => {
            Value::Name(cut(unicode(&unquoted(&source[2..], '"'), escape, start)?))
        }
        _ => return Ok(false),
    };
    list.truncate(list.len() - 2);
    list.push(Token {
        value,
        start,
        end: raw.end,
    });
    Ok(true)
}

/// The value of a token.
pub(super) fn decode(text: &str, raw: RawToken) -> Parse<Value> {
    let source = text.get(raw.start as usize..raw.end as usize).unwrap_or("");
    Ok(match raw.kind {
        RawKind::Word => Value::Word(cut(source.to_ascii_lowercase())),
        RawKind::Quoted => Value::Name(cut(unquoted(source, '"'))),
        RawKind::UnicodeQuoted => {
            let body = unquoted(source.get(2..).unwrap_or(""), '"');
            Value::Name(cut(lenient_unicode(text, raw, &body)?))
        }
        RawKind::Integer => Value::Integer(source.into()),
        RawKind::Decimal => Value::Decimal(source.into()),
        RawKind::Text => Value::Text(joined(source.trim_start_matches(['n', 'N']))),
        RawKind::EscapeText => Value::Text(escaped(source.get(1..).unwrap_or(""), raw.start)?),
        RawKind::UnicodeText => {
            let body = joined(source.get(2..).unwrap_or(""));
            Value::Text(lenient_unicode(text, raw, &body)?)
        }
        RawKind::DollarText => {
            let tag = source
                .get(1..)
                .and_then(|rest| rest.find('$'))
                .map_or(2, |at| at + 2);
            Value::Text(source.get(tag..source.len() - tag).unwrap_or("").into())
        }
        RawKind::Bits => Value::Bits(joined(source.get(1..).unwrap_or(""))),
        RawKind::Hex => Value::Hex(joined(source.get(1..).unwrap_or(""))),
        RawKind::Param => match source.get(1..).unwrap_or("").parse() {
            Ok(number) => Value::Param(number),
            Err(_) => return Err(syntax("parameter number too large", raw.start)),
        },
        RawKind::Operator if source == "!=" => Value::Operator("<>".into()),
        RawKind::Operator => Value::Operator(source.into()),
        RawKind::Cast => Value::Cast,
        RawKind::Assign => Value::Assign,
        RawKind::Arrow => Value::Arrow,
        RawKind::DotDot => Value::DotDot,
        RawKind::Punct(byte) => Value::Punct(byte),
        RawKind::Unknown => Value::Unknown,
    })
}

fn cut(mut name: String) -> String {
    if name.len() > NAME_BYTES {
        let mut end = NAME_BYTES;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
    name
}

/// The inside of one quoted piece with doubled quotes undone.
fn unquoted(source: &str, quote: char) -> String {
    let inside = source.get(1..source.len().saturating_sub(1)).unwrap_or("");
    if !inside.contains(quote) {
        return inside.into();
    }
    let mut out = String::with_capacity(inside.len());
    let mut skip = false;
    for letter in inside.chars() {
        skip = letter == quote && !skip;
        if !skip {
            out.push(letter);
        }
    }
    out
}

/// A `'…'` string, perhaps of several pieces over several lines.
pub(super) fn joined(source: &str) -> String {
    let mut out = String::new();
    pieces(source, false, &mut |piece| {
        out.push_str(&unquoted(piece, '\''))
    });
    out
}

/// Calls `each` with every quoted piece of a continued string.
fn pieces(source: &str, escapes: bool, each: &mut dyn FnMut(&str)) {
    let bytes = source.as_bytes();
    let mut at = 0;
    while let Some(open) = source
        .get(at..)
        .and_then(|rest| rest.find('\''))
        .map(|n| n + at)
    {
        let mut end = open + 1;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'\\' if escapes => end += 2,
                b'\'' if bytes.get(end + 1) == Some(&b'\'') => end += 2,
                b'\'' => break,
                _ => end += 1,
            }
        }
        each(source.get(open..=end).unwrap_or(""));
        at = skip_line_comments(source, end + 1);
    }
}

/// Between pieces a quote may stand in a comment.
fn skip_line_comments(source: &str, mut at: usize) -> usize {
    loop {
        let rest = source.get(at..).unwrap_or("");
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if !trimmed.starts_with("--") {
            return at;
        }
        at += trimmed.find('\n').unwrap_or(trimmed.len());
    }
}

/// `E'…'`.
fn escaped(source: &str, pos: u32) -> Parse<String> {
    let mut out: Vec<u8> = Vec::with_capacity(source.len());
    let mut failed: Option<SqlError> = None;
    pieces(source, true, &mut |piece| {
        let inside = piece.get(1..piece.len().saturating_sub(1)).unwrap_or("");
        if let Err(error) = unescape(inside, pos, &mut out) {
            failed.get_or_insert(error);
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    if out.contains(&0) {
        return Err(coded(
            "22021",
            "invalid byte sequence for encoding \"UTF8\": 0x00",
            pos,
        ));
    }
    String::from_utf8(out)
        .map_err(|_| coded("22021", "invalid byte sequence for encoding \"UTF8\"", pos))
}

fn unescape(inside: &str, pos: u32, out: &mut Vec<u8>) -> Parse<()> {
    let mut chars = inside.chars().peekable();
    let mut pair: Option<u32> = None;
    let push = |letter: char, out: &mut Vec<u8>| {
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    };
    while let Some(letter) = chars.next() {
        if letter == '\'' {
            chars.next();
            push('\'', out);
            continue;
        }
        if letter != '\\' {
            push(letter, out);
            continue;
        }
        match chars.next() {
            Some('b') => out.push(8),
            Some('f') => out.push(12),
            Some('n') => out.push(b'\n'),
            Some('r') => out.push(b'\r'),
            Some('t') => out.push(b'\t'),
            Some(digit @ '0'..='7') => {
                let mut code = digit as u32 - 48;
                for _ in 0..2 {
                    match chars.peek().and_then(|c| c.to_digit(8)) {
                        Some(value) => {
                            code = code * 8 + value;
                            chars.next();
                        }
                        None => break,
                    }
                }
                out.push(code as u8);
            }
            Some('x') if chars.peek().is_some_and(char::is_ascii_hexdigit) => {
                let mut code = 0;
                for _ in 0..2 {
                    match chars.peek().and_then(|c| c.to_digit(16)) {
                        Some(value) => {
                            code = code * 16 + value;
                            chars.next();
                        }
                        None => break,
                    }
                }
                out.push(code as u8);
            }
            Some(kind @ ('u' | 'U')) => {
                let count = if kind == 'u' { 4 } else { 8 };
                let code = hex(&mut chars, count)
                    .ok_or_else(|| coded("22025", "invalid Unicode escape", pos))?;
                if let Some(letter) = surrogate(&mut pair, code, pos)? {
                    push(letter, out);
                }
            }
            Some(other) => push(other, out),
            None => {}
        }
    }
    Ok(())
}

fn hex(chars: &mut impl Iterator<Item = char>, count: u32) -> Option<u32> {
    let mut code = 0u32;
    for _ in 0..count {
        code = code.checked_mul(16)? + chars.next()?.to_digit(16)?;
    }
    Some(code)
}

/// Joins the halves of a surrogate pair.
fn surrogate(pair: &mut Option<u32>, code: u32, pos: u32) -> Parse<Option<char>> {
    let bad = || syntax("invalid Unicode surrogate pair", pos);
    let code = match (pair.take(), code) {
        (Some(high), 0xDC00..=0xDFFF) => 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00),
        (Some(_), _) | (None, 0xDC00..=0xDFFF) => return Err(bad()),
        (None, 0xD800..=0xDBFF) => {
            *pair = Some(code);
            return Ok(None);
        }
        (None, code) => code,
    };
    match char::from_u32(code) {
        Some(letter) if code != 0 => Ok(Some(letter)),
        _ => Err(syntax("invalid Unicode escape value", pos)),
    }
}

/// `U&` forms with the usual backslash; when UESCAPE follows, the value is made again later.
fn lenient_unicode(text: &str, raw: RawToken, body: &str) -> Parse<String> {
    let rest = text.get(raw.end as usize..).unwrap_or("").trim_start();
    let follows = rest
        .get(..7)
        .is_some_and(|word| word.eq_ignore_ascii_case("uescape"));
    if follows {
        Ok(body.into())
    } else {
        unicode(body, '\\', raw.start)
    }
}

fn unicode(body: &str, escape: char, pos: u32) -> Parse<String> {
    let bad = || syntax("invalid Unicode escape", pos);
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    let mut pair = None;
    while let Some(letter) = chars.next() {
        if letter != escape {
            out.push(letter);
            continue;
        }
        let code = match chars.peek() {
            Some(&next) if next == escape => {
                chars.next();
                out.push(escape);
                continue;
            }
            Some('+') => {
                chars.next();
                hex(&mut chars, 6).ok_or_else(bad)?
            }
            _ => hex(&mut chars, 4).ok_or_else(bad)?,
        };
        if let Some(letter) = surrogate(&mut pair, code, pos)? {
            out.push(letter);
        }
    }
    Ok(out)
}

/// Words that can be neither column nor table names without quotes.
const RESERVED: &str = " all analyse analyze and any array as asc asymmetric both case cast check \
collate column constraint create current_catalog current_date current_role current_time \
current_timestamp current_user default deferrable desc distinct do else end except false fetch for \
foreign from grant group having in initially intersect into lateral leading limit localtime \
localtimestamp not null offset on only or order placing primary references returning select \
session_user some symmetric table then to trailing true union unique user using variadic when where \
window with ";

/// Words that can be function or type names, but not columns or tables.
const FUNCTION_WORDS: &str = " authorization binary collation concurrently cross current_schema freeze \
full ilike inner is isnull join left like natural notnull outer overlaps right similar tablesample \
verbose ";

/// Words that the grammar gives a form of their own where a function or type name could stand.
const COLUMN_WORDS: &str = " between bigint bit boolean char character coalesce dec decimal exists \
extract float greatest grouping inout int integer interval least national nchar none normalize \
nullif numeric out overlay position precision real row setof smallint substring time timestamp \
treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces \
xmlparse xmlpi xmlroot xmlserialize xmltable ";

fn listed(list: &str, word: &str) -> bool {
    list.match_indices(word).any(|(at, _)| {
        let bytes = list.as_bytes();
        at > 0 && bytes.get(at - 1) == Some(&b' ') && bytes.get(at + word.len()) == Some(&b' ')
    })
}

pub(super) fn is_reserved(word: &str) -> bool {
    listed(RESERVED, word)
}

pub(super) fn is_function_word(word: &str) -> bool {
    listed(FUNCTION_WORDS, word)
}

/// Whether a name must be quoted when printed.
pub(super) fn needs_quotes(name: &str) -> bool {
    let plain = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    !plain || is_reserved(name) || is_function_word(name) || listed(COLUMN_WORDS, name)
}
