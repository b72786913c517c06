//! Nested loop, with parameters an apply or an index nested loop.
//!
//! For each left row the slots are set and the right side runs again. The left row's columns are
//! constants beside the right batch while the condition is evaluated, so that nothing is copied
//! before a pair has qualified; qualified pairs are gathered into full batches.

use super::{BoxNode, Node, Step};
use crate::bind::tree::{Expr, JoinKind};
use crate::execute::ExecCx;
use crate::execute::expression::{evaluate_batch, filter};
use crate::execute::rows::Rows;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::vector::BatchBuilder;
use vitrine_data::{Batch, Datum, Phys, Result, Vector};

pub struct NestedLoop<'p> {
    pub kind: JoinKind,
    pub left: BoxNode<'p>,
    pub right: BoxNode<'p>,
    pub params: &'p [(usize, Expr)],
    pub on: &'p [Expr],
    pub left_types: Vec<Phys>,
    pub right_types: Vec<Phys>,
    pub out: BatchBuilder,
    pub current: Option<Current>,
    /// RIGHT and FULL: the whole right side, and which of its rows met somebody.
    pub kept: Option<(Rows, Vec<bool>)>,
    pub right_at: usize,
    pub left_done: bool,
}

/// The left batch under way.
pub struct Current {
    batch: Batch,
    params: Vec<Rc<Vector>>,
    row: usize,
    /// The right side stands in the middle for this row.
    inside: bool,
    matched: bool,
}

impl NestedLoop<'_> {
    fn keeps_right(&self) -> bool {
        matches!(self.kind, JoinKind::Right | JoinKind::Full)
    }

    async fn next_right(&mut self, cx: &ExecCx<'_>) -> Result<Option<(Batch, usize)>> {
        if !self.keeps_right() {
            return Ok(self.right.next(cx).await?.map(|batch| (batch, 0)));
        }
        if self.kept.is_none() {
            let rows = super::materialize::collect(&mut *self.right, &self.right_types, cx).await?;
            let flags = alloc::vec![false; rows.len];
            self.kept = Some((rows, flags));
        }
        let at = self.right_at;
        let batch = self.kept.as_ref().and_then(|(rows, _)| rows.batch(at));
        self.right_at += batch.as_ref().map_or(0, |batch| batch.len);
        Ok(batch.map(|batch| (batch, at)))
    }

    fn begin_row(&mut self, current: &mut Current, cx: &ExecCx<'_>) {
        for ((slot, _), values) in self.params.iter().zip(&current.params) {
            cx.eval.slots.set(*slot, values.datum(current.row));
        }
        self.right.restart();
        self.right_at = 0;
        current.inside = true;
        current.matched = false;
    }

    /// Pairs of the current left row with one right batch.
    fn pair(
        &mut self,
        current: &mut Current,
        right: &Batch,
        at: usize,
        cx: &ExecCx<'_>,
    ) -> Result<()> {
        let left_row = current.batch.row_index(current.row);
        let mut columns: Vec<Rc<Vector>> =
            Vec::with_capacity(self.left_types.len() + right.width());
        for column in &current.batch.columns {
            let value = column.datum(left_row);
            columns.push(Rc::new(Vector::constant(column.phys(), value, right.len)));
        }
        columns.extend(right.columns.iter().cloned());
        let mut pairs = Batch {
            columns,
            len: right.len,
            sel: right.sel.clone(),
        };
        filter(self.on, &mut pairs, &cx.eval)?;
        if pairs.is_empty() {
            return Ok(());
        }
        current.matched = true;
        if let Some((_, flags)) = &mut self.kept {
            for row in pairs.row_indexes() {
                if let Some(flag) = flags.get_mut(at + row) {
                    *flag = true;
                }
            }
        }
        if matches!(self.kind, JoinKind::Semi | JoinKind::Anti) {
            return Ok(());
        }
        for row in pairs.row_indexes() {
            for (builder, column) in self.out.columns.iter_mut().zip(&pairs.columns) {
                builder.push_from(column, row)?;
            }
            self.out.end_row();
        }
        Ok(())
    }

    /// After a left row's last right batch.
    fn end_row(&mut self, current: &mut Current) -> Result<()> {
        current.inside = false;
        let give = match self.kind {
            JoinKind::Left | JoinKind::Full | JoinKind::Anti => !current.matched,
            JoinKind::Semi => current.matched,
            JoinKind::Inner | JoinKind::Right => false,
        };
        if give {
            let mut row = current.batch.row(current.row);
            if !matches!(self.kind, JoinKind::Semi | JoinKind::Anti) {
                row.resize(self.left_types.len() + self.right_types.len(), Datum::Null);
            }
            self.out.push_row(&row)?;
        }
        current.row += 1;
        Ok(())
    }

    /// Works on the current left batch; true once it is through.
    async fn work(&mut self, current: &mut Current, cx: &ExecCx<'_>) -> Result<bool> {
        while current.row < current.batch.rows() {
            if self.out.is_full() {
                return Ok(false);
            }
            if !current.inside {
                self.begin_row(current, cx);
            }
            let settled = matches!(self.kind, JoinKind::Semi | JoinKind::Anti) && current.matched;
            let right = match settled {
                true => None,
                false => self.next_right(cx).await?,
            };
            match right {
                None => self.end_row(current)?,
                Some((right, at)) => {
                    cx.spend(right.rows() + 1).await?;
                    self.pair(current, &right, at, cx)?;
                }
            }
        }
        Ok(true)
    }

    fn give_rest(&mut self) -> Result<()> {
        let Some((rows, flags)) = self.kept.take() else {
            return Ok(());
        };
        let unmatched: Vec<u32> = flags
            .iter()
            .zip(0u32..)
            .filter(|(flag, _)| !**flag)
            .map(|(_, row)| row)
            .collect();
        let rest = rows.gather(&unmatched);
        for row in 0..rest.len {
            let mut values = alloc::vec![Datum::Null; self.left_types.len()];
            values.extend(rest.row(row));
            self.out.push_row(&values)?;
        }
        Ok(())
    }

    async fn pull(&mut self, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        while !self.out.is_full() {
            if let Some(mut current) = self.current.take() {
                if !self.work(&mut current, cx).await? {
                    self.current = Some(current);
                }
                continue;
            }
            if self.left_done {
                break;
            }
            match self.left.next(cx).await? {
                None => {
                    self.left_done = true;
                    if self.keeps_right() && self.kept.is_none() {
                        let _ = self.next_right(cx).await?;
                    }
                    self.give_rest()?;
                }
                Some(batch) => {
                    let mut params = Vec::with_capacity(self.params.len());
                    for (_, expr) in self.params {
                        params.push(evaluate_batch(expr, &batch, &cx.eval)?);
                    }
                    let (row, inside, matched) = (0, false, false);
                    self.current = Some(Current {
                        batch,
                        params,
                        row,
                        inside,
                        matched,
                    });
                }
            }
        }
        Ok((!self.out.is_empty()).then(|| self.out.take()))
    }
}

impl Node for NestedLoop<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(self.pull(cx))
    }

    fn restart(&mut self) {
        self.current = None;
        self.kept = None;
        self.right_at = 0;
        self.left_done = false;
        let _ = self.out.take();
        self.left.restart();
        self.right.restart();
    }
}
