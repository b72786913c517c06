//! DISTINCT ON: the first of rows with equal keys, which stand together in the input.

use super::{BoxNode, Node, Step};
use crate::bind::tree::Expr;
use crate::execute::ExecCx;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::{Batch, Datum};

pub struct Unique<'p> {
    pub input: BoxNode<'p>,
    pub keys: &'p [Expr],
    pub last: Option<Vec<Datum>>,
}

impl Node for Unique<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let Some(batch) = self.input.next(cx).await? else {
                return Ok(None);
            };
            let keys = super::filter::project(self.keys, &batch, cx)?;
            let mut kept: Vec<u32> = Vec::new();
            for row in 0..keys.len {
                let key = keys.row(row);
                if self.last.as_ref() != Some(&key) {
                    kept.push(batch.row_index(row) as u32);
                    self.last = Some(key);
                }
            }
            cx.spend(keys.len).await?;
            Ok(Some(Batch {
                columns: batch.columns,
                len: batch.len,
                sel: Some(Rc::from(kept)),
            }))
        })
    }

    fn restart(&mut self) {
        self.last = None;
        self.input.restart();
    }
}
