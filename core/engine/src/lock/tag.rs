//! What can be locked, and how a message names it.

use crate::access::Locator;
use core::fmt;
use vitrine_view::Xid;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockTag {
    /// A table, index, view or sequence, by OID.
    Relation(u32),
    /// The right to be the next to wait for a row's holder: keeps waiters in line (PostgreSQL's tuple
    /// lock).
    Tuple(u32, Locator),
    /// The shared holders of a row (FOR SHARE, FOR KEY SHARE), kept until their transactions end.
    Row(u32, Locator),
    /// Held by a transaction on its own id as long as it runs; others wait for it to end.
    Transaction(Xid),
    /// `pg_advisory_lock`, by its 64-bit key; the flag tells the two-key form apart.
    Advisory(u64, bool),
    /// Any other object: catalogue and OID.
    Object(u32, u32),
}

/// The one database there is; messages of PostgreSQL name it.
pub const DATABASE_OID: u32 = 5;

impl LockTag {
    /// The word of `pg_locks.locktype`.
    pub fn kind(&self) -> &'static str {
        match self {
            LockTag::Relation(_) => "relation",
            LockTag::Tuple(..) | LockTag::Row(..) => "tuple",
            LockTag::Transaction(_) => "transactionid",
            LockTag::Advisory(..) => "advisory",
            LockTag::Object(..) => "object",
        }
    }
}

impl fmt::Display for LockTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockTag::Relation(oid) => write!(f, "relation {oid} of database {DATABASE_OID}"),
            LockTag::Tuple(oid, at) | LockTag::Row(oid, at) => {
                let at = at.short().unwrap_or(0);
                write!(
                    f,
                    "tuple ({},{}) of relation {oid} of database {DATABASE_OID}",
                    at >> 16,
                    at & 0xFFFF
                )
            }
            LockTag::Transaction(xid) => write!(f, "transaction {xid}"),
            LockTag::Advisory(key, two) => write!(
                f,
                "advisory lock [{DATABASE_OID},{},{},{}]",
                key >> 32,
                key & 0xFFFF_FFFF,
                if *two { 2 } else { 1 }
            ),
            LockTag::Object(class, oid) => {
                write!(
                    f,
                    "object {oid} of class {class} of database {DATABASE_OID}"
                )
            }
        }
    }
}
