//! FROM: tables, functions, subqueries and joins.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sqlparser::ast as sp;

use crate::parse::ast::*;
use crate::parse::cursor::Cursor;
use crate::parse::error::Parse;

/// An alias with what may follow it.
#[derive(Default)]
struct AliasClause {
    alias: Option<TableAlias>,
    columns: Vec<AliasColumn>,
}

impl Cursor<'_> {
    pub(in crate::parse) fn take_from(
        &mut self,
        list: Vec<sp::TableWithJoins>,
    ) -> Parse<Vec<TableRef>> {
        let mut out = Vec::with_capacity(list.len());
        for (index, item) in list.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            out.push(self.take_joins(item)?);
        }
        Ok(out)
    }

    fn take_joins(&mut self, node: sp::TableWithJoins) -> Parse<TableRef> {
        let mut out = self.take_factor(node.relation)?;
        for join in node.joins {
            out = self.take_join(out, join)?;
        }
        Ok(out)
    }

    fn take_join(&mut self, left: TableRef, node: sp::Join) -> Parse<TableRef> {
        use sp::JoinOperator as J;
        let pos = self.pos();
        let (kind, constraint) = match node.join_operator {
            J::Join(constraint) | J::Inner(constraint) => (JoinKind::Inner, constraint),
            J::Left(constraint) | J::LeftOuter(constraint) => (JoinKind::Left, constraint),
            J::Right(constraint) | J::RightOuter(constraint) => (JoinKind::Right, constraint),
            J::FullOuter(constraint) => (JoinKind::Full, constraint),
            J::CrossJoin(constraint) => (JoinKind::Cross, constraint),
            _ => return Err(self.fail()),
        };
        let natural = self.eat_word("natural");
        let _kind = self.eat_one(&["inner", "left", "right", "full", "cross"]);
        self.eat_word("outer");
        self.expect_word("join")?;
        let right = self.take_factor(node.relation)?;
        let condition = match constraint {
            sp::JoinConstraint::On(condition) => {
                self.expect_word("on")?;
                JoinCondition::On(self.take_expr(condition)?)
            }
            sp::JoinConstraint::Using(_) => {
                self.expect_word("using")?;
                let columns = self.paren_names()?;
                let alias = if self.eat_word("as") {
                    Some(self.name()?)
                } else {
                    None
                };
                JoinCondition::Using { columns, alias }
            }
            sp::JoinConstraint::Natural => JoinCondition::Natural,
            sp::JoinConstraint::None => JoinCondition::None,
        };
        let bare = matches!(condition, JoinCondition::None);
        if bare != (kind == JoinKind::Cross)
            || natural != matches!(condition, JoinCondition::Natural)
        {
            return Err(self.fail());
        }
        Ok(TableRef::Join(Box::new(Join {
            kind,
            left,
            right,
            condition,
            alias: None,
            pos,
        })))
    }

    fn take_factor(&mut self, node: sp::TableFactor) -> Parse<TableRef> {
        use sp::TableFactor as F;
        let pos = self.pos();
        match node {
            F::Table {
                alias,
                args,
                with_ordinality,
                sample,
                with_hints,
                version: None,
                ..
            } if with_hints.is_empty() => match args {
                Some(args) => self.take_table_call(args.args, alias, with_ordinality),
                None => self.take_table(alias, sample),
            },
            F::Function {
                args,
                with_ordinality,
                alias,
                ..
            } => self.take_table_call(args, alias, with_ordinality),
            F::UNNEST {
                alias,
                array_exprs,
                with_offset: false,
                with_ordinality,
                ..
            } => {
                let args = array_exprs
                    .into_iter()
                    .map(|node| sp::FunctionArg::Unnamed(sp::FunctionArgExpr::Expr(node)));
                self.take_table_call(args.collect(), alias, with_ordinality)
            }
            F::Derived {
                subquery,
                alias,
                sample: None,
                ..
            } => {
                let lateral = self.eat_word("lateral");
                let query = self.take_paren_query(*subquery)?;
                let alias = self.take_alias(alias)?.alias;
                Ok(TableRef::Subquery {
                    lateral,
                    query,
                    alias,
                    pos,
                })
            }
            F::NestedJoin {
                table_with_joins,
                alias,
            } => {
                // Without parentheses it is the right side of `a JOIN b JOIN c ON … ON …`.
                let parens = self.eat_punct(b'(');
                let mut out = self.take_joins(*table_with_joins)?;
                if parens {
                    self.expect_punct(b')')?;
                }
                if let Some(alias) = self.take_alias(alias)?.alias {
                    match &mut out {
                        TableRef::Join(join) => join.alias = Some(alias),
                        _ => return Err(self.fail()),
                    }
                }
                Ok(out)
            }
            _ => Err(self.fail()),
        }
    }

    fn take_table(
        &mut self,
        alias: Option<sp::TableAlias>,
        sample: Option<sp::TableSampleKind>,
    ) -> Parse<TableRef> {
        let only = self.eat_word("only");
        let name = self.qualified()?;
        let alias = self.take_alias(alias)?;
        if !alias.columns.is_empty() {
            return Err(self.fail());
        }
        let sample = sample.map(|sample| self.take_sample(sample)).transpose()?;
        Ok(TableRef::Table(Box::new(TableName {
            name,
            only,
            alias: alias.alias,
            sample,
        })))
    }

    fn take_sample(&mut self, node: sp::TableSampleKind) -> Parse<TableSample> {
        let (sp::TableSampleKind::AfterTableAlias(node)
        | sp::TableSampleKind::BeforeTableAlias(node)) = node;
        self.expect_word("tablesample")?;
        let method = self.qualified_function()?;
        let Some(quantity) = node.quantity else {
            return Err(self.fail());
        };
        self.expect_punct(b'(')?;
        let args = Vec::from([self.take_expr(quantity.value)?]);
        self.expect_punct(b')')?;
        let mut repeatable = None;
        if node.seed.is_some() {
            self.expect_word("repeatable")?;
            self.expect_punct(b'(')?;
            let pos = self.pos();
            let number = self.number()?;
            repeatable = Some(Expr {
                kind: ExprKind::Decimal(number),
                pos,
            });
            self.expect_punct(b')')?;
        }
        Ok(TableSample {
            method,
            args,
            repeatable,
        })
    }

    fn take_table_call(
        &mut self,
        args: Vec<sp::FunctionArg>,
        alias: Option<sp::TableAlias>,
        ordinality: bool,
    ) -> Parse<TableRef> {
        let pos = self.pos();
        let lateral = self.eat_word("lateral");
        let at = self.pos();
        let name = self.qualified_function()?;
        let list = sp::FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        };
        let call = self.take_call(name, list)?;
        let call = Expr {
            kind: ExprKind::Call(Box::new(call)),
            pos: at,
        };
        if ordinality {
            self.expect_words(&["with", "ordinality"])?;
        }
        let AliasClause { alias, columns } = self.take_alias(alias)?;
        let calls = Vec::from([TableCall { call, columns }]);
        let function = TableFunction {
            lateral,
            calls,
            rows_from: false,
            ordinality,
            alias,
            pos,
        };
        Ok(TableRef::Function(Box::new(function)))
    }

    fn take_alias(&mut self, node: Option<sp::TableAlias>) -> Parse<AliasClause> {
        let Some(node) = node else {
            return Ok(AliasClause::default());
        };
        self.eat_word("as");
        // The crate was given a name where none is written.
        let name = if self.is_punct(b'(') {
            None
        } else {
            Some(self.name()?)
        };
        let typed = node.columns.iter().any(|column| column.data_type.is_some());
        let mut out = AliasClause::default();
        let mut columns = Vec::new();
        if typed {
            out.columns = self.alias_columns()?;
        } else if !node.columns.is_empty() {
            columns = self.paren_names()?;
        }
        out.alias = name.map(|name| TableAlias { name, columns });
        Ok(out)
    }

    /// `(x int, y text COLLATE "C")`.
    pub(in crate::parse) fn alias_columns(&mut self) -> Parse<Vec<AliasColumn>> {
        self.paren_list(|cursor| {
            let name = cursor.name()?;
            let type_name = cursor.type_name()?;
            let collation = if cursor.eat_word("collate") {
                Some(cursor.qualified()?)
            } else {
                None
            };
            Ok(AliasColumn {
                name,
                type_name,
                collation,
            })
        })
    }
}
