//! The catalogue: what users defined.

pub mod object;
pub mod views;

pub use object::*;
