//! The rig: scheduler, boundary and a device in one hand, for tests, simulation and native programs.
//!
//! A turn gives the clock, pumps, hands over what was submitted and delivers what was completed.
//! When everybody sleeps, the clock jumps to the first deadline: a simulated run never waits.

use super::{Device, Io, Op, OpId};
use crate::error::StorageError;
use crate::task::{Entry, Input, OneShot, Pump, Scheduler};
use crate::trace::Trace;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::future::Future;

/// Nothing can run, nothing is in flight, and the awaited result has not come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stuck;

pub struct Rig<D: Device> {
    pub scheduler: Scheduler,
    pub trace: Rc<Trace>,
    pub io: Io,
    pub device: D,
    pub budget: u32,
    /// Added to the clock at each turn.
    pub turn_us: u64,
}

impl<D: Device> Rig<D> {
    pub fn new(device: D) -> Rig<D> {
        let scheduler = Scheduler::new();
        let trace = Rc::new(Trace::new(&scheduler, 4096));
        let io = Io::new(&scheduler, &trace);
        Rig {
            scheduler,
            trace,
            io,
            device,
            budget: 1000,
            turn_us: 10,
        }
    }

    /// A fresh engine's surroundings on the device of an engine that died.
    pub fn reborn(self) -> Rig<D> {
        self.scheduler.clear();
        let fresh = Rig::new(self.device);
        fresh.scheduler.set_now_us(self.scheduler.now_us());
        Rig {
            budget: self.budget,
            turn_us: self.turn_us,
            ..fresh
        }
    }

    /// One turn; false if nothing is left to do but wait for something from outside.
    pub fn turn(&mut self) -> bool {
        self.scheduler
            .set_now_us(self.scheduler.now_us() + self.turn_us);
        let pump = self.scheduler.pump(self.budget);
        for (id, op) in self.io.take_submitted() {
            self.device.start(id, op);
        }
        let busy = self.io.in_flight() > 0;
        for (id, result) in self.device.completions() {
            self.io.complete(id, result);
        }
        match pump {
            Pump::More => true,
            _ if busy => true,
            Pump::Sleeping(deadline) => {
                self.scheduler.set_now_us(deadline);
                true
            }
            _ => false,
        }
    }

    /// Turns until `job` is done.
    pub fn run<T: 'static>(&mut self, job: impl Future<Output = T> + 'static) -> Result<T, Stuck> {
        self.run_for(job, u64::MAX)
    }

    /// Turns until `job` is done, at most `turns` times.
    pub fn run_for<T: 'static>(
        &mut self,
        job: impl Future<Output = T> + 'static,
        turns: u64,
    ) -> Result<T, Stuck> {
        let result = OneShot::new(&self.scheduler, "rig");
        let out = result.clone();
        self.scheduler
            .spawn_named("rig", async move { out.set(job.await) });
        for _ in 0..turns {
            let more = self.turn();
            if let Some(value) = result.try_take() {
                return Ok(value);
            }
            if !more {
                return Err(Stuck);
            }
        }
        Err(Stuck)
    }
}

/// Feeds recorded inputs to a fresh engine and returns what it submitted, in order. The step of each
/// input must be the recorded one: if it is not, the run has left the recorded path.
pub fn replay(
    scheduler: &Scheduler,
    io: &Io,
    entries: &[Entry],
    mut message: impl FnMut(&Input),
) -> Result<Vec<(OpId, Op)>, StorageError> {
    let mut submitted = Vec::new();
    for entry in entries {
        if scheduler.step() != entry.step {
            return Err(StorageError::Bug("replay left the recorded path"));
        }
        match &entry.input {
            Input::Pump(budget) => {
                scheduler.pump(*budget);
                submitted.extend(io.take_submitted());
            }
            Input::Clock(us) => scheduler.set_now_us(*us),
            Input::Completion(id, result) => io.complete(*id, result.clone()),
            other => message(other),
        }
    }
    Ok(submitted)
}
