//! The buffer pool: one cell a frame, the clock hand, what is dirty and what is pinned.
pub mod model;
pub mod view;
