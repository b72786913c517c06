//! The chapter on this room, with its rules, is its README.
#![doc = include_str!("README.md")]

mod once;
mod queue;
mod record;
mod rng;
mod scheduler;
#[cfg(test)]
mod tests;

pub use once::OneShot;
pub use queue::{Permit, Semaphore, WaitQueue};
pub use record::{Entry, Input, Recorder};
pub use rng::Rng;
pub use scheduler::{Pump, Scheduler, Sleep, TaskId, YieldNow, poll_once};
