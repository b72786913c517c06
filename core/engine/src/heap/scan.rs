//! Reading: all rows, rows by an index, one row.
//!
//! A scan keeps a place, never a pin. It may stop in the middle of a page, for a missing page of the
//! commit log or of a long value, and go on later: line pointers do not move, versions its snapshot sees
//! are not removed, and versions that appear meanwhile are none of its.

use super::index::HeapIndex;
use super::prune::chain;
use super::table::HeapTable;
use super::toast::ToastReader;
use super::tuple::{Item, from_index_bytes, item, pack, unpack};
use super::visibility::visible;
use super::vm;
use crate::access::*;
use crate::btree::{Cursor, Entries};
use crate::engine::EngineCx;
use crate::stop::Act;
use crate::txn::Snapshot;
use alloc::rc::Rc;
use vitrine_data::SqlError;
use vitrine_data::tuple::{Projection, TupleHeader};
use vitrine_storage::page::flags;
use vitrine_view::Tid;

/// Pages asked for ahead of a sequential scan.
const AHEAD: u32 = 8;

impl HeapTable {
    /// Adds one version to the sink; on an error nothing of it stays.
    fn push_row(
        &self,
        cx: EngineCx<'_>,
        projection: &Projection,
        reader: &mut ToastReader,
        version: (Tid, &TupleHeader, &[u8]),
        out: &mut RowSink,
    ) -> Act<()> {
        let (tid, header, bytes) = version;
        let fetch = &mut |p: &_| self.read_value(cx, reader, p);
        if let Err(stop) = projection.push(&self.desc, bytes, &mut out.columns, fetch) {
            out.truncate(out.rows);
            return Err(stop);
        }
        reader.clear();
        if let Some(locators) = &mut out.locators {
            locators.push(Locator::Short(pack(tid)));
        }
        if let Some(system) = &mut out.system {
            system.xmin.push(header.xmin);
            system.xmax.push(header.xmax);
            system.cmin.push(header.cid);
            system.cmax.push(header.cid);
        }
        out.rows += 1;
        Ok(())
    }

    /// The version of the chain at `root` that the snapshot sees, added to the sink.
    fn push_visible(
        &self,
        cx: EngineCx<'_>,
        root: Tid,
        snapshot: &Snapshot,
        projection: &Projection,
        reader: &mut ToastReader,
        out: &mut RowSink,
    ) -> Act<bool> {
        if root.block >= cx.storage().pool().length(self.rows.main)? {
            return Ok(false);
        }
        let tag = self.rows.tag(root.block);
        let page = cx.storage().pool().read(tag)?;
        for link in chain(&page, tag, root.offset)? {
            if visible(cx, snapshot, &link.header)? {
                let tid = Tid {
                    block: root.block,
                    offset: link.offset,
                };
                self.push_row(cx, projection, reader, (tid, &link.header, link.bytes), out)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn fetch_version(
        &self,
        cx: EngineCx<'_>,
        tid: Tid,
        snapshot: &Snapshot,
        columns: &[usize],
        out: &mut RowSink,
    ) -> Act<bool> {
        let projection = Projection::new(&self.desc, columns)?;
        let mut reader = core::mem::take(&mut out.reader);
        let found = self.push_visible(cx, tid, snapshot, &projection, &mut reader, out);
        out.reader = reader;
        found
    }

    pub(super) fn lookup_key(
        &self,
        cx: EngineCx<'_>,
        index_oid: u32,
        key: &[u8],
        snapshot: &Snapshot,
        columns: &[usize],
        out: &mut RowSink,
    ) -> Act<usize> {
        let index = self.known_index(index_oid)?;
        let projection = Projection::new(&self.desc, columns)?;
        let before = out.rows;
        let mut reader = core::mem::take(&mut out.reader);
        let done = (|| {
            let mut cursor = Cursor::new(KeyRange::prefix(key), false);
            let mut entries = Entries::default();
            while index
                .tree
                .scan_page(cx.storage(), &mut cursor, &mut entries)?
            {
                for i in 0..entries.len() {
                    let Some((_, locator, _)) = entries.get(i) else {
                        continue;
                    };
                    if out.is_full() {
                        return Ok(());
                    }
                    let Some(at) = from_index_bytes(locator) else {
                        continue;
                    };
                    let root = unpack(at);
                    self.push_visible(cx, root, snapshot, &projection, &mut reader, out)?;
                }
                entries.clear();
            }
            Ok(())
        })();
        out.reader = reader;
        match done {
            Ok(()) => Ok(out.rows - before),
            Err(stop) => {
                out.truncate(before);
                Err(stop)
            }
        }
    }
}

pub struct SeqScan {
    table: HeapTable,
    spec: ScanSpec,
    projection: Result<Projection, Option<SqlError>>,
    reader: ToastReader,
    block: u32,
    offset: u16,
    end: Option<u32>,
}

impl SeqScan {
    pub fn new(table: HeapTable, spec: ScanSpec) -> SeqScan {
        let projection = Projection::new(&table.desc, &spec.columns).map_err(Some);
        let block = spec.blocks.map_or(0, |b| b.0);
        let reader = ToastReader::default();
        SeqScan {
            table,
            spec,
            projection,
            reader,
            block,
            offset: 1,
            end: None,
        }
    }

    /// The rest of the present page, as far as the sink has room. True when the page is done.
    fn page_rows(&mut self, cx: EngineCx<'_>, out: &mut RowSink) -> Act<bool> {
        let projection = match &mut self.projection {
            Ok(projection) => projection,
            Err(e) => return Err(e.take().unwrap_or_else(|| SqlError::bug("bad scan")).into()),
        };
        let tag = self.table.rows.tag(self.block);
        let page = cx.storage().pool().read_scan(tag)?;
        let all_visible = page.flags() & flags::ALL_VISIBLE != 0;
        while self.offset <= page.item_count() {
            if out.is_full() {
                return Ok(false);
            }
            if let Item::Tuple(header, bytes) = item(&page, tag, self.offset)?
                && (all_visible || visible(cx, &self.spec.snapshot, &header)?)
            {
                let tid = Tid {
                    block: self.block,
                    offset: self.offset,
                };
                let version = (tid, &header, bytes);
                self.table
                    .push_row(cx, projection, &mut self.reader, version, out)?;
            }
            self.offset += 1;
        }
        Ok(true)
    }
}

impl TableScan for SeqScan {
    fn next(&mut self, cx: EngineCx<'_>, out: &mut RowSink) -> Act<bool> {
        let end = match self.end {
            Some(end) => end,
            None => {
                let length = cx.storage().pool().length(self.table.rows.main)?;
                let end = self.spec.blocks.map_or(length, |b| b.1.min(length));
                self.end = Some(end);
                end
            }
        };
        while self.block < end && !out.is_full() {
            if self.offset == 1 && self.block.is_multiple_of(AHEAD) {
                cx.storage()
                    .pool()
                    .prefetch(self.table.rows.main, self.block + 1, AHEAD);
            }
            if self.page_rows(cx, out)? {
                self.block += 1;
                self.offset = 1;
            }
        }
        Ok(self.block < end)
    }

    fn rewind(&mut self) {
        self.block = self.spec.blocks.map_or(0, |b| b.0);
        self.offset = 1;
        self.end = None;
        self.reader.clear();
    }
}

pub struct IndexScan {
    table: HeapTable,
    index: Rc<HeapIndex>,
    spec: IndexScanSpec,
    projection: Projection,
    reader: ToastReader,
    cursor: Cursor,
    entries: Entries,
    at: usize,
    done: bool,
}

impl IndexScan {
    pub fn new(table: HeapTable, spec: IndexScanSpec) -> Result<IndexScan, SqlError> {
        let index = table.known_index(spec.index_oid)?;
        let columns: &[usize] = if spec.index_only { &[] } else { &spec.columns };
        let projection = Projection::new(&table.desc, columns)?;
        let cursor = Cursor::new(spec.range.clone(), spec.backward);
        let (reader, entries) = (ToastReader::default(), Entries::default());
        Ok(IndexScan {
            table,
            index,
            spec,
            projection,
            reader,
            cursor,
            entries,
            at: 0,
            done: false,
        })
    }

    /// The row of the present entry, if the snapshot sees one.
    fn entry_row(&mut self, cx: EngineCx<'_>, out: &mut RowSink) -> Act<()> {
        let Some((key, locator, payload)) = self.entries.get(self.at) else {
            return Ok(());
        };
        let Some(at) = from_index_bytes(locator) else {
            return Ok(());
        };
        let tid = unpack(at);
        if !self.spec.index_only {
            let (snapshot, projection) = (&self.spec.snapshot, &self.projection);
            let seen =
                self.table
                    .push_visible(cx, tid, snapshot, projection, &mut self.reader, out)?;
            if seen && let Some(keys) = &mut out.keys {
                keys.push((key.to_vec(), payload.to_vec()));
            }
            return Ok(());
        }
        let bits = self.table.vm.get(cx.storage(), tid.block)?;
        if bits & vm::ALL_VISIBLE != 0 {
            if let Some(locators) = &mut out.locators {
                locators.push(Locator::Short(at));
            }
            out.rows += 1;
        } else {
            let (snapshot, projection) = (&self.spec.snapshot, &self.projection);
            let seen =
                self.table
                    .push_visible(cx, tid, snapshot, projection, &mut self.reader, out)?;
            if !seen {
                return Ok(());
            }
        }
        if let Some(keys) = &mut out.keys {
            keys.push((key.to_vec(), payload.to_vec()));
        }
        Ok(())
    }
}

impl TableScan for IndexScan {
    fn next(&mut self, cx: EngineCx<'_>, out: &mut RowSink) -> Act<bool> {
        loop {
            while self.at < self.entries.len() {
                if out.is_full() {
                    return Ok(true);
                }
                self.entry_row(cx, out)?;
                self.at += 1;
            }
            if self.done {
                return Ok(false);
            }
            self.entries.clear();
            self.at = 0;
            let tree = self.index.tree;
            if !tree.scan_page(cx.storage(), &mut self.cursor, &mut self.entries)? {
                self.done = true;
            }
        }
    }

    fn rewind(&mut self) {
        self.cursor.rewind();
        self.entries.clear();
        self.reader.clear();
        self.at = 0;
        self.done = false;
    }

    fn rescan(&mut self, range: KeyRange) {
        self.cursor.rescan(range);
        self.entries.clear();
        self.reader.clear();
        self.at = 0;
        self.done = false;
    }
}
