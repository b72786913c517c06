//! Insertion: out-of-line values first, then the row, then its index entries.
//!
//! Uniqueness is checked before the row goes in and again where an entry goes in, unless both happen in
//! one uninterrupted run: between two atomic actions somebody else may have inserted the key. A
//! speculative row (ON CONFLICT) that loses is killed at once, so that nobody waits for it.

use super::file::{fits, free_offset};
use super::index::{Clash, make_keys};
use super::op;
use super::table::HeapTable;
use super::toast::ToastProgress;
use super::tuple::{Item, Stamp, bad, index_bytes, item, pack, unpack};
use crate::access::*;
use crate::engine::EngineCx;
use crate::stop::Act;
use alloc::rc::Rc;
use alloc::vec::Vec;
use vitrine_data::tuple::{TupleHeader, infomask as im};
use vitrine_data::{Datum, SqlError};
use vitrine_storage::page::{PAGE_SIZE, PageEdit, flags};
use vitrine_storage::wal::Rmgr;
use vitrine_view::{Event, Tid, Xid};

/// Completes a formed tuple's header once its place is known.
pub(super) fn finish_header(
    tuple: &mut [u8],
    xmin: u32,
    cid: u32,
    at: Tid,
    mask: u16,
    mask2: u16,
) -> Result<(), SqlError> {
    let mut header = TupleHeader::read(tuple)?;
    header.xmin = xmin;
    header.xmax = 0;
    header.cid = cid;
    header.ctid_block = at.block;
    header.ctid_offset = at.offset;
    header.infomask |= mask | im::XMAX_INVALID;
    header.infomask2 |= mask2;
    let bytes = header.to_bytes();
    if let Some(head) = tuple.get_mut(..bytes.len()) {
        head.copy_from_slice(&bytes);
    }
    Ok(())
}

impl HeapTable {
    pub(super) fn insert_row(&self, cx: EngineCx<'_>, op: &mut InsertOp) -> Act<InsertOutcome> {
        let p = &mut op.progress;
        if p.stage == 0 {
            p.keys = make_keys(&self.all_indexes(), &op.row)?;
            self.plan_values(&self.desc, &op.row, Vec::new(), &mut p.toast)?;
            p.stage = 1;
        }
        if p.stage == 1 {
            p.tuple = self.finish_values(cx, &op.row, &mut p.toast)?;
            p.stage = 2;
        }
        let mut checked = false;
        if p.stage == 2 {
            match self.find_any_clash(cx, &p.keys, 0, None)? {
                Clash::None => {}
                Clash::Wait(xid) => return Ok(InsertOutcome::Wait(WaitFor::Transaction(xid))),
                Clash::Conflict(c) => return Ok(InsertOutcome::Conflict(c)),
            }
            checked = true;
            let mut one = [core::mem::take(&mut p.tuple)];
            let placed = self.place(cx, &mut one);
            let [tuple] = one;
            p.tuple = tuple;
            p.at = placed?.first().copied().unwrap_or(0);
            p.stage = 3;
        }
        match self.add_entries(cx, p, checked)? {
            Clash::None => Ok(InsertOutcome::Done(Locator::Short(p.at))),
            clash => {
                if op.speculative {
                    self.kill(cx, p.at)?;
                    p.stage = 2;
                }
                Ok(match clash {
                    Clash::Conflict(c) => InsertOutcome::Conflict(c),
                    Clash::Wait(xid) => InsertOutcome::Wait(WaitFor::Transaction(xid)),
                    Clash::None => InsertOutcome::Done(Locator::Short(p.at)),
                })
            }
        }
    }

    /// Writes the row's out-of-line values and forms its tuple.
    pub(super) fn finish_values(
        &self,
        cx: EngineCx<'_>,
        row: &[Datum],
        toast: &mut ToastProgress,
    ) -> Act<Vec<u8>> {
        self.write_values(cx, toast)?;
        Ok(self.form(&self.desc, row, toast, &TupleHeader::default())?)
    }

    /// Index entries from the stage's index on; stops at a clash.
    pub(super) fn add_entries(
        &self,
        cx: EngineCx<'_>,
        p: &mut Progress,
        checked: bool,
    ) -> Act<Clash> {
        let indexes = self.all_indexes();
        let mut done = (p.stage - 3) as usize;
        while let (Some(index), Some(key)) = (indexes.get(done), p.keys.get(done)) {
            if let Some(key) = key {
                if !checked
                    && let clash @ (Clash::Conflict(_) | Clash::Wait(_)) =
                        self.find_clash(cx, index, key, p.at, None)?
                {
                    return Ok(clash);
                }
                self.add_entry(cx, index, key, p.at)?;
            }
            done += 1;
            p.stage += 1;
        }
        Ok(Clash::None)
    }

    /// One action: puts tuples on one page, the first surely and as many more as fit, and returns
    /// their places.
    pub(super) fn place(&self, cx: EngineCx<'_>, tuples: &mut [Vec<u8>]) -> Act<Vec<u64>> {
        let storage = cx.storage();
        let first_len = tuples.first().map_or(0, Vec::len);
        let room = self.rows.find_room(storage, first_len)?;
        let xid = cx.txns().assign_xid(cx.txn);
        let (xmin, cid) = (cx.txns().narrow(xid), cx.txn.use_command());
        let code = if tuples.len() == 1 {
            op::INSERT
        } else {
            op::MULTI_INSERT
        };
        let mut mini = storage.mini(Rmgr::HEAP, code, xid);
        let tag = self.rows.pin(&mut mini, room)?;
        let marked = !room.fresh && mini.page(tag)?.flags() & flags::ALL_VISIBLE != 0;
        self.vm.pin(&mut mini, tag.block.0, marked)?;
        self.rows.start(&mut mini, tag, room)?;
        let mut places = Vec::with_capacity(tuples.len());
        for tuple in tuples {
            let offset = {
                let page = mini.page(tag)?;
                if !fits(&page, tuple.len()) {
                    break;
                }
                free_offset(&page)
            };
            let at = Tid {
                block: tag.block.0,
                offset,
            };
            finish_header(tuple, xmin, cid, at, 0, 0)?;
            mini.edit(
                tag,
                PageEdit::InsertItem {
                    offset,
                    bytes: tuple,
                    shift: false,
                },
            )?;
            mini.data(&offset.to_le_bytes());
            places.push(pack(at));
        }
        if places.is_empty() {
            return Err(SqlError::bug("a page with room has none").into());
        }
        self.vm.clear(storage, &mut mini, tag, marked)?;
        mini.finish();
        self.rows.used(tag.block.0);
        for place in &places {
            let (file, tid) = (self.rows.main, unpack(*place));
            storage
                .trace()
                .emit(|| Event::RowWritten { file, tid, xid });
        }
        Ok(places)
    }

    /// Takes back a speculative row: nobody ever saw it.
    fn kill(&self, cx: EngineCx<'_>, at: u64) -> Act<()> {
        let tid = unpack(at);
        let tag = self.rows.tag(tid.block);
        let mut header = {
            let page = cx.storage().pool().read(tag)?;
            match item(&page, tag, tid.offset)? {
                Item::Tuple(header, _) => header,
                _ => return Err(bad(tag)),
            }
        };
        header.infomask = header.infomask & !im::XMIN_FROZEN | im::XMIN_INVALID;
        let xid = cx.txn.current_xid().unwrap_or(Xid::INVALID);
        let mut mini = cx.storage().mini(Rmgr::HEAP, op::KILL, xid);
        mini.pin(tag)?;
        mini.edit(tag, Stamp::of(&header).edit(tid.offset))?;
        mini.edit(tag, PageEdit::PruneXid(cx.txns().narrow(xid)))?;
        mini.data(&tid.offset.to_le_bytes());
        mini.finish();
        Ok(())
    }

    /// Many rows: a page's worth is made ready, placed by one action, then indexed.
    pub(super) fn insert_rows(&self, cx: EngineCx<'_>, op: &mut BulkOp) -> Act<BulkOutcome> {
        if op.done.len() + op.batch.len() == op.rows.len() && op.batch.is_empty() {
            return Ok(BulkOutcome::Done);
        }
        if op.batch.is_empty() {
            self.prepare(op)?;
        }
        let rows = op.rows.get(op.done.len()..).unwrap_or(&[]);
        for (row, prepared) in rows.iter().zip(&mut op.batch) {
            if prepared.tuple.is_empty() {
                prepared.tuple = self.finish_values(cx, row, &mut prepared.toast)?;
            }
        }
        let indexes = self.all_indexes();
        while op.indexed < op.batch.len() {
            if op.indexed == op.placed {
                self.place_batch(cx, op)?;
            }
            let Some(row) = op.batch.get_mut(op.indexed) else {
                break;
            };
            let at = row.at.unwrap_or(0);
            while let (Some(index), Some(key)) =
                (indexes.get(row.indexed), row.keys.get(row.indexed))
            {
                if let Some(key) = key {
                    match self.find_clash(cx, index, key, at, None)? {
                        Clash::None => self.add_entry(cx, index, key, at)?,
                        Clash::Conflict(c) => return Ok(BulkOutcome::Conflict(c)),
                        Clash::Wait(xid) => {
                            return Ok(BulkOutcome::Wait(WaitFor::Transaction(xid)));
                        }
                    }
                }
                row.indexed += 1;
            }
            op.indexed += 1;
        }
        op.done
            .extend(op.batch.iter().map(|p| Locator::Short(p.at.unwrap_or(0))));
        op.batch.clear();
        (op.placed, op.indexed) = (0, 0);
        Ok(match op.done.len() == op.rows.len() {
            true => BulkOutcome::Done,
            false => BulkOutcome::More,
        })
    }

    /// Makes about a page's worth of rows ready.
    fn prepare(&self, op: &mut BulkOp) -> Result<(), SqlError> {
        let indexes = self.all_indexes();
        let mut bytes = 0;
        for row in op.rows.get(op.done.len()..).unwrap_or(&[]) {
            let row: &Rc<[Datum]> = row;
            let keys = make_keys(&indexes, row)?;
            let mut toast = ToastProgress::default();
            self.plan_values(&self.desc, row, Vec::new(), &mut toast)?;
            bytes += toast.row_len() + 4;
            op.batch.push(Prepared {
                tuple: Vec::new(),
                keys,
                toast,
                at: None,
                indexed: 0,
            });
            if bytes > PAGE_SIZE {
                break;
            }
        }
        Ok(())
    }

    fn place_batch(&self, cx: EngineCx<'_>, op: &mut BulkOp) -> Act<()> {
        let rest = op.batch.get_mut(op.placed..).unwrap_or(&mut []);
        let mut tuples: Vec<Vec<u8>> = rest
            .iter_mut()
            .map(|p| core::mem::take(&mut p.tuple))
            .collect();
        let placed = self.place(cx, &mut tuples);
        for (p, tuple) in rest.iter_mut().zip(tuples) {
            p.tuple = tuple;
        }
        let places = placed?;
        for (p, at) in rest.iter_mut().zip(&places) {
            p.at = Some(*at);
        }
        op.placed += places.len();
        Ok(())
    }

    pub(super) fn add_entry(
        &self,
        cx: EngineCx<'_>,
        index: &super::index::HeapIndex,
        key: &KeyBuffer,
        at: u64,
    ) -> Act<()> {
        let xid = cx.txn.current_xid().unwrap_or(Xid::INVALID);
        let bytes = index_bytes(at);
        index
            .tree
            .insert(cx.storage(), xid, &key.key, &bytes, &key.payload)?;
        Ok(())
    }
}
