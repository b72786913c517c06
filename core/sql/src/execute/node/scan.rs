//! Scans of a table: in sequence, by an index, by ctid.
//!
//! All three ask the access method for the attributes the plan names and then lay the columns out
//! as the plan wants them, system columns among them. Filters run on the batch before it goes on,
//! and a batch goes on as soon as it has rows.

use super::{Node, Step};
use crate::bind::tree::{Expr, SystemColumn};
use crate::catalog::{IndexDef, TableDef};
use crate::execute::engine::act;
use crate::execute::expression::{evaluate_const, filter};
use crate::execute::{ExecCx, index_key};
use crate::plan::tree::{IndexRange, ScanColumn};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{BATCH_ROWS, Batch, Datum, Phys, Result, SqlError, Vector};
use vitrine_engine::access::{IndexScanSpec, Locator, RowSink, ScanSpec, TableScan};

/// What to read, and where it goes.
pub struct Layout<'p> {
    pub table: &'p Rc<TableDef>,
    columns: &'p [ScanColumn],
    /// Attributes read, ascending and once each.
    attributes: Rc<[usize]>,
    types: Vec<Phys>,
    locators: bool,
    system: bool,
}

impl<'p> Layout<'p> {
    pub fn new(table: &'p Rc<TableDef>, columns: &'p [ScanColumn]) -> Layout<'p> {
        let mut attributes: Vec<usize> = columns
            .iter()
            .filter_map(|column| match column {
                ScanColumn::Attribute(attribute) => Some(*attribute),
                ScanColumn::System(_) => None,
            })
            .collect();
        attributes.sort_unstable();
        attributes.dedup();
        let phys = |attribute: &usize| {
            table
                .columns
                .get(*attribute)
                .map_or(Phys::Bytes, |column| column.ty.phys())
        };
        let types = attributes.iter().map(phys).collect();
        let has = |wanted: &dyn Fn(&SystemColumn) -> bool| {
            columns
                .iter()
                .any(|column| matches!(column, ScanColumn::System(s) if wanted(s)))
        };
        Layout {
            table,
            columns,
            types,
            attributes: attributes.into(),
            locators: has(&|column| *column == SystemColumn::Ctid),
            system: has(&|c| !matches!(c, SystemColumn::Ctid | SystemColumn::TableOid)),
        }
    }

    fn sink(&self) -> RowSink {
        let mut sink = RowSink::new(&self.types, BATCH_ROWS);
        if self.locators {
            sink = sink.with_locators();
        }
        if self.system {
            sink = sink.with_system();
        }
        sink
    }

    fn batch(&self, sink: RowSink) -> Result<Batch> {
        let rows = sink.rows;
        let read: Vec<Rc<Vector>> = sink
            .columns
            .into_iter()
            .map(|builder| Rc::new(builder.finish()))
            .collect();
        let system = sink.system.unwrap_or_default();
        let bits =
            |values: &[u32]| Rc::new(Vector::from_i32(values.iter().map(|v| *v as i32).collect()));
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in self.columns {
            columns.push(match column {
                ScanColumn::Attribute(attribute) => {
                    let place = self.attributes.binary_search(attribute).ok();
                    place
                        .and_then(|place| read.get(place))
                        .cloned()
                        .ok_or_else(|| SqlError::bug("a scan lacks a column it was asked for"))?
                }
                ScanColumn::System(SystemColumn::Ctid) => {
                    let locators = sink.locators.as_deref().unwrap_or_default();
                    let numbers = locators.iter().map(|l| l.short().unwrap_or(0) as i64);
                    Rc::new(Vector::from_i64(numbers.collect()))
                }
                ScanColumn::System(SystemColumn::Xmin) => bits(&system.xmin),
                ScanColumn::System(SystemColumn::Xmax) => bits(&system.xmax),
                ScanColumn::System(SystemColumn::Cmin) => bits(&system.cmin),
                ScanColumn::System(SystemColumn::Cmax) => bits(&system.cmax),
                ScanColumn::System(SystemColumn::TableOid) => {
                    let oid = Datum::I32(self.table.oid.0 as i32);
                    Rc::new(Vector::constant(Phys::I32, oid, rows))
                }
            });
        }
        Ok(Batch::new(columns, rows))
    }
}

/// How the rows are found.
pub enum Source<'p> {
    Sequence,
    Index {
        index: &'p IndexDef,
        range: &'p IndexRange,
        backward: bool,
    },
}

pub struct Scan<'p> {
    pub layout: Layout<'p>,
    pub source: Source<'p>,
    pub filter: &'p [Expr],
    pub id: usize,
    pub state: ScanState,
}

pub enum ScanState {
    Fresh,
    Open(Box<dyn TableScan>),
    /// At its end; kept for a restart.
    Ended(Box<dyn TableScan>),
    /// Restarted: to be begun again instead of opened anew.
    Rewound(Box<dyn TableScan>),
    /// Nothing can match.
    Done,
}

impl Scan<'_> {
    fn open(&mut self, cx: &ExecCx<'_>) -> Result<()> {
        let state = core::mem::replace(&mut self.state, ScanState::Done);
        let access = &self.layout.table.access;
        let (snapshot, columns) = (cx.snapshot.clone(), self.layout.attributes.clone());
        self.state = match (state, &self.source) {
            (ScanState::Open(scan), _) => ScanState::Open(scan),
            (state @ (ScanState::Done | ScanState::Ended(_)), _) => state,
            (ScanState::Rewound(mut scan), Source::Sequence) => {
                scan.rewind();
                ScanState::Open(scan)
            }
            (ScanState::Fresh, Source::Sequence) => ScanState::Open(access.scan(ScanSpec {
                snapshot,
                columns,
                blocks: None,
            })),
            (
                state,
                Source::Index {
                    index,
                    range,
                    backward,
                },
            ) => match (index_key::key_range(index, range, &cx.eval)?, state) {
                (None, ScanState::Rewound(scan)) => {
                    drop(scan);
                    ScanState::Done
                }
                (None, _) => ScanState::Done,
                (Some(range), ScanState::Rewound(mut scan)) => {
                    scan.rescan(range);
                    ScanState::Open(scan)
                }
                (Some(range), _) => ScanState::Open(access.index_scan(IndexScanSpec {
                    snapshot,
                    columns,
                    index_oid: index.oid.0,
                    range,
                    backward: *backward,
                    index_only: false,
                })?),
            },
        };
        Ok(())
    }

    async fn pull(&mut self, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        self.open(cx)?;
        loop {
            let ScanState::Open(scan) = &mut self.state else {
                return Ok(None);
            };
            let mut sink = self.layout.sink();
            let more = act(cx, |engine| scan.next(engine, &mut sink)).await?;
            if !more {
                let state = core::mem::replace(&mut self.state, ScanState::Done);
                if let ScanState::Open(scan) = state {
                    self.state = ScanState::Ended(scan);
                }
            }
            if sink.rows == 0 {
                cx.spend(16).await?;
                continue;
            }
            let rows = sink.rows;
            let mut batch = self.layout.batch(sink)?;
            filter(self.filter, &mut batch, &cx.eval)?;
            cx.count(self.id, |step| {
                step.rows_removed += (rows - batch.rows()) as u64
            });
            cx.spend(rows).await?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
    }
}

impl Node for Scan<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(self.pull(cx))
    }

    fn restart(&mut self) {
        self.state = match core::mem::replace(&mut self.state, ScanState::Fresh) {
            ScanState::Open(scan) | ScanState::Ended(scan) | ScanState::Rewound(scan) => {
                ScanState::Rewound(scan)
            }
            _ => ScanState::Fresh,
        };
    }
}

/// One row by its ctid.
pub struct TidScan<'p> {
    pub layout: Layout<'p>,
    pub tid: &'p Expr,
    pub filter: &'p [Expr],
    pub done: bool,
}

impl Node for TidScan<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if core::mem::replace(&mut self.done, true) {
                return Ok(None);
            }
            let Some(tid) = evaluate_const(self.tid, &cx.eval)?.as_i64() else {
                return Ok(None);
            };
            let locator = Locator::Short(tid as u64);
            let mut sink = self.layout.sink();
            let access = &self.layout.table.access;
            let columns = &self.layout.attributes;
            act(cx, |engine| {
                access.fetch(engine, &locator, &cx.snapshot, columns, &mut sink)
            })
            .await?;
            let mut batch = self.layout.batch(sink)?;
            filter(self.filter, &mut batch, &cx.eval)?;
            Ok(Some(batch))
        })
    }

    fn restart(&mut self) {
        self.done = false;
    }
}
