//! SET, SHOW, RESET, ALTER SYSTEM, and the lists of options in parentheses.

use alloc::string::String;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;
use super::token::Value;

impl Cursor<'_> {
    /// After SET.
    pub(super) fn set_statement(&mut self) -> Parse<Statement> {
        if self.eat_word("constraints") {
            return self.set_constraints();
        }
        if self.eat_words(&["session", "characteristics", "as", "transaction"]) {
            let modes = self.transaction_modes()?;
            return Ok(Statement::SetTransaction {
                modes,
                session: true,
                snapshot: None,
            });
        }
        let local = self.eat_word("local");
        if !local && self.word(1) != Some("authorization") {
            self.eat_word("session");
        }
        if self.eat_word("transaction") {
            let snapshot = if self.eat_word("snapshot") {
                Some(self.string()?)
            } else {
                None
            };
            let modes = self.transaction_modes()?;
            return Ok(Statement::SetTransaction {
                modes,
                session: false,
                snapshot,
            });
        }
        Ok(Statement::Set(self.set_rest(local)?))
    }

    /// `name = value` and the spellings of the standard.
    pub(super) fn set_rest(&mut self, local: bool) -> Parse<SetStatement> {
        let pos = self.pos();
        let special = |name: &str| Ident {
            name: name.into(),
            pos,
        };
        if self.eat_words(&["time", "zone"]) {
            let value = self.time_zone()?;
            return Ok(SetStatement {
                name: special("timezone"),
                value,
                local,
            });
        }
        for (words, name) in [
            (&["names"][..], "client_encoding"),
            (&["role"], "role"),
            (&["session", "authorization"], "session_authorization"),
            (&["schema"], "search_path"),
        ] {
            if self.are_words(words) && !self.is_assignment(words.len()) {
                self.at += words.len();
                let value = self.set_values()?;
                return Ok(SetStatement {
                    name: special(name),
                    value,
                    local,
                });
            }
        }
        let name = self.setting_name()?;
        if self.eat_words(&["from", "current"]) {
            return Ok(SetStatement {
                name,
                value: SetValue::Current,
                local,
            });
        }
        if !self.eat_word("to") && !self.eat_operator("=") {
            return Err(self.fail());
        }
        Ok(SetStatement {
            name,
            value: self.set_values()?,
            local,
        })
    }

    fn is_assignment(&self, ahead: usize) -> bool {
        self.word(ahead) == Some("to")
            || matches!(self.value_at(ahead), Some(Value::Operator(name)) if name == "=")
    }

    /// `work_mem` or `my.setting`.
    pub(super) fn setting_name(&mut self) -> Parse<Ident> {
        let mut out = self.name()?;
        while self.eat_punct(b'.') {
            out.name.push('.');
            out.name += &self.label()?.name;
        }
        Ok(out)
    }

    fn time_zone(&mut self) -> Parse<SetValue> {
        if self.eat_one(&["local", "default"]).is_some() {
            return Ok(SetValue::Default);
        }
        if self.is_word("interval") {
            let literal = self.typed_literal()?;
            if let ExprKind::TypedLiteral { type_name, value } = literal.kind {
                return Ok(SetValue::List(Vec::from([SetItem::Typed {
                    type_name,
                    value,
                }])));
            }
        }
        self.set_values()
    }

    fn set_values(&mut self) -> Parse<SetValue> {
        if self.eat_word("default") {
            return Ok(SetValue::Default);
        }
        Ok(SetValue::List(self.list(Self::set_item)?))
    }

    fn set_item(&mut self) -> Parse<SetItem> {
        if self.is_string() {
            return Ok(SetItem::String(self.string()?));
        }
        if self.is_number() {
            return Ok(SetItem::Number(self.number()?));
        }
        Ok(SetItem::Word(self.label()?.name))
    }

    /// After SHOW.
    pub(super) fn show(&mut self) -> Parse<Statement> {
        if self.eat_word("all") {
            return Ok(Statement::ShowAll);
        }
        Ok(Statement::Show(self.shown_name()?))
    }

    fn shown_name(&mut self) -> Parse<Ident> {
        let pos = self.pos();
        for (words, name) in [
            (&["time", "zone"][..], "timezone"),
            (
                &["transaction", "isolation", "level"],
                "transaction_isolation",
            ),
            (&["session", "authorization"], "session_authorization"),
        ] {
            if self.eat_words(words) {
                return Ok(Ident {
                    name: name.into(),
                    pos,
                });
            }
        }
        self.setting_name()
    }

    /// After RESET.
    pub(super) fn reset(&mut self) -> Parse<Statement> {
        if self.eat_word("all") {
            return Ok(Statement::ResetAll);
        }
        Ok(Statement::Reset(self.shown_name()?))
    }

    /// After ALTER SYSTEM.
    pub(super) fn alter_system(&mut self) -> Parse<Statement> {
        if self.eat_word("set") {
            return Ok(Statement::AlterSystem(AlterSystem::Set(
                self.set_rest(false)?,
            )));
        }
        self.expect_word("reset")?;
        if self.eat_word("all") {
            return Ok(Statement::AlterSystem(AlterSystem::ResetAll));
        }
        Ok(Statement::AlterSystem(AlterSystem::Reset(
            self.setting_name()?,
        )))
    }

    /// `(name [=] value, …)`.
    pub(super) fn options(&mut self) -> Parse<Vec<DefElem>> {
        self.paren_list(Self::option)
    }

    pub(super) fn option(&mut self) -> Parse<DefElem> {
        let pos = self.pos();
        let mut name = self.label()?.name;
        let mut namespace = None;
        if self.eat_punct(b'.') {
            namespace = Some(core::mem::replace(&mut name, self.label()?.name));
        }
        self.eat_operator("=");
        let ends = self.is_end() || self.is_punct(b',') || self.is_punct(b')');
        let value = if ends {
            None
        } else {
            Some(self.option_value()?)
        };
        Ok(DefElem {
            namespace,
            name,
            value,
            pos,
        })
    }

    pub(super) fn option_value(&mut self) -> Parse<DefValue> {
        if self.is_string() {
            return Ok(DefValue::String(self.string()?));
        }
        if self.is_number() {
            return Ok(DefValue::Number(self.number()?));
        }
        if self.eat_operator("*") {
            return Ok(DefValue::Star);
        }
        if self.is_punct(b'(') {
            return Ok(DefValue::List(self.paren_list(Self::option_value)?));
        }
        let mut word = self.label()?.name;
        while self.eat_punct(b'.') {
            word.push('.');
            word += &self.label()?.name;
        }
        Ok(DefValue::Word(word))
    }

    /// An option that is only a word.
    pub(super) fn flag(name: &str, pos: Pos) -> DefElem {
        DefElem {
            namespace: None,
            name: name.into(),
            value: None,
            pos,
        }
    }

    /// The text from a token to the end of the statement.
    pub(super) fn rest_text(&mut self, from: Pos) -> String {
        let stop = self.bound(|_, _| false);
        self.at = stop;
        self.text
            .get(from as usize..self.end() as usize)
            .unwrap_or("")
            .into()
    }
}
