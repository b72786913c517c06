//! VACUUM: takes away what nobody can see, in three passes.
//!
//! ```text
//!  1 rows     each page: prune; note its dead line pointers; freeze what is old
//!  2 indexes  each page of each index: remove entries that lead to dead line pointers
//!  3 rows     each such page: dead line pointers become unused; mark all-visible; note free space
//! ```
//!
//! The order is what makes a line pointer safe to use again: no entry leads to it any more. Each page
//! is one action; VACUUM yields between them and holds nothing but a table lock that keeps a second
//! VACUUM out, so it runs beside reads and writes.
//! A crash between passes leaves dead line pointers, which the next VACUUM meets again.

use super::file::HeapFile;
use super::prune::prune_page;
use super::table::HeapTable;
use super::tuple::{Header, Item, Stamp, from_index_bytes, item, pack};
use super::visibility::{Fate, fate};
use super::{op, vm};
use crate::engine::EngineCx;
use crate::lock::{LockMode, LockTag, LockWait};
use crate::stop::{Act, run};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use vitrine_data::Result;
use vitrine_data::tuple::infomask as im;
use vitrine_storage::page::{LpState, Offsets, PageEdit};
use vitrine_storage::wal::Rmgr;
use vitrine_view::{Tid, Xid};

#[derive(Clone, Copy, Default, Debug)]
pub struct VacuumOptions {
    /// Freeze every row that is visible to all, however young.
    pub freeze: bool,
    /// Look at pages that the visibility map says need nothing.
    pub every_page: bool,
}

/// What VACUUM did; VERBOSE prints it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct VacuumReport {
    pub pages: u32,
    pub pages_skipped: u32,
    pub versions_removed: u64,
    pub live_rows: u64,
    pub pointers_freed: u64,
    pub index_entries_removed: u64,
    pub rows_frozen: u64,
    pub pages_all_visible: u32,
}

/// Rows older than this many transactions are frozen.
const FREEZE_AGE: u64 = 50_000_000;

impl HeapTable {
    pub(super) async fn vacuum_all(
        &self,
        cx: EngineCx<'_>,
        options: VacuumOptions,
    ) -> Result<VacuumReport> {
        // Two at once would free each other's line pointers: the second's list of dead ones could then
        // name rows inserted since.
        let (tag, mode) = (LockTag::Relation(self.oid), LockMode::ShareUpdateExclusive);
        let session = &cx.txn.session;
        cx.locks()
            .acquire(session, &tag, mode, LockWait::Block)
            .await?;
        let mut report = VacuumReport::default();
        let dead = self
            .first_pass(cx, &self.rows, options, &mut report)
            .await?;
        self.clean_indexes(cx, &dead, &mut report).await?;
        self.last_pass(cx, &self.rows, true, dead, &mut report)
            .await?;
        let mut of_values = VacuumReport::default();
        let plain = VacuumOptions {
            every_page: true,
            ..options
        };
        let dead = self
            .first_pass(cx, &self.toast, plain, &mut of_values)
            .await?;
        self.last_pass(cx, &self.toast, false, dead, &mut of_values)
            .await?;
        Ok(report)
    }

    async fn breathe(&self, cx: EngineCx<'_>) -> Result<()> {
        let scheduler = cx.storage().scheduler();
        if scheduler.spend(4) {
            cx.txn.session.check()?;
            scheduler.yield_now().await;
        }
        Ok(())
    }

    async fn first_pass(
        &self,
        cx: EngineCx<'_>,
        file: &HeapFile,
        options: VacuumOptions,
        report: &mut VacuumReport,
    ) -> Result<BTreeSet<u64>> {
        let storage = &cx.engine.storage;
        let mut dead = BTreeSet::new();
        let blocks = run(storage, || Ok(storage.pool().length(file.main)?)).await?;
        for block in 0..blocks {
            self.breathe(cx).await?;
            let is_rows = file.main == self.rows.main;
            if is_rows && !options.every_page && !options.freeze {
                let bits = run(storage, || self.vm.get(storage, block)).await?;
                if bits & vm::ALL_VISIBLE != 0 {
                    report.pages_skipped += 1;
                    continue;
                }
            }
            report.pages += 1;
            let horizon = cx.txns().horizon();
            let tag = file.tag(block);
            let pruned = run(storage, || prune_page(cx, tag, horizon)).await?;
            report.versions_removed += u64::from(pruned.removed);
            report.rows_frozen += run(storage, || freeze_page(cx, file, block, options)).await?;
            let found = run(storage, || {
                let page = storage.pool().read(tag)?;
                let is_dead =
                    |o: &u16| page.pointer(*o).is_some_and(|lp| lp.state == LpState::Dead);
                let found: Vec<u16> = (1..=page.item_count()).filter(is_dead).collect();
                let normal = |o: &u16| {
                    page.pointer(*o)
                        .is_some_and(|lp| lp.state == LpState::Normal)
                };
                Ok((found, (1..=page.item_count()).filter(normal).count()))
            })
            .await?;
            report.live_rows += found.1 as u64;
            dead.extend(
                found
                    .0
                    .into_iter()
                    .map(|offset| pack(Tid { block, offset })),
            );
            if is_rows {
                report.pages_all_visible += self.settle_page(cx, file, block).await?;
            }
        }
        Ok(dead)
    }

    async fn clean_indexes(
        &self,
        cx: EngineCx<'_>,
        dead: &BTreeSet<u64>,
        report: &mut VacuumReport,
    ) -> Result<()> {
        if dead.is_empty() {
            return Ok(());
        }
        let storage = &cx.engine.storage;
        let is_dead = |l: &[u8]| from_index_bytes(l).is_some_and(|at| dead.contains(&at));
        for index in self.all_indexes() {
            let mut block = 1;
            // The tree may grow meanwhile; what it grows by is looked at too.
            while block < run(storage, || Ok(storage.pool().length(index.tree.file)?)).await? {
                self.breathe(cx).await?;
                let one = || Ok(index.tree.vacuum_page(storage, block, &is_dead)?);
                report.index_entries_removed += run(storage, one).await? as u64;
                block += 1;
            }
        }
        Ok(())
    }

    async fn last_pass(
        &self,
        cx: EngineCx<'_>,
        file: &HeapFile,
        is_rows: bool,
        dead: BTreeSet<u64>,
        report: &mut VacuumReport,
    ) -> Result<()> {
        let storage = &cx.engine.storage;
        let mut dead = dead.into_iter().peekable();
        while let Some(first) = dead.next() {
            let block = (first >> 16) as u32;
            let mut offsets = alloc::vec![first as u16];
            while let Some(next) = dead.next_if(|at| (at >> 16) as u32 == block) {
                offsets.push(next as u16);
            }
            self.breathe(cx).await?;
            report.pointers_freed += offsets.len() as u64;
            run(storage, || free_pointers(cx, file, block, &offsets)).await?;
            if is_rows {
                report.pages_all_visible += self.settle_page(cx, file, block).await?;
            } else {
                run(storage, || note_free(cx, file, block)).await?;
            }
        }
        Ok(())
    }

    /// Marks a page all visible if it is, and tells the map its free space.
    async fn settle_page(&self, cx: EngineCx<'_>, file: &HeapFile, block: u32) -> Result<u32> {
        let storage = &cx.engine.storage;
        run(storage, || note_free(cx, file, block)).await?;
        run(storage, || {
            let bits = page_bits(cx, file, block)?;
            if bits == 0 {
                return Ok(0);
            }
            self.vm.set(storage, file.tag(block), bits)?;
            Ok(1)
        })
        .await
    }
}

fn note_free(cx: EngineCx<'_>, file: &HeapFile, block: u32) -> Act<()> {
    let free = cx.storage().pool().read(file.tag(block))?.free_space();
    file.note_free(cx.storage(), block, free)
}

fn free_pointers(cx: EngineCx<'_>, file: &HeapFile, block: u32, offsets: &[u16]) -> Act<()> {
    let tag = file.tag(block);
    let still_dead: Vec<u16> = {
        let page = cx.storage().pool().read(tag)?;
        let dead = |o: &u16| page.pointer(*o).is_some_and(|lp| lp.state == LpState::Dead);
        offsets.iter().copied().filter(dead).collect()
    };
    if still_dead.is_empty() {
        return Ok(());
    }
    let mut mini = cx.storage().mini(Rmgr::HEAP, op::VACUUM, Xid::INVALID);
    mini.pin(tag)?;
    mini.edit(
        tag,
        PageEdit::Prune {
            redirects: Offsets::NONE,
            dead: Offsets::NONE,
            unused: Offsets::Slice(&still_dead),
            truncate: true,
        },
    )?;
    for offset in &still_dead {
        mini.data(&offset.to_le_bytes());
    }
    mini.finish();
    Ok(())
}

/// Freezes rows of a page: old ones, or all that everybody sees. One action; how many.
fn freeze_page(cx: EngineCx<'_>, file: &HeapFile, block: u32, options: VacuumOptions) -> Act<u64> {
    let tag = file.tag(block);
    let horizon = cx.txns().horizon();
    let limit = match options.freeze {
        true => horizon,
        false => Xid(cx.txns().next_xid().0.saturating_sub(FREEZE_AGE)).min(horizon),
    };
    let mut frozen = Vec::new();
    {
        let page = cx.storage().pool().read(tag)?;
        for offset in 1..=page.item_count() {
            let Item::Tuple(mut h, _) = item(&page, tag, offset)? else {
                continue;
            };
            if h.is_frozen() || h.xmin_invalid() || cx.txns().widen(h.xmin) >= limit {
                continue;
            }
            if fate(cx.txns(), horizon, &h)? != Fate::LiveToAll {
                continue;
            }
            h.infomask |= im::XMIN_FROZEN;
            if h.has_xmax() {
                // A lock that is past, or an aborted change.
                h.xmax = 0;
                h.infomask &= !(im::XMAX_LOCK_ONLY | im::LOCK_MASK | im::XMAX_COMMITTED);
                h.infomask |= im::XMAX_INVALID;
            }
            frozen.push((offset, Stamp::of(&h)));
        }
    }
    if frozen.is_empty() {
        return Ok(0);
    }
    let mut mini = cx.storage().mini(Rmgr::HEAP, op::FREEZE, Xid::INVALID);
    mini.pin(tag)?;
    for (offset, stamp) in &frozen {
        mini.edit(tag, stamp.edit(*offset))?;
        mini.data(&offset.to_le_bytes());
    }
    mini.finish();
    Ok(frozen.len() as u64)
}

/// The visibility bits a page deserves now.
fn page_bits(cx: EngineCx<'_>, file: &HeapFile, block: u32) -> Act<u8> {
    let tag = file.tag(block);
    let horizon = cx.txns().horizon();
    let page = cx.storage().pool().read(tag)?;
    let mut bits = vm::ALL_VISIBLE | vm::ALL_FROZEN;
    if page.is_new() {
        return Ok(0);
    }
    for offset in 1..=page.item_count() {
        if page
            .pointer(offset)
            .is_some_and(|lp| lp.state == LpState::Dead)
        {
            return Ok(0);
        }
        let Item::Tuple(h, _) = item(&page, tag, offset)? else {
            continue;
        };
        if fate(cx.txns(), horizon, &h)? != Fate::LiveToAll {
            return Ok(0);
        }
        if h.has_xmax() || !h.is_frozen() {
            bits &= !vm::ALL_FROZEN;
        }
    }
    Ok(bits)
}
