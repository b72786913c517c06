//! What a session says to its client.

use crate::types::Oid;
use alloc::string::String;
use vitrine_data::{Batch, Datum, SqlError};

/// A column of a result.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub name: String,
    pub ty: Oid,
    pub typmod: i32,
    /// The table and attribute it came from unchanged, or 0.
    pub table: Oid,
    pub attribute: i16,
}

/// How a statement ended: `INSERT 0 3`, and the rows it counted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CommandTag {
    pub text: String,
    pub rows: Option<u64>,
}

/// Where results go, statement by statement: `start` where there are rows, then batches, then `done`.
pub trait ResultSink {
    fn start(&mut self, fields: &[Field]);
    fn batch(&mut self, batch: &Batch);
    fn done(&mut self, tag: CommandTag);
    fn notice(&mut self, notice: SqlError);
}

/// A parameter: a value of the very type, or text for the type's input function.
#[derive(Clone)]
pub enum ParamValue {
    Datum(Datum),
    Text(String),
}
