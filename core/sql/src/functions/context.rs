//! What a function may know besides its arguments.
//!
//! Kernels are synchronous and pure but for this: the session's facts (names, clock readings, the
//! zone), parameters, and the values that an outer row hands to an inner plan. Nothing here can
//! fetch a page or wait (rule E8).

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use vitrine_data::{Datum, Result, SqlError};

/// Facts of the session and its transaction, as they stood when the statement began.
pub struct SessionFacts {
    pub user: String,
    pub database: String,
    /// Search path, first schema first.
    pub schemas: Vec<String>,
    pub backend_pid: i32,
    pub server_version: &'static str,
    /// Microseconds since 2000-01-01 UTC.
    pub transaction_us: i64,
    pub statement_us: i64,
    pub clock_us: Cell<i64>,
    pub zone_name: String,
    /// Seconds east of UTC.
    pub zone_offset_s: i32,
    /// State of `random()`; set by the host and by `setseed`.
    pub random: Cell<u64>,
    /// The transaction's XID, once it has one.
    pub xid: Cell<Option<u64>>,
    /// `work_mem`.
    pub work_mem_bytes: usize,
}

impl SessionFacts {
    pub fn new() -> SessionFacts {
        SessionFacts {
            user: String::from("vitrine"),
            database: String::from("vitrine"),
            schemas: alloc::vec![String::from("public")],
            backend_pid: 1,
            server_version: "15.0",
            transaction_us: 0,
            statement_us: 0,
            clock_us: Cell::new(0),
            zone_name: String::from("UTC"),
            zone_offset_s: 0,
            random: Cell::new(0x9e37_79b9_7f4a_7c15),
            xid: Cell::new(None),
            work_mem_bytes: 4 << 20,
        }
    }

    /// The next 64 random bits (xorshift-multiply): seeded, so that a run can be repeated.
    pub fn next_random(&self) -> u64 {
        let mut state = self.random.get().max(1);
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.random.set(state);
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

impl Default for SessionFacts {
    fn default() -> SessionFacts {
        SessionFacts::new()
    }
}

/// Values handed from an outer plan to an inner one, by slot.
#[derive(Default)]
pub struct Slots(RefCell<Vec<Datum>>);

impl Slots {
    pub fn set(&self, slot: usize, value: Datum) {
        let mut slots = self.0.borrow_mut();
        while slots.len() <= slot {
            slots.push(Datum::Null);
        }
        if let Some(place) = slots.get_mut(slot) {
            *place = value;
        }
    }

    pub fn get(&self, slot: usize) -> Datum {
        self.0.borrow().get(slot).cloned().unwrap_or(Datum::Null)
    }
}

/// How deep expressions may nest while they are evaluated.
pub const MAX_DEPTH: u32 = 400;

pub struct EvalCx<'a> {
    /// `$1` is at 0.
    pub params: &'a [Datum],
    pub slots: &'a Slots,
    pub session: &'a SessionFacts,
    depth: Cell<u32>,
}

impl<'a> EvalCx<'a> {
    pub fn new(params: &'a [Datum], slots: &'a Slots, session: &'a SessionFacts) -> EvalCx<'a> {
        EvalCx {
            params,
            slots,
            session,
            depth: Cell::new(0),
        }
    }

    /// Runs `inner` one level deeper, or fails with 54001.
    pub fn deeper<T>(&self, inner: impl FnOnce() -> Result<T>) -> Result<T> {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return Err(SqlError::too_complex());
        }
        self.depth.set(depth + 1);
        let result = inner();
        self.depth.set(depth);
        result
    }
}
