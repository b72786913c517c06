//! This crate's own log records: ids taken, files removed, checkpoints; and the counters of ids.
//!
//! Transaction ids need no record: replay sees them in the records that carry them. File and object
//! ids are logged ahead in steps; after a crash the rest of a step is skipped. A checkpoint that runs
//! beside others saves the logged bound, not the next id, since ids up to the bound may be given out
//! after it without a record.

use crate::error::{Result, StorageError};
use crate::io::Op;
use crate::storage::Storage;
use crate::wal::{Reader, Record, RedoContext, Rmgr, RmgrRow};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use vitrine_view::{FileId, Lsn, Xid};

pub(crate) const OP_CHECKPOINT: u8 = 1;
const OP_NEXT_FILE: u8 = 2;
const OP_NEXT_OID: u8 = 3;
const OP_TRUNCATE: u8 = 4;
const OP_REMOVE: u8 = 5;

const FILE_STEP: u32 = 16;
const OID_STEP: u32 = 1024;
/// Object ids below belong to built-in objects (E19).
pub(crate) const FIRST_OID: u32 = 16_384;

pub static STORAGE_RMGR: RmgrRow = RmgrRow {
    id: Rmgr::STORAGE,
    name: "Storage",
    op_name,
    describe,
    replay: Some(replay),
};

fn op_name(op: u8) -> &'static str {
    match op {
        OP_CHECKPOINT => "CHECKPOINT",
        OP_NEXT_FILE => "NEXT_FILE",
        OP_NEXT_OID => "NEXT_OID",
        OP_TRUNCATE => "TRUNCATE_FILE",
        OP_REMOVE => "REMOVE_FILE",
        _ => "?",
    }
}

fn describe(op: u8, data: &[u8]) -> String {
    let mut r = Reader(data);
    match op {
        OP_CHECKPOINT => match CheckpointData::decode(data) {
            Some(c) => format!(
                "redo {}; next xid {}, next file {}, next oid {}",
                c.redo, c.next_xid, c.next_file, c.next_oid
            ),
            None => String::from("unreadable"),
        },
        OP_NEXT_FILE | OP_NEXT_OID => format!("ids below {} are taken", r.u32().unwrap_or(0)),
        OP_TRUNCATE => {
            let (file, blocks) = (r.u32().unwrap_or(0), r.u32().unwrap_or(0));
            format!("file {file} to {blocks} blocks")
        }
        OP_REMOVE => format!("file {}", r.u32().unwrap_or(0)),
        _ => String::new(),
    }
}

fn replay(cx: &mut RedoContext, record: &Record<'_>) -> Result<()> {
    let broken = StorageError::CorruptLog {
        lsn: record.start,
        why: "storage record too short",
    };
    let mut r = Reader(record.data);
    match record.op {
        OP_CHECKPOINT => {
            let data = CheckpointData::decode(record.data).ok_or(broken)?;
            cx.next_xid = cx.next_xid.max(data.next_xid);
            cx.next_file = cx.next_file.max(data.next_file);
            cx.next_oid = cx.next_oid.max(data.next_oid);
        }
        OP_NEXT_FILE => cx.next_file = cx.next_file.max(r.u32().ok_or(broken)?),
        OP_NEXT_OID => cx.next_oid = cx.next_oid.max(r.u32().ok_or(broken)?),
        OP_TRUNCATE => {
            let (file, blocks) = (r.u32(), r.u32());
            let (Some(file), Some(blocks)) = (file, blocks) else {
                return Err(broken);
            };
            cx.truncate_file(FileId(file), blocks);
        }
        OP_REMOVE => cx.remove_file(FileId(r.u32().ok_or(broken)?)),
        _ => {}
    }
    Ok(())
}

/// The data of a checkpoint record.
#[derive(Clone, Copy)]
pub(crate) struct CheckpointData {
    pub redo: Lsn,
    pub next_xid: u64,
    pub next_file: u32,
    pub next_oid: u32,
}

impl CheckpointData {
    pub fn encode(&self) -> Vec<u8> {
        let mut b = Vec::with_capacity(24);
        b.extend_from_slice(&self.redo.0.to_le_bytes());
        b.extend_from_slice(&self.next_xid.to_le_bytes());
        b.extend_from_slice(&self.next_file.to_le_bytes());
        b.extend_from_slice(&self.next_oid.to_le_bytes());
        b
    }

    pub fn decode(data: &[u8]) -> Option<CheckpointData> {
        let mut r = Reader(data);
        Some(CheckpointData {
            redo: Lsn(r.u64()?),
            next_xid: r.u64()?,
            next_file: r.u32()?,
            next_oid: r.u32()?,
        })
    }
}

impl Storage {
    /// A transaction id nobody has had.
    pub fn take_xid(&self) -> Xid {
        let xid = self.counters.next_xid.get();
        self.counters.next_xid.set(xid + 1);
        Xid(xid)
    }

    pub fn next_xid(&self) -> Xid {
        Xid(self.counters.next_xid.get())
    }

    /// A file number nobody has had.
    pub fn take_file(&self) -> Result<FileId> {
        let next = self.counters.next_file.get();
        if next >= self.counters.logged_file.get() {
            let bound = next.saturating_add(FILE_STEP);
            self.log(
                Rmgr::STORAGE,
                OP_NEXT_FILE,
                Xid::INVALID,
                &bound.to_le_bytes(),
            )?;
            self.counters.logged_file.set(bound);
        }
        self.counters.next_file.set(next + 1);
        Ok(FileId(next))
    }

    /// An object id nobody has had.
    pub fn take_oid(&self) -> Result<u32> {
        let next = self.counters.next_oid.get();
        if next >= self.counters.logged_oid.get() {
            let bound = next.saturating_add(OID_STEP);
            self.log(
                Rmgr::STORAGE,
                OP_NEXT_OID,
                Xid::INVALID,
                &bound.to_le_bytes(),
            )?;
            self.counters.logged_oid.set(bound);
        }
        self.counters.next_oid.set(next + 1);
        Ok(next)
    }

    /// Cuts a file down, logged first. Nobody may be using the pages that go.
    pub async fn truncate_file(&self, file: FileId, blocks: u32) -> Result<()> {
        let mut data = file.0.to_le_bytes().to_vec();
        data.extend_from_slice(&blocks.to_le_bytes());
        let lsn = self.log(Rmgr::STORAGE, OP_TRUNCATE, Xid::INVALID, &data)?;
        self.wal.flush(lsn, true).await?;
        self.cut(file, Some(blocks)).await
    }

    /// Removes a file whose owner's end is committed, logged first.
    pub async fn remove_file(&self, file: FileId) -> Result<()> {
        let lsn = self.log(
            Rmgr::STORAGE,
            OP_REMOVE,
            Xid::INVALID,
            &file.0.to_le_bytes(),
        )?;
        self.wal.flush(lsn, true).await?;
        self.cut(file, None).await
    }

    /// Does it: pool first, then device.
    pub(crate) async fn cut(&self, file: FileId, blocks: Option<u32>) -> Result<()> {
        self.pool.forget(file, blocks.unwrap_or(0)).await;
        match blocks {
            Some(blocks) => self.io.done(Op::TruncateFile { file, blocks }).await,
            None => {
                self.pool.set_length(file, 0);
                self.io.done(Op::RemoveFile(file)).await
            }
        }
    }
}
