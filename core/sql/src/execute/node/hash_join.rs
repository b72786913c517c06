//! Hash join, all kinds: built from the right side, probed by the left.
//!
//! ```text
//!   right rows --key--> number --heads[number]--> row --next[row]--> row …  (chain per key)
//!   left batch --key--> number --> pairs (left row, right row) --residual--> output
//! ```
//!
//! Pairs are made a batch at a time, so that a key with many partners does not fill memory. Left
//! rows without a partner follow once their batch is through; right rows without one (RIGHT, FULL)
//! at the very end. Null keys meet nobody.

use super::{BoxNode, Node, Step};
use crate::bind::tree::{Expr, JoinKind};
use crate::execute::ExecCx;
use crate::execute::expression::filter;
use crate::execute::key_table::{KeyTable, NONE, has_null};
use crate::execute::rows::{Rows, RowsBuilder};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{BATCH_ROWS, Batch, Phys, Result, Vector};

pub struct HashJoin<'p> {
    pub kind: JoinKind,
    pub left: BoxNode<'p>,
    pub right: BoxNode<'p>,
    pub left_keys: &'p [Expr],
    pub right_keys: &'p [Expr],
    pub residual: &'p [Expr],
    pub left_types: Vec<Phys>,
    pub right_types: Vec<Phys>,
    pub built: Option<Built>,
    pub probe: Option<Probe>,
    /// Next right row to look at when those without partners are given.
    pub rest_at: usize,
    pub left_done: bool,
}

pub struct Built {
    rows: Rows,
    table: KeyTable,
    heads: Vec<u32>,
    next: Vec<u32>,
    matched: Vec<bool>,
}

/// A left batch being joined.
pub struct Probe {
    batch: Batch,
    /// First right row of each left row's chain, or `NONE`.
    chains: Vec<u32>,
    matched: Vec<bool>,
    row: usize,
    at: u32,
}

impl HashJoin<'_> {
    async fn build(&mut self, cx: &ExecCx<'_>) -> Result<Built> {
        let types: Vec<Phys> = self.right_keys.iter().map(|key| key.ty.phys()).collect();
        let mut table = KeyTable::new(&types);
        let mut rows = RowsBuilder::new(&self.right_types);
        let (mut heads, mut next): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let (mut tails, mut numbers): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        while let Some(batch) = self.right.next(cx).await? {
            let keys = super::filter::project(self.right_keys, &batch, cx)?;
            let before = table.memory_bytes();
            table.insert(&keys.columns, keys.len, &mut numbers)?;
            cx.memory
                .take(table.memory_bytes().saturating_sub(before) + keys.len * 12)?;
            heads.resize(table.len(), NONE);
            tails.resize(table.len(), NONE);
            for (row, number) in numbers.iter().enumerate() {
                let here = next.len() as u32;
                next.push(NONE);
                if has_null(&keys.columns, row) {
                    continue;
                }
                // Chains keep the right side's order.
                let tail = tails.get_mut(*number as usize);
                let last = tail.map_or(NONE, |tail| core::mem::replace(tail, here));
                let link = match last {
                    NONE => heads.get_mut(*number as usize),
                    last => next.get_mut(last as usize),
                };
                if let Some(link) = link {
                    *link = here;
                }
            }
            rows.push(&batch, &cx.memory)?;
            cx.spend(keys.len * 2).await?;
        }
        let outer = matches!(self.kind, JoinKind::Right | JoinKind::Full);
        let matched = alloc::vec![false; if outer { rows.len() } else { 0 }];
        Ok(Built {
            rows: rows.finish(),
            table,
            heads,
            next,
            matched,
        })
    }

    fn start_probe(&self, batch: Batch, built: &mut Built, cx: &ExecCx<'_>) -> Result<Probe> {
        let batch = batch.compact();
        let keys = super::filter::project(self.left_keys, &batch, cx)?;
        let mut chains = Vec::new();
        built.table.find(&keys.columns, keys.len, &mut chains);
        for (row, chain) in chains.iter_mut().enumerate() {
            *chain = match *chain {
                NONE => NONE,
                _ if has_null(&keys.columns, row) => NONE,
                number => built.heads.get(number as usize).copied().unwrap_or(NONE),
            };
        }
        let matched = alloc::vec![false; batch.len];
        let at = chains.first().copied().unwrap_or(NONE);
        Ok(Probe {
            batch,
            chains,
            matched,
            row: 0,
            at,
        })
    }

    /// The next pairs of the probe; empty once it is through.
    fn pairs(probe: &mut Probe, built: &Built) -> (Vec<u32>, Vec<u32>) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        while probe.row < probe.chains.len() && left.len() < BATCH_ROWS {
            if probe.at == NONE {
                probe.row += 1;
                probe.at = probe.chains.get(probe.row).copied().unwrap_or(NONE);
                continue;
            }
            left.push(probe.row as u32);
            right.push(probe.at);
            probe.at = built.next.get(probe.at as usize).copied().unwrap_or(NONE);
        }
        (left, right)
    }

    fn join(&self, probe: &mut Probe, built: &mut Built, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        let (left, right) = Self::pairs(probe, built);
        if left.is_empty() {
            return Ok(None);
        }
        let mut columns: Vec<Rc<Vector>> = probe
            .batch
            .columns
            .iter()
            .map(|column| Rc::new(column.gather(&left)))
            .collect();
        columns.extend(built.rows.gather(&right).columns);
        let mut joined = Batch::new(columns, left.len());
        filter(self.residual, &mut joined, &cx.eval)?;
        for row in joined.row_indexes() {
            let (l, r) = (left.get(row).copied(), right.get(row).copied());
            if let Some(flag) = l.and_then(|l| probe.matched.get_mut(l as usize)) {
                *flag = true;
            }
            if let Some(flag) = r.and_then(|r| built.matched.get_mut(r as usize)) {
                *flag = true;
            }
        }
        if matches!(self.kind, JoinKind::Semi | JoinKind::Anti) {
            return Ok(Some(Batch::new(Vec::new(), 0)));
        }
        Ok(Some(joined))
    }

    /// What is left to say about a left batch whose pairs are through.
    fn close_probe(&self, probe: Probe) -> Option<Batch> {
        let wanted = match self.kind {
            JoinKind::Left | JoinKind::Full | JoinKind::Anti => false,
            JoinKind::Semi => true,
            JoinKind::Inner | JoinKind::Right => return None,
        };
        let flags = probe.matched.iter().zip(0u32..);
        let rows: Vec<u32> = flags
            .filter(|(flag, _)| **flag == wanted)
            .map(|(_, row)| row)
            .collect();
        if rows.is_empty() {
            return None;
        }
        if matches!(self.kind, JoinKind::Semi | JoinKind::Anti) {
            return Some(Batch {
                sel: Some(Rc::from(rows)),
                ..probe.batch
            });
        }
        let mut columns: Vec<Rc<Vector>> = probe
            .batch
            .columns
            .iter()
            .map(|column| Rc::new(column.gather(&rows)))
            .collect();
        columns.extend(nulls(&self.right_types, rows.len()));
        Some(Batch::new(columns, rows.len()))
    }

    /// Right rows that met nobody.
    fn rest(&mut self) -> Option<Batch> {
        let built = self.built.as_ref()?;
        let mut rows: Vec<u32> = Vec::new();
        while self.rest_at < built.matched.len() && rows.len() < BATCH_ROWS {
            if built.matched.get(self.rest_at) == Some(&false) {
                rows.push(self.rest_at as u32);
            }
            self.rest_at += 1;
        }
        if rows.is_empty() {
            return None;
        }
        let mut columns: Vec<Rc<Vector>> = nulls(&self.left_types, rows.len()).collect();
        columns.extend(built.rows.gather(&rows).columns);
        Some(Batch::new(columns, rows.len()))
    }

    async fn pull(&mut self, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        if self.built.is_none() {
            self.built = Some(self.build(cx).await?);
        }
        loop {
            if let Some(mut probe) = self.probe.take() {
                let Some(mut built) = self.built.take() else {
                    return Ok(None);
                };
                let joined = self.join(&mut probe, &mut built, cx);
                self.built = Some(built);
                match joined? {
                    Some(batch) => {
                        self.probe = Some(probe);
                        cx.spend(batch.len + 1).await?;
                        if !batch.is_empty() {
                            return Ok(Some(batch));
                        }
                    }
                    None => {
                        if let Some(batch) = self.close_probe(probe) {
                            return Ok(Some(batch));
                        }
                    }
                }
                continue;
            }
            if self.left_done {
                return Ok(self.rest());
            }
            match self.left.next(cx).await? {
                None => self.left_done = true,
                Some(batch) => {
                    cx.spend(batch.rows()).await?;
                    if let Some(mut built) = self.built.take() {
                        let probe = self.start_probe(batch, &mut built, cx);
                        self.built = Some(built);
                        self.probe = Some(probe?);
                    }
                }
            }
        }
    }
}

/// Columns of nulls for the side that is missing.
pub fn nulls(types: &[Phys], rows: usize) -> impl Iterator<Item = Rc<Vector>> + '_ {
    types
        .iter()
        .map(move |phys| Rc::new(Vector::all_null(*phys, rows)))
}

impl Node for HashJoin<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(self.pull(cx))
    }

    fn restart(&mut self) {
        self.built = None;
        self.probe = None;
        self.rest_at = 0;
        self.left_done = false;
        self.left.restart();
        self.right.restart();
    }
}
