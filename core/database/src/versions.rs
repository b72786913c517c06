//! Who sees which version: the room of versions.
//!
//! The verdict is the rule of snapshots said in words: a version is seen if its writer is seen and
//! its remover is not; a transaction is seen if it is one's own, or had committed before the
//! snapshot was taken. Left out here, and kept by the engine: command numbers within one's own
//! transaction, and rows locked by several.
//!
//! Whether a transaction committed is read from hint bits, from the list of running ones, or from
//! a page of the commit log that is in memory; otherwise it is not known, and the verdict says so.

use crate::Database;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use vitrine_data::tuple::infomask as im;
use vitrine_engine::heap;
use vitrine_engine::txn::XidStatus;
use vitrine_storage::PageTag;
use vitrine_storage::page::Page;
use vitrine_view::{SnapshotView, TupleView, TxnView, VerdictView, VersionView, VersionsView, Xid};

/// What is known of one end of a version.
struct End {
    xid: Xid,
    status: Option<XidStatus>,
}

impl Database {
    /// The versions on a heap page given as bytes; nothing for a page of another kind.
    pub fn versions(&self, tag: PageTag, page: &Page) -> Option<VersionsView> {
        if page.is_new() || page.check_header().is_err() || page.kind() != heap::KIND_HEAP {
            return None;
        }
        let transactions = self.transactions();
        let tuples = heap::inspect::page_view(page, tag).tuples.into_iter();
        let versions = tuples
            .map(|tuple| self.version(tuple, &transactions))
            .collect();
        Some(VersionsView {
            tag,
            versions,
            transactions,
        })
    }

    fn version(&self, tuple: TupleView, transactions: &[TxnView]) -> VersionView {
        let mask = tuple.t_infomask.unwrap_or(0);
        let min = tuple.t_xmin.map(|low| {
            self.end(
                low,
                mask & im::XMIN_COMMITTED != 0,
                mask & im::XMIN_INVALID != 0,
            )
        });
        let removed = mask & (im::XMAX_INVALID | im::XMAX_LOCK_ONLY) == 0;
        let max = tuple.t_xmax.filter(|low| *low != 0 && removed);
        let max = max.map(|low| self.end(low, mask & im::XMAX_COMMITTED != 0, false));
        let open = transactions
            .iter()
            .filter_map(|txn| Some((txn, txn.snapshot.as_ref()?)));
        let verdicts = match &min {
            Some(min) => open
                .map(|(txn, s)| verdict(txn, s, min, max.as_ref()))
                .collect(),
            None => Vec::new(),
        };
        let words = |end: &Option<End>| {
            let status = end.as_ref()?.status?;
            Some(word(status).to_string())
        };
        VersionView {
            xmin_status: words(&min),
            xmax_status: words(&max),
            tuple,
            verdicts,
        }
    }

    fn end(&self, low: u32, committed: bool, aborted: bool) -> End {
        let xid = self.engine.txns.widen(low);
        let status = match (committed, aborted) {
            (true, _) => Some(XidStatus::Committed),
            (_, true) => Some(XidStatus::Aborted),
            _ => self.engine.txns.status(xid).ok(),
        };
        End { xid, status }
    }
}

fn word(status: XidStatus) -> &'static str {
    match status {
        XidStatus::Running => "in progress",
        XidStatus::Committed => "committed",
        XidStatus::Aborted => "aborted",
    }
}

/// Whether a snapshot sees a transaction, and why.
fn sees(txn: &TxnView, snapshot: &SnapshotView, end: &End) -> (Option<bool>, String) {
    let xid = end.xid;
    if txn.xid == Some(xid) || txn.subxids.contains(&xid) {
        return (Some(true), format!("{xid} is its own transaction"));
    }
    if xid >= snapshot.xmax {
        return (
            Some(false),
            format!("{xid} began after its snapshot (xmax {})", snapshot.xmax),
        );
    }
    if snapshot.in_progress.contains(&xid) {
        return (
            Some(false),
            format!("{xid} was in progress when its snapshot was taken"),
        );
    }
    match end.status {
        Some(XidStatus::Committed) => (Some(true), format!("{xid} had committed before")),
        Some(XidStatus::Aborted) => (Some(false), format!("{xid} was rolled back")),
        Some(XidStatus::Running) => (Some(false), format!("{xid} is in progress")),
        None => (None, format!("the fate of {xid} is not in memory")),
    }
}

fn verdict(txn: &TxnView, snapshot: &SnapshotView, min: &End, max: Option<&End>) -> VerdictView {
    let session = txn.session;
    let (written, why_written) = sees(txn, snapshot, min);
    if written != Some(true) {
        return VerdictView {
            session,
            sees: written,
            why: format!("written: {why_written}"),
        };
    }
    match max.map(|max| sees(txn, snapshot, max)) {
        None => VerdictView {
            session,
            sees: Some(true),
            why: format!("written: {why_written}"),
        },
        Some((removed, why)) => VerdictView {
            session,
            sees: removed.map(|gone| !gone),
            why: format!("removed: {why}"),
        },
    }
}
