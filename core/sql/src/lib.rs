#![no_std]
//! Vitrine sql.
extern crate alloc;

#[cfg(test)]
extern crate std;

pub mod functions;
pub mod parse;
pub mod types;
