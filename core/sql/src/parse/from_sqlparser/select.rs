//! One SELECT: its list, grouping and named windows.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sqlparser::ast as sp;

use crate::parse::ast::*;
use crate::parse::cursor::Cursor;
use crate::parse::error::Parse;

impl Cursor<'_> {
    pub(super) fn take_select(&mut self, node: sp::Select) -> Parse<Select> {
        let pos = self.pos();
        self.expect_word("select")?;
        let foreign = node.top.is_some()
            || node.qualify.is_some()
            || node.prewhere.is_some()
            || node.exclude.is_some()
            || node.value_table_mode.is_some()
            || !node.lateral_views.is_empty()
            || !node.connect_by.is_empty()
            || !node.cluster_by.is_empty()
            || !node.distribute_by.is_empty()
            || !node.sort_by.is_empty();
        if foreign {
            self.at += usize::from(node.top.is_some());
            return Err(self.fail());
        }
        let distinct = self.take_distinct(node.distinct)?;
        let mut items = Vec::with_capacity(node.projection.len());
        for (index, item) in node.projection.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            items.push(self.take_item_inner(item)?);
        }
        let into = if node.into.is_some() {
            Some(self.select_into()?)
        } else {
            None
        };
        let mut from = Vec::new();
        if !node.from.is_empty() {
            self.expect_word("from")?;
            from = self.take_from(node.from)?;
        }
        let filter = self.take_clause("where", node.selection)?;
        let group_by = self.take_group_by(node.group_by)?;
        let having = self.take_clause("having", node.having)?;
        let windows = self.take_windows(node.named_window)?;
        Ok(Select {
            distinct,
            items,
            into,
            from,
            filter,
            group_by,
            having,
            windows,
            pos,
        })
    }

    fn take_clause(&mut self, word: &str, node: Option<sp::Expr>) -> Parse<Option<Expr>> {
        match node {
            Some(node) => {
                self.expect_word(word)?;
                Ok(Some(self.take_expr(node)?))
            }
            None => Ok(None),
        }
    }

    fn take_distinct(&mut self, node: Option<sp::Distinct>) -> Parse<Distinct> {
        match node {
            Some(sp::Distinct::On(exprs)) => {
                self.expect_words(&["distinct", "on"])?;
                self.expect_punct(b'(')?;
                let exprs = self.take_exprs(exprs)?;
                self.expect_punct(b')')?;
                Ok(Distinct::On(exprs))
            }
            Some(sp::Distinct::Distinct) => {
                self.expect_word("distinct")?;
                Ok(Distinct::Yes)
            }
            Some(sp::Distinct::All) | None => {
                self.eat_word("all");
                Ok(Distinct::No)
            }
        }
    }

    /// An item of RETURNING: the commas are taken here.
    pub(in crate::parse) fn take_item(&mut self, node: sp::SelectItem) -> Parse<SelectItem> {
        self.eat_punct(b',');
        self.take_item_inner(node)
    }

    fn take_item_inner(&mut self, node: sp::SelectItem) -> Parse<SelectItem> {
        let pos = self.pos();
        let expr = match node {
            sp::SelectItem::UnnamedExpr(node) => {
                let row = self.take_expr(node)?;
                // `.*` after a closing parenthesis is never shown to the crate.
                if !self.eat_punct(b'.') {
                    return Ok(SelectItem {
                        expr: row,
                        alias: None,
                    });
                }
                if !self.eat_operator("*") {
                    return Err(self.fail());
                }
                Expr {
                    kind: ExprKind::FieldStar(Box::new(row)),
                    pos,
                }
            }
            sp::SelectItem::ExprWithAlias { expr, .. } => {
                let expr = self.take_expr(expr)?;
                let alias = if self.eat_word("as") {
                    self.label()?
                } else {
                    self.bare_label()?
                };
                return Ok(SelectItem {
                    expr,
                    alias: Some(alias),
                });
            }
            sp::SelectItem::Wildcard(options) if options.opt_alias.is_none() => {
                if !self.eat_operator("*") {
                    return Err(self.fail());
                }
                Expr {
                    kind: ExprKind::Star {
                        qualifier: Vec::new(),
                    },
                    pos,
                }
            }
            sp::SelectItem::QualifiedWildcard(
                sp::SelectItemQualifiedWildcardKind::ObjectName(_),
                _,
            ) => self.take_qualified_star()?,
            _ => return Err(self.fail()),
        };
        Ok(SelectItem { expr, alias: None })
    }

    /// A label without AS: words that could continue the expression are refused.
    fn bare_label(&mut self) -> Parse<Ident> {
        const NOT_BARE: &[&str] = &[
            "array",
            "as",
            "char",
            "character",
            "create",
            "day",
            "except",
            "fetch",
            "filter",
            "for",
            "from",
            "grant",
            "group",
            "having",
            "hour",
            "intersect",
            "into",
            "isnull",
            "limit",
            "minute",
            "month",
            "notnull",
            "offset",
            "on",
            "order",
            "over",
            "overlaps",
            "precision",
            "returning",
            "second",
            "to",
            "union",
            "varying",
            "where",
            "window",
            "with",
            "within",
            "without",
            "year",
        ];
        if self.word(0).is_some_and(|word| NOT_BARE.contains(&word)) {
            return Err(self.fail());
        }
        self.label()
    }

    fn select_into(&mut self) -> Parse<SelectInto> {
        self.expect_word("into")?;
        let temporary = self.eat_one(&["temporary", "temp"]).is_some();
        let unlogged = !temporary && self.eat_word("unlogged");
        self.eat_word("table");
        Ok(SelectInto {
            name: self.qualified()?,
            temporary,
            unlogged,
        })
    }

    fn take_group_by(&mut self, node: sp::GroupByExpr) -> Parse<Option<GroupBy>> {
        let list = match node {
            sp::GroupByExpr::Expressions(list, modifiers) if modifiers.is_empty() => list,
            _ => return Err(self.fail()),
        };
        if list.is_empty() {
            return Ok(None);
        }
        self.expect_words(&["group", "by"])?;
        let distinct = self.eat_one(&["distinct", "all"]) == Some("distinct");
        let mut items = Vec::with_capacity(list.len());
        for (index, item) in list.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            items.push(self.take_group_item(item)?);
        }
        Ok(Some(GroupBy { distinct, items }))
    }

    fn take_group_item(&mut self, node: sp::Expr) -> Parse<GroupItem> {
        match node {
            sp::Expr::Rollup(sets) => {
                self.expect_word("rollup")?;
                Ok(GroupItem::Rollup(self.take_sets(sets)?))
            }
            sp::Expr::Cube(sets) => {
                self.expect_word("cube")?;
                Ok(GroupItem::Cube(self.take_sets(sets)?))
            }
            sp::Expr::GroupingSets(sets) => {
                self.expect_words(&["grouping", "sets"])?;
                let sets = self.take_sets(sets)?;
                let item = |set: Vec<Expr>| match set.is_empty() {
                    true => GroupItem::Empty,
                    false => GroupItem::List(set),
                };
                Ok(GroupItem::Sets(sets.into_iter().map(item).collect()))
            }
            sp::Expr::Tuple(items) if items.is_empty() => {
                self.expect_punct(b'(')?;
                self.expect_punct(b')')?;
                Ok(GroupItem::Empty)
            }
            other => Ok(GroupItem::Expr(self.take_expr(other)?)),
        }
    }

    fn take_sets(&mut self, sets: Vec<Vec<sp::Expr>>) -> Parse<Vec<Vec<Expr>>> {
        self.expect_punct(b'(')?;
        let mut out = Vec::with_capacity(sets.len());
        for (index, set) in sets.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            let parens = set.len() != 1 || self.is_punct(b'(');
            if !parens {
                out.push(self.take_exprs(set)?);
                continue;
            }
            self.expect_punct(b'(')?;
            out.push(self.take_exprs(set)?);
            self.expect_punct(b')')?;
        }
        self.expect_punct(b')')?;
        Ok(out)
    }

    fn take_windows(&mut self, list: Vec<sp::NamedWindowDefinition>) -> Parse<Vec<NamedWindow>> {
        let mut out = Vec::with_capacity(list.len());
        for (index, definition) in list.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            } else {
                self.expect_word("window")?;
            }
            let name = self.name()?;
            self.expect_word("as")?;
            let spec = match definition.1 {
                sp::NamedWindowExpr::WindowSpec(spec) => self.take_window(spec)?,
                sp::NamedWindowExpr::NamedWindow(_) => return Err(self.fail()),
            };
            out.push(NamedWindow { name, spec });
        }
        Ok(out)
    }
}
