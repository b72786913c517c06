//! How an id is settled: commit, abort, and the life of savepoints.
//!
//! ```text
//!  data of a commit or abort record:  time u64 | count u32 | xid u64 … | files u32 | file u32 …
//! ```
//! The first id is the transaction's own; the files are those to be removed. The commit log's bits
//! travel in the same record as page edits.

use super::TxnManager;
use super::clog::XidStatus;
use super::transaction::{Durability, FileAction, Level, SavepointId, Txn};
use crate::stop::{Act, run, sql_error};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_data::{Result, SqlError, SqlState};
use vitrine_storage::wal::{Record, RedoContext, Rmgr};
use vitrine_view::{Event, FileId, Lsn, Xid};

pub mod op {
    pub const COMMIT: u8 = 0;
    pub const ABORT: u8 = 1;
}

pub fn op_name(op: u8) -> &'static str {
    match op {
        op::COMMIT => "COMMIT",
        op::ABORT => "ABORT",
        _ => "UNKNOWN",
    }
}

/// The ids in a record's data, the transaction's own first.
pub fn record_xids(data: &[u8]) -> Vec<Xid> {
    let Some(rest) = data.get(12..) else {
        return Vec::new();
    };
    let count = match data.get(8..12) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]) as usize,
        _ => 0,
    };
    let words = rest.chunks_exact(8).take(count);
    words
        .filter_map(|w| Some(Xid(u64::from_le_bytes(w.try_into().ok()?))))
        .collect()
}

pub fn describe(_op: u8, data: &[u8]) -> String {
    let xids = record_xids(data);
    match xids.split_first() {
        Some((top, [])) => format!("xid {top}"),
        Some((top, subs)) => format!("xid {top} with {} subtransactions", subs.len()),
        None => String::new(),
    }
}

/// Tells recovery what became of the transactions.
pub fn replay(cx: &mut RedoContext, record: &Record<'_>) -> vitrine_storage::Result<()> {
    let xids = record_xids(record.data);
    for xid in &xids {
        cx.saw_xid(*xid);
    }
    match record.op {
        op::COMMIT => cx.committed.extend(xids),
        _ => cx.aborted.extend(xids),
    }
    Ok(())
}

fn record_data(now_us: u64, xids: &[Xid], files: &[FileId]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + 8 * xids.len() + 4 * files.len());
    out.extend_from_slice(&now_us.to_le_bytes());
    out.extend_from_slice(&(xids.len() as u32).to_le_bytes());
    for xid in xids {
        out.extend_from_slice(&xid.0.to_le_bytes());
    }
    out.extend_from_slice(&(files.len() as u32).to_le_bytes());
    for file in files {
        out.extend_from_slice(&file.0.to_le_bytes());
    }
    out
}

impl TxnManager {
    /// Logs the end of these ids and sets their bits, in one action.
    fn settle(&self, xids: &[Xid], files: &[FileId], status: XidStatus) -> Act<Lsn> {
        let (op, xid) = match (status, xids.first()) {
            (XidStatus::Committed, Some(xid)) => (op::COMMIT, *xid),
            (_, Some(xid)) => (op::ABORT, *xid),
            (_, None) => return Ok(Lsn::ZERO),
        };
        let mut mini = self.storage.mini(Rmgr::XACT, op, xid);
        self.write_clog(&mut mini, xids, status)?;
        mini.data(&record_data(self.storage.scheduler().now_us(), xids, files));
        Ok(mini.finish())
    }

    /// Ids are no longer running; those who waited for them go on.
    fn retire(&self, txn: &Txn, xids: &[Xid], status: XidStatus) {
        for xid in xids {
            self.remember(*xid, status);
            self.running.borrow_mut().remove(xid);
        }
        self.changed();
        for xid in xids {
            self.locks.leave_transaction(txn.session.id, *xid);
        }
    }

    /// The first half of a commit: the record is in the log buffer. `None` if nothing was written.
    /// Sync, for the direct path; `finish_commit` must follow.
    pub fn log_commit(&self, txn: &Txn) -> Act<Option<Lsn>> {
        let xids = txn.own_xids();
        if xids.is_empty() || txn.xid().is_none() {
            return Ok(None);
        }
        let files = dropped_files(txn);
        self.settle(&xids, &files, XidStatus::Committed).map(Some)
    }

    /// Commits: logs, waits until the log is as durable as asked for, shows the changes to others and
    /// gives back locks. Files whose removal was part of the transaction are removed last.
    pub async fn commit(&self, txn: &Txn) -> Result<Lsn> {
        if txn.has_ended() {
            return Err(SqlError::bug("commit of a transaction that has ended"));
        }
        self.storage.check().map_err(sql_error)?;
        let logged = run(&self.storage, || self.log_commit(txn)).await?;
        self.finish_commit(txn, logged).await
    }

    /// The second half: waits for the flush.
    pub async fn finish_commit(&self, txn: &Txn, logged: Option<Lsn>) -> Result<Lsn> {
        let Some(lsn) = logged else {
            self.close(txn);
            return Ok(Lsn::ZERO);
        };
        let strict = txn.durability.get() == Durability::Strict;
        if self.storage.commit_flush(lsn, strict).await.is_err() {
            // The record may or may not have reached the device, and nobody can say (E21).
            return Err(SqlError::user(
                SqlState::TRANSACTION_RESOLUTION_UNKNOWN,
                "the log could not be flushed; whether the transaction committed is unknown",
            ));
        }
        self.show_commit(txn, lsn, strict);
        self.remove_files(&dropped_files(txn)).await;
        Ok(lsn)
    }

    /// The record is durable as asked for: others may see the changes.
    pub fn show_commit(&self, txn: &Txn, lsn: Lsn, strict: bool) {
        let xids = txn.own_xids();
        if !strict {
            let mut undurable = self.undurable.borrow_mut();
            undurable.extend(xids.iter().map(|xid| (*xid, lsn)));
        }
        self.retire(txn, &xids, XidStatus::Committed);
        if let Some(xid) = txn.xid() {
            let session = txn.session.id;
            self.storage
                .trace()
                .emit(|| Event::TxnCommitted { session, xid, lsn });
        }
        self.close(txn);
    }

    /// Ends without effect. Never fails for the caller: if the log cannot be written the ids simply
    /// stay unsettled, which means the same.
    pub async fn abort(&self, txn: &Txn) -> Result<()> {
        if txn.has_ended() {
            return Ok(());
        }
        let xids = txn.own_xids();
        let logged = match xids.is_empty() {
            true => Ok(Lsn::ZERO),
            false => {
                let files = created_files(txn, 0);
                run(&self.storage, || {
                    self.settle(&xids, &files, XidStatus::Aborted)
                })
                .await
            }
        };
        self.retire(txn, &xids, XidStatus::Aborted);
        if let Some(xid) = txn.xid() {
            let session = txn.session.id;
            self.storage
                .trace()
                .emit(|| Event::TxnAborted { session, xid });
        }
        self.close(txn);
        self.remove_files(&created_files(txn, 0)).await;
        logged.map(|_| ())
    }

    fn close(&self, txn: &Txn) {
        txn.ended.set(true);
        txn.snapshot.borrow_mut().take();
        self.locks.release_all(txn.session.id);
    }

    /// Opens a savepoint.
    pub fn savepoint(&self, txn: &Txn) -> SavepointId {
        let locks = self.locks.mark(txn.session.id);
        let files = txn.files.borrow().len();
        let mut levels = txn.levels.borrow_mut();
        levels.push(Level {
            xid: None,
            merged: Vec::new(),
            locks,
            files,
        });
        SavepointId(levels.len() - 1)
    }

    /// Closes a savepoint and those above it; what they did now shares the fate of the one below.
    pub fn release(&self, txn: &Txn, savepoint: SavepointId) {
        let mut levels = txn.levels.borrow_mut();
        while levels.len() > savepoint.0.max(1) {
            let Some(top) = levels.pop() else { break };
            if let Some(below) = levels.last_mut() {
                below.merged.extend(top.xid.into_iter().chain(top.merged));
            }
        }
    }

    /// Undoes what was done since the savepoint, which stays open.
    pub async fn rollback_to(&self, txn: &Txn, savepoint: SavepointId) -> Result<()> {
        let (xids, locks, files) = {
            let levels = txn.levels.borrow();
            let gone = levels.get(savepoint.0.max(1)..).unwrap_or(&[]);
            let Some(first) = gone.first() else {
                return Err(SqlError::bug("rollback to a savepoint that is not open"));
            };
            let ids = |l: &Level| l.xid.into_iter().chain(l.merged.iter().copied()).collect();
            let xids: Vec<Xid> = gone.iter().flat_map(|l| -> Vec<Xid> { ids(l) }).collect();
            (xids, first.locks, first.files)
        };
        let created = created_files(txn, files);
        if !xids.is_empty() {
            run(&self.storage, || {
                self.settle(&xids, &created, XidStatus::Aborted)
            })
            .await?;
        }
        {
            let mut levels = txn.levels.borrow_mut();
            levels.truncate(savepoint.0.max(1) + 1);
            if let Some(level) = levels.last_mut() {
                level.xid = None;
                level.merged.clear();
            }
        }
        txn.files.borrow_mut().truncate(files);
        self.retire(txn, &xids, XidStatus::Aborted);
        self.locks.release_since(txn.session.id, locks);
        self.remove_files(&created).await;
        Ok(())
    }

    /// Removes files from the device. What fails here is found as an orphan at the next open.
    async fn remove_files(&self, files: &[FileId]) {
        for file in files {
            // Most forks of most relations were never written: nothing to log, nothing to remove.
            if self.storage.length(*file).await != Ok(0) {
                let _ = self.storage.remove_file(*file).await;
            }
        }
    }
}

fn dropped_files(txn: &Txn) -> Vec<FileId> {
    let files = txn.files.borrow();
    let dropped = |f: &FileAction| match f {
        FileAction::Dropped(file) => Some(*file),
        FileAction::Created(_) => None,
    };
    files.iter().filter_map(dropped).collect()
}

fn created_files(txn: &Txn, since: usize) -> Vec<FileId> {
    let files = txn.files.borrow();
    let created = |f: &FileAction| match f {
        FileAction::Created(file) => Some(*file),
        FileAction::Dropped(_) => None,
    };
    files.iter().skip(since).filter_map(created).collect()
}
