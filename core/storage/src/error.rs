//! What can go wrong below the tables, and the two ways a synchronous action stops.
//!
//! `StorageError` says what happened; which SQLSTATE that becomes is decided above (`core/data`).
//! `Bug` is for states that only a mistake of ours can make: it stops the engine rather than the
//! process, since bad input must never end in a panic.

use alloc::string::String;
use core::fmt;
use vitrine_view::{Lsn, PageTag};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorageError {
    /// The device refused or failed an operation.
    Device {
        what: &'static str,
        why: String,
    },
    /// A page that is not what was written: named, so that the rest stays readable.
    Corrupt {
        tag: PageTag,
        why: &'static str,
    },
    /// The log ends before a position that is known to have been durable.
    CorruptLog {
        lsn: Lsn,
        why: &'static str,
    },
    /// Both control slots are unreadable.
    CorruptControl {
        why: &'static str,
    },
    /// No space left on the device.
    Full,
    /// The device went away (closed by the browser, evicted, unplugged).
    DeviceLost,
    /// Another owner has opened the database since.
    Fenced,
    /// A log write failed: nothing after it may be acknowledged (E21).
    LogFailed,
    /// The database was written by a format this engine does not know.
    UnknownFormat(u32),
    /// The action wants more pages at once than it may pin.
    TooManyPins,
    Cancelled,
    /// The engine has stopped; it must be opened again.
    Stopped(&'static str),
    /// A mistake in the engine itself.
    Bug(&'static str),
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorageError::Device { what, why } => write!(f, "could not {what}: {why}"),
            StorageError::Corrupt { tag, why } => write!(f, "{tag} is corrupt: {why}"),
            StorageError::CorruptLog { lsn, why } => write!(f, "log is corrupt at {lsn}: {why}"),
            StorageError::CorruptControl { why } => write!(f, "control block is corrupt: {why}"),
            StorageError::Full => f.write_str("no space left on the device"),
            StorageError::DeviceLost => f.write_str("the device is gone"),
            StorageError::Fenced => f.write_str("another owner has opened this database"),
            StorageError::LogFailed => f.write_str("a write to the log failed"),
            StorageError::UnknownFormat(v) => write!(f, "unknown database format version {v}"),
            StorageError::TooManyPins => f.write_str("action pins too many pages at once"),
            StorageError::Cancelled => f.write_str("cancelled"),
            StorageError::Stopped(why) => write!(f, "the storage engine has stopped: {why}"),
            StorageError::Bug(what) => write!(f, "internal error: {what}"),
        }
    }
}

/// Why a synchronous action stopped. On `Need` it has changed nothing and is to be run again once
/// the page is there; a block of `BlockNo::LENGTH` asks for the length of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    Need(PageTag),
    Err(StorageError),
}

impl From<StorageError> for Stop {
    fn from(e: StorageError) -> Stop {
        Stop::Err(e)
    }
}

/// The result of a step of a synchronous action (E1).
pub type Act<T> = Result<T, Stop>;
pub type Result<T, E = StorageError> = core::result::Result<T, E>;
