//! Opening and closing.

use crate::session::Session;
use alloc::rc::Rc;
use core::cell::Cell;
use vitrine_data::error::SqlError;
use vitrine_engine::Engine;
use vitrine_sql::session::SqlEngine;
use vitrine_storage::io::Io;
use vitrine_storage::task::Scheduler;
use vitrine_storage::{Config as StorageConfig, Storage};
use vitrine_view::RecoveryReport;

#[derive(Clone)]
pub struct Config {
    pub storage: StorageConfig,
    /// `synchronous_commit = off` unless a session says otherwise.
    pub relaxed: bool,
    /// Random bytes from the host: `random()` and `gen_random_uuid()` grow from them.
    pub entropy: [u8; 16],
}

pub struct Database {
    pub(crate) engine: Rc<Engine>,
    pub(crate) sql: Rc<SqlEngine>,
    sessions_made: Cell<u64>,
    config: Config,
}

impl Database {
    /// Opens the database behind `io`, or makes one where there is none.
    pub async fn open(
        config: Config,
        io: Io,
        scheduler: Scheduler,
    ) -> Result<(Rc<Database>, RecoveryReport), SqlError> {
        let (engine, report) = Engine::open(config.storage.clone(), io, scheduler).await?;
        let sql = SqlEngine::open(engine.clone()).await?;
        let database = Database {
            engine,
            sql,
            sessions_made: Cell::new(0),
            config,
        };
        Ok((Rc::new(database), report))
    }

    /// A new session, in no transaction.
    pub fn connect(self: &Rc<Self>) -> Session {
        let number = self.sessions_made.get() + 1;
        self.sessions_made.set(number);
        let entropy = u128::from_le_bytes(self.config.entropy) as u64;
        Session::new(self.clone(), entropy.wrapping_add(number))
    }

    /// Writes a last checkpoint and lets go of the device. Sessions must be gone.
    pub async fn close(&self) -> Result<(), SqlError> {
        Ok(self.storage().close().await?)
    }

    pub fn engine(&self) -> &Rc<Engine> {
        &self.engine
    }

    pub fn storage(&self) -> &Rc<Storage> {
        &self.engine.storage
    }

    pub fn config(&self) -> &Config {
        &self.config
    }
}
