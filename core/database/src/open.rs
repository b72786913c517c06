//! Opening and closing.

use crate::session::Session;
use alloc::rc::Rc;
use core::cell::Cell;
use vitrine_data::error::SqlError;
use vitrine_storage::io::Io;
use vitrine_storage::task::Scheduler;
use vitrine_storage::{Config as StorageConfig, RmgrRow, Storage};
use vitrine_view::{RecoveryReport, SessionId};

/// Who writes log records, in the order of their numbers.
static RMGRS: [RmgrRow; 0] = [];

#[derive(Clone)]
pub struct Config {
    pub storage: StorageConfig,
    /// `synchronous_commit = off` unless a session says otherwise.
    pub relaxed: bool,
    /// Random bytes from the host: `random()` and `gen_random_uuid()` grow from them.
    pub entropy: [u8; 16],
}

pub struct Database {
    pub(crate) storage: Rc<Storage>,
    next_session: Cell<u32>,
    #[allow(dead_code)]
    config: Config,
}

impl Database {
    /// Opens the database behind `io`, or makes one where there is none.
    pub async fn open(
        config: Config,
        io: Io,
        scheduler: Scheduler,
    ) -> Result<(Rc<Database>, RecoveryReport), SqlError> {
        let storage = Storage::open(config.storage.clone(), io, scheduler, &RMGRS);
        let (storage, report) = storage.await?;
        let database = Database {
            storage,
            next_session: Cell::new(1),
            config,
        };
        Ok((Rc::new(database), report))
    }

    /// A new session, in no transaction.
    pub fn connect(self: &Rc<Self>) -> Session {
        let id = SessionId(self.next_session.get());
        self.next_session.set(id.0 + 1);
        Session::new(self.clone(), id)
    }

    /// Writes a last checkpoint and lets go of the device. Sessions must be gone.
    pub async fn close(&self) -> Result<(), SqlError> {
        Ok(self.storage.close().await?)
    }

    pub fn storage(&self) -> &Rc<Storage> {
        &self.storage
    }
}
