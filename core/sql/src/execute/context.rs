//! What every operator of a running statement shares.

use crate::catalog::CatalogSnapshot;
use crate::execute::rows::Rows;
use crate::functions::EvalCx;
use crate::functions::registry::FuncRow;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use vitrine_data::{Datum, Result, SqlError, SqlState};
use vitrine_engine::engine::{Engine, EngineCx};
use vitrine_engine::txn::{Snapshot, Txn};

/// What one step of the plan did: EXPLAIN ANALYZE shows it beside the estimate.
#[derive(Clone, Copy, Default)]
pub struct StepCounters {
    pub rows: u64,
    pub loops: u64,
    pub start_us: u64,
    pub total_us: u64,
    pub blocks_hit: u64,
    pub blocks_read: u64,
    /// Rows a filter of the step itself turned away.
    pub rows_removed: u64,
    pub memory_bytes: u64,
}

/// Bytes held by operators of one statement.
pub struct Memory {
    used: Cell<usize>,
    peak: Cell<usize>,
    limit: usize,
}

impl Memory {
    pub fn new(limit: usize) -> Memory {
        Memory {
            used: Cell::new(0),
            peak: Cell::new(0),
            limit,
        }
    }

    /// Accounts for growth, or says that the statement needs too much.
    pub fn take(&self, bytes: usize) -> Result<()> {
        let used = self.used.get().saturating_add(bytes);
        if used > self.limit {
            return Err(
                SqlError::user(SqlState::OUT_OF_MEMORY, "out of memory").detail(alloc::format!(
                    "The statement needs more than {} bytes of memory.",
                    self.limit
                )),
            );
        }
        self.used.set(used);
        self.peak.set(self.peak.get().max(used));
        Ok(())
    }

    pub fn give(&self, bytes: usize) {
        self.used.set(self.used.get().saturating_sub(bytes));
    }

    pub fn peak(&self) -> usize {
        self.peak.get()
    }
}

/// Functions that may wait or fetch (`nextval`, `pg_sleep`, sizes): the session answers them.
pub trait PlannedCalls {
    fn call<'a>(
        &'a self,
        function: &'static FuncRow,
        args: Vec<Datum>,
        cx: &'a ExecCx<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Datum>> + 'a>>;
}

/// Rows of a CTE, or of the last round of a recursive one.
#[derive(Default)]
pub struct CteRows {
    pub all: RefCell<Rc<Rows>>,
    pub round: RefCell<Rc<Rows>>,
}

pub struct ExecCx<'a> {
    pub engine: EngineCx<'a>,
    pub owner: &'a Rc<Engine>,
    pub catalog: &'a Rc<CatalogSnapshot>,
    pub snapshot: Rc<Snapshot>,
    pub eval: EvalCx<'a>,
    pub planned: &'a dyn PlannedCalls,
    pub ctes: Vec<CteRows>,
    pub counters: RefCell<Vec<StepCounters>>,
    /// Reads the given clock, for EXPLAIN ANALYZE.
    pub clock_us: &'a dyn Fn() -> u64,
    pub memory: Memory,
    /// Rows a change touched, for the command tag.
    pub changed_rows: Cell<u64>,
    work: Cell<u32>,
    /// Warnings for the client.
    pub notices: RefCell<Vec<SqlError>>,
    /// What a step adds to its line of EXPLAIN ANALYZE, by step.
    pub remarks: RefCell<Vec<(usize, String)>>,
}

/// Units of work (rows, about) between two looks at the cancel flag and the other sessions.
const UNITS_PER_TURN: u32 = 20_000;

impl<'a> ExecCx<'a> {
    pub fn new(
        owner: &'a Rc<Engine>,
        txn: &'a Txn,
        catalog: &'a Rc<CatalogSnapshot>,
        snapshot: Rc<Snapshot>,
        eval: EvalCx<'a>,
        planned: &'a dyn PlannedCalls,
        clock_us: &'a dyn Fn() -> u64,
    ) -> ExecCx<'a> {
        // Spilling is not there yet: what work_mem would send to disk is held, up to this factor.
        let limit = eval
            .session
            .work_mem_bytes
            .saturating_mul(64)
            .max(256 << 20);
        ExecCx {
            engine: EngineCx { engine: owner, txn },
            owner,
            catalog,
            snapshot,
            eval,
            planned,
            ctes: Vec::new(),
            counters: RefCell::new(Vec::new()),
            clock_us,
            memory: Memory::new(limit),
            changed_rows: Cell::new(0),
            work: Cell::new(0),
            notices: RefCell::new(Vec::new()),
            remarks: RefCell::new(Vec::new()),
        }
    }

    /// Room for the counters and CTEs of a statement.
    pub fn prepare(&mut self, steps: usize, ctes: usize) {
        self.counters = RefCell::new(alloc::vec![StepCounters::default(); steps]);
        self.ctes = (0..ctes).map(|_| CteRows::default()).collect();
    }

    /// Spends units of work; at the end of a turn looks at the cancel flag and lets others run.
    pub async fn spend(&self, units: usize) -> Result<()> {
        let work = self.work.get().saturating_add(units as u32);
        if work < UNITS_PER_TURN {
            self.work.set(work);
            return Ok(());
        }
        self.work.set(0);
        crate::execute::engine::pause(self).await
    }

    pub fn count(&self, step: usize, change: impl FnOnce(&mut StepCounters)) {
        if let Some(counters) = self.counters.borrow_mut().get_mut(step) {
            change(counters);
        }
    }
}
