//! The chapter on this room, with its rules, is its README.
#![doc = include_str!("README.md")]

mod fetch;
mod frame;
mod pool;
mod write;

pub use frame::{PageRead, Pin};
pub use pool::Pool;
