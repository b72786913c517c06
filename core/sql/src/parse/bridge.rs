//! The way into the sqlparser crate: our tokens become its tokens, its errors become PostgreSQL's.
//!
//! The crate's own tokenizer is not used. Each token is handed over with "line 1, column byte
//! offset + 1" as its place, so whatever the crate reports leads straight back to a byte. Strings and
//! numbers are handed over empty: the walk in `from_sqlparser` takes values from our own tokens, of
//! which it keeps a cursor in step with the tree.
//!
//! That walk is also what lets us teach the crate syntax it lacks: a word it would stumble over is
//! left out or replaced here ([`Patcher`]), and read from our tokens there. So far:
//!
//! | written                              | handed over        |
//! |--------------------------------------|--------------------|
//! | `VARIADIC x` as an argument          | `x`                |
//! | `BETWEEN SYMMETRIC`                  | `BETWEEN`          |
//! | `x any_operator ANY (…)`, `LIKE ANY` | `x = ANY (…)`      |
//! | `FOR [NO KEY] UPDATE …` and kin      | nothing            |
//! | frame `EXCLUDE …`                    | nothing            |
//! | `GROUP BY DISTINCT`                  | `GROUP BY`         |
//! | `FROM ONLY t`                        | `FROM t`           |
//! | `f() AS (x int)`                     | `f() AS a (x int)` |
//! | `USING (…) AS a`                     | `USING (…)`        |
//! | `anytype 'text'`                     | `'text'::anytype`  |
//! | `SUBSTRING(x SIMILAR y ESCAPE z)`    | `SUBSTRING(x,y,z)` |
//! | `(row).*`                            | `(row)`            |
//! | `ISNULL`, `NOTNULL`                  | `IS [NOT] NULL`    |
//!
//! Other operators between operands all go as one kind, which has PostgreSQL's precedence for them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token as Foreign, TokenWithSpan};

use super::ast::{Expr, Query};
use super::cursor::Cursor;
use super::dialect::Postgres;
use super::error::{Parse, SqlError, too_deep};
use super::limits::FOREIGN_DEPTH;
use super::token::{Value, is_function_word, is_reserved, needs_quotes};

impl Cursor<'_> {
    /// One expression.
    pub fn expr(&mut self) -> Parse<Expr> {
        self.expr_before(|cursor, at| cursor.tokens[at].value == Value::Punct(b','))
    }

    /// An expression that ends before the given word at the latest.
    pub fn expr_until(&mut self, words: &[&str]) -> Parse<Expr> {
        let mut cases = 0u32;
        let stop = self.bound_mut(|cursor, at| {
            let word = cursor.word_at(at);
            match word {
                Some("case") => cases += 1,
                Some("end") => cases = cases.saturating_sub(1),
                _ => {}
            }
            cursor.tokens[at].value == Value::Punct(b',')
                || (cases == 0
                    && word.is_some_and(|word| words.contains(&word))
                    && !cursor.words_at(at.saturating_sub(1), &["distinct", "from"]))
        });
        self.expr_to(stop)
    }

    /// An expression that ends where `until` says, outside of parentheses.
    pub fn expr_before(&mut self, until: impl Fn(&Self, usize) -> bool) -> Parse<Expr> {
        let stop = self.bound(until);
        self.expr_to(stop)
    }

    fn expr_to(&mut self, stop: usize) -> Parse<Expr> {
        let (node, next) = self.foreign(stop, |parser| parser.parse_expr())?;
        let out = self.take_expr(node)?;
        self.in_step(next)?;
        Ok(out)
    }

    /// An expression list without parentheses.
    pub fn exprs(&mut self) -> Parse<Vec<Expr>> {
        self.list(Self::expr)
    }

    pub fn paren_expr(&mut self) -> Parse<Expr> {
        self.expect_punct(b'(')?;
        let out = self.expr()?;
        self.expect_punct(b')')?;
        Ok(out)
    }

    /// A query without its WITH (which `with` reads, as it may hold other statements), up to `stop`.
    pub fn plain_query(&mut self, stop: usize) -> Parse<Query> {
        let (node, next) = self.foreign(stop, |parser| parser.parse_query())?;
        let out = self.take_query(*node)?;
        self.in_step(next)?;
        Ok(out)
    }

    /// FROM items without the word FROM, up to `stop`.
    pub fn table_refs(&mut self, stop: usize) -> Parse<Vec<super::ast::TableRef>> {
        let (node, next) = self.foreign(stop, |parser| {
            parser.parse_comma_separated(Parser::parse_table_and_joins)
        })?;
        let out = self.take_from(node)?;
        self.in_step(next)?;
        Ok(out)
    }

    /// The items of RETURNING.
    pub fn returning_items(&mut self) -> Parse<Vec<super::ast::SelectItem>> {
        let stop = self.bound(|_, _| false);
        let (node, next) = self.foreign(stop, |parser| parser.parse_projection())?;
        let out = node.into_iter().map(|item| self.take_item(item));
        let mut items = Vec::new();
        for item in out {
            items.push(item?);
        }
        self.in_step(next)?;
        Ok(items)
    }

    /// The walk must end where the crate's parser did; tests insist on it.
    fn in_step(&mut self, next: usize) -> Parse<()> {
        if cfg!(test) && self.at != next {
            return Err(super::error::coded("XX000", "walk out of step", self.pos()));
        }
        self.at = next;
        Ok(())
    }

    /// Runs the crate's parser over the tokens up to `stop`; also gives the index of the first token
    /// it left.
    fn foreign<T>(
        &mut self,
        stop: usize,
        run: impl FnOnce(&mut Parser) -> Result<T, ParserError>,
    ) -> Parse<(T, usize)> {
        let tokens = Patcher {
            cursor: self,
            out: Vec::new(),
            stop,
            escape_depth: None,
        }
        .run();
        let mut parser = Parser::new(&Postgres)
            .with_recursion_limit(FOREIGN_DEPTH)
            .with_tokens_with_locations(tokens);
        let result = run(&mut parser);
        match result {
            Ok(node) => {
                let left = parser.peek_token_ref();
                let next = match left.token {
                    Foreign::EOF => stop,
                    _ => self.index_of(left.span.start.column),
                };
                Ok((node, next))
            }
            Err(error) => Err(self.foreign_error(error, stop)),
        }
    }

    fn index_of(&self, column: u64) -> usize {
        let offset = column.saturating_sub(1) as u32;
        self.tokens.partition_point(|token| token.start < offset)
    }

    fn foreign_error(&self, error: ParserError, stop: usize) -> SqlError {
        match error {
            ParserError::RecursionLimitExceeded => too_deep(self.pos()),
            ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
                match column(&message) {
                    Some(column) => self.fail_at(self.index_of(column)),
                    None => self.fail_at(stop),
                }
            }
        }
    }
}

/// The place at the end of the crate's messages: ` at Line: 1, Column: 8`.
fn column(message: &str) -> Option<u64> {
    let (_, column) = message.rsplit_once("Column: ")?;
    column.parse().ok()
}

/// Hands tokens over one by one, see the module comment.
struct Patcher<'c, 'a> {
    cursor: &'c Cursor<'a>,
    out: Vec<TokenWithSpan>,
    stop: usize,
    /// Parenthesis depth at which ESCAPE stands for a comma.
    escape_depth: Option<usize>,
}

impl Patcher<'_, '_> {
    fn run(mut self) -> Vec<TokenWithSpan> {
        let mut at = self.cursor.at;
        self.out.reserve(self.stop.saturating_sub(at) + 1);
        let mut depth = 0usize;
        while at < self.stop {
            match self.cursor.tokens[at].value {
                Value::Punct(b'(') => depth += 1,
                Value::Punct(b')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            at = match self.patch(at, depth) {
                Some(next) => next,
                None => {
                    let token = self.convert(at);
                    self.push(token, at);
                    at + 1
                }
            };
        }
        self.out
    }

    fn push(&mut self, token: Foreign, at: usize) {
        let place = &self.cursor.tokens[at];
        let location = |offset: u32| Location {
            line: 1,
            column: u64::from(offset) + 1,
        };
        let span = Span {
            start: location(place.start),
            end: location(place.end),
        };
        self.out.push(TokenWithSpan { token, span });
    }

    fn push_word(&mut self, word: &str, at: usize) {
        self.push(Foreign::make_word(word, None), at);
    }

    fn word(&self, at: usize) -> &str {
        if at < self.stop {
            self.cursor.word_at(at).unwrap_or("")
        } else {
            ""
        }
    }

    fn before(&self, at: usize) -> &str {
        if at > self.cursor.at {
            self.word(at - 1)
        } else {
            ""
        }
    }

    fn punct(&self, at: usize, byte: u8) -> bool {
        at < self.stop && self.cursor.tokens[at].value == Value::Punct(byte)
    }

    /// Handles what the crate lacks; says where to go on.
    fn patch(&mut self, at: usize, depth: usize) -> Option<usize> {
        match &self.cursor.tokens[at].value {
            Value::Operator(_) if self.is_quantifier(at + 1) => {
                self.push(Foreign::Eq, at);
                Some(at + 1)
            }
            Value::Punct(b'.') if at > self.cursor.at && self.punct(at - 1, b')') => {
                let star = self.cursor.tokens.get(at + 1).map(|token| &token.value);
                matches!(star, Some(Value::Operator(name)) if name == "*").then_some(at + 2)
            }
            Value::Word(word) => {
                if let Some(next) = self.patch_word(word, at, depth) {
                    return Some(next);
                }
                self.typed_literal(at)
            }
            _ => None,
        }
    }

    fn is_quantifier(&self, at: usize) -> bool {
        matches!(self.word(at), "any" | "some" | "all") && self.punct(at + 1, b'(')
    }

    fn patch_word(&mut self, word: &str, at: usize, depth: usize) -> Option<usize> {
        match word {
            "variadic" => Some(at + 1),
            "symmetric" | "asymmetric" if self.before(at) == "between" => Some(at + 1),
            "only"
                if matches!(self.before(at), "from" | "join" | "using" | "into")
                    || (at > self.cursor.at && self.punct(at - 1, b',')) =>
            {
                Some(at + 1)
            }
            "not" if self.is_like(at + 1) && self.is_quantifier(at + 2) => Some(at + 1),
            "like" | "ilike" if self.is_quantifier(at + 1) => {
                self.push(Foreign::Eq, at);
                Some(at + 1)
            }
            "exclude" => self.exclude(at),
            "distinct" | "all"
                if self.before(at) == "by" && at >= 2 && self.word(at - 2) == "group" =>
            {
                Some(at + 1)
            }
            "from" if matches!(self.before(at), "both" | "leading" | "trailing") => Some(at + 1),
            "for" => self.locking(at),
            "isnull" | "notnull" if self.is_operand_end(at) => {
                self.push_word("is", at);
                if word == "notnull" {
                    self.push_word("not", at);
                }
                self.push_word("null", at);
                Some(at + 1)
            }
            "similar" if self.word(at + 1) != "to" && self.is_operand_end(at) => {
                self.escape_depth = Some(depth);
                self.push(Foreign::Comma, at);
                Some(at + 1)
            }
            "escape" if self.escape_depth == Some(depth) => {
                self.escape_depth = None;
                self.push(Foreign::Comma, at);
                Some(at + 1)
            }
            "as" if self.punct(at + 1, b'(') && self.is_column_list(at + 2) => {
                self.push_word("as", at);
                self.push(Foreign::make_word("?", Some('"')), at);
                Some(at + 1)
            }
            "as" if self.follows_using_list(at) => Some(at + 2),
            _ => None,
        }
    }

    fn is_like(&self, at: usize) -> bool {
        matches!(self.word(at), "like" | "ilike")
    }

    fn exclude(&self, at: usize) -> Option<usize> {
        if !matches!(self.before(at), "row" | "following" | "preceding") {
            return None;
        }
        match (self.word(at + 1), self.word(at + 2)) {
            ("current", "row") | ("no", "others") => Some(at + 3),
            ("group" | "ties", _) => Some(at + 2),
            _ => None,
        }
    }

    fn locking(&self, at: usize) -> Option<usize> {
        let mut next = match (self.word(at + 1), self.word(at + 2), self.word(at + 3)) {
            ("update" | "share", ..) => at + 2,
            ("key", "share", _) => at + 3,
            ("no", "key", "update") => at + 4,
            _ => return None,
        };
        if self.word(next) == "of" {
            next += 2;
            while self.punct(next, b',') || self.punct(next, b'.') {
                next += 2;
            }
        }
        match (self.word(next), self.word(next + 1)) {
            ("nowait", _) => Some(next + 1),
            ("skip", "locked") => Some(next + 2),
            _ => Some(next),
        }
    }

    /// Whether `( name type` follows `) AS` or `ORDINALITY AS`.
    fn is_column_list(&self, at: usize) -> bool {
        let statement = [
            "select", "with", "values", "insert", "update", "delete", "merge", "table",
        ];
        let call = at >= 3 && (self.punct(at - 3, b')') || self.word(at - 3) == "ordinality");
        call && !statement.contains(&self.word(at)) && !self.punct(at, b'(')
    }

    /// Whether `AS name` stands after the list of a join's USING.
    fn follows_using_list(&self, at: usize) -> bool {
        if at == 0 || !self.punct(at - 1, b')') {
            return false;
        }
        let mut open = at - 1;
        while open > self.cursor.at && !self.punct(open, b'(') {
            open -= 1;
        }
        open > self.cursor.at && self.word(open - 1) == "using"
    }

    /// `name 'text'` where the crate does not take the name for a type.
    fn typed_literal(&mut self, at: usize) -> Option<usize> {
        let word = self.word(at);
        let text = matches!(self.cursor.tokens.get(at + 1)?.value, Value::Text(_));
        let special = matches!(word, "escape" | "zone" | "placing" | "interval" | "varying");
        if !text || at + 1 >= self.stop || special || needs_quotes(word) {
            return None;
        }
        if at > self.cursor.at && self.punct(at - 1, b'.') {
            return None;
        }
        let name = Foreign::make_word(word, None);
        self.push(Foreign::SingleQuotedString(String::new()), at + 1);
        self.push(Foreign::DoubleColon, at + 1);
        self.push(name, at);
        Some(at + 2)
    }

    /// Whether the token before `at` ends an operand, so that an operator here stands between two.
    fn is_operand_end(&self, at: usize) -> bool {
        if at <= self.cursor.at {
            return false;
        }
        match &self.cursor.tokens[at - 1].value {
            Value::Word(word) => {
                let ends = [
                    "null",
                    "true",
                    "false",
                    "end",
                    "user",
                    "current_date",
                    "current_time",
                    "current_timestamp",
                    "localtime",
                    "localtimestamp",
                    "current_user",
                    "session_user",
                    "current_role",
                    "current_catalog",
                    "current_schema",
                ];
                ends.contains(&word.as_str()) || !(is_reserved(word) || is_function_word(word))
            }
            Value::Name(_) | Value::Integer(_) | Value::Decimal(_) | Value::Text(_) => true,
            Value::Bits(_) | Value::Hex(_) | Value::Param(_) => true,
            Value::Punct(byte) => matches!(byte, b')' | b']'),
            _ => false,
        }
    }

    fn convert(&self, at: usize) -> Foreign {
        match &self.cursor.tokens[at].value {
            Value::Word(word) => Foreign::make_word(word, None),
            Value::Name(name) => Foreign::make_word(name, Some('"')),
            Value::Integer(_) => Foreign::Number("1".into(), false),
            Value::Decimal(_) => Foreign::Number("1.5".into(), false),
            Value::Text(_) => Foreign::SingleQuotedString(String::new()),
            Value::Bits(_) => Foreign::SingleQuotedByteStringLiteral(String::new()),
            Value::Hex(_) => Foreign::HexStringLiteral(String::new()),
            Value::Param(_) => Foreign::Placeholder("$1".to_string()),
            Value::Operator(name) => self.operator(name, at),
            Value::Cast => Foreign::DoubleColon,
            Value::Assign | Value::Arrow => Foreign::RArrow,
            Value::DotDot | Value::Unknown => Foreign::Backslash,
            Value::Punct(byte) => match byte {
                b'(' => Foreign::LParen,
                b')' => Foreign::RParen,
                b'[' => Foreign::LBracket,
                b']' => Foreign::RBracket,
                b',' => Foreign::Comma,
                b'.' => Foreign::Period,
                b':' => Foreign::Colon,
                _ => Foreign::SemiColon,
            },
        }
    }

    fn operator(&self, name: &str, at: usize) -> Foreign {
        match name {
            "+" => Foreign::Plus,
            "-" => Foreign::Minus,
            "*" => Foreign::Mul,
            "/" => Foreign::Div,
            "%" => Foreign::Mod,
            "^" => Foreign::Caret,
            "=" => Foreign::Eq,
            "<>" => Foreign::Neq,
            "<" => Foreign::Lt,
            ">" => Foreign::Gt,
            "<=" => Foreign::LtEq,
            ">=" => Foreign::GtEq,
            _ if self.is_operand_end(at) => Foreign::CustomBinaryOperator(String::new()),
            "~" => Foreign::Tilde,
            "@" => Foreign::AtSign,
            "|/" => Foreign::PGSquareRoot,
            "||/" => Foreign::PGCubeRoot,
            "!!" => Foreign::DoubleExclamationMark,
            "#" => Foreign::Sharp,
            "@-@" => Foreign::AtDashAt,
            "@@" => Foreign::AtAt,
            "?-" => Foreign::QuestionMarkDash,
            "?|" => Foreign::QuestionPipe,
            _ => Foreign::CustomBinaryOperator(String::new()),
        }
    }
}
