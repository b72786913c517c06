//! Plans.

pub mod tree;
