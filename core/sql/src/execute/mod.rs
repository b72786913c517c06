//! The executor: plans run a batch at a time.
//!
//! ```text
//!   Plan --build.rs--> tree of operators (node/*.rs, one each)
//!   run.rs pulls:  root.next(cx) -> Batch | None        cx: snapshot, transaction, slots, counters
//! ```
//!
//! An operator is an object with `next` and `restart`; its futures are boxed once per batch, never
//! per row. Expressions are synchronous (`expression.rs`); what fetches pages or waits for locks
//! is an operator, and reaches the engine through `engine.rs` alone. Operators borrow the plan, so
//! that a cached plan is run without a copy.
//!
//! Changes of rows are in `modify/`: constraints, conflicts, waiting for and re-checking rows that
//! others changed.

pub mod build;
pub mod context;
pub mod engine;
pub mod expression;
pub mod index_key;
pub mod key_table;
#[cfg(test)]
mod live_tests;
pub mod modify;
pub mod node;
pub mod rows;
pub mod run;

pub use build::build;
pub use context::{ExecCx, Memory, PlannedCalls, StepCounters};
pub use expression::{evaluate_batch, evaluate_const, evaluate_row};
pub use node::{BoxNode, Node, Step};
pub use run::{Outcome, run};
