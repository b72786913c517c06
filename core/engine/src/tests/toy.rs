//! A table of accounts for tests: `id` unique, `v` indexed, `body` as long as it likes.

use crate::access::*;
use crate::engine::Engine;
use crate::heap::{HeapDef, HeapTable};
use crate::lock::SessionControl;
use crate::txn::{Isolation, Snapshot, Txn};
use alloc::rc::Rc;
use alloc::vec::Vec;
use std::string::String;
use vitrine_data::key::{KeyOrder, encode_key};
use vitrine_data::{Datum, Phys, Result, TupleDesc};
use vitrine_storage::Config;
use vitrine_storage::io::{Device, Rig};
use vitrine_view::RecoveryReport;

pub const ID_INDEX: u32 = 501;
pub const V_INDEX: u32 = 502;
pub const ALL: [usize; 3] = [0, 1, 2];

pub type Row = (i64, i32, String);

pub fn index(oid: u32, column: usize, unique: bool) -> IndexDef {
    let key: KeyMaker = Rc::new(move |row, out| {
        let value = row.get(column).unwrap_or(&Datum::Null);
        out.has_null = value.is_null();
        encode_key(&mut out.key, value, KeyOrder::ASCENDING);
        Ok(())
    });
    IndexDef {
        oid,
        relfilenode: oid,
        unique,
        columns: Rc::from([column]),
        key,
    }
}

pub fn key(value: Datum) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(&mut out, &value, KeyOrder::ASCENDING);
    out
}

pub fn table(with_indexes: bool) -> HeapTable {
    let desc = Rc::new(TupleDesc::of(&[Phys::I64, Phys::I32, Phys::Bytes]));
    let indexes = match with_indexes {
        true => alloc::vec![index(ID_INDEX, 0, true), index(V_INDEX, 1, false)],
        false => Vec::new(),
    };
    HeapTable::new(HeapDef {
        oid: 500,
        relfilenode: 500,
        desc,
        indexes,
    })
}

pub fn row(id: i64, v: i32, body: &str) -> Rc<[Datum]> {
    Rc::from([Datum::I64(id), Datum::I32(v), Datum::text(body)])
}

pub fn open<D: Device>(rig: &mut Rig<D>, config: Config) -> Result<(Rc<Engine>, RecoveryReport)> {
    let (io, scheduler) = (rig.io.clone(), rig.scheduler.clone());
    match rig.run(Engine::open(config, io, scheduler)) {
        Ok(opened) => opened,
        Err(_) => panic!("open is stuck"),
    }
}

/// The table with its two indexes, made in a transaction of its own.
pub async fn create(engine: &Engine) -> Result<HeapTable> {
    let made = table(false);
    let client = Client::new(engine);
    let txn = client.begin(engine, Isolation::ReadCommitted);
    for def in [index(ID_INDEX, 0, true), index(V_INDEX, 1, false)] {
        assert!(made.build_index(engine.cx(&txn), def).await?.is_none());
    }
    engine.txns.commit(&txn).await?;
    Ok(made)
}

pub struct Client {
    pub session: Rc<SessionControl>,
}

impl Client {
    pub fn new(engine: &Engine) -> Client {
        Client {
            session: engine.start_session(),
        }
    }

    pub fn begin(&self, engine: &Engine, isolation: Isolation) -> Rc<Txn> {
        engine.begin(&self.session, isolation)
    }
}

pub async fn insert(e: &Engine, t: &HeapTable, txn: &Txn, r: Rc<[Datum]>) -> Result<InsertOutcome> {
    let done = e.insert(txn, t, &mut InsertOp::new(r)).await;
    txn.next_command()?;
    done
}

/// Finds a row by its id.
pub async fn find(
    e: &Engine,
    t: &HeapTable,
    txn: &Txn,
    snapshot: &Snapshot,
    id: i64,
) -> Result<Option<(Locator, Row)>> {
    let key = key(Datum::I64(id));
    let mut out = RowSink::new(&t.desc().types(), 8).with_locators();
    e.act(|| t.lookup(e.cx(txn), ID_INDEX, &key, snapshot, &ALL, &mut out))
        .await?;
    let locators = out.locators.take().unwrap_or_default();
    assert!(locators.len() <= 1, "two visible rows with id {id}");
    let row = rows_of(out).into_iter().next();
    Ok(locators.into_iter().next().zip(row))
}

pub fn rows_of(out: RowSink) -> Vec<Row> {
    let columns: Vec<_> = out.columns.into_iter().map(|c| c.finish()).collect();
    let row = |i: usize| {
        let id = columns[0].datum(i).as_i64().unwrap();
        let v = columns[1].datum(i).as_i32().unwrap();
        (id, v, String::from(columns[2].str_at(i).unwrap()))
    };
    (0..out.rows).map(row).collect()
}

/// All rows a new snapshot sees, by id.
pub async fn all(e: &Engine, t: &HeapTable, txn: &Txn) -> Result<Vec<Row>> {
    let spec = ScanSpec {
        snapshot: e.snapshot(txn),
        columns: Rc::from(ALL),
        blocks: None,
    };
    let mut scan = t.scan(spec);
    let mut rows = Vec::new();
    loop {
        let mut out = RowSink::new(&t.desc().types(), 100);
        let more = e.act(|| scan.next(e.cx(txn), &mut out)).await?;
        rows.extend(rows_of(out));
        if !more {
            rows.sort();
            return Ok(rows);
        }
    }
}

/// Sets `v` and `body` of a row under the transaction's present snapshot.
pub async fn update(
    e: &Engine,
    t: &HeapTable,
    txn: &Txn,
    id: i64,
    v: i32,
    body: &str,
    changed: &[usize],
) -> Result<RowOutcome> {
    let snapshot = e.snapshot(txn);
    let Some((at, _)) = find(e, t, txn, &snapshot, id).await? else {
        return Ok(RowOutcome::Invisible);
    };
    let mut op = UpdateOp::new(at, snapshot, row(id, v, body), Rc::from(changed));
    let done = e.update(txn, t, &mut op).await;
    txn.next_command()?;
    done
}

pub async fn delete(e: &Engine, t: &HeapTable, txn: &Txn, id: i64) -> Result<RowOutcome> {
    let snapshot = e.snapshot(txn);
    let Some((at, _)) = find(e, t, txn, &snapshot, id).await? else {
        return Ok(RowOutcome::Invisible);
    };
    let done = e.delete(txn, t, &mut DeleteOp::new(at, snapshot)).await;
    txn.next_command()?;
    done
}

/// Table and indexes agree, or the test ends.
pub async fn checked(e: &Engine, t: &HeapTable) -> u64 {
    let client = Client::new(e);
    let txn = client.begin(e, Isolation::ReadCommitted);
    let report = t.check(e.cx(&txn), e.snapshot(&txn)).await.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    e.txns.commit(&txn).await.unwrap();
    e.end_session(&client.session);
    report.rows
}
