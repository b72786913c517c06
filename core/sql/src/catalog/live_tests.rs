//! Definitions through the live catalogue on a memory device, with a restart.

use super::live::*;
use super::{CatalogSnapshot, Relation};
use crate::ddl::{DdlCx, Draft, Numbers, create_table};
use crate::parse::ast::Statement;
use crate::parse::parse_one;
use crate::types::Oid;
use alloc::rc::Rc;
use alloc::string::String;
use vitrine_data::error::{Result, SqlError};
use vitrine_engine::engine::Engine;
use vitrine_engine::txn::{Isolation, Txn};
use vitrine_storage::Config;
use vitrine_storage::io::{MemoryDevice, Rig};

struct Files<'a>(&'a Engine, &'a Txn);

impl Numbers for Files<'_> {
    fn take_oid(&self) -> Result<Oid> {
        self.0
            .storage
            .take_oid()
            .map(Oid)
            .map_err(|_| SqlError::bug("no OID"))
    }

    fn take_file(&self) -> Result<u32> {
        self.0.create_relfilenode(self.1)
    }
}

fn open(rig: &mut Rig<MemoryDevice>) -> (Rc<Engine>, Rc<Catalog>) {
    let (io, scheduler) = (rig.io.clone(), rig.scheduler.clone());
    let job = async move {
        let (engine, _) = Engine::open(Config::default(), io, scheduler).await?;
        let catalog = Catalog::open(&engine, &[]).await?;
        Ok::<_, SqlError>((engine, Rc::new(catalog)))
    };
    match rig.run(job) {
        Ok(Ok(opened)) => opened,
        Ok(Err(e)) => panic!("open: {}", e.message),
        Err(_) => panic!("open is stuck"),
    }
}

async fn define(engine: Rc<Engine>, catalog: Rc<Catalog>, text: &str, commit: bool) -> Result<()> {
    let session = engine.start_session();
    let txn = engine.begin(&session, Isolation::ReadCommitted);
    let mut work = catalog.start();
    let Ok(Statement::CreateTable(statement)) = parse_one(text) else {
        panic!("parses")
    };
    let path = [String::from("public")];
    let view = work.view.clone();
    let numbers = Files(&engine, &txn);
    let cx = DdlCx {
        catalog: &view,
        numbers: &numbers,
        path: &path,
        owner: Oid(10),
    };
    let mut draft = Draft::new(cx);
    create_table(&mut draft, &statement)?;
    let steps = draft.steps;
    catalog.perform(&txn, &mut work, &steps).await?;
    if commit {
        engine.txns.commit(&txn).await?;
        catalog.publish(work)?;
    } else {
        engine.txns.abort(&txn).await?;
        catalog.discard(work);
    }
    engine.end_session(&session);
    Ok(())
}

fn shape(catalog: &CatalogSnapshot, name: &str) -> Option<(usize, usize, usize)> {
    match catalog.relation("public", name) {
        Some(Relation::Table(t)) => Some((t.columns.len(), t.indexes.len(), t.constraints.len())),
        _ => None,
    }
}

#[test]
fn definitions_survive_a_restart_and_rolled_back_ones_do_not() {
    let mut rig = Rig::new(MemoryDevice::new());
    let (engine, catalog) = open(&mut rig);
    for (text, commit) in [
        (
            "CREATE TABLE a (id serial PRIMARY KEY, name text UNIQUE)",
            true,
        ),
        ("CREATE TABLE gone (id int PRIMARY KEY)", false),
        (
            "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)",
            true,
        ),
    ] {
        let job = define(engine.clone(), catalog.clone(), text, commit);
        assert!(matches!(rig.run(job), Ok(Ok(()))), "{text}");
    }
    for from_device in [false, true] {
        let catalog = match from_device {
            false => catalog.clone(),
            true => reopen(&mut rig, &engine),
        };
        let current = catalog.current();
        assert_eq!(shape(&current, "a"), Some((2, 2, 2)));
        assert_eq!(shape(&current, "b"), Some((2, 1, 2)));
        assert_eq!(shape(&current, "gone"), None);
        assert!(matches!(
            current.relation("public", "a_id_seq"),
            Some(Relation::Sequence(_))
        ));
    }
}

/// Closes the database in order and reads what is on the device.
fn reopen(rig: &mut Rig<MemoryDevice>, engine: &Rc<Engine>) -> Rc<Catalog> {
    let storage = engine.storage.clone();
    assert!(matches!(
        rig.run(async move { storage.close().await }),
        Ok(Ok(()))
    ));
    rig.scheduler.clear();
    let device = core::mem::take(&mut rig.device);
    *rig = Rig::new(device);
    open(rig).1
}
