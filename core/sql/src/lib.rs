#![no_std]
//! Vitrine sql.
extern crate alloc;

#[cfg(test)]
extern crate std;

pub mod bind;
pub mod catalog;
pub mod copy;
pub mod ddl;
pub mod execute;
pub mod functions;
pub mod optimize;
pub mod parse;
pub mod plan;
pub mod session;
pub mod types;
