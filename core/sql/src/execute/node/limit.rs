//! LIMIT, OFFSET and FETCH FIRST … WITH TIES; and Append, which is as simple.

use super::{BoxNode, Node, Step};
use crate::bind::tree::{Expr, SortKey};
use crate::execute::ExecCx;
use crate::execute::expression::{evaluate_batch, evaluate_const};
use alloc::boxed::Box;
use alloc::vec::Vec;
use vitrine_data::{Batch, Datum, Result, SqlError, SqlState};

pub struct Limit<'p> {
    pub input: BoxNode<'p>,
    pub count: Option<&'p Expr>,
    pub offset: Option<&'p Expr>,
    pub ties: &'p [SortKey],
    pub state: Option<Left>,
}

/// Rows still to skip and to give; the keys of the last row given.
pub struct Left {
    skip: u64,
    give: u64,
    last: Option<Vec<Datum>>,
}

/// The number a LIMIT or OFFSET says: null means none.
pub fn row_count(expr: Option<&Expr>, cx: &ExecCx<'_>, offset: bool) -> Result<Option<u64>> {
    let Some(expr) = expr else { return Ok(None) };
    let Some(value) = evaluate_const(expr, &cx.eval)?.as_i64() else {
        return Ok(None);
    };
    u64::try_from(value).map(Some).map_err(|_| match offset {
        true => SqlError::user(
            SqlState::INVALID_ROW_COUNT_IN_OFFSET,
            "OFFSET must not be negative",
        ),
        false => SqlError::user(
            SqlState::INVALID_ROW_COUNT_IN_LIMIT,
            "LIMIT must not be negative",
        ),
    })
}

impl Limit<'_> {
    fn keys(&self, batch: &Batch, row: usize, cx: &ExecCx<'_>) -> Result<Vec<Datum>> {
        let row = batch.window(row, 1);
        let keys = self.ties.iter();
        keys.map(|key| Ok(evaluate_batch(&key.expr, &row, &cx.eval)?.datum(0)))
            .collect()
    }

    fn cut(&self, batch: Batch, left: &mut Left, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
        let rows = batch.rows() as u64;
        let skipped = left.skip.min(rows);
        left.skip -= skipped;
        let given = left.give.min(rows - skipped);
        left.give -= given;
        let mut end = (skipped + given) as usize;
        if left.give == 0 && !self.ties.is_empty() {
            if given > 0 {
                left.last = Some(self.keys(&batch, end - 1, cx)?);
            }
            while end < rows as usize && left.last == Some(self.keys(&batch, end, cx)?) {
                end += 1;
            }
            if end < rows as usize {
                left.last = None;
            }
        }
        Ok(Some(batch.window(skipped as usize, end - skipped as usize)))
    }
}

impl Node for Limit<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let mut left = match self.state.take() {
                Some(left) => left,
                None => Left {
                    skip: row_count(self.offset, cx, true)?.unwrap_or(0),
                    give: row_count(self.count, cx, false)?.unwrap_or(u64::MAX),
                    last: None,
                },
            };
            let done = left.give == 0 && left.last.is_none();
            let batch = match done {
                true => None,
                false => self.input.next(cx).await?,
            };
            let out = match batch {
                Some(batch) => self.cut(batch, &mut left, cx)?,
                None => None,
            };
            self.state = Some(left);
            Ok(out)
        })
    }

    fn restart(&mut self) {
        self.state = None;
        self.input.restart();
    }
}

/// The inputs one after another.
pub struct Append<'p> {
    pub inputs: Vec<BoxNode<'p>>,
    pub at: usize,
}

impl Node for Append<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            while let Some(input) = self.inputs.get_mut(self.at) {
                if let Some(batch) = input.next(cx).await? {
                    return Ok(Some(batch));
                }
                self.at += 1;
            }
            Ok(None)
        })
    }

    fn restart(&mut self) {
        self.at = 0;
        self.inputs.iter_mut().for_each(|input| input.restart());
    }
}
