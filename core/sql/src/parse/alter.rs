//! ALTER in all its forms.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ast::*;
use super::cursor::Cursor;
use super::error::Parse;
use super::token::Value;

impl Cursor<'_> {
    pub(super) fn alter(&mut self) -> Parse<Statement> {
        let pos = self.pos();
        self.expect_word("alter")?;
        if self.eat_word("system") {
            return self.alter_system();
        }
        if self.is_word("type") {
            return self.alter_type();
        }
        if self.is_word("domain") {
            return self.alter_domain();
        }
        if let Some(word) = self.eat_one(&["role", "user", "group"]) {
            return Ok(Statement::AlterRole(self.role(word == "user")?));
        }
        if self.eat_word("database") {
            return self.alter_database();
        }
        let kind = self.object_kind()?;
        match kind {
            ObjectKind::Table
            | ObjectKind::Index
            | ObjectKind::View
            | ObjectKind::MatView
            | ObjectKind::ForeignTable => self.alter_table(kind, pos),
            ObjectKind::Sequence => self.alter_sequence(pos),
            _ => self.alter_object(kind),
        }
    }

    fn alter_table(&mut self, kind: ObjectKind, pos: Pos) -> Parse<Statement> {
        let if_exists = self.if_exists();
        let only = self.eat_word("only");
        let name = self.qualified()?;
        self.eat_operator("*");
        let actions = self.list(|cursor| {
            let pos = cursor.pos();
            Ok(AlterAction {
                kind: cursor.alter_action()?,
                pos,
            })
        })?;
        let out = AlterTable {
            kind,
            name,
            only,
            if_exists,
            actions,
            pos,
        };
        Ok(Statement::AlterTable(Box::new(out)))
    }

    fn alter_action(&mut self) -> Parse<AlterActionKind> {
        use AlterActionKind as K;
        if self.eat_word("add") {
            return self.alter_add();
        }
        if self.eat_word("drop") {
            if self.eat_word("constraint") {
                let if_exists = self.if_exists();
                let name = self.name()?;
                return Ok(K::DropConstraint {
                    name,
                    if_exists,
                    cascade: self.cascade(),
                });
            }
            self.eat_word("column");
            let if_exists = self.if_exists();
            let column = self.name()?;
            return Ok(K::DropColumn {
                column,
                if_exists,
                cascade: self.cascade(),
            });
        }
        if self.eat_word("alter") {
            if self.eat_word("constraint") {
                let name = self.name()?;
                return Ok(K::AlterConstraint {
                    name,
                    deferral: self.deferral()?,
                });
            }
            self.eat_word("column");
            let column = self.name()?;
            return Ok(K::AlterColumn {
                column,
                action: self.column_action()?,
            });
        }
        if self.eat_word("rename") {
            return self.alter_rename();
        }
        if self.eat_words(&["validate", "constraint"]) {
            return Ok(K::ValidateConstraint(self.name()?));
        }
        if self.eat_words(&["owner", "to"]) {
            return Ok(K::OwnerTo(self.label()?));
        }
        if self.eat_word("set") {
            return self.alter_set();
        }
        if self.eat_word("reset") {
            return Ok(K::ResetOptions(self.options()?));
        }
        self.alter_rest()
    }

    fn alter_add(&mut self) -> Parse<AlterActionKind> {
        let constraint = matches!(
            self.word(0),
            Some("constraint" | "check" | "unique" | "primary" | "foreign" | "exclude")
        );
        if constraint {
            return Ok(AlterActionKind::AddConstraint(self.table_constraint()?));
        }
        self.eat_word("column");
        let if_not_exists = self.if_not_exists();
        Ok(AlterActionKind::AddColumn {
            column: self.column_def()?,
            if_not_exists,
        })
    }

    fn alter_rename(&mut self) -> Parse<AlterActionKind> {
        if self.eat_word("to") {
            return Ok(AlterActionKind::RenameTable(self.name()?));
        }
        if self.eat_word("constraint") {
            let from = self.name()?;
            self.expect_word("to")?;
            return Ok(AlterActionKind::RenameConstraint {
                from,
                to: self.name()?,
            });
        }
        self.eat_word("column");
        let from = self.name()?;
        self.expect_word("to")?;
        Ok(AlterActionKind::RenameColumn {
            from,
            to: self.name()?,
        })
    }

    fn alter_set(&mut self) -> Parse<AlterActionKind> {
        use AlterActionKind as K;
        Ok(if self.eat_word("schema") {
            K::SetSchema(self.name()?)
        } else if self.eat_words(&["access", "method"]) {
            K::SetAccessMethod(self.name()?)
        } else if self.eat_word("tablespace") {
            K::SetTablespace(self.name()?)
        } else if self.eat_word("logged") {
            K::SetLogged(true)
        } else if self.eat_word("unlogged") {
            K::SetLogged(false)
        } else if self.eat_words(&["without", "cluster"]) {
            K::SetWithoutCluster
        } else if self.eat_words(&["without", "oids"]) {
            K::SetWithoutOids
        } else {
            K::SetOptions(self.options()?)
        })
    }

    fn alter_rest(&mut self) -> Parse<AlterActionKind> {
        use AlterActionKind as K;
        if self.eat_words(&["cluster", "on"]) {
            return Ok(K::ClusterOn(self.name()?));
        }
        if self.eat_word("inherit") {
            return Ok(K::Inherit(self.qualified()?));
        }
        if self.eat_words(&["no", "inherit"]) {
            return Ok(K::NoInherit(self.qualified()?));
        }
        if self.eat_word("of") {
            return Ok(K::Of(self.qualified()?));
        }
        if self.eat_words(&["not", "of"]) {
            return Ok(K::NotOf);
        }
        if self.eat_words(&["attach", "partition"]) {
            let partition = self.qualified()?;
            let bounded = self.is_word("for") || self.is_word("default");
            let bound = if bounded {
                Some(self.partition_bound()?)
            } else {
                None
            };
            return Ok(K::AttachPartition { partition, bound });
        }
        if self.eat_words(&["detach", "partition"]) {
            let partition = self.qualified()?;
            let concurrently = self.eat_word("concurrently");
            let finalize = self.eat_word("finalize");
            return Ok(K::DetachPartition {
                partition,
                concurrently,
                finalize,
            });
        }
        if self.eat_words(&["replica", "identity"]) {
            return self.replica_identity();
        }
        let force = self.eat_words(&["force", "row", "level", "security"]);
        if force || self.eat_words(&["no", "force", "row", "level", "security"]) {
            return Ok(K::RowSecurity {
                enable: None,
                force: Some(force),
            });
        }
        self.enable()
    }

    fn replica_identity(&mut self) -> Parse<AlterActionKind> {
        let (mode, index) = match self.eat_one(&["default", "full", "nothing", "using"]) {
            Some("default") => ('d', None),
            Some("full") => ('f', None),
            Some("nothing") => ('n', None),
            Some(_) => {
                self.expect_word("index")?;
                ('i', Some(self.name()?))
            }
            None => return Err(self.fail()),
        };
        Ok(AlterActionKind::ReplicaIdentity { mode, index })
    }

    fn enable(&mut self) -> Parse<AlterActionKind> {
        let enable = match self.eat_one(&["enable", "disable"]) {
            Some(word) => word == "enable",
            None => return Err(self.fail()),
        };
        if self.eat_words(&["row", "level", "security"]) {
            return Ok(AlterActionKind::RowSecurity {
                enable: Some(enable),
                force: None,
            });
        }
        let mode = match self.eat_one(&["replica", "always"]) {
            Some("replica") => 'R',
            Some(_) => 'A',
            None if enable => 'O',
            None => 'D',
        };
        if self.eat_word("rule") {
            return Ok(AlterActionKind::Rule {
                name: self.name()?,
                mode,
            });
        }
        self.expect_word("trigger")?;
        let (name, user) = match self.eat_one(&["all", "user"]) {
            Some(word) => (None, word == "user"),
            None => (Some(self.name()?), false),
        };
        Ok(AlterActionKind::Trigger { name, user, mode })
    }

    fn column_action(&mut self) -> Parse<ColumnAction> {
        use ColumnAction as A;
        let set = self.eat_word("set");
        if set && self.eat_word("default") {
            return Ok(A::SetDefault(self.expr()?));
        }
        if set && self.eat_words(&["not", "null"]) {
            return Ok(A::SetNotNull);
        }
        if set && self.eat_word("statistics") {
            let error = self.fail();
            return i32::try_from(self.integer()?)
                .map(A::SetStatistics)
                .map_err(|_| error);
        }
        if set && self.eat_word("storage") {
            return Ok(A::SetStorage(self.label()?));
        }
        if set && self.eat_word("compression") {
            return Ok(A::SetCompression(self.label()?));
        }
        if set && self.is_punct(b'(') {
            return Ok(A::SetOptions(self.options()?));
        }
        if set && !self.is_word("data") {
            self.at -= 1;
            return self.alter_identity();
        }
        self.eat_word("data");
        if self.eat_word("type") {
            let type_name = self.type_name()?;
            let collation = if self.eat_word("collate") {
                Some(self.qualified()?)
            } else {
                None
            };
            let using = if self.eat_word("using") {
                Some(self.expr()?)
            } else {
                None
            };
            return Ok(A::Type(Box::new(ColumnType {
                type_name,
                collation,
                using,
            })));
        }
        if self.eat_word("drop") {
            return self.column_drop();
        }
        if self.eat_words(&["add", "generated"]) {
            let always = self.eat_word("always");
            if !always {
                self.expect_words(&["by", "default"])?;
            }
            self.expect_words(&["as", "identity"])?;
            let mut options = Vec::new();
            if self.eat_punct(b'(') {
                options = self.sequence_options()?;
                self.expect_punct(b')')?;
            }
            return Ok(A::AddIdentity { always, options });
        }
        if self.is_word("reset") && self.value_at(1) == Some(&Value::Punct(b'(')) {
            self.at += 1;
            return Ok(A::ResetOptions(self.options()?));
        }
        self.alter_identity()
    }

    fn column_drop(&mut self) -> Parse<ColumnAction> {
        if self.eat_word("default") {
            return Ok(ColumnAction::DropDefault);
        }
        if self.eat_words(&["not", "null"]) {
            return Ok(ColumnAction::DropNotNull);
        }
        let identity = self.eat_word("identity");
        if !identity {
            self.expect_word("expression")?;
        }
        let if_exists = self.if_exists();
        Ok(match identity {
            true => ColumnAction::DropIdentity { if_exists },
            false => ColumnAction::DropExpression { if_exists },
        })
    }

    /// `SET GENERATED …`, `SET INCREMENT 2`, `RESTART WITH 5`, one after another.
    fn alter_identity(&mut self) -> Parse<ColumnAction> {
        let (mut generated_always, mut options) = (None, Vec::new());
        while matches!(self.word(0), Some("set" | "restart")) {
            if self.eat_words(&["set", "generated"]) {
                generated_always = Some(self.eat_word("always"));
                if generated_always == Some(false) {
                    self.expect_words(&["by", "default"])?;
                }
                continue;
            }
            self.eat_word("set");
            let pos = self.pos();
            match self.sequence_option()? {
                Some(kind) => options.push(SequenceOption { kind, pos }),
                None => return Err(self.fail()),
            }
        }
        if generated_always.is_none() && options.is_empty() {
            return Err(self.fail());
        }
        Ok(ColumnAction::AlterIdentity {
            generated_always,
            options,
        })
    }

    fn alter_sequence(&mut self, pos: Pos) -> Parse<Statement> {
        let start = self.at;
        let if_exists = self.if_exists();
        let name = self.qualified()?;
        if matches!(self.word(0), Some("rename" | "owner" | "set")) {
            self.at = start;
            return self.alter_table(ObjectKind::Sequence, pos);
        }
        let options = self.sequence_options()?;
        Ok(Statement::AlterSequence(AlterSequence {
            name,
            if_exists,
            options,
        }))
    }

    fn alter_type(&mut self) -> Parse<Statement> {
        use AlterTypeAction as A;
        let start = self.at;
        self.at += 1;
        let name = self.qualified()?;
        let action = if self.eat_words(&["add", "value"]) {
            let if_not_exists = self.if_not_exists();
            let value = self.string()?;
            let place = match self.eat_one(&["before", "after"]) {
                Some(word) => Some(ValuePlace {
                    after: word == "after",
                    neighbour: self.string()?,
                }),
                None => None,
            };
            A::AddValue {
                value,
                if_not_exists,
                place,
            }
        } else if self.eat_words(&["rename", "value"]) {
            let from = self.string()?;
            self.expect_word("to")?;
            A::RenameValue {
                from,
                to: self.string()?,
            }
        } else if self.eat_words(&["rename", "attribute"]) {
            let from = self.name()?;
            self.expect_word("to")?;
            A::RenameAttribute {
                from,
                to: self.name()?,
                cascade: self.cascade(),
            }
        } else if self.eat_words(&["add", "attribute"]) {
            A::AddAttribute {
                column: self.column_def()?,
                cascade: self.cascade(),
            }
        } else if self.eat_words(&["drop", "attribute"]) {
            let if_exists = self.if_exists();
            A::DropAttribute {
                name: self.name()?,
                if_exists,
                cascade: self.cascade(),
            }
        } else if self.eat_words(&["alter", "attribute"]) {
            let attribute = self.name()?;
            self.eat_words(&["set", "data"]);
            self.expect_word("type")?;
            let type_name = self.type_name()?;
            A::AlterAttribute {
                name: attribute,
                type_name,
                cascade: self.cascade(),
            }
        } else {
            self.at = start + 1;
            return self.alter_object(ObjectKind::Type);
        };
        Ok(Statement::AlterType(Box::new(AlterType { name, action })))
    }

    fn alter_domain(&mut self) -> Parse<Statement> {
        use AlterDomainAction as A;
        let start = self.at;
        self.at += 1;
        let name = self.qualified()?;
        let action = if self.eat_words(&["set", "default"]) {
            A::SetDefault(self.expr()?)
        } else if self.eat_words(&["drop", "default"]) {
            A::DropDefault
        } else if self.eat_words(&["set", "not", "null"]) {
            A::SetNotNull
        } else if self.eat_words(&["drop", "not", "null"]) {
            A::DropNotNull
        } else if self.eat_word("add") {
            A::AddConstraint(self.table_constraint()?)
        } else if self.eat_words(&["drop", "constraint"]) {
            let if_exists = self.if_exists();
            A::DropConstraint {
                name: self.name()?,
                if_exists,
                cascade: self.cascade(),
            }
        } else if self.eat_words(&["rename", "constraint"]) {
            let from = self.name()?;
            self.expect_word("to")?;
            A::RenameConstraint {
                from,
                to: self.name()?,
            }
        } else if self.eat_words(&["validate", "constraint"]) {
            A::ValidateConstraint(self.name()?)
        } else {
            self.at = start + 1;
            return self.alter_object(ObjectKind::Domain);
        };
        Ok(Statement::AlterDomain(Box::new(AlterDomain {
            name,
            action,
        })))
    }

    fn alter_database(&mut self) -> Parse<Statement> {
        use AlterDatabaseAction as A;
        let name = self.name()?;
        let action = if self.eat_word("set") {
            A::Set(self.set_rest(false)?)
        } else if self.eat_word("reset") {
            if self.eat_word("all") {
                A::ResetAll
            } else {
                A::Reset(self.setting_name()?)
            }
        } else if self.eat_words(&["rename", "to"]) {
            A::Rename(self.name()?)
        } else if self.eat_words(&["owner", "to"]) {
            A::OwnerTo(self.label()?)
        } else {
            self.eat_word("with");
            A::Options(self.loose_options()?)
        };
        Ok(Statement::AlterDatabase(AlterDatabase { name, action }))
    }

    fn alter_object(&mut self, kind: ObjectKind) -> Parse<Statement> {
        let object = self.object_name(kind)?;
        let pos = self.pos();
        let action = if self.eat_words(&["rename", "to"]) {
            AlterObjectAction::Rename(self.name()?)
        } else if self.eat_words(&["set", "schema"]) {
            AlterObjectAction::SetSchema(self.name()?)
        } else if self.eat_words(&["owner", "to"]) {
            AlterObjectAction::OwnerTo(self.label()?)
        } else if self.is_end() {
            return Err(self.fail());
        } else {
            AlterObjectAction::Other(self.rest_text(pos))
        };
        Ok(Statement::AlterObject(AlterObject {
            kind,
            object,
            action,
        }))
    }
}
