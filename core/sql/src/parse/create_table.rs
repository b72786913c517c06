//! CREATE TABLE with its columns and constraints, and CREATE TABLE AS.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;
use super::token::Value;

impl Cursor<'_> {
    /// After CREATE [TEMP | UNLOGGED] TABLE.
    pub(super) fn create_table(&mut self, persistence: Persistence, pos: Pos) -> Parse<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.qualified()?;
        if self.is_table_as() {
            return self.create_table_as(name, persistence, if_not_exists, pos);
        }
        let mut out = CreateTable {
            name,
            persistence,
            if_not_exists,
            of_type: None,
            partition_of: None,
            elements: Vec::new(),
            inherits: Vec::new(),
            partition_by: None,
            using: None,
            options: Vec::new(),
            on_commit: OnCommit::Default,
            tablespace: None,
            pos,
        };
        if self.eat_word("of") {
            out.of_type = Some(self.qualified_function()?);
            out.elements = self.typeless_elements()?;
        } else if self.eat_words(&["partition", "of"]) {
            let parent = self.qualified()?;
            out.elements = self.typeless_elements()?;
            out.partition_of = Some(PartitionOf {
                parent,
                bound: self.partition_bound()?,
            });
        } else {
            self.expect_punct(b'(')?;
            if !self.eat_punct(b')') {
                out.elements = self.list(Self::table_element)?;
                self.expect_punct(b')')?;
            }
            if self.eat_word("inherits") {
                out.inherits = self.paren_list(Self::qualified)?;
            }
        }
        if self.eat_words(&["partition", "by"]) {
            let strategy = self.name()?;
            out.partition_by = Some(PartitionBy {
                strategy,
                keys: self.index_elements()?,
            });
        }
        (out.using, out.options, out.on_commit, out.tablespace) = self.table_tail()?;
        Ok(Statement::CreateTable(Box::new(out)))
    }

    #[allow(
        clippy::type_complexity,
        reason = "four clauses that always come together"
    )]
    fn table_tail(&mut self) -> Parse<(Option<Ident>, Vec<DefElem>, OnCommit, Option<Ident>)> {
        let using = if self.eat_word("using") {
            Some(self.name()?)
        } else {
            None
        };
        let mut options = Vec::new();
        if self.is_word("with") && self.value_at(1) == Some(&Value::Punct(b'(')) {
            self.at += 1;
            options = self.options()?;
        } else if !self.eat_words(&["with", "oids"]) {
            self.eat_words(&["without", "oids"]);
        }
        let mut on_commit = OnCommit::Default;
        if self.eat_words(&["on", "commit"]) {
            on_commit = if self.eat_words(&["preserve", "rows"]) {
                OnCommit::PreserveRows
            } else if self.eat_words(&["delete", "rows"]) {
                OnCommit::DeleteRows
            } else {
                self.expect_word("drop")?;
                OnCommit::Drop
            };
        }
        let tablespace = if self.eat_word("tablespace") {
            Some(self.name()?)
        } else {
            None
        };
        Ok((using, options, on_commit, tablespace))
    }

    /// Whether AS follows outside of parentheses.
    fn is_table_as(&self) -> bool {
        let at = self.bound(|cursor, at| {
            matches!(
                cursor.word_at(at),
                Some("as" | "of" | "partition" | "inherits" | "create")
            )
        });
        self.word_at(at) == Some("as")
    }

    pub(super) fn create_table_as(
        &mut self,
        name: QualifiedName,
        persistence: Persistence,
        if_not_exists: bool,
        pos: Pos,
    ) -> Parse<Statement> {
        let columns = self.maybe_paren_names()?;
        let (using, options, on_commit, tablespace) = self.table_tail()?;
        self.expect_word("as")?;
        let start = self.pos();
        let source = if self.eat_word("execute") {
            self.execute()?
        } else {
            let stop = self.bound(|cursor, at| {
                cursor.words_at(at, &["with", "no", "data"])
                    || cursor.words_at(at, &["with", "data"])
            });
            Statement::Select(Box::new(self.query(stop)?))
        };
        let source_range = (start, self.end());
        let with_data = self.with_data();
        Ok(Statement::CreateTableAs(Box::new(CreateTableAs {
            name,
            columns,
            materialized_view: false,
            persistence,
            if_not_exists,
            using,
            options,
            on_commit,
            tablespace,
            source: Box::new(source),
            with_data,
            source_range,
            pos,
        })))
    }

    fn typeless_elements(&mut self) -> Parse<Vec<TableElement>> {
        if !self.is_punct(b'(') {
            return Ok(Vec::new());
        }
        self.paren_list(|cursor| {
            if cursor.is_table_constraint() {
                return Ok(TableElement::Constraint(cursor.table_constraint()?));
            }
            let name = cursor.name()?;
            cursor.eat_words(&["with", "options"]);
            let constraints = cursor.column_constraints()?;
            let (type_name, storage, compression) = (None, None, None);
            Ok(TableElement::Column(ColumnDef {
                name,
                type_name,
                storage,
                compression,
                constraints,
            }))
        })
    }

    fn table_element(&mut self) -> Parse<TableElement> {
        if self.eat_word("like") {
            let table = self.qualified()?;
            let mut options = Vec::new();
            while let Some(word) = self.eat_one(&["including", "excluding"]) {
                options.push((word == "including", self.label()?.name));
            }
            return Ok(TableElement::Like(LikeClause { table, options }));
        }
        if self.is_table_constraint() {
            return Ok(TableElement::Constraint(self.table_constraint()?));
        }
        Ok(TableElement::Column(self.column_def()?))
    }

    fn is_table_constraint(&self) -> bool {
        match self.word(0) {
            Some("constraint" | "check" | "unique" | "primary" | "foreign") => true,
            Some("exclude") => {
                self.word(1) == Some("using") || self.value_at(1) == Some(&Value::Punct(b'('))
            }
            _ => false,
        }
    }

    pub(super) fn column_def(&mut self) -> Parse<ColumnDef> {
        let name = self.name()?;
        let type_name = Some(self.type_name()?);
        let storage = if self.eat_word("storage") {
            Some(self.label()?)
        } else {
            None
        };
        let compression = if self.eat_word("compression") {
            Some(self.label()?)
        } else {
            None
        };
        let constraints = self.column_constraints()?;
        Ok(ColumnDef {
            name,
            type_name,
            storage,
            compression,
            constraints,
        })
    }

    pub(super) fn column_constraints(&mut self) -> Parse<Vec<ColumnConstraint>> {
        let mut out = Vec::new();
        loop {
            let pos = self.pos();
            let name = if self.eat_word("constraint") {
                Some(self.name()?)
            } else {
                None
            };
            let Some(kind) = self.column_constraint()? else {
                return if name.is_some() {
                    Err(self.fail())
                } else {
                    Ok(out)
                };
            };
            let deferral = self.deferral()?;
            out.push(ColumnConstraint {
                name,
                kind,
                deferral,
                pos,
            });
        }
    }

    fn column_constraint(&mut self) -> Parse<Option<ColumnConstraintKind>> {
        use ColumnConstraintKind as K;
        Ok(Some(if self.eat_words(&["not", "null"]) {
            K::NotNull
        } else if self.eat_word("null") {
            K::Null
        } else if self.eat_word("default") {
            K::Default(self.default_expr()?)
        } else if self.eat_word("check") {
            let expr = self.paren_expr()?;
            K::Check {
                expr,
                no_inherit: self.eat_words(&["no", "inherit"]),
            }
        } else if self.eat_word("unique") {
            let nulls_not_distinct = self.nulls_not_distinct();
            K::Unique {
                nulls_not_distinct,
                options: self.index_options()?,
            }
        } else if self.eat_words(&["primary", "key"]) {
            K::PrimaryKey {
                options: self.index_options()?,
            }
        } else if self.eat_word("references") {
            K::References(self.references()?)
        } else if self.eat_word("collate") {
            K::Collate(self.qualified()?)
        } else if self.eat_word("generated") {
            self.generated()?
        } else {
            return Ok(None);
        }))
    }

    /// A default ends where the next constraint begins.
    fn default_expr(&mut self) -> Parse<Expr> {
        self.expr_before(|cursor, at| {
            cursor.tokens[at].value == Value::Punct(b',')
                || cursor.words_at(at, &["not", "null"])
                || cursor.words_at(at, &["primary", "key"])
                || (at > cursor.at && cursor.word_at(at) == Some("null"))
                || matches!(
                    cursor.word_at(at),
                    Some(
                        "constraint"
                            | "check"
                            | "unique"
                            | "references"
                            | "generated"
                            | "default"
                            | "deferrable"
                            | "initially"
                    )
                )
        })
    }

    fn generated(&mut self) -> Parse<ColumnConstraintKind> {
        let always = match self.eat_one(&["always", "by"]) {
            Some("always") => true,
            Some(_) => {
                self.expect_word("default")?;
                false
            }
            None => return Err(self.fail()),
        };
        self.expect_word("as")?;
        if self.eat_word("identity") {
            let mut options = Vec::new();
            if self.eat_punct(b'(') {
                options = self.sequence_options()?;
                self.expect_punct(b')')?;
            }
            return Ok(ColumnConstraintKind::Identity { always, options });
        }
        let expr = self.paren_expr()?;
        self.expect_word("stored")?;
        Ok(ColumnConstraintKind::Generated(expr))
    }

    fn nulls_not_distinct(&mut self) -> bool {
        if self.eat_words(&["nulls", "not", "distinct"]) {
            return true;
        }
        self.eat_words(&["nulls", "distinct"]);
        false
    }

    fn index_options(&mut self) -> Parse<Vec<DefElem>> {
        let mut out = Vec::new();
        if self.eat_word("with") {
            out = self.options()?;
        }
        if self.eat_words(&["using", "index", "tablespace"]) {
            self.name()?;
        }
        Ok(out)
    }

    pub(super) fn deferral(&mut self) -> Parse<Deferral> {
        let mut out = Deferral::default();
        loop {
            if self.eat_word("deferrable") {
                out.deferrable = true;
            } else if self.eat_words(&["not", "deferrable"]) {
                out.deferrable = false;
            } else if self.eat_words(&["initially", "deferred"]) {
                (out.deferrable, out.initially_deferred) = (true, true);
            } else if self.eat_words(&["initially", "immediate"]) {
                out.initially_deferred = false;
            } else if self.eat_words(&["not", "valid"]) {
                out.not_valid = true;
            } else if self.eat_words(&["no", "inherit"]) {
                out.no_inherit = true;
            } else {
                return Ok(out);
            }
        }
    }

    pub(super) fn table_constraint(&mut self) -> Parse<TableConstraint> {
        let pos = self.pos();
        let name = if self.eat_word("constraint") {
            Some(self.name()?)
        } else {
            None
        };
        let kind = if self.eat_word("check") {
            TableConstraintKind::Check(self.paren_expr()?)
        } else if self.eat_word("unique") {
            self.key_constraint(false)?
        } else if self.eat_words(&["primary", "key"]) {
            self.key_constraint(true)?
        } else if self.eat_words(&["foreign", "key"]) {
            let columns = self.paren_names()?;
            self.expect_word("references")?;
            TableConstraintKind::ForeignKey {
                columns,
                references: self.references()?,
            }
        } else if self.eat_word("exclude") {
            TableConstraintKind::Exclude(Box::new(self.exclude_constraint()?))
        } else {
            return Err(self.fail());
        };
        Ok(TableConstraint {
            name,
            kind,
            deferral: self.deferral()?,
            pos,
        })
    }

    fn key_constraint(&mut self, primary: bool) -> Parse<TableConstraintKind> {
        if self.eat_words(&["using", "index"]) {
            return Ok(TableConstraintKind::UsingIndex {
                primary,
                index: self.name()?,
            });
        }
        let nulls_not_distinct = self.nulls_not_distinct();
        let columns = self.paren_names()?;
        let include = if self.eat_word("include") {
            self.paren_names()?
        } else {
            Vec::new()
        };
        let options = if self.eat_word("with") {
            self.options()?
        } else {
            Vec::new()
        };
        let tablespace = if self.eat_words(&["using", "index", "tablespace"]) {
            Some(self.name()?)
        } else {
            None
        };
        let key = KeyConstraint {
            columns,
            include,
            nulls_not_distinct,
            options,
            tablespace,
        };
        Ok(match primary {
            true => TableConstraintKind::PrimaryKey(key),
            false => TableConstraintKind::Unique(key),
        })
    }

    fn exclude_constraint(&mut self) -> Parse<ExcludeConstraint> {
        let method = if self.eat_word("using") {
            Some(self.name()?)
        } else {
            None
        };
        let elements = self.paren_list(|cursor| {
            let element = cursor.index_element()?;
            cursor.expect_word("with")?;
            Ok((element, cursor.operator()?))
        })?;
        let include = if self.eat_word("include") {
            self.paren_names()?
        } else {
            Vec::new()
        };
        let options = self.index_options()?;
        let filter = if self.eat_word("where") {
            Some(self.paren_expr()?)
        } else {
            None
        };
        Ok(ExcludeConstraint {
            method,
            elements,
            include,
            options,
            filter,
        })
    }

    fn references(&mut self) -> Parse<References> {
        let table = self.qualified()?;
        let columns = self.maybe_paren_names()?;
        let mut out = References {
            table,
            columns,
            matching: MatchKind::Simple,
            on_update: ReferentialAction::NoAction,
            on_delete: ReferentialAction::NoAction,
            delete_columns: Vec::new(),
        };
        if self.eat_word("match") {
            out.matching = match self.eat_one(&["full", "partial", "simple"]) {
                Some("full") => MatchKind::Full,
                Some("partial") => MatchKind::Partial,
                Some(_) => MatchKind::Simple,
                None => return Err(self.fail()),
            };
        }
        loop {
            if self.eat_words(&["on", "update"]) {
                out.on_update = self.referential_action()?;
            } else if self.eat_words(&["on", "delete"]) {
                out.on_delete = self.referential_action()?;
                out.delete_columns = self.maybe_paren_names()?;
            } else {
                return Ok(out);
            }
        }
    }

    fn referential_action(&mut self) -> Parse<ReferentialAction> {
        for (words, action) in [
            (&["no", "action"][..], ReferentialAction::NoAction),
            (&["restrict"], ReferentialAction::Restrict),
            (&["cascade"], ReferentialAction::Cascade),
            (&["set", "null"], ReferentialAction::SetNull),
            (&["set", "default"], ReferentialAction::SetDefault),
        ] {
            if self.eat_words(words) {
                return Ok(action);
            }
        }
        Err(self.fail())
    }

    pub(super) fn partition_bound(&mut self) -> Parse<PartitionBound> {
        if self.eat_word("default") {
            return Ok(PartitionBound::Default);
        }
        self.expect_words(&["for", "values"])?;
        if self.eat_word("in") {
            return Ok(PartitionBound::In(self.bound_list()?));
        }
        if self.eat_word("from") {
            let from = self.bound_list()?;
            self.expect_word("to")?;
            return Ok(PartitionBound::FromTo {
                from,
                to: self.bound_list()?,
            });
        }
        self.expect_word("with")?;
        self.expect_punct(b'(')?;
        self.expect_word("modulus")?;
        let modulus = self.unsigned()?;
        self.expect_punct(b',')?;
        self.expect_word("remainder")?;
        let remainder = self.unsigned()?;
        self.expect_punct(b')')?;
        Ok(PartitionBound::Hash { modulus, remainder })
    }

    fn bound_list(&mut self) -> Parse<Vec<Expr>> {
        self.paren_list(Self::expr)
    }
}
