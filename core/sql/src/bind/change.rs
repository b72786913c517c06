//! INSERT, UPDATE and DELETE.

use super::expr::Place;
use super::scope::{Scope, ScopeTable};
use super::standalone::{parse_expr, row_scope};
use super::sub::apply_all;
use super::tree::{
    Change, ChangeKind, ColumnId, Conflict, ConflictUpdate, CteDef, Expr, ExprKind, JoinKind,
    OutputColumn, Rel, SystemColumn,
};
use super::{Binder, Bound, walk};
use crate::catalog::{ConstraintKind, IndexDef, Relation, TableDef};
use crate::parse::ast::{self, ExprKind as Ast, QueryBody, Target};
use crate::types::SqlType;
use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError, SqlState};

impl Binder<'_> {
    /// The table that a statement changes.
    fn changed_table(&self, name: &ast::QualifiedName, verb: &str) -> Result<Rc<TableDef>> {
        self.writes.set(true);
        match self.relation(name)? {
            Relation::Table(table) if table.system => Err(SqlError::user(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("permission denied: \"{}\" is a system catalog", table.name),
            )
            .at(name.pos)),
            Relation::Table(table) => {
                self.uses(table.oid, true);
                Ok(table)
            }
            Relation::View(view) => Err(SqlError::user(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("cannot {verb} view \"{}\"", view.name),
            )
            .detail("Changing rows through a view is not supported.")
            .at(name.pos)),
            other => Err(SqlError::user(
                SqlState::WRONG_OBJECT_TYPE,
                format!("cannot change {} \"{}\"", other.kind_name(), name.name),
            )
            .at(name.pos)),
        }
    }

    /// WITH around a change.
    fn with_ctes(
        &self,
        with: Option<&ast::With>,
        inner: impl FnOnce() -> Result<Change>,
    ) -> Result<Bound> {
        let open = self.ctes.borrow().len();
        let ctes = match with {
            None => Ok(Vec::new()),
            Some(with) => self.with(with, &Scope::outermost()),
        };
        let made = ctes.and_then(|ctes: Vec<CteDef>| Ok((ctes, inner()?)));
        self.ctes.borrow_mut().truncate(open);
        let (ctes, change) = made?;
        Ok(Bound::Change { ctes, change })
    }

    fn target(&self, table: &TableDef, target: &Target) -> Result<usize> {
        let name = &target.column;
        if !target.path.is_empty() {
            return Err(
                SqlError::unsupported("assigning to a part of a column is not supported")
                    .at(name.pos),
            );
        }
        table.column_named(&name.name).ok_or_else(|| {
            SqlError::user(
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "column \"{}\" of relation \"{}\" does not exist",
                    name.name, table.name
                ),
            )
            .at(name.pos)
        })
    }

    fn column_type(table: &TableDef, at: usize) -> (SqlType, &str) {
        table
            .columns
            .get(at)
            .map_or((SqlType::plain(crate::types::Oid::TEXT), ""), |c| {
                (c.ty, &c.name)
            })
    }

    pub(super) fn insert(&self, insert: &ast::Insert) -> Result<Bound> {
        self.with_ctes(insert.with.as_ref(), || self.insert_change(insert))
    }

    fn insert_change(&self, insert: &ast::Insert) -> Result<Change> {
        let table = self.changed_table(&insert.table, "insert into")?;
        let mut targets = Vec::new();
        for target in &insert.columns {
            let at = self.target(&table, target)?;
            if targets.contains(&at) {
                return Err(SqlError::user(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column \"{}\" specified more than once", target.column.name),
                )
                .at(target.column.pos));
            }
            targets.push(at);
        }
        let explicit = !targets.is_empty();
        if !explicit {
            targets = table.live_columns().map(|(at, _)| at).collect();
        }
        let (source, given) = self.insert_source(insert, &table, &targets, explicit)?;
        let values = self.insert_values(&table, given)?;
        let row = self.new_row(&table);
        let alias = insert
            .alias
            .as_ref()
            .map_or(&*table.name, |alias| alias.name.as_str());
        let conflict = match &insert.on_conflict {
            None => None,
            Some(conflict) => Some(self.conflict(conflict, &table, alias)?),
        };
        let mut scope = Scope::outermost();
        scope.tables.push(row_scope(&table, alias, &row));
        let returning = self.plain_items(&insert.returning, &scope)?;
        let checks = self.checks_of(&table, &row)?;
        let kind = ChangeKind::Insert {
            source,
            values,
            conflict,
        };
        Ok(Change {
            table,
            kind,
            returning,
            checks,
            row,
        })
    }

    fn new_row(&self, table: &TableDef) -> Vec<(usize, ColumnId)> {
        table
            .live_columns()
            .map(|(at, _)| (at, self.new_column()))
            .collect()
    }

    /// The rows to insert, and for each target its value over them (`None`: the default).
    #[allow(clippy::type_complexity, reason = "one caller takes it apart at once")]
    fn insert_source(
        &self,
        insert: &ast::Insert,
        table: &TableDef,
        targets: &[usize],
        explicit: bool,
    ) -> Result<(Rel, Vec<(usize, Option<Expr>)>)> {
        let query = match &insert.source {
            ast::InsertSource::DefaultValues => return Ok((Rel::Unit, Vec::new())),
            ast::InsertSource::Query(query) => query,
        };
        let plain = query.with.is_none()
            && query.order_by.is_empty()
            && query.offset.is_none()
            && matches!(query.limit, ast::Limit::None);
        let overriding = insert.overriding == Some(ast::Overriding::System);
        if let (true, QueryBody::Values(rows)) = (plain, &query.body) {
            return self.insert_rows(rows, table, targets, explicit, overriding);
        }
        let bound = self.query(query, &Scope::outermost())?;
        self.check_width(bound.columns.len(), targets.len(), explicit, query.pos)?;
        let types: Vec<SqlType> = bound
            .columns
            .iter()
            .zip(targets)
            .map(|(column, at)| match column.ty.oid {
                crate::types::Oid::UNKNOWN => Self::column_type(table, *at).0,
                _ => column.ty,
            })
            .collect();
        let bound = self.retyped(bound, &types)?;
        let mut given = Vec::new();
        for (column, at) in bound.columns.iter().zip(targets) {
            let (ty, name) = Self::column_type(table, *at);
            self.check_generated(table, *at, overriding, query.pos)?;
            let expr = Expr::new(ExprKind::Column(column.id), column.ty, query.pos);
            given.push((*at, Some(self.coerce_to_column(expr, ty, name)?)));
        }
        Ok((bound.rel, given))
    }

    fn check_width(&self, given: usize, wanted: usize, explicit: bool, pos: u32) -> Result<()> {
        if given > wanted {
            return Err(
                SqlError::syntax("INSERT has more expressions than target columns").at(pos),
            );
        }
        if explicit && given < wanted {
            return Err(
                SqlError::syntax("INSERT has more target columns than expressions").at(pos),
            );
        }
        Ok(())
    }

    /// 428C9 for a value given to a generated column.
    fn check_generated(
        &self,
        table: &TableDef,
        at: usize,
        overriding: bool,
        pos: u32,
    ) -> Result<()> {
        let Some(column) = table.columns.get(at) else {
            return Ok(());
        };
        let always = column.identity == Some(true) && !overriding;
        if !always && !column.generated {
            return Ok(());
        }
        let error = SqlError::user(
            SqlState::GENERATED_ALWAYS,
            format!(
                "cannot insert a non-DEFAULT value into column \"{}\"",
                column.name
            ),
        );
        Err(if column.generated {
            error.detail(format!("Column \"{}\" is a generated column.", column.name))
        } else {
            error
                .detail(format!(
                    "Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                    column.name
                ))
                .hint("Use OVERRIDING SYSTEM VALUE to override.")
        }
        .at(pos))
    }

    #[allow(clippy::type_complexity, reason = "one caller takes it apart at once")]
    fn insert_rows(
        &self,
        rows: &[Vec<ast::Expr>],
        table: &TableDef,
        targets: &[usize],
        explicit: bool,
        overriding: bool,
    ) -> Result<(Rel, Vec<(usize, Option<Expr>)>)> {
        let applies = RefCell::default();
        let scope = Scope::outermost();
        let place = Place {
            scope: &scope,
            clause: "VALUES",
            aggregates: None,
            applies: &applies,
        };
        let width = rows.first().map_or(0, Vec::len);
        let mut bound: Vec<Vec<Option<Expr>>> = Vec::new();
        for row in rows {
            let pos = row.first().map_or(0, |expr| expr.start());
            if row.len() != width {
                return Err(SqlError::syntax("VALUES lists must all be the same length").at(pos));
            }
            let last = row.get(targets.len()).map_or(pos, |expr| expr.start());
            self.check_width(width, targets.len(), explicit, last)?;
            let mut cells = Vec::new();
            for (expr, at) in row.iter().zip(targets) {
                if matches!(expr.kind, Ast::Default) {
                    cells.push(None);
                    continue;
                }
                self.check_generated(table, *at, overriding, expr.pos)?;
                let (ty, name) = Self::column_type(table, *at);
                let value = self.expr(expr, &place)?;
                cells.push(Some(self.coerce_to_column(value, ty, name)?));
            }
            bound.push(cells);
        }
        let applies = applies.into_inner();
        if bound.len() == 1 {
            let cells = bound.into_iter().next().unwrap_or_default();
            let given = targets.iter().copied().zip(cells).collect();
            return Ok((apply_all(Rel::Unit, applies), given));
        }
        if !applies.is_empty() {
            return Err(SqlError::unsupported(
                "subqueries in VALUES of several rows are not supported",
            ));
        }
        self.many_rows(bound, table, targets)
    }

    #[allow(clippy::type_complexity, reason = "one caller takes it apart at once")]
    fn many_rows(
        &self,
        rows: Vec<Vec<Option<Expr>>>,
        table: &TableDef,
        targets: &[usize],
    ) -> Result<(Rel, Vec<(usize, Option<Expr>)>)> {
        let width = rows.first().map_or(0, Vec::len);
        // A column that is DEFAULT in every row is left out.
        let left_out = |at: usize| {
            rows.iter()
                .all(|row| row.get(at).is_none_or(Option::is_none))
        };
        let kept: Vec<usize> = (0..width).filter(|at| !left_out(*at)).collect();
        let mut given = Vec::new();
        let mut columns: Vec<OutputColumn> = Vec::new();
        for (at, attribute) in targets.iter().enumerate().take(width) {
            if !kept.contains(&at) {
                given.push((*attribute, None));
                continue;
            }
            let (ty, name) = Self::column_type(table, *attribute);
            let column = self.output(name, ty);
            given.push((*attribute, Some(Expr::column(column.id, ty))));
            columns.push(column);
        }
        let mut made = Vec::new();
        for row in rows {
            let mut cells = Vec::new();
            for (at, cell) in row
                .into_iter()
                .enumerate()
                .filter(|(at, _)| kept.contains(at))
            {
                let attribute = targets.get(at).copied().unwrap_or(0);
                cells.push(match cell {
                    Some(expr) => expr,
                    None => self.default_of(table, attribute)?,
                });
            }
            made.push(cells);
        }
        Ok((
            Rel::Values {
                rows: made,
                columns,
            },
            given,
        ))
    }

    /// One expression for each attribute: the given one, the default, the generated one.
    fn insert_values(
        &self,
        table: &TableDef,
        given: Vec<(usize, Option<Expr>)>,
    ) -> Result<Vec<Expr>> {
        let mut values = Vec::new();
        for (at, column) in table.columns.iter().enumerate() {
            if column.dropped {
                values.push(Expr::constant(vitrine_data::Datum::Null, column.ty));
                continue;
            }
            let value = given.iter().find(|(attribute, _)| *attribute == at);
            values.push(match value {
                Some((_, Some(expr))) => expr.clone(),
                _ => self.default_of(table, at)?,
            });
        }
        for (at, column) in table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| c.generated && !c.dropped)
        {
            let computed =
                self.generated(table, column.default.as_deref().unwrap_or("NULL"), &|at| {
                    values.get(at).cloned()
                })?;
            let computed = self.coerce_to_column(computed, column.ty, &column.name)?;
            if let Some(value) = values.get_mut(at) {
                *value = computed;
            }
        }
        Ok(values)
    }

    /// A generated column's expression with attributes replaced by their values.
    fn generated(
        &self,
        table: &TableDef,
        text: &str,
        value: &dyn Fn(usize) -> Option<Expr>,
    ) -> Result<Expr> {
        let row = self.new_row(table);
        let tree = parse_expr(text)?;
        let scope = row_scope(table, &table.name, &row);
        let mut bound = self.row_expr(&tree, scope, "column generation expressions")?;
        substitute(&mut bound, &|id| {
            let (at, _) = row.iter().find(|(_, known)| *known == id)?;
            value(*at)
        });
        Ok(bound)
    }

    fn conflict(
        &self,
        conflict: &ast::OnConflict,
        table: &Rc<TableDef>,
        alias: &str,
    ) -> Result<Conflict> {
        let arbiters = match &conflict.target {
            None => Vec::new(),
            Some(ast::ConflictTarget::Constraint(name)) => {
                let found =
                    table
                        .constraints
                        .iter()
                        .find_map(|constraint| match &constraint.kind {
                            ConstraintKind::Primary { index, .. }
                            | ConstraintKind::Unique { index, .. }
                                if *constraint.name == *name.name =>
                            {
                                Some(*index)
                            }
                            _ => None,
                        });
                let index =
                    found.and_then(|oid| table.indexes.iter().find(|index| index.oid == oid));
                let index = index.ok_or_else(|| {
                    SqlError::user(
                        SqlState::UNDEFINED_OBJECT,
                        format!(
                            "constraint \"{}\" for table \"{}\" does not exist",
                            name.name, table.name
                        ),
                    )
                    .at(name.pos)
                })?;
                alloc::vec![index.clone()]
            }
            Some(ast::ConflictTarget::Columns { elements, .. }) => {
                self.arbiters(elements, table, conflict.pos)?
            }
        };
        let ast::ConflictAction::Update { sets, filter } = &conflict.action else {
            return Ok(Conflict {
                arbiters,
                update: None,
            });
        };
        if arbiters.is_empty() {
            return Err(SqlError::syntax(
                "ON CONFLICT DO UPDATE requires inference specification or constraint name",
            )
            .hint("For example, ON CONFLICT (column_name).")
            .at(conflict.pos));
        }
        let (old, excluded) = (self.new_row(table), self.new_row(table));
        let mut scope = Scope::outermost();
        scope.tables.push(row_scope(table, alias, &old));
        scope
            .tables
            .push(qualified_only(row_scope(table, "excluded", &excluded)));
        let applies = RefCell::default();
        let sets = self.assignments(sets, table, &scope, &applies, &old)?;
        let filter = match filter {
            None => None,
            Some(filter) => {
                let place = Place {
                    scope: &scope,
                    clause: "WHERE",
                    aggregates: None,
                    applies: &applies,
                };
                let bound = self.expr(filter, &place)?;
                Some(self.coerce_to_bool(bound, "WHERE")?)
            }
        };
        if !applies.borrow().is_empty() {
            return Err(
                SqlError::unsupported("a subquery in ON CONFLICT is not supported")
                    .at(conflict.pos),
            );
        }
        Ok(Conflict {
            arbiters,
            update: Some(ConflictUpdate {
                old,
                excluded,
                sets,
                filter,
            }),
        })
    }

    /// Unique indexes over exactly these columns.
    fn arbiters(
        &self,
        elements: &[ast::ConflictElement],
        table: &TableDef,
        pos: u32,
    ) -> Result<Vec<Rc<IndexDef>>> {
        let mut wanted = Vec::new();
        for element in elements {
            let Ast::Column(parts) = &element.expr.kind else {
                return Err(
                    SqlError::unsupported("an expression in ON CONFLICT is not supported")
                        .at(element.expr.pos),
                );
            };
            let name = parts.last().map_or("", |part| part.name.as_str());
            let at = table.column_named(name).ok_or_else(|| {
                SqlError::user(
                    SqlState::UNDEFINED_COLUMN,
                    format!("column \"{name}\" does not exist"),
                )
                .at(element.expr.pos)
            })?;
            if !wanted.contains(&at) {
                wanted.push(at);
            }
        }
        let fits = |index: &&Rc<IndexDef>| {
            index.unique
                && index.predicate.is_none()
                && index.keys.len() == wanted.len()
                && index
                    .keys
                    .iter()
                    .all(|key| key.column.is_some_and(|at| wanted.contains(&at)))
        };
        let found: Vec<Rc<IndexDef>> = table.indexes.iter().filter(fits).cloned().collect();
        if found.is_empty() {
            return Err(SqlError::user(
                SqlState::INVALID_COLUMN_REFERENCE,
                "there is no unique or exclusion constraint matching the ON CONFLICT specification",
            )
            .at(pos));
        }
        Ok(found)
    }

    /// SET, with generated columns added. `old` are the ids of the row as it was.
    fn assignments(
        &self,
        sets: &[ast::Assignment],
        table: &TableDef,
        scope: &Scope,
        applies: &RefCell<Vec<super::sub::PendingApply>>,
        old: &[(usize, ColumnId)],
    ) -> Result<Vec<(usize, Expr)>> {
        let place = Place {
            scope,
            clause: "UPDATE",
            aggregates: None,
            applies,
        };
        let mut out: Vec<(usize, Expr)> = Vec::new();
        let mut add = |target: &Target, value: &ast::Expr| -> Result<()> {
            let at = self.target(table, target)?;
            let (name, pos) = (target.column.name.as_str(), target.column.pos);
            if out.iter().any(|(known, _)| *known == at) {
                return Err(SqlError::syntax(format!(
                    "multiple assignments to same column \"{name}\""
                ))
                .at(pos));
            }
            let column = table
                .columns
                .get(at)
                .ok_or_else(|| SqlError::bug("no such attribute"))?;
            let is_default = matches!(value.kind, Ast::Default);
            if (column.generated || column.identity == Some(true)) && !is_default {
                let kind = if column.generated {
                    "a generated column"
                } else {
                    "an identity column defined as GENERATED ALWAYS"
                };
                return Err(SqlError::user(
                    SqlState::GENERATED_ALWAYS,
                    format!("column \"{name}\" can only be updated to DEFAULT"),
                )
                .detail(format!("Column \"{name}\" is {kind}."))
                .at(pos));
            }
            let expr = match is_default {
                true => self.default_of(table, at)?,
                false => self.coerce_to_column(self.expr(value, &place)?, column.ty, name)?,
            };
            out.push((at, expr));
            Ok(())
        };
        for set in sets {
            match set {
                ast::Assignment::Single { target, value } => add(target, value)?,
                ast::Assignment::Multi { targets, value } => {
                    let Ast::Row { items, .. } = &value.kind else {
                        return Err(SqlError::unsupported(
                            "assigning several columns from a subquery is not supported",
                        )
                        .at(value.pos));
                    };
                    if items.len() != targets.len() {
                        let error = "number of columns does not match number of values";
                        return Err(SqlError::syntax(error).at(value.pos));
                    }
                    for (target, value) in targets.iter().zip(items) {
                        add(target, value)?;
                    }
                }
            }
        }
        self.regenerate(table, &mut out, old)?;
        Ok(out)
    }

    fn regenerate(
        &self,
        table: &TableDef,
        sets: &mut Vec<(usize, Expr)>,
        old: &[(usize, ColumnId)],
    ) -> Result<()> {
        let generated: Vec<usize> = table
            .live_columns()
            .filter(|(_, column)| column.generated)
            .map(|(at, _)| at)
            .collect();
        for at in generated {
            let Some(column) = table.columns.get(at) else {
                continue;
            };
            let value = |other: usize| {
                let set = sets.iter().find(|(known, _)| *known == other);
                set.map(|(_, expr)| expr.clone()).or_else(|| {
                    let (_, id) = old.iter().find(|(known, _)| *known == other)?;
                    Some(Expr::column(*id, table.columns.get(other)?.ty))
                })
            };
            let text = column.default.as_deref().unwrap_or("NULL");
            let computed = self.generated(table, text, &value)?;
            let computed = self.coerce_to_column(computed, column.ty, &column.name)?;
            sets.retain(|(known, _)| *known != at);
            sets.push((at, computed));
        }
        Ok(())
    }

    pub(super) fn update(&self, update: &ast::Update) -> Result<Bound> {
        self.with_ctes(update.with.as_ref(), || self.update_change(update))
    }

    fn update_change(&self, update: &ast::Update) -> Result<Change> {
        let table = self.changed_table(&update.table, "update")?;
        let (target, named) = self.table_rel(&table, update.alias.as_ref())?;
        let old = target.columns.clone();
        let ctid = ctid_of(&target.system)?;
        let mut scope = Scope::outermost();
        let mut source = Rel::Table(target);
        scope.tables.push(named);
        source = self.joined(source, &update.from, &mut scope)?;
        if let Some(filter) = &update.filter {
            source = self.filter(source, filter, &scope, "WHERE")?;
        }
        let applies = RefCell::default();
        let sets = self.assignments(&update.sets, &table, &scope, &applies, &old)?;
        source = apply_all(source, applies.into_inner());
        let row = self.new_row(&table);
        if let Some(first) = scope.tables.first_mut() {
            for column in &mut first.columns {
                let at = old
                    .iter()
                    .find(|(_, id)| *id == column.id)
                    .map(|(at, _)| *at);
                let new = row.iter().find(|(known, _)| Some(*known) == at);
                column.id = new.map_or(column.id, |(_, id)| *id);
            }
        }
        let returning = self.plain_items(&update.returning, &scope)?;
        let checks = self.checks_of(&table, &row)?;
        let kind = ChangeKind::Update {
            source,
            old,
            ctid,
            sets,
        };
        Ok(Change {
            table,
            kind,
            returning,
            checks,
            row,
        })
    }

    /// FROM of UPDATE and USING of DELETE, beside the target.
    fn joined(&self, target: Rel, items: &[ast::TableRef], scope: &mut Scope) -> Result<Rel> {
        if items.is_empty() {
            return Ok(target);
        }
        let right = self.from(items, scope)?;
        Ok(Rel::Join {
            kind: JoinKind::Inner,
            left: Box::new(target),
            right: Box::new(right),
            on: Vec::new(),
            lateral: false,
        })
    }

    pub(super) fn delete(&self, delete: &ast::Delete) -> Result<Bound> {
        self.with_ctes(delete.with.as_ref(), || self.delete_change(delete))
    }

    fn delete_change(&self, delete: &ast::Delete) -> Result<Change> {
        let table = self.changed_table(&delete.table, "delete from")?;
        let (target, named) = self.table_rel(&table, delete.alias.as_ref())?;
        let old = target.columns.clone();
        let ctid = ctid_of(&target.system)?;
        let mut scope = Scope::outermost();
        scope.tables.push(named);
        let mut source = self.joined(Rel::Table(target), &delete.using, &mut scope)?;
        if let Some(filter) = &delete.filter {
            source = self.filter(source, filter, &scope, "WHERE")?;
        }
        let returning = self.plain_items(&delete.returning, &scope)?;
        let row = old.clone();
        let kind = ChangeKind::Delete { source, old, ctid };
        Ok(Change {
            table,
            kind,
            returning,
            checks: Vec::new(),
            row,
        })
    }
}

fn ctid_of(system: &[(SystemColumn, ColumnId)]) -> Result<ColumnId> {
    let found = system
        .iter()
        .find(|(column, _)| *column == SystemColumn::Ctid);
    found
        .map(|(_, id)| *id)
        .ok_or_else(|| SqlError::bug("a table without ctid"))
}

/// `excluded.a` may be named, a bare `a` means the target's.
fn qualified_only(mut table: ScopeTable) -> ScopeTable {
    for column in &mut table.columns {
        column.hidden = true;
    }
    table.schema = Some(String::new());
    table
}

/// Replaces columns by what `value` gives for them.
fn substitute(expr: &mut Expr, value: &dyn Fn(ColumnId) -> Option<Expr>) {
    if let ExprKind::Column(id) = expr.kind
        && let Some(new) = value(id)
    {
        *expr = new;
        return;
    }
    walk::children_mut(expr, &mut |child| substitute(child, value));
}
