//! The chapter on this room, with its rules, is its README.
#![doc = include_str!("README.md")]

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
