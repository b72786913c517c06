//! Operators over real tables on a memory device: plans made by hand, without binder and planner.

use super::context::PlannedCalls;
use super::{ExecCx, run};
use crate::bind::tree::{AggregateCall, Expr, ExprKind, JoinKind, SortKey, SystemColumn};
use crate::catalog::live::Catalog;
use crate::catalog::{ConstraintKind, TableDef};
use crate::ddl::{DdlCx, Draft, Numbers, create_table};
use crate::functions::registry::FuncRow;
use crate::functions::{EvalCx, SessionFacts, Slots, functions_named, operator};
use crate::parse::ast::Statement as Ast;
use crate::parse::parse_one;
use crate::plan::tree::*;
use crate::types::{Oid, SqlType};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use vitrine_data::{Datum, Result, SqlError};
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

struct NoCalls;

impl PlannedCalls for NoCalls {
    fn call<'a>(
        &'a self,
        _: &'static FuncRow,
        _: Vec<Datum>,
        _: &'a ExecCx<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Datum>> + 'a>> {
        Box::pin(async { Err(SqlError::bug("nothing is planned here")) })
    }
}

const INT4: SqlType = SqlType::plain(Oid::INT4);
const TEXT: SqlType = SqlType::plain(Oid::TEXT);
const INT8: SqlType = SqlType::plain(Oid::INT8);

fn int(value: i32) -> Expr {
    Expr::constant(Datum::I32(value), INT4)
}

fn text(value: &str) -> Expr {
    Expr::constant(Datum::text(value), TEXT)
}

fn input(at: usize, ty: SqlType) -> Expr {
    Expr::new(ExprKind::Input(at), ty, 0)
}

fn plan(node: Node, types: &[SqlType]) -> Plan {
    let column = |ty: &SqlType| PlanColumn {
        name: String::new(),
        ty: *ty,
    };
    let columns = types.iter().map(column).collect();
    Plan {
        id: 0,
        node,
        columns,
        estimate: Estimate::default(),
    }
}

fn scan(table: &Rc<TableDef>, ctid: bool) -> Plan {
    let mut types: Vec<SqlType> = table.columns.iter().map(|column| column.ty).collect();
    let mut columns: Vec<ScanColumn> = (0..types.len()).map(ScanColumn::Attribute).collect();
    if ctid {
        types.push(SqlType::plain(Oid::TID));
        columns.push(ScanColumn::System(SystemColumn::Ctid));
    }
    let (table, alias) = (table.clone(), String::new());
    plan(
        Node::SeqScan {
            table,
            alias,
            columns,
            filter: Vec::new(),
        },
        &types,
    )
}

struct World {
    engine: Rc<Engine>,
    catalog: Rc<Catalog>,
    txn: Rc<Txn>,
}

impl World {
    async fn open(
        rig: (vitrine_storage::io::Io, vitrine_storage::task::Scheduler),
    ) -> Result<World> {
        let (engine, _) = Engine::open(Config::default(), rig.0, rig.1).await?;
        let catalog = Rc::new(Catalog::open(&engine, &[]).await?);
        let session = engine.start_session();
        for text in [
            "CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL)",
            "CREATE TABLE child (id int, parent int REFERENCES parent)",
        ] {
            let txn = engine.begin(&session, Isolation::ReadCommitted);
            let mut work = catalog.start();
            let Ok(Ast::CreateTable(statement)) = parse_one(text) else {
                return Err(SqlError::bug("the test's statement does not parse"));
            };
            let (path, view) = ([String::from("public")], work.view.clone());
            let numbers = Files(&engine, &txn);
            let cx = DdlCx {
                catalog: &view,
                numbers: &numbers,
                path: &path,
                owner: Oid(10),
            };
            let mut draft = Draft::new(cx);
            create_table(&mut draft, &statement)?;
            catalog.perform(&txn, &mut work, &draft.steps).await?;
            engine.txns.commit(&txn).await?;
            catalog.publish(work)?;
        }
        let txn = engine.begin(&session, Isolation::ReadCommitted);
        Ok(World {
            engine,
            catalog,
            txn,
        })
    }

    fn table(&self, name: &str) -> Rc<TableDef> {
        match self.catalog.current().relation("public", name) {
            Some(crate::catalog::Relation::Table(table)) => table,
            _ => panic!("no table {name}"),
        }
    }

    fn key(&self) -> ForeignKey {
        let (child, parent) = (self.table("child"), self.table("parent"));
        let foreign = |kind: &ConstraintKind| matches!(kind, ConstraintKind::Foreign(_));
        let constraint = child
            .constraints
            .iter()
            .find(|c| foreign(&c.kind))
            .unwrap()
            .clone();
        let parent_index = parent.indexes[0].clone();
        ForeignKey {
            constraint,
            child,
            parent,
            parent_index,
            child_index: None,
        }
    }

    fn checks(&self, name: &str) -> Checks {
        let key = |wanted: &str| {
            if name == wanted {
                vec![self.key()]
            } else {
                Vec::new()
            }
        };
        Checks {
            checks: Vec::new(),
            references: key("child"),
            referenced: key("parent"),
        }
    }

    async fn run(&self, root: Plan) -> Result<(Vec<Vec<Datum>>, u64)> {
        let statement = Statement {
            root,
            ctes: Vec::new(),
            steps: 1,
            slots: 0,
            fields: Vec::new(),
            params: Vec::new(),
            relations: Vec::new(),
            read_only: false,
        };
        self.txn.next_command()?;
        let (slots, facts) = (Slots::default(), SessionFacts::new());
        let catalog = self.catalog.current();
        let snapshot = self.engine.snapshot(&self.txn);
        let eval = EvalCx::new(&[], &slots, &facts);
        let mut cx = ExecCx::new(
            &self.engine,
            &self.txn,
            &catalog,
            snapshot,
            eval,
            &NoCalls,
            &|| 0,
        );
        let mut rows = Vec::new();
        let mut sink = |batch: &vitrine_data::Batch| {
            rows.extend((0..batch.rows()).map(|row| batch.row(row)));
            Ok(())
        };
        let outcome = run(&statement, &mut cx, false, &mut sink).await?;
        Ok((rows, outcome.changed))
    }

    async fn insert(&self, name: &str, rows: Vec<Vec<Expr>>) -> Result<u64> {
        let table = self.table(name);
        let types: Vec<SqlType> = table.columns.iter().map(|column| column.ty).collect();
        let node = InsertNode {
            input: plan(Node::Values { rows }, &types),
            checks: self.checks(name),
            conflict: None,
            returning: Vec::new(),
            table,
        };
        Ok(self.run(plan(Node::Insert(Box::new(node)), &[])).await?.1)
    }
}

fn failed<T>(result: Result<T>, code: &[u8; 5], detail: &str) {
    let error = result.err().unwrap();
    assert_eq!(
        (&error.code.0, error.detail.as_deref()),
        (code, Some(detail))
    );
}

async fn changes(world: &World) -> Result<()> {
    let parents = vec![
        vec![int(1), text("a")],
        vec![int(2), text("b")],
        vec![int(3), text("a")],
    ];
    assert_eq!(world.insert("parent", parents).await?, 3);
    let twice = vec![vec![int(7), text("x")], vec![int(2), text("y")]];
    let savepoint = world.engine.txns.savepoint(&world.txn);
    failed(
        world.insert("parent", twice).await,
        b"23505",
        "Key (id)=(2) already exists.",
    );
    world.engine.txns.rollback_to(&world.txn, savepoint).await?;
    let null = vec![vec![int(8), Expr::constant(Datum::Null, TEXT)]];
    failed(
        world.insert("parent", null).await,
        b"23502",
        "Failing row contains (8, null).",
    );
    world
        .insert("child", vec![vec![int(10), int(1)], vec![int(11), int(3)]])
        .await?;
    let savepoint = world.engine.txns.savepoint(&world.txn);
    let orphan = world.insert("child", vec![vec![int(12), int(9)]]).await;
    failed(
        orphan,
        b"23503",
        "Key (parent)=(9) is not present in table \"parent\".",
    );
    world.engine.txns.rollback_to(&world.txn, savepoint).await?;
    let savepoint = world.engine.txns.savepoint(&world.txn);
    let table = world.table("parent");
    let recheck = Recheck {
        ctid: 2,
        attributes: vec![(0, 0), (1, 1)],
        predicates: Vec::new(),
    };
    let node = DeleteNode {
        input: scan(&table, true),
        recheck,
        checks: world.checks("parent"),
        returning: Vec::new(),
        table,
    };
    let deleted = world.run(plan(Node::Delete(Box::new(node)), &[])).await;
    failed(
        deleted,
        b"23503",
        "Key (id)=(1) is still referenced from table \"child\".",
    );
    world.engine.txns.rollback_to(&world.txn, savepoint).await
}

async fn update(world: &World) -> Result<()> {
    let table = world.table("parent");
    let add = operator("+", Oid::INT4, Oid::INT4).unwrap();
    let raised = Expr::new(
        ExprKind::Op {
            op: add,
            args: vec![input(0, INT4), int(100)],
        },
        INT4,
        0,
    );
    let less = operator("=", Oid::INT4, Oid::INT4).unwrap();
    let second = Expr::new(
        ExprKind::Op {
            op: less,
            args: vec![input(0, INT4), int(2)],
        },
        SqlType::plain(Oid::BOOL),
        0,
    );
    let source = scan(&table, true);
    let types: Vec<SqlType> = source.columns.iter().map(|column| column.ty).collect();
    let filtered = Node::Filter {
        input: Box::new(source),
        predicates: vec![second],
    };
    let recheck = Recheck {
        ctid: 2,
        attributes: vec![(0, 0), (1, 1)],
        predicates: Vec::new(),
    };
    let node = UpdateNode {
        input: plan(filtered, &types),
        recheck,
        sets: vec![(0, raised)],
        checks: world.checks("parent"),
        returning: vec![input(0, INT4), input(1, TEXT)],
        table,
    };
    let (rows, changed) = world
        .run(plan(Node::Update(Box::new(node)), &[INT4, TEXT]))
        .await?;
    assert_eq!(
        (rows, changed),
        (vec![vec![Datum::I32(102), Datum::text("b")]], 1)
    );
    Ok(())
}

async fn queries(world: &World) -> Result<()> {
    let (parent, child) = (world.table("parent"), world.table("child"));
    let join = Node::HashJoin {
        kind: JoinKind::Left,
        left: Box::new(scan(&parent, false)),
        right: Box::new(scan(&child, false)),
        left_keys: vec![input(0, INT4)],
        right_keys: vec![input(1, INT4)],
        residual: Vec::new(),
    };
    let count = |args: Vec<Expr>| AggregateCall {
        function: functions_named("count")
            .find(|row| row.args.len() == args.len())
            .unwrap(),
        args,
        distinct: false,
        order_by: Vec::new(),
        filter: None,
        ty: INT8,
    };
    let grouped = Node::Aggregate {
        strategy: AggregateStrategy::Hash,
        input: Box::new(plan(join, &[INT4, TEXT, INT4, INT4])),
        groups: vec![input(1, TEXT)],
        calls: vec![count(Vec::new()), count(vec![input(2, INT4)])],
        sets: None,
    };
    let key = SortKey {
        expr: input(0, TEXT),
        descending: true,
        nulls_first: false,
    };
    let sorted = Node::Sort {
        input: Box::new(plan(grouped, &[TEXT, INT8, INT8])),
        keys: vec![key],
        top: None,
    };
    let (rows, _) = world.run(plan(sorted, &[TEXT, INT8, INT8])).await?;
    let row = |name: &str, all, met| vec![Datum::text(name), Datum::I64(all), Datum::I64(met)];
    assert_eq!(rows, [row("b", 1, 0), row("a", 2, 2)]);
    Ok(())
}

/// For each child its parent, by the parent's index over a slot.
async fn index_nested_loop(world: &World) -> Result<()> {
    let (parent, child) = (world.table("parent"), world.table("child"));
    let range = IndexRange {
        equal: vec![Expr::new(ExprKind::Slot(0), INT4, 0)],
        ..IndexRange::default()
    };
    let by_index = Node::IndexScan {
        index: parent.indexes[0].clone(),
        table: parent,
        alias: String::new(),
        range,
        backward: false,
        index_only: false,
        columns: vec![ScanColumn::Attribute(1), ScanColumn::Attribute(0)],
        filter: Vec::new(),
        condition: Vec::new(),
    };
    let join = Node::NestedLoop {
        kind: JoinKind::Inner,
        left: Box::new(scan(&child, false)),
        right: Box::new(plan(by_index, &[TEXT, INT4])),
        params: vec![(0, input(1, INT4))],
        on: Vec::new(),
    };
    let (rows, _) = world.run(plan(join, &[INT4, INT4, TEXT, INT4])).await?;
    let row = |child, parent, name: &str| {
        let of = Datum::I32;
        vec![of(child), of(parent), Datum::text(name), of(parent)]
    };
    assert_eq!(rows, [row(10, 1, "a"), row(11, 3, "a")]);
    Ok(())
}

#[test]
fn plans_change_and_read_real_tables() {
    let mut rig = Rig::new(MemoryDevice::new());
    let parts = (rig.io.clone(), rig.scheduler.clone());
    let job = async move {
        let world = World::open(parts).await?;
        changes(&world).await?;
        update(&world).await?;
        queries(&world).await?;
        index_nested_loop(&world).await?;
        world.engine.txns.commit(&world.txn).await.map(|_| ())
    };
    match rig.run(job) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{error:?}"),
        Err(_) => panic!("stuck"),
    }
}
