//! What a statement is, by a glance at its first words.
//!
//! The text itself is the key of the plan cache, beside parameter types, search path, role and
//! settings; nothing is normalised away. This glance decides before any parsing whether looking into
//! the cache is worth it, and which path a statement takes.

use super::lexer::{Lexer, RawKind};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatementKind {
    /// SELECT, VALUES, TABLE, WITH, or a parenthesis: plans worth keeping.
    Query,
    Insert,
    Update,
    Delete,
    Merge,
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT, ….
    Transaction,
    Copy,
    Other,
    /// Blank or only comments.
    Empty,
}

impl StatementKind {
    /// Whether the statement has a plan.
    pub fn is_planned(self) -> bool {
        matches!(
            self,
            Self::Query | Self::Insert | Self::Update | Self::Delete | Self::Merge
        )
    }
}

/// Looks at the first word only.
pub fn statement_kind(text: &str) -> StatementKind {
    let mut lexer = Lexer::new(text);
    let token = loop {
        match lexer.token() {
            Ok(Some(token)) if token.kind == RawKind::Punct(b';') => {}
            Ok(Some(token)) => break token,
            Ok(None) => return StatementKind::Empty,
            Err(_) => return StatementKind::Other,
        }
    };
    if token.kind == RawKind::Punct(b'(') {
        return StatementKind::Query;
    }
    const WORDS: &[(&str, StatementKind)] = &[
        ("select", StatementKind::Query),
        ("with", StatementKind::Query),
        ("values", StatementKind::Query),
        ("table", StatementKind::Query),
        ("insert", StatementKind::Insert),
        ("update", StatementKind::Update),
        ("delete", StatementKind::Delete),
        ("merge", StatementKind::Merge),
        ("begin", StatementKind::Transaction),
        ("start", StatementKind::Transaction),
        ("commit", StatementKind::Transaction),
        ("end", StatementKind::Transaction),
        ("rollback", StatementKind::Transaction),
        ("abort", StatementKind::Transaction),
        ("savepoint", StatementKind::Transaction),
        ("release", StatementKind::Transaction),
        ("copy", StatementKind::Copy),
    ];
    let word = text
        .get(token.start as usize..token.end as usize)
        .unwrap_or("");
    WORDS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map_or(StatementKind::Other, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells() {
        for (text, kind) in [
            (" -- x\n ; Select 1", StatementKind::Query),
            ("(values (1))", StatementKind::Query),
            ("\"select\"", StatementKind::Other),
            ("/* a */", StatementKind::Empty),
            ("ROLLBACK", StatementKind::Transaction),
            ("selects", StatementKind::Other),
        ] {
            assert_eq!(statement_kind(text), kind, "{text}");
        }
    }
}
