#![no_std]
//! Vitrine sql.
extern crate alloc;

#[cfg(test)]
extern crate std;

pub mod copy;
pub mod functions;
pub mod parse;
pub mod session;
pub mod types;
