//! Tasks: the scheduler, and the few things a task can wait for.
//!
//! One thread, many tasks; a session is a task, so are the log flusher and the page writer. The host
//! sets the clock, calls `pump(budget)` and gets control back when the budget is spent or nobody can
//! run. There are no wakers of the standard kind: a future is polled with a waker that does nothing,
//! and what it waits for remembers the id of the current task.
//!
//! Rules.
//! 1. Whoever waits registers the *current* task anew at each poll. So a future that was polled once
//!    outside a task (the direct path) may be spawned afterwards and loses nothing.
//! 2. Queues are first in, first out. The order in which ready tasks run is round robin, or drawn
//!    from a seed; there is no other choice anywhere (E3).
//! 3. Long loops call `spend(units)` and yield when it says so.
//! 4. A dropped future leaves its queue and passes on a wake it had been given (E2).
//! 5. What enters from outside is recorded with the step it entered at (`record.rs`, E4).
//!
//! Left out: priorities, and threads.

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
