//! Type names: the words of the grammar become the names of the catalogue.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::ast::{Expr, ExprKind, IntervalField, IntervalFields, Pos, QualifiedName, TypeName};
use super::cursor::Cursor;
use super::error::{Parse, coded};
use super::token::Value;

/// Words with one meaning each.
const PLAIN: &[(&str, &str)] = &[
    ("int", "int4"),
    ("integer", "int4"),
    ("smallint", "int2"),
    ("bigint", "int8"),
    ("real", "float4"),
    ("boolean", "bool"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("numeric", "numeric"),
];

impl Cursor<'_> {
    /// A type with its modifiers and array brackets.
    pub fn type_name(&mut self) -> Parse<TypeName> {
        let setof = self.eat_word("setof");
        let mut out = self.type_base()?;
        out.setof = setof;
        if self.eat_word("array") {
            let bound = if self.eat_punct(b'[') {
                let bound = self.unsigned()?;
                self.expect_punct(b']')?;
                Some(bound)
            } else {
                None
            };
            out.array.push(bound);
        }
        while self.eat_punct(b'[') {
            let bound = if self.is_punct(b']') {
                None
            } else {
                Some(self.unsigned()?)
            };
            self.expect_punct(b']')?;
            out.array.push(bound);
        }
        Ok(out)
    }

    fn type_base(&mut self) -> Parse<TypeName> {
        let pos = self.pos();
        let Some(word) = self.word(0) else {
            return self.named_type();
        };
        if let Some((_, name)) = PLAIN.iter().find(|(written, _)| *written == word) {
            self.at += 1;
            let mut out = TypeName::system(name, pos);
            if *name == "numeric" {
                out.modifiers = self.modifiers()?;
            }
            return Ok(out);
        }
        match word {
            "float" => self.float(pos),
            "double" if self.word(1) == Some("precision") => {
                self.at += 2;
                Ok(TypeName::system("float8", pos))
            }
            "character" | "char" | "nchar" | "varchar" => self.character(pos),
            "national" => {
                self.at += 1;
                self.character(pos)
            }
            "bit" => {
                self.at += 1;
                let name = if self.eat_word("varying") {
                    "varbit"
                } else {
                    "bit"
                };
                let mut out = TypeName::system(name, pos);
                out.modifiers = self.modifiers()?;
                if name == "bit" && out.modifiers.is_empty() {
                    out.modifiers.push(number(1, pos));
                }
                Ok(out)
            }
            "time" | "timestamp" => self.time(pos),
            "interval" => {
                self.at += 1;
                let mut out = TypeName::system("interval", pos);
                out.modifiers = self.modifiers()?;
                self.interval_fields(&mut out)?;
                Ok(out)
            }
            _ => self.named_type(),
        }
    }

    fn named_type(&mut self) -> Parse<TypeName> {
        let mut out = TypeName::plain(self.qualified_function()?);
        if self.is_operator("%") && self.word(1) == Some("type") {
            self.at += 2;
            let column = core::mem::take(&mut out.name.name);
            out.name.name = out.name.schema.take().unwrap_or_default();
            out.name.schema = out.name.catalog.take();
            out.percent_type = Some(column);
            return Ok(out);
        }
        out.modifiers = self.modifiers()?;
        Ok(out)
    }

    fn float(&mut self, pos: Pos) -> Parse<TypeName> {
        self.at += 1;
        let mut name = "float8";
        if self.eat_punct(b'(') {
            let at = self.pos();
            let bits = self.integer()?;
            self.expect_punct(b')')?;
            name = match bits {
                ..1 => {
                    let words = "precision for type float must be at least 1 bit";
                    return Err(coded("22023", words, at));
                }
                1..25 => "float4",
                25..54 => "float8",
                _ => {
                    let words = "precision for type float must be less than 54 bits";
                    return Err(coded("22023", words, at));
                }
            };
        }
        Ok(TypeName::system(name, pos))
    }

    fn character(&mut self, pos: Pos) -> Parse<TypeName> {
        let varying = self.is_word("varchar");
        self.at += 1;
        let varying = varying || self.eat_word("varying");
        let mut out = TypeName::system(if varying { "varchar" } else { "bpchar" }, pos);
        out.modifiers = self.modifiers()?;
        if !varying && out.modifiers.is_empty() {
            out.modifiers.push(number(1, pos));
        }
        Ok(out)
    }

    fn time(&mut self, pos: Pos) -> Parse<TypeName> {
        let stamp = self.is_word("timestamp");
        self.at += 1;
        let modifiers = self.modifiers()?;
        let zone = self.eat_words(&["with", "time", "zone"]);
        if !zone {
            self.eat_words(&["without", "time", "zone"]);
        }
        let name = match (stamp, zone) {
            (true, true) => "timestamptz",
            (true, false) => "timestamp",
            (false, true) => "timetz",
            (false, false) => "time",
        };
        let mut out = TypeName::system(name, pos);
        out.modifiers = modifiers;
        Ok(out)
    }

    /// `(10, 2)`, or nothing.
    fn modifiers(&mut self) -> Parse<Vec<Expr>> {
        if !self.is_punct(b'(') {
            return Ok(Vec::new());
        }
        self.paren_list(|cursor| {
            let pos = cursor.pos();
            let kind = if cursor.is_number() {
                ExprKind::Integer(cursor.number()?)
            } else if cursor.is_string() {
                ExprKind::String(cursor.string()?)
            } else {
                ExprKind::Column(Vec::from([cursor.name()?]))
            };
            Ok(Expr { kind, pos })
        })
    }

    /// `YEAR TO MONTH`, `SECOND(3)`, or nothing.
    pub fn interval_fields(&mut self, out: &mut TypeName) -> Parse<()> {
        let Some(first) = self.interval_field() else {
            return Ok(());
        };
        self.at += 1;
        let mut last = first;
        if self.is_word("to") {
            self.at += 1;
            last = self
                .interval_field()
                .filter(|last| *last > first)
                .ok_or_else(|| self.fail())?;
            self.at += 1;
        }
        if last == IntervalField::Second && self.is_punct(b'(') {
            out.modifiers = self.modifiers()?;
        }
        out.interval = Some(IntervalFields { first, last });
        Ok(())
    }

    fn interval_field(&self) -> Option<IntervalField> {
        Some(match self.word(0)? {
            "year" => IntervalField::Year,
            "month" => IntervalField::Month,
            "day" => IntervalField::Day,
            "hour" => IntervalField::Hour,
            "minute" => IntervalField::Minute,
            "second" => IntervalField::Second,
            _ => return None,
        })
    }

    /// `type 'text'`, the type just ahead.
    pub fn typed_literal(&mut self) -> Parse<Expr> {
        let pos = self.pos();
        let mut type_name = self.type_name()?;
        let value = self.string()?;
        if type_name.name.name == "interval" && type_name.interval.is_none() {
            self.interval_fields(&mut type_name)?;
        }
        Ok(Expr {
            kind: ExprKind::TypedLiteral {
                type_name: Box::new(type_name),
                value,
            },
            pos,
        })
    }

    /// Whether `name 'text'` stands here.
    pub fn is_simple_typed_literal(&self) -> bool {
        matches!(self.value(), Some(Value::Word(_) | Value::Name(_)))
            && matches!(self.value_at(1), Some(Value::Text(_)))
    }
}

fn number(value: u32, pos: Pos) -> Expr {
    Expr {
        kind: ExprKind::Integer(value.to_string()),
        pos,
    }
}

/// `pg_catalog.name`, for lowered syntax.
pub(super) fn system(name: &str, pos: Pos) -> QualifiedName {
    QualifiedName::system(name, pos)
}
