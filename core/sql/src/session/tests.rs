//! Whole statements on a memory device: what a client sees, as text.

use super::{CommandTag, Field, ResultSink, Session, SqlEngine};
use crate::types::{IoCx, Oid, output_text};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::format;
use vitrine_data::{Batch, SqlError};
use vitrine_engine::engine::Engine;
use vitrine_storage::Config;
use vitrine_storage::io::{MemoryDevice, Rig};

/// Prints results as lines: cells parted by `|`, then the tag.
#[derive(Default)]
struct Printer {
    out: String,
    types: Vec<Oid>,
}

impl ResultSink for Printer {
    fn start(&mut self, fields: &[Field]) {
        self.types = fields.iter().map(|field| field.ty).collect();
    }

    fn batch(&mut self, batch: &Batch) {
        for at in 0..batch.rows() {
            let row = batch.row(at);
            let cells: Vec<String> = row
                .iter()
                .zip(&self.types)
                .map(|(value, oid)| match value.is_null() {
                    true => String::from("NULL"),
                    false => output_text(*oid, value, &IoCx::UTC),
                })
                .collect();
            self.out.push_str(&cells.join("|"));
            self.out.push('\n');
        }
    }

    fn done(&mut self, tag: CommandTag) {
        self.out.push_str(&tag.text);
        self.out.push('\n');
    }

    fn notice(&mut self, notice: SqlError) {
        self.out.push_str(&format!("NOTICE: {}\n", notice.message));
    }
}

/// A database and one session over it.
struct Db {
    rig: Rig<MemoryDevice>,
    session: Rc<RefCell<Option<Session>>>,
}

fn open() -> Db {
    let mut rig = Rig::new(MemoryDevice::new());
    let (io, scheduler) = (rig.io.clone(), rig.scheduler.clone());
    let job = async move {
        let (engine, _) = Engine::open(Config::default(), io, scheduler).await?;
        SqlEngine::open(engine).await
    };
    let Ok(Ok(sql)) = rig.run(job) else {
        panic!("cannot open")
    };
    let session = Session::new(&sql, 1);
    Db {
        rig,
        session: Rc::new(RefCell::new(Some(session))),
    }
}

impl Db {
    fn run(&mut self, text: &str) -> String {
        let cell = self.session.clone();
        let text = String::from(text);
        let job = async move {
            let mut session = cell.borrow_mut().take().expect("one at a time");
            let mut printer = Printer::default();
            let ran = session.execute(&text, &mut printer).await;
            if let Err(error) = ran {
                let at = error
                    .position
                    .map_or(String::new(), |at| format!(" at {at}"));
                printer.out.push_str(&format!(
                    "ERROR {}: {}{at}\n",
                    error.code.as_str(),
                    error.message
                ));
                if let Some(detail) = &error.detail {
                    printer.out.push_str(&format!("DETAIL: {detail}\n"));
                }
            }
            *cell.borrow_mut() = Some(session);
            printer.out
        };
        match self.rig.run(job) {
            Ok(out) => out,
            Err(_) => panic!("stuck"),
        }
    }
}

fn people() -> Db {
    let mut db = open();
    let made = db.run(
        "CREATE TABLE dept (id int PRIMARY KEY, name text NOT NULL);
         CREATE TABLE person (id serial PRIMARY KEY, name text, dept int REFERENCES dept, pay numeric(8,2), born date);
         INSERT INTO dept VALUES (1, 'art'), (2, 'law'), (3, 'none');
         INSERT INTO person (name, dept, pay, born) VALUES
           ('Ann', 1, 10.50, '2000-01-02'), ('Bob', 1, 20, '1999-12-31'),
           ('Cid', 2, 30, NULL), ('Dee', NULL, 5.25, '2001-05-05');",
    );
    assert_eq!(made, "CREATE TABLE\nCREATE TABLE\nINSERT 0 3\nINSERT 0 4\n");
    db
}

#[test]
fn reads_and_writes() {
    let mut db = people();
    assert_eq!(
        db.run("SELECT id, name FROM person WHERE pay > 10 ORDER BY id DESC"),
        "3|Cid\n2|Bob\n1|Ann\nSELECT 3\n"
    );
    assert_eq!(
        db.run("SELECT name FROM person WHERE id = 2"),
        "Bob\nSELECT 1\n"
    );
    assert_eq!(
        db.run("UPDATE person SET pay = pay * 2 WHERE dept = 1 RETURNING id, pay"),
        "1|21.00\n2|40.00\nUPDATE 2\n"
    );
    assert_eq!(
        db.run("DELETE FROM person WHERE name = 'Dee'"),
        "DELETE 1\n"
    );
    assert_eq!(
        db.run("SELECT count(*), sum(pay), max(born) FROM person"),
        "3|91.00|2000-01-02\nSELECT 1\n"
    );
}

#[test]
fn joins_and_groups() {
    let mut db = people();
    assert_eq!(
        db.run("SELECT d.name, count(p.id), sum(p.pay) FROM dept d LEFT JOIN person p ON p.dept = d.id GROUP BY d.id ORDER BY d.name"),
        "art|2|30.50\nlaw|1|30.00\nnone|0|NULL\nSELECT 3\n"
    );
    assert_eq!(
        db.run(
            "SELECT p.name, d.name FROM person p JOIN dept d ON d.id = p.dept ORDER BY 1 LIMIT 2"
        ),
        "Ann|art\nBob|art\nSELECT 2\n"
    );
    assert_eq!(
        db.run("SELECT dept, count(*) FROM person GROUP BY dept HAVING count(*) > 1"),
        "1|2\nSELECT 1\n"
    );
    assert_eq!(
        db.run("SELECT DISTINCT dept IS NULL FROM person ORDER BY 1"),
        "f\nt\nSELECT 2\n"
    );
}

#[test]
fn subqueries_and_sets() {
    let mut db = people();
    assert_eq!(
        db.run("SELECT name FROM dept d WHERE EXISTS (SELECT 1 FROM person WHERE dept = d.id) ORDER BY 1"),
        "art\nlaw\nSELECT 2\n"
    );
    assert_eq!(
        db.run(
            "SELECT name FROM dept WHERE id NOT IN (SELECT dept FROM person WHERE dept IS NOT NULL)"
        ),
        "none\nSELECT 1\n"
    );
    assert_eq!(
        db.run("SELECT name, (SELECT max(pay) FROM person p WHERE p.dept = d.id) FROM dept d ORDER BY id"),
        "art|20.00\nlaw|30.00\nnone|NULL\nSELECT 3\n"
    );
    assert_eq!(db.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT sum(i) FROM n"), "10\nSELECT 1\n");
    assert_eq!(
        db.run("SELECT 1 UNION SELECT 2 UNION SELECT 1 ORDER BY 1"),
        "1\n2\nSELECT 2\n"
    );
    assert_eq!(
        db.run("SELECT g FROM generate_series(1, 6) g WHERE g % 2 = 0 EXCEPT SELECT 4 ORDER BY g"),
        "2\n6\nSELECT 2\n"
    );
}

#[test]
fn errors_speak_as_postgresql() {
    let mut db = people();
    assert_eq!(
        db.run("SELECT * FROM nope"),
        "ERROR 42P01: relation \"nope\" does not exist at 14\n"
    );
    assert_eq!(
        db.run("SELECT nope FROM person"),
        "ERROR 42703: column \"nope\" does not exist at 7\n"
    );
    assert_eq!(
        db.run("SELECT name + true FROM person"),
        "ERROR 42883: operator does not exist: text + boolean at 12\n"
    );
    assert_eq!(
        db.run("SELECT name, count(*) FROM person"),
        "ERROR 42803: column \"person.name\" must appear in the GROUP BY clause or be used in an aggregate function at 7\n"
    );
    assert!(
        db.run("INSERT INTO dept VALUES (1, 'again')").starts_with(
            "ERROR 23505: duplicate key value violates unique constraint \"dept_pkey\""
        )
    );
    assert!(
        db.run("INSERT INTO person (dept) VALUES (99)")
            .starts_with("ERROR 23503")
    );
    assert!(
        db.run("DELETE FROM dept WHERE id = 1")
            .starts_with("ERROR 23503")
    );
}

#[test]
fn transactions_end_as_they_should() {
    let mut db = people();
    assert_eq!(
        db.run("BEGIN; DELETE FROM person; ROLLBACK; SELECT count(*) FROM person"),
        "BEGIN\nDELETE 4\nROLLBACK\n4\nSELECT 1\n"
    );
    assert_eq!(
        db.run("BEGIN; SAVEPOINT a; DELETE FROM person; ROLLBACK TO a; COMMIT; SELECT count(*) FROM person"),
        "BEGIN\nSAVEPOINT\nDELETE 4\nROLLBACK\nCOMMIT\n4\nSELECT 1\n"
    );
    assert_eq!(db.run("BEGIN"), "BEGIN\n");
    assert!(db.run("SELECT 1/0").starts_with("ERROR 22012"));
    assert!(db.run("SELECT 1").starts_with("ERROR 25P02"));
    assert_eq!(db.run("COMMIT"), "ROLLBACK\n");
    assert_eq!(
        db.run("BEGIN; CREATE TABLE gone (a int); ROLLBACK"),
        "BEGIN\nCREATE TABLE\nROLLBACK\n"
    );
    assert!(db.run("SELECT * FROM gone").starts_with("ERROR 42P01"));
}

#[test]
fn views_and_prepared_statements() {
    let mut db = people();
    assert_eq!(
        db.run("CREATE VIEW rich AS SELECT name, pay FROM person WHERE pay >= 20"),
        "CREATE VIEW\n"
    );
    assert_eq!(
        db.run("SELECT * FROM rich ORDER BY pay"),
        "Bob|20.00\nCid|30.00\nSELECT 2\n"
    );
    assert_eq!(
        db.run("PREPARE q (int) AS SELECT name FROM person WHERE id = $1; EXECUTE q (3)"),
        "PREPARE\nCid\nSELECT 1\n"
    );
    assert!(
        db.run("EXPLAIN SELECT * FROM person WHERE id = 1")
            .starts_with("Index Scan using person_pkey on person")
    );
    assert_eq!(
        db.run("TRUNCATE person; SELECT count(*) FROM person"),
        "TRUNCATE TABLE\n0\nSELECT 1\n"
    );
    assert_eq!(
        db.run("DROP VIEW rich; DROP TABLE person"),
        "DROP VIEW\nDROP TABLE\n"
    );
}

#[test]
fn tables_are_altered() {
    let mut db = people();
    assert_eq!(
        db.run("ALTER TABLE person ADD COLUMN kind text DEFAULT 'x', ADD COLUMN n serial"),
        "ALTER TABLE\n"
    );
    assert_eq!(
        db.run("SELECT id, kind, n FROM person ORDER BY id LIMIT 2"),
        "1|x|1\n2|x|2\nSELECT 2\n"
    );
    assert_eq!(
        db.run("ALTER TABLE person DROP COLUMN pay"),
        "ALTER TABLE\n"
    );
    assert_eq!(
        db.run("SELECT * FROM person WHERE id = 3"),
        "3|Cid|2|NULL|x|3\nSELECT 1\n"
    );
    assert!(
        db.run("ALTER TABLE person ALTER dept SET NOT NULL")
            .starts_with("ERROR 23502")
    );
    assert!(
        db.run("ALTER TABLE person ADD CHECK (id < 3)")
            .starts_with("ERROR 23514")
    );
    assert_eq!(db.run("ALTER TABLE person DROP CONSTRAINT person_dept_fkey; INSERT INTO person (dept) VALUES (99)"), "ALTER TABLE\nINSERT 0 1\n");
    assert!(
        db.run("ALTER TABLE person ADD CONSTRAINT k FOREIGN KEY (dept) REFERENCES dept")
            .starts_with("ERROR 23503")
    );
    assert_eq!(db.run("ALTER TABLE person RENAME name TO title; ALTER TABLE person RENAME TO folk; SELECT title FROM folk WHERE id = 1"), "ALTER TABLE\nALTER TABLE\nAnn\nSELECT 1\n");
}
