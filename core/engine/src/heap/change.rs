//! Update, delete and lock: what becomes of a version that is there.
//!
//! Each asks first who stands in the way. `Wait` and `Updated` leave everything as it was; what to do
//! then is the caller's isolation level's to say. The check is made again in the very action that
//! changes the page, since writing out-of-line values may have taken a while.

use super::file::{Room, fits, free_offset};
use super::index::{Clash, make_keys};
use super::insert::finish_header;
use super::op;
use super::table::HeapTable;
use super::tuple::{Header, Item, Stamp, item, pack, set_xmax, unpack};
use super::visibility::{Standing, commands, for_write};
use crate::access::*;
use crate::engine::EngineCx;
use crate::lock::{LockTag, RowStrength};
use crate::stop::Act;
use crate::txn::Snapshot;
use alloc::vec;
use alloc::vec::Vec;
use vitrine_data::tuple::{TupleHeader, infomask as im, infomask2 as im2};
use vitrine_storage::page::{PageEdit, flags};
use vitrine_storage::wal::{Mini, Rmgr};
use vitrine_view::{Event, PageTag, Tid};

/// A version that may be changed.
struct Target {
    tid: Tid,
    tag: PageTag,
    header: TupleHeader,
    bytes: Vec<u8>,
    /// The page is marked all visible.
    marked: bool,
}

enum Looked {
    Free(Target),
    Not(RowOutcome),
}

impl HeapTable {
    /// Finds the version and who stands in the way of changing it.
    fn look(
        &self,
        cx: EngineCx<'_>,
        at: u64,
        snapshot: &Snapshot,
        strength: RowStrength,
    ) -> Act<Looked> {
        let tid = unpack(at);
        let tag = self.rows.tag(tid.block);
        if tid.block >= cx.storage().pool().length(self.rows.main)? {
            return Ok(Looked::Not(RowOutcome::Invisible));
        }
        let page = cx.storage().pool().read(tag)?;
        let Item::Tuple(header, bytes) = item(&page, tag, tid.offset)? else {
            return Ok(Looked::Not(RowOutcome::Invisible));
        };
        let standing = for_write(cx, snapshot.cid, &header)?;
        let outcome = match standing {
            Standing::Invisible => RowOutcome::Invisible,
            Standing::ChangedBySelf => RowOutcome::SelfModified,
            Standing::Changed => match header.ctid() == tid {
                true => RowOutcome::Deleted,
                false => RowOutcome::Updated(Locator::Short(pack(header.ctid()))),
            },
            Standing::Held(xid) if strength.conflicts_with(header.xmax_strength()) => {
                RowOutcome::Wait(WaitFor::Transaction(xid))
            }
            Standing::Free | Standing::Held(_) => {
                let row = LockTag::Row(self.oid, Locator::Short(at));
                let session = cx.txn.session.id;
                if !strength.is_shared() && cx.locks().held_against(session, &row, strength.mode())
                {
                    RowOutcome::Wait(WaitFor::Row(row, strength))
                } else {
                    let marked = page.flags() & flags::ALL_VISIBLE != 0;
                    let bytes = bytes.to_vec();
                    return Ok(Looked::Free(Target {
                        tid,
                        tag,
                        header,
                        bytes,
                        marked,
                    }));
                }
            }
        };
        Ok(Looked::Not(outcome))
    }

    /// Writes the deleter or updater into a header.
    fn mark_changed(&self, cx: EngineCx<'_>, header: &mut TupleHeader, strength: RowStrength) {
        let xid = cx.txns().assign_xid(cx.txn);
        let cid = cx.txn.use_command();
        let mine = !header.is_frozen() && cx.txn.is_own(cx.txns().widen(header.xmin));
        let cmin = commands(cx, header).0;
        let field = if mine { cx.txn.combo(cmin, cid) } else { cid };
        set_xmax(header, cx.txns().narrow(xid), field, mine, strength);
    }

    /// The page will be worth pruning once this transaction is past.
    fn hint_prune(&self, cx: EngineCx<'_>, mini: &mut Mini<'_>, tag: PageTag) -> Act<()> {
        let known = mini.page(tag)?.prune_xid();
        if known == 0
            && let Some(xid) = cx.txn.current_xid()
        {
            mini.edit(tag, PageEdit::PruneXid(cx.txns().narrow(xid)))?;
        }
        Ok(())
    }

    pub(super) fn delete_row(&self, cx: EngineCx<'_>, op: &mut DeleteOp) -> Act<RowOutcome> {
        let at = HeapTable::own_place(&op.target)?;
        let p = &mut op.progress;
        if p.stage == 0 {
            let mut t = match self.look(cx, at, &op.snapshot, RowStrength::Update)? {
                Looked::Free(t) => t,
                Looked::Not(outcome) => return Ok(outcome),
            };
            let values = self.pointers(&self.desc, &t.bytes)?;
            self.mark_changed(cx, &mut t.header, RowStrength::Update);
            (t.header.ctid_block, t.header.ctid_offset) = (t.tid.block, t.tid.offset);
            let xid = cx.txns().assign_xid(cx.txn);
            let mut mini = cx.storage().mini(Rmgr::HEAP, op::DELETE, xid);
            mini.pin(t.tag)?;
            self.vm.pin(&mut mini, t.tid.block, t.marked)?;
            mini.edit(t.tag, Stamp::of(&t.header).edit(t.tid.offset))?;
            self.hint_prune(cx, &mut mini, t.tag)?;
            self.vm.clear(cx.storage(), &mut mini, t.tag, t.marked)?;
            mini.data(&t.tid.offset.to_le_bytes());
            mini.finish();
            let (file, tid) = (self.rows.main, t.tid);
            cx.storage()
                .trace()
                .emit(|| Event::RowWritten { file, tid, xid });
            HeapTable::doom(&mut p.toast, values.into_iter().map(|(_, v)| v));
            p.stage = 1;
        }
        self.delete_values(cx, &mut p.toast)?;
        Ok(RowOutcome::Ok(Locator::Short(at)))
    }

    pub(super) fn update_row(&self, cx: EngineCx<'_>, op: &mut UpdateOp) -> Act<RowOutcome> {
        let at = HeapTable::own_place(&op.target)?;
        let indexes = self.all_indexes();
        let touches =
            |i: &super::index::HeapIndex| i.def.columns.iter().any(|c| op.changed.contains(c));
        let is_key = indexes.iter().any(|i| i.def.unique && touches(i));
        let strength = if is_key {
            RowStrength::Update
        } else {
            RowStrength::NoKeyUpdate
        };
        let may_be_hot = !indexes.iter().any(|i| touches(i));
        let p = &mut op.progress;
        if p.stage == 0 {
            let t = match self.look(cx, at, &op.snapshot, strength)? {
                Looked::Free(t) => t,
                Looked::Not(outcome) => return Ok(outcome),
            };
            p.keys = make_keys(&indexes, &op.row)?;
            let mut kept = vec![None; op.row.len()];
            let mut gone = Vec::new();
            for (attr, value) in self.pointers(&self.desc, &t.bytes)? {
                match kept.get_mut(attr) {
                    Some(slot) if !op.changed.contains(&attr) => {
                        *slot = Some(value.to_bytes().to_vec());
                    }
                    _ => gone.push(value),
                }
            }
            self.plan_values(&self.desc, &op.row, kept, &mut p.toast)?;
            HeapTable::doom(&mut p.toast, gone.into_iter());
            p.stage = 1;
        }
        if p.stage == 1 {
            p.tuple = self.finish_values(cx, &op.row, &mut p.toast)?;
            p.stage = 2;
        }
        let mut checked = false;
        if p.stage == 2 {
            let t = match self.look(cx, at, &op.snapshot, strength)? {
                Looked::Free(t) => t,
                Looked::Not(outcome) => return Ok(outcome),
            };
            if is_key {
                match self.find_any_clash(cx, &p.keys, 0, Some(at))? {
                    Clash::None => {}
                    Clash::Wait(xid) => return Ok(RowOutcome::Wait(WaitFor::Transaction(xid))),
                    Clash::Conflict(c) => return Ok(RowOutcome::Conflict(c)),
                }
                checked = true;
            }
            let (new_at, is_hot) = self.replace(cx, t, &mut p.tuple, strength, may_be_hot)?;
            p.new_at = new_at;
            // Without new entries the stages of the indexes are passed over.
            p.stage = if is_hot { 3 + indexes.len() as u32 } else { 3 };
            let from = LockTag::Row(self.oid, Locator::Short(at));
            let to = LockTag::Row(self.oid, Locator::Short(new_at));
            cx.locks().copy_row_locks(&from, &to);
        }
        p.at = p.new_at;
        // Keys that did not change cannot clash: the old version is this transaction's own by now.
        match self.add_entries(cx, p, checked || !is_key)? {
            Clash::None => {}
            Clash::Conflict(c) => return Ok(RowOutcome::Conflict(c)),
            Clash::Wait(xid) => return Ok(RowOutcome::Wait(WaitFor::Transaction(xid))),
        }
        self.delete_values(cx, &mut p.toast)?;
        Ok(RowOutcome::Ok(Locator::Short(p.new_at)))
    }

    /// One action: the new version is placed and the old one points at it.
    fn replace(
        &self,
        cx: EngineCx<'_>,
        mut old: Target,
        tuple: &mut [u8],
        strength: RowStrength,
        may_be_hot: bool,
    ) -> Act<(u64, bool)> {
        let storage = cx.storage();
        let mut same = fits(&*storage.pool().read(old.tag)?, tuple.len());
        if !same {
            self.prune_if_worth(cx, old.tag)?;
            same = fits(&*storage.pool().read(old.tag)?, tuple.len());
        }
        let room = match same {
            true => Room {
                block: old.tid.block,
                fresh: false,
            },
            false => self.rows.find_room(storage, tuple.len())?,
        };
        let is_hot = may_be_hot && same;
        let xid = cx.txns().assign_xid(cx.txn);
        let code = if is_hot { op::HOT_UPDATE } else { op::UPDATE };
        let mut mini = storage.mini(Rmgr::HEAP, code, xid);
        mini.pin(old.tag)?;
        let tag = self.rows.pin(&mut mini, room)?;
        let elsewhere = tag != old.tag;
        let (new_marked, offset) = match room.fresh {
            true => (false, 1),
            false => {
                let page = mini.page(tag)?;
                (page.flags() & flags::ALL_VISIBLE != 0, free_offset(&page))
            }
        };
        self.vm.pin(&mut mini, old.tid.block, old.marked)?;
        self.vm.pin(&mut mini, tag.block.0, new_marked)?;
        self.mark_changed(cx, &mut old.header, strength);
        let new = Tid {
            block: tag.block.0,
            offset,
        };
        (old.header.ctid_block, old.header.ctid_offset) = (new.block, new.offset);
        if is_hot {
            old.header.infomask2 |= im2::HOT_UPDATED;
        }
        let mask2 = if is_hot { im2::ONLY_TUPLE } else { 0 };
        let (xmin, cid) = (cx.txns().narrow(xid), cx.txn.use_command());
        finish_header(tuple, xmin, cid, new, im::UPDATED, mask2)?;
        self.rows.start(&mut mini, tag, room)?;
        mini.edit(
            tag,
            PageEdit::InsertItem {
                offset,
                bytes: tuple,
                shift: false,
            },
        )?;
        mini.edit(old.tag, Stamp::of(&old.header).edit(old.tid.offset))?;
        self.hint_prune(cx, &mut mini, old.tag)?;
        self.vm.clear(storage, &mut mini, old.tag, old.marked)?;
        self.vm
            .clear(storage, &mut mini, tag, elsewhere && new_marked)?;
        mini.data(&old.tid.offset.to_le_bytes());
        mini.data(&offset.to_le_bytes());
        mini.finish();
        if elsewhere {
            self.rows.used(new.block);
        }
        let (file, tid) = (self.rows.main, new);
        storage
            .trace()
            .emit(|| Event::RowWritten { file, tid, xid });
        Ok((pack(new), is_hot))
    }

    pub(super) fn lock_version(
        &self,
        cx: EngineCx<'_>,
        at: u64,
        snapshot: &Snapshot,
        strength: RowStrength,
    ) -> Act<RowOutcome> {
        let mut t = match self.look(cx, at, snapshot, strength)? {
            Looked::Free(t) => t,
            Looked::Not(outcome) => return Ok(outcome),
        };
        let locator = Locator::Short(at);
        let is_own = |low: u32| cx.txn.is_own(cx.txns().widen(low));
        if !t.header.is_frozen() && is_own(t.header.xmin) {
            // Nobody else sees the row yet.
            return Ok(RowOutcome::Ok(locator));
        }
        if strength.is_shared() {
            return self.lock_shared(cx, t, strength);
        }
        let held = t.header.has_xmax() && is_own(t.header.xmax);
        if held && t.header.is_lock_only() && t.header.xmax_strength() >= strength {
            return Ok(RowOutcome::Ok(locator));
        }
        let xid = cx.txns().assign_xid(cx.txn);
        let cid = t.header.cid;
        set_xmax(&mut t.header, cx.txns().narrow(xid), cid, false, strength);
        t.header.infomask |= im::XMAX_LOCK_ONLY | im::XMAX_EXCL_LOCK;
        (t.header.ctid_block, t.header.ctid_offset) = (t.tid.block, t.tid.offset);
        let mut mini = cx.storage().mini(Rmgr::HEAP, op::LOCK, xid);
        mini.pin(t.tag)?;
        self.vm.pin(&mut mini, t.tid.block, t.marked)?;
        mini.edit(t.tag, Stamp::of(&t.header).edit(t.tid.offset))?;
        self.vm.clear(cx.storage(), &mut mini, t.tag, t.marked)?;
        mini.data(&t.tid.offset.to_le_bytes());
        mini.finish();
        Ok(RowOutcome::Ok(locator))
    }

    /// Shared strengths go to the lock table, for this version and for those that running updates
    /// have made of it.
    fn lock_shared(&self, cx: EngineCx<'_>, t: Target, strength: RowStrength) -> Act<RowOutcome> {
        let session = cx.txn.session.id;
        let (mut tid, mut header) = (t.tid, t.header);
        let mut versions = vec![pack(tid)];
        while header.has_xmax() && !header.is_lock_only() && header.ctid() != tid {
            let next = header.ctid();
            let tag = self.rows.tag(next.block);
            let page = cx.storage().pool().read(tag)?;
            match item(&page, tag, next.offset)? {
                Item::Tuple(h, _) if h.xmin == header.xmax => (tid, header) = (next, h),
                _ => break,
            }
            versions.push(pack(tid));
        }
        for at in versions {
            let row = LockTag::Row(self.oid, Locator::Short(at));
            let held = cx.locks().holds(session, &row, strength.mode());
            if !held && !cx.locks().try_acquire(session, &row, strength.mode()) {
                return Ok(RowOutcome::Wait(WaitFor::Row(row, strength)));
            }
        }
        Ok(RowOutcome::Ok(Locator::Short(pack(t.tid))))
    }
}
