//! SQL's types: names, OIDs, categories and text forms over the physical types of `vitrine-data`.
//!
//! ```text
//!   "varchar(10)"  --name.rs-->  SqlType { oid: 1043, typmod: 14 }
//!                                     | table.rs: one static row per type
//!                                     v
//!   Phys::Bytes, category S, input/output functions (io.rs), typmod coercion (typmod.rs)
//! ```
//!
//! OIDs, names and categories are PostgreSQL's, because clients, `pg_type` and `format_type`
//! show them. User-defined types (domains, enums, composites) are left for later: a type is
//! always a row of the static table.

pub mod datetime;
pub mod io;
pub mod json;
pub mod name;
pub mod oid;
pub mod output;
pub mod table;
pub mod typmod;

pub use io::{IoCx, input, output, output_text};
pub use name::{format_type, type_by_name};
pub use oid::Oid;
pub use table::{Category, TypeRow, array_of, element_of, phys_of, type_row};

/// A type with its modifier; −1 is "no modifier", as in `pg_attribute.atttypmod`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SqlType {
    pub oid: Oid,
    pub typmod: i32,
}

impl SqlType {
    pub const fn plain(oid: Oid) -> SqlType {
        SqlType { oid, typmod: -1 }
    }

    pub const fn new(oid: Oid, typmod: i32) -> SqlType {
        SqlType { oid, typmod }
    }

    pub fn phys(self) -> vitrine_data::Phys {
        phys_of(self.oid)
    }

    pub fn name(self) -> alloc::string::String {
        format_type(self.oid, self.typmod)
    }
}
