//! The catalogue: what users defined.

pub mod object;
pub mod store;
pub mod views;

pub use object::*;
