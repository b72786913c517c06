//! The executor's only door to the engine: running its synchronous steps, and waiting.

use crate::execute::ExecCx;
use alloc::rc::Rc;
use vitrine_data::Result;
use vitrine_engine::engine::EngineCx;
use vitrine_engine::stop::Act;
use vitrine_engine::txn::{Isolation, Snapshot};

/// Runs a synchronous step until it has all its pages.
pub async fn act<T>(cx: &ExecCx<'_>, mut step: impl FnMut(EngineCx<'_>) -> Act<T>) -> Result<T> {
    cx.engine.engine.act(|| step(cx.engine)).await
}

/// The end of a turn: the cancel flag, then the others.
pub async fn pause(cx: &ExecCx<'_>) -> Result<()> {
    cx.engine.txn.session.check()?;
    cx.engine.storage().scheduler().yield_now().await;
    Ok(())
}

/// Whether a row changed meanwhile is looked at again, or ends the statement with 40001.
pub fn rechecks(cx: &ExecCx<'_>) -> bool {
    cx.engine.txn.isolation == Isolation::ReadCommitted
}

/// A snapshot of now, in which this statement's own changes are seen too.
pub fn fresh_snapshot(cx: &ExecCx<'_>) -> Result<Rc<Snapshot>> {
    cx.engine.txn.next_command()?;
    Ok(cx.engine.engine.txns.take_snapshot(cx.engine.txn.command()))
}

/// A snapshot of now, blind to what the running command itself has done.
pub fn latest(cx: &ExecCx<'_>) -> Rc<Snapshot> {
    cx.engine.engine.txns.take_snapshot(cx.engine.txn.command())
}
