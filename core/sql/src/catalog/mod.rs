//! The catalogue: what users defined.

pub mod derive;
pub mod key_maker;
pub mod live;
#[cfg(test)]
mod live_tests;
pub mod object;
pub mod snapshot;
pub mod store;
pub mod views;

pub use live::{Catalog, CatalogWork, WorkMark};
pub use object::*;
pub use snapshot::{CatalogSnapshot, Doors};
