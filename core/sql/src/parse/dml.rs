//! INSERT, UPDATE, DELETE, MERGE: the clauses; expressions and queries go to the crate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;

impl Cursor<'_> {
    pub(super) fn insert(&mut self, stop: usize) -> Parse<Insert> {
        let pos = self.pos();
        self.expect_words(&["insert", "into"])?;
        let table = self.qualified()?;
        let alias = if self.eat_word("as") {
            Some(self.name()?)
        } else {
            None
        };
        let columns = if self.is_punct(b'(') && !self.is_query_ahead() {
            self.paren_list(Self::target)?
        } else {
            Vec::new()
        };
        let overriding = self.overriding()?;
        let source = if self.eat_words(&["default", "values"]) {
            InsertSource::DefaultValues
        } else {
            let end = self.bound(|cursor, at| {
                cursor.words_at(at, &["on", "conflict"]) || cursor.words_at(at, &["returning"])
            });
            InsertSource::Query(Box::new(self.query(end.min(stop))?))
        };
        let on_conflict = if self.are_words(&["on", "conflict"]) {
            Some(self.on_conflict()?)
        } else {
            None
        };
        let returning = self.returning()?;
        let with = None;
        Ok(Insert {
            with,
            table,
            alias,
            columns,
            overriding,
            source,
            on_conflict,
            returning,
            pos,
        })
    }

    /// `(SELECT`, `((SELECT`, `(WITH`, …: a parenthesised query, not a list of columns.
    fn is_query_ahead(&self) -> bool {
        let mut ahead = 0;
        while self.value_at(ahead) == Some(&super::token::Value::Punct(b'(')) {
            ahead += 1;
        }
        matches!(
            self.word(ahead),
            Some("select" | "with" | "values" | "table")
        )
    }

    fn overriding(&mut self) -> Parse<Option<Overriding>> {
        if !self.eat_word("overriding") {
            return Ok(None);
        }
        let out = match self.eat_one(&["user", "system"]) {
            Some("user") => Overriding::User,
            Some(_) => Overriding::System,
            None => return Err(self.fail()),
        };
        self.expect_word("value")?;
        Ok(Some(out))
    }

    /// `a`, `a.field`, `a[1]`.
    fn target(&mut self) -> Parse<Target> {
        let column = self.name()?;
        let mut path = Vec::new();
        loop {
            if self.eat_punct(b'.') {
                path.push(TargetStep::Field(self.label()?));
            } else if self.eat_punct(b'[') {
                path.push(TargetStep::Subscript(self.target_subscript()?));
            } else {
                return Ok(Target { column, path });
            }
        }
    }

    fn target_subscript(&mut self) -> Parse<Subscript> {
        let lower = if self.is_punct(b':') {
            None
        } else {
            Some(self.subscript_bound()?)
        };
        let out = if self.eat_punct(b':') {
            let upper = if self.is_punct(b']') {
                None
            } else {
                Some(self.expr()?)
            };
            Subscript::Slice { lower, upper }
        } else {
            Subscript::Index(lower.ok_or_else(|| self.fail())?)
        };
        self.expect_punct(b']')?;
        Ok(out)
    }

    fn subscript_bound(&mut self) -> Parse<Expr> {
        self.expr_before(|cursor, at| {
            matches!(
                cursor.tokens[at].value,
                super::token::Value::Punct(b':' | b',')
            )
        })
    }

    fn on_conflict(&mut self) -> Parse<OnConflict> {
        let pos = self.pos();
        self.expect_words(&["on", "conflict"])?;
        let target = if self.eat_words(&["on", "constraint"]) {
            Some(ConflictTarget::Constraint(self.name()?))
        } else if self.is_punct(b'(') {
            let elements = self.paren_list(Self::conflict_element)?;
            let filter = self.where_until(&["do"])?;
            Some(ConflictTarget::Columns { elements, filter })
        } else {
            None
        };
        self.expect_word("do")?;
        let action = if self.eat_word("nothing") {
            ConflictAction::Nothing
        } else {
            self.expect_words(&["update", "set"])?;
            let sets = self.assignments()?;
            ConflictAction::Update {
                sets,
                filter: self.where_until(&["returning"])?,
            }
        };
        Ok(OnConflict {
            target,
            action,
            pos,
        })
    }

    fn conflict_element(&mut self) -> Parse<ConflictElement> {
        let expr = self.index_expr()?;
        let collation = if self.eat_word("collate") {
            Some(self.qualified()?)
        } else {
            None
        };
        let opclass = if self.is_name() {
            Some(self.qualified()?)
        } else {
            None
        };
        Ok(ConflictElement {
            expr,
            collation,
            opclass,
        })
    }

    /// A column, a call or a parenthesised expression, as indexes allow.
    pub(super) fn index_expr(&mut self) -> Parse<Expr> {
        if self.is_punct(b'(') {
            return self.paren_expr();
        }
        let pos = self.pos();
        let call = self.value_at(1) == Some(&super::token::Value::Punct(b'('))
            || self.value_at(1) == Some(&super::token::Value::Punct(b'.'));
        if call {
            return self.expr();
        }
        let name = if self.is_name() {
            self.name()?
        } else {
            self.function_name()?
        };
        Ok(Expr {
            kind: ExprKind::Column(Vec::from([name])),
            pos,
        })
    }

    fn where_until(&mut self, words: &[&str]) -> Parse<Option<Expr>> {
        if self.eat_word("where") {
            Ok(Some(self.expr_until(words)?))
        } else {
            Ok(None)
        }
    }

    fn assignments(&mut self) -> Parse<Vec<Assignment>> {
        self.list(|cursor| {
            if cursor.is_punct(b'(') {
                let targets = cursor.paren_list(Self::target)?;
                cursor.expect_equals()?;
                let value = cursor.assigned()?;
                return Ok(Assignment::Multi { targets, value });
            }
            let target = cursor.target()?;
            cursor.expect_equals()?;
            Ok(Assignment::Single {
                target,
                value: cursor.assigned()?,
            })
        })
    }

    fn assigned(&mut self) -> Parse<Expr> {
        self.expr_until(&["from", "where", "returning", "when"])
    }

    fn expect_equals(&mut self) -> Parse<()> {
        if self.eat_operator("=") {
            Ok(())
        } else {
            Err(self.fail())
        }
    }

    /// `[ONLY] name [*] [[AS] alias]`.
    fn changed_table(&mut self) -> Parse<(QualifiedName, bool, Option<TableAlias>)> {
        let only = self.eat_word("only");
        let name = self.qualified()?;
        self.eat_operator("*");
        let alias = if self.eat_word("as") || (self.is_name() && !self.is_word("set")) {
            Some(TableAlias {
                name: self.name()?,
                columns: Vec::new(),
            })
        } else {
            None
        };
        Ok((name, only, alias))
    }

    pub(super) fn update(&mut self, _stop: usize) -> Parse<Update> {
        let pos = self.pos();
        self.expect_word("update")?;
        let (table, only, alias) = self.changed_table()?;
        self.expect_word("set")?;
        let sets = self.assignments()?;
        let from = if self.eat_word("from") {
            self.change_from()?
        } else {
            Vec::new()
        };
        let filter = self.change_where()?;
        let returning = self.returning()?;
        Ok(Update {
            with: None,
            table,
            only,
            alias,
            sets,
            from,
            filter,
            returning,
            pos,
        })
    }

    fn change_from(&mut self) -> Parse<Vec<TableRef>> {
        let end =
            self.bound(|cursor, at| matches!(cursor.word_at(at), Some("where" | "returning")));
        self.table_refs(end)
    }

    fn change_where(&mut self) -> Parse<Option<Expr>> {
        let pos = self.pos();
        if self.eat_words(&["where", "current", "of"]) {
            return Ok(Some(Expr {
                kind: ExprKind::CurrentOf(self.name()?),
                pos,
            }));
        }
        self.where_until(&["returning"])
    }

    pub(super) fn delete(&mut self, _stop: usize) -> Parse<Delete> {
        let pos = self.pos();
        self.expect_words(&["delete", "from"])?;
        let (table, only, alias) = self.changed_table()?;
        let using = if self.eat_word("using") {
            self.change_from()?
        } else {
            Vec::new()
        };
        let filter = self.change_where()?;
        let returning = self.returning()?;
        Ok(Delete {
            with: None,
            table,
            only,
            alias,
            using,
            filter,
            returning,
            pos,
        })
    }

    pub(super) fn merge(&mut self, _stop: usize) -> Parse<Merge> {
        let pos = self.pos();
        self.expect_words(&["merge", "into"])?;
        let (table, only, alias) = self.changed_table()?;
        self.expect_word("using")?;
        let end = self.bound(|cursor, at| cursor.words_at(at, &["on"]));
        let mut sources = self.table_refs(end)?;
        let (Some(source), true) = (sources.pop(), sources.is_empty()) else {
            return Err(self.fail());
        };
        self.expect_word("on")?;
        let on = self.expr_until(&["when"])?;
        let mut clauses = Vec::new();
        while self.is_word("when") {
            clauses.push(self.merge_clause()?);
        }
        if clauses.is_empty() {
            return Err(self.fail());
        }
        Ok(Merge {
            with: None,
            table,
            only,
            alias,
            source,
            on,
            clauses,
            pos,
        })
    }

    fn merge_clause(&mut self) -> Parse<MergeClause> {
        let pos = self.pos();
        self.expect_word("when")?;
        let matched = !self.eat_word("not");
        self.expect_word("matched")?;
        let condition = if self.eat_word("and") {
            Some(self.expr_until(&["then"])?)
        } else {
            None
        };
        self.expect_word("then")?;
        let action = if self.eat_words(&["do", "nothing"]) {
            MergeAction::Nothing
        } else if matched && self.eat_word("delete") {
            MergeAction::Delete
        } else if matched && self.eat_words(&["update", "set"]) {
            MergeAction::Update(self.assignments()?)
        } else if !matched && self.eat_word("insert") {
            self.merge_insert()?
        } else {
            return Err(self.fail());
        };
        Ok(MergeClause {
            matched,
            condition,
            action,
            pos,
        })
    }

    fn merge_insert(&mut self) -> Parse<MergeAction> {
        let columns = if self.is_punct(b'(') {
            self.paren_list(Self::target)?
        } else {
            Vec::new()
        };
        let overriding = self.overriding()?;
        let values = if self.eat_words(&["default", "values"]) {
            None
        } else {
            self.expect_word("values")?;
            self.expect_punct(b'(')?;
            let values = self.exprs()?;
            self.expect_punct(b')')?;
            Some(values)
        };
        Ok(MergeAction::Insert {
            columns,
            overriding,
            values,
        })
    }
}
