//! The counters around a step: rows, loops and time, for EXPLAIN ANALYZE and the plan pane.

use super::{BoxNode, Node, Step};
use crate::execute::ExecCx;
use alloc::boxed::Box;

pub struct Instrument<'p> {
    pub inner: BoxNode<'p>,
    pub id: usize,
    /// Before the first batch since the last (re)start.
    pub fresh: bool,
}

impl Node for Instrument<'_> {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a> {
        Box::pin(async move {
            let begun_us = (cx.clock_us)();
            let result = self.inner.next(cx).await;
            let took_us = (cx.clock_us)().saturating_sub(begun_us);
            let first = core::mem::replace(&mut self.fresh, false);
            let rows = match &result {
                Ok(Some(batch)) => batch.rows() as u64,
                _ => 0,
            };
            cx.count(self.id, |step| {
                step.total_us += took_us;
                step.rows += rows;
                if first {
                    step.loops += 1;
                    step.start_us += took_us;
                }
            });
            result
        })
    }

    fn restart(&mut self) {
        self.fresh = true;
        self.inner.restart();
    }
}
