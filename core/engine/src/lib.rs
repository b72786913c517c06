#![no_std]
//! Vitrine engine: transactions, locks, and the ways to keep a table's rows.
//!
//! ```text
//!  access.rs   the trait through which SQL reads and writes any table
//!    ├─ heap/    versions on pages, PostgreSQL's way
//!    └─ btree/   every index
//!  engine.rs   storage, transactions and locks in one hand; files and their fate
//!  drive.rs    the async half of writes: waiting for others
//!  txn/        ids, snapshots, the commit log
//!  lock/       table and row locks, deadlocks
//!  stop.rs     how a synchronous step stops
//! ```

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod access;
pub mod btree;
mod drive;
pub mod engine;
pub mod heap;
pub mod lock;
pub mod stop;
#[cfg(test)]
mod tests;
pub mod txn;

pub use access::{Locator, TableAccess, TableScan};
pub use drive::RowWait;
pub use engine::{Engine, EngineCx};
pub use stop::{Act, Stop};
