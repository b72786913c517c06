//! Running one statement.

use super::calls::Calls;
use super::prepared::{Prepared, is_planned};
use super::sink::{CommandTag, Field, ResultSink};
use super::state::Session;
use crate::bind::{Binder, Bound};
use crate::catalog::{CatalogSnapshot, Relation, TableDef};
use crate::execute::{self, ExecCx};
use crate::functions::{EvalCx, SessionFacts, Slots};
use crate::parse::ast::Statement;
use crate::plan::{self, PlanCx, tree};
use crate::types::Oid;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Datum, Result, SqlError, SqlState};
use vitrine_engine::lock::{LockMode, LockTag, LockWait};

impl Session {
    /// What every statement begins with: limits, and the refusal in a failed block.
    pub(super) fn before_statement(&mut self, statement: &Statement) -> Result<()> {
        self.control.clear_cancel();
        let settings = self.settings.borrow();
        let now = self.sql.engine.storage.scheduler().now_us();
        let timeout = settings.int("statement_timeout").max(0) as u64 * 1000;
        self.control
            .statement_deadline_us
            .set(if timeout == 0 { 0 } else { now + timeout });
        self.control
            .lock_timeout_us
            .set(settings.int("lock_timeout").max(0) as u64 * 1000);
        let deadlock = settings.int("deadlock_timeout").max(1) as u64 * 1000;
        self.control.deadlock_timeout_us.set(deadlock);
        let ends = matches!(
            statement,
            Statement::Commit { .. } | Statement::Rollback { .. } | Statement::RollbackTo(_)
        );
        if self.open.as_ref().is_some_and(|open| open.failed) && !ends {
            return Err(SqlError::user(
                SqlState::IN_FAILED_SQL_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        Ok(())
    }

    /// One statement; `text` is its own text and `offset` where it stands in the string.
    pub(super) async fn statement(
        &mut self,
        statement: &Statement,
        text: &str,
        offset: usize,
        params: &[Datum],
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        self.before_statement(statement)?;
        if let Some(tag) = self.control_transaction(statement, sink).await? {
            sink.done(CommandTag {
                text: tag.into(),
                rows: None,
            });
            return Ok(());
        }
        if is_planned(statement) {
            return self.planned(statement, None, params, sink).await;
        }
        self.utility(statement, text, offset, sink).await
    }

    /// A statement with a plan.
    pub(super) async fn planned(
        &mut self,
        statement: &Statement,
        prepared: Option<&Rc<Prepared>>,
        params: &[Datum],
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        let plan = self.plan_for(statement, prepared).await?;
        self.run_plan(statement, &plan, params, sink).await
    }

    /// The plan of a statement: the kept one while it holds, else a new one.
    pub(super) async fn plan_for(
        &mut self,
        statement: &Statement,
        prepared: Option<&Rc<Prepared>>,
    ) -> Result<Rc<tree::Statement>> {
        loop {
            let view = self.view();
            let facts = self.facts();
            let own = self.open.as_ref().is_some_and(|open| open.work.is_some());
            let kept = prepared.and_then(|prepared| prepared.plan.borrow().clone());
            if let Some((generation, path, plan)) = kept
                && !own
                && generation == view.generation
                && path == facts.schemas
            {
                self.lock_planned(&plan).await?;
                if self.view().generation == generation {
                    return Ok(plan);
                }
                continue;
            }
            let types = prepared.map(|p| p.params.clone()).unwrap_or_default();
            let binder = Binder::new(&view, &facts);
            *binder.params.borrow_mut() = types;
            let bound = binder.statement(statement)?;
            let relations = binder.relations.borrow().clone();
            self.lock_relations(&relations).await?;
            // While this session waited for a lock, what it read may have been redefined.
            if self.view().generation != view.generation {
                continue;
            }
            let plan = Rc::new(
                self.make_plan(bound, &binder, &view, &facts, &relations)
                    .await?,
            );
            if let Some(prepared) = prepared
                && !own
            {
                let kept = (view.generation, facts.schemas.clone(), plan.clone());
                prepared.plan.replace(Some(kept));
            }
            return Ok(plan);
        }
    }

    async fn make_plan(
        &mut self,
        bound: Bound,
        binder: &Binder<'_>,
        view: &Rc<CatalogSnapshot>,
        facts: &SessionFacts,
        relations: &[(Oid, bool)],
    ) -> Result<tree::Statement> {
        let txn = self.txn();
        let engine = self.sql.engine.clone();
        let mut pages: BTreeMap<Oid, u32> = BTreeMap::new();
        for (oid, _) in relations {
            if let Some(table) = view.table(*oid) {
                let size = engine.act(|| table.access.size(engine.cx(&txn))).await?;
                pages.insert(*oid, size.blocks);
            }
        }
        let count = |table: &TableDef| pages.get(&table.oid).copied().unwrap_or(table.pages);
        let settings = self.settings.clone();
        let enabled = |name: &str| {
            settings
                .borrow()
                .show(name)
                .map_or(true, |value| value != "off")
        };
        let cx = PlanCx {
            catalog: view,
            pages: &count,
            enabled: &enabled,
            work_mem_bytes: facts.work_mem_bytes,
        };
        plan::plan(bound, binder, &cx)
    }

    async fn lock_planned(&mut self, plan: &tree::Statement) -> Result<()> {
        let txn = self.txn();
        for (oid, mode) in &plan.relations {
            let mode = match mode {
                tree::TableLock::AccessShare => LockMode::AccessShare,
                tree::TableLock::RowShare => LockMode::RowShare,
                tree::TableLock::RowExclusive => LockMode::RowExclusive,
            };
            self.lock_relation(&txn, *oid, mode).await?;
        }
        Ok(())
    }

    async fn lock_relations(&mut self, relations: &[(Oid, bool)]) -> Result<()> {
        let txn = self.txn();
        for (oid, changes) in relations {
            let mode = if *changes {
                LockMode::RowExclusive
            } else {
                LockMode::AccessShare
            };
            self.lock_relation(&txn, *oid, mode).await?;
        }
        Ok(())
    }

    pub(super) async fn lock_relation(
        &self,
        txn: &vitrine_engine::txn::Txn,
        oid: Oid,
        mode: LockMode,
    ) -> Result<()> {
        let tag = LockTag::Relation(oid.0);
        self.sql
            .engine
            .locks
            .acquire(&txn.session, &tag, mode, LockWait::Block)
            .await
    }

    pub(super) async fn run_plan(
        &mut self,
        statement: &Statement,
        plan: &tree::Statement,
        params: &[Datum],
        sink: &mut dyn ResultSink,
    ) -> Result<()> {
        let txn = self.txn();
        if !plan.read_only && txn.read_only.get() {
            return Err(SqlError::user(
                SqlState::READ_ONLY_SQL_TRANSACTION,
                format!(
                    "cannot execute {} in a read-only transaction",
                    verb(statement)
                ),
            ));
        }
        let fields = fields_of(plan);
        let returns = matches!(statement, Statement::Select(_)) || !fields.is_empty();
        if returns {
            sink.start(&fields);
        }
        let outcome = {
            let mut give = |batch: &vitrine_data::Batch| {
                if returns {
                    sink.batch(batch);
                }
                Ok(())
            };
            self.run_into(plan, params, false, &mut give).await?
        };
        for notice in outcome.notices {
            sink.notice(notice);
        }
        txn.next_command()?;
        let (text, rows) = match statement {
            Statement::Select(_) => (format!("SELECT {}", outcome.rows), outcome.rows),
            Statement::Insert(_) => (format!("INSERT 0 {}", outcome.changed), outcome.changed),
            other => (
                format!("{} {}", verb(other), outcome.changed),
                outcome.changed,
            ),
        };
        sink.done(CommandTag {
            text,
            rows: Some(rows),
        });
        Ok(())
    }

    /// Runs a plan, giving its batches away.
    pub(super) async fn run_into(
        &mut self,
        plan: &tree::Statement,
        params: &[Datum],
        counted: bool,
        give: &mut dyn FnMut(&vitrine_data::Batch) -> Result<()>,
    ) -> Result<Ran> {
        let txn = self.txn();
        let view = self.view();
        let facts = self.facts();
        let engine = self.sql.engine.clone();
        let snapshot = engine.snapshot(&txn);
        let slots = Slots::default();
        let calls = Calls {
            memory: self.memory.clone(),
            settings: self.settings.clone(),
        };
        let clock = || engine.storage.scheduler().now_us();
        let eval = EvalCx::new(params, &slots, &facts);
        let mut cx = ExecCx::new(&engine, &txn, &view, snapshot, eval, &calls, &clock);
        let outcome = execute::run(plan, &mut cx, counted, give).await?;
        let ran = Ran {
            rows: outcome.rows,
            changed: outcome.changed,
            notices: cx.notices.take(),
            counters: cx.counters.take(),
        };
        drop(cx);
        self.random = facts.random.get();
        Ok(ran)
    }

    /// Rows of a query of our own, as datums: checks of constraints, EXECUTE's arguments.
    pub(super) async fn query_rows(&mut self, text: &str) -> Result<Vec<Vec<Datum>>> {
        let statement = crate::parse::parse_one(text).map_err(SqlError::from)?;
        let plan = self.plan_for(&statement, None).await?;
        let mut rows = Vec::new();
        let mut give = |batch: &vitrine_data::Batch| {
            rows.extend((0..batch.rows()).map(|at| batch.row(at)));
            Ok(())
        };
        self.run_into(&plan, &[], false, &mut give).await?;
        Ok(rows)
    }

    /// The relation of a name as this session finds it.
    pub(super) fn find(&self, name: &crate::parse::ast::QualifiedName) -> Result<Relation> {
        let path = self.settings.borrow().search_path();
        self.view()
            .find(&path, name.schema.as_deref(), &name.name)
            .ok_or_else(|| crate::bind::no_relation(name))
    }
}

/// What running a plan came to.
pub(super) struct Ran {
    pub rows: u64,
    pub changed: u64,
    pub notices: Vec<SqlError>,
    pub counters: Vec<execute::StepCounters>,
}

pub(super) fn fields_of(plan: &tree::Statement) -> Vec<Field> {
    plan.fields
        .iter()
        .map(|field| Field {
            name: field.name.clone(),
            ty: field.ty.oid,
            typmod: field.ty.typmod,
            table: field.table,
            attribute: field.attribute,
        })
        .collect()
}

fn verb(statement: &Statement) -> String {
    match statement {
        Statement::Select(_) => "SELECT FOR UPDATE",
        Statement::Insert(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        Statement::Delete(_) => "DELETE",
        _ => "MERGE",
    }
    .into()
}

/// A result of text columns made by the session itself: SHOW, EXPLAIN.
pub(super) fn give_text_rows(
    sink: &mut dyn ResultSink,
    columns: &[&str],
    rows: &[Vec<Datum>],
    tag: String,
) -> Result<()> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|name| Field {
            name: String::from(*name),
            ty: Oid::TEXT,
            typmod: -1,
            table: Oid::INVALID,
            attribute: 0,
        })
        .collect();
    sink.start(&fields);
    let types = alloc::vec![vitrine_data::Phys::Bytes; columns.len()];
    sink.batch(&vitrine_data::Batch::from_rows(&types, rows)?);
    sink.done(CommandTag {
        text: tag,
        rows: Some(rows.len() as u64),
    });
    Ok(())
}
