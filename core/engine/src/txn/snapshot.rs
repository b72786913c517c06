//! Snapshots: which transactions count as finished, fixed at one moment.
//!
//! `{xmin, xmax, in progress, command id, LSN}` (E7). Below `xmin` all had ended when it was taken,
//! from `xmax` on none had begun, and between them the list says who was still running,
//! subtransactions included. Whether a finished one committed is the commit log's answer. Live
//! snapshots are counted by `xmin`: the least of them is the horizon behind which VACUUM may work.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use vitrine_view::{Lsn, SnapshotView, Xid};

/// The live snapshots, counted by `xmin`.
pub(super) type Registry = Rc<RefCell<BTreeMap<Xid, u32>>>;

pub struct Snapshot {
    pub xmin: Xid,
    pub xmax: Xid,
    /// Sorted.
    pub(super) in_progress: Rc<[Xid]>,
    /// Changes of the own transaction by commands before this one are seen.
    pub cid: u32,
    pub lsn: Lsn,
    registry: Registry,
}

impl Snapshot {
    pub(super) fn new(
        xmin: Xid,
        xmax: Xid,
        in_progress: Rc<[Xid]>,
        cid: u32,
        lsn: Lsn,
        registry: &Registry,
    ) -> Snapshot {
        *registry.borrow_mut().entry(xmin).or_default() += 1;
        Snapshot {
            xmin,
            xmax,
            in_progress,
            cid,
            lsn,
            registry: registry.clone(),
        }
    }

    /// The same moment, seen by a later command of the same transaction.
    pub fn with_command(&self, cid: u32) -> Snapshot {
        let list = self.in_progress.clone();
        Snapshot::new(self.xmin, self.xmax, list, cid, self.lsn, &self.registry)
    }

    /// Whether the transaction counts as still running.
    pub fn is_running(&self, xid: Xid) -> bool {
        if xid < self.xmin {
            return false;
        }
        xid >= self.xmax || self.in_progress.binary_search(&xid).is_ok()
    }

    pub fn view(&self) -> SnapshotView {
        SnapshotView {
            xmin: self.xmin,
            xmax: self.xmax,
            in_progress: self.in_progress.to_vec(),
            command: self.cid,
            lsn: self.lsn,
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let mut live = self.registry.borrow_mut();
        if let Some(count) = live.get_mut(&self.xmin) {
            *count -= 1;
            if *count == 0 {
                live.remove(&self.xmin);
            }
        }
    }
}

/// Sorts and shares a list of running transactions.
pub(super) fn running_list(running: impl Iterator<Item = Xid>) -> Rc<[Xid]> {
    let mut list: Vec<Xid> = running.collect();
    list.sort_unstable();
    list.into()
}
