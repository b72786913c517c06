//! SELECT: the clauses in the order in which they happen.
//!
//! ```text
//!   FROM → WHERE → GROUP BY, aggregates → HAVING → items (and hidden sort columns)
//!        → DISTINCT → ORDER BY → LIMIT
//! ```

use super::Binder;
use super::call::Collector;
use super::expr::Place;
use super::grouping::Groups;
use super::names::column_name;
use super::resolve::{self, Choice};
use super::scope::Scope;
use super::sub::{PendingApply, apply_all};
use super::tree::{Expr, ExprKind, JoinKind, OutputColumn, Query, Rel, RowLock, SortKey};
use super::walk;
use crate::parse::ast::{self, Distinct, ExprKind as Ast, SelectItem};
use crate::types::{Oid, SqlType};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError, SqlState};

/// An item of the list with its name.
pub(super) struct Item {
    pub name: String,
    pub expr: Expr,
    pub origin: (Oid, i16),
}

/// A SELECT under construction.
struct Work<'s> {
    scope: Scope<'s>,
    rel: Rel,
    collector: Collector,
    /// Subqueries of the list, HAVING and ORDER BY.
    above: RefCell<Vec<PendingApply>>,
    /// A set-returning function of the list.
    series: RefCell<Vec<Rel>>,
}

impl Binder<'_> {
    pub(super) fn select(
        &self,
        select: &ast::Select,
        query: &ast::Query,
        outer: &Scope,
    ) -> Result<Query> {
        if select.into.is_some() {
            return Err(SqlError::unsupported("SELECT INTO is not supported").at(select.pos));
        }
        if !select.windows.is_empty() {
            return Err(SqlError::unsupported("WINDOW is not supported").at(select.pos));
        }
        let mut scope = Scope {
            outer: outer.outer,
            ..Scope::default()
        };
        let mut rel = self.from(&select.from, &mut scope)?;
        if !query.locking.is_empty() {
            self.lock_tables(&mut rel, &query.locking)?;
        }
        if let Some(filter) = &select.filter {
            rel = self.filter(rel, filter, &scope, "WHERE")?;
        }
        let work = Work {
            scope,
            rel,
            collector: Collector::default(),
            above: RefCell::default(),
            series: RefCell::default(),
        };
        self.select_list(select, query, work)
    }

    /// WHERE and its like: a filter over subqueries over the input.
    pub(super) fn filter(
        &self,
        rel: Rel,
        filter: &ast::Expr,
        scope: &Scope,
        clause: &'static str,
    ) -> Result<Rel> {
        let applies = RefCell::default();
        let place = Place {
            scope,
            clause,
            aggregates: None,
            applies: &applies,
        };
        let bound = self.expr(filter, &place)?;
        let bound = self.coerce_to_bool(bound, clause)?;
        let mut predicates = Vec::new();
        walk::conjuncts(bound, &mut predicates);
        let input = Box::new(apply_all(rel, applies.into_inner()));
        Ok(Rel::Filter { input, predicates })
    }

    fn select_list(&self, select: &ast::Select, query: &ast::Query, work: Work) -> Result<Query> {
        let mut items = self.items(&select.items, &work)?;
        let place = work.place("GROUP BY", false);
        let by_name = |expr: &ast::Expr| self.output_or_expr(expr, &items, &place, true);
        let mut groups = match &select.group_by {
            Some(by) => self.groups(&by.items, &by_name)?,
            None => Groups::default(),
        };
        let having = match &select.having {
            Some(having) => {
                let bound = self.expr(having, &work.place("HAVING", true))?;
                Some(self.coerce_to_bool(bound, "HAVING")?)
            }
            None => None,
        };
        let sort_place = work.place("ORDER BY", true);
        let mut keys = query
            .order_by
            .iter()
            .map(|item| {
                self.sort_key(
                    self.output_or_expr(&item.expr, &items, &sort_place, false)?,
                    item,
                )
            })
            .collect::<Result<Vec<SortKey>>>()?;
        let mut on = match &select.distinct {
            Distinct::On(list) => list
                .iter()
                .map(|expr| self.output_or_expr(expr, &items, &sort_place, false))
                .collect::<Result<Vec<Expr>>>()?,
            _ => Vec::new(),
        };
        let mut having = having;
        let aggregated = select.group_by.is_some()
            || having.is_some()
            || !work.collector.calls.borrow().is_empty();
        if aggregated {
            let above = items
                .iter_mut()
                .map(|item| &mut item.expr)
                .chain(keys.iter_mut().map(|key| &mut key.expr))
                .chain(&mut on)
                .chain(&mut having);
            for expr in above {
                self.regroup(expr, &mut groups, &work.scope, &work.collector)?;
            }
        }
        let Work {
            scope,
            mut rel,
            collector,
            above,
            series,
        } = work;
        if aggregated {
            let input = Box::new(apply_all(rel, collector.below.into_inner()));
            let calls = collector.calls.into_inner();
            rel = Rel::Aggregate {
                input,
                groups: groups.columns,
                calls,
                sets: groups.sets,
            };
        }
        rel = apply_all(rel, above.into_inner());
        if let Some(having) = having {
            let mut predicates = Vec::new();
            walk::conjuncts(having, &mut predicates);
            rel = Rel::Filter {
                input: Box::new(rel),
                predicates,
            };
        }
        for series in series.into_inner() {
            let (left, right) = (Box::new(rel), Box::new(series));
            rel = Rel::Join {
                kind: JoinKind::Inner,
                left,
                right,
                on: Vec::new(),
                lateral: true,
            };
        }
        self.finish(select, query, &scope, rel, items, keys, on)
    }

    /// Everything above the list.
    #[allow(clippy::too_many_arguments, reason = "the parts of one SELECT")]
    fn finish(
        &self,
        select: &ast::Select,
        query: &ast::Query,
        scope: &Scope,
        rel: Rel,
        items: Vec<Item>,
        keys: Vec<SortKey>,
        on: Vec<Expr>,
    ) -> Result<Query> {
        let mut columns: Vec<(OutputColumn, Expr)> = items
            .into_iter()
            .map(|item| {
                let mut column = self.output(&item.name, item.expr.ty);
                column.origin = item.origin;
                (column, item.expr)
            })
            .collect();
        let shown = columns.len();
        let distinct = matches!(select.distinct, Distinct::Yes);
        let keys = keys
            .into_iter()
            .map(|key| {
                let pos = key.expr.pos;
                let expr = self.projected(key.expr, &mut columns);
                if distinct && columns.len() > shown {
                    return Err(SqlError::user(
                        SqlState::INVALID_COLUMN_REFERENCE,
                        "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    )
                    .at(pos));
                }
                Ok(SortKey { expr, ..key })
            })
            .collect::<Result<Vec<SortKey>>>()?;
        let on: Vec<Expr> = on
            .into_iter()
            .map(|expr| self.projected(expr, &mut columns))
            .collect();
        let outputs: Vec<OutputColumn> = columns
            .iter()
            .take(shown)
            .map(|(column, _)| column.clone())
            .collect();
        let mut rel = Rel::Project {
            input: Box::new(rel),
            columns,
        };
        if distinct {
            rel = Rel::Distinct {
                input: Box::new(rel),
                on: None,
            };
        }
        let keys = if on.is_empty() {
            keys
        } else {
            distinct_on_keys(keys, &on)?
        };
        if !keys.is_empty() {
            rel = Rel::Sort {
                input: Box::new(rel),
                keys,
            };
        }
        if !on.is_empty() {
            rel = Rel::Distinct {
                input: Box::new(rel),
                on: Some(on),
            };
        }
        let rel = self.limited(rel, query, scope)?;
        Ok(Query {
            rel,
            columns: outputs,
        })
    }

    /// LIMIT and OFFSET.
    pub(super) fn limited(&self, rel: Rel, query: &ast::Query, scope: &Scope) -> Result<Rel> {
        let (count, with_ties) = match &query.limit {
            ast::Limit::None => (None, false),
            ast::Limit::Count(expr) => (Some(self.limit_count(expr, scope, "LIMIT")?), false),
            ast::Limit::WithTies(expr) => (Some(self.limit_count(expr, scope, "LIMIT")?), true),
        };
        let offset = match &query.offset {
            None => None,
            Some(expr) => Some(self.limit_count(expr, scope, "OFFSET")?),
        };
        if count.is_none() && offset.is_none() {
            return Ok(rel);
        }
        if with_ties && query.order_by.is_empty() {
            return Err(SqlError::syntax(
                "WITH TIES cannot be specified without ORDER BY clause",
            ));
        }
        Ok(Rel::Limit {
            input: Box::new(rel),
            count,
            offset,
            with_ties,
        })
    }

    /// The column of the list that an expression is, added out of sight if there is none.
    fn projected(&self, expr: Expr, columns: &mut Vec<(OutputColumn, Expr)>) -> Expr {
        let known = columns.iter().find(|(_, known)| walk::same(known, &expr));
        let id = match known {
            Some((column, _)) => column.id,
            None => {
                let column = self.output("sort", expr.ty);
                let id = column.id;
                columns.push((column, expr.clone()));
                id
            }
        };
        Expr::new(ExprKind::Column(id), expr.ty, expr.pos)
    }

    fn items(&self, items: &[SelectItem], work: &Work) -> Result<Vec<Item>> {
        let mut out = Vec::new();
        let place = work.place("", true);
        for item in items {
            if let Ast::Star { qualifier } = &item.expr.kind {
                self.star(qualifier, &work.scope, item.expr.pos, &mut out)?;
                continue;
            }
            let name = match &item.alias {
                Some(alias) => alias.name.clone(),
                None => column_name(&item.expr),
            };
            if let Some(expr) = self.series_item(&item.expr, &name, work)? {
                out.push(Item {
                    name,
                    expr,
                    origin: (Oid::INVALID, 0),
                });
                continue;
            }
            let expr = self.expr(&item.expr, &place)?;
            let origin = origin_of(&expr, &work.scope);
            out.push(Item { name, expr, origin });
        }
        Ok(out)
    }

    /// Items of RETURNING.
    pub(super) fn plain_items(
        &self,
        items: &[SelectItem],
        scope: &Scope,
    ) -> Result<Vec<(OutputColumn, Expr)>> {
        let applies = RefCell::default();
        let place = Place {
            scope,
            clause: "RETURNING",
            aggregates: None,
            applies: &applies,
        };
        let mut list = Vec::new();
        for item in items {
            if let Ast::Star { qualifier } = &item.expr.kind {
                self.star(qualifier, scope, item.expr.pos, &mut list)?;
                continue;
            }
            let name = item
                .alias
                .as_ref()
                .map_or_else(|| column_name(&item.expr), |a| a.name.clone());
            let expr = self.settle(self.expr(&item.expr, &place)?)?;
            let origin = origin_of(&expr, scope);
            list.push(Item { name, expr, origin });
        }
        if !applies.borrow().is_empty() {
            return Err(SqlError::unsupported(
                "a subquery in RETURNING is not supported",
            ));
        }
        let made = |item: Item| {
            let mut column = self.output(&item.name, item.expr.ty);
            column.origin = item.origin;
            (column, item.expr)
        };
        Ok(list.into_iter().map(made).collect())
    }

    fn star(
        &self,
        qualifier: &[ast::Ident],
        scope: &Scope,
        pos: u32,
        out: &mut Vec<Item>,
    ) -> Result<()> {
        let before = out.len();
        let mut add = |column: &super::scope::ScopeColumn| {
            let expr = Expr::new(ExprKind::Column(column.id), column.ty, pos);
            out.push(Item {
                name: column.name.clone(),
                expr,
                origin: column.origin,
            });
        };
        match qualifier {
            [] => {
                let columns = scope.tables.iter().flat_map(|table| &table.columns);
                columns.filter(|column| !column.hidden).for_each(&mut add);
                if scope.tables.is_empty() {
                    return Err(
                        SqlError::syntax("SELECT * with no tables specified is not valid").at(pos),
                    );
                }
            }
            [.., table] => {
                let schema = qualifier
                    .len()
                    .checked_sub(2)
                    .and_then(|at| qualifier.get(at));
                let found = scope.find_table(schema.map(|s| s.name.as_str()), &table.name);
                let Some(found) = found else {
                    return Err(SqlError::user(
                        SqlState::UNDEFINED_TABLE,
                        format!("missing FROM-clause entry for table \"{}\"", table.name),
                    )
                    .at(table.pos));
                };
                found.columns.iter().for_each(&mut add);
            }
        }
        let _ = before;
        Ok(())
    }

    /// `SELECT generate_series(…)`: a lateral function below the list.
    fn series_item(&self, expr: &ast::Expr, name: &str, work: &Work) -> Result<Option<Expr>> {
        let Ast::Call(call) = &expr.kind else {
            return Ok(None);
        };
        let function = call.name.name.as_str();
        if !crate::functions::functions_named(function).any(|row| row.returns_set()) {
            return Ok(None);
        }
        let place = work.place("", true);
        let args = call
            .args
            .iter()
            .map(|arg| self.expr(&arg.value, &place))
            .collect::<Result<Vec<Expr>>>()?;
        let given: Vec<Oid> = args.iter().map(|arg| arg.ty.oid).collect();
        let (row, wanted) = match resolve::function(function, &given) {
            Choice::One(row, wanted) => (row, wanted),
            Choice::None => return Err(super::call::no_function(function, &given, expr.pos)),
            Choice::Ambiguous => return Err(super::call::ambiguous(function, &given, expr.pos)),
        };
        if !work.series.borrow().is_empty() {
            let error = "several set-returning functions in one SELECT list are not supported";
            return Err(SqlError::unsupported(error).at(expr.pos));
        }
        let ty = SqlType::plain(resolve::result_type(row.ret, &wanted, &given));
        let args = self.arguments(args, &wanted, &given)?;
        let column = self.output(name, ty);
        let made = Expr::new(ExprKind::Column(column.id), ty, expr.pos);
        work.series.borrow_mut().push(Rel::Function {
            function: row,
            args,
            columns: alloc::vec![column],
            alias: function.into(),
            ordinality: false,
        });
        Ok(Some(made))
    }

    /// GROUP BY, ORDER BY and DISTINCT ON: a position, an output name, or an expression.
    fn output_or_expr(
        &self,
        expr: &ast::Expr,
        items: &[Item],
        place: &Place,
        columns_first: bool,
    ) -> Result<Expr> {
        match &expr.kind {
            Ast::Integer(digits) => {
                let at: usize = digits.parse().unwrap_or(0);
                let item = at
                    .checked_sub(1)
                    .and_then(|at| items.get(at))
                    .ok_or_else(|| {
                        SqlError::user(
                            SqlState::INVALID_COLUMN_REFERENCE,
                            format!("{} position {digits} is not in select list", place.clause),
                        )
                        .at(expr.pos)
                    })?;
                Ok(Expr {
                    pos: expr.pos,
                    ..item.expr.clone()
                })
            }
            Ast::Column(parts) if parts.len() == 1 => {
                if columns_first && let Some(_found) = place.scope.find(parts)? {
                    return self.expr(expr, place);
                }
                let name = parts.first().map_or("", |part| part.name.as_str());
                let mut named = items.iter().filter(|item| item.name == name);
                let Some(first) = named.next() else {
                    return self.expr(expr, place);
                };
                if named.any(|other| !walk::same(&other.expr, &first.expr)) {
                    return Err(SqlError::user(
                        SqlState::AMBIGUOUS_COLUMN,
                        format!("{} \"{name}\" is ambiguous", place.clause),
                    )
                    .at(expr.pos));
                }
                Ok(Expr {
                    pos: expr.pos,
                    ..first.expr.clone()
                })
            }
            Ast::String(_) | Ast::Decimal(_) | Ast::Bool(_) => Err(SqlError::syntax(format!(
                "non-integer constant in {}",
                place.clause
            ))
            .at(expr.pos)),
            _ => self.expr(expr, place),
        }
    }

    /// FOR UPDATE and its kin.
    fn lock_tables(&self, rel: &mut Rel, locking: &[ast::Locking]) -> Result<()> {
        for clause in locking {
            let names: Vec<&str> = clause.of.iter().map(|name| name.name.as_str()).collect();
            let mut found = Vec::new();
            let lock = RowLock {
                strength: clause.strength,
                wait: clause.wait,
            };
            set_locks(rel, &names, lock, &mut found);
            for name in &clause.of {
                if !found.contains(&name.name) {
                    return Err(SqlError::user(
                        SqlState::UNDEFINED_TABLE,
                        format!(
                            "relation \"{}\" in FOR UPDATE clause not found in FROM clause",
                            name.name
                        ),
                    )
                    .at(name.pos));
                }
            }
        }
        self.writes.set(true);
        Ok(())
    }
}

fn set_locks(rel: &mut Rel, names: &[&str], lock: RowLock, found: &mut Vec<String>) {
    match rel {
        Rel::Table(table) => {
            if names.is_empty() || names.contains(&table.alias.as_str()) {
                found.push(table.alias.clone());
                let stronger = table.lock.is_none_or(|old| old.strength < lock.strength);
                if stronger {
                    table.lock = Some(lock);
                }
            }
        }
        Rel::Join { left, right, .. } => {
            set_locks(left, names, lock, found);
            set_locks(right, names, lock, found);
        }
        Rel::Filter { input, .. } => set_locks(input, names, lock, found),
        _ => {}
    }
}

impl<'s> Work<'s> {
    fn place<'p>(&'p self, clause: &'static str, aggregates: bool) -> Place<'p, 's> {
        Place {
            scope: &self.scope,
            clause,
            aggregates: aggregates.then_some(&self.collector),
            applies: &self.above,
        }
    }
}

fn origin_of(expr: &Expr, scope: &Scope) -> (Oid, i16) {
    let ExprKind::Column(id) = expr.kind else {
        return (Oid::INVALID, 0);
    };
    let mut columns = scope.tables.iter().flat_map(|table| &table.columns);
    columns
        .find(|column| column.id == id)
        .map_or((Oid::INVALID, 0), |column| column.origin)
}

/// ORDER BY must begin with the expressions of DISTINCT ON; missing ones are added.
fn distinct_on_keys(mut keys: Vec<SortKey>, on: &[Expr]) -> Result<Vec<SortKey>> {
    let is_on = |key: &SortKey| on.iter().any(|expr| walk::same(expr, &key.expr));
    let leading = keys.iter().take_while(|key| is_on(key)).count();
    let missing: Vec<SortKey> = on
        .iter()
        .filter(|expr| {
            !keys
                .iter()
                .take(leading)
                .any(|key| walk::same(&key.expr, expr))
        })
        .map(|expr| SortKey {
            expr: expr.clone(),
            descending: false,
            nulls_first: false,
        })
        .collect();
    if let (false, Some(key)) = (missing.is_empty(), keys.get(leading)) {
        return Err(SqlError::user(
            SqlState::INVALID_COLUMN_REFERENCE,
            "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
        )
        .at(key.expr.pos));
    }
    keys.extend(missing);
    Ok(keys)
}
