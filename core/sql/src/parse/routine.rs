//! CREATE FUNCTION, PROCEDURE and TRIGGER.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;
use super::token::Value;

impl Cursor<'_> {
    pub(super) fn create_function(&mut self, or_replace: bool, pos: Pos) -> Parse<Statement> {
        let procedure = self.is_word("procedure");
        self.at += 1;
        let name = self.qualified_function()?;
        let params = self.params()?;
        let returns = if !self.eat_word("returns") {
            FunctionReturn::None
        } else if self.eat_word("table") {
            FunctionReturn::Table(self.alias_columns()?)
        } else {
            FunctionReturn::Type(self.type_name()?)
        };
        let mut out = CreateFunction {
            name,
            or_replace,
            procedure,
            params,
            returns,
            options: Vec::new(),
            body: FunctionBody::None,
            pos,
        };
        while !self.is_end() && !self.is_punct(b';') {
            self.function_clause(&mut out)?;
        }
        Ok(Statement::CreateFunction(Box::new(out)))
    }

    fn function_clause(&mut self, out: &mut CreateFunction) -> Parse<()> {
        if self.eat_word("as") {
            let pos = self.pos();
            let text = self.string()?;
            let symbol = if self.eat_punct(b',') {
                Some(self.string()?)
            } else {
                None
            };
            out.body = FunctionBody::Text { text, symbol, pos };
        } else if self.eat_word("return") {
            out.body = FunctionBody::Return(self.expr()?);
        } else if self.eat_words(&["begin", "atomic"]) {
            let mut list = Vec::new();
            while !self.eat_word("end") {
                list.push(self.statement()?);
                self.expect_punct(b';')?;
            }
            out.body = FunctionBody::Atomic(list);
        } else {
            let option = self.function_option()?;
            out.options.push(option);
        }
        Ok(())
    }

    fn function_option(&mut self) -> Parse<FunctionOption> {
        use FunctionOption as O;
        for (words, option) in [
            (&["immutable"][..], O::Immutable),
            (&["stable"], O::Stable),
            (&["volatile"], O::Volatile),
            (&["strict"], O::Strict(true)),
            (&["returns", "null", "on", "null", "input"], O::Strict(true)),
            (&["called", "on", "null", "input"], O::Strict(false)),
            (
                &["external", "security", "definer"],
                O::SecurityDefiner(true),
            ),
            (&["security", "definer"], O::SecurityDefiner(true)),
            (
                &["external", "security", "invoker"],
                O::SecurityDefiner(false),
            ),
            (&["security", "invoker"], O::SecurityDefiner(false)),
            (&["leakproof"], O::Leakproof(true)),
            (&["not", "leakproof"], O::Leakproof(false)),
            (&["window"], O::Window),
        ] {
            if self.eat_words(words) {
                return Ok(option);
            }
        }
        match self.eat_one(&["language", "parallel", "cost", "rows", "support", "set"]) {
            Some("language") => {
                let quoted = self.is_string();
                Ok(O::Language(if quoted {
                    self.string()?
                } else {
                    self.label()?.name
                }))
            }
            Some("parallel") => Ok(O::Parallel(self.label()?.name)),
            Some("cost") => Ok(O::Cost(self.number()?)),
            Some("rows") => Ok(O::Rows(self.number()?)),
            Some("support") => Ok(O::Support(self.qualified_function()?)),
            Some(_) => Ok(O::Set(self.set_rest(false)?)),
            None => Err(self.fail()),
        }
    }

    /// `([mode] [name] type [DEFAULT expr], …)`.
    pub(super) fn params(&mut self) -> Parse<Vec<FunctionParam>> {
        self.expect_punct(b'(')?;
        if self.eat_punct(b')') {
            return Ok(Vec::new());
        }
        let out = self.list(Self::param)?;
        self.expect_punct(b')')?;
        Ok(out)
    }

    fn param_mode(&mut self) -> Option<ParamMode> {
        Some(match self.eat_one(&["in", "out", "inout", "variadic"])? {
            "in" if self.eat_word("out") => ParamMode::InOut,
            "in" => ParamMode::In,
            "out" => ParamMode::Out,
            "inout" => ParamMode::InOut,
            _ => ParamMode::Variadic,
        })
    }

    fn param(&mut self) -> Parse<FunctionParam> {
        let mut mode = self.param_mode();
        // `name type` or a type alone: a name is followed by one more word.
        let next = self.value_at(1);
        let two_words = matches!(next, Some(Value::Word(_) | Value::Name(_)));
        let type_words = matches!(
            (self.word(0), self.word(1)),
            (Some("double"), Some("precision"))
                | (
                    Some("character" | "char" | "bit" | "nchar"),
                    Some("varying")
                )
                | (Some("timestamp" | "time"), Some("with" | "without"))
                | (_, Some("default" | "array"))
        );
        let name = if two_words && !type_words && !self.is_word("setof") {
            Some(self.function_name()?)
        } else {
            None
        };
        mode = mode.or_else(|| self.param_mode());
        let type_name = self.type_name()?;
        let default = if self.eat_word("default") || self.eat_operator("=") {
            Some(self.expr()?)
        } else {
            None
        };
        Ok(FunctionParam {
            mode: mode.unwrap_or(ParamMode::In),
            name,
            type_name,
            default,
        })
    }

    pub(super) fn create_trigger(&mut self, or_replace: bool) -> Parse<Statement> {
        let constraint = self.eat_word("constraint");
        self.expect_word("trigger")?;
        let name = self.name()?;
        let timing = match self.eat_one(&["before", "after", "instead"]) {
            Some("before") => TriggerTiming::Before,
            Some("after") => TriggerTiming::After,
            Some(_) => {
                self.expect_word("of")?;
                TriggerTiming::InsteadOf
            }
            None => return Err(self.fail()),
        };
        let mut events = Vec::from([self.trigger_event()?]);
        while self.eat_word("or") {
            events.push(self.trigger_event()?);
        }
        self.expect_word("on")?;
        let table = self.qualified()?;
        let from = if self.eat_word("from") {
            Some(self.qualified()?)
        } else {
            None
        };
        let deferral = self.deferral()?;
        let (mut old_table, mut new_table) = (None, None);
        if self.eat_word("referencing") {
            while let Some(word) = self.eat_one(&["old", "new"]) {
                self.expect_word("table")?;
                self.eat_word("as");
                let place = if word == "old" {
                    &mut old_table
                } else {
                    &mut new_table
                };
                *place = Some(self.name()?);
            }
        }
        let mut for_each_row = false;
        if self.eat_word("for") {
            self.eat_word("each");
            for_each_row = self.eat_word("row");
            if !for_each_row {
                self.expect_word("statement")?;
            }
        }
        let condition = if self.eat_word("when") {
            Some(self.paren_expr()?)
        } else {
            None
        };
        self.expect_word("execute")?;
        if self.eat_one(&["function", "procedure"]).is_none() {
            return Err(self.fail());
        }
        let function = self.qualified_function()?;
        let args = self.trigger_args()?;
        Ok(Statement::CreateTrigger(Box::new(CreateTrigger {
            name,
            or_replace,
            constraint,
            timing,
            events,
            table,
            from,
            deferral,
            old_table,
            new_table,
            for_each_row,
            condition,
            function,
            args,
        })))
    }

    fn trigger_event(&mut self) -> Parse<TriggerEvent> {
        Ok(
            match self.eat_one(&["insert", "delete", "truncate", "update"]) {
                Some("insert") => TriggerEvent::Insert,
                Some("delete") => TriggerEvent::Delete,
                Some("truncate") => TriggerEvent::Truncate,
                Some(_) => {
                    let columns = if self.eat_word("of") {
                        self.names()?
                    } else {
                        Vec::new()
                    };
                    TriggerEvent::Update(columns)
                }
                None => return Err(self.fail()),
            },
        )
    }

    fn trigger_args(&mut self) -> Parse<Vec<String>> {
        self.expect_punct(b'(')?;
        if self.eat_punct(b')') {
            return Ok(Vec::new());
        }
        let out = self.list(|cursor| {
            if cursor.is_string() {
                cursor.string()
            } else if cursor.is_number() {
                cursor.number()
            } else {
                Ok(cursor.label()?.name)
            }
        })?;
        self.expect_punct(b')')?;
        Ok(out)
    }
}
