//! The catalogue: what users defined.

pub mod derive;
pub mod key_maker;
pub mod object;
pub mod snapshot;
pub mod store;
pub mod views;

pub use object::*;
pub use snapshot::{CatalogSnapshot, Doors};
