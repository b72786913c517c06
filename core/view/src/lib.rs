#![no_std]
//! Vitrine view: ids, events and snapshots. Plain data with a serde form and no behaviour: every
//! storey of the engine fills these structs, the wire carries them, the page draws them. A storey
//! that wants to be seen adds its struct here.

extern crate alloc;

pub mod btree;
pub mod database;
pub mod engine;
pub mod event;
pub mod ids;
pub mod storage;

pub use btree::*;
pub use database::*;
pub use engine::*;
pub use event::*;
pub use ids::*;
pub use storage::*;
