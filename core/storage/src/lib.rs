#![no_std]
//! Vitrine storage.
extern crate alloc;
