//! CREATE of everything but tables' insides: indexes, views, sequences, schemas, types, functions,
//! triggers, ….

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;
use super::token::Value;

impl Cursor<'_> {
    pub(super) fn create(&mut self) -> Parse<Statement> {
        let pos = self.pos();
        self.expect_word("create")?;
        let or_replace = self.eat_words(&["or", "replace"]);
        let _scope = self.eat_one(&["global", "local"]);
        let persistence = match self.eat_one(&["temporary", "temp", "unlogged"]) {
            Some("unlogged") => Persistence::Unlogged,
            Some(_) => Persistence::Temporary,
            None => Persistence::Permanent,
        };
        let word = self.word(0).unwrap_or("");
        let plain = !or_replace && persistence == Persistence::Permanent;
        match word {
            "table" if !or_replace => {
                self.at += 1;
                self.create_table(persistence, pos)
            }
            "sequence" if !or_replace => self.create_sequence(persistence, pos),
            "view" | "recursive" => self.create_view(or_replace, persistence, pos),
            "materialized" if plain => self.create_matview(pos),
            "unique" | "index" if plain => self.create_index(pos),
            "schema" if plain => self.create_schema(),
            "type" if plain => self.create_type(),
            "domain" if plain => self.create_domain(),
            "function" | "procedure" => self.create_function(or_replace, pos),
            "trigger" | "constraint" => self.create_trigger(or_replace),
            "rule" => self.create_rule(pos),
            "extension" if plain => self.create_extension(),
            "database" if plain => self.create_database(),
            "role" | "user" | "group" if plain && self.word(1) != Some("mapping") => {
                self.at += 1;
                Ok(Statement::CreateRole(
                    self.role(word_is_user(self.word_at(self.at - 1)))?,
                ))
            }
            "statistics" if plain => self.create_statistics(),
            "policy" if plain => self.create_policy(),
            "aggregate" | "cast" | "operator" | "collation" | "conversion" | "language"
            | "trusted" | "procedural" | "foreign" | "server" | "event" | "publication"
            | "subscription" | "access" | "text" | "tablespace" | "transform" | "user"
            | "default" => {
                let tag = format!("CREATE {}", word.to_ascii_uppercase());
                self.at += 1;
                let text = self.rest_text(pos);
                Ok(Statement::CreateOther(CreateOther { tag, text, pos }))
            }
            _ => Err(self.fail()),
        }
    }

    fn create_index(&mut self, pos: Pos) -> Parse<Statement> {
        let unique = self.eat_word("unique");
        self.expect_word("index")?;
        let concurrently = self.eat_word("concurrently");
        let if_not_exists = self.if_not_exists();
        let name = if self.is_word("on") {
            None
        } else {
            Some(self.name()?)
        };
        self.expect_word("on")?;
        let only = self.eat_word("only");
        let table = self.qualified()?;
        let method = if self.eat_word("using") {
            Some(self.name()?)
        } else {
            None
        };
        let elements = self.index_elements()?;
        let include = if self.eat_word("include") {
            self.paren_names()?
        } else {
            Vec::new()
        };
        let nulls_not_distinct = self.eat_words(&["nulls", "not", "distinct"]);
        if !nulls_not_distinct {
            self.eat_words(&["nulls", "distinct"]);
        }
        let options = if self.eat_word("with") {
            self.options()?
        } else {
            Vec::new()
        };
        let tablespace = if self.eat_word("tablespace") {
            Some(self.name()?)
        } else {
            None
        };
        let filter = if self.eat_word("where") {
            Some(self.expr()?)
        } else {
            None
        };
        Ok(Statement::CreateIndex(Box::new(CreateIndex {
            name,
            table,
            only,
            unique,
            concurrently,
            if_not_exists,
            method,
            elements,
            include,
            nulls_not_distinct,
            options,
            tablespace,
            filter,
            pos,
        })))
    }

    pub(super) fn index_elements(&mut self) -> Parse<Vec<IndexElement>> {
        self.paren_list(Self::index_element)
    }

    pub(super) fn index_element(&mut self) -> Parse<IndexElement> {
        let expr = self.index_expr()?;
        let collation = if self.eat_word("collate") {
            Some(self.qualified()?)
        } else {
            None
        };
        let opclass = if self.is_name() && !self.is_word("nulls") {
            Some(self.qualified()?)
        } else {
            None
        };
        let opclass_options = if opclass.is_some() && self.is_punct(b'(') {
            self.options()?
        } else {
            Vec::new()
        };
        let (direction, nulls) = self.sort_options()?;
        Ok(IndexElement {
            expr,
            collation,
            opclass,
            opclass_options,
            direction,
            nulls,
        })
    }

    fn create_view(
        &mut self,
        or_replace: bool,
        persistence: Persistence,
        pos: Pos,
    ) -> Parse<Statement> {
        let recursive = self.eat_word("recursive");
        self.expect_word("view")?;
        let name = self.qualified()?;
        let columns = self.maybe_paren_names()?;
        let options = if self.eat_word("with") {
            self.options()?
        } else {
            Vec::new()
        };
        self.expect_word("as")?;
        let stop = self.bound(|cursor, at| {
            cursor.words_at(at, &["with", "check"])
                || cursor.words_at(at, &["with", "local", "check"])
                || cursor.words_at(at, &["with", "cascaded", "check"])
        });
        let query = Box::new(self.query(stop)?);
        let mut check_option = ViewCheck::None;
        if self.eat_word("with") {
            check_option = match self.eat_one(&["local", "cascaded"]) {
                Some("local") => ViewCheck::Local,
                _ => ViewCheck::Cascaded,
            };
            self.expect_words(&["check", "option"])?;
        }
        let temporary = persistence == Persistence::Temporary;
        Ok(Statement::CreateView(Box::new(CreateView {
            name,
            columns,
            or_replace,
            temporary,
            recursive,
            options,
            query,
            check_option,
            pos,
        })))
    }

    fn create_matview(&mut self, pos: Pos) -> Parse<Statement> {
        self.expect_words(&["materialized", "view"])?;
        let if_not_exists = self.if_not_exists();
        let name = self.qualified()?;
        let mut out = self.create_table_as(name, Persistence::Permanent, if_not_exists, pos)?;
        if let Statement::CreateTableAs(made) = &mut out {
            made.materialized_view = true;
        }
        Ok(out)
    }

    fn create_sequence(&mut self, persistence: Persistence, pos: Pos) -> Parse<Statement> {
        self.expect_word("sequence")?;
        let if_not_exists = self.if_not_exists();
        let name = self.qualified()?;
        let options = self.sequence_options()?;
        let out = CreateSequence {
            name,
            persistence,
            if_not_exists,
            options,
            pos,
        };
        Ok(Statement::CreateSequence(Box::new(out)))
    }

    pub(super) fn sequence_options(&mut self) -> Parse<Vec<SequenceOption>> {
        let mut out = Vec::new();
        loop {
            let pos = self.pos();
            match self.sequence_option()? {
                Some(kind) => out.push(SequenceOption { kind, pos }),
                None => return Ok(out),
            }
        }
    }

    pub(super) fn sequence_option(&mut self) -> Parse<Option<SequenceOptionKind>> {
        use SequenceOptionKind as K;
        Ok(Some(if self.eat_word("as") {
            K::As(self.type_name()?)
        } else if self.eat_word("cache") {
            K::Cache(self.number()?)
        } else if self.eat_word("cycle") {
            K::Cycle(true)
        } else if self.eat_words(&["no", "cycle"]) {
            K::Cycle(false)
        } else if self.eat_word("increment") {
            self.eat_word("by");
            K::Increment(self.number()?)
        } else if self.eat_word("maxvalue") {
            K::MaxValue(Some(self.number()?))
        } else if self.eat_words(&["no", "maxvalue"]) {
            K::MaxValue(None)
        } else if self.eat_word("minvalue") {
            K::MinValue(Some(self.number()?))
        } else if self.eat_words(&["no", "minvalue"]) {
            K::MinValue(None)
        } else if self.eat_words(&["owned", "by", "none"]) {
            K::OwnedBy(None)
        } else if self.eat_words(&["owned", "by"]) {
            K::OwnedBy(Some(self.qualified()?))
        } else if self.eat_words(&["sequence", "name"]) {
            K::SequenceName(self.qualified()?)
        } else if self.eat_word("start") {
            self.eat_word("with");
            K::Start(self.number()?)
        } else if self.eat_word("restart") {
            let with = self.eat_word("with");
            K::Restart(if with || self.is_number() {
                Some(self.number()?)
            } else {
                None
            })
        } else if let Some(word) = self.eat_one(&["logged", "unlogged"]) {
            K::Logged(word == "logged")
        } else {
            return Ok(None);
        }))
    }

    fn create_schema(&mut self) -> Parse<Statement> {
        self.at += 1;
        let if_not_exists = self.if_not_exists();
        let name = if self.is_word("authorization") {
            None
        } else {
            Some(self.name()?)
        };
        let authorization = if self.eat_word("authorization") {
            Some(self.label()?)
        } else {
            None
        };
        let mut elements = Vec::new();
        while self.is_word("create") {
            elements.push(self.create()?);
        }
        let out = CreateSchema {
            name,
            authorization,
            if_not_exists,
            elements,
        };
        Ok(Statement::CreateSchema(Box::new(out)))
    }

    fn create_type(&mut self) -> Parse<Statement> {
        self.at += 1;
        let name = self.qualified()?;
        let kind = if self.eat_words(&["as", "enum"]) {
            self.expect_punct(b'(')?;
            let mut labels = Vec::new();
            if !self.is_punct(b')') {
                labels = self.list(Self::string)?;
            }
            self.expect_punct(b')')?;
            TypeKind::Enum(labels)
        } else if self.eat_words(&["as", "range"]) {
            TypeKind::Range(self.options()?)
        } else if self.eat_word("as") {
            if self.value_at(1) == Some(&Value::Punct(b')')) {
                self.at += 2;
                TypeKind::Composite(Vec::new())
            } else {
                TypeKind::Composite(self.alias_columns()?)
            }
        } else if self.is_punct(b'(') {
            TypeKind::Base(self.options()?)
        } else {
            TypeKind::Shell
        };
        Ok(Statement::CreateType(Box::new(CreateType { name, kind })))
    }

    fn create_domain(&mut self) -> Parse<Statement> {
        self.at += 1;
        let name = self.qualified()?;
        self.eat_word("as");
        let type_name = self.type_name()?;
        let constraints = self.column_constraints()?;
        let out = CreateDomain {
            name,
            type_name,
            constraints,
        };
        Ok(Statement::CreateDomain(Box::new(out)))
    }

    fn create_rule(&mut self, pos: Pos) -> Parse<Statement> {
        self.at += 1;
        let name = self.name()?;
        self.expect_words(&["as", "on"])?;
        let _event = self.label()?;
        self.expect_word("to")?;
        let table = self.qualified()?;
        let text = self.rest_text(pos);
        Ok(Statement::CreateRule(CreateRule { name, table, text }))
    }

    fn create_extension(&mut self) -> Parse<Statement> {
        self.at += 1;
        let if_not_exists = self.if_not_exists();
        let name = self.name()?;
        let (mut schema, mut version, mut cascade) = (None, None, false);
        self.eat_word("with");
        loop {
            if self.eat_word("schema") {
                schema = Some(self.name()?);
            } else if self.eat_word("version") {
                let quoted = self.is_string();
                version = Some(if quoted {
                    self.string()?
                } else {
                    self.label()?.name
                });
            } else if self.eat_word("cascade") {
                cascade = true;
            } else {
                break;
            }
        }
        let out = CreateExtension {
            name,
            if_not_exists,
            schema,
            version,
            cascade,
        };
        Ok(Statement::CreateExtension(out))
    }

    fn create_database(&mut self) -> Parse<Statement> {
        self.at += 1;
        let name = self.name()?;
        self.eat_word("with");
        let options = self.loose_options()?;
        Ok(Statement::CreateDatabase(CreateDatabase { name, options }))
    }

    /// `NAME [=] value NAME [=] value …` to the end of the statement.
    pub(super) fn loose_options(&mut self) -> Parse<Vec<DefElem>> {
        let mut out = Vec::new();
        while !self.is_end() && !self.is_punct(b';') {
            let pos = self.pos();
            let mut name = self.label()?.name;
            if name == "connection" && self.eat_word("limit") {
                name = "connection_limit".into();
            }
            self.eat_operator("=");
            out.push(DefElem {
                namespace: None,
                name,
                value: Some(self.option_value()?),
                pos,
            });
        }
        Ok(out)
    }

    /// After CREATE | ALTER ROLE | USER | GROUP: name and options.
    pub(super) fn role(&mut self, user: bool) -> Parse<CreateRole> {
        let name = self.label()?;
        self.eat_word("with");
        let mut options = Vec::new();
        while !self.is_end() && !self.is_punct(b';') {
            let pos = self.pos();
            let mut option = self.label()?.name;
            let value = match option.as_str() {
                "password" | "valid" | "encrypted" => {
                    let _noise = self.eat_one(&["until", "password"]);
                    if self.eat_word("null") {
                        None
                    } else {
                        Some(DefValue::String(self.string()?))
                    }
                }
                "connection" => {
                    self.expect_word("limit")?;
                    option = "connection_limit".into();
                    Some(DefValue::Number(self.number()?))
                }
                "in" | "role" | "admin" | "user" => {
                    let _noise = self.eat_one(&["role", "group"]);
                    let names = self.list(Self::label)?;
                    Some(DefValue::List(
                        names.into_iter().map(|n| DefValue::Word(n.name)).collect(),
                    ))
                }
                "sysid" => Some(DefValue::Number(self.number()?)),
                _ => None,
            };
            options.push(DefElem {
                namespace: None,
                name: option,
                value,
                pos,
            });
        }
        Ok(CreateRole {
            name,
            user,
            options,
        })
    }

    fn create_statistics(&mut self) -> Parse<Statement> {
        self.at += 1;
        let if_not_exists = self.if_not_exists();
        let name = if self.is_name() {
            Some(self.qualified()?)
        } else {
            None
        };
        let kinds = self.maybe_paren_names()?;
        self.expect_word("on")?;
        let exprs = self.list(Self::index_expr)?;
        self.expect_word("from")?;
        let table = self.qualified()?;
        let out = CreateStatistics {
            name,
            if_not_exists,
            kinds,
            exprs,
            table,
        };
        Ok(Statement::CreateStatistics(Box::new(out)))
    }

    fn create_policy(&mut self) -> Parse<Statement> {
        self.at += 1;
        let name = self.name()?;
        self.expect_word("on")?;
        let table = self.qualified()?;
        let mut permissive = true;
        if self.eat_word("as") {
            permissive = match self.eat_one(&["permissive", "restrictive"]) {
                Some(word) => word == "permissive",
                None => return Err(self.fail()),
            };
        }
        let command: String = if self.eat_word("for") {
            self.label()?.name
        } else {
            "all".into()
        };
        let roles = if self.eat_word("to") {
            self.list(Self::label)?
        } else {
            Vec::new()
        };
        let using = if self.eat_word("using") {
            Some(self.paren_expr()?)
        } else {
            None
        };
        let check = if self.eat_words(&["with", "check"]) {
            Some(self.paren_expr()?)
        } else {
            None
        };
        let out = CreatePolicy {
            name,
            table,
            permissive,
            command,
            roles,
            using,
            check,
        };
        Ok(Statement::CreatePolicy(Box::new(out)))
    }
}

fn word_is_user(word: Option<&str>) -> bool {
    word == Some("user")
}
