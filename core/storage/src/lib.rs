#![no_std]
//! Vitrine storage: pages, pool, log, recovery, and the scheduler under them.
//!
//! ```text
//!  storage.rs   act(): run a synchronous action, fetch what it lacks, run it again
//!    ├─ buffer/    the pool: the only way to a page
//!    ├─ wal/       Mini: an action's changes and their record; flushing
//!    ├─ recovery/  open, redo, checkpoint, control block
//!    ├─ page/      8 KiB, and the edits that change them
//!    ├─ io/        the device boundary
//!    ├─ task/      the scheduler
//!    └─ trace/     events
//! ```

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod buffer;
pub mod error;
pub mod io;
pub mod page;
pub mod recovery;
pub mod task;
pub mod trace;
pub mod wal;

mod hash;
mod storage;
#[cfg(test)]
mod tests;

pub use buffer::{PageRead, Pool};
pub use error::*;
pub use hash::{FixedHash, FixedHasher};
pub use page::{PAGE_SIZE, Page, PageEdit};
pub use storage::{ACTION_PINS, Config, Storage};
pub use vitrine_view::{
    BlockNo, CheckpointKind, Event, FileId, Lsn, OpId, PageTag, SessionId, Tid, Xid,
};
pub use wal::{Mini, Record, RedoContext, Rmgr, RmgrRow};
