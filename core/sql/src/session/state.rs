//! Sessions and their transactions.
//!
//! ```text
//!            statement            BEGIN                  error
//!   idle ──────────────► implicit ──────► explicit block ──────► failed block
//!    ▲  end of the string: commit │            │ COMMIT, ROLLBACK      │ COMMIT and ROLLBACK both roll back
//!    └────────────────────────────┴────────────┴───────────────────────┘
//! ```
//!
//! A string of several statements is one implicit transaction, as PostgreSQL's simple protocol has it.
//! In a failed block everything but its end (or ROLLBACK TO) is 25P02.

use super::calls::SequenceMemory;
use super::prepared::Prepared;
use super::settings::Settings;
use super::sink::ResultSink;
use crate::catalog::CatalogSnapshot;
use crate::catalog::live::{Catalog, CatalogWork, WorkMark};
use crate::functions::SessionFacts;
use crate::parse::ast::{Isolation as Level, Statement, TransactionModes};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_data::{Result, SqlError, SqlState};
use vitrine_engine::engine::Engine;
use vitrine_engine::lock::SessionControl;
use vitrine_engine::txn::{Durability, Isolation, SavepointId, Txn};

/// SQL over one open engine.
pub struct SqlEngine {
    pub engine: Rc<Engine>,
    pub catalog: Catalog,
}

impl SqlEngine {
    /// Reads the catalogue; what a crash left without an owner goes.
    pub async fn open(engine: Rc<Engine>) -> Result<Rc<SqlEngine>> {
        let views: Vec<&'static crate::catalog::views::SystemView> = crate::catalog::views::all()
            .filter(|view| !view.function)
            .collect();
        let catalog = Catalog::open(&engine, &views).await?;
        engine.remove_orphans(&catalog.known_files()).await?;
        Ok(Rc::new(SqlEngine { engine, catalog }))
    }
}

pub(super) struct Savepoint {
    pub name: String,
    pub id: SavepointId,
    pub work: Option<WorkMark>,
}

/// The transaction under way.
pub(super) struct Open {
    pub txn: Rc<Txn>,
    pub work: Option<CatalogWork>,
    /// In a block of BEGIN.
    pub explicit: bool,
    pub failed: bool,
    pub savepoints: Vec<Savepoint>,
}

pub struct Session {
    pub(super) sql: Rc<SqlEngine>,
    pub(super) control: Rc<SessionControl>,
    pub(super) settings: Rc<RefCell<Settings>>,
    pub(super) memory: Rc<SequenceMemory>,
    pub(super) open: Option<Open>,
    pub(super) prepared: BTreeMap<u32, Rc<Prepared>>,
    pub(super) named: BTreeMap<String, Rc<Prepared>>,
    pub(super) next_prepared: u32,
    /// State of `random()`.
    pub(super) random: u64,
    /// Bytes for COPY FROM of the statement string being executed; COPY TO appends here.
    pub(super) copy_in: Option<Vec<u8>>,
    pub(super) copy_out: Vec<u8>,
}

impl Session {
    pub fn new(sql: &Rc<SqlEngine>, random_seed: u64) -> Session {
        let control = sql.engine.start_session();
        Session::with_control(sql, control, random_seed)
    }

    pub fn with_control(
        sql: &Rc<SqlEngine>,
        control: Rc<SessionControl>,
        random_seed: u64,
    ) -> Session {
        Session {
            sql: sql.clone(),
            control,
            settings: Rc::default(),
            memory: Rc::default(),
            open: None,
            prepared: BTreeMap::new(),
            named: BTreeMap::new(),
            next_prepared: 1,
            random: random_seed,
            copy_in: None,
            copy_out: Vec::new(),
        }
    }

    /// Cancels and names the session from outside.
    pub fn control(&self) -> &Rc<SessionControl> {
        &self.control
    }

    pub fn settings(&self) -> &Rc<RefCell<Settings>> {
        &self.settings
    }

    /// `I`, `T` or `E`, as the protocol says it.
    pub fn status(&self) -> char {
        match &self.open {
            Some(open) if open.failed => 'E',
            Some(open) if open.explicit => 'T',
            _ => 'I',
        }
    }

    /// The bytes that the next COPY FROM STDIN reads.
    pub fn give_copy_data(&mut self, data: Vec<u8>) {
        self.copy_in = Some(data);
    }

    /// What COPY TO STDOUT wrote.
    pub fn take_copy_data(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.copy_out)
    }

    /// Runs a string of statements.
    pub async fn execute(&mut self, text: &str, sink: &mut dyn ResultSink) -> Result<()> {
        let parsed = match crate::parse::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.after_error().await;
                return Err(error.into());
            }
        };
        for one in parsed {
            let range = text.get(one.range.clone()).unwrap_or("");
            let run = self
                .statement(&one.stmt, range, one.range.start, &[], sink)
                .await;
            if let Err(error) = run {
                self.after_error().await;
                return Err(error);
            }
        }
        self.end_implicit().await
    }

    /// Ends the implicit transaction of a string.
    pub(super) async fn end_implicit(&mut self) -> Result<()> {
        match &self.open {
            Some(open) if !open.explicit => self.commit().await,
            _ => Ok(()),
        }
    }

    pub(super) async fn after_error(&mut self) {
        match &mut self.open {
            Some(open) if open.explicit => open.failed = true,
            Some(_) => {
                // Aborting never fails for the caller: unsettled ids mean the same.
                let _ = self.rollback().await;
            }
            None => {}
        }
    }

    /// The catalogue as this session sees it.
    pub(super) fn view(&self) -> Rc<CatalogSnapshot> {
        match self.open.as_ref().and_then(|open| open.work.as_ref()) {
            Some(work) => work.view.clone(),
            None => self.sql.catalog.current(),
        }
    }

    /// The open transaction, begun if there is none.
    pub(super) fn txn(&mut self) -> Rc<Txn> {
        if let Some(open) = &self.open {
            return open.txn.clone();
        }
        let level = self
            .settings
            .borrow()
            .show("default_transaction_isolation")
            .unwrap_or_default();
        let isolation = match level.as_str() {
            "repeatable read" | "serializable" => Isolation::RepeatableRead,
            _ => Isolation::ReadCommitted,
        };
        self.begin_at(isolation, false)
    }

    pub(super) fn begin_at(&mut self, isolation: Isolation, explicit: bool) -> Rc<Txn> {
        let txn = self.sql.engine.begin(&self.control, isolation);
        self.settings.borrow_mut().begin();
        let open = Open {
            txn: txn.clone(),
            work: None,
            explicit,
            failed: false,
            savepoints: Vec::new(),
        };
        self.open = Some(open);
        txn
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        if open.failed {
            self.open = Some(open);
            return self.rollback().await;
        }
        let relaxed = self
            .settings
            .borrow()
            .show("synchronous_commit")
            .is_ok_and(|v| v == "off");
        if relaxed {
            open.txn.durability.set(Durability::Relaxed);
        }
        // Publishing comes after the commit record, and before anybody else can run.
        let committed = self.sql.engine.txns.commit(&open.txn).await;
        match committed {
            Ok(_) => {
                self.settings.borrow_mut().commit();
                match open.work {
                    Some(work) => self.sql.catalog.publish(work),
                    None => Ok(()),
                }
            }
            Err(error) => {
                self.settings.borrow_mut().rollback();
                Err(error)
            }
        }
    }

    pub(super) async fn rollback(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        for _ in 0..=open.savepoints.len() {
            self.settings.borrow_mut().rollback();
        }
        if let Some(work) = open.work {
            self.sql.catalog.discard(work);
        }
        self.sql.engine.txns.abort(&open.txn).await
    }

    /// Rolls back what is open and leaves.
    pub async fn close(mut self) -> Result<()> {
        let ended = self.rollback().await;
        self.sql.engine.end_session(&self.control);
        ended
    }

    /// What the session knows as its next statement begins.
    pub(super) fn facts(&mut self) -> SessionFacts {
        let settings = self.settings.borrow();
        let mut facts = SessionFacts::new();
        let now = clock_us(&self.sql.engine);
        facts.schemas = settings.search_path();
        facts.backend_pid = self.control.id.0 as i32;
        facts.statement_us = now;
        facts.clock_us.set(now);
        facts.transaction_us = match &self.open {
            Some(open) => since_2000(open.txn.started_us),
            None => now,
        };
        facts.zone_name = settings.show("timezone").unwrap_or_default();
        facts.work_mem_bytes = settings.int("work_mem").max(64) as usize * 1024;
        if let Some(open) = &self.open {
            facts.xid.set(open.txn.xid().map(|xid| xid.0));
        }
        facts.random.set(self.random);
        facts
    }

    /// Transaction control. `Ok(None)`: the statement is something else.
    pub(super) async fn control_transaction(
        &mut self,
        statement: &Statement,
        sink: &mut dyn ResultSink,
    ) -> Result<Option<&'static str>> {
        Ok(Some(match statement {
            Statement::Begin(modes) => {
                self.begin(modes, sink)?;
                "BEGIN"
            }
            Statement::Commit { chain: false } => {
                let failed = self.open.as_ref().is_some_and(|open| open.failed);
                self.warn_outside(sink);
                self.commit().await?;
                if failed { "ROLLBACK" } else { "COMMIT" }
            }
            Statement::Rollback { chain: false } => {
                self.warn_outside(sink);
                self.rollback().await?;
                "ROLLBACK"
            }
            Statement::Commit { .. } | Statement::Rollback { .. } => {
                return Err(SqlError::unsupported("AND CHAIN is not supported"));
            }
            Statement::Savepoint(name) => {
                self.savepoint(&name.name)?;
                "SAVEPOINT"
            }
            Statement::Release(name) => {
                self.release(&name.name)?;
                "RELEASE"
            }
            Statement::RollbackTo(name) => {
                self.rollback_to(&name.name).await?;
                "ROLLBACK"
            }
            _ => return Ok(None),
        }))
    }

    fn warn_outside(&self, sink: &mut dyn ResultSink) {
        if !self.open.as_ref().is_some_and(|open| open.explicit) {
            let state = SqlState::NO_ACTIVE_SQL_TRANSACTION;
            sink.notice(SqlError::warning(
                state,
                "there is no transaction in progress",
            ));
        }
    }

    fn begin(&mut self, modes: &TransactionModes, sink: &mut dyn ResultSink) -> Result<()> {
        if let Some(open) = &mut self.open {
            if open.explicit {
                let state = SqlState::ACTIVE_SQL_TRANSACTION;
                sink.notice(SqlError::warning(
                    state,
                    "there is already a transaction in progress",
                ));
            }
            open.explicit = true;
            return Ok(());
        }
        let isolation = match modes.isolation {
            None => {
                let txn = self.txn();
                if let Some(open) = &mut self.open {
                    open.explicit = true;
                }
                txn.read_only.set(modes.read_only == Some(true));
                return Ok(());
            }
            Some(Level::ReadUncommitted | Level::ReadCommitted) => Isolation::ReadCommitted,
            Some(Level::RepeatableRead) => Isolation::RepeatableRead,
            Some(Level::Serializable) => {
                return Err(SqlError::unsupported(
                    "isolation level SERIALIZABLE is not supported",
                ));
            }
        };
        let txn = self.begin_at(isolation, true);
        txn.read_only.set(modes.read_only == Some(true));
        Ok(())
    }

    fn block(&mut self, what: &str) -> Result<&mut Open> {
        match &mut self.open {
            Some(open) if open.explicit => Ok(open),
            _ => Err(SqlError::user(
                SqlState::NO_ACTIVE_SQL_TRANSACTION,
                format!("{what} can only be used in transaction blocks"),
            )),
        }
    }

    fn savepoint(&mut self, name: &str) -> Result<()> {
        let sql = self.sql.clone();
        let open = self.block("SAVEPOINT")?;
        let id = sql.engine.txns.savepoint(&open.txn);
        let work = open.work.as_ref().map(|work| sql.catalog.mark(work));
        open.savepoints.push(Savepoint {
            name: name.into(),
            id,
            work,
        });
        self.settings.borrow_mut().begin();
        Ok(())
    }

    fn find_savepoint(&mut self, name: &str, what: &str) -> Result<usize> {
        let open = self.block(what)?;
        open.savepoints
            .iter()
            .rposition(|savepoint| savepoint.name == name)
            .ok_or_else(|| {
                SqlError::user(
                    SqlState::INVALID_SAVEPOINT_SPECIFICATION,
                    format!("savepoint \"{name}\" does not exist"),
                )
            })
    }

    fn release(&mut self, name: &str) -> Result<()> {
        let at = self.find_savepoint(name, "RELEASE SAVEPOINT")?;
        let sql = self.sql.clone();
        let open = self.block("RELEASE SAVEPOINT")?;
        if let Some(savepoint) = open.savepoints.get(at) {
            sql.engine.txns.release(&open.txn, savepoint.id);
        }
        let gone = open.savepoints.len() - at;
        open.savepoints.truncate(at);
        for _ in 0..gone {
            self.settings.borrow_mut().commit();
        }
        Ok(())
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        let at = self.find_savepoint(name, "ROLLBACK TO SAVEPOINT")?;
        let sql = self.sql.clone();
        let open = self.block("ROLLBACK TO SAVEPOINT")?;
        let later = open.savepoints.len() - at;
        open.savepoints.truncate(at + 1);
        if let Some(savepoint) = open.savepoints.get(at) {
            sql.engine.txns.rollback_to(&open.txn, savepoint.id).await?;
            match (&mut open.work, &savepoint.work) {
                (Some(work), Some(mark)) => sql.catalog.rollback_to(work, mark),
                (work, None) => {
                    if let Some(work) = work.take() {
                        sql.catalog.discard(work);
                    }
                }
                _ => {}
            }
        }
        open.failed = false;
        for _ in 0..later {
            self.settings.borrow_mut().rollback();
        }
        self.settings.borrow_mut().begin();
        Ok(())
    }
}

const EPOCH_2000_US: i64 = 946_684_800_000_000;

/// The scheduler's clock counts from 1970; SQL's times from 2000.
pub(super) fn since_2000(us: u64) -> i64 {
    us as i64 - EPOCH_2000_US
}

pub(super) fn clock_us(engine: &Engine) -> i64 {
    since_2000(engine.storage.scheduler().now_us())
}
