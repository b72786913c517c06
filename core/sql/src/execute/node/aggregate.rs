//! Grouping: by one pass over a hash table of groups, whichever strategy the plan names.
//!
//! The group of each row gets a number from `KeyTable`; the accumulators keep their states by that
//! number. Groups come out in the order in which they first appeared, so that a sorted input
//! gives sorted groups: the strategies differ for the planner, not here. Without group columns
//! there is one group even if there is no row. GROUPING SETS are one table each over one pass.

use super::aggregate_call::RunningCall;
use super::{BoxNode, Node, Step};
use crate::bind::tree::{AggregateCall, Expr};
use crate::execute::ExecCx;
use crate::execute::key_table::KeyTable;
use crate::functions::aggregate::Groups;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::vector::BatchBuilder;
use vitrine_data::{BATCH_ROWS, Batch, Datum, Phys, Result, Vector, VectorBuilder};

pub struct Aggregate<'p> {
    pub input: BoxNode<'p>,
    pub groups: &'p [Expr],
    pub calls: &'p [AggregateCall],
    pub sets: Option<&'p [Vec<usize>]>,
    pub types: Vec<Phys>,
    pub state: Option<Vec<GroupSet<'p>>>,
    pub set_at: usize,
    pub at: usize,
}

/// The groups of one grouping set.
pub struct GroupSet<'p> {
    /// Which of the group columns count.
    columns: Vec<usize>,
    table: KeyTable,
    firsts: Vec<VectorBuilder>,
    finished: Vec<Rc<Vector>>,
    calls: Vec<RunningCall<'p>>,
    count: usize,
    numbers: Vec<u32>,
    accounted: usize,
}

impl<'p> GroupSet<'p> {
    fn new(
        columns: Vec<usize>,
        groups: &[Expr],
        calls: &'p [AggregateCall],
    ) -> Result<GroupSet<'p>> {
        let types: Vec<Phys> = columns
            .iter()
            .filter_map(|c| groups.get(*c))
            .map(|e| e.ty.phys())
            .collect();
        let running = calls
            .iter()
            .map(RunningCall::new)
            .collect::<Result<Vec<_>>>()?;
        Ok(GroupSet {
            table: KeyTable::new(&types),
            firsts: types.iter().map(|phys| VectorBuilder::new(*phys)).collect(),
            finished: Vec::new(),
            count: usize::from(columns.is_empty()),
            columns,
            calls: running,
            numbers: Vec::new(),
            accounted: 0,
        })
    }

    fn update(&mut self, batch: &Batch, keys: &[Rc<Vector>], cx: &ExecCx<'_>) -> Result<()> {
        let groups = if self.columns.is_empty() {
            Groups::One(0)
        } else {
            let mine: Vec<Rc<Vector>> = self
                .columns
                .iter()
                .filter_map(|c| keys.get(*c))
                .cloned()
                .collect();
            self.table.insert(&mine, batch.rows(), &mut self.numbers)?;
            for (row, number) in self.numbers.iter().enumerate() {
                if *number as usize == self.count {
                    self.count += 1;
                    for (builder, key) in self.firsts.iter_mut().zip(&mine) {
                        builder.push_datum(&key.datum(row))?;
                    }
                }
            }
            let now = self.table.memory_bytes() + self.count * 16 * self.columns.len();
            if now > self.accounted {
                cx.memory.take(now - self.accounted)?;
                self.accounted = now;
            }
            Groups::Each(&self.numbers)
        };
        for call in &mut self.calls {
            call.update(batch, groups, self.count, cx)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let firsts = core::mem::take(&mut self.firsts);
        self.finished = firsts
            .into_iter()
            .map(|builder| Rc::new(builder.finish()))
            .collect();
        self.calls
            .iter_mut()
            .try_for_each(|call| call.close(self.count))
    }

    /// Group columns and results of one group, as the plan lays them out.
    fn row(&mut self, group: usize, group_columns: usize) -> Result<Vec<Datum>> {
        let mut row = alloc::vec![Datum::Null; group_columns];
        for (column, values) in self.columns.iter().zip(&self.finished) {
            if let Some(place) = row.get_mut(*column) {
                *place = values.datum(group);
            }
        }
        for call in &mut self.calls {
            row.push(call.finish(group)?);
        }
        Ok(row)
    }
}

impl<'p> Aggregate<'p> {
    async fn run(&mut self, cx: &ExecCx<'_>) -> Result<Vec<GroupSet<'p>>> {
        let all = || (0..self.groups.len()).collect();
        let lists: Vec<Vec<usize>> = self.sets.map_or_else(|| alloc::vec![all()], <[_]>::to_vec);
        let mut sets = Vec::with_capacity(lists.len());
        for columns in lists {
            sets.push(GroupSet::new(columns, self.groups, self.calls)?);
        }
        while let Some(batch) = self.input.next(cx).await? {
            if batch.is_empty() {
                continue;
            }
            let keys = super::filter::project(self.groups, &batch, cx)?;
            for set in &mut sets {
                set.update(&batch, &keys.columns, cx)?;
            }
            cx.spend(batch.rows() * (1 + sets.len())).await?;
        }
        sets.iter_mut().try_for_each(GroupSet::close)?;
        Ok(sets)
    }

    fn emit(&mut self) -> Result<Option<Batch>> {
        let mut builder = BatchBuilder::new(&self.types);
        let sets = self.state.as_deref_mut().unwrap_or_default();
        while let Some(set) = sets.get_mut(self.set_at) {
            while self.at < set.count && builder.rows() < BATCH_ROWS {
                builder.push_row(&set.row(self.at, self.groups.len())?)?;
                self.at += 1;
            }
            if builder.rows() >= BATCH_ROWS {
                break;
            }
            self.set_at += 1;
            self.at = 0;
        }
        Ok((!builder.is_empty()).then(|| builder.take()))
    }
}

impl Node for Aggregate<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if self.state.is_none() {
                self.state = Some(self.run(cx).await?);
            }
            let batch = self.emit()?;
            cx.spend(batch.as_ref().map_or(0, Batch::rows)).await?;
            Ok(batch)
        })
    }

    fn restart(&mut self) {
        self.state = None;
        self.set_at = 0;
        self.at = 0;
        self.input.restart();
    }
}
