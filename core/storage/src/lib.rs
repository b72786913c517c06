#![no_std]
//! Vitrine storage.
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod error;
pub mod page;
pub use error::*;
pub use page::{PAGE_SIZE, Page, PageEdit};
