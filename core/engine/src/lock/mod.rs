//! Locks: who may touch what, who waits for whom, and who must give up.
//!
//! | file       | holds                                                              |
//! |------------|--------------------------------------------------------------------|
//! | mode.rs    | the modes and their conflicts: two tables, no state                |
//! | tag.rs     | what can be locked                                                 |
//! | queue.rs   | one lock: its holders and its line. Pure, no waiting               |
//! | graph.rs   | finds a cycle of waiting sessions. Pure                            |
//! | table.rs   | all locks of the database; grants, releases, inspects              |
//! | wait.rs    | the only async part: to sleep in a line, with timeouts and cancel  |
//! | session.rs | what must be known of a session that waits                         |
//!
//! Rules: lines are first come, first served; a session that holds a lock already goes ahead of
//! those it blocks anyway; no pin and no borrow is held while waiting (E2, E11). Locks taken since a
//! savepoint are given back when it is rolled back, all others when the transaction ends.

pub mod graph;
mod mode;
mod queue;
mod session;
mod table;
mod tag;
mod wait;

pub use mode::{ALL_MODES, LockMode, RowStrength};
pub use session::{CancelReason, SessionControl};
pub use table::{LockMark, LockTable};
pub use tag::{DATABASE_OID, LockTag};
pub use wait::LockWait;
