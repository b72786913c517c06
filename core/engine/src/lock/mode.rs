//! Lock modes and what conflicts with what: two small matrices, no state.
//!
//! Table locks come in PostgreSQL's eight modes, from the weakest (every SELECT takes it) to the
//! strongest (DROP TABLE). A cell says "these two cannot be held by two sessions at once":
//!
//! ```text
//!                          AS RS RX SUX S SRX X AX
//! AccessShare                                    x
//! RowShare                                    x  x
//! RowExclusive                         x  x   x  x
//! ShareUpdateExclusive            x    x  x   x  x
//! Share                       x   x       x   x  x
//! ShareRowExclusive           x   x    x  x   x  x
//! Exclusive               x   x   x    x  x   x  x
//! AccessExclusive     x   x   x   x    x  x   x  x
//! ```
//!
//! Row locks come in four strengths. A row's *exclusive* holder stands in the tuple itself (`xmax`);
//! its *shared* holders stand in the lock table, because a tuple has room for one name only.
//!
//! Source: PostgreSQL's documentation, chapter "Explicit Locking".

/// A mode of a heavyweight lock. The numbers are PostgreSQL's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockMode {
    AccessShare = 1,
    RowShare = 2,
    RowExclusive = 3,
    ShareUpdateExclusive = 4,
    Share = 5,
    ShareRowExclusive = 6,
    Exclusive = 7,
    AccessExclusive = 8,
}

use LockMode::*;

pub const ALL_MODES: [LockMode; 8] = [
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
];

/// One row of the matrix as bits; bit `n` stands for the mode numbered `n`.
const fn conflicts(mode: LockMode) -> u16 {
    match mode {
        AccessShare => 0b1_0000_0000,
        RowShare => 0b1_1000_0000,
        RowExclusive => 0b1_1110_0000,
        ShareUpdateExclusive => 0b1_1111_0000,
        Share => 0b1_1101_1000,
        ShareRowExclusive => 0b1_1111_1000,
        Exclusive => 0b1_1111_1100,
        AccessExclusive => 0b1_1111_1110,
    }
}

impl LockMode {
    pub const fn conflicts_with(self, other: LockMode) -> bool {
        conflicts(self) & (1 << other as u16) != 0
    }

    /// The name `pg_locks.mode` and the deadlock report use.
    pub const fn name(self) -> &'static str {
        match self {
            AccessShare => "AccessShareLock",
            RowShare => "RowShareLock",
            RowExclusive => "RowExclusiveLock",
            ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Share => "ShareLock",
            ShareRowExclusive => "ShareRowExclusiveLock",
            Exclusive => "ExclusiveLock",
            AccessExclusive => "AccessExclusiveLock",
        }
    }
}

/// The strengths of a row lock, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RowStrength {
    /// FOR KEY SHARE: what a foreign key's check takes on the parent.
    KeyShare,
    /// FOR SHARE.
    Share,
    /// FOR NO KEY UPDATE: what an UPDATE that leaves the keys alone takes.
    NoKeyUpdate,
    /// FOR UPDATE: what DELETE and an UPDATE of a key take.
    Update,
}

impl RowStrength {
    pub const fn conflicts_with(self, other: RowStrength) -> bool {
        match (self, other) {
            (RowStrength::KeyShare, RowStrength::Update)
            | (RowStrength::Update, RowStrength::KeyShare) => true,
            (RowStrength::KeyShare, _) | (_, RowStrength::KeyShare) => false,
            (RowStrength::Share, RowStrength::Share) => false,
            _ => true,
        }
    }

    /// Shared strengths have many holders at once and so live in the lock table.
    pub const fn is_shared(self) -> bool {
        matches!(self, RowStrength::KeyShare | RowStrength::Share)
    }

    /// The lock-table mode that stands for this strength on a row's tag. The four modes chosen
    /// conflict among themselves exactly as the strengths do.
    pub const fn mode(self) -> LockMode {
        match self {
            RowStrength::KeyShare => AccessShare,
            RowStrength::Share => RowShare,
            RowStrength::NoKeyUpdate => Exclusive,
            RowStrength::Update => AccessExclusive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_symmetric_and_as_documented() {
        for a in ALL_MODES {
            for b in ALL_MODES {
                assert_eq!(a.conflicts_with(b), b.conflicts_with(a), "{a:?} {b:?}");
            }
        }
        let count = |m: LockMode| ALL_MODES.iter().filter(|o| m.conflicts_with(**o)).count();
        assert_eq!(ALL_MODES.map(count), [1, 2, 4, 5, 5, 6, 7, 8]);
        assert!(ShareUpdateExclusive.conflicts_with(ShareUpdateExclusive));
        assert!(!Share.conflicts_with(Share) && !RowExclusive.conflicts_with(RowExclusive));
    }

    #[test]
    fn row_strengths_conflict_as_their_modes_do() {
        use RowStrength::*;
        let all = [KeyShare, Share, NoKeyUpdate, Update];
        for a in all {
            for b in all {
                assert_eq!(
                    a.conflicts_with(b),
                    a.mode().conflicts_with(b.mode()),
                    "{a:?} {b:?}"
                );
            }
        }
        assert!(!KeyShare.conflicts_with(NoKeyUpdate) && Share.conflicts_with(NoKeyUpdate));
    }
}
