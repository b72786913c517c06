#![no_std]
//! Vitrine data.
extern crate alloc;
