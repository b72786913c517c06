//! The run queue.
//!
//! A task sits in a slot; its id is slot and generation, so that a late wake of a finished task finds
//! nobody. The future is taken out of its slot while it is polled: it may spawn and wake freely.

use super::record::{Input, Recorder};
use super::rng::Rng;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use vitrine_view::TaskView;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskId {
    index: u32,
    generation: u32,
}

/// What became of a pump.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pump {
    /// Nobody can run before the device or a message comes.
    Idle,
    /// The budget is spent; somebody is ready.
    More,
    /// Nobody can run before this time on the given clock, in microseconds.
    Sleeping(u64),
}

type Job = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Slot {
    generation: u32,
    job: Option<Job>,
    live: bool,
    queued: bool,
    name: &'static str,
    wait: Option<&'static str>,
    polls: u64,
}

#[derive(Default)]
struct Inner {
    slots: RefCell<Vec<Slot>>,
    free: RefCell<Vec<u32>>,
    ready: RefCell<VecDeque<TaskId>>,
    timers: RefCell<BTreeMap<(u64, u64), TaskId>>,
    timer_seq: Cell<u64>,
    current: Cell<Option<TaskId>>,
    now_us: Cell<u64>,
    step: Cell<u64>,
    budget: Cell<u32>,
    slice: Cell<u32>,
    choice: RefCell<Option<Rng>>,
    recorder: RefCell<Option<Recorder>>,
}

/// Work units a task may spend before `spend` asks it to yield.
const SLICE: u32 = 256;

#[derive(Clone, Default)]
pub struct Scheduler(Rc<Inner>);

impl Scheduler {
    pub fn new() -> Scheduler {
        Scheduler::default()
    }

    /// Draws the next task from `seed`; without it tasks run in turn.
    pub fn choose_by_seed(&self, seed: Option<u64>) {
        *self.0.choice.borrow_mut() = seed.map(Rng::new);
    }

    pub fn spawn(&self, job: impl Future<Output = ()> + 'static) -> TaskId {
        self.spawn_named("task", job)
    }

    pub fn spawn_named(
        &self,
        name: &'static str,
        job: impl Future<Output = ()> + 'static,
    ) -> TaskId {
        let mut slots = self.0.slots.borrow_mut();
        let index = self.0.free.borrow_mut().pop().unwrap_or_else(|| {
            slots.push(Slot::default());
            slots.len() as u32 - 1
        });
        let slot = &mut slots[index as usize];
        slot.job = Some(Box::pin(job));
        slot.live = true;
        slot.queued = true;
        slot.name = name;
        slot.wait = None;
        slot.polls = 0;
        let id = TaskId {
            index,
            generation: slot.generation,
        };
        drop(slots);
        self.0.ready.borrow_mut().push_back(id);
        id
    }

    /// The task being polled, if one is.
    pub fn current(&self) -> Option<TaskId> {
        self.0.current.get()
    }

    /// Makes a task ready. Waking a task twice, or one that has ended, does nothing.
    pub fn wake(&self, id: TaskId) {
        let mut slots = self.0.slots.borrow_mut();
        let Some(slot) = slots.get_mut(id.index as usize) else {
            return;
        };
        if slot.generation != id.generation || !slot.live || slot.queued {
            return;
        }
        slot.queued = true;
        drop(slots);
        self.0.ready.borrow_mut().push_back(id);
    }

    /// Says what the current task is about to wait for; shown by inspectors.
    pub fn note_wait(&self, what: &'static str) {
        if let Some(id) = self.current()
            && let Some(slot) = self.0.slots.borrow_mut().get_mut(id.index as usize)
        {
            slot.wait = Some(what);
        }
    }

    pub fn is_live(&self, id: TaskId) -> bool {
        let slots = self.0.slots.borrow();
        slots
            .get(id.index as usize)
            .is_some_and(|s| s.live && s.generation == id.generation)
    }

    /// The given clock, in microseconds.
    pub fn now_us(&self) -> u64 {
        self.0.now_us.get()
    }

    /// The host gives the time; it never goes back.
    pub fn set_now_us(&self, us: u64) {
        if us > self.0.now_us.get() {
            self.record(|| Input::Clock(us));
            self.0.now_us.set(us);
        }
    }

    /// Polls done since the start: the "when" of a recorded input.
    pub fn step(&self) -> u64 {
        self.0.step.get()
    }

    pub fn set_recorder(&self, recorder: Option<Recorder>) {
        *self.0.recorder.borrow_mut() = recorder;
    }

    /// Notes an input, if a recorder listens.
    pub fn record(&self, input: impl FnOnce() -> Input) {
        if let Some(recorder) = &*self.0.recorder.borrow() {
            recorder.note(self.step(), input());
        }
    }

    /// Counts work against the budget; true asks the task to yield.
    pub fn spend(&self, units: u32) -> bool {
        let budget = self.0.budget.get().saturating_sub(units);
        let slice = self.0.slice.get().saturating_sub(units);
        self.0.budget.set(budget);
        self.0.slice.set(slice);
        budget == 0 || slice == 0
    }

    pub fn yield_now(&self) -> YieldNow {
        YieldNow {
            scheduler: self.clone(),
            yielded: false,
        }
    }

    pub fn sleep_until(&self, deadline_us: u64) -> Sleep {
        Sleep {
            scheduler: self.clone(),
            deadline_us,
            key: None,
        }
    }

    pub fn sleep(&self, us: u64) -> Sleep {
        self.sleep_until(self.now_us().saturating_add(us))
    }

    /// Runs ready tasks until the budget is spent or nobody is ready. Not to be called by a task.
    pub fn pump(&self, budget_units: u32) -> Pump {
        if self.current().is_some() {
            return Pump::More;
        }
        self.record(|| Input::Pump(budget_units));
        self.0.budget.set(budget_units.max(1));
        self.fire_timers();
        while self.0.budget.get() > 0 {
            let Some(id) = self.next_ready() else { break };
            self.run(id);
        }
        if !self.0.ready.borrow().is_empty() {
            return Pump::More;
        }
        match self.0.timers.borrow().first_key_value() {
            Some(((deadline, _), _)) => Pump::Sleeping(*deadline),
            None => Pump::Idle,
        }
    }

    fn fire_timers(&self) {
        loop {
            let mut timers = self.0.timers.borrow_mut();
            let Some(entry) = timers.first_entry() else {
                return;
            };
            if entry.key().0 > self.now_us() {
                return;
            }
            let id = entry.remove();
            drop(timers);
            self.wake(id);
        }
    }

    /// The one place where an order is chosen.
    fn next_ready(&self) -> Option<TaskId> {
        let mut ready = self.0.ready.borrow_mut();
        match &*self.0.choice.borrow() {
            Some(rng) if ready.len() > 1 => {
                let at = rng.below(ready.len() as u64) as usize;
                ready.remove(at)
            }
            _ => ready.pop_front(),
        }
    }

    fn run(&self, id: TaskId) {
        let job = {
            let mut slots = self.0.slots.borrow_mut();
            let Some(slot) = slots.get_mut(id.index as usize) else {
                return;
            };
            if slot.generation != id.generation {
                return;
            }
            slot.queued = false;
            slot.wait = None;
            slot.polls += 1;
            slot.job.take()
        };
        let Some(mut job) = job else { return };
        self.0.step.set(self.0.step.get() + 1);
        self.0.slice.set(SLICE);
        self.0.current.set(Some(id));
        let polled = job.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.0.current.set(None);
        self.spend(1);
        let mut slots = self.0.slots.borrow_mut();
        let Some(slot) = slots.get_mut(id.index as usize) else {
            return;
        };
        // The scheduler may have been cleared by the task itself.
        if slot.generation != id.generation {
            drop(slots);
            drop(job);
            return;
        }
        if polled.is_pending() {
            slot.job = Some(job);
            return;
        }
        slot.live = false;
        slot.generation = slot.generation.wrapping_add(1);
        drop(slots);
        self.0.free.borrow_mut().push(id.index);
        drop(job);
    }

    /// Drops every task, as the end of the engine does.
    pub fn clear(&self) {
        let mut jobs = Vec::new();
        let mut freed = Vec::new();
        for (index, slot) in self.0.slots.borrow_mut().iter_mut().enumerate() {
            if slot.live {
                slot.live = false;
                slot.queued = false;
                slot.generation = slot.generation.wrapping_add(1);
                jobs.push(slot.job.take());
                freed.push(index as u32);
            }
        }
        self.0.ready.borrow_mut().clear();
        self.0.timers.borrow_mut().clear();
        self.0.free.borrow_mut().extend(freed);
        drop(jobs);
    }

    pub fn inspect(&self) -> Vec<TaskView> {
        let slots = self.0.slots.borrow();
        let live = slots.iter().enumerate().filter(|(_, s)| s.live);
        live.map(|(i, s)| TaskView {
            task: i as u32,
            name: s.name.to_string(),
            ready: s.queued,
            wait: s.wait.map(|w| w.to_string()),
            polls: s.polls,
        })
        .collect()
    }
}

/// Polls a future once, outside any task or inside one: how the direct path finds out that nothing
/// has to be waited for.
pub fn poll_once<F: Future>(job: Pin<&mut F>) -> Poll<F::Output> {
    job.poll(&mut Context::from_waker(Waker::noop()))
}

pub struct YieldNow {
    scheduler: Scheduler,
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        let Some(id) = self.scheduler.current() else {
            // Outside a task there is nobody to yield to; a later poll may be inside one.
            return Poll::Pending;
        };
        self.yielded = true;
        self.scheduler.wake(id);
        Poll::Pending
    }
}

pub struct Sleep {
    scheduler: Scheduler,
    deadline_us: u64,
    key: Option<(u64, u64)>,
}

impl Sleep {
    fn forget(&mut self) {
        if let Some(key) = self.key.take() {
            self.scheduler.0.timers.borrow_mut().remove(&key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.forget();
        if self.scheduler.now_us() >= self.deadline_us {
            return Poll::Ready(());
        }
        if let Some(id) = self.scheduler.current() {
            let seq = self.scheduler.0.timer_seq.get();
            self.scheduler.0.timer_seq.set(seq + 1);
            let key = (self.deadline_us, seq);
            self.scheduler.0.timers.borrow_mut().insert(key, id);
            self.key = Some(key);
            self.scheduler.note_wait("timer");
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}
