//! Operators, one a file, and what they have in common.

pub mod aggregate;
pub mod aggregate_call;
pub mod apply;
pub mod filter;
pub mod function_scan;
pub mod hash_join;
pub mod instrument;
pub mod limit;
pub mod materialize;
pub mod nested_loop;
pub mod scan;
pub mod set_op;
pub mod sort;
pub mod unique;
pub mod values;

use crate::execute::ExecCx;
use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;
use vitrine_data::{Batch, Result};

/// One batch more, or the end. Empty batches are allowed.
pub type Step<'a> = Pin<Box<dyn Future<Output = Result<Option<Batch>>> + 'a>>;

pub trait Node {
    fn next<'a>(&'a mut self, cx: &'a ExecCx<'a>) -> Step<'a>;

    /// Begins again; slots may have other values now.
    fn restart(&mut self);
}

pub type BoxNode<'p> = Box<dyn Node + 'p>;

/// Pulls until a batch has rows.
pub async fn next_full(node: &mut dyn Node, cx: &ExecCx<'_>) -> Result<Option<Batch>> {
    loop {
        match node.next(cx).await? {
            Some(batch) if batch.is_empty() => cx.spend(1).await?,
            other => return Ok(other),
        }
    }
}
