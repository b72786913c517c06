//! Statements about the session and maintenance: COPY, EXPLAIN, VACUUM, cursors, PREPARE, LOCK, ….

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::{Parse, near};
use super::token::Value;

impl Cursor<'_> {
    /// A statement of this file, or `None`.
    pub(super) fn utility(&mut self) -> Parse<Option<Statement>> {
        let Some(word) = self.word(0) else {
            return Ok(None);
        };
        let run: fn(&mut Self) -> Parse<Statement> = match word {
            "set" => Self::set_statement,
            "show" => Self::show,
            "reset" => Self::reset,
            "explain" => Self::explain,
            "analyze" | "analyse" => Self::analyze,
            "vacuum" => Self::vacuum,
            "checkpoint" => |_| Ok(Statement::Checkpoint),
            "copy" => Self::copy,
            "prepare" => Self::prepare,
            "execute" => Self::execute,
            "deallocate" => Self::deallocate,
            "declare" => Self::declare,
            "fetch" | "move" => Self::fetch,
            "close" => Self::close,
            "lock" => Self::lock_tables,
            "listen" => |cursor| Ok(Statement::Listen(cursor.name()?)),
            "unlisten" => Self::unlisten,
            "notify" => Self::notify,
            "do" => Self::do_block,
            "call" => |cursor| Ok(Statement::Call(Box::new(cursor.expr()?))),
            "discard" => Self::discard,
            "truncate" => Self::truncate,
            "reindex" => Self::reindex,
            "cluster" => Self::cluster,
            "load" => |cursor| Ok(Statement::Load(cursor.string()?)),
            "refresh" => Self::refresh,
            _ => return Ok(None),
        };
        self.at += 1;
        run(self).map(Some)
    }

    fn explain(&mut self) -> Parse<Statement> {
        let mut options = Vec::new();
        if self.is_punct(b'(') && !matches!(self.word(1), Some("select" | "with" | "values")) {
            options = self.options()?;
        } else {
            for word in ["analyze", "analyse", "verbose"] {
                let pos = self.pos();
                if self.eat_word(word) {
                    options.push(Self::flag(
                        if word == "analyse" { "analyze" } else { word },
                        pos,
                    ));
                }
            }
        }
        let statement_pos = self.pos();
        let statement = self.statement()?;
        Ok(Statement::Explain(Box::new(Explain {
            options,
            statement,
            statement_pos,
        })))
    }

    fn maintenance(&mut self, words: &[&str]) -> Parse<Vacuum> {
        let mut options = Vec::new();
        if self.is_punct(b'(') {
            options = self.options()?;
        } else {
            for word in words {
                let pos = self.pos();
                if self.eat_word(word) {
                    let name = if *word == "analyse" { "analyze" } else { word };
                    options.push(Self::flag(name, pos));
                }
            }
        }
        let mut tables = Vec::new();
        if !self.is_end() && !self.is_punct(b';') {
            tables = self.list(|cursor| {
                let name = cursor.qualified()?;
                Ok(VacuumTable {
                    name,
                    columns: cursor.maybe_paren_names()?,
                })
            })?;
        }
        Ok(Vacuum { options, tables })
    }

    fn analyze(&mut self) -> Parse<Statement> {
        Ok(Statement::Analyze(self.maintenance(&["verbose"])?))
    }

    fn vacuum(&mut self) -> Parse<Statement> {
        let words = ["full", "freeze", "verbose", "analyze", "analyse"];
        Ok(Statement::Vacuum(self.maintenance(&words)?))
    }

    fn copy(&mut self) -> Parse<Statement> {
        let pos = self.pos();
        self.eat_word("binary");
        let source = if self.eat_punct(b'(') {
            let stop = self.bound(|_, _| false);
            let statement = self.optimizable(stop)?;
            self.expect_punct(b')')?;
            CopySource::Statement(Box::new(statement))
        } else {
            let name = self.qualified()?;
            CopySource::Table {
                name,
                columns: self.maybe_paren_names()?,
            }
        };
        let from = match self.eat_one(&["from", "to"]) {
            Some(word) => word == "from",
            None => return Err(self.fail()),
        };
        let endpoint = if self.eat_one(&["stdin", "stdout"]).is_some() {
            CopyEndpoint::Client
        } else if self.eat_word("program") {
            CopyEndpoint::Program(self.string()?)
        } else {
            CopyEndpoint::File(self.string()?)
        };
        self.eat_word("with");
        let options = if self.is_punct(b'(') {
            self.options()?
        } else {
            self.old_copy_options()?
        };
        let filter = if self.eat_word("where") {
            Some(self.expr()?)
        } else {
            None
        };
        Ok(Statement::Copy(Box::new(Copy {
            source,
            from,
            endpoint,
            options,
            filter,
            pos,
        })))
    }

    /// `CSV HEADER DELIMITER AS ';' FORCE NOT NULL a, b`.
    fn old_copy_options(&mut self) -> Parse<Vec<DefElem>> {
        let mut out = Vec::new();
        loop {
            let pos = self.pos();
            let (name, value) = match self.word(0) {
                Some(word @ ("csv" | "binary")) => ("format", Some(DefValue::Word(word.into()))),
                Some("header") => ("header", None),
                Some("freeze") => ("freeze", None),
                Some("delimiter" | "delimiters" | "null" | "quote" | "escape" | "encoding") => {
                    let word = self.label()?.name;
                    self.eat_word("as");
                    let name = if word == "delimiters" {
                        "delimiter".into()
                    } else {
                        word
                    };
                    let value = Some(DefValue::String(self.string()?));
                    out.push(DefElem {
                        namespace: None,
                        name,
                        value,
                        pos,
                    });
                    continue;
                }
                Some("force") => {
                    out.push(self.force_option()?);
                    continue;
                }
                _ => return Ok(out),
            };
            self.at += 1;
            out.push(DefElem {
                namespace: None,
                name: name.into(),
                value,
                pos,
            });
        }
    }

    fn force_option(&mut self) -> Parse<DefElem> {
        let pos = self.pos();
        self.expect_word("force")?;
        let name = if self.eat_word("quote") {
            "force_quote"
        } else if self.eat_words(&["not", "null"]) {
            "force_not_null"
        } else {
            self.expect_word("null")?;
            "force_null"
        };
        let value = if self.eat_operator("*") {
            DefValue::Star
        } else {
            let names = self.names()?;
            DefValue::List(
                names
                    .into_iter()
                    .map(|name| DefValue::Word(name.name))
                    .collect(),
            )
        };
        Ok(DefElem {
            namespace: None,
            name: name.into(),
            value: Some(value),
            pos,
        })
    }

    fn prepare(&mut self) -> Parse<Statement> {
        let name = self.name()?;
        let types = if self.is_punct(b'(') {
            self.paren_list(Self::type_name)?
        } else {
            Vec::new()
        };
        self.expect_word("as")?;
        let start = self.pos();
        let stop = self.bound(|_, _| false);
        let statement = self.optimizable(stop)?;
        let source_range = (start, self.end());
        Ok(Statement::Prepare(Box::new(Prepare {
            name,
            types,
            statement,
            source_range,
        })))
    }

    pub(super) fn execute(&mut self) -> Parse<Statement> {
        let name = self.name()?;
        let mut args = Vec::new();
        if self.eat_punct(b'(') && !self.eat_punct(b')') {
            args = self.exprs()?;
            self.expect_punct(b')')?;
        }
        Ok(Statement::Execute(Box::new(Execute { name, args })))
    }

    fn name_or_all(&mut self) -> Parse<Option<Ident>> {
        if self.eat_word("all") {
            Ok(None)
        } else {
            self.name().map(Some)
        }
    }

    fn deallocate(&mut self) -> Parse<Statement> {
        if self.value_at(1).is_some() {
            self.eat_word("prepare");
        }
        Ok(Statement::Deallocate(self.name_or_all()?))
    }

    fn close(&mut self) -> Parse<Statement> {
        Ok(Statement::Close(self.name_or_all()?))
    }

    fn declare(&mut self) -> Parse<Statement> {
        let name = self.name()?;
        let (mut binary, mut insensitive, mut scroll) = (false, None, None);
        loop {
            if self.eat_word("binary") {
                binary = true;
            } else if let Some(word) = self.eat_one(&["insensitive", "asensitive"]) {
                insensitive = Some(word == "insensitive");
            } else if self.eat_words(&["no", "scroll"]) {
                scroll = Some(false);
            } else if self.eat_word("scroll") {
                scroll = Some(true);
            } else {
                break;
            }
        }
        self.expect_word("cursor")?;
        let hold = self.eat_words(&["with", "hold"]);
        if !hold {
            self.eat_words(&["without", "hold"]);
        }
        self.expect_word("for")?;
        let stop = self.bound(|_, _| false);
        let query = self.query(stop)?;
        let out = DeclareCursor {
            name,
            binary,
            insensitive,
            scroll,
            hold,
            query,
        };
        Ok(Statement::Declare(Box::new(out)))
    }

    fn fetch(&mut self) -> Parse<Statement> {
        let moves = self.word_at(self.at - 1) == Some("move");
        let direction = self.direction()?;
        let _noise = self.eat_one(&["from", "in"]);
        Ok(Statement::Fetch(Fetch {
            cursor: self.name()?,
            direction,
            moves,
        }))
    }

    fn direction(&mut self) -> Parse<FetchDirection> {
        use FetchDirection as D;
        if self.is_number() {
            return Ok(D::Forward(self.integer()?));
        }
        // A cursor may bear one of these words as its name.
        if self.value_at(1).is_none() {
            return Ok(D::Forward(1));
        }
        Ok(match self.word(0).unwrap_or("") {
            "next" => self.step(D::Forward(1)),
            "prior" => self.step(D::Backward(1)),
            "first" => self.step(D::Absolute(1)),
            "last" => self.step(D::Absolute(-1)),
            "all" => self.step(D::Forward(i64::MAX)),
            "absolute" => {
                self.at += 1;
                D::Absolute(self.integer()?)
            }
            "relative" => {
                self.at += 1;
                D::Relative(self.integer()?)
            }
            "forward" => {
                self.at += 1;
                D::Forward(self.count()?)
            }
            "backward" => {
                self.at += 1;
                D::Backward(self.count()?)
            }
            _ => D::Forward(1),
        })
    }

    fn step(&mut self, direction: FetchDirection) -> FetchDirection {
        self.at += 1;
        direction
    }

    fn count(&mut self) -> Parse<i64> {
        if self.eat_word("all") {
            Ok(i64::MAX)
        } else if self.is_number() {
            self.integer()
        } else {
            Ok(1)
        }
    }

    pub(super) fn relations(&mut self) -> Parse<Vec<RelationRef>> {
        self.list(|cursor| {
            let only = cursor.eat_word("only");
            let name = cursor.qualified()?;
            cursor.eat_operator("*");
            Ok(RelationRef { name, only })
        })
    }

    fn lock_tables(&mut self) -> Parse<Statement> {
        self.eat_word("table");
        let tables = self.relations()?;
        let mut mode = LockMode::AccessExclusive;
        if self.eat_word("in") {
            mode = self.lock_mode()?;
            self.expect_word("mode")?;
        }
        Ok(Statement::Lock(Lock {
            tables,
            mode,
            nowait: self.eat_word("nowait"),
        }))
    }

    fn lock_mode(&mut self) -> Parse<LockMode> {
        for (words, mode) in [
            (&["access", "share"][..], LockMode::AccessShare),
            (&["access", "exclusive"], LockMode::AccessExclusive),
            (&["row", "share"], LockMode::RowShare),
            (&["row", "exclusive"], LockMode::RowExclusive),
            (
                &["share", "update", "exclusive"],
                LockMode::ShareUpdateExclusive,
            ),
            (&["share", "row", "exclusive"], LockMode::ShareRowExclusive),
            (&["share"], LockMode::Share),
            (&["exclusive"], LockMode::Exclusive),
        ] {
            if self.eat_words(words) {
                return Ok(mode);
            }
        }
        Err(self.fail())
    }

    fn unlisten(&mut self) -> Parse<Statement> {
        let channel = if self.eat_operator("*") {
            None
        } else {
            Some(self.name()?)
        };
        Ok(Statement::Unlisten(channel))
    }

    fn notify(&mut self) -> Parse<Statement> {
        let channel = self.name()?;
        let payload = if self.eat_punct(b',') {
            Some(self.string()?)
        } else {
            None
        };
        Ok(Statement::Notify { channel, payload })
    }

    fn do_block(&mut self) -> Parse<Statement> {
        let (mut language, mut body) = (None, None);
        while !self.is_end() && !self.is_value(&Value::Punct(b';')) {
            if self.eat_word("language") {
                let pos = self.pos();
                let name = if self.is_string() {
                    self.string()?
                } else {
                    self.label()?.name
                };
                language = Some(Ident { name, pos });
            } else {
                let pos = self.pos();
                body = Some((self.string()?, pos));
            }
        }
        let Some((body, body_pos)) = body else {
            return Err(near(self.text, 0, 0));
        };
        Ok(Statement::Do(DoBlock {
            language,
            body,
            body_pos,
        }))
    }

    fn discard(&mut self) -> Parse<Statement> {
        let kind = match self.eat_one(&["all", "plans", "sequences", "temp", "temporary"]) {
            Some("all") => DiscardKind::All,
            Some("plans") => DiscardKind::Plans,
            Some("sequences") => DiscardKind::Sequences,
            Some(_) => DiscardKind::Temp,
            None => return Err(self.fail()),
        };
        Ok(Statement::Discard(kind))
    }

    fn truncate(&mut self) -> Parse<Statement> {
        self.eat_word("table");
        let tables = self.relations()?;
        let restart_identity = self.eat_words(&["restart", "identity"]);
        if !restart_identity {
            self.eat_words(&["continue", "identity"]);
        }
        Ok(Statement::Truncate(Truncate {
            tables,
            restart_identity,
            cascade: self.cascade(),
        }))
    }

    fn reindex(&mut self) -> Parse<Statement> {
        let options = if self.is_punct(b'(') {
            self.options()?
        } else {
            Vec::new()
        };
        let kind = match self.eat_one(&["index", "table", "schema", "database", "system"]) {
            Some("index") => Some(ObjectKind::Index),
            Some("table") => Some(ObjectKind::Table),
            Some("schema") => Some(ObjectKind::Schema),
            Some("database") => Some(ObjectKind::Database),
            Some(_) => None,
            None => return Err(self.fail()),
        };
        let concurrently = self.eat_word("concurrently");
        let name = if self.is_name() {
            Some(self.qualified()?)
        } else {
            None
        };
        Ok(Statement::Reindex(Reindex {
            options,
            kind,
            name,
            concurrently,
        }))
    }

    fn cluster(&mut self) -> Parse<Statement> {
        let mut options = if self.is_punct(b'(') {
            self.options()?
        } else {
            Vec::new()
        };
        let pos = self.pos();
        if self.eat_word("verbose") {
            options.push(Self::flag("verbose", pos));
        }
        let table = if self.is_name() {
            Some(self.qualified()?)
        } else {
            None
        };
        let index = if self.eat_word("using") {
            Some(self.name()?)
        } else {
            None
        };
        Ok(Statement::Cluster(Cluster {
            table,
            index,
            options,
        }))
    }

    fn refresh(&mut self) -> Parse<Statement> {
        self.expect_words(&["materialized", "view"])?;
        let concurrently = self.eat_word("concurrently");
        let name = self.qualified()?;
        let with_data = self.with_data();
        Ok(Statement::RefreshMatView(RefreshMatView {
            name,
            concurrently,
            with_data,
        }))
    }

    /// `WITH [NO] DATA`; true when absent.
    pub(super) fn with_data(&mut self) -> bool {
        if self.eat_words(&["with", "no", "data"]) {
            return false;
        }
        self.eat_words(&["with", "data"]);
        true
    }

    fn is_value(&self, value: &Value) -> bool {
        self.value() == Some(value)
    }
}
