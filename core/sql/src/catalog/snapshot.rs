//! `CatalogSnapshot`: one state of the catalogue, ready for look-ups.
//!
//! Immutable once shared. A change of definitions makes the next snapshot from the last one: the maps
//! are copied (they hold `Rc`s), and just the relations that the changed rows name are derived anew.
//! A transaction that has defined something looks at its own snapshot until it ends.

use super::derive;
use super::object::*;
use super::store::{AnyRow, Change, RowSet};
use super::views::SystemView;
use crate::types::Oid;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::error::Result;
use vitrine_engine::access::{IndexDef as EngineIndex, TableAccess};

/// Who opens the files of a table. Asked each time a definition is made; to be called again for the
/// same relfilenode must give a door to the same rows.
pub trait Doors {
    fn table(
        &self,
        oid: Oid,
        relfilenode: u32,
        desc: &Rc<vitrine_data::TupleDesc>,
        indexes: &[EngineIndex],
    ) -> Rc<dyn TableAccess>;
}

/// Names are looked up by (schema, name): relations share one name space in a schema.
type Names = BTreeMap<(Rc<str>, Rc<str>), Relation>;

#[derive(Clone, Default)]
pub struct CatalogSnapshot {
    /// Rises with every published change; part of the plan cache's key.
    pub generation: u64,
    pub rows: RowSet,
    schemas: BTreeMap<Rc<str>, Rc<SchemaDef>>,
    relations: BTreeMap<Oid, Relation>,
    names: Names,
    system: BTreeMap<(&'static str, &'static str), &'static SystemView>,
}

impl CatalogSnapshot {
    /// The catalogue that `rows` describe.
    pub fn new(
        rows: RowSet,
        system: &[&'static SystemView],
        doors: &dyn Doors,
    ) -> Result<CatalogSnapshot> {
        let mut snapshot = CatalogSnapshot {
            rows,
            ..CatalogSnapshot::default()
        };
        snapshot.system = system
            .iter()
            .map(|view| ((view.schema, view.name), *view))
            .collect();
        snapshot.derive_schemas();
        let all: BTreeSet<Oid> = snapshot.rows.classes.keys().map(|key| key.0).collect();
        snapshot.derive(&all, doors)?;
        Ok(snapshot)
    }

    /// The state after `changes`.
    pub fn with(&self, changes: &[Change], doors: &dyn Doors) -> Result<CatalogSnapshot> {
        let mut next = self.clone();
        let mut touched = BTreeSet::new();
        for change in changes {
            let (Change::Put(row, _) | Change::Remove(row)) = change;
            // Before and after: a row that goes is known only before.
            touch(row, &next.rows, &mut touched);
            next.rows.apply(change);
            touch(row, &next.rows, &mut touched);
        }
        next.generation += 1;
        next.derive_schemas();
        next.derive(&touched, doors)?;
        Ok(next)
    }

    fn derive_schemas(&mut self) {
        let schemas = self.rows.namespaces.values().map(|(row, _)| {
            let name: Rc<str> = row.nspname.as_str().into();
            let def = SchemaDef {
                oid: row.oid,
                name: name.clone(),
                owner: row.nspowner,
            };
            (name, Rc::new(def))
        });
        self.schemas = schemas.collect();
    }

    /// Derives the named relations anew, and the tables on which they depend for their making.
    fn derive(&mut self, touched: &BTreeSet<Oid>, doors: &dyn Doors) -> Result<()> {
        for oid in touched {
            self.relations.remove(oid);
        }
        self.names
            .retain(|_, relation| !touched.contains(&relation.oid()));
        for oid in touched {
            let Some((class, _)) = self.rows.classes.get(&(*oid,)).cloned() else {
                continue;
            };
            // An index is made with its table.
            if class.relkind == 'i' {
                continue;
            }
            let relation = derive::relation(&self.rows, &class, doors)?;
            if let Relation::Table(table) = &relation {
                for index in &table.indexes {
                    let key = (table.schema_name.clone(), index.name.clone());
                    self.names.insert(key, Relation::Index(index.clone()));
                    self.relations
                        .insert(index.oid, Relation::Index(index.clone()));
                }
            }
            let schema = derive::schema_name(&self.rows, class.relnamespace);
            self.names
                .insert((schema, class.relname.as_str().into()), relation.clone());
            self.relations.insert(*oid, relation);
        }
        Ok(())
    }

    pub fn schema(&self, name: &str) -> Option<&Rc<SchemaDef>> {
        self.schemas.get(name)
    }

    pub fn schemas(&self) -> impl Iterator<Item = &Rc<SchemaDef>> {
        self.schemas.values()
    }

    /// What `schema.name` is.
    pub fn relation(&self, schema: &str, name: &str) -> Option<Relation> {
        if let Some(found) = self.names.get(&(Rc::from(schema), Rc::from(name))) {
            return Some(found.clone());
        }
        self.system
            .get(&(schema, name))
            .map(|view| Relation::System(view))
    }

    /// What a name in a statement means: in its schema if it has one, otherwise in the first schema
    /// of the path that has it, `pg_catalog` before all unless the path places it.
    pub fn find(&self, path: &[String], schema: Option<&str>, name: &str) -> Option<Relation> {
        if let Some(schema) = schema {
            return self.relation(schema, name);
        }
        let implied = !path.iter().any(|p| p == "pg_catalog");
        let first = implied.then(|| "pg_catalog".to_string());
        first
            .iter()
            .chain(path)
            .find_map(|schema| self.relation(schema, name))
    }

    pub fn by_oid(&self, oid: Oid) -> Option<&Relation> {
        self.relations.get(&oid)
    }

    pub fn table(&self, oid: Oid) -> Option<&Rc<TableDef>> {
        match self.relations.get(&oid) {
            Some(Relation::Table(table)) => Some(table),
            _ => None,
        }
    }

    pub fn index(&self, oid: Oid) -> Option<&Rc<IndexDef>> {
        match self.relations.get(&oid) {
            Some(Relation::Index(index)) => Some(index),
            _ => None,
        }
    }

    pub fn sequence(&self, oid: Oid) -> Option<&Rc<SequenceDef>> {
        match self.relations.get(&oid) {
            Some(Relation::Sequence(sequence)) => Some(sequence),
            _ => None,
        }
    }

    /// Users' relations in the order of their OIDs.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.values()
    }

    pub fn system_views(&self) -> impl Iterator<Item = &'static SystemView> + '_ {
        self.system.values().copied()
    }
}

/// Notes which relations must be derived anew because of a row.
fn touch(row: &AnyRow, rows: &RowSet, touched: &mut BTreeSet<Oid>) {
    match row {
        AnyRow::Class(class) => {
            touched.insert(class.oid);
            // An index belongs to its table.
            touched.extend(
                rows.indexes
                    .get(&(class.oid,))
                    .map(|(index, _)| index.indrelid),
            );
        }
        AnyRow::Attribute(row) => drop(touched.insert(row.attrelid)),
        AnyRow::Attrdef(row) => drop(touched.insert(row.adrelid)),
        AnyRow::Statistic(row) => drop(touched.insert(row.starelid)),
        AnyRow::Sequence(row) => drop(touched.insert(row.seqrelid)),
        AnyRow::Rewrite(row) => drop(touched.insert(row.ev_class)),
        AnyRow::Index(row) => touched.extend([row.indexrelid, row.indrelid]),
        AnyRow::Constraint(row) => {
            touched.extend(
                [row.conrelid, row.confrelid]
                    .into_iter()
                    .filter(|oid| oid.0 != 0),
            );
        }
        AnyRow::Depend(row) => touched.extend(
            [row.objid, row.refobjid]
                .into_iter()
                .filter(|oid| rows.classes.contains_key(&(*oid,))),
        ),
        AnyRow::Namespace(schema) => {
            let inside = |class: &&super::store::ClassRow| class.relnamespace == schema.oid;
            let classes: Vec<Oid> = rows
                .classes
                .values()
                .map(|s| &*s.0)
                .filter(inside)
                .map(|c| c.oid)
                .collect();
            touched.extend(classes);
        }
    }
}
