//! The log: records as they lie in it, and the positions that decide what survives.
pub mod model;
pub mod view;
