//! Recovery and checkpoints: how the database comes back, and how little it then has to redo.
//!
//! ```text
//!  control slot ──► redo position ──► records … ──► first thing that is no record: the end
//!  checkpoint: redo := insert position │ write pages dirty before it │ Sync │ record, strict │ slot, strict │ old log removed
//! ```
//!
//! Rules.
//! 1. Recovery reads the log from the redo position of the newer good control slot, always; whether
//!    the last shutdown was clean is found out that way, not believed.
//! 2. An image, or a change that makes a page anew, is put down whatever the page holds; an edit only
//!    if the page's LSN is below the record's end. Both end by stamping the page.
//! 3. What stands behind the end of the log is removed, durably, before anything is appended.
//! 4. Recovery ends with a checkpoint: a second crash starts from there.
//! 5. A log that ends before the checkpoint its control slot names is damage, reported as such.
//! 6. The two control slots alternate; a slot is written only when everything it says is durable.
//! 7. Ids are handed out ahead of the log only as far as a record says (`ids.rs`), never twice.
//!
//! Left out: archiving, standby, point-in-time targets; the timeline field waits for them.

mod checkpoint;
mod control;
mod ids;
mod open;
mod redo;

pub use control::{Control, FORMAT_VERSION};
pub use ids::STORAGE_RMGR;
