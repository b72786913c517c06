//! Expressions.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sqlparser::ast as sp;

use crate::parse::ast::*;
use crate::parse::cursor::Cursor;
use crate::parse::error::Parse;
use crate::parse::token::Value;
use crate::parse::types::system;

fn expr(kind: ExprKind, pos: Pos) -> Expr {
    Expr { kind, pos }
}

/// Words that are values without parentheses.
const SQL_VALUES: &[(&str, SqlValue)] = &[
    ("current_date", SqlValue::CurrentDate),
    ("current_time", SqlValue::CurrentTime(None)),
    ("current_timestamp", SqlValue::CurrentTimestamp(None)),
    ("localtime", SqlValue::LocalTime(None)),
    ("localtimestamp", SqlValue::LocalTimestamp(None)),
    ("current_role", SqlValue::CurrentRole),
    ("current_user", SqlValue::CurrentUser),
    ("user", SqlValue::User),
    ("session_user", SqlValue::SessionUser),
    ("current_catalog", SqlValue::CurrentCatalog),
    ("current_schema", SqlValue::CurrentSchema),
];

impl Cursor<'_> {
    pub(in crate::parse) fn take_exprs(&mut self, list: Vec<sp::Expr>) -> Parse<Vec<Expr>> {
        let mut out = Vec::with_capacity(list.len());
        for (index, item) in list.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            out.push(self.take_expr(item)?);
        }
        Ok(out)
    }

    pub(in crate::parse) fn take_box(&mut self, node: sp::Expr) -> Parse<Box<Expr>> {
        Ok(Box::new(self.take_expr(node)?))
    }

    /// One expression. The left spine of operators is walked in a loop: it may be long.
    pub(in crate::parse) fn take_expr(&mut self, mut node: sp::Expr) -> Parse<Expr> {
        let mut rights = Vec::new();
        loop {
            match node {
                sp::Expr::BinaryOp { left, op, right } if !is_logic(&op) => {
                    rights.push(*right);
                    node = *left;
                }
                other => {
                    node = other;
                    break;
                }
            }
        }
        let mut out = self.take_operand(node)?;
        while let Some(right) = rights.pop() {
            let pos = self.pos();
            if self.eat_word("overlaps") {
                let right = self.take_expr(right)?;
                out = overlaps(out, right, pos);
                continue;
            }
            let op = self.operator()?;
            let right = self.take_box(right)?;
            out = expr(
                ExprKind::Binary {
                    op,
                    left: Box::new(out),
                    right,
                },
                pos,
            );
        }
        Ok(out)
    }

    fn take_operand(&mut self, node: sp::Expr) -> Parse<Expr> {
        use sp::Expr as E;
        let pos = self.pos();
        Ok(match node {
            E::Identifier(_) => self.take_name()?,
            E::CompoundIdentifier(parts) => self.take_column(parts.len())?,
            E::CompoundFieldAccess { root, access_chain } => {
                self.take_access(*root, access_chain)?
            }
            E::BinaryOp { op, left, right } => self.take_logic(op, *left, *right)?,
            E::Nested(inner) => {
                self.expect_punct(b'(')?;
                let inner = self.take_expr(*inner)?;
                self.expect_punct(b')')?;
                inner
            }
            E::Value(_) => self.take_literal()?,
            E::UnaryOp {
                op: sp::UnaryOperator::Not,
                expr: inner,
            } => {
                self.expect_word("not")?;
                expr(ExprKind::Not(self.take_box(*inner)?), pos)
            }
            E::UnaryOp {
                op: sp::UnaryOperator::PGPostfixFactorial,
                ..
            } => return Err(self.fail()),
            E::UnaryOp { expr: inner, .. } => {
                let op = self.operator()?;
                expr(
                    ExprKind::Unary {
                        op,
                        expr: self.take_box(*inner)?,
                    },
                    pos,
                )
            }
            E::TypedString(_) | E::Interval(_) => self.typed_literal()?,
            E::Cast {
                kind,
                expr: inner,
                format: None,
                ..
            } => self.take_cast(kind, *inner)?,
            E::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.take_case(operand, conditions, else_result)?,
            E::Exists { subquery, negated } => {
                if negated {
                    self.expect_word("not")?;
                }
                let at = self.pos();
                self.expect_word("exists")?;
                let query = self.take_paren_query(*subquery)?;
                let exists = expr(ExprKind::Exists(query), at);
                if negated {
                    expr(ExprKind::Not(Box::new(exists)), pos)
                } else {
                    exists
                }
            }
            E::Subquery(query) => expr(ExprKind::ScalarQuery(self.take_paren_query(*query)?), pos),
            E::Tuple(items) => {
                let items = self.take_paren_exprs(items)?;
                expr(
                    ExprKind::Row {
                        items,
                        explicit: false,
                    },
                    pos,
                )
            }
            E::Array(array) => {
                if array.named {
                    self.expect_word("array")?;
                }
                self.expect_punct(b'[')?;
                let items = self.take_exprs(array.elem)?;
                self.expect_punct(b']')?;
                expr(ExprKind::Array(items), pos)
            }
            E::Function(function) => self.take_function(function)?,
            E::Wildcard(_) => {
                if !self.eat_operator("*") {
                    return Err(self.fail());
                }
                expr(
                    ExprKind::Star {
                        qualifier: Vec::new(),
                    },
                    pos,
                )
            }
            other => self.take_test_or_form(other)?,
        })
    }

    fn take_test_or_form(&mut self, node: sp::Expr) -> Parse<Expr> {
        use sp::Expr as E;
        match node {
            E::IsNull(inner)
            | E::IsNotNull(inner)
            | E::IsTrue(inner)
            | E::IsNotTrue(inner)
            | E::IsFalse(inner)
            | E::IsNotFalse(inner)
            | E::IsUnknown(inner)
            | E::IsNotUnknown(inner)
            | E::IsNormalized { expr: inner, .. } => self.take_is(*inner),
            E::IsDistinctFrom(left, right) | E::IsNotDistinctFrom(left, right) => {
                self.take_is_distinct(*left, *right)
            }
            E::InList { expr, list, .. } => self.take_in_list(*expr, list),
            E::InSubquery { expr, subquery, .. } => self.take_in_query(*expr, *subquery),
            E::Between {
                expr, low, high, ..
            } => self.take_between(*expr, *low, *high),
            E::Like {
                any: false,
                expr,
                pattern,
                escape_char,
                ..
            }
            | E::ILike {
                any: false,
                expr,
                pattern,
                escape_char,
                ..
            }
            | E::SimilarTo {
                expr,
                pattern,
                escape_char,
                ..
            } => self.take_like(*expr, *pattern, escape_char),
            E::AnyOp { left, right, .. } | E::AllOp { left, right, .. } => {
                self.take_quantified(*left, *right)
            }
            E::AtTimeZone {
                timestamp,
                time_zone,
            } => self.take_zone(*timestamp, *time_zone),
            E::Collate { expr: inner, .. } => {
                let inner = self.take_box(*inner)?;
                let pos = self.pos();
                self.expect_word("collate")?;
                let collation = self.qualified()?;
                Ok(expr(
                    ExprKind::Collate {
                        expr: inner,
                        collation,
                    },
                    pos,
                ))
            }
            other => self.take_form(other),
        }
    }

    pub(super) fn take_paren_exprs(&mut self, items: Vec<sp::Expr>) -> Parse<Vec<Expr>> {
        self.expect_punct(b'(')?;
        let items = self.take_exprs(items)?;
        self.expect_punct(b')')?;
        Ok(items)
    }

    fn take_name(&mut self) -> Parse<Expr> {
        let pos = self.pos();
        let word = self.word(0).unwrap_or("");
        let kind = if word == "default" {
            ExprKind::Default
        } else if let Some((_, value)) = SQL_VALUES.iter().find(|(name, _)| *name == word) {
            ExprKind::SqlValue(*value)
        } else {
            // `name`, not `label`: a reserved word is no column.
            return Ok(expr(ExprKind::Column(Vec::from([self.name()?])), pos));
        };
        self.at += 1;
        Ok(expr(kind, pos))
    }

    fn take_column(&mut self, parts: usize) -> Parse<Expr> {
        let pos = self.pos();
        let mut names = Vec::from([self.name()?]);
        for _ in 1..parts {
            self.expect_punct(b'.')?;
            names.push(self.label()?);
        }
        Ok(expr(ExprKind::Column(names), pos))
    }

    fn take_access(&mut self, root: sp::Expr, chain: Vec<sp::AccessExpr>) -> Parse<Expr> {
        let mut out = self.take_expr(root)?;
        for step in chain {
            let pos = self.pos();
            match step {
                sp::AccessExpr::Dot(sp::Expr::Identifier(_)) => {
                    self.expect_punct(b'.')?;
                    let field = self.label()?;
                    if let ExprKind::Column(parts) = &mut out.kind {
                        parts.push(field);
                    } else {
                        out = expr(
                            ExprKind::Field {
                                expr: Box::new(out),
                                field,
                            },
                            pos,
                        );
                    }
                }
                sp::AccessExpr::Subscript(subscript) => {
                    let subscript = self.take_subscript(subscript)?;
                    if let ExprKind::Subscript { subscripts, .. } = &mut out.kind {
                        subscripts.push(subscript);
                    } else {
                        let subscripts = Vec::from([subscript]);
                        out = expr(
                            ExprKind::Subscript {
                                expr: Box::new(out),
                                subscripts,
                            },
                            pos,
                        );
                    }
                }
                sp::AccessExpr::Dot(_) => return Err(self.fail()),
            }
        }
        Ok(out)
    }

    fn take_subscript(&mut self, node: sp::Subscript) -> Parse<Subscript> {
        self.expect_punct(b'[')?;
        let out = match node {
            sp::Subscript::Index { index } => Subscript::Index(self.take_expr(index)?),
            sp::Subscript::Slice {
                lower_bound,
                upper_bound,
                stride: None,
            } => {
                let lower = lower_bound.map(|bound| self.take_expr(bound)).transpose()?;
                self.expect_punct(b':')?;
                let upper = upper_bound.map(|bound| self.take_expr(bound)).transpose()?;
                Subscript::Slice { lower, upper }
            }
            sp::Subscript::Slice { .. } => return Err(self.fail()),
        };
        self.expect_punct(b']')?;
        Ok(out)
    }

    /// AND and OR: the balanced tree of `dialect` becomes a list again.
    fn take_logic(
        &mut self,
        op: sp::BinaryOperator,
        left: sp::Expr,
        right: sp::Expr,
    ) -> Parse<Expr> {
        let word = if op == sp::BinaryOperator::And {
            "and"
        } else {
            "or"
        };
        let mut operands = Vec::new();
        flatten(left, &op, &mut operands);
        flatten(right, &op, &mut operands);
        let mut out = Vec::with_capacity(operands.len());
        let mut pos = None;
        for (index, operand) in operands.into_iter().enumerate() {
            if index > 0 {
                pos.get_or_insert(self.pos());
                self.expect_word(word)?;
            }
            out.push(self.take_expr(operand)?);
        }
        let kind = if word == "and" {
            ExprKind::And(out)
        } else {
            ExprKind::Or(out)
        };
        Ok(expr(kind, pos.unwrap_or_default()))
    }

    fn take_literal(&mut self) -> Parse<Expr> {
        let pos = self.pos();
        let kind = match self.value() {
            Some(Value::Integer(digits)) => ExprKind::Integer(digits.clone()),
            Some(Value::Decimal(digits)) => ExprKind::Decimal(digits.clone()),
            Some(Value::Text(text)) => ExprKind::String(text.clone()),
            Some(Value::Bits(bits)) => ExprKind::BitString(bits.clone()),
            Some(Value::Hex(digits)) => ExprKind::HexString(digits.clone()),
            Some(Value::Param(number)) => ExprKind::Param(*number),
            Some(Value::Word(word)) => match word.as_str() {
                "null" => ExprKind::Null,
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                _ => return Err(self.fail()),
            },
            _ => return Err(self.fail()),
        };
        self.at += 1;
        Ok(expr(kind, pos))
    }

    fn take_cast(&mut self, kind: sp::CastKind, inner: sp::Expr) -> Parse<Expr> {
        let pos = self.pos();
        match kind {
            sp::CastKind::DoubleColon => {
                if self.is_simple_typed_literal() {
                    return self.typed_literal();
                }
                let inner = self.take_box(inner)?;
                let pos = self.pos();
                if !self.eat_value(&Value::Cast) {
                    return Err(self.fail());
                }
                let type_name = Box::new(self.type_name()?);
                Ok(expr(
                    ExprKind::Cast {
                        expr: inner,
                        type_name,
                    },
                    pos,
                ))
            }
            sp::CastKind::Cast => {
                self.expect_word("cast")?;
                self.expect_punct(b'(')?;
                let inner = self.take_box(inner)?;
                self.expect_word("as")?;
                let type_name = Box::new(self.type_name()?);
                self.expect_punct(b')')?;
                Ok(expr(
                    ExprKind::Cast {
                        expr: inner,
                        type_name,
                    },
                    pos,
                ))
            }
            _ => Err(self.fail()),
        }
    }

    fn take_case(
        &mut self,
        operand: Option<Box<sp::Expr>>,
        conditions: Vec<sp::CaseWhen>,
        otherwise: Option<Box<sp::Expr>>,
    ) -> Parse<Expr> {
        let pos = self.pos();
        self.expect_word("case")?;
        let operand = operand.map(|node| self.take_expr(*node)).transpose()?;
        let mut whens = Vec::with_capacity(conditions.len());
        for when in conditions {
            self.expect_word("when")?;
            let condition = self.take_expr(when.condition)?;
            self.expect_word("then")?;
            whens.push(When {
                condition,
                result: self.take_expr(when.result)?,
            });
        }
        let otherwise = match otherwise {
            Some(node) => {
                self.expect_word("else")?;
                Some(self.take_expr(*node)?)
            }
            None => None,
        };
        self.expect_word("end")?;
        Ok(expr(
            ExprKind::Case(Box::new(Case {
                operand,
                whens,
                otherwise,
            })),
            pos,
        ))
    }

    fn take_zone(&mut self, value: sp::Expr, zone: sp::Expr) -> Parse<Expr> {
        let value = self.take_expr(value)?;
        let pos = self.pos();
        self.expect_words(&["at", "time", "zone"])?;
        let zone = self.take_expr(zone)?;
        let name = system("timezone", pos);
        let call = FuncCall::plain(name, Vec::from([zone, value]), CallSyntax::Special);
        Ok(expr(ExprKind::Call(Box::new(call)), pos))
    }
}

fn is_logic(op: &sp::BinaryOperator) -> bool {
    matches!(op, sp::BinaryOperator::And | sp::BinaryOperator::Or)
}

fn flatten(node: sp::Expr, op: &sp::BinaryOperator, out: &mut Vec<sp::Expr>) {
    match node {
        sp::Expr::BinaryOp {
            left,
            op: inner,
            right,
        } if inner == *op => {
            flatten(*left, op, out);
            flatten(*right, op, out);
        }
        other => out.push(other),
    }
}

/// `(a, b) OVERLAPS (c, d)` is a call with four arguments.
fn overlaps(left: Expr, right: Expr, pos: Pos) -> Expr {
    let mut args = Vec::new();
    for side in [left, right] {
        match side.kind {
            ExprKind::Row { items, .. } => args.extend(items),
            _ => args.push(side),
        }
    }
    let call = FuncCall::plain(system("overlaps", pos), args, CallSyntax::Special);
    expr(ExprKind::Call(Box::new(call)), pos)
}
