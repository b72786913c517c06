#![no_std]
//! Vitrine database.
extern crate alloc;
