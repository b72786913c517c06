//! Text of a date or time cut into pieces that can be told apart by their looks.
//!
//! | piece  | looks like                             |
//! |--------|----------------------------------------|
//! | Number | `2020`, `20200131`, `1.5`              |
//! | Date   | digits or letters joined by `-`, `/`, `.` |
//! | Time   | digits with a colon                    |
//! | Word   | letters, in lower case                 |
//! | Signed | a sign and digits: an offset, or a number in an interval |
//!
//! Blanks and other marks separate and mean nothing else.

use alloc::string::String;
use alloc::vec::Vec;

pub(super) enum Piece<'a> {
    Number(&'a str),
    Date(&'a str),
    Time(&'a str),
    Word(String),
    /// Without the blanks that may stand behind the sign.
    Signed(String),
}

/// More pieces than any date or interval has; more is no input of ours.
const MAX_PIECES: usize = 25;

/// A place in a text.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { rest: text }
    }

    pub fn rest(&self) -> &'a str {
        self.rest
    }

    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub fn second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    pub fn is_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn eat(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    pub fn digits(&mut self) -> &'a str {
        self.take_while(|c| c.is_ascii_digit())
    }
}

/// Cuts a text up; `None` when it holds a character that no date has.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut cursor = Cursor::new(text);
    let mut found = Vec::new();
    loop {
        cursor.take_while(|c| c.is_ascii_whitespace() || c == ',' || c == '\x0b');
        let Some(next) = cursor.peek() else {
            return Some(found);
        };
        if found.len() >= MAX_PIECES {
            return None;
        }
        found.push(match next {
            '0'..='9' | '.' => number_piece(&mut cursor),
            'a'..='z' | 'A'..='Z' => word_piece(&mut cursor),
            '+' | '-' => signed_piece(&mut cursor)?,
            '@' => {
                cursor.eat('@');
                Piece::Word(String::from("@"))
            }
            mark if mark.is_ascii_punctuation() => {
                cursor.eat(mark);
                continue;
            }
            _ => return None,
        });
    }
}

fn taken<'a>(start: &'a str, cursor: &Cursor<'a>) -> &'a str {
    start.get(..start.len() - cursor.rest().len()).unwrap_or("")
}

fn number_piece<'a>(cursor: &mut Cursor<'a>) -> Piece<'a> {
    let start = cursor.rest();
    cursor.digits();
    match cursor.peek() {
        Some(':') => {
            cursor.take_while(|c| c.is_ascii_digit() || c == ':' || c == '.');
            Piece::Time(taken(start, cursor))
        }
        Some(mark @ ('-' | '/')) if cursor.second().is_some_and(|c| c.is_ascii_alphanumeric()) => {
            let letters = cursor.second().is_some_and(|c| c.is_ascii_alphabetic());
            let digits_only = |c: char| c.is_ascii_digit() || c == mark;
            let any = |c: char| c.is_ascii_alphanumeric() || c == mark;
            cursor.take_while(|c| if letters { any(c) } else { digits_only(c) });
            Piece::Date(taken(start, cursor))
        }
        Some('.') => {
            cursor.eat('.');
            cursor.digits();
            // A second point makes a date of what was a number with a fraction.
            if cursor.peek() == Some('.') {
                cursor.take_while(|c| c.is_ascii_digit() || c == '.');
                return Piece::Date(taken(start, cursor));
            }
            Piece::Number(taken(start, cursor))
        }
        _ => Piece::Number(taken(start, cursor)),
    }
}

fn word_piece<'a>(cursor: &mut Cursor<'a>) -> Piece<'a> {
    let start = cursor.rest();
    let word = cursor.take_while(|c| c.is_ascii_alphabetic());
    // Jan-02-2003; but a month's or a zone's name may be followed by an offset: UTC-3.
    if let Some(mark @ ('-' | '/' | '.')) = cursor.peek()
        && super::parse::month_by_name(&word.to_ascii_lowercase()).is_some()
        && cursor.second().is_some_and(|c| c.is_ascii_digit())
    {
        cursor.take_while(|c| c.is_ascii_alphanumeric() || c == mark);
        return Piece::Date(taken(start, cursor));
    }
    if cursor.peek() == Some('.') {
        cursor.eat('.');
    }
    Piece::Word(word.to_ascii_lowercase())
}

fn signed_piece<'a>(cursor: &mut Cursor<'a>) -> Option<Piece<'a>> {
    let start = cursor.rest();
    cursor.take_while(|c| c == '+' || c == '-');
    if taken(start, cursor).len() != 1 {
        return None;
    }
    cursor.take_while(|c| c.is_ascii_whitespace());
    match cursor.peek()? {
        '0'..='9' | '.' => {
            cursor.take_while(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '-'));
            Some(Piece::Signed(taken(start, cursor).replace(' ', "")))
        }
        'a'..='z' | 'A'..='Z' => {
            cursor.take_while(|c| c.is_ascii_alphabetic());
            Some(Piece::Word(
                taken(start, cursor).replace(' ', "").to_ascii_lowercase(),
            ))
        }
        _ => None,
    }
}
