//! Checkpoints: on request, by time, by volume of log, at shutdown and after recovery.

use super::control::Control;
use super::ids::{CheckpointData, OP_CHECKPOINT};
use crate::error::Result;
use crate::io::Op;
use crate::storage::Storage;
use crate::wal::{RECORD_HEADER, Rmgr};
use alloc::rc::Rc;
use core::cell::Cell;
use vitrine_view::{CheckpointKind, ControlView, Event, Lsn, Xid};

/// Checkpoints one at a time; whoever comes meanwhile waits.
struct Turn<'a>(&'a Storage, &'a Cell<bool>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.1.set(false);
        self.0.checkpoint_done.wake_all();
    }
}

impl Storage {
    /// Makes everything logged so far unnecessary for recovery.
    pub async fn checkpoint(&self, kind: CheckpointKind) -> Result<()> {
        while self.checkpointing.get() {
            self.checkpoint_done.wait().await;
        }
        self.checkpointing.set(true);
        let _turn = Turn(self, &self.checkpointing);
        self.check()?;
        let redo = self.wal.insert_lsn();
        self.wal.set_redo(redo);
        self.trace()
            .emit(|| Event::CheckpointStarted { redo, kind });
        let data = self.checkpoint_data(redo, kind);
        let pages = self.pool.write_dirty_before(redo).await?;
        self.io.done(Op::Sync).await?;
        let end = self.log(Rmgr::STORAGE, OP_CHECKPOINT, Xid::INVALID, &data.encode())?;
        let record = Lsn(end.0 - (RECORD_HEADER + data.encode().len()) as u64);
        self.wal.flush(end, true).await?;
        let control = self.next_control(&data, record, end, kind);
        let slot = (control.sequence % 2) as u8;
        self.io
            .done(Op::WriteControl {
                slot,
                bytes: control.encode(),
            })
            .await?;
        *self.control.borrow_mut() = control;
        self.io.submit_and_forget(Op::RemoveLogBefore(redo));
        self.trace().emit(|| Event::CheckpointDone {
            redo,
            record,
            pages,
        });
        Ok(())
    }

    /// The counters as of the redo position: what comes later is seen by replay.
    fn checkpoint_data(&self, redo: Lsn, kind: CheckpointKind) -> CheckpointData {
        let c = &self.counters;
        if kind == CheckpointKind::Shutdown {
            // Nothing runs beside it: the rest of the last steps is given back.
            c.logged_file.set(c.next_file.get());
            c.logged_oid.set(c.next_oid.get());
        }
        CheckpointData {
            redo,
            next_xid: c.next_xid.get(),
            next_file: c.logged_file.get().max(c.next_file.get()),
            next_oid: c.logged_oid.get().max(c.next_oid.get()),
        }
    }

    fn next_control(
        &self,
        data: &CheckpointData,
        record: Lsn,
        end: Lsn,
        kind: CheckpointKind,
    ) -> Control {
        let old = self.control.borrow();
        Control {
            sequence: old.sequence + 1,
            checkpoint: record,
            checkpoint_end: end,
            redo: data.redo,
            next_xid: data.next_xid,
            next_file: data.next_file,
            next_oid: data.next_oid,
            kind: Some(kind),
            ..old.clone()
        }
    }

    pub fn control_view(&self) -> ControlView {
        self.control.borrow().view()
    }

    /// Checkpoints and lets go of the device. Nothing may be running.
    pub async fn close(&self) -> Result<()> {
        self.checkpoint(CheckpointKind::Shutdown).await?;
        self.io.done(Op::Close).await?;
        self.wal.stop(crate::error::StorageError::Stopped(
            "the database is closed",
        ));
        Ok(())
    }

    /// The task that checkpoints by time and by volume. While nothing is logged it sleeps without a
    /// timer, so that an idle engine is idle.
    pub(crate) fn spawn_checkpointer(self: &Rc<Self>) {
        let storage = self.clone();
        self.scheduler.spawn_named("checkpointer", async move {
            while storage.check().is_ok() {
                let done = storage.control.borrow().checkpoint_end;
                if storage.wal.insert_lsn() <= done {
                    storage.wal.wait_insert().await;
                    continue;
                }
                let deadline = storage.scheduler.now_us() + storage.config.checkpoint_timeout_us;
                let kind = storage.until_due(done, deadline).await;
                if storage.check().is_ok() && storage.checkpoint(kind).await.is_err() {
                    // A full device: what is dirty stays dirty, the log is kept, and we try later.
                    storage.scheduler.sleep(1_000_000).await;
                }
            }
        });
    }

    async fn until_due(&self, done: Lsn, deadline: u64) -> CheckpointKind {
        loop {
            let now = self.scheduler.now_us();
            if self.wal.insert_lsn().0.saturating_sub(done.0) > self.config.max_wal_bytes {
                return CheckpointKind::Volume;
            }
            if now >= deadline || self.check().is_err() {
                return CheckpointKind::Timed;
            }
            self.scheduler
                .sleep_until(deadline.min(now + 100_000))
                .await;
        }
    }
}
