//! The live catalogue: loaded at open, changed by definitions, published at commit.
//!
//! Rules.
//! 1. `current` is what is committed. A transaction that defines something has a [`CatalogWork`] with
//!    a view of its own and the list of its changes; nobody else sees it.
//! 2. Publishing applies the list to whatever is current then, so that two transactions that defined
//!    different things both stand.
//! 3. The doors to a table's rows are shared: the same relfilenode with the same columns gives the
//!    same `HeapTable`, since it owns the indexes that writers of every session keep up.
//! 4. An index is among its table's only after it was filled; a rollback takes it out again.

use super::snapshot::{CatalogSnapshot, Doors};
use super::store::{AnyRow, CATALOG_TABLES, CatalogTable, Change, RowSet};
use super::views::SystemView;
use crate::ddl::Step;
use crate::types::Oid;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::sqlstate::SqlState;
use vitrine_data::{BATCH_ROWS, Datum, TupleDesc};
use vitrine_engine::access::*;
use vitrine_engine::engine::Engine;
use vitrine_engine::heap::{HeapDef, HeapTable};
use vitrine_engine::txn::{Isolation, Txn};

/// The doors to users' tables.
#[derive(Default)]
struct HeapDoors {
    open: RefCell<BTreeMap<u32, Rc<HeapTable>>>,
    /// Indexes that are defined and not filled yet.
    unbuilt: RefCell<BTreeSet<u32>>,
}

impl Doors for HeapDoors {
    fn table(
        &self,
        oid: Oid,
        relfilenode: u32,
        desc: &Rc<TupleDesc>,
        indexes: &[IndexDef],
    ) -> Rc<dyn TableAccess> {
        let mut open = self.open.borrow_mut();
        match open.get(&relfilenode) {
            Some(table) if same_columns(table.desc(), desc) => table.clone(),
            _ => {
                let unbuilt = self.unbuilt.borrow();
                let built = indexes.iter().filter(|index| !unbuilt.contains(&index.oid));
                let def = HeapDef {
                    oid: oid.0,
                    relfilenode,
                    desc: desc.clone(),
                    indexes: built.cloned().collect(),
                };
                let table = Rc::new(HeapTable::new(def));
                open.insert(relfilenode, table.clone());
                table
            }
        }
    }
}

fn same_columns(a: &TupleDesc, b: &TupleDesc) -> bool {
    let same = |(x, y): (&vitrine_data::Attr, &vitrine_data::Attr)| {
        x.phys == y.phys && x.elem == y.elem && x.missing.is_null() == y.missing.is_null()
    };
    a.len() == b.len() && a.attrs.iter().zip(&b.attrs).all(same)
}

/// A transaction's definitions so far.
pub struct CatalogWork {
    pub view: Rc<CatalogSnapshot>,
    changes: Vec<Change>,
    built: Vec<(Rc<dyn TableAccess>, u32)>,
    dropped: Vec<(Rc<dyn TableAccess>, u32)>,
}

/// How far a transaction's definitions had come, for savepoints.
pub struct WorkMark {
    view: Rc<CatalogSnapshot>,
    changes: usize,
    built: usize,
    dropped: usize,
}

pub struct Catalog {
    engine: Rc<Engine>,
    doors: HeapDoors,
    tables: BTreeMap<Oid, Rc<HeapTable>>,
    current: RefCell<Rc<CatalogSnapshot>>,
}

fn open_table(table: &CatalogTable) -> Rc<HeapTable> {
    Rc::new(HeapTable::new(HeapDef {
        oid: table.oid.0,
        relfilenode: table.relfilenode,
        desc: Rc::new(table.desc()),
        indexes: Vec::new(),
    }))
}

impl Catalog {
    /// Reads the catalogue tables.
    pub async fn open(engine: &Rc<Engine>, system: &[&'static SystemView]) -> Result<Catalog> {
        let tables: BTreeMap<Oid, Rc<HeapTable>> = CATALOG_TABLES
            .iter()
            .map(|table| (table.oid, open_table(table)))
            .collect();
        let session = engine.start_session();
        let txn = engine.begin(&session, Isolation::ReadCommitted);
        let mut rows = RowSet::new();
        for table in CATALOG_TABLES {
            if let Some(access) = tables.get(&table.oid) {
                load(engine, &txn, table, &**access, &mut rows).await?;
            }
        }
        engine.txns.commit(&txn).await?;
        engine.end_session(&session);
        let doors = HeapDoors::default();
        let snapshot = CatalogSnapshot::new(rows, system, &doors)?;
        let current = RefCell::new(Rc::new(snapshot));
        Ok(Catalog {
            engine: engine.clone(),
            doors,
            tables,
            current,
        })
    }

    /// What is committed.
    pub fn current(&self) -> Rc<CatalogSnapshot> {
        self.current.borrow().clone()
    }

    /// The relfilenodes that files may belong to, for removing what no relation knows.
    pub fn known_files(&self) -> BTreeSet<u32> {
        let current = self.current();
        let of_users = current
            .rows
            .classes
            .values()
            .map(|(class, _)| class.relfilenode.0);
        let own = CATALOG_TABLES.iter().map(|table| table.relfilenode);
        of_users.chain(own).collect()
    }

    /// Begins a transaction's definitions.
    pub fn start(&self) -> CatalogWork {
        CatalogWork {
            view: self.current(),
            changes: Vec::new(),
            built: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// Carries out the steps of a definition. `Validate` steps are given back: they need queries.
    pub async fn perform(
        &self,
        txn: &Rc<Txn>,
        work: &mut CatalogWork,
        steps: &[Step],
    ) -> Result<Vec<(Oid, Oid)>> {
        let mut pending = Vec::new();
        let mut checks = Vec::new();
        for step in steps {
            match step {
                Step::Put(row) => {
                    let at = self.write(txn, work, &pending, row).await?;
                    pending.push(Change::Put(row.clone(), at));
                }
                Step::Remove(row) => {
                    self.erase(txn, work, &pending, row).await?;
                    self.forget_index(work, row);
                    pending.push(Change::Remove(row.clone()));
                }
                // A heap needs no page before its first row; a sequence's value is made by its room.
                Step::MakeTable { .. } | Step::MakeSequence { .. } => {}
                Step::BuildIndex { table, index } => {
                    self.doors.unbuilt.borrow_mut().insert(index.0);
                    self.refresh(work, &mut pending)?;
                    let built = self.build(txn, work, *table, *index).await;
                    self.doors.unbuilt.borrow_mut().remove(&index.0);
                    built?;
                }
                Step::Validate { table, constraint } => checks.push((*table, *constraint)),
                Step::DropFiles { relfilenode, .. } => {
                    self.engine.drop_relfilenode(txn, *relfilenode);
                }
            }
        }
        self.refresh(work, &mut pending)?;
        Ok(checks)
    }

    fn refresh(&self, work: &mut CatalogWork, pending: &mut Vec<Change>) -> Result<()> {
        work.view = Rc::new(work.view.with(pending, &self.doors)?);
        work.changes.append(pending);
        Ok(())
    }

    /// Where a row with this key is, the steps not yet in the view included.
    fn locate(work: &CatalogWork, pending: &[Change], row: &AnyRow) -> Option<Locator> {
        let mut rows = work.view.rows.clone();
        for change in pending {
            rows.apply(change);
        }
        rows.locator(row).cloned()
    }

    async fn write(
        &self,
        txn: &Rc<Txn>,
        work: &CatalogWork,
        pending: &[Change],
        row: &AnyRow,
    ) -> Result<Locator> {
        let table = self.table_of(row)?;
        let datums = row.to_datums();
        match Self::locate(work, pending, row) {
            None => match self
                .engine
                .insert(txn, &**table, &mut InsertOp::new(datums))
                .await?
            {
                InsertOutcome::Done(at) => Ok(at),
                _ => Err(SqlError::bug(
                    "a catalogue table has no keys to conflict with",
                )),
            },
            Some(at) => {
                txn.next_command()?;
                let columns: Rc<[usize]> = (0..datums.len()).collect();
                let snapshot = self.engine.txns.take_snapshot(txn.command());
                let mut op = UpdateOp::new(at, snapshot, datums, columns);
                match self.engine.update(txn, &**table, &mut op).await? {
                    RowOutcome::Ok(at) => Ok(at),
                    _ => Err(changed_meanwhile()),
                }
            }
        }
    }

    async fn erase(
        &self,
        txn: &Rc<Txn>,
        work: &CatalogWork,
        pending: &[Change],
        row: &AnyRow,
    ) -> Result<()> {
        let table = self.table_of(row)?;
        let Some(at) = Self::locate(work, pending, row) else {
            return Ok(());
        };
        txn.next_command()?;
        let snapshot = self.engine.txns.take_snapshot(txn.command());
        match self
            .engine
            .delete(txn, &**table, &mut DeleteOp::new(at, snapshot))
            .await?
        {
            RowOutcome::Ok(_) => Ok(()),
            _ => Err(changed_meanwhile()),
        }
    }

    fn table_of(&self, row: &AnyRow) -> Result<&Rc<HeapTable>> {
        let table = self.tables.get(&row.table().oid);
        table.ok_or_else(|| SqlError::bug("a catalogue table is not open"))
    }

    /// A dropped index is still kept up until the drop is committed.
    fn forget_index(&self, work: &mut CatalogWork, row: &AnyRow) {
        if let AnyRow::Index(index) = row
            && let Some(table) = work.view.table(index.indrelid)
        {
            work.dropped
                .push((table.access.clone(), index.indexrelid.0));
        }
    }

    async fn build(
        &self,
        txn: &Rc<Txn>,
        work: &mut CatalogWork,
        table: Oid,
        index: Oid,
    ) -> Result<()> {
        let bug = || SqlError::bug("an index to be built is not in the catalogue");
        let table = work.view.table(table).cloned().ok_or_else(bug)?;
        let index = work.view.index(index).cloned().ok_or_else(bug)?;
        txn.next_command()?;
        let conflict = table
            .access
            .build_index(self.engine.cx(txn), index.engine.clone())
            .await?;
        work.built.push((table.access.clone(), index.oid.0));
        match conflict {
            None => Ok(()),
            Some(_) => {
                let message = format!("could not create unique index \"{}\"", index.name);
                Err(SqlError::user(SqlState::UNIQUE_VIOLATION, message))
            }
        }
    }

    pub fn mark(&self, work: &CatalogWork) -> WorkMark {
        WorkMark {
            view: work.view.clone(),
            changes: work.changes.len(),
            built: work.built.len(),
            dropped: work.dropped.len(),
        }
    }

    /// Takes back what came after the mark.
    pub fn rollback_to(&self, work: &mut CatalogWork, mark: &WorkMark) {
        for (access, index) in work.built.drain(mark.built..) {
            access.drop_index(index);
        }
        work.view = mark.view.clone();
        work.changes.truncate(mark.changes);
        work.dropped.truncate(mark.dropped);
    }

    /// The transaction aborted.
    pub fn discard(&self, work: CatalogWork) {
        for (access, index) in work.built {
            access.drop_index(index);
        }
    }

    /// The transaction committed: everybody sees its definitions from now on.
    pub fn publish(&self, work: CatalogWork) -> Result<()> {
        for (access, index) in &work.dropped {
            access.drop_index(*index);
        }
        let next = self.current().with(&work.changes, &self.doors)?;
        *self.current.borrow_mut() = Rc::new(next);
        Ok(())
    }
}

fn changed_meanwhile() -> SqlError {
    SqlError::user(SqlState::INTERNAL_ERROR, "tuple concurrently updated")
}

/// Reads one catalogue table into the set.
async fn load(
    engine: &Rc<Engine>,
    txn: &Rc<Txn>,
    table: &'static CatalogTable,
    access: &dyn TableAccess,
    rows: &mut RowSet,
) -> Result<()> {
    let columns: Rc<[usize]> = (0..table.columns.len()).collect();
    let snapshot = engine.snapshot(txn);
    let mut scan = access.scan(ScanSpec {
        snapshot,
        columns,
        blocks: None,
    });
    let types = table.types();
    let mut more = true;
    while more {
        let mut sink = RowSink::new(&types, BATCH_ROWS).with_locators();
        more = engine.act(|| scan.next(engine.cx(txn), &mut sink)).await?;
        let locators = sink.locators.take().unwrap_or_default();
        let vectors: Vec<_> = sink
            .columns
            .into_iter()
            .map(|builder| builder.finish())
            .collect();
        for (at, locator) in locators.into_iter().enumerate() {
            let datums: Vec<Datum> = vectors.iter().map(|v| v.datum(at)).collect();
            if let Some(row) = AnyRow::from_datums(table.oid, &datums)? {
                rows.apply(&Change::Put(row, locator));
            }
        }
    }
    Ok(())
}
