//! `Engine`: storage, transactions and locks in one hand; what SQL and the inspectors are given.
//!
//! Files: a relation has a *relfilenode*, a number apart from its OID (E19), and up to eight forks, each
//! a file of pages: `FileId = relfilenode << 3 | fork`. Numbers below 1000 are fixed: the
//! catalogue's. Making a file is tied to its transaction: if that aborts, the file goes; a dropped one
//! goes after the commit. What a crash leaves between is found at the next open, when SQL says
//! which relfilenodes its catalogue knows (`remove_orphans`).

use crate::lock::{LockTable, SessionControl};
use crate::stop::{Act, run, sql_error};
use crate::txn::{FileAction, Isolation, Snapshot, Txn, TxnManager};
use crate::{btree, heap, txn};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{Cell, RefCell};
use vitrine_data::{Result, SqlError};
use vitrine_storage::io::{Io, Op, OpResult};
use vitrine_storage::task::Scheduler;
use vitrine_storage::wal::{Rmgr, RmgrRow};
use vitrine_storage::{Config, Storage};
use vitrine_view::{CheckpointKind, FileId, RecoveryReport, SessionId};

/// Relfilenodes below belong to the catalogue and are the same in every database.
pub const FIRST_USER_RELFILENODE: u32 = 1000;

/// The forks of a relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fork {
    Main = 0,
    FreeSpace = 1,
    Visibility = 2,
    Toast = 3,
    ToastFreeSpace = 4,
}

pub const fn file_of(relfilenode: u32, fork: Fork) -> FileId {
    FileId(relfilenode << 3 | fork as u32)
}

pub const fn relfilenode_of(file: FileId) -> u32 {
    file.0 >> 3
}

/// Who may write log records, for recovery and for inspectors.
pub static RMGRS: &[RmgrRow] = &[
    RmgrRow {
        id: Rmgr::XACT,
        name: "Transaction",
        op_name: txn::op_name,
        describe: txn::describe,
        replay: Some(txn::replay),
    },
    RmgrRow {
        id: Rmgr::HEAP,
        name: "Heap",
        op_name: heap::op_name,
        describe: heap::describe,
        replay: None,
    },
    RmgrRow {
        id: Rmgr::BTREE,
        name: "Btree",
        op_name: btree_op_name,
        describe: no_words,
        replay: None,
    },
];

fn btree_op_name(op: u8) -> &'static str {
    btree::OP_NAMES
        .get(usize::from(op))
        .copied()
        .unwrap_or("UNKNOWN")
}

fn no_words(_op: u8, _data: &[u8]) -> String {
    String::new()
}

pub struct Engine {
    pub storage: Rc<Storage>,
    pub txns: TxnManager,
    pub locks: Rc<LockTable>,
    sessions: RefCell<BTreeMap<SessionId, Rc<SessionControl>>>,
    next_session: Cell<u32>,
}

/// What a step of a table access method works with.
#[derive(Clone, Copy)]
pub struct EngineCx<'a> {
    pub engine: &'a Engine,
    pub txn: &'a Txn,
}

impl<'a> EngineCx<'a> {
    pub fn storage(&self) -> &'a Storage {
        &self.engine.storage
    }

    pub fn txns(&self) -> &'a TxnManager {
        &self.engine.txns
    }

    pub fn locks(&self) -> &'a LockTable {
        &self.engine.locks
    }
}

impl Engine {
    /// Opens the database on the device: recovery first, if it was not closed.
    pub async fn open(
        config: Config,
        io: Io,
        scheduler: Scheduler,
    ) -> Result<(Rc<Engine>, RecoveryReport)> {
        let opened = Storage::open(config, io, scheduler.clone(), RMGRS).await;
        let (storage, report) = opened.map_err(sql_error)?;
        let locks = Rc::new(LockTable::new(&scheduler));
        let txns = TxnManager::new(&storage, &locks);
        let engine = Engine {
            storage,
            txns,
            locks,
            sessions: RefCell::default(),
            // 0 is whoever reads the catalogue at open; clients count from 1.
            next_session: Cell::new(0),
        };
        Ok((Rc::new(engine), report))
    }

    pub fn cx<'a>(&'a self, txn: &'a Txn) -> EngineCx<'a> {
        EngineCx { engine: self, txn }
    }

    /// A new session, known to `cancel` by its number until `end_session`.
    pub fn start_session(&self) -> Rc<SessionControl> {
        let id = SessionId(self.next_session.get());
        self.next_session.set(id.0 + 1);
        let session = Rc::new(SessionControl::new(id, self.storage.scheduler()));
        self.sessions.borrow_mut().insert(id, session.clone());
        session
    }

    pub fn session(&self, id: SessionId) -> Option<Rc<SessionControl>> {
        self.sessions.borrow().get(&id).cloned()
    }

    pub fn end_session(&self, session: &SessionControl) {
        self.locks.forget_session(session.id);
        self.sessions.borrow_mut().remove(&session.id);
    }

    pub fn begin(&self, session: &Rc<SessionControl>, isolation: Isolation) -> Rc<Txn> {
        self.txns.begin(session, isolation)
    }

    pub fn snapshot(&self, txn: &Txn) -> Rc<Snapshot> {
        self.txns.snapshot(txn)
    }

    /// Runs a synchronous step until it has all its pages.
    pub async fn act<T>(&self, step: impl FnMut() -> Act<T>) -> Result<T> {
        run(&self.storage, step).await
    }

    /// A relfilenode nobody has had, its files to be removed if the transaction aborts.
    pub fn create_relfilenode(&self, txn: &Txn) -> Result<u32> {
        self.txns.assign_xid(txn);
        let number = self.storage.take_file().map_err(sql_error)?.0;
        self.note_forks(txn, number, FileAction::Created);
        Ok(number)
    }

    /// The relation's files go when the transaction commits.
    pub fn drop_relfilenode(&self, txn: &Txn, relfilenode: u32) {
        self.txns.assign_xid(txn);
        self.note_forks(txn, relfilenode, FileAction::Dropped);
    }

    fn note_forks(&self, txn: &Txn, relfilenode: u32, action: fn(FileId) -> FileAction) {
        use Fork::*;
        for fork in [Main, FreeSpace, Visibility, Toast, ToastFreeSpace] {
            txn.note_file(action(file_of(relfilenode, fork)));
        }
    }

    /// Removes files of relations that no catalogue knows: left by a crash between making a file and
    /// committing, or between committing a drop and removing. Returns how many files went.
    pub async fn remove_orphans(&self, known: &BTreeSet<u32>) -> Result<u32> {
        let listed = self
            .storage
            .io()
            .submit(Op::ListFiles)
            .await
            .map_err(sql_error)?;
        let OpResult::Files(files) = listed else {
            return Err(SqlError::bug("the device does not answer as asked"));
        };
        let mut removed = 0;
        for (file, _) in files {
            let number = relfilenode_of(file);
            if number >= FIRST_USER_RELFILENODE && !known.contains(&number) {
                self.storage.remove_file(file).await.map_err(sql_error)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    pub async fn checkpoint(&self) -> Result<()> {
        self.storage
            .checkpoint(CheckpointKind::Requested)
            .await
            .map_err(sql_error)
    }
}
