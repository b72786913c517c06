//! Queries around their SELECTs: WITH, set operations, VALUES, ORDER BY, LIMIT, locking.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sqlparser::ast as sp;

use crate::parse::ast::*;
use crate::parse::cursor::Cursor;
use crate::parse::error::{Parse, syntax};

impl Cursor<'_> {
    /// `(query)`.
    pub(super) fn take_paren_query(&mut self, node: sp::Query) -> Parse<Box<Query>> {
        self.expect_punct(b'(')?;
        let query = self.take_query(node)?;
        self.expect_punct(b')')?;
        Ok(Box::new(query))
    }

    pub(in crate::parse) fn take_query(&mut self, node: sp::Query) -> Parse<Query> {
        let pos = self.pos();
        let with = node.with.map(|with| self.take_with(with)).transpose()?;
        let mut out = self.take_set(*node.body)?;
        if with.is_some() {
            if out.with.is_some() || has_tail(&out) {
                out = wrapped(out, pos);
            }
            out.with = with;
        }
        let tail_starts = self.is_tail();
        if tail_starts && has_tail(&out) {
            out = wrapped(out, pos);
        }
        self.take_tail(&mut out, node.order_by, node.limit_clause, node.fetch)?;
        if node.for_clause.is_some() || !node.locks.is_empty() || !node.pipe_operators.is_empty() {
            return Err(self.fail());
        }
        Ok(out)
    }

    fn is_tail(&self) -> bool {
        matches!(
            self.word(0),
            Some("order" | "limit" | "offset" | "fetch" | "for")
        )
    }

    fn take_tail(
        &mut self,
        out: &mut Query,
        order_by: Option<sp::OrderBy>,
        limit: Option<sp::LimitClause>,
        fetch: Option<sp::Fetch>,
    ) -> Parse<()> {
        if let Some(order_by) = order_by {
            self.expect_words(&["order", "by"])?;
            out.order_by = match order_by.kind {
                sp::OrderByKind::Expressions(items) => self.take_order(items)?,
                sp::OrderByKind::All(_) => return Err(self.fail()),
            };
        }
        let (mut count, mut offset) = match limit {
            Some(sp::LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) if limit_by.is_empty() => (limit, offset.map(|offset| offset.value)),
            None => (None, None),
            Some(_) => return Err(self.fail()),
        };
        let mut fetch = fetch;
        loop {
            if self.eat_word("limit") {
                if !self.eat_word("all") {
                    let count = count.take().ok_or_else(|| self.fail())?;
                    out.limit = Limit::Count(self.take_expr(count)?);
                }
            } else if self.eat_word("offset") {
                let offset = offset.take().ok_or_else(|| self.fail())?;
                out.offset = Some(self.take_expr(offset)?);
                let _rows = self.eat_one(&["row", "rows"]);
            } else if self.is_word("fetch") {
                let fetch = fetch.take().ok_or_else(|| self.fail())?;
                out.limit = self.take_fetch(fetch)?;
            } else if self.is_word("for") {
                let locking = self.locking()?;
                out.locking.push(locking);
            } else {
                return Ok(());
            }
        }
    }

    fn take_fetch(&mut self, fetch: sp::Fetch) -> Parse<Limit> {
        self.expect_word("fetch")?;
        let pos = self.pos();
        if self.eat_one(&["first", "next"]).is_none() || fetch.percent {
            return Err(self.fail());
        }
        let count = match fetch.quantity {
            Some(count) => self.take_expr(count)?,
            None => Expr {
                kind: ExprKind::Integer("1".into()),
                pos,
            },
        };
        let _rows = self.eat_one(&["row", "rows"]);
        if self.eat_words(&["with", "ties"]) {
            return Ok(Limit::WithTies(count));
        }
        self.expect_word("only")?;
        Ok(Limit::Count(count))
    }

    /// `FOR UPDATE OF a, b NOWAIT`, which the crate never sees.
    fn locking(&mut self) -> Parse<Locking> {
        let pos = self.pos();
        self.expect_word("for")?;
        let strength = if self.eat_word("update") {
            LockStrength::Update
        } else if self.eat_words(&["no", "key", "update"]) {
            LockStrength::NoKeyUpdate
        } else if self.eat_word("share") {
            LockStrength::Share
        } else {
            self.expect_words(&["key", "share"])?;
            LockStrength::KeyShare
        };
        let of = if self.eat_word("of") {
            self.qualified_list()?
        } else {
            Vec::new()
        };
        let wait = if self.eat_word("nowait") {
            LockWait::NoWait
        } else if self.eat_words(&["skip", "locked"]) {
            LockWait::SkipLocked
        } else {
            LockWait::Block
        };
        Ok(Locking {
            strength,
            of,
            wait,
            pos,
        })
    }

    fn take_with(&mut self, node: sp::With) -> Parse<With> {
        let pos = self.pos();
        self.expect_word("with")?;
        let recursive = self.eat_word("recursive");
        let mut ctes = Vec::with_capacity(node.cte_tables.len());
        for (index, cte) in node.cte_tables.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            let name = self.name()?;
            let columns = self.maybe_paren_names()?;
            self.expect_word("as")?;
            let materialized = self.materialized();
            let at = self.pos();
            let query = self.take_paren_query(*cte.query)?;
            if cte.from.is_some() {
                return Err(syntax("syntax error", at));
            }
            let statement = Box::new(Statement::Select(query));
            ctes.push(Cte {
                name,
                columns,
                materialized,
                statement,
                search: None,
                cycle: None,
            });
        }
        Ok(With {
            recursive,
            ctes,
            pos,
        })
    }

    pub(in crate::parse) fn materialized(&mut self) -> Option<bool> {
        if self.eat_word("materialized") {
            Some(true)
        } else if self.eat_words(&["not", "materialized"]) {
            Some(false)
        } else {
            None
        }
    }

    /// A body; the left spine of set operations is walked in a loop.
    fn take_set(&mut self, mut node: sp::SetExpr) -> Parse<Query> {
        let pos = self.pos();
        let mut rights = Vec::new();
        loop {
            match node {
                sp::SetExpr::SetOperation {
                    left,
                    right,
                    op,
                    set_quantifier,
                } => {
                    rights.push((*right, op, set_quantifier));
                    node = *left;
                }
                other => {
                    node = other;
                    break;
                }
            }
        }
        let mut out = self.take_set_operand(node)?;
        while let Some((right, op, quantifier)) = rights.pop() {
            let at = self.pos();
            let kind = match op {
                sp::SetOperator::Union => SetOpKind::Union,
                sp::SetOperator::Intersect => SetOpKind::Intersect,
                sp::SetOperator::Except => SetOpKind::Except,
                sp::SetOperator::Minus => return Err(self.fail()),
            };
            self.at += 1;
            let all = match quantifier {
                sp::SetQuantifier::All => true,
                sp::SetQuantifier::None | sp::SetQuantifier::Distinct => false,
                _ => return Err(self.fail()),
            };
            let _written = self.eat_one(&["all", "distinct"]);
            let right = self.take_set(right)?;
            let set = SetOp {
                kind,
                all,
                left: out,
                right,
                pos: at,
            };
            out = Query::of(QueryBody::SetOp(Box::new(set)), pos);
        }
        Ok(out)
    }

    fn take_set_operand(&mut self, node: sp::SetExpr) -> Parse<Query> {
        let pos = self.pos();
        match node {
            sp::SetExpr::Select(select) => {
                let select = self.take_select(*select)?;
                Ok(Query::of(QueryBody::Select(Box::new(select)), pos))
            }
            sp::SetExpr::Query(query) => Ok(*self.take_paren_query(*query)?),
            sp::SetExpr::Values(values) => {
                self.expect_word("values")?;
                let mut rows = Vec::with_capacity(values.rows.len());
                for (index, row) in values.rows.into_iter().enumerate() {
                    if index > 0 {
                        self.expect_punct(b',')?;
                    }
                    self.expect_punct(b'(')?;
                    rows.push(self.take_exprs(row.content)?);
                    self.expect_punct(b')')?;
                }
                Ok(Query::of(QueryBody::Values(rows), pos))
            }
            sp::SetExpr::Table(_) => {
                self.expect_word("table")?;
                let table = self.qualified()?;
                Ok(Query::of(
                    QueryBody::Select(Box::new(all_of(table, pos))),
                    pos,
                ))
            }
            _ => Err(self.fail()),
        }
    }

    pub(super) fn take_order(&mut self, items: Vec<sp::OrderByExpr>) -> Parse<Vec<OrderItem>> {
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.expect_punct(b',')?;
            }
            let expr = self.take_expr(item.expr)?;
            let (direction, nulls) = self.sort_options()?;
            out.push(OrderItem {
                expr,
                direction,
                nulls,
            });
        }
        Ok(out)
    }

    /// `ASC | DESC | USING op` and `NULLS FIRST | LAST`.
    pub(in crate::parse) fn sort_options(&mut self) -> Parse<(SortDirection, NullsOrder)> {
        let direction = match self.eat_one(&["asc", "desc", "using"]) {
            Some("asc") => SortDirection::Asc,
            Some("desc") => SortDirection::Desc,
            Some(_) => SortDirection::Using(self.operator()?),
            None => SortDirection::Default,
        };
        let nulls = if self.eat_words(&["nulls", "first"]) {
            NullsOrder::First
        } else if self.eat_words(&["nulls", "last"]) {
            NullsOrder::Last
        } else {
            NullsOrder::Default
        };
        Ok((direction, nulls))
    }
}

fn has_tail(query: &Query) -> bool {
    query.with.is_some()
        || !query.order_by.is_empty()
        || !matches!(query.limit, Limit::None)
        || query.offset.is_some()
        || !query.locking.is_empty()
}

/// `((SELECT … LIMIT 1) LIMIT 2)`: a query over a parenthesised one with a tail of its own.
fn wrapped(inner: Query, pos: Pos) -> Query {
    let from = TableRef::Subquery {
        lateral: false,
        query: Box::new(inner),
        alias: None,
        pos,
    };
    let mut select = all_of(QualifiedName::bare("", pos), pos);
    select.from = Vec::from([from]);
    Query::of(QueryBody::Select(Box::new(select)), pos)
}

/// SELECT * FROM table.
fn all_of(table: QualifiedName, pos: Pos) -> Select {
    let star = Expr {
        kind: ExprKind::Star {
            qualifier: Vec::new(),
        },
        pos,
    };
    let table = TableName {
        name: table,
        only: false,
        alias: None,
        sample: None,
    };
    Select {
        distinct: Distinct::No,
        items: Vec::from([SelectItem {
            expr: star,
            alias: None,
        }]),
        into: None,
        from: Vec::from([TableRef::Table(Box::new(table))]),
        filter: None,
        group_by: None,
        having: None,
        windows: Vec::new(),
        pos,
    }
}
