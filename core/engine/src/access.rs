//! The table access method: the one door between SQL and whatever keeps a table's rows.
//!
//! The trait is shaped by the methods that differ most, not by heap. How each of four fits:
//!
//! | question             | heap                       | undo-based clustered tree            | copy-on-write tree, checkpointed   | columnar store                |
//! |----------------------|----------------------------|--------------------------------------|------------------------------------|-------------------------------|
//! | a row's locator      | block and line pointer     | the primary key's bytes              | the key's bytes                    | segment and row number        |
//! | an old version       | another tuple of the heap  | rebuilt from undo at read            | update chain in memory, then store | deletion bitmap with an xid   |
//! | which version        | the snapshot's `sees(xid)` | the same, per undo record            | the same, per chain entry          | the same, per segment         |
//! | rollback             | nothing: the status says it| `rollback` applies undo, logged      | `rollback` marks chain entries     | nothing, as heap              |
//! | locks a row          | after the filters          | in the scan, before them (gap locks) | after; first updater wins          | whole segments                |
//! | conflicting update   | `Wait`, then `Updated`     | `Wait`, then reads the latest        | 40001 through `Failed`             | `Wait`                        |
//! | secondary index      | key → locator              | key → primary key                    | key → primary key                  | none, or key → row number     |
//! | made durable by      | the page log               | the page log, and undo pages in it   | own checkpoint, logical records    | the page log at segment close |
//! | clean-up             | `vacuum`                   | purge of undo, through `vacuum`      | reconciliation at checkpoint       | `vacuum` merges segments      |
//!
//! What follows from the table:
//! - **Locators are opaque.** A `u64` where that is enough, bytes where it is not. Nothing outside a
//!   method looks into one, and none is kept beyond the statement except as index entries.
//! - **A method owns its indexes**: it alone knows what an entry points at and when a new version
//!   needs a new entry (HOT needs none). SQL supplies the key maker.
//! - **Writes are small resumable structs** ([`InsertOp`], [`UpdateOp`], …). Each stage of one is an
//!   atomic action (E1). A step that lacks a page answers `Need` and is called again with the same
//!   struct; the synchronous path and the async one therefore run the very same code.
//! - **`Wait` is an answer, not an await.** The caller's isolation level decides what to do after:
//!   re-check the newer version, fail with 40001, or read the latest.
//! - **Scans fill vectors**, for the columns asked for and no others, and keep a position instead
//!   of a pin. Out-of-line values of asked-for columns arrive whole.
//! - `locks_during_scan` tells the planner who locks: the scan itself (with `unlock_row` for what a
//!   filter rejects) or a later step by `lock_row`.

use crate::engine::EngineCx;
use crate::heap::vacuum::{VacuumOptions, VacuumReport};
use crate::lock::{LockTag, RowStrength};
use crate::stop::Act;
use crate::txn::Snapshot;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use vitrine_data::{Datum, Phys, SqlError, VectorBuilder};
use vitrine_view::Xid;

/// Where a method keeps a row. Ordered and comparable, otherwise opaque.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Locator {
    Short(u64),
    Long(Rc<[u8]>),
}

impl Locator {
    /// The number of a short locator.
    pub fn short(&self) -> Option<u64> {
        match self {
            Locator::Short(n) => Some(*n),
            Locator::Long(_) => None,
        }
    }
}

/// What a key maker writes for one row and one index.
#[derive(Default)]
pub struct KeyBuffer {
    /// The memcomparable key.
    pub key: Vec<u8>,
    /// What the key's bytes cannot give back (E18), in SQL's own encoding; may be empty.
    pub payload: Vec<u8>,
    /// A NULL among the key columns: no conflict in a unique index.
    pub has_null: bool,
    /// The row does not belong to this (partial) index.
    pub skip: bool,
}

impl KeyBuffer {
    pub fn clear(&mut self) {
        self.key.clear();
        self.payload.clear();
        self.has_null = false;
        self.skip = false;
    }
}

/// Makes an index's key from a whole row. Sync and without side effects.
pub type KeyMaker = Rc<dyn Fn(&[Datum], &mut KeyBuffer) -> Result<(), SqlError>>;

/// An index as SQL describes it to a method.
#[derive(Clone)]
pub struct IndexDef {
    pub oid: u32,
    pub relfilenode: u32,
    pub unique: bool,
    /// The columns (from 0) the key depends on, a partial index's predicate included: an update that
    /// leaves them alone may be HOT.
    pub columns: Rc<[usize]>,
    pub key: KeyMaker,
}

/// A range of index keys: `from` inclusive, `to` exclusive, both as key bytes. Prefixes work: the
/// codec orders a prefix before everything that begins with it.
#[derive(Clone, Default, Debug)]
pub struct KeyRange {
    pub from: Vec<u8>,
    pub to: Option<Vec<u8>>,
}

impl KeyRange {
    /// Everything.
    pub fn all() -> KeyRange {
        KeyRange::default()
    }

    /// All keys that begin with `prefix`: equality on the leading columns.
    pub fn prefix(prefix: &[u8]) -> KeyRange {
        KeyRange {
            from: prefix.to_vec(),
            to: after_prefix(prefix),
        }
    }

    /// The usual four bounds. Each is the encoding of one or more leading columns.
    pub fn between(lower: Option<(&[u8], bool)>, upper: Option<(&[u8], bool)>) -> KeyRange {
        let from = match lower {
            None => Vec::new(),
            Some((bytes, true)) => bytes.to_vec(),
            Some((bytes, false)) => match after_prefix(bytes) {
                Some(next) => next,
                // Nothing can follow: an empty range.
                None => {
                    return KeyRange {
                        from: Vec::new(),
                        to: Some(Vec::new()),
                    };
                }
            },
        };
        let to = match upper {
            None => None,
            Some((bytes, true)) => after_prefix(bytes),
            Some((bytes, false)) => Some(bytes.to_vec()),
        };
        KeyRange { from, to }
    }
}

/// The least byte string greater than every string that begins with `prefix`.
pub fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|b| *b != 0xFF)?;
    let mut next = prefix.get(..=last)?.to_vec();
    if let Some(b) = next.last_mut() {
        *b += 1;
    }
    Some(next)
}

/// The system columns of a batch of rows, filled where asked for.
#[derive(Default)]
pub struct SystemColumns {
    pub xmin: Vec<u32>,
    pub xmax: Vec<u32>,
    pub cmin: Vec<u32>,
    pub cmax: Vec<u32>,
}

/// Where a scan or fetch puts rows: one vector builder for each asked-for column, in that order.
pub struct RowSink {
    pub columns: Vec<VectorBuilder>,
    pub locators: Option<Vec<Locator>>,
    pub system: Option<SystemColumns>,
    /// Index-only scans put each row's index key and payload here and leave `columns` alone.
    pub keys: Option<Vec<(Vec<u8>, Vec<u8>)>>,
    pub rows: usize,
    /// A scan step adds no row once there are this many.
    pub limit_rows: usize,
    /// What `fetch` and `lookup` have read of a long value between two attempts.
    pub(crate) reader: crate::heap::toast::ToastReader,
}

impl RowSink {
    pub fn new(columns: &[Phys], limit_rows: usize) -> RowSink {
        RowSink {
            columns: columns.iter().map(|p| VectorBuilder::new(*p)).collect(),
            locators: None,
            system: None,
            keys: None,
            rows: 0,
            limit_rows,
            reader: Default::default(),
        }
    }

    /// Takes back rows after the first `rows`, and whatever half a row was begun.
    pub fn truncate(&mut self, rows: usize) {
        for column in &mut self.columns {
            column.truncate(rows);
        }
        if let Some(locators) = &mut self.locators {
            locators.truncate(rows);
        }
        if let Some(system) = &mut self.system {
            for list in [
                &mut system.xmin,
                &mut system.xmax,
                &mut system.cmin,
                &mut system.cmax,
            ] {
                list.truncate(rows);
            }
        }
        if let Some(keys) = &mut self.keys {
            keys.truncate(rows);
        }
        self.rows = rows;
    }

    pub fn with_locators(mut self) -> RowSink {
        self.locators = Some(Vec::new());
        self
    }

    pub fn with_system(mut self) -> RowSink {
        self.system = Some(SystemColumns::default());
        self
    }

    pub fn with_keys(mut self) -> RowSink {
        self.keys = Some(Vec::new());
        self
    }

    pub fn is_full(&self) -> bool {
        self.rows >= self.limit_rows
    }
}

/// A scan of the whole table or of a range of its blocks.
#[derive(Clone)]
pub struct ScanSpec {
    pub snapshot: Rc<Snapshot>,
    /// Column numbers from 0, in the order of the sink's builders.
    pub columns: Rc<[usize]>,
    /// Only these blocks (`from..to`); a TID scan gives one. None: all.
    pub blocks: Option<(u32, u32)>,
}

/// A scan in the order of an index.
#[derive(Clone)]
pub struct IndexScanSpec {
    pub snapshot: Rc<Snapshot>,
    pub columns: Rc<[usize]>,
    pub index_oid: u32,
    pub range: KeyRange,
    pub backward: bool,
    /// Give keys, and visit the table only for rows whose visibility the map does not settle.
    pub index_only: bool,
}

/// A scan under way. Holds no pins; may be dropped at any point.
pub trait TableScan {
    /// Adds rows to `out`: at most up to its limit, perhaps none. `Ok(false)` means the end. After
    /// `Need` it is called again with the same sink and goes on from where it was.
    fn next(&mut self, cx: EngineCx<'_>, out: &mut RowSink) -> Act<bool>;

    /// Begins again from the start (the inner side of a nested loop).
    fn rewind(&mut self);

    /// Begins again with another range; only index scans can.
    fn rescan(&mut self, range: KeyRange) {
        let _ = range;
        self.rewind();
    }
}

/// For whom a write has to wait. The driver in `engine/drive.rs` does the waiting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Until this transaction has ended.
    Transaction(Xid),
    /// Until no other session holds this row with a conflicting strength.
    Row(LockTag, RowStrength),
}

/// A unique index already holds the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UniqueConflict {
    pub index_oid: u32,
    pub key: Vec<u8>,
    pub existing: Locator,
}

#[derive(Debug)]
pub enum InsertOutcome {
    Done(Locator),
    Conflict(UniqueConflict),
    Wait(WaitFor),
}

/// What became of an attempt to lock, update or delete a row version.
#[derive(Debug)]
pub enum RowOutcome {
    /// Done; an update gives the new version's locator, a lock the row's own.
    Ok(Locator),
    /// Somebody's committed update came first; the next version is there.
    Updated(Locator),
    /// Somebody's committed delete came first.
    Deleted,
    /// This very command or an earlier one of this transaction already changed the row.
    SelfModified,
    /// The locator names no version this snapshot could have seen.
    Invisible,
    Wait(WaitFor),
    /// An update's new key exists already.
    Conflict(UniqueConflict),
}

/// How far a write has come. Opaque to callers; a fresh one stands at the beginning.
#[derive(Default)]
pub struct Progress {
    pub(crate) stage: u32,
    pub(crate) at: u64,
    pub(crate) new_at: u64,
    pub(crate) tuple: Vec<u8>,
    pub(crate) keys: Vec<Option<KeyBuffer>>,
    pub(crate) toast: crate::heap::toast::ToastProgress,
}

/// A row of a bulk insertion, made ready.
pub(crate) struct Prepared {
    pub tuple: Vec<u8>,
    pub keys: Vec<Option<KeyBuffer>>,
    pub toast: crate::heap::toast::ToastProgress,
    /// Its place, once it has one.
    pub at: Option<u64>,
    /// Indexes that have its entry.
    pub indexed: usize,
}

/// One row to insert.
pub struct InsertOp {
    pub row: Rc<[Datum]>,
    /// Answer `Conflict` and leave nothing behind, for ON CONFLICT: the row's traces are undone
    /// even when the conflict shows late.
    pub speculative: bool,
    pub(crate) progress: Progress,
}

impl InsertOp {
    pub fn new(row: impl Into<Rc<[Datum]>>) -> InsertOp {
        InsertOp {
            row: row.into(),
            speculative: false,
            progress: Progress::default(),
        }
    }

    pub fn speculative(mut self) -> InsertOp {
        self.speculative = true;
        self
    }
}

/// One row version to replace.
pub struct UpdateOp {
    pub target: Locator,
    pub snapshot: Rc<Snapshot>,
    pub row: Rc<[Datum]>,
    /// Columns whose value may have changed; decides HOT and which lock strength is needed.
    pub changed: Rc<[usize]>,
    pub(crate) progress: Progress,
}

impl UpdateOp {
    pub fn new(
        target: Locator,
        snapshot: Rc<Snapshot>,
        row: impl Into<Rc<[Datum]>>,
        changed: Rc<[usize]>,
    ) -> UpdateOp {
        UpdateOp {
            target,
            snapshot,
            row: row.into(),
            changed,
            progress: Progress::default(),
        }
    }
}

/// One row version to delete.
pub struct DeleteOp {
    pub target: Locator,
    pub snapshot: Rc<Snapshot>,
    pub(crate) progress: Progress,
}

impl DeleteOp {
    pub fn new(target: Locator, snapshot: Rc<Snapshot>) -> DeleteOp {
        DeleteOp {
            target,
            snapshot,
            progress: Progress::default(),
        }
    }
}

/// Many rows at once, for COPY, INSERT … SELECT and literal INSERTs: one log record a page.
/// Uniqueness is still checked row by row.
pub struct BulkOp {
    pub rows: Vec<Rc<[Datum]>>,
    /// Locators of what has been inserted so far, in order.
    pub done: Vec<Locator>,
    pub(crate) batch: Vec<Prepared>,
    /// Rows of the batch that are on pages, and of those the ones in all indexes.
    pub(crate) placed: usize,
    pub(crate) indexed: usize,
}

impl BulkOp {
    /// The number of the row whose turn it is: the one a conflict is about.
    pub fn current(&self) -> usize {
        self.done.len() + self.indexed
    }

    pub fn new(rows: Vec<Rc<[Datum]>>) -> BulkOp {
        BulkOp {
            rows,
            done: Vec::new(),
            batch: Vec::new(),
            placed: 0,
            indexed: 0,
        }
    }
}

/// How big a table is, for the planner.
#[derive(Clone, Copy, Default, Debug)]
pub struct TableSize {
    pub blocks: u32,
    pub all_visible_blocks: u32,
}

/// A future of the object-safe async hooks.
pub type HookFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SqlError>> + 'a>>;

/// A table access method bound to one table. Object-safe: SQL holds `Rc<dyn TableAccess>`.
pub trait TableAccess {
    /// `heap`, for catalogues and EXPLAIN.
    fn method_name(&self) -> &'static str;

    /// True where rows are locked by the scan itself, before filters.
    fn locks_during_scan(&self) -> bool {
        false
    }

    fn size(&self, cx: EngineCx<'_>) -> Act<TableSize>;

    /// Blocks of an index, for the planner.
    fn index_size(&self, cx: EngineCx<'_>, index_oid: u32) -> Act<u32>;

    fn scan(&self, spec: ScanSpec) -> Box<dyn TableScan>;

    /// An error if there is no such index.
    fn index_scan(&self, spec: IndexScanSpec) -> Result<Box<dyn TableScan>, SqlError>;

    /// Adds the row at `locator` if the snapshot sees it. `Ok(false)`: it does not.
    fn fetch(
        &self,
        cx: EngineCx<'_>,
        locator: &Locator,
        snapshot: &Snapshot,
        columns: &[usize],
        out: &mut RowSink,
    ) -> Act<bool>;

    /// Point lookup for key plans: adds every visible row whose index key begins with `key`, up to
    /// the sink's limit, and says how many.
    fn lookup(
        &self,
        cx: EngineCx<'_>,
        index_oid: u32,
        key: &[u8],
        snapshot: &Snapshot,
        columns: &[usize],
        out: &mut RowSink,
    ) -> Act<usize>;

    fn insert_step(&self, cx: EngineCx<'_>, op: &mut InsertOp) -> Act<InsertOutcome>;

    /// Inserts as many rows of `op` as one action may; `Done` once all are in.
    fn bulk_step(&self, cx: EngineCx<'_>, op: &mut BulkOp) -> Act<BulkOutcome>;

    fn update_step(&self, cx: EngineCx<'_>, op: &mut UpdateOp) -> Act<RowOutcome>;

    fn delete_step(&self, cx: EngineCx<'_>, op: &mut DeleteOp) -> Act<RowOutcome>;

    /// Locks the version at `locator`. Exclusive strengths are written into the row.
    fn lock_row(
        &self,
        cx: EngineCx<'_>,
        locator: &Locator,
        snapshot: &Snapshot,
        strength: RowStrength,
    ) -> Act<RowOutcome>;

    /// The tag under which those who wait for a row stand in line.
    fn row_tag(&self, locator: &Locator) -> LockTag;

    /// Gives back a lock the scan took on a row that a filter rejected. Heap never takes such.
    fn unlock_row(&self, cx: EngineCx<'_>, locator: &Locator) -> Act<()> {
        let _ = (cx, locator);
        Ok(())
    }

    /// Called at the end of each statement that wrote.
    fn statement_end(&self, cx: EngineCx<'_>) -> Act<()> {
        let _ = cx;
        Ok(())
    }

    /// Undoes what the transaction or subtransaction `xid` did, where the status alone does not.
    fn rollback<'a>(&'a self, cx: EngineCx<'a>, xid: Xid) -> HookFuture<'a, ()> {
        let _ = (cx, xid);
        Box::pin(async { Ok(()) })
    }

    /// Removes what no snapshot can see any more.
    fn vacuum<'a>(
        &'a self,
        cx: EngineCx<'a>,
        options: VacuumOptions,
    ) -> HookFuture<'a, VacuumReport>;

    /// Fills a new index from the table's rows and makes it one of the method's own. For a unique
    /// index the answer may be a conflict between two rows.
    fn build_index<'a>(
        &'a self,
        cx: EngineCx<'a>,
        index: IndexDef,
    ) -> HookFuture<'a, Option<UniqueConflict>>;

    /// The method no longer keeps up this index.
    fn drop_index(&self, index_oid: u32);
}

#[derive(Debug)]
pub enum BulkOutcome {
    Done,
    /// Call again; yielding in between is welcome.
    More,
    Conflict(UniqueConflict),
    Wait(WaitFor),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_prefixes() {
        assert_eq!(after_prefix(&[1, 2]), Some(alloc::vec![1, 3]));
        assert_eq!(after_prefix(&[1, 0xFF]), Some(alloc::vec![2]));
        assert_eq!(after_prefix(&[0xFF, 0xFF]), None);
        let r = KeyRange::between(Some((&[5], false)), Some((&[7], true)));
        assert_eq!((r.from, r.to), (alloc::vec![6], Some(alloc::vec![8])));
    }
}
