#![no_std]
//! Vitrine sql.
extern crate alloc;
