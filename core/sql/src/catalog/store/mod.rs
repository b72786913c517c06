//! The catalogue tables: what is durable of the objects that users define.
//!
//! ```text
//!   heap tables pg_class, pg_attribute, …          rows, MVCC, logged like any table's
//!         │ loaded at open, then kept up by DDL
//!         ▼
//!   RowSet: one ordered map a table, shared        rows as Rust structs, by key
//!         │ changes of one transaction are a list of `Change`s on a copy
//!         ▼
//!   CatalogSnapshot: TableDef, ViewDef, …          what binder and executor see
//! ```
//!
//! Rules.
//! 1. A row's columns are PostgreSQL's, by name, type and meaning, those that are needed (E19).
//!    A struct and its columns are one definition, in `rows.rs`.
//! 2. Built-in objects (OID below 16384) are in static tables and not here; the two schemas a new
//!    database needs (`pg_catalog`, `public`) are given by [`RowSet::new`].
//! 3. A transaction that defines something works on its own copy of the maps (the maps are shared
//!    until then) and keeps the list of its changes; commit applies the list to the newest maps.
//!
//! Source: PostgreSQL 15, chapter 53 of its manual.

pub mod field;
pub mod rows;
mod set;

pub use rows::*;
pub use set::{AnyRow, Change, RowSet};
