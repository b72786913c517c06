//! `HeapTable`: the table access method over heap files and B-trees.

use super::file::HeapFile;
use super::index::HeapIndex;
use super::scan::{IndexScan, SeqScan};
use super::tuple::unpack;
use super::vacuum::{VacuumOptions, VacuumReport};
use super::vm::VisibilityMap;
use crate::access::*;
use crate::engine::{EngineCx, Fork, file_of};
use crate::lock::RowStrength;
use crate::stop::Act;
use crate::txn::Snapshot;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{SqlError, TupleDesc};

/// A table as SQL describes it.
pub struct HeapDef {
    pub oid: u32,
    pub relfilenode: u32,
    pub desc: Rc<TupleDesc>,
    pub indexes: Vec<IndexDef>,
}

/// A heap with its indexes. A clone is the same table.
#[derive(Clone)]
pub struct HeapTable {
    pub oid: u32,
    pub(super) desc: Rc<TupleDesc>,
    pub(super) rows: Rc<HeapFile>,
    pub(super) toast: Rc<HeapFile>,
    pub(super) vm: VisibilityMap,
    pub(super) indexes: Rc<RefCell<Vec<Rc<HeapIndex>>>>,
}

impl HeapTable {
    /// A table whose files are there, or are empty: a heap needs no page before its first row.
    /// Indexes named in `def` exist; new ones come by `build_index`.
    pub fn new(def: HeapDef) -> HeapTable {
        let file = |fork| file_of(def.relfilenode, fork);
        let indexes = def
            .indexes
            .into_iter()
            .map(|d| Rc::new(HeapIndex::new(d)))
            .collect();
        HeapTable {
            oid: def.oid,
            desc: def.desc,
            rows: Rc::new(HeapFile::new(file(Fork::Main), file(Fork::FreeSpace))),
            toast: Rc::new(HeapFile::new(file(Fork::Toast), file(Fork::ToastFreeSpace))),
            vm: VisibilityMap {
                file: file(Fork::Visibility),
            },
            indexes: Rc::new(RefCell::new(indexes)),
        }
    }

    pub fn desc(&self) -> &TupleDesc {
        &self.desc
    }

    /// Bytes of free space the map promises for a page: `pg_freespace`.
    pub fn promised_free(&self, cx: EngineCx<'_>, block: u32) -> Act<u16> {
        self.rows.promised_bytes(cx.storage(), block)
    }

    /// The visibility map's bits of a page: `pg_visibility_map`.
    pub fn visibility_bits(&self, cx: EngineCx<'_>, block: u32) -> Act<u8> {
        self.vm.get(cx.storage(), block)
    }

    pub(super) fn index(&self, oid: u32) -> Option<Rc<HeapIndex>> {
        self.indexes
            .borrow()
            .iter()
            .find(|i| i.def.oid == oid)
            .cloned()
    }

    pub(super) fn all_indexes(&self) -> Vec<Rc<HeapIndex>> {
        self.indexes.borrow().clone()
    }

    pub(super) fn known_index(&self, oid: u32) -> Result<Rc<HeapIndex>, SqlError> {
        self.index(oid)
            .ok_or_else(|| SqlError::bug("the table has no such index"))
    }

    pub(super) fn own_place(locator: &Locator) -> Result<u64, SqlError> {
        locator
            .short()
            .ok_or_else(|| SqlError::bug("not a locator of a heap"))
    }
}

impl TableAccess for HeapTable {
    fn method_name(&self) -> &'static str {
        "heap"
    }

    fn size(&self, cx: EngineCx<'_>) -> Act<TableSize> {
        let blocks = cx.storage().pool().length(self.rows.main)?;
        let all_visible_blocks = self.vm.count(cx.storage())?;
        Ok(TableSize {
            blocks,
            all_visible_blocks,
        })
    }

    fn index_size(&self, cx: EngineCx<'_>, index_oid: u32) -> Act<u32> {
        let index = self.known_index(index_oid)?;
        Ok(cx.storage().pool().length(index.tree.file)?)
    }

    fn scan(&self, spec: ScanSpec) -> Box<dyn TableScan> {
        Box::new(SeqScan::new(self.clone(), spec))
    }

    fn index_scan(&self, spec: IndexScanSpec) -> Result<Box<dyn TableScan>, SqlError> {
        Ok(Box::new(IndexScan::new(self.clone(), spec)?))
    }

    fn fetch(
        &self,
        cx: EngineCx<'_>,
        locator: &Locator,
        snapshot: &Snapshot,
        columns: &[usize],
        out: &mut RowSink,
    ) -> Act<bool> {
        let tid = unpack(HeapTable::own_place(locator)?);
        self.fetch_version(cx, tid, snapshot, columns, out)
    }

    fn lookup(
        &self,
        cx: EngineCx<'_>,
        index_oid: u32,
        key: &[u8],
        snapshot: &Snapshot,
        columns: &[usize],
        out: &mut RowSink,
    ) -> Act<usize> {
        self.lookup_key(cx, index_oid, key, snapshot, columns, out)
    }

    fn insert_step(&self, cx: EngineCx<'_>, op: &mut InsertOp) -> Act<InsertOutcome> {
        self.insert_row(cx, op)
    }

    fn bulk_step(&self, cx: EngineCx<'_>, op: &mut BulkOp) -> Act<BulkOutcome> {
        self.insert_rows(cx, op)
    }

    fn update_step(&self, cx: EngineCx<'_>, op: &mut UpdateOp) -> Act<RowOutcome> {
        self.update_row(cx, op)
    }

    fn delete_step(&self, cx: EngineCx<'_>, op: &mut DeleteOp) -> Act<RowOutcome> {
        self.delete_row(cx, op)
    }

    fn lock_row(
        &self,
        cx: EngineCx<'_>,
        locator: &Locator,
        snapshot: &Snapshot,
        strength: RowStrength,
    ) -> Act<RowOutcome> {
        self.lock_version(cx, HeapTable::own_place(locator)?, snapshot, strength)
    }

    fn row_tag(&self, locator: &Locator) -> crate::lock::LockTag {
        crate::lock::LockTag::Tuple(self.oid, locator.clone())
    }

    fn vacuum<'a>(
        &'a self,
        cx: EngineCx<'a>,
        options: VacuumOptions,
    ) -> HookFuture<'a, VacuumReport> {
        Box::pin(self.vacuum_all(cx, options))
    }

    fn build_index<'a>(
        &'a self,
        cx: EngineCx<'a>,
        index: IndexDef,
    ) -> HookFuture<'a, Option<UniqueConflict>> {
        Box::pin(self.build_new_index(cx, index))
    }

    fn drop_index(&self, index_oid: u32) {
        self.indexes.borrow_mut().retain(|i| i.def.oid != index_oid);
    }
}
