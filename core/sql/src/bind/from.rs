//! FROM: tables, views, subqueries, functions, joins.

use super::Binder;
use super::expr::Place;
use super::resolve::{self, Choice};
use super::scope::{Scope, ScopeColumn, ScopeTable};
use super::sub::{PendingApply, apply_all, narrowed};
use super::tree::{ColumnId, Expr, ExprKind, JoinKind, OutputColumn, Rel, SystemColumn, TableRel};
use super::walk;
use crate::catalog::views::SystemView;
use crate::catalog::{Relation, TableDef, ViewDef};
use crate::parse::ast::{self, JoinCondition, TableAlias, TableRef};
use crate::types::{Oid, SqlType};
use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError, SqlState};

/// One item of FROM: its step and what it is called.
struct Item {
    rel: Rel,
    tables: Vec<ScopeTable>,
    lateral: bool,
}

const SYSTEM: [SystemColumn; 6] = [
    SystemColumn::Ctid,
    SystemColumn::Xmin,
    SystemColumn::Xmax,
    SystemColumn::Cmin,
    SystemColumn::Cmax,
    SystemColumn::TableOid,
];

impl Binder<'_> {
    /// The items side by side; their tables are added to the scope.
    pub(super) fn from(&self, items: &[TableRef], scope: &mut Scope) -> Result<Rel> {
        let mut whole: Option<Rel> = None;
        for item in items {
            let item = self.item(item, scope)?;
            check_aliases(&scope.tables, &item.tables, 0)?;
            whole = Some(match whole {
                None => item.rel,
                Some(left) => Rel::Join {
                    kind: JoinKind::Inner,
                    left: Box::new(left),
                    right: Box::new(item.rel),
                    on: Vec::new(),
                    lateral: item.lateral,
                },
            });
            scope.tables.extend(item.tables);
        }
        Ok(whole.unwrap_or(Rel::Unit))
    }

    /// `left` holds the tables that LATERAL may name, and the way outwards.
    fn item(&self, item: &TableRef, left: &Scope) -> Result<Item> {
        self.deeper(|| match item {
            TableRef::Table(table) => self.table_item(table, left),
            TableRef::Subquery {
                lateral,
                query,
                alias,
                pos,
            } => self.subquery_item(*lateral, query, alias.as_ref(), left, *pos),
            TableRef::Function(function) => self.function_item(function, left),
            TableRef::Join(join) => self.join_item(join, left),
        })
    }

    fn table_item(&self, name: &ast::TableName, _left: &Scope) -> Result<Item> {
        if name.sample.is_some() {
            return Err(SqlError::unsupported("TABLESAMPLE is not supported").at(name.name.pos));
        }
        let alias = name.alias.as_ref();
        if name.name.schema.is_none()
            && let Some(item) = self.cte_item(&name.name.name, alias)?
        {
            return Ok(item);
        }
        match self.relation(&name.name)? {
            Relation::Table(table) => {
                self.uses(table.oid, false);
                let (rel, scope) = self.table_rel(&table, alias)?;
                Ok(Item {
                    rel: Rel::Table(rel),
                    tables: alloc::vec![scope],
                    lateral: false,
                })
            }
            Relation::View(view) => self.view_item(&view, alias),
            Relation::System(view) => self.system_item(view, Vec::new(), alias),
            other => Err(SqlError::user(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "cannot open relation \"{}\": this operation is not supported for {}s",
                    name.name.name,
                    other.kind_name()
                ),
            )
            .at(name.name.pos)),
        }
    }

    fn cte_item(&self, name: &str, alias: Option<&TableAlias>) -> Result<Option<Item>> {
        let found = self
            .ctes
            .borrow()
            .iter()
            .rev()
            .find(|cte| cte.name == name)
            .cloned();
        let Some(cte) = found else { return Ok(None) };
        let columns: Vec<OutputColumn> = cte
            .columns
            .iter()
            .map(|column| self.output(&column.name, column.ty))
            .collect();
        let table = scope_table(name, alias, &columns)?;
        let shown = table.alias.clone().unwrap_or_default();
        let rel = if cte.working {
            Rel::WorkScan {
                cte: cte.number,
                columns,
            }
        } else {
            Rel::CteScan {
                cte: cte.number,
                columns,
                alias: shown,
            }
        };
        Ok(Some(Item {
            rel,
            tables: alloc::vec![table],
            lateral: false,
        }))
    }

    /// A base table with an id for each of its columns.
    pub(super) fn table_rel(
        &self,
        table: &Rc<TableDef>,
        alias: Option<&TableAlias>,
    ) -> Result<(TableRel, ScopeTable)> {
        let name = alias.map_or(&*table.name, |alias| alias.name.name.as_str());
        let mut columns = Vec::new();
        let mut named = Vec::new();
        for (at, column) in table.live_columns() {
            let id = self.new_column();
            columns.push((at, id));
            named.push(ScopeColumn {
                name: String::from(&*column.name),
                id,
                ty: column.ty,
                origin: (table.oid, at as i16 + 1),
                hidden: false,
            });
        }
        rename(&mut named, alias)?;
        let system: Vec<(SystemColumn, ColumnId)> = SYSTEM
            .iter()
            .map(|column| (*column, self.new_column()))
            .collect();
        let scope = ScopeTable {
            alias: Some(name.into()),
            schema: alias.is_none().then(|| String::from(&*table.schema_name)),
            columns: named,
            system: system.clone(),
            barred: false,
        };
        let rel = TableRel {
            table: table.clone(),
            alias: name.into(),
            columns,
            system,
            lock: None,
        };
        Ok((rel, scope))
    }

    fn view_item(&self, view: &Rc<ViewDef>, alias: Option<&TableAlias>) -> Result<Item> {
        self.uses(view.oid, false);
        let broken = |e: SqlError| e.within(&format!("view \"{}\"", view.name));
        let statement = crate::parse::parse_one(&view.query).map_err(|e| broken(e.into()))?;
        let ast::Statement::Select(query) = statement else {
            return Err(SqlError::corrupted(format!(
                "view \"{}\" holds no query",
                view.name
            )));
        };
        // The view's text knows nothing of the CTEs around it.
        let hidden = self.ctes.take();
        let bound = self
            .query(&query, &Scope::outermost())
            .and_then(|query| self.settle_outputs(query));
        self.ctes.replace(hidden);
        let mut bound = bound.map_err(broken)?;
        for (column, (name, _)) in bound.columns.iter_mut().zip(&view.columns) {
            column.name = String::from(&**name);
        }
        let table = scope_table(&view.name, alias, &bound.columns)?;
        Ok(Item {
            rel: narrowed(bound),
            tables: alloc::vec![table],
            lateral: false,
        })
    }

    fn system_item(
        &self,
        view: &'static SystemView,
        args: Vec<Expr>,
        alias: Option<&TableAlias>,
    ) -> Result<Item> {
        let columns: Vec<OutputColumn> = view
            .columns
            .iter()
            .map(|(name, oid)| self.output(name, SqlType::plain(*oid)))
            .collect();
        let table = scope_table(view.name, alias, &columns)?;
        let ids = columns.iter().map(|column| column.id).collect();
        let lateral = !args.iter().all(walk::is_constant);
        let shown = table.alias.clone().unwrap_or_default();
        let rel = Rel::View {
            view,
            args,
            alias: shown,
            columns: ids,
        };
        Ok(Item {
            rel,
            tables: alloc::vec![table],
            lateral,
        })
    }

    fn subquery_item(
        &self,
        lateral: bool,
        query: &ast::Query,
        alias: Option<&TableAlias>,
        left: &Scope,
        pos: u32,
    ) -> Result<Item> {
        let Some(alias) = alias else {
            let word = if matches!(query.body, ast::QueryBody::Values(_)) {
                "VALUES"
            } else {
                "subquery"
            };
            return Err(
                SqlError::syntax(format!("{word} in FROM must have an alias"))
                    .hint(format!(
                        "For example, FROM ({} ...) [AS] foo.",
                        if word == "VALUES" { "VALUES" } else { "SELECT" }
                    ))
                    .at(pos),
            );
        };
        let outermost = Scope::outermost();
        let outer = if lateral {
            left
        } else {
            left.outer.unwrap_or(&outermost)
        };
        let scope = Scope::inside(outer);
        let query = self.query(query, &scope)?;
        let query = self.settle_outputs(query)?;
        let table = scope_table(&alias.name.name, Some(alias), &query.columns)?;
        Ok(Item {
            rel: narrowed(query),
            tables: alloc::vec![table],
            lateral,
        })
    }

    fn function_item(&self, function: &ast::TableFunction, left: &Scope) -> Result<Item> {
        let [call] = function.calls.as_slice() else {
            return Err(
                SqlError::unsupported("ROWS FROM with several functions is not supported")
                    .at(function.pos),
            );
        };
        if !call.columns.is_empty() {
            return Err(
                SqlError::unsupported("a column definition list is not supported").at(function.pos),
            );
        }
        let ast::ExprKind::Call(named) = &call.call.kind else {
            return Err(
                SqlError::unsupported("this expression in FROM is not supported").at(function.pos),
            );
        };
        let name = named.name.name.as_str();
        let applies = RefCell::default();
        let place = Place {
            scope: left,
            clause: "functions in FROM",
            aggregates: None,
            applies: &applies,
        };
        let args = named
            .args
            .iter()
            .map(|arg| self.expr(&arg.value, &place))
            .collect::<Result<Vec<Expr>>>()?;
        if !applies.borrow().is_empty() {
            return Err(
                SqlError::unsupported("a subquery in a function of FROM is not supported")
                    .at(function.pos),
            );
        }
        if let Some(view) = crate::catalog::views::function_named(name, args.len()) {
            let args = self.arguments(args, view.args, view.args)?;
            return self.system_item(view, args, function.alias.as_ref());
        }
        let given: Vec<Oid> = args.iter().map(|arg| arg.ty.oid).collect();
        let (row, wanted) = match resolve::function(name, &given) {
            Choice::One(row, wanted) => (row, wanted),
            Choice::None => return Err(super::call::no_function(name, &given, named.name.pos)),
            Choice::Ambiguous => return Err(super::call::ambiguous(name, &given, named.name.pos)),
        };
        let ty = SqlType::plain(resolve::result_type(row.ret, &wanted, &given));
        let args = self.arguments(args, &wanted, &given)?;
        let shown = function
            .alias
            .as_ref()
            .map_or(name, |alias| alias.name.name.as_str());
        let mut columns = alloc::vec![self.output(shown, ty)];
        let lateral = !args.iter().all(walk::is_constant);
        if !row.returns_set() {
            let expr = Expr::new(
                ExprKind::Call {
                    function: row,
                    args,
                },
                ty,
                named.name.pos,
            );
            let column = columns
                .pop()
                .ok_or_else(|| SqlError::bug("a function without a column"))?;
            let table = scope_table(
                shown,
                function.alias.as_ref(),
                core::slice::from_ref(&column),
            )?;
            let rel = Rel::Project {
                input: Box::new(Rel::Unit),
                columns: alloc::vec![(column, expr)],
            };
            return Ok(Item {
                rel,
                tables: alloc::vec![table],
                lateral,
            });
        }
        if function.ordinality {
            columns.push(self.output("ordinality", SqlType::plain(Oid::INT8)));
        }
        let table = scope_table(shown, function.alias.as_ref(), &columns)?;
        let rel = Rel::Function {
            function: row,
            args,
            columns,
            alias: shown.into(),
            ordinality: function.ordinality,
        };
        Ok(Item {
            rel,
            tables: alloc::vec![table],
            lateral,
        })
    }

    fn join_item(&self, join: &ast::Join, outside: &Scope) -> Result<Item> {
        let left = self.item(&join.left, outside)?;
        // The right side may be LATERAL to everything before it.
        let mut before = Scope {
            tables: outside.tables.clone(),
            ..Scope::default()
        };
        before.outer = outside.outer;
        before.tables.extend(left.tables.iter().cloned());
        let right = self.item(&join.right, &before)?;
        if right.lateral && matches!(join.kind, ast::JoinKind::Right | ast::JoinKind::Full) {
            return Err(SqlError::user(
                SqlState::INVALID_COLUMN_REFERENCE,
                "the combining JOIN type must be INNER or LEFT for a LATERAL reference",
            )
            .at(join.pos));
        }
        check_aliases(&left.tables, &right.tables, join.pos)?;
        let kind = match join.kind {
            ast::JoinKind::Inner | ast::JoinKind::Cross => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            ast::JoinKind::Right => JoinKind::Right,
            ast::JoinKind::Full => JoinKind::Full,
        };
        let lateral = left.lateral;
        let inner_lateral = right.lateral;
        let mut tables = left.tables;
        let count = tables.len();
        tables.extend(right.tables);
        let mut scope = Scope {
            tables,
            ..Scope::default()
        };
        scope.outer = outside.outer;
        let (on, merged) = self.condition(join, kind, &mut scope, count)?;
        let (on, applies) = on;
        if !applies.is_empty() && kind != JoinKind::Inner {
            return Err(SqlError::unsupported(
                "a subquery in the condition of an outer join is not supported",
            )
            .at(join.pos));
        }
        let deferred = if applies.is_empty() {
            Vec::new()
        } else {
            on.clone()
        };
        let mut rel = Rel::Join {
            kind,
            left: Box::new(left.rel),
            right: Box::new(right.rel),
            on: if applies.is_empty() { on } else { Vec::new() },
            lateral: inner_lateral,
        };
        if !applies.is_empty() {
            rel = Rel::Filter {
                input: Box::new(apply_all(rel, applies)),
                predicates: deferred,
            };
        }
        let mut tables = scope.tables;
        if let Some((table, made)) = merged {
            if !made.is_empty() {
                rel = with_columns(rel, &tables, made);
            }
            tables.insert(0, table);
        }
        if let Some(alias) = &join.alias {
            tables = alloc::vec![flattened(alias, &tables)?];
        }
        Ok(Item {
            rel,
            tables,
            lateral,
        })
    }

    /// The join's condition and, for USING and NATURAL, the table of merged columns with those that
    /// have to be computed.
    #[allow(clippy::type_complexity, reason = "one caller takes it apart at once")]
    fn condition(
        &self,
        join: &ast::Join,
        kind: JoinKind,
        scope: &mut Scope,
        left_count: usize,
    ) -> Result<(
        (Vec<Expr>, Vec<PendingApply>),
        Option<(ScopeTable, Vec<(OutputColumn, Expr)>)>,
    )> {
        let names: Vec<(String, u32)> = match &join.condition {
            JoinCondition::None => return Ok(((Vec::new(), Vec::new()), None)),
            JoinCondition::On(expr) => {
                let applies = RefCell::default();
                let place = Place {
                    scope,
                    clause: "JOIN conditions",
                    aggregates: None,
                    applies: &applies,
                };
                let on = self.expr(expr, &place)?;
                let on = self.coerce_to_bool(on, "JOIN/ON")?;
                let mut parts = Vec::new();
                walk::conjuncts(on, &mut parts);
                return Ok(((parts, applies.into_inner()), None));
            }
            JoinCondition::Using { columns, .. } => columns
                .iter()
                .map(|column| (column.name.clone(), column.pos))
                .collect(),
            JoinCondition::Natural => natural(&scope.tables, left_count, join.pos),
        };
        let mut on = Vec::new();
        let mut made = Vec::new();
        let mut merged = Vec::new();
        for (name, pos) in names {
            let split = left_count.min(scope.tables.len());
            let (left_tables, right_tables) = scope.tables.split_at_mut(split);
            let left = take(left_tables, &name, "left", pos)?;
            let right = take(right_tables, &name, "right", pos)?;
            let exprs = [&left, &right].map(|c| Expr::new(ExprKind::Column(c.id), c.ty, pos));
            let [a, b] = exprs;
            on.push(self.binary("=", a.clone(), b.clone(), pos)?);
            let column = match kind {
                JoinKind::Full => {
                    let (list, ty) = self.unify(alloc::vec![a, b], "JOIN/USING")?;
                    let output = self.output(&name, ty);
                    let id = output.id;
                    made.push((output, Expr::new(ExprKind::Coalesce(list), ty, pos)));
                    ScopeColumn {
                        name,
                        id,
                        ty,
                        origin: (Oid::INVALID, 0),
                        hidden: false,
                    }
                }
                JoinKind::Right => ScopeColumn {
                    hidden: false,
                    ..right
                },
                _ => ScopeColumn {
                    hidden: false,
                    ..left
                },
            };
            merged.push(column);
        }
        let table = ScopeTable {
            alias: None,
            schema: None,
            columns: merged,
            system: Vec::new(),
            barred: false,
        };
        Ok(((on, Vec::new()), Some((table, made))))
    }
}

/// Names that both sides of a NATURAL join have, in the left side's order.
fn natural(tables: &[ScopeTable], left_count: usize, pos: u32) -> Vec<(String, u32)> {
    let (left, right) = tables.split_at(left_count.min(tables.len()));
    let visible = |side: &[ScopeTable]| -> Vec<String> {
        let columns = side.iter().flat_map(|table| &table.columns);
        columns
            .filter(|column| !column.hidden)
            .map(|column| column.name.clone())
            .collect()
    };
    let right = visible(right);
    visible(left)
        .into_iter()
        .filter(|name| right.contains(name))
        .map(|name| (name, pos))
        .collect()
}

/// Finds one side's column of USING and hides it.
fn take(tables: &mut [ScopeTable], name: &str, side: &str, pos: u32) -> Result<ScopeColumn> {
    let mut found = tables
        .iter_mut()
        .flat_map(|table| &mut table.columns)
        .filter(|column| column.name == name && !column.hidden);
    let Some(column) = found.next() else {
        return Err(SqlError::user(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{name}\" specified in USING clause does not exist in {side} table"),
        )
        .at(pos));
    };
    if found.next().is_some() {
        return Err(SqlError::user(
            SqlState::AMBIGUOUS_COLUMN,
            format!("common column name \"{name}\" appears more than once in {side} table"),
        )
        .at(pos));
    }
    let taken = column.clone();
    column.hidden = true;
    Ok(taken)
}

/// The step with its tables' columns and computed ones.
fn with_columns(rel: Rel, tables: &[ScopeTable], made: Vec<(OutputColumn, Expr)>) -> Rel {
    let mut columns: Vec<(OutputColumn, Expr)> = Vec::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        if columns.iter().any(|(known, _)| known.id == column.id) {
            continue;
        }
        let output = OutputColumn {
            id: column.id,
            name: column.name.clone(),
            ty: column.ty,
            origin: column.origin,
        };
        columns.push((output, Expr::column(column.id, column.ty)));
    }
    columns.extend(made);
    Rel::Project {
        input: Box::new(rel),
        columns,
    }
}

/// All visible columns of a join under the join's own alias.
fn flattened(alias: &TableAlias, tables: &[ScopeTable]) -> Result<ScopeTable> {
    let mut columns: Vec<ScopeColumn> = tables
        .iter()
        .flat_map(|table| &table.columns)
        .filter(|column| !column.hidden)
        .cloned()
        .collect();
    rename(&mut columns, Some(alias))?;
    Ok(ScopeTable {
        alias: Some(alias.name.name.clone()),
        schema: None,
        columns,
        system: Vec::new(),
        barred: false,
    })
}

fn scope_table(
    name: &str,
    alias: Option<&TableAlias>,
    columns: &[OutputColumn],
) -> Result<ScopeTable> {
    let mut named: Vec<ScopeColumn> = columns
        .iter()
        .map(|column| ScopeColumn {
            name: column.name.clone(),
            id: column.id,
            ty: column.ty,
            origin: column.origin,
            hidden: false,
        })
        .collect();
    rename(&mut named, alias)?;
    Ok(ScopeTable {
        alias: Some(alias.map_or(name, |alias| alias.name.name.as_str()).into()),
        schema: None,
        columns: named,
        system: Vec::new(),
        barred: false,
    })
}

/// `AS t (a, b)`.
fn rename(columns: &mut [ScopeColumn], alias: Option<&TableAlias>) -> Result<()> {
    let Some(alias) = alias else { return Ok(()) };
    if alias.columns.len() > columns.len() {
        return Err(SqlError::user(
            SqlState::INVALID_COLUMN_REFERENCE,
            format!(
                "table \"{}\" has {} columns available but {} columns specified",
                alias.name.name,
                columns.len(),
                alias.columns.len()
            ),
        )
        .at(alias.name.pos));
    }
    for (column, given) in columns.iter_mut().zip(&alias.columns) {
        column.name = given.name.clone();
    }
    Ok(())
}

/// 42712 for two tables of one name.
fn check_aliases(known: &[ScopeTable], new: &[ScopeTable], pos: u32) -> Result<()> {
    for table in new {
        let Some(name) = &table.alias else { continue };
        if known.iter().any(|other| {
            other.alias.as_ref() == Some(name)
                && (table.schema.is_none() || table.schema == other.schema)
        }) {
            return Err(SqlError::user(
                SqlState::DUPLICATE_ALIAS,
                format!("table name \"{name}\" specified more than once"),
            )
            .at(pos));
        }
    }
    Ok(())
}
