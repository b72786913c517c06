//! A place in the tokens of one statement: the small steps every parser of this folder is made of.
//!
//! `eat_…` moves on when the token fits and says whether it did; `expect_…` makes the syntax error
//! otherwise. Words compare folded, and a quoted name is never a keyword.

use alloc::string::String;
use alloc::vec::Vec;

use super::ast::{Ident, Operator, Pos, QualifiedName};
use super::error::{Parse, SqlError, near, syntax};
use super::token::{Token, Value, is_function_word, is_reserved};

pub(super) struct Cursor<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token>,
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn value(&self) -> Option<&Value> {
        self.value_at(0)
    }

    pub fn value_at(&self, ahead: usize) -> Option<&Value> {
        self.tokens.get(self.at + ahead).map(|token| &token.value)
    }

    /// Where the next token starts.
    pub fn pos(&self) -> Pos {
        self.tokens
            .get(self.at)
            .map_or(self.text.len() as u32, |token| token.start)
    }

    /// Where the last token taken ended.
    pub fn end(&self) -> Pos {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(0, |token| token.end)
    }

    pub fn is_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The syntax error at the next token.
    pub fn fail(&self) -> SqlError {
        self.fail_at(self.at)
    }

    pub fn fail_at(&self, index: usize) -> SqlError {
        match self.tokens.get(index) {
            Some(token) => near(self.text, token.start, token.end),
            None => near(self.text, 0, 0),
        }
    }

    pub fn word(&self, ahead: usize) -> Option<&str> {
        match self.value_at(ahead) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.word(0) == Some(word)
    }

    pub fn are_words(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.word(ahead) == Some(word))
    }

    pub fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = self.are_words(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// Takes one of several words and says which.
    pub fn eat_one(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let found = words.iter().copied().find(|word| self.is_word(word));
        self.at += usize::from(found.is_some());
        found
    }

    pub fn expect_word(&mut self, word: &str) -> Parse<()> {
        if self.eat_word(word) {
            Ok(())
        } else {
            Err(self.fail())
        }
    }

    pub fn expect_words(&mut self, words: &[&str]) -> Parse<()> {
        words.iter().try_for_each(|word| self.expect_word(word))
    }

    pub fn is_punct(&self, byte: u8) -> bool {
        self.value() == Some(&Value::Punct(byte))
    }

    pub fn eat_punct(&mut self, byte: u8) -> bool {
        let found = self.is_punct(byte);
        self.at += usize::from(found);
        found
    }

    pub fn expect_punct(&mut self, byte: u8) -> Parse<()> {
        if self.eat_punct(byte) {
            Ok(())
        } else {
            Err(self.fail())
        }
    }

    pub fn is_operator(&self, name: &str) -> bool {
        matches!(self.value(), Some(Value::Operator(found)) if found == name)
    }

    pub fn eat_operator(&mut self, name: &str) -> bool {
        let found = self.is_operator(name);
        self.at += usize::from(found);
        found
    }

    pub fn eat_value(&mut self, value: &Value) -> bool {
        let found = self.value() == Some(value);
        self.at += usize::from(found);
        found
    }

    /// One or more of something with commas between.
    pub fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut out = Vec::new();
        loop {
            out.push(one(self)?);
            if !self.eat_punct(b',') {
                return Ok(out);
            }
        }
    }

    /// The same in parentheses.
    pub fn paren_list<T>(&mut self, one: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        self.expect_punct(b'(')?;
        let out = self.list(one)?;
        self.expect_punct(b')')?;
        Ok(out)
    }

    fn name_if(&mut self, allowed: impl Fn(&str) -> bool) -> Parse<Ident> {
        let pos = self.pos();
        let name = match self.value() {
            Some(Value::Word(word)) if allowed(word) => word.clone(),
            Some(Value::Name(name)) => name.clone(),
            _ => return Err(self.fail()),
        };
        self.at += 1;
        Ok(Ident { name, pos })
    }

    /// A name of a column, a table and the like.
    pub fn name(&mut self) -> Parse<Ident> {
        self.name_if(|word| !is_reserved(word) && !is_function_word(word))
    }

    /// A name of a function or type.
    pub fn function_name(&mut self) -> Parse<Ident> {
        self.name_if(|word| !is_reserved(word))
    }

    /// Any word at all, as after a point or AS.
    pub fn label(&mut self) -> Parse<Ident> {
        self.name_if(|_| true)
    }

    pub fn is_name(&self) -> bool {
        match self.value() {
            Some(Value::Word(word)) => !is_reserved(word) && !is_function_word(word),
            Some(Value::Name(_)) => true,
            _ => false,
        }
    }

    pub fn names(&mut self) -> Parse<Vec<Ident>> {
        self.list(Self::name)
    }

    pub fn paren_names(&mut self) -> Parse<Vec<Ident>> {
        self.paren_list(Self::name)
    }

    /// `(a, b)` or nothing.
    pub fn maybe_paren_names(&mut self) -> Parse<Vec<Ident>> {
        if self.is_punct(b'(') {
            self.paren_names()
        } else {
            Ok(Vec::new())
        }
    }

    fn dotted(&mut self, first: Ident) -> Parse<QualifiedName> {
        let pos = first.pos;
        let mut parts = Vec::from([first.name]);
        while self.is_punct(b'.') && !matches!(self.value_at(1), Some(Value::Operator(_))) {
            self.at += 1;
            parts.push(self.label()?.name);
        }
        if parts.len() > 3 {
            return Err(syntax(
                "improper qualified name (too many dotted names)",
                pos,
            ));
        }
        let name = parts.pop().unwrap_or_default();
        Ok(QualifiedName {
            schema: parts.pop(),
            catalog: parts.pop(),
            name,
            pos,
        })
    }

    /// A name of a table and the like, perhaps qualified.
    pub fn qualified(&mut self) -> Parse<QualifiedName> {
        let first = self.name()?;
        self.dotted(first)
    }

    /// A name of a function or type, perhaps qualified.
    pub fn qualified_function(&mut self) -> Parse<QualifiedName> {
        let first = self.function_name()?;
        self.dotted(first)
    }

    pub fn qualified_list(&mut self) -> Parse<Vec<QualifiedName>> {
        self.list(Self::qualified)
    }

    pub fn is_string(&self) -> bool {
        matches!(self.value(), Some(Value::Text(_)))
    }

    pub fn string(&mut self) -> Parse<String> {
        match self.value() {
            Some(Value::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.fail()),
        }
    }

    /// A number with its sign, as text.
    pub fn number(&mut self) -> Parse<String> {
        let mut out = String::new();
        let start = self.at;
        if self.eat_operator("-") {
            out.push('-');
        } else {
            self.eat_operator("+");
        }
        match self.value() {
            Some(Value::Integer(digits) | Value::Decimal(digits)) => out.push_str(digits),
            _ => {
                let error = self.fail();
                self.at = start;
                return Err(error);
            }
        }
        self.at += 1;
        Ok(out)
    }

    pub fn is_number(&self) -> bool {
        let ahead = usize::from(self.is_operator("-") || self.is_operator("+"));
        matches!(
            self.value_at(ahead),
            Some(Value::Integer(_) | Value::Decimal(_))
        )
    }

    /// A whole number that fits.
    pub fn integer(&mut self) -> Parse<i64> {
        let error = self.fail();
        self.number()?.parse().map_err(|_| error)
    }

    pub fn unsigned(&mut self) -> Parse<u32> {
        let error = self.fail();
        self.number()?.parse().map_err(|_| error)
    }

    /// `+` or `OPERATOR(schema.+)`.
    pub fn operator(&mut self) -> Parse<Operator> {
        if self.eat_words(&["operator"]) {
            self.expect_punct(b'(')?;
            let mut schema = None;
            while !matches!(self.value(), Some(Value::Operator(_))) {
                schema = Some(self.label()?.name);
                self.expect_punct(b'.')?;
            }
            let inner = self.operator()?;
            self.expect_punct(b')')?;
            return Ok(Operator {
                schema,
                name: inner.name,
            });
        }
        match self.value() {
            Some(Value::Operator(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(Operator { schema: None, name })
            }
            _ => Err(self.fail()),
        }
    }

    pub fn if_exists(&mut self) -> bool {
        self.eat_words(&["if", "exists"])
    }

    pub fn if_not_exists(&mut self) -> bool {
        self.eat_words(&["if", "not", "exists"])
    }

    /// CASCADE (`true`), RESTRICT or nothing.
    pub fn cascade(&mut self) -> bool {
        if self.eat_word("cascade") {
            return true;
        }
        self.eat_word("restrict");
        false
    }

    /// Index of the token after the current nesting level ends: at an unmatched closing bracket,
    /// at the end, or where `until` says so outside of inner parentheses.
    pub fn bound(&self, until: impl Fn(&Self, usize) -> bool) -> usize {
        self.bound_mut(until)
    }

    pub fn bound_mut(&self, mut until: impl FnMut(&Self, usize) -> bool) -> usize {
        let mut depth = 0u32;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at) {
            match token.value {
                Value::Punct(b'(' | b'[') => depth += 1,
                Value::Punct(b')' | b']') if depth == 0 => return index,
                Value::Punct(b')' | b']') => depth -= 1,
                Value::Punct(b';') if depth == 0 => return index,
                _ if depth == 0 && until(self, index) => return index,
                _ => {}
            }
        }
        self.tokens.len()
    }

    pub fn word_at(&self, index: usize) -> Option<&str> {
        match self.tokens.get(index).map(|token| &token.value) {
            Some(Value::Word(word)) => Some(word),
            _ => None,
        }
    }
}
