//! Which statement is it? By its first words.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;

impl Cursor<'_> {
    /// One statement.
    pub fn statement(&mut self) -> Parse<Statement> {
        let stop = self.bound(|_, _| false);
        match self.word(0) {
            Some(
                "select" | "values" | "table" | "with" | "insert" | "update" | "delete" | "merge",
            ) => self.optimizable(stop),
            _ if self.is_punct(b'(') => self.optimizable(stop),
            Some("create") => self.create(),
            Some("alter") => self.alter(),
            Some("drop") => self.drop_statement(),
            Some("comment") => self.comment(),
            Some("grant" | "revoke") => self.grant(),
            _ => {
                if let Some(out) = self.transaction()? {
                    return Ok(out);
                }
                match self.utility()? {
                    Some(out) => Ok(out),
                    None => Err(self.fail()),
                }
            }
        }
    }

    /// A query or a change, perhaps after WITH, up to `stop`.
    pub fn optimizable(&mut self, stop: usize) -> Parse<Statement> {
        let pos = self.pos();
        let with = if self.is_word("with") {
            Some(self.with()?)
        } else {
            None
        };
        Ok(match self.word(0) {
            Some("insert") => {
                let mut out = self.insert(stop)?;
                out.with = with;
                Statement::Insert(Box::new(out))
            }
            Some("update") => {
                let mut out = self.update(stop)?;
                out.with = with;
                Statement::Update(Box::new(out))
            }
            Some("delete") => {
                let mut out = self.delete(stop)?;
                out.with = with;
                Statement::Delete(Box::new(out))
            }
            Some("merge") => {
                let mut out = self.merge(stop)?;
                out.with = with;
                Statement::Merge(Box::new(out))
            }
            Some("select" | "values" | "table") => {
                Statement::Select(Box::new(self.query_after(with, pos, stop)?))
            }
            _ if self.is_punct(b'(') => {
                Statement::Select(Box::new(self.query_after(with, pos, stop)?))
            }
            _ => return Err(self.fail()),
        })
    }

    /// A query with its WITH, up to `stop`.
    pub fn query(&mut self, stop: usize) -> Parse<Query> {
        let pos = self.pos();
        let with = if self.is_word("with") {
            Some(self.with()?)
        } else {
            None
        };
        match self.word(0) {
            Some("select" | "values" | "table") => {}
            _ if self.is_punct(b'(') => {}
            _ => return Err(self.fail()),
        }
        self.query_after(with, pos, stop)
    }

    fn query_after(&mut self, with: Option<With>, pos: Pos, stop: usize) -> Parse<Query> {
        let mut out = self.plain_query(stop)?;
        if with.is_some() {
            out.with = with;
            out.pos = pos;
        }
        Ok(out)
    }

    /// The WITH of a statement, where changes are allowed as well.
    fn with(&mut self) -> Parse<With> {
        let pos = self.pos();
        self.expect_word("with")?;
        let recursive = self.eat_word("recursive");
        let ctes = self.list(Self::cte)?;
        Ok(With {
            recursive,
            ctes,
            pos,
        })
    }

    fn cte(&mut self) -> Parse<Cte> {
        let name = self.name()?;
        let columns = self.maybe_paren_names()?;
        self.expect_word("as")?;
        let materialized = self.materialized();
        self.expect_punct(b'(')?;
        let stop = self.bound(|_, _| false);
        let statement = Box::new(self.optimizable(stop)?);
        self.expect_punct(b')')?;
        let search = if self.eat_word("search") {
            Some(self.cte_search()?)
        } else {
            None
        };
        let cycle = if self.eat_word("cycle") {
            Some(Box::new(self.cte_cycle()?))
        } else {
            None
        };
        Ok(Cte {
            name,
            columns,
            materialized,
            statement,
            search,
            cycle,
        })
    }

    fn cte_search(&mut self) -> Parse<CteSearch> {
        let breadth_first = match self.eat_one(&["breadth", "depth"]) {
            Some(word) => word == "breadth",
            None => return Err(self.fail()),
        };
        self.expect_words(&["first", "by"])?;
        let columns = self.names()?;
        self.expect_word("set")?;
        Ok(CteSearch {
            breadth_first,
            columns,
            set: self.name()?,
        })
    }

    fn cte_cycle(&mut self) -> Parse<CteCycle> {
        let columns = self.names()?;
        self.expect_word("set")?;
        let mark = self.name()?;
        let mut values = None;
        if self.eat_word("to") {
            let to = self.expr_until(&["default"])?;
            self.expect_word("default")?;
            values = Some((to, self.expr_until(&["using"])?));
        }
        self.expect_word("using")?;
        Ok(CteCycle {
            columns,
            mark,
            values,
            path: self.name()?,
        })
    }

    /// RETURNING and its items, or nothing.
    pub fn returning(&mut self) -> Parse<Vec<SelectItem>> {
        if self.eat_word("returning") {
            self.returning_items()
        } else {
            Ok(Vec::new())
        }
    }

    /// Whether `words` stand at an index.
    pub fn words_at(&self, index: usize, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.word_at(index + ahead) == Some(word))
    }
}
