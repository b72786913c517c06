//! Sessions: the one door to SQL.

pub mod settings;
