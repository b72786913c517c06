//! From a tree back to SQL: for what is stored as text (views, defaults, checks, index expressions)
//! and for showing expressions in plans and messages.
//!
//! The text is canonical, not pretty: one line, keywords in capitals, names quoted where they must
//! be, every nested operator in parentheses. Parsing it gives the same tree but for positions, which
//! the tests check by printing twice. Definitions and utility statements are not printed: nothing
//! stores them.

mod expr;
mod query;

use alloc::string::String;

use super::ast::*;
use super::token::needs_quotes;

/// Prints an expression.
pub fn expr(expr: &Expr) -> String {
    let mut out = Printer::default();
    out.expr(expr);
    out.text
}

/// Prints a query.
pub fn query(query: &Query) -> String {
    let mut out = Printer::default();
    out.query(query);
    out.text
}

/// Prints a type, as `integer` or `character varying(20)[]`.
pub fn type_name(name: &TypeName) -> String {
    let mut out = Printer::default();
    out.type_name(name);
    out.text
}

/// A name, quoted if it must be.
pub fn name(name: &str) -> String {
    let mut out = Printer::default();
    out.name(name);
    out.text
}

/// Prints a query or a change; `None` for statements that are never stored.
pub fn statement(statement: &Statement) -> Option<String> {
    let mut out = Printer::default();
    out.statement(statement).then_some(out.text)
}

#[derive(Default)]
struct Printer {
    text: String,
}

impl Printer {
    fn word(&mut self, word: &str) {
        self.text += word;
    }

    fn name(&mut self, name: &str) {
        if !needs_quotes(name) {
            self.text += name;
            return;
        }
        self.text.push('"');
        for letter in name.chars() {
            if letter == '"' {
                self.text.push('"');
            }
            self.text.push(letter);
        }
        self.text.push('"');
    }

    fn string(&mut self, value: &str) {
        let escapes = value.contains('\\');
        self.text += if escapes { "E'" } else { "'" };
        for letter in value.chars() {
            if letter == '\'' || letter == '\\' {
                self.text.push(letter);
            }
            self.text.push(letter);
        }
        self.text.push('\'');
    }

    fn qualified(&mut self, name: &QualifiedName) {
        for part in [&name.catalog, &name.schema].into_iter().flatten() {
            self.name(part);
            self.text.push('.');
        }
        self.name(&name.name);
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text += ", ";
            }
            each(self, item);
        }
    }

    fn parens(&mut self, inner: impl FnOnce(&mut Self)) {
        self.text.push('(');
        inner(self);
        self.text.push(')');
    }

    fn names(&mut self, names: &[Ident]) {
        self.list(names, |out, name| out.name(&name.name));
    }

    /// `(a, b)` if there are any.
    fn column_names(&mut self, names: &[Ident]) {
        if !names.is_empty() {
            self.parens(|out| out.names(names));
        }
    }
}
