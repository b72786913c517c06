//! Definitions from text to rows.

use super::*;
use crate::parse::ast::Statement;
use crate::parse::parse_one;
use alloc::string::ToString;
use core::cell::Cell;

#[derive(Default)]
struct Counter(Cell<u32>);

impl Numbers for Counter {
    fn take_oid(&self) -> Result<Oid> {
        self.0.set(self.0.get() + 1);
        Ok(Oid(16383 + self.0.get()))
    }

    fn take_file(&self) -> Result<u32> {
        self.take_oid().map(|oid| oid.0)
    }
}

fn catalog_of(rows: RowSet) -> CatalogSnapshot {
    let mut catalog = CatalogSnapshot::default();
    catalog.rows = rows;
    catalog
}

/// Runs the definitions one after the other in one draft: its rows at the end, or the error.
fn drafted(statements: &[&str]) -> Result<RowSet> {
    let catalog = catalog_of(RowSet::new());
    let (numbers, path) = (Counter::default(), [String::from("public")]);
    let cx = DdlCx {
        catalog: &catalog,
        numbers: &numbers,
        path: &path,
        owner: Oid(10),
    };
    let mut draft = Draft::new(cx);
    for text in statements {
        match parse_one(text).expect("the text parses") {
            Statement::CreateTable(statement) => drop(create_table(&mut draft, &statement)?),
            Statement::CreateSequence(statement) => create_sequence(&mut draft, &statement)?,
            _ => panic!("not a definition this test knows"),
        }
    }
    Ok(draft.rows)
}

fn names(rows: &RowSet) -> Vec<String> {
    let mut names: Vec<String> = rows
        .classes
        .values()
        .map(|(c, _)| c.relname.clone())
        .collect();
    names.sort();
    names
}

fn code(statement: &str) -> Option<String> {
    drafted(&[statement]).err().map(|e| e.code.to_string())
}

#[test]
fn keys_and_serials_bring_their_relations() {
    let rows = drafted(&[
        "CREATE TABLE t (id serial PRIMARY KEY, a int UNIQUE, b varchar(10) DEFAULT 'x', CHECK (a > 0))",
    ])
    .unwrap_or_default();
    assert_eq!(names(&rows), ["t", "t_a_key", "t_id_seq", "t_pkey"]);
    let mut constraints: Vec<_> = rows
        .constraints
        .values()
        .map(|(c, _)| (c.conname.as_str(), c.contype))
        .collect();
    constraints.sort();
    assert_eq!(
        constraints,
        [("t_a_key", 'u'), ("t_check", 'c'), ("t_pkey", 'p')]
    );
    let columns: Vec<_> = rows
        .attributes
        .values()
        .map(|(c, _)| (c.attname.as_str(), c.attnotnull, c.atthasdef))
        .collect();
    assert_eq!(
        columns,
        [("id", true, true), ("a", false, false), ("b", false, true)]
    );
    let default = rows.defaults.values().next().map(|(d, _)| d.adbin.clone());
    assert_eq!(
        default.as_deref(),
        Some("nextval('public.t_id_seq'::regclass)")
    );
}

#[test]
fn a_table_may_refer_to_itself() {
    let rows =
        drafted(&["CREATE TABLE e (id int PRIMARY KEY, boss int REFERENCES e ON DELETE CASCADE)"]);
    let rows = rows.unwrap_or_default();
    let foreign = rows
        .constraints
        .values()
        .find(|(c, _)| c.contype == 'f')
        .map(|(c, _)| c.clone());
    let foreign = foreign.expect("the foreign key is there");
    assert_eq!(
        (foreign.conkey.as_slice(), foreign.confkey.as_slice()),
        (&[2][..], &[1][..])
    );
    assert_eq!(
        (foreign.confdeltype, foreign.conname.as_str()),
        ('c', "e_boss_fkey")
    );
}

#[test]
fn what_cannot_be_has_postgres_codes() {
    for (statement, expected) in [
        ("CREATE TABLE t (a int, a int)", "42701"),
        ("CREATE TABLE t (ctid int)", "42701"),
        ("CREATE TABLE t (a nonsense)", "42704"),
        (
            "CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY)",
            "42P16",
        ),
        ("CREATE TABLE t (a int REFERENCES nowhere)", "42P01"),
        ("CREATE TABLE t (a int, UNIQUE (b))", "42703"),
        ("CREATE TABLE nowhere.t (a int)", "3F000"),
        ("CREATE TABLE t (a int NULL NOT NULL)", "42601"),
        ("CREATE TEMP TABLE t (a int)", "0A000"),
        ("CREATE SEQUENCE s INCREMENT 0", "22023"),
        ("CREATE SEQUENCE s MINVALUE 5 MAXVALUE 2", "22023"),
    ] {
        assert_eq!(code(statement).as_deref(), Some(expected), "{statement}");
    }
    let twice = drafted(&["CREATE TABLE t (a int)", "CREATE TABLE t (a int)"]);
    assert_eq!(
        twice.err().map(|e| e.code.to_string()).as_deref(),
        Some("42P07")
    );
}

#[test]
fn drop_follows_the_dependencies() {
    let rows = drafted(&[
        "CREATE TABLE p (id serial PRIMARY KEY)",
        "CREATE TABLE c (id int PRIMARY KEY)",
    ]);
    let catalog = catalog_of(rows.unwrap_or_default());
    let (numbers, path) = (Counter::default(), [String::from("public")]);
    let cx = DdlCx {
        catalog: &catalog,
        numbers: &numbers,
        path: &path,
        owner: Oid(10),
    };
    let mut draft = Draft::new(cx);
    let oid = |name: &str| {
        let mut classes = catalog.rows.classes.values();
        classes
            .find(|(c, _)| c.relname == name)
            .map(|(c, _)| c.oid)
            .expect("is there")
    };
    // A foreign key from c to p, as a row, stops the drop of p alone.
    let (p, c) = (oid("p"), oid("c"));
    let (constraint, relation) = ((class::CONSTRAINT, Oid(99999), 0), class::RELATION);
    draft.depends(constraint, (relation, c, 1), 'a');
    draft.depends(constraint, (relation, p, 1), 'n');
    let target = |oid, description: &str| DropTarget {
        object: (class::RELATION, oid, 0),
        description: description.to_string(),
    };
    let before = draft.rows.clone();
    let stopped = drop_objects(&mut draft, &[target(p, "table p")], false);
    let stopped = stopped
        .err()
        .map(|e| (e.code.to_string(), e.message.clone()));
    let message = "cannot drop table p because other objects depend on it";
    assert_eq!(stopped, Some(("2BP01".to_string(), message.to_string())));
    draft.rows = before.clone();
    let both = [target(p, "table p"), target(c, "table c")];
    assert!(drop_objects(&mut draft, &both, false).is_ok());
    assert_eq!(names(&draft.rows), Vec::<String>::new());
    assert!(draft.rows.constraints.is_empty() && draft.rows.depends.is_empty());
    draft.rows = before;
    assert!(drop_objects(&mut draft, &[target(p, "table p")], true).is_ok());
    assert_eq!(names(&draft.rows), ["c", "c_pkey"]);
    assert_eq!(draft.notices.len(), 1);
}
