//! The workbench: session columns with their editors and grids.
pub mod grid;
pub mod session;
