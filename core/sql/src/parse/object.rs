//! Statements that point at an object by kind and name: DROP, COMMENT ON, GRANT, REVOKE.

use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;

use ObjectKind as K;

/// The words of each kind; longer ones first where one begins another.
const KINDS: &[(&[&str], ObjectKind)] = &[
    (&["table"], K::Table),
    (&["index"], K::Index),
    (&["view"], K::View),
    (&["materialized", "view"], K::MatView),
    (&["sequence"], K::Sequence),
    (&["schema"], K::Schema),
    (&["type"], K::Type),
    (&["domain"], K::Domain),
    (&["function"], K::Function),
    (&["procedure"], K::Procedure),
    (&["routine"], K::Routine),
    (&["aggregate"], K::Aggregate),
    (&["operator", "class"], K::OperatorClass),
    (&["operator", "family"], K::OperatorFamily),
    (&["operator"], K::Operator),
    (&["trigger"], K::Trigger),
    (&["rule"], K::Rule),
    (&["policy"], K::Policy),
    (&["column"], K::Column),
    (&["constraint"], K::Constraint),
    (&["extension"], K::Extension),
    (&["database"], K::Database),
    (&["user", "mapping"], K::UserMapping),
    (&["role"], K::Role),
    (&["user"], K::Role),
    (&["group"], K::Role),
    (&["tablespace"], K::Tablespace),
    (&["cast"], K::Cast),
    (&["collation"], K::Collation),
    (&["conversion"], K::Conversion),
    (&["language"], K::Language),
    (&["procedural", "language"], K::Language),
    (&["statistics"], K::Statistics),
    (&["foreign", "table"], K::ForeignTable),
    (&["foreign", "data", "wrapper"], K::ForeignDataWrapper),
    (&["server"], K::ForeignServer),
    (&["event", "trigger"], K::EventTrigger),
    (&["publication"], K::Publication),
    (&["subscription"], K::Subscription),
    (&["access", "method"], K::AccessMethod),
    (
        &["text", "search", "configuration"],
        K::TextSearchConfiguration,
    ),
    (&["text", "search", "dictionary"], K::TextSearchDictionary),
    (&["text", "search", "parser"], K::TextSearchParser),
    (&["text", "search", "template"], K::TextSearchTemplate),
    (&["large", "object"], K::LargeObject),
    (&["transform"], K::Transform),
];

impl Cursor<'_> {
    pub(super) fn object_kind(&mut self) -> Parse<ObjectKind> {
        for (words, kind) in KINDS {
            if self.eat_words(words) {
                return Ok(*kind);
            }
        }
        Err(self.fail())
    }

    /// A name in the shape its kind has.
    pub(super) fn object_name(&mut self, kind: ObjectKind) -> Parse<ObjectName> {
        match kind {
            K::Function | K::Procedure | K::Routine | K::Aggregate => {
                let name = self.qualified_function()?;
                let args = if self.is_punct(b'(') {
                    Some(self.signature()?)
                } else {
                    None
                };
                Ok(ObjectName {
                    name,
                    part: None,
                    args,
                })
            }
            K::Trigger | K::Rule | K::Policy | K::Constraint => {
                let part = Some(self.name()?);
                self.expect_word("on")?;
                self.eat_word("domain");
                Ok(ObjectName {
                    name: self.qualified()?,
                    part,
                    args: None,
                })
            }
            K::OperatorClass | K::OperatorFamily => {
                let name = self.qualified()?;
                self.expect_word("using")?;
                Ok(ObjectName {
                    name,
                    part: Some(self.name()?),
                    args: None,
                })
            }
            K::Column => {
                let pos = self.pos();
                let mut parts = Vec::from([self.name()?]);
                while self.eat_punct(b'.') {
                    parts.push(self.label()?);
                }
                let part = parts.pop();
                let Some(table) = parts.pop() else {
                    return Err(self.fail());
                };
                let schema = parts.pop().map(|schema| schema.name);
                let name = QualifiedName {
                    catalog: None,
                    schema,
                    name: table.name,
                    pos,
                };
                Ok(ObjectName {
                    name,
                    part,
                    args: None,
                })
            }
            K::Operator | K::Cast | K::Transform | K::UserMapping | K::LargeObject => {
                let pos = self.pos();
                let text = self.rest_text(pos);
                Ok(ObjectName {
                    name: QualifiedName::bare(&text, pos),
                    part: None,
                    args: None,
                })
            }
            _ => Ok(ObjectName {
                name: self.qualified()?,
                part: None,
                args: None,
            }),
        }
    }

    /// Arguments of a routine; `(*)` is none.
    fn signature(&mut self) -> Parse<Vec<FunctionParam>> {
        let start = self.at;
        self.at += 1;
        if self.eat_operator("*") {
            self.expect_punct(b')')?;
            return Ok(Vec::new());
        }
        self.at = start;
        self.params()
    }

    pub(super) fn drop_statement(&mut self) -> Parse<Statement> {
        let pos = self.pos();
        self.expect_word("drop")?;
        if self.is_word("owned") {
            let text = self.rest_text(pos);
            let tag = "DROP OWNED".into();
            return Ok(Statement::CreateOther(CreateOther { tag, text, pos }));
        }
        let kind = self.object_kind()?;
        let concurrently = kind == K::Index && self.eat_word("concurrently");
        let if_exists = self.if_exists();
        let objects = self.list(|cursor| cursor.object_name(kind))?;
        if kind == K::Database {
            self.eat_word("with");
            if self.is_punct(b'(') {
                self.options()?;
            }
        }
        let cascade = self.cascade();
        Ok(Statement::Drop(Drop {
            kind,
            objects,
            if_exists,
            cascade,
            concurrently,
            pos,
        }))
    }

    pub(super) fn comment(&mut self) -> Parse<Statement> {
        self.expect_words(&["comment", "on"])?;
        let kind = self.object_kind()?;
        let domain = kind == K::Constraint && self.word(2) == Some("domain");
        let kind = if domain { K::DomainConstraint } else { kind };
        let shape = if domain { K::Constraint } else { kind };
        let object = match kind {
            K::Operator | K::Cast | K::Transform | K::LargeObject => self.opaque_name()?,
            _ => self.object_name(shape)?,
        };
        self.expect_word("is")?;
        let text = if self.eat_word("null") {
            None
        } else {
            Some(self.string()?)
        };
        Ok(Statement::Comment(Comment { kind, object, text }))
    }

    fn opaque_name(&mut self) -> Parse<ObjectName> {
        let pos = self.pos();
        self.at = self.bound(|cursor, at| cursor.words_at(at, &["is"]));
        let text = self
            .text
            .get(pos as usize..self.end() as usize)
            .unwrap_or("");
        Ok(ObjectName {
            name: QualifiedName::bare(text, pos),
            part: None,
            args: None,
        })
    }

    pub(super) fn grant(&mut self) -> Parse<Statement> {
        let revoke = self.is_word("revoke");
        self.at += 1;
        let mut grant_option = false;
        if revoke {
            grant_option = self.eat_words(&["grant", "option", "for"])
                || self.eat_words(&["admin", "option", "for"]);
        }
        let privileges = if self.eat_word("all") {
            self.eat_word("privileges");
            let columns = self.maybe_paren_names()?;
            match columns.is_empty() {
                true => Vec::new(),
                false => {
                    let name = Ident {
                        name: "all".into(),
                        pos: self.pos(),
                    };
                    Vec::from([Privilege { name, columns }])
                }
            }
        } else {
            self.list(|cursor| {
                Ok(Privilege {
                    name: cursor.label()?,
                    columns: cursor.maybe_paren_names()?,
                })
            })?
        };
        let target = if self.eat_word("on") {
            self.grant_target()?
        } else {
            GrantTarget::Membership
        };
        self.expect_word(if revoke { "from" } else { "to" })?;
        let grantees = self.list(|cursor| {
            cursor.eat_word("group");
            cursor.label()
        })?;
        if !revoke {
            grant_option = self.eat_words(&["with", "grant", "option"])
                || self.eat_words(&["with", "admin", "option"]);
        }
        if self.eat_words(&["granted", "by"]) {
            self.label()?;
        }
        let cascade = self.cascade();
        let out = Grant {
            revoke,
            privileges,
            target,
            grantees,
            grant_option,
            cascade,
        };
        Ok(Statement::Grant(out))
    }

    fn grant_target(&mut self) -> Parse<GrantTarget> {
        if self.eat_word("all") {
            let kind =
                match self.eat_one(&["tables", "sequences", "functions", "procedures", "routines"])
                {
                    Some("tables") => K::Table,
                    Some("sequences") => K::Sequence,
                    Some("functions") => K::Function,
                    Some("procedures") => K::Procedure,
                    Some(_) => K::Routine,
                    None => return Err(self.fail()),
                };
            self.expect_words(&["in", "schema"])?;
            return Ok(GrantTarget::AllInSchema {
                kind,
                schemas: self.names()?,
            });
        }
        let start = self.at;
        let kind = match self.object_kind() {
            Ok(kind) if !self.is_word("to") && !self.is_word("from") => kind,
            _ => {
                self.at = start;
                K::Table
            }
        };
        let names = self.list(|cursor| cursor.object_name(kind))?;
        Ok(GrantTarget::Objects { kind, names })
    }
}
