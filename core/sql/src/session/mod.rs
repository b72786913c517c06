//! Sessions: the one door to SQL.
//!
//! ```text
//!   state.rs     the session and its transaction     run.rs     one statement, from tree to tag
//!   prepared.rs  statements kept with their plans    utility.rs SET, SHOW, EXPLAIN, VACUUM, …
//!   define.rs    carries out definitions             copy_rows.rs  COPY
//!   calls.rs     functions that wait or ask the session; sequence.rs  the values of sequences
//!   sink.rs      what a client gets                  settings.rs  what SET sets
//! ```

mod calls;
mod copy_rows;
mod define;
mod prepared;
mod run;
mod sequence;
pub mod settings;
pub mod sink;
mod state;
#[cfg(test)]
mod tests;
mod utility;

pub use prepared::Prepared;
pub use sink::{CommandTag, Field, ParamValue, ResultSink};
pub use state::{Session, SqlEngine};
