//! Foreign keys, checked when the statement has changed all its rows.
//!
//! A statement notes which of its rows refer to a parent and which parent rows lost a key; at its
//! end it looks up the one in the parent's unique index (holding the parent row by FOR KEY SHARE,
//! so that nobody takes it away before commit) and searches the other's children, by an index on
//! the referring columns where there is one. What then happens to children – nothing, a refusal,
//! a delete, nulls, the new key – may again be noted for the children's own children.
//!
//! Left out: DEFERRABLE constraints are checked as if they were not; SET DEFAULT is refused.

use super::{attribute_types, constraint};
use crate::catalog::{
    ConstraintDef, ConstraintKind, ForeignKeyDef, MatchKind, ReferentialAction, TableDef,
};
use crate::execute::engine::{act, fresh_snapshot, latest};
use crate::execute::{ExecCx, index_key};
use crate::plan::tree::{Checks, ForeignKey};
use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use vitrine_data::{BATCH_ROWS, Datum, Result, SqlError, SqlState};
use vitrine_engine::RowWait;
use vitrine_engine::access::{
    DeleteOp, IndexScanSpec, KeyRange, Locator, RowOutcome, RowSink, ScanSpec, UpdateOp,
};
use vitrine_engine::lock::RowStrength;
use vitrine_engine::txn::Snapshot;

/// How deep cascades may run into one another.
const MAX_CASCADE_DEPTH: usize = 100;

/// A parent row that is gone or has another key.
struct Lost {
    old: Vec<Datum>,
    /// The row as it is now, if it was updated.
    new: Option<Vec<Datum>>,
}

/// What one statement has to check at its end, for one table.
pub struct References<'p> {
    checks: &'p Checks,
    /// Rows that refer, by the number of the foreign key.
    referring: Vec<(usize, Vec<Datum>)>,
    /// Parent rows that lost a key, by the number of the foreign key.
    lost: Vec<(usize, Lost)>,
}

fn definition(key: &ForeignKey) -> Result<&ForeignKeyDef> {
    match &key.constraint.kind {
        ConstraintKind::Foreign(definition) => Ok(definition),
        _ => Err(SqlError::bug(
            "a foreign key's constraint is of another kind",
        )),
    }
}

fn values_of(row: &[Datum], columns: &[usize]) -> Vec<Datum> {
    columns
        .iter()
        .map(|column| row.get(*column).cloned().unwrap_or_default())
        .collect()
}

impl<'p> References<'p> {
    pub fn new(checks: &'p Checks) -> References<'p> {
        References {
            checks,
            referring: Vec::new(),
            lost: Vec::new(),
        }
    }

    pub fn wants_deleted(&self) -> bool {
        !self.checks.referenced.is_empty()
    }

    pub fn inserted(&mut self, row: &[Datum], cx: &ExecCx<'_>) -> Result<()> {
        for number in 0..self.checks.references.len() {
            self.note_referring(number, row, cx)?;
        }
        Ok(())
    }

    fn note_referring(&mut self, number: usize, row: &[Datum], cx: &ExecCx<'_>) -> Result<()> {
        let Some(key) = self.checks.references.get(number) else {
            return Ok(());
        };
        let definition = definition(key)?;
        let values = values_of(row, &definition.columns);
        let nulls = values.iter().filter(|value| value.is_null()).count();
        if nulls == values.len() || (nulls > 0 && definition.matching != MatchKind::Full) {
            return Ok(());
        }
        if nulls > 0 {
            return Err(mixed_nulls(key));
        }
        cx.memory.take(values.len() * size_of::<Datum>() * 2)?;
        self.referring.push((number, values));
        Ok(())
    }

    pub fn updated(&mut self, old: &[Datum], new: &[Datum], cx: &ExecCx<'_>) -> Result<()> {
        for number in 0..self.checks.references.len() {
            let Some(key) = self.checks.references.get(number) else {
                continue;
            };
            let columns = &definition(key)?.columns;
            if values_of(old, columns) != values_of(new, columns) {
                self.note_referring(number, new, cx)?;
            }
        }
        for (number, key) in self.checks.referenced.iter().enumerate() {
            let columns = &definition(key)?.parent_columns;
            if values_of(old, columns) != values_of(new, columns) {
                let lost = Lost {
                    old: old.to_vec(),
                    new: Some(new.to_vec()),
                };
                self.lost.push((number, lost));
            }
        }
        Ok(())
    }

    pub fn deleted(&mut self, old: &[Datum], cx: &ExecCx<'_>) -> Result<()> {
        for number in 0..self.checks.referenced.len() {
            cx.memory.take(size_of_val(old))?;
            self.lost.push((
                number,
                Lost {
                    old: old.to_vec(),
                    new: None,
                },
            ));
        }
        Ok(())
    }

    /// The end of the statement.
    pub async fn check(self, cx: &ExecCx<'_>) -> Result<()> {
        if self.lost.is_empty() && self.referring.is_empty() {
            return Ok(());
        }
        let snapshot = fresh_snapshot(cx)?;
        for (number, lost) in &self.lost {
            if let Some(key) = self.checks.referenced.get(*number) {
                parent_lost(key, lost, &snapshot, 0, cx).await?;
            }
        }
        let mut last: Option<(usize, &Vec<Datum>)> = None;
        for (number, values) in &self.referring {
            // Rows of one statement often refer to the same parent one after another.
            if last == Some((*number, values)) {
                continue;
            }
            if let Some(key) = self.checks.references.get(*number) {
                find_parent(key, values, cx).await?;
            }
            last = Some((*number, values));
            cx.spend(4).await?;
        }
        Ok(())
    }
}

fn mixed_nulls(key: &ForeignKey) -> SqlError {
    violation(
        key,
        format!(
            "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
            key.child.name, key.constraint.name
        ),
    )
    .detail("MATCH FULL does not allow mixing of null and nonnull key values.")
}

fn violation(key: &ForeignKey, message: alloc::string::String) -> SqlError {
    SqlError::user(SqlState::FOREIGN_KEY_VIOLATION, message)
        .schema(&key.child.schema_name)
        .table(&key.child.name)
        .constraint(&key.constraint.name)
}

/// The foreign key's values in the order of the parent index's columns.
fn index_order(key: &ForeignKey, values: &[Datum]) -> Result<Vec<Datum>> {
    let definition = definition(key)?;
    let place = |column: Option<usize>| {
        let at = definition
            .parent_columns
            .iter()
            .position(|parent| Some(*parent) == column);
        at.and_then(|at| values.get(at)).cloned()
    };
    let ordered = key.parent_index.keys.iter().map(|part| place(part.column));
    ordered
        .collect::<Option<Vec<Datum>>>()
        .ok_or_else(|| SqlError::bug("a foreign key rests on an index over other columns"))
}

/// The parent row must be there, and stay until commit.
async fn find_parent(key: &ForeignKey, values: &[Datum], cx: &ExecCx<'_>) -> Result<()> {
    let Some(bytes) = index_key::prefix(&key.parent_index, &index_order(key, values)?) else {
        return Ok(());
    };
    let index_oid = key.parent_index.oid.0;
    let access = &*key.parent.access;
    loop {
        let snapshot = latest(cx);
        let mut sink = RowSink::new(&[], 1).with_locators();
        let found = act(cx, |engine| {
            access.lookup(engine, index_oid, &bytes, &snapshot, &[], &mut sink)
        })
        .await?;
        let locator = sink
            .locators
            .as_ref()
            .and_then(|list| list.first())
            .cloned();
        let (true, Some(locator)) = (found > 0, locator) else {
            return Err(no_parent(key, values, cx)?);
        };
        let (engine, txn) = (cx.engine.engine, cx.engine.txn);
        let strength = RowStrength::KeyShare;
        let held = engine
            .lock_row(txn, access, &locator, &snapshot, strength, RowWait::Block)
            .await?;
        match held {
            RowOutcome::Ok(_) | RowOutcome::SelfModified => return Ok(()),
            _ => cx.spend(64).await?,
        }
    }
}

fn no_parent(key: &ForeignKey, values: &[Datum], cx: &ExecCx<'_>) -> Result<SqlError> {
    let definition = definition(key)?;
    let mut row = alloc::vec![Datum::Null; key.child.columns.len()];
    for (column, value) in definition.columns.iter().zip(values) {
        if let Some(place) = row.get_mut(*column) {
            *place = value.clone();
        }
    }
    let shown = constraint::key_text(&key.child, &definition.columns, &row, cx);
    Ok(violation(
        key,
        format!(
            "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
            key.child.name, key.constraint.name
        ),
    )
    .detail(format!(
        "{shown} is not present in table \"{}\".",
        key.parent.name
    )))
}

/// Rows of the child that refer to the key, with their locators.
async fn children(
    key: &ForeignKey,
    values: &[Datum],
    snapshot: &Rc<Snapshot>,
    limit: usize,
    cx: &ExecCx<'_>,
) -> Result<Vec<(Locator, Vec<Datum>)>> {
    let columns_of_key = &definition(key)?.columns;
    let types = attribute_types(&key.child);
    let columns: Rc<[usize]> = (0..types.len()).collect();
    let snapshot = snapshot.clone();
    let mut scan = match &key.child_index {
        Some(index) => {
            let place =
                |column: Option<usize>| columns_of_key.iter().position(|own| Some(*own) == column);
            let leading = index.keys.iter().map_while(|part| place(part.column));
            let ordered: Vec<Datum> = leading.filter_map(|at| values.get(at).cloned()).collect();
            let Some(bytes) = index_key::prefix(index, &ordered) else {
                return Ok(Vec::new());
            };
            key.child.access.index_scan(IndexScanSpec {
                snapshot,
                columns,
                index_oid: index.oid.0,
                range: KeyRange::prefix(&bytes),
                backward: false,
                index_only: false,
            })?
        }
        None => key.child.access.scan(ScanSpec {
            snapshot,
            columns,
            blocks: None,
        }),
    };
    let mut found = Vec::new();
    loop {
        let mut sink = RowSink::new(&types, BATCH_ROWS).with_locators();
        let more = act(cx, |engine| scan.next(engine, &mut sink)).await?;
        let locators = sink.locators.take().unwrap_or_default();
        let read: Vec<_> = sink
            .columns
            .into_iter()
            .map(|builder| builder.finish())
            .collect();
        for (row, locator) in locators.into_iter().enumerate() {
            let row: Vec<Datum> = read.iter().map(|column| column.datum(row)).collect();
            if values_of(&row, columns_of_key) == values && found.len() < limit {
                cx.memory.take(row.len() * size_of::<Datum>())?;
                found.push((locator, row));
            }
        }
        cx.spend(sink.rows + 1).await?;
        if !more || found.len() >= limit {
            return Ok(found);
        }
    }
}

type Boxed<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A parent row lost a key: what becomes of those who refer to it.
fn parent_lost<'a>(
    key: &'a ForeignKey,
    lost: &'a Lost,
    snapshot: &'a Rc<Snapshot>,
    depth: usize,
    cx: &'a ExecCx<'a>,
) -> Boxed<'a> {
    Box::pin(async move {
        if depth > MAX_CASCADE_DEPTH {
            return Err(SqlError::too_complex());
        }
        let definition = definition(key)?;
        let values = values_of(&lost.old, &definition.parent_columns);
        if values.iter().any(Datum::is_null) {
            return Ok(());
        }
        let action = match lost.new {
            Some(_) => definition.on_update,
            None => definition.on_delete,
        };
        match action {
            ReferentialAction::NoAction | ReferentialAction::Restrict => {
                refuse(key, &values, lost, action, snapshot, cx).await
            }
            ReferentialAction::SetDefault => Err(SqlError::unsupported(
                "SET DEFAULT of foreign keys is not supported yet",
            )),
            ReferentialAction::Cascade | ReferentialAction::SetNull => {
                let rows = children(key, &values, snapshot, usize::MAX, cx).await?;
                let mut later = Vec::new();
                for (locator, row) in rows {
                    let new = child_after(definition, lost, action, &row);
                    later.extend(change_child(key, locator, row, new, cx).await?);
                    cx.spend(4).await?;
                }
                cascade_on(&key.child, later, depth, cx).await
            }
        }
    })
}

async fn refuse(
    key: &ForeignKey,
    values: &[Datum],
    lost: &Lost,
    action: ReferentialAction,
    snapshot: &Rc<Snapshot>,
    cx: &ExecCx<'_>,
) -> Result<()> {
    // Another row may have taken the key over by the end of the statement.
    if action == ReferentialAction::NoAction
        && let Some(bytes) = index_key::prefix(&key.parent_index, &index_order(key, values)?)
    {
        let mut sink = RowSink::new(&[], 1);
        let (index, access) = (key.parent_index.oid.0, &*key.parent.access);
        let found = act(cx, |engine| {
            access.lookup(engine, index, &bytes, snapshot, &[], &mut sink)
        })
        .await?;
        if found > 0 {
            return Ok(());
        }
    }
    if children(key, values, snapshot, 1, cx).await?.is_empty() {
        return Ok(());
    }
    let columns = &definition(key)?.parent_columns;
    let shown = constraint::key_text(&key.parent, columns, &lost.old, cx);
    Err(violation(
        key,
        format!(
            "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
            key.parent.name, key.constraint.name, key.child.name
        ),
    )
    .detail(format!("{shown} is still referenced from table \"{}\".", key.child.name)))
}

/// The child row as the action leaves it; `None` if it goes.
fn child_after(
    definition: &ForeignKeyDef,
    lost: &Lost,
    action: ReferentialAction,
    row: &[Datum],
) -> Option<Vec<Datum>> {
    let parent = match (action, &lost.new) {
        (ReferentialAction::Cascade, None) => return None,
        (ReferentialAction::Cascade, Some(new)) => Some(new),
        _ => None,
    };
    let mut new = row.to_vec();
    for (column, source) in definition.columns.iter().zip(&definition.parent_columns) {
        if let Some(place) = new.get_mut(*column) {
            *place = parent
                .and_then(|row| row.get(*source))
                .cloned()
                .unwrap_or_default();
        }
    }
    Some(new)
}

/// Changes one child row; gives what its own children must hear of.
async fn change_child(
    key: &ForeignKey,
    locator: Locator,
    old: Vec<Datum>,
    new: Option<Vec<Datum>>,
    cx: &ExecCx<'_>,
) -> Result<Option<Lost>> {
    let (engine, txn, access) = (cx.engine.engine, cx.engine.txn, &*key.child.access);
    let snapshot = latest(cx);
    let outcome = match &new {
        None => {
            engine
                .delete(txn, access, &mut DeleteOp::new(locator, snapshot))
                .await?
        }
        Some(row) => {
            let types = attribute_types(&key.child);
            constraint::check_row(&key.child, &[], row, &types, cx)?;
            let changed: Rc<[usize]> = definition(key)?.columns.iter().copied().collect();
            let mut op = UpdateOp::new(locator, snapshot, row.as_slice(), changed);
            engine.update(txn, access, &mut op).await?
        }
    };
    match outcome {
        RowOutcome::Ok(_) => Ok(Some(Lost { old, new })),
        RowOutcome::Conflict(conflict) => {
            let row = new.unwrap_or(old);
            Err(constraint::duplicate(&key.child, &conflict, &row, cx))
        }
        RowOutcome::Updated(_) => Err(constraint::could_not_serialize("update")),
        _ => Ok(None),
    }
}

/// Tells the children's children.
async fn cascade_on(
    table: &Rc<TableDef>,
    rows: Vec<Lost>,
    depth: usize,
    cx: &ExecCx<'_>,
) -> Result<()> {
    if rows.is_empty() || table.referenced_by.is_empty() {
        return Ok(());
    }
    let snapshot = fresh_snapshot(cx)?;
    for constraint in &table.referenced_by {
        let Some(key) = foreign_key(constraint, cx) else {
            continue;
        };
        let columns = definition(&key)?.parent_columns.clone();
        for lost in &rows {
            let kept =
                |new: &Vec<Datum>| values_of(new, &columns) == values_of(&lost.old, &columns);
            if !lost.new.as_ref().is_some_and(kept) {
                parent_lost(&key, lost, &snapshot, depth + 1, cx).await?;
            }
        }
    }
    Ok(())
}

/// A foreign key with its tables, out of the catalogue.
fn foreign_key(constraint: &Rc<ConstraintDef>, cx: &ExecCx<'_>) -> Option<ForeignKey> {
    let ConstraintKind::Foreign(definition) = &constraint.kind else {
        return None;
    };
    let child = cx.catalog.table(constraint.table)?.clone();
    let parent = cx.catalog.table(definition.parent)?.clone();
    let parent_index = cx.catalog.index(definition.parent_index)?.clone();
    let leads = |index: &&Rc<crate::catalog::IndexDef>| {
        let count = definition.columns.len();
        index.predicate.is_none()
            && index.keys.len() >= count
            && index.keys.iter().take(count).all(|part| {
                part.column
                    .is_some_and(|column| definition.columns.contains(&column))
            })
    };
    let child_index = child.indexes.iter().find(leads).cloned();
    Some(ForeignKey {
        constraint: constraint.clone(),
        child,
        parent,
        parent_index,
        child_index,
    })
}
