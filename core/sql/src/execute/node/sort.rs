//! Sort, and top-N when only the first rows are wanted.
//!
//! Keys become memcomparable bytes once per row; the order of rows is then the order of byte
//! strings, whatever the types. Eight leading bytes are kept beside the row's number, which
//! decides most comparisons without touching the rest. Ties keep the order of the input.
//!
//! Top-N keeps at most twice the rows wanted: when that many have come, it cuts.

use super::{BoxNode, Node, Step};
use crate::bind::tree::{Expr, SortKey};
use crate::execute::ExecCx;
use crate::execute::expression::evaluate_batch;
use crate::execute::rows::{Rows, RowsBuilder};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use vitrine_data::key::{KeyOrder, encode_vector_row};
use vitrine_data::{BATCH_ROWS, Batch, Phys, Result, SqlError};

/// Row numbers in the making of an order.
#[derive(Default)]
pub struct Sorter {
    entries: Vec<(u64, u32)>,
    offsets: Vec<u32>,
    heap: Vec<u8>,
}

impl Sorter {
    /// Adds a batch's rows, which get the numbers after those already here.
    pub fn push(&mut self, keys: &[SortKey], batch: &Batch, cx: &ExecCx<'_>) -> Result<()> {
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            let order = KeyOrder {
                descending: key.descending,
                nulls_first: key.nulls_first,
            };
            columns.push((evaluate_batch(&key.expr, batch, &cx.eval)?, order));
        }
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let before = self.heap.len();
        for row in 0..batch.rows() {
            let start = self.heap.len();
            for (column, order) in &columns {
                encode_vector_row(&mut self.heap, column, row, *order);
            }
            let end = u32::try_from(self.heap.len()).map_err(|_| SqlError::out_of_memory())?;
            let number = self.entries.len() as u32;
            self.entries
                .push((leading(self.heap.get(start..).unwrap_or_default()), number));
            self.offsets.push(end);
        }
        cx.memory.take(self.heap.len() - before + batch.rows() * 20)
    }

    fn key(&self, number: u32) -> &[u8] {
        let at = number as usize;
        match (self.offsets.get(at), self.offsets.get(at + 1)) {
            (Some(from), Some(to)) => self
                .heap
                .get(*from as usize..*to as usize)
                .unwrap_or_default(),
            _ => &[],
        }
    }

    fn order(&self, a: &(u64, u32), b: &(u64, u32)) -> Ordering {
        a.0.cmp(&b.0)
            .then_with(|| self.key(a.1).cmp(self.key(b.1)))
            .then(a.1.cmp(&b.1))
    }

    /// The first `limit` row numbers in order.
    pub fn finish(mut self, limit: usize) -> Vec<u32> {
        let mut entries = core::mem::take(&mut self.entries);
        if limit < entries.len() / 4 && limit > 0 {
            entries.select_nth_unstable_by(limit - 1, |a, b| self.order(a, b));
            entries.truncate(limit);
        }
        entries.sort_unstable_by(|a, b| self.order(a, b));
        entries.truncate(limit);
        entries.into_iter().map(|(_, number)| number).collect()
    }
}

/// The first eight bytes as a number whose order is theirs.
fn leading(key: &[u8]) -> u64 {
    let mut bytes = [0u8; 8];
    for (place, byte) in bytes.iter_mut().zip(key) {
        *place = *byte;
    }
    u64::from_be_bytes(bytes)
}

pub struct Sort<'p> {
    pub input: BoxNode<'p>,
    pub keys: &'p [SortKey],
    pub top: Option<&'p Expr>,
    pub types: Vec<Phys>,
    pub sorted: Option<(Rows, Vec<u32>)>,
    pub at: usize,
}

impl Sort<'_> {
    async fn sort(&mut self, cx: &ExecCx<'_>) -> Result<(Rows, Vec<u32>)> {
        let limit = match self.top {
            Some(top) => super::limit::row_count(Some(top), cx, false)?,
            None => None,
        };
        let limit = limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        let cut_at = limit.saturating_mul(2).saturating_add(4 * BATCH_ROWS);
        let (mut rows, mut sorter) = (RowsBuilder::new(&self.types), Sorter::default());
        while let Some(batch) = self.input.next(cx).await? {
            sorter.push(self.keys, &batch, cx)?;
            rows.push(&batch, &cx.memory)?;
            cx.spend(batch.rows() * 2).await?;
            if rows.len() >= cut_at {
                (rows, sorter) = self.cut(rows, sorter, limit, cx)?;
            }
        }
        let order = sorter.finish(limit);
        Ok((rows.finish(), order))
    }

    /// Keeps the first `limit` rows so far and forgets the others.
    fn cut(
        &self,
        rows: RowsBuilder,
        sorter: Sorter,
        limit: usize,
        cx: &ExecCx<'_>,
    ) -> Result<(RowsBuilder, Sorter)> {
        cx.memory
            .give(rows.accounted() + sorter.heap.len() + rows.len() * 20);
        let kept = rows.finish().gather(&sorter.finish(limit));
        let (mut rows, mut sorter) = (RowsBuilder::new(&self.types), Sorter::default());
        sorter.push(self.keys, &kept, cx)?;
        rows.push(&kept, &cx.memory)?;
        Ok((rows, sorter))
    }
}

impl Node for Sort<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            if self.sorted.is_none() {
                self.sorted = Some(self.sort(cx).await?);
            }
            let Some((rows, order)) = &self.sorted else {
                return Ok(None);
            };
            let rest = order.get(self.at..).unwrap_or_default();
            let numbers = rest.get(..BATCH_ROWS.min(rest.len())).unwrap_or_default();
            self.at += numbers.len();
            cx.spend(numbers.len()).await?;
            Ok((!numbers.is_empty()).then(|| rows.gather(numbers)))
        })
    }

    fn restart(&mut self) {
        self.sorted = None;
        self.at = 0;
        self.input.restart();
    }
}
