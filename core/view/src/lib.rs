#![no_std]
//! Vitrine view.
extern crate alloc;
