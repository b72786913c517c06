#![no_std]
//! Vitrine database: the composition root.
//!
//! ```text
//!  host ── requests ──► Database ── connect() ──► Session ──► sql ──► engine ──► storage ──┐
//!   ▲                      └── inspect: snapshots, taken between polls, changing nothing    │
//!   └── operations submitted to the device, completed later ◄───────────────────────────────┘
//! ```
//!
//! Here the storeys are put together in order (storage recovers, the engine's transactions learn
//! what recovery found, SQL reads its catalogue), sessions are given out, and every room's
//! snapshot can be had from one place. The crate knows no wire and no JavaScript: `pkg/host`
//! turns messages into calls of this, a native test or the simulator calls it directly.
//!
//! Rules. An inspector takes `&self`, allocates its answer and touches nothing else (E17): no
//! usage counts, no clock, no randomness, no scheduler step. What lies only on the device it
//! cannot see; the host reads that through a lane of its own.
extern crate alloc;
#[cfg(test)]
extern crate std;

mod inspect;
mod open;
mod session;
mod versions;

pub use open::{Config, Database};
pub use session::{Cancel, CommandTag, Field, ParamValue, Prepared, ResultSink, Session, output};
pub use vitrine_data::error::SqlError;
