//! Who sees which version: the four questions asked of a tuple header.
//!
//! | question    | asked by           | answer                                                       |
//! |-------------|--------------------|--------------------------------------------------------------|
//! | `visible`   | every read         | does this snapshot see it?                                   |
//! | `for_write` | update, delete     | may this command change it, or who stands in the way?        |
//! | `for_unique`| unique indexes     | is it alive, or who decides whether it is?                   |
//! | `fate`      | pruning and VACUUM | can anybody see it, now or later?                            |
//!
//! Source: PostgreSQL's heapam_visibility.c, whose rules these are.

use super::tuple::Header;
use crate::engine::EngineCx;
use crate::stop::Act;
use crate::txn::{Snapshot, TxnManager, XidStatus};
use vitrine_data::tuple::{TupleHeader, infomask as im};
use vitrine_view::Xid;

/// Command ids of inserter and deleter. They mean something for the own transaction only.
pub fn commands(cx: EngineCx<'_>, h: &TupleHeader) -> (u32, u32) {
    match h.infomask & im::COMBO_CID {
        0 => (h.cid, h.cid),
        _ => cx.txn.combo_pair(h.cid).unwrap_or((h.cid, h.cid)),
    }
}

/// Whether the snapshot sees this version.
pub fn visible(cx: EngineCx<'_>, snapshot: &Snapshot, h: &TupleHeader) -> Act<bool> {
    if h.xmin_invalid() {
        return Ok(false);
    }
    if !h.is_frozen() {
        let xmin = cx.txns().widen(h.xmin);
        if cx.txn.is_own(xmin) {
            if commands(cx, h).0 >= snapshot.cid {
                return Ok(false);
            }
        } else if snapshot.is_running(xmin)
            || !committed(cx, xmin, h.infomask & im::XMIN_COMMITTED)?
        {
            return Ok(false);
        }
    }
    if !h.has_xmax() || h.is_lock_only() {
        return Ok(true);
    }
    let xmax = cx.txns().widen(h.xmax);
    if cx.txn.is_own(xmax) {
        return Ok(commands(cx, h).1 >= snapshot.cid);
    }
    Ok(snapshot.is_running(xmax) || !committed(cx, xmax, h.infomask & im::XMAX_COMMITTED)?)
}

fn committed(cx: EngineCx<'_>, xid: Xid, hint: u16) -> Act<bool> {
    Ok(hint != 0 || cx.txns().status(xid)? == XidStatus::Committed)
}

/// What stands between a command and a version it wants to change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Free,
    /// Locked or changed by this running transaction.
    Held(Xid),
    /// Changed by a transaction that committed: `ctid` leads on, unless it points at itself.
    Changed,
    /// Changed by this command or a later one of the own transaction.
    ChangedBySelf,
    Invisible,
}

pub fn for_write(cx: EngineCx<'_>, cid: u32, h: &TupleHeader) -> Act<Standing> {
    if h.xmin_invalid() {
        return Ok(Standing::Invisible);
    }
    if !h.is_frozen() {
        let xmin = cx.txns().widen(h.xmin);
        if cx.txn.is_own(xmin) {
            if commands(cx, h).0 > cid {
                return Ok(Standing::Invisible);
            }
        } else if !committed(cx, xmin, h.infomask & im::XMIN_COMMITTED)? {
            return Ok(Standing::Invisible);
        }
    }
    if !h.has_xmax() {
        return Ok(Standing::Free);
    }
    let xmax = cx.txns().widen(h.xmax);
    if cx.txn.is_own(xmax) {
        if h.is_lock_only() {
            return Ok(Standing::Free);
        }
        return Ok(match commands(cx, h).1 >= cid {
            true => Standing::ChangedBySelf,
            false => Standing::Invisible,
        });
    }
    Ok(match cx.txns().status(xmax)? {
        XidStatus::Running => Standing::Held(xmax),
        XidStatus::Committed if !h.is_lock_only() => Standing::Changed,
        _ => Standing::Free,
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Liveness {
    Dead,
    Alive,
    /// This running transaction decides.
    Depends(Xid),
}

pub fn for_unique(cx: EngineCx<'_>, h: &TupleHeader) -> Act<Liveness> {
    if h.xmin_invalid() {
        return Ok(Liveness::Dead);
    }
    if !h.is_frozen() {
        let xmin = cx.txns().widen(h.xmin);
        if !cx.txn.is_own(xmin) {
            match cx.txns().status(xmin)? {
                XidStatus::Running => return Ok(Liveness::Depends(xmin)),
                XidStatus::Aborted => return Ok(Liveness::Dead),
                XidStatus::Committed => {}
            }
        }
    }
    if !h.has_xmax() || h.is_lock_only() {
        return Ok(Liveness::Alive);
    }
    let xmax = cx.txns().widen(h.xmax);
    if cx.txn.is_own(xmax) {
        return Ok(Liveness::Dead);
    }
    Ok(match cx.txns().status(xmax)? {
        XidStatus::Running => Liveness::Depends(xmax),
        XidStatus::Committed => Liveness::Dead,
        XidStatus::Aborted => Liveness::Alive,
    })
}

/// Who can see a version, judged against the horizon alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Nobody, ever again.
    Dead,
    /// Every snapshot there is.
    LiveToAll,
    /// Some may, some may not.
    InBetween,
}

pub fn fate(txns: &TxnManager, horizon: Xid, h: &TupleHeader) -> Act<Fate> {
    if h.xmin_invalid() {
        return Ok(Fate::Dead);
    }
    let mut inserted_for_all = true;
    if !h.is_frozen() {
        let xmin = txns.widen(h.xmin);
        match txns.status(xmin)? {
            XidStatus::Running => return Ok(Fate::InBetween),
            XidStatus::Aborted => return Ok(Fate::Dead),
            XidStatus::Committed => inserted_for_all = xmin < horizon,
        }
    }
    if !h.has_xmax() {
        return Ok(if inserted_for_all {
            Fate::LiveToAll
        } else {
            Fate::InBetween
        });
    }
    let xmax = txns.widen(h.xmax);
    Ok(match txns.status(xmax)? {
        XidStatus::Committed if !h.is_lock_only() => {
            if xmax < horizon {
                Fate::Dead
            } else {
                Fate::InBetween
            }
        }
        XidStatus::Running => Fate::InBetween,
        _ if inserted_for_all => Fate::LiveToAll,
        _ => Fate::InBetween,
    })
}
