#![no_std]
//! Physical values: what a value of SQL is once its type has been decided.
//!
//! This storey lies between pages and SQL. It knows how a number, a date or a text is held in
//! memory, in a vector of a thousand of them, in a tuple on a page and in an index key; it does
//! not know the names of types, casts or functions: those are SQL's. Errors that a user may see
//! are born here too, because a value that cannot be parsed or does not fit is the commonest one.

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod array;
pub mod bitmap;
pub mod bytea;
pub mod datetime;
pub mod datum;
pub mod decimal;
pub mod error;
pub mod float;
pub mod hash;
pub mod integer;
pub mod json;
pub mod key;
pub mod lz4;
pub mod sqlstate;
pub mod tuple;
pub mod types;
pub mod uuid;
pub mod vector;

pub use bitmap::Bitmap;
pub use datetime::Interval;
pub use datum::{ArrayDatum, Datum};
pub use decimal::Decimal;
pub use error::{Blame, Result, Severity, SqlError};
pub use sqlstate::SqlState;
pub use tuple::{Attr, TupleDesc};
pub use types::Phys;
pub use vector::{BATCH_ROWS, Batch, Vector, VectorBuilder, VectorData};
