//! BEGIN, COMMIT, SAVEPOINT, SET TRANSACTION and their kin.

use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;

impl Cursor<'_> {
    /// A statement about transactions, or `None` if this is another one.
    pub(super) fn transaction(&mut self) -> Parse<Option<Statement>> {
        let Some(word) = self.word(0) else {
            return Ok(None);
        };
        let out = match word {
            "begin" => {
                self.at += 1;
                self.work();
                Statement::Begin(self.transaction_modes()?)
            }
            "start" => {
                self.at += 1;
                self.expect_word("transaction")?;
                Statement::Begin(self.transaction_modes()?)
            }
            "commit" | "end" => self.commit()?,
            "rollback" | "abort" => self.rollback()?,
            "savepoint" => {
                self.at += 1;
                Statement::Savepoint(self.name()?)
            }
            "release" => {
                self.at += 1;
                self.eat_word("savepoint");
                Statement::Release(self.name()?)
            }
            "prepare" if self.word(1) == Some("transaction") => {
                self.at += 2;
                Statement::PrepareTransaction(self.string()?)
            }
            _ => return Ok(None),
        };
        Ok(Some(out))
    }

    fn work(&mut self) {
        let _noise = self.eat_one(&["work", "transaction"]);
    }

    fn commit(&mut self) -> Parse<Statement> {
        self.at += 1;
        if self.eat_word("prepared") {
            return Ok(Statement::CommitPrepared(self.string()?));
        }
        self.work();
        Ok(Statement::Commit {
            chain: self.chain()?,
        })
    }

    fn rollback(&mut self) -> Parse<Statement> {
        self.at += 1;
        if self.eat_word("prepared") {
            return Ok(Statement::RollbackPrepared(self.string()?));
        }
        self.work();
        if self.eat_word("to") {
            self.eat_word("savepoint");
            return Ok(Statement::RollbackTo(self.name()?));
        }
        Ok(Statement::Rollback {
            chain: self.chain()?,
        })
    }

    fn chain(&mut self) -> Parse<bool> {
        if !self.eat_word("and") {
            return Ok(false);
        }
        let chain = !self.eat_word("no");
        self.expect_word("chain")?;
        Ok(chain)
    }

    /// Zero or more modes, with or without commas.
    pub(super) fn transaction_modes(&mut self) -> Parse<TransactionModes> {
        let mut out = TransactionModes::default();
        loop {
            if self.eat_words(&["isolation", "level"]) {
                out.isolation = Some(self.isolation()?);
            } else if self.eat_words(&["read", "only"]) {
                out.read_only = Some(true);
            } else if self.eat_words(&["read", "write"]) {
                out.read_only = Some(false);
            } else if self.eat_word("deferrable") {
                out.deferrable = Some(true);
            } else if self.eat_words(&["not", "deferrable"]) {
                out.deferrable = Some(false);
            } else {
                return Ok(out);
            }
            self.eat_punct(b',');
        }
    }

    fn isolation(&mut self) -> Parse<Isolation> {
        Ok(
            match self.eat_one(&["serializable", "repeatable", "read"]) {
                Some("serializable") => Isolation::Serializable,
                Some("repeatable") => {
                    self.expect_word("read")?;
                    Isolation::RepeatableRead
                }
                Some(_) if self.eat_word("committed") => Isolation::ReadCommitted,
                Some(_) => {
                    self.expect_word("uncommitted")?;
                    Isolation::ReadUncommitted
                }
                None => return Err(self.fail()),
            },
        )
    }

    /// SET CONSTRAINTS … after those two words.
    pub(super) fn set_constraints(&mut self) -> Parse<Statement> {
        let names = if self.eat_word("all") {
            Vec::new()
        } else {
            self.qualified_list()?
        };
        let deferred = match self.eat_one(&["deferred", "immediate"]) {
            Some(word) => word == "deferred",
            None => return Err(self.fail()),
        };
        Ok(Statement::SetConstraints(SetConstraints {
            names,
            deferred,
        }))
    }
}
