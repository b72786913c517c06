//! Opening: make a database, or bring one back.

use super::control::Control;
use super::ids::FIRST_OID;
use super::redo::{Redone, tell};
use crate::error::{Result, StorageError};
use crate::io::{Io, Op, OpResult, wrong_answer};
use crate::storage::{Config, Storage};
use crate::task::Scheduler;
use crate::wal::{FIRST_LSN, RedoContext, RmgrRow};
use alloc::rc::Rc;
use vitrine_view::{CheckpointKind, Event, FileId, RecoveryReport, Xid};

impl Storage {
    /// Opens the database on the device behind `io`, creating it if the device is empty.
    pub async fn open(
        config: Config,
        io: Io,
        scheduler: Scheduler,
        rmgrs: &'static [RmgrRow],
    ) -> Result<(Rc<Storage>, RecoveryReport)> {
        let storage = Rc::new(Storage::assemble(config, io, scheduler, rmgrs));
        let report = storage.recover().await?;
        *storage.report.borrow_mut() = report.clone();
        storage.pool.spawn_writer();
        storage.spawn_checkpointer();
        Ok((storage, report))
    }

    async fn recover(self: &Rc<Self>) -> Result<RecoveryReport> {
        let began = self.scheduler.now_us();
        let OpResult::Opened { epoch } = self.io.submit(Op::OpenDevice).await? else {
            return Err(wrong_answer());
        };
        let OpResult::Control(slots) = self.io.submit(Op::ReadControl).await? else {
            return Err(wrong_answer());
        };
        let mut report = RecoveryReport::default();
        let mut cx = RedoContext::default();
        match Control::choose(&slots)? {
            None => self.begin_new(epoch, &mut cx, &mut report).await?,
            Some(control) => {
                let control = Control { epoch, ..control };
                self.bring_back(control, &mut cx, &mut report).await?;
            }
        }
        self.set_counters(&cx);
        self.wal.spawn_tasks();
        match self.checkpoint(CheckpointKind::EndOfRecovery).await {
            // Everything is in the pool and in the log: a full device can still be read (E21).
            Err(StorageError::Full) if !report.created => {
                let what = "no checkpoint after recovery: the device is full";
                tell(&mut report, self.wal.insert_lsn(), what.into());
            }
            other => other?,
        }
        report.committed = cx.committed.clone();
        report.aborted = cx.aborted.clone();
        report.took_us = self.scheduler.now_us().saturating_sub(began);
        *self.redone.borrow_mut() = cx;
        Ok(report)
    }

    async fn begin_new(
        &self,
        epoch: u64,
        cx: &mut RedoContext,
        report: &mut RecoveryReport,
    ) -> Result<()> {
        // A creation that was cut short leaves a little log but neither control block nor pages. If
        // there are pages, the control block was lost, and they are not ours to throw away.
        let OpResult::Files(files) = self.io.submit(Op::ListFiles).await? else {
            return Err(wrong_answer());
        };
        if !files.is_empty() {
            return Err(StorageError::CorruptControl {
                why: "pages without a control block",
            });
        }
        self.io
            .done(Op::RemoveLogFrom(vitrine_view::Lsn::ZERO))
            .await?;
        let system_id = self.config.system_id;
        let control = Control {
            system_id,
            timeline: 1,
            epoch,
            ..Control::default()
        };
        self.wal.begin_at(FIRST_LSN, vitrine_view::Lsn::ZERO);
        self.wal.set_redo(FIRST_LSN);
        self.wal.identify(system_id, 1, epoch);
        *self.control.borrow_mut() = control;
        cx.next_xid = Xid::FIRST.0;
        cx.next_file = FileId::FIRST_FREE.0;
        cx.next_oid = FIRST_OID;
        report.created = true;
        report.from = FIRST_LSN;
        report.to = FIRST_LSN;
        report.stopped_because = "the database is new".into();
        Ok(())
    }

    async fn bring_back(
        self: &Rc<Self>,
        control: Control,
        cx: &mut RedoContext,
        report: &mut RecoveryReport,
    ) -> Result<()> {
        report.from = control.redo;
        report.checkpoint = control.checkpoint;
        cx.next_xid = control.next_xid.max(Xid::FIRST.0);
        cx.next_file = control.next_file.max(FileId::FIRST_FREE.0);
        cx.next_oid = control.next_oid.max(FIRST_OID);
        self.wal.set_redo(control.redo);
        self.wal
            .identify(control.system_id, control.timeline, control.epoch);
        *self.control.borrow_mut() = control.clone();
        let Redone { end, last } = self.redo(&control, cx, report).await?;
        self.io.done(Op::RemoveLogFrom(end)).await?;
        self.wal.begin_at(end, last);
        let records = report.records;
        self.trace().emit(|| Event::RecoveryDone {
            from: control.redo,
            to: end,
            records,
        });
        if let Some(tag) = report.unreadable_pages.first() {
            self.trace().emit(|| Event::PageCorrupt { tag: *tag });
        }
        Ok(())
    }

    fn set_counters(&self, cx: &RedoContext) {
        let c = &self.counters;
        c.next_xid.set(cx.next_xid);
        c.next_file.set(cx.next_file);
        c.next_oid.set(cx.next_oid);
        c.logged_file.set(cx.next_file);
        c.logged_oid.set(cx.next_oid);
    }

    /// What a wrong version or a damaged control block leaves to the caller: an error that says so.
    pub fn is_refusal(e: &StorageError) -> bool {
        matches!(
            e,
            StorageError::UnknownFormat(_) | StorageError::CorruptControl { .. }
        )
    }
}
