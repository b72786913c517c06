//! INTERSECT and EXCEPT, with and without ALL, by counting keys.
//!
//! The right side is counted by whole row; each left row then uses up one count (ALL) or is given
//! once. Rows come in the left side's order.

use super::{BoxNode, Node, Step};
use crate::execute::ExecCx;
use crate::execute::key_table::{KeyTable, NONE};
use crate::parse::ast::SetOpKind;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Phys, Result};

pub struct SetOp<'p> {
    pub kind: SetOpKind,
    pub all: bool,
    pub left: BoxNode<'p>,
    pub right: BoxNode<'p>,
    pub types: Vec<Phys>,
    pub state: Option<Counted>,
}

/// Keys of the right side with how often they came, and which left keys were given.
pub struct Counted {
    table: KeyTable,
    counts: Vec<u64>,
    given: Vec<bool>,
    right: usize,
}

impl SetOp<'_> {
    async fn count_right(&mut self, cx: &ExecCx<'_>) -> Result<Counted> {
        let mut table = KeyTable::new(&self.types);
        let (mut counts, mut numbers) = (Vec::new(), Vec::new());
        while let Some(batch) = self.right.next(cx).await? {
            let batch = batch.compact();
            let before = table.memory_bytes();
            table.insert(&batch.columns, batch.len, &mut numbers)?;
            cx.memory
                .take(table.memory_bytes().saturating_sub(before))?;
            counts.resize(table.len(), 0u64);
            for number in &numbers {
                if let Some(count) = counts.get_mut(*number as usize) {
                    *count += 1;
                }
            }
            cx.spend(batch.len).await?;
        }
        let right = table.len();
        Ok(Counted {
            table,
            counts,
            given: Vec::new(),
            right,
        })
    }

    fn keep(&self, number: u32, state: &mut Counted) -> bool {
        let at = number as usize;
        if number == NONE {
            return false;
        }
        let (Some(count), Some(given)) = (state.counts.get_mut(at), state.given.get_mut(at)) else {
            return false;
        };
        let in_right = if self.all {
            *count > 0
        } else {
            at < state.right
        };
        if self.all {
            *count = count.saturating_sub(1);
        }
        let wanted = in_right == (self.kind == SetOpKind::Intersect);
        let first = !core::mem::replace(given, *given || wanted);
        wanted && (self.all || first)
    }
}

impl Node for SetOp<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let mut state = match self.state.take() {
                Some(state) => state,
                None => self.count_right(cx).await?,
            };
            let out = match self.left.next(cx).await? {
                None => None,
                Some(batch) => {
                    let batch = batch.compact();
                    let mut numbers = Vec::new();
                    state
                        .table
                        .insert(&batch.columns, batch.len, &mut numbers)?;
                    state.counts.resize(state.table.len(), 0);
                    state.given.resize(state.table.len(), false);
                    let rows = numbers.iter().zip(0u32..);
                    let kept: Vec<u32> = rows
                        .filter(|(number, _)| self.keep(**number, &mut state))
                        .map(|(_, row)| row)
                        .collect();
                    cx.spend(batch.len).await?;
                    Some(Batch {
                        sel: Some(Rc::from(kept)),
                        ..batch
                    })
                }
            };
            self.state = Some(state);
            Ok(out)
        })
    }

    fn restart(&mut self) {
        self.state = None;
        self.left.restart();
        self.right.restart();
    }
}
