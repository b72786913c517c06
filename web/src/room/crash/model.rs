//! Where to die, and what the survivors say.

/// A place to end the engine: before or after the nth device operation of a kind.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    pub key: &'static str,
    pub words: &'static str,
    /// Operation, `before` or `after`, which one. Nothing: by the clock.
    pub trap: Option<(&'static str, &'static str, u32)>,
    pub checkpoint: bool,
}

pub const PLACES: [Place; 7] = [
    Place {
        key: "before-flush",
        words: "before the log reaches the device",
        trap: Some(("appendLog", "before", 25)),
        checkpoint: false,
    },
    Place {
        key: "after-flush",
        words: "after the log is on the device, before the answer",
        trap: Some(("appendLog", "after", 25)),
        checkpoint: false,
    },
    Place {
        key: "pages",
        words: "between page writes",
        trap: Some(("writePages", "after", 1)),
        checkpoint: true,
    },
    Place {
        key: "before-pages",
        words: "before any page is written",
        trap: Some(("writePages", "before", 1)),
        checkpoint: true,
    },
    Place {
        key: "checkpoint",
        words: "in a checkpoint, before its control block",
        trap: Some(("writeControl", "before", 1)),
        checkpoint: true,
    },
    Place {
        key: "now",
        words: "right now",
        trap: None,
        checkpoint: false,
    },
    Place {
        key: "random",
        words: "at a random moment",
        trap: None,
        checkpoint: false,
    },
];

/// What the workload knew when the engine ended, and what was found after it was opened again.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Survivors {
    /// Numbers whose COMMIT was answered.
    pub acknowledged: Vec<u32>,
    /// Numbers whose COMMIT was sent and never answered.
    pub unanswered: Vec<u32>,
    /// Numbers in the table after recovery.
    pub found: Vec<u32>,
    /// The sum of balances; every transaction adds one to it beside its row.
    pub balance: i64,
    /// Rows counted through the index.
    pub by_index: i64,
}

impl Survivors {
    pub fn lost(&self) -> Vec<u32> {
        self.acknowledged
            .iter()
            .copied()
            .filter(|n| !self.found.contains(n))
            .collect()
    }

    /// Rows nobody committed.
    pub fn invented(&self) -> Vec<u32> {
        let known = |n: &u32| self.acknowledged.contains(n) || self.unanswered.contains(n);
        self.found.iter().copied().filter(|n| !known(n)).collect()
    }

    /// A transaction is half there when its row came back and its increment did not, or the
    /// other way round.
    pub fn half(&self) -> bool {
        self.balance != self.found.len() as i64
    }

    pub fn index_agrees(&self) -> bool {
        self.by_index == self.found.len() as i64
    }

    pub fn sentence(&self) -> String {
        let lost = self.lost().len();
        if lost > 0 {
            return format!("{lost} acknowledged commits are lost: that is a fault of the engine.");
        }
        if self.half() || !self.index_agrees() || !self.invented().is_empty() {
            return "The database came back, but not as a whole: that is a fault of the engine."
                .into();
        }
        let came = self
            .unanswered
            .iter()
            .filter(|n| self.found.contains(n))
            .count();
        format!(
            "All {} acknowledged commits came back; of {} without an answer, {came} did.",
            self.acknowledged.len(),
            self.unanswered.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_commit_a_half_one_and_an_invented_one_are_found() {
        let good = Survivors {
            acknowledged: vec![1, 2],
            unanswered: vec![3],
            found: vec![1, 2, 3],
            balance: 3,
            by_index: 3,
        };
        assert_eq!(
            good.sentence(),
            "All 2 acknowledged commits came back; of 1 without an answer, 1 did."
        );
        let lost = Survivors {
            found: vec![1],
            balance: 1,
            by_index: 1,
            ..good.clone()
        };
        assert_eq!(lost.lost(), [2]);
        let half = Survivors {
            balance: 2,
            ..good.clone()
        };
        assert!(half.half() && half.sentence().contains("fault"));
        let torn = Survivors {
            by_index: 2,
            ..good.clone()
        };
        assert!(!torn.index_agrees() && torn.sentence().contains("fault"));
        let invented = Survivors {
            found: vec![1, 2, 9],
            ..good
        };
        assert_eq!(invented.invented(), [9]);
    }
}
