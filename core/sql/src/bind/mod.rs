//! Binding: from names to things.

pub mod tree;
