//! The write-ahead log: one stream of records for the whole database.
//!
//! Rules.
//! 1. An LSN is a position in bytes. A page carries the *end* of the last record that changed it;
//!    "the log is durable up to the page's LSN" is then a plain comparison.
//! 2. A record is made by a `Mini`: one atomic action's edits to a few pages and a little data. The
//!    edits have run when the record is inserted, and both happen without an await between (E1).
//! 3. A page whose LSN is not past the redo position gets a full image with its next change, unless
//!    the change makes it anew. So recovery never needs a page to have been written whole.
//! 4. Each chunk handed to the device is keyed by the position of its first byte; what was
//!    acknowledged is never written again (E9).
//! 5. "Handed over" and "durable" are two positions. Pages and control slots wait for durable.
//! 6. After a failed write the log is over (E21).
//!
//! `record.rs` has the byte tables, `log.rs` the buffer and flusher, `mini.rs` the making of records,
//! `reader.rs` the way back, `describe.rs` words for people, `rmgr.rs` the table of owners.

mod crc;
mod describe;
mod log;
mod mini;
mod reader;
mod record;
mod rmgr;
#[cfg(test)]
mod tests;

pub use crc::crc32c;
pub use describe::{describe, describe_edit};
pub use log::{FIRST_LSN, Wal};
pub(crate) use mini::Scratch;
pub use mini::{MAX_BLOCKS, Mini};
pub use reader::LogReader;
pub use record::{
    Block, BlockChange, CHUNK_HEADER, ChunkHeader, RECORD_HEADER, Reader, Record, Rmgr,
};
pub use rmgr::{RedoContext, RmgrRow, row_of};
