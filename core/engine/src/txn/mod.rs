//! Transactions: ids, snapshots, the commit log, and how a transaction ends.
//!
//! ```text
//!  begin ─► virtual id ─► first write: an id ─► commit record + log bits ─► flushed ─► seen by others
//!                                             └► abort record + log bits ─► gone
//! ```
//!
//! | file           | holds                                                              |
//! |----------------|--------------------------------------------------------------------|
//! | xid.rs         | 64 bits here, 32 on pages                                          |
//! | snapshot.rs    | what counts as finished, fixed at one moment                       |
//! | transaction.rs | one transaction: ids, commands, savepoints                         |
//! | transactions.rs| who runs, who sees what, the horizon                               |
//! | clog.rs        | two bits a transaction, on pages                                   |
//! | finish.rs      | commit, abort, savepoints: the actions that settle an id           |
//!
//! Rules (E7): every access method asks the same `sees(xid)`. The order of commits is the order of
//! their records. Others see a commit only after its record is as durable as was asked for; until
//! then the transaction counts as running. A crash therefore never takes back what anybody saw.

pub mod clog;
mod finish;
mod snapshot;
mod transaction;
mod transactions;
pub mod xid;

pub use clog::XidStatus;
pub use finish::{describe, op, op_name, replay};
pub use snapshot::Snapshot;
pub use transaction::{Durability, FileAction, Isolation, SavepointId, Txn};
pub use transactions::TxnManager;
