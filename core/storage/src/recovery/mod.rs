//! The chapter on this room, with its rules, is its README.
#![doc = include_str!("README.md")]

mod checkpoint;
mod control;
mod ids;
mod open;
mod redo;

pub use control::{Control, FORMAT_VERSION};
pub use ids::STORAGE_RMGR;
