//! Do a table and its indexes agree? For tests, the crash lab and a doubtful user.
//!
//! Under one snapshot: every row the table shows has, in each index that wants it, an entry with its key
//! that leads to it; every entry that leads to a visible row carries that row's key; and no two
//! visible rows share a key of a unique index. Each tree is checked by itself too.

use super::index::make_keys;
use super::table::HeapTable;
use crate::access::{IndexScanSpec, KeyRange, Locator, RowSink, ScanSpec, TableAccess};
use crate::engine::EngineCx;
use crate::stop::{run, sql_error};
use crate::txn::Snapshot;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CheckReport {
    pub rows: u64,
    pub faults: Vec<String>,
}

impl HeapTable {
    pub async fn check(&self, cx: EngineCx<'_>, snapshot: Rc<Snapshot>) -> Result<CheckReport> {
        let storage = &cx.engine.storage;
        let mut report = CheckReport::default();
        let rows = self.rows_seen(cx, snapshot.clone()).await?;
        report.rows = rows.len() as u64;
        let indexes = self.all_indexes();
        let mut keys: Vec<BTreeMap<(Vec<u8>, Locator), bool>> = Vec::new();
        keys.resize_with(indexes.len(), BTreeMap::new);
        for (locator, row) in &rows {
            for (of_index, key) in keys.iter_mut().zip(make_keys(&indexes, row)?) {
                if let Some(key) = key {
                    of_index.insert((key.key, locator.clone()), key.has_null);
                }
            }
        }
        for (index, mut expected) in indexes.iter().zip(keys) {
            let (_, faults) = index.tree.check(storage).await.map_err(sql_error)?;
            let oid = index.def.oid;
            report
                .faults
                .extend(faults.into_iter().map(|f| format!("index {oid}: {f}")));
            if index.def.unique {
                let whole = expected.iter().filter(|(_, has_null)| !**has_null);
                let mut last: Option<&Vec<u8>> = None;
                for ((key, at), _) in whole {
                    if last == Some(key) {
                        report
                            .faults
                            .push(format!("index {oid}: two rows with one key, {at:?}"));
                    }
                    last = Some(key);
                }
            }
            let spec = IndexScanSpec {
                snapshot: snapshot.clone(),
                columns: Rc::from([]),
                index_oid: oid,
                range: KeyRange::all(),
                backward: false,
                index_only: false,
            };
            for found in self.entries_seen(cx, spec).await? {
                if expected.remove(&found).is_none() {
                    report
                        .faults
                        .push(format!("index {oid}: entry of {:?} has no row", found.1));
                }
            }
            let missing = expected
                .keys()
                .map(|(_, at)| format!("index {oid}: no entry for {at:?}"));
            report.faults.extend(missing);
        }
        Ok(report)
    }

    async fn rows_seen(
        &self,
        cx: EngineCx<'_>,
        snapshot: Rc<Snapshot>,
    ) -> Result<Vec<(Locator, Vec<Datum>)>> {
        let columns: Rc<[usize]> = (0..self.desc.len()).collect();
        let mut scan = self.scan(ScanSpec {
            snapshot,
            columns,
            blocks: None,
        });
        let types = self.desc.types();
        let mut rows = Vec::new();
        loop {
            let mut out = RowSink::new(&types, 256).with_locators();
            let more = run(&cx.engine.storage, || scan.next(cx, &mut out)).await?;
            let columns: Vec<_> = out.columns.into_iter().map(|c| c.finish()).collect();
            for (i, locator) in out.locators.unwrap_or_default().into_iter().enumerate() {
                rows.push((locator, columns.iter().map(|c| c.datum(i)).collect()));
            }
            if !more {
                return Ok(rows);
            }
        }
    }

    /// Keys of the entries that lead to rows the snapshot sees, with those rows' places.
    async fn entries_seen(
        &self,
        cx: EngineCx<'_>,
        spec: IndexScanSpec,
    ) -> Result<Vec<(Vec<u8>, Locator)>> {
        let mut scan = super::scan::IndexScan::new(self.clone(), spec)?;
        let mut found = Vec::new();
        loop {
            let mut out = RowSink::new(&[], 256).with_locators().with_keys();
            let more = run(&cx.engine.storage, || {
                crate::access::TableScan::next(&mut scan, cx, &mut out)
            })
            .await?;
            let keys = out.keys.unwrap_or_default().into_iter().map(|k| k.0);
            found.extend(keys.zip(out.locators.unwrap_or_default()));
            if !more {
                return Ok(found);
            }
        }
    }
}
