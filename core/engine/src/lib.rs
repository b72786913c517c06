#![no_std]
//! Vitrine engine.
extern crate alloc;
