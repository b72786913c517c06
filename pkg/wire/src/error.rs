//! Errors and notices as they cross the wire: whole, with every field PostgreSQL has for them.
use alloc::string::String;
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WireError {
    /// `ERROR`, `FATAL`, `NOTICE`, `WARNING`, …
    pub severity: String,
    /// SQLSTATE, five characters
    pub code: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Place in the SQL text, in characters, from 1, as PostgreSQL counts.
    pub position: Option<u32>,
    pub context: Option<String>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
    /// Which statement of the text failed, from 0.
    pub statement: Option<u32>,
}
