//! The buffer pool: the only way to a page.
//!
//! ```text
//!  read(tag) ── resident ──► PageRead (pinned while it lives)
//!      └─ not resident ────► Need(tag): the caller unwinds, act() fetches, the action runs again
//!  Mini ── pin, edit ──► dirty frame ── write.rs: log first, then the page ──► device
//! ```
//!
//! Rules.
//! 1. A page in the pool is reached without waiting and without allocating. Nothing here waits but
//!    `fetch.rs` and `write.rs`.
//! 2. The write-ahead rule is enforced in one place, `write_frames`: no page goes out before the log
//!    up to its LSN is durable (not merely handed over).
//! 3. What goes out is a copy, sealed with its checksum; the page may change meanwhile and is then
//!    dirty again. One write of a page at a time.
//! 4. A page that comes in is checked; one that fails is `Corrupt{tag}` and never enters the pool.
//! 5. Clock sweep: the hand takes the first unpinned clean page whose usage has run down. Dirty pages
//!    are written in batches by the background writer, or by a miss that finds nothing clean.
//! 6. A hint (E16) changes a page without making it dirty and without a record.
//! 7. `peek` and the snapshot touch no usage count and no pin (E17).
//! 8. Lengths of files are asked from the device once and then kept here.
//!
//! Left out: several pools, huge pages.

mod fetch;
mod frame;
mod pool;
mod write;

pub use frame::{PageRead, Pin};
pub use pool::Pool;
