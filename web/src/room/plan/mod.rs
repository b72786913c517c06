//! The plan: the tree of a statement, estimates beside what really came.
pub mod model;
pub mod view;
