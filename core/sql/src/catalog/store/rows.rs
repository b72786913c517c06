//! The rows of the catalogue tables: each struct is the definition of its table.
//!
//! `catalog_rows!` makes from one listing the struct, the table's columns and both conversions.
//! Files: a catalogue table's relfilenode is fixed and below 1000, so that the tables can be opened
//! before anything is known.

use super::field::Field;
use crate::types::{Oid, phys_of};
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::error::{Result, SqlError};
use vitrine_data::tuple::{Attr, TupleDesc};
use vitrine_data::{Datum, Phys};

/// A column of a catalogue table.
pub struct CatalogColumn {
    pub name: &'static str,
    pub ty: Oid,
    pub element: Option<Oid>,
}

/// A catalogue table.
pub struct CatalogTable {
    pub oid: Oid,
    pub name: &'static str,
    pub relfilenode: u32,
    pub columns: &'static [CatalogColumn],
}

impl CatalogTable {
    pub fn desc(&self) -> TupleDesc {
        let attr = |column: &CatalogColumn| match column.element {
            Some(element) => Attr::array(phys_of(element), element.0),
            None => Attr::new(phys_of(column.ty)),
        };
        TupleDesc::new(self.columns.iter().map(attr).collect())
    }

    pub fn types(&self) -> Vec<Phys> {
        self.columns
            .iter()
            .map(|column| phys_of(column.ty))
            .collect()
    }
}

/// A row of one catalogue table.
pub trait CatalogRow: Sized {
    type Key: Ord + Clone;
    const TABLE: CatalogTable;

    fn key(&self) -> Self::Key;
    fn to_datums(&self) -> Vec<Datum>;
    fn from_datums(datums: &[Datum]) -> Result<Self>;
}

macro_rules! catalog_rows {
    ($(
        $(#[$doc:meta])*
        $row:ident $name:literal oid $oid:literal file $file:literal key ($($key:ident: $key_ty:ty),+) {
            $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq)]
            pub struct $row { $($(#[$field_doc])* pub $field: $ty,)* }

            impl CatalogRow for $row {
                type Key = ($($key_ty,)+);
                const TABLE: CatalogTable = CatalogTable {
                    oid: Oid($oid),
                    name: $name,
                    relfilenode: $file,
                    columns: &[$(CatalogColumn {
                        name: stringify!($field),
                        ty: <$ty as Field>::TYPE,
                        element: <$ty as Field>::ELEMENT,
                    }),*],
                };

                fn key(&self) -> Self::Key {
                    ($(self.$key.clone(),)+)
                }

                fn to_datums(&self) -> Vec<Datum> {
                    alloc::vec![$(Field::to_datum(&self.$field)),*]
                }

                fn from_datums(datums: &[Datum]) -> Result<Self> {
                    let mut rest = datums.iter();
                    $(let $field = <$ty as Field>::from_datum(rest.next().ok_or_else(short)?)?;)*
                    Ok($row { $($field),* })
                }
            }
        )*

        /// All catalogue tables.
        pub static CATALOG_TABLES: &[&CatalogTable] = &[$(&<$row as CatalogRow>::TABLE),*];
    };
}

fn short() -> SqlError {
    SqlError::corrupted("a catalogue row has too few columns")
}

catalog_rows! {
    /// A schema.
    NamespaceRow "pg_namespace" oid 2615 file 100 key (oid: Oid) {
        oid: Oid,
        nspname: String,
        nspowner: Oid,
        nspacl: Option<Vec<String>>,
    }

    /// A table, index, view or sequence.
    ClassRow "pg_class" oid 1259 file 101 key (oid: Oid) {
        oid: Oid,
        relname: String,
        relnamespace: Oid,
        relowner: Oid,
        /// Access method by name: `heap`, `btree`; empty for views.
        relam: String,
        relfilenode: Oid,
        relpages: i32,
        /// −1: never counted.
        reltuples: f32,
        /// r table, i index, v view, S sequence.
        relkind: char,
        relnatts: i16,
        relacl: Option<Vec<String>>,
        reloptions: Option<Vec<String>>,
    }

    /// A column, dropped ones included.
    AttributeRow "pg_attribute" oid 1249 file 102 key (attrelid: Oid, attnum: i16) {
        attrelid: Oid,
        attname: String,
        atttypid: Oid,
        attstattarget: i32,
        /// From 1.
        attnum: i16,
        atttypmod: i32,
        attnotnull: bool,
        atthasdef: bool,
        /// The value for rows older than the column, in text form.
        attmissingval: Option<String>,
        /// `a` always, `d` by default, a space otherwise.
        attidentity: char,
        /// `s` stored, a space otherwise.
        attgenerated: char,
        attisdropped: bool,
    }

    /// A column's DEFAULT, as text.
    AttrdefRow "pg_attrdef" oid 2604 file 103 key (adrelid: Oid, adnum: i16) {
        oid: Oid,
        adrelid: Oid,
        adnum: i16,
        adbin: String,
    }

    /// An index.
    IndexRow "pg_index" oid 2610 file 104 key (indexrelid: Oid) {
        indexrelid: Oid,
        indrelid: Oid,
        indnatts: i16,
        indnkeyatts: i16,
        indisunique: bool,
        indnullsnotdistinct: bool,
        indisprimary: bool,
        indisvalid: bool,
        /// Column numbers; 0 for an expression.
        indkey: Vec<i16>,
        /// For each key: bit 0 descending, bit 1 nulls first.
        indoption: Vec<i16>,
        /// Texts of the expressions, in order.
        indexprs: Option<Vec<String>>,
        indpred: Option<String>,
    }

    /// A constraint.
    ConstraintRow "pg_constraint" oid 2606 file 105 key (oid: Oid) {
        oid: Oid,
        conname: String,
        connamespace: Oid,
        /// c check, p primary key, u unique, f foreign key.
        contype: char,
        condeferrable: bool,
        condeferred: bool,
        conrelid: Oid,
        conindid: Oid,
        confrelid: Oid,
        /// a no action, r restrict, c cascade, n set null, d set default; a space otherwise.
        confupdtype: char,
        confdeltype: char,
        /// s simple, f full; a space otherwise.
        confmatchtype: char,
        conkey: Vec<i16>,
        confkey: Vec<i16>,
        /// The text of a CHECK.
        conbin: Option<String>,
    }

    /// A sequence's definition; its value is in its own file.
    SequenceRow "pg_sequence" oid 2224 file 106 key (seqrelid: Oid) {
        seqrelid: Oid,
        seqtypid: Oid,
        seqstart: i64,
        seqincrement: i64,
        seqmax: i64,
        seqmin: i64,
        seqcache: i64,
        seqcycle: bool,
    }

    /// A view's query, as text.
    RewriteRow "pg_rewrite" oid 2618 file 107 key (ev_class: Oid) {
        oid: Oid,
        ev_class: Oid,
        ev_action: String,
    }

    /// That one object needs another; `n` normal, `a` goes with it, `i` is part of it.
    DependRow "pg_depend" oid 2608 file 108
        key (classid: Oid, objid: Oid, objsubid: i32, refclassid: Oid, refobjid: Oid, refobjsubid: i32)
    {
        classid: Oid,
        objid: Oid,
        objsubid: i32,
        refclassid: Oid,
        refobjid: Oid,
        refobjsubid: i32,
        deptype: char,
    }

    /// What ANALYZE found of a column. Values are in text form.
    StatisticRow "pg_statistic" oid 2619 file 109 key (starelid: Oid, staattnum: i16) {
        starelid: Oid,
        staattnum: i16,
        stanullfrac: f32,
        stawidth: i32,
        stadistinct: f32,
        common_values: Vec<String>,
        common_frequencies: Vec<f32>,
        histogram_bounds: Vec<String>,
        correlation: f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_the_way_to_datums_and_back() {
        let row = IndexRow {
            indexrelid: Oid(16390),
            indrelid: Oid(16384),
            indnatts: 2,
            indnkeyatts: 2,
            indisunique: true,
            indnullsnotdistinct: false,
            indisprimary: false,
            indisvalid: true,
            indkey: alloc::vec![2, 0],
            indoption: alloc::vec![0, 3],
            indexprs: Some(alloc::vec![String::from("lower(name)")]),
            indpred: None,
        };
        let back = IndexRow::from_datums(&row.to_datums());
        assert!(back.is_ok_and(|b| b == row));
        assert!(IndexRow::from_datums(&row.to_datums()[..3]).is_err());
    }

    #[test]
    fn tables_have_files_of_their_own_below_the_users() {
        let mut files: Vec<u32> = CATALOG_TABLES.iter().map(|t| t.relfilenode).collect();
        files.sort_unstable();
        files.dedup();
        assert_eq!(files.len(), CATALOG_TABLES.len());
        assert!(files.iter().all(|f| *f < 1000));
        assert!(
            CATALOG_TABLES
                .iter()
                .all(|t| t.desc().len() == t.columns.len())
        );
    }
}
