//! COPY: the bytes of a file to rows of text cells, and back.
//!
//! Two forms, as PostgreSQL defines them. *text*: cells parted by a tab, `\N` for NULL, backslash
//! escapes, a line `\.` ends the data. *csv*: cells parted by a comma, quoted where needed; an
//! unquoted empty cell is NULL, a quoted one the empty string; line ends may stand inside quotes.
//!
//! Rules.
//! 1. This room knows bytes and cells, no types: turning a cell into a value is the types' work.
//! 2. Reading takes one row at a time from a slice and copies only cells that contain escapes.
//! 3. Every error carries PostgreSQL's code and names the line; a file with no newline at its end is
//!    fine, one that ends within quotes is not.
//! 4. The kind of line end is that of the first line; a line with another one is an error in *text*.
//!
//! Left out: the binary form, encodings other than UTF-8.
//! Source: PostgreSQL 15, "COPY" and `commands/copyfromparse.c`.

mod options;
mod read;
mod write;

pub use options::{CopyFormat, CopyOptions, Header};
pub use read::{CopyReader, Row};
pub use write::CopyWriter;
