//! Redo: the log's changes put back on the pages, and the story of it.

use super::control::Control;
use crate::buffer::Pin;
use crate::error::{Result, StorageError};
use crate::storage::Storage;
use crate::wal::{Block, LogReader, Record, RedoContext, describe, row_of};
use alloc::format;
use alloc::vec::Vec;
use vitrine_view::{Lsn, RecoveryReport, RecoveryStep};

/// Steps the report keeps; the rest is counted.
const STORY_LINES: usize = 500;

pub(super) struct Redone {
    pub end: Lsn,
    pub last: Lsn,
}

pub(super) fn tell(report: &mut RecoveryReport, lsn: Lsn, what: alloc::string::String) {
    if report.steps.len() < STORY_LINES {
        report.steps.push(RecoveryStep { lsn, what });
    } else {
        report.steps_left_out += 1;
    }
}

impl Storage {
    /// Replays the log from the control block's redo position to its end.
    pub(super) async fn redo(
        &self,
        control: &Control,
        cx: &mut RedoContext,
        report: &mut RecoveryReport,
    ) -> Result<Redone> {
        let mut reader = LogReader::new(&self.io, control.system_id, control.redo);
        let mut last = Lsn::ZERO;
        while let Some(record) = reader.next().await? {
            // The pages below may be written out while we go on: their log is there to see.
            self.wal.begin_at(record.end, record.start);
            self.replay(&record, cx, report).await?;
            report.records += 1;
            last = record.start;
            if self.scheduler.spend(1) {
                self.scheduler.yield_now().await;
            }
        }
        let end = reader.position();
        report.stopped_because = reader.ended().into();
        report.bytes_after_end = reader.bytes_left().await?;
        report.to = end;
        if end < control.checkpoint_end {
            let why = "the log ends before the checkpoint named by the control block";
            return Err(StorageError::CorruptLog { lsn: end, why });
        }
        report.clean = report.records == 1 && last == control.checkpoint;
        Ok(Redone { end, last })
    }

    async fn replay(
        &self,
        record: &Record<'_>,
        cx: &mut RedoContext,
        report: &mut RecoveryReport,
    ) -> Result<()> {
        let mut outcome = Outcome::default();
        for block in record.blocks() {
            self.replay_block(record, &block, &mut outcome, report)
                .await?;
        }
        report.images_restored += outcome.images;
        report.edits_applied += outcome.edits;
        report.already_there += outcome.skipped;
        if record.xid.is_valid() {
            cx.saw_xid(record.xid);
        }
        let row = row_of(self.rmgrs, record.rmgr);
        if let Some(replay) = row.and_then(|r| r.replay) {
            replay(cx, record)?;
        }
        for (file, blocks) in core::mem::take(&mut cx.truncations) {
            self.cut(file, blocks).await?;
            let from = blocks.unwrap_or(0);
            report
                .unreadable_pages
                .retain(|t| t.file != file || t.block.0 < from);
        }
        self.narrate(record, &outcome, cx, report);
        Ok(())
    }

    fn narrate(
        &self,
        record: &Record<'_>,
        outcome: &Outcome,
        cx: &mut RedoContext,
        report: &mut RecoveryReport,
    ) {
        let lines = core::mem::take(&mut cx.story);
        if report.steps.len() >= STORY_LINES {
            report.steps_left_out += 1 + lines.len() as u64;
            return;
        }
        let view = describe(record, self.rmgrs);
        let Outcome {
            images,
            edits,
            skipped,
        } = *outcome;
        let what = format!(
            "{} {}{}{}: {images} images restored, {edits} edits applied, {skipped} pages already had it",
            view.rmgr,
            view.op,
            if view.description.is_empty() { "" } else { " " },
            view.description
        );
        tell(report, record.start, what);
        for line in lines {
            tell(report, record.start, line);
        }
    }

    async fn replay_block(
        &self,
        record: &Record<'_>,
        block: &Block<'_>,
        outcome: &mut Outcome,
        report: &mut RecoveryReport,
    ) -> Result<()> {
        let tag = block.tag;
        if block.init || block.is_image() {
            let pin = self.pool.fetch_blank(tag).await?;
            report.unreadable_pages.retain(|t| *t != tag);
            if let Some(image) = block.image() {
                self.pool.replace(pin.frame(), image)?;
                outcome.images += 1;
            } else {
                self.apply_all(&pin, record, block)?;
                outcome.edits += 1;
            }
            self.pool.stamp(pin.frame(), record.start, record.end);
            return Ok(());
        }
        let pin = match self.pool.fetch(tag).await {
            Ok(pin) => pin,
            Err(StorageError::Corrupt { tag, .. }) => {
                if !report.unreadable_pages.contains(&tag) {
                    report.unreadable_pages.push(tag);
                }
                return Ok(());
            }
            Err(e) => return Err(e),
        };
        if self.pool.with_page(pin.frame(), |p| p.lsn())? >= record.end {
            outcome.skipped += 1;
            self.pool.grow_to(tag);
            return Ok(());
        }
        if self.pool.with_page(pin.frame(), |p| p.is_new())? {
            // Edits of a page whose beginning is not in the log: its file was removed later on.
            if !report.unreadable_pages.contains(&tag) {
                report.unreadable_pages.push(tag);
            }
            return Ok(());
        }
        self.apply_all(&pin, record, block)?;
        outcome.edits += 1;
        self.pool.stamp(pin.frame(), record.start, record.end);
        Ok(())
    }

    fn apply_all(&self, pin: &Pin, record: &Record<'_>, block: &Block<'_>) -> Result<()> {
        let edits: Vec<_> = block.edits().collect();
        for edit in &edits {
            self.pool
                .apply(pin.frame(), edit)?
                .map_err(|e| StorageError::CorruptLog {
                    lsn: record.start,
                    why: e.0,
                })?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Outcome {
    images: u64,
    edits: u64,
    skipped: u64,
}
