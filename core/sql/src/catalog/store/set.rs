//! `RowSet`: all catalogue rows in ordered maps, shared until somebody changes one.

use super::rows::*;
use crate::types::Oid;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_engine::access::Locator;

/// A row and where its table keeps it.
pub type Stored<R> = (Rc<R>, Locator);
type Map<R> = Rc<BTreeMap<<R as CatalogRow>::Key, Stored<R>>>;

macro_rules! row_set {
    ($($variant:ident $field:ident $row:ident;)*) => {
        /// A row of whichever table.
        #[derive(Clone)]
        pub enum AnyRow { $($variant(Rc<$row>)),* }

        impl AnyRow {
            pub fn table(&self) -> &'static CatalogTable {
                match self { $(AnyRow::$variant(_) => &<$row as CatalogRow>::TABLE),* }
            }

            pub fn to_datums(&self) -> Vec<vitrine_data::Datum> {
                match self { $(AnyRow::$variant(row) => row.to_datums()),* }
            }

            /// The row of `table` that `datums` are.
            pub fn from_datums(
                table: Oid,
                datums: &[vitrine_data::Datum],
            ) -> vitrine_data::error::Result<Option<AnyRow>> {
                $(if table == <$row as CatalogRow>::TABLE.oid {
                    return $row::from_datums(datums).map(|r| Some(AnyRow::$variant(Rc::new(r))));
                })*
                Ok(None)
            }
        }

        $(impl From<$row> for AnyRow {
            fn from(row: $row) -> AnyRow { AnyRow::$variant(Rc::new(row)) }
        })*

        #[derive(Clone, Default)]
        pub struct RowSet { $(pub $field: Map<$row>),* }

        impl RowSet {
            fn put(&mut self, row: &AnyRow, at: &Locator) {
                match row { $(AnyRow::$variant(row) => {
                    Rc::make_mut(&mut self.$field).insert(row.key(), (row.clone(), at.clone()));
                })* }
            }

            fn remove(&mut self, row: &AnyRow) {
                match row { $(AnyRow::$variant(row) => {
                    Rc::make_mut(&mut self.$field).remove(&row.key());
                })* }
            }

            /// Where the row with this one's key is kept.
            pub fn locator(&self, row: &AnyRow) -> Option<&Locator> {
                match row { $(AnyRow::$variant(row) => self.$field.get(&row.key()).map(|s| &s.1)),* }
            }
        }
    };
}

row_set! {
    Namespace namespaces NamespaceRow;
    Class classes ClassRow;
    Attribute attributes AttributeRow;
    Attrdef defaults AttrdefRow;
    Index indexes IndexRow;
    Constraint constraints ConstraintRow;
    Sequence sequences SequenceRow;
    Rewrite views RewriteRow;
    Depend depends DependRow;
    Statistic statistics StatisticRow;
}

/// One step of a definition: a row is there now (in place of the one with its key), or is gone.
#[derive(Clone)]
pub enum Change {
    Put(AnyRow, Locator),
    Remove(AnyRow),
}

impl RowSet {
    /// What every database begins with. The built-in schemas have no row on a page.
    pub fn new() -> RowSet {
        let mut set = RowSet::default();
        for (oid, name) in [
            (11, "pg_catalog"),
            (2200, "public"),
            (13000, "information_schema"),
        ] {
            let row = NamespaceRow {
                oid: Oid(oid),
                nspname: String::from(name),
                nspowner: Oid(10),
                nspacl: None,
            };
            set.put(&row.into(), &Locator::Short(u64::MAX));
        }
        set
    }

    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Put(row, at) => self.put(row, at),
            Change::Remove(row) => self.remove(row),
        }
    }

    /// The columns of a relation, dropped ones included, in order.
    pub fn columns(&self, relation: Oid) -> impl Iterator<Item = &AttributeRow> {
        let from = (relation, i16::MIN);
        self.attributes
            .range(from..=(relation, i16::MAX))
            .map(|(_, stored)| &*stored.0)
    }

    /// The indexes of a table.
    pub fn indexes_of(&self, table: Oid) -> impl Iterator<Item = &IndexRow> {
        self.indexes
            .values()
            .map(|s| &*s.0)
            .filter(move |row| row.indrelid == table)
    }

    /// A table's own constraints.
    pub fn constraints_of(&self, table: Oid) -> impl Iterator<Item = &ConstraintRow> {
        self.constraints
            .values()
            .map(|s| &*s.0)
            .filter(move |row| row.conrelid == table)
    }

    /// What needs the object (`sub` 0: the object as a whole).
    pub fn dependents(&self, object: Oid, sub: i32) -> impl Iterator<Item = &DependRow> {
        self.depends
            .values()
            .map(|s| &*s.0)
            .filter(move |d| d.refobjid == object && (sub == 0 || d.refobjsubid == sub))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_changes_alone() {
        let base = RowSet::new();
        let mut copy = base.clone();
        let row = NamespaceRow {
            oid: Oid(16384),
            nspname: String::from("mine"),
            nspowner: Oid(10),
            nspacl: None,
        };
        copy.apply(&Change::Put(row.clone().into(), Locator::Short(7)));
        assert_eq!((base.namespaces.len(), copy.namespaces.len()), (3, 4));
        assert_eq!(copy.locator(&row.clone().into()), Some(&Locator::Short(7)));
        copy.apply(&Change::Remove(row.into()));
        assert_eq!(copy.namespaces.len(), 3);
    }
}
