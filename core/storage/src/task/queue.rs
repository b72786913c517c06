//! Waiting in line: `WaitQueue`, and a counting semaphore made of the same line.

use super::scheduler::{Scheduler, TaskId};
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

struct Node {
    task: Cell<Option<TaskId>>,
    /// For a semaphore: how much the waiter wants.
    want: u32,
    woken: Cell<bool>,
}

struct Line {
    scheduler: Scheduler,
    what: &'static str,
    nodes: RefCell<VecDeque<Rc<Node>>>,
    /// Semaphores only.
    free: Cell<u32>,
}

impl Line {
    fn new(scheduler: &Scheduler, what: &'static str, free: u32) -> Rc<Line> {
        let nodes = RefCell::default();
        Rc::new(Line {
            scheduler: scheduler.clone(),
            what,
            nodes,
            free: Cell::new(free),
        })
    }

    fn join(&self, want: u32) -> Rc<Node> {
        let node = Rc::new(Node {
            task: Cell::new(None),
            want,
            woken: Cell::new(false),
        });
        self.nodes.borrow_mut().push_back(node.clone());
        node
    }

    fn wake_first(&self) -> bool {
        let Some(node) = self.nodes.borrow_mut().pop_front() else {
            return false;
        };
        node.woken.set(true);
        if let Some(task) = node.task.get() {
            self.scheduler.wake(task);
        }
        true
    }

    fn register(&self, node: &Node) {
        node.task.set(self.scheduler.current());
        self.scheduler.note_wait(self.what);
    }

    fn leave(&self, node: &Rc<Node>) {
        self.nodes.borrow_mut().retain(|n| !Rc::ptr_eq(n, node));
    }

    /// Lets in from the front whoever fits; nobody overtakes a larger wish.
    fn grant(&self) {
        loop {
            let want = self.nodes.borrow().front().map(|n| n.want);
            let Some(want) = want.filter(|w| *w <= self.free.get()) else {
                return;
            };
            self.free.set(self.free.get() - want);
            self.wake_first();
        }
    }
}

/// A first-in, first-out line of tasks.
#[derive(Clone)]
pub struct WaitQueue(Rc<Line>);

impl WaitQueue {
    /// `what` is shown by inspectors as the thing waited for.
    pub fn new(scheduler: &Scheduler, what: &'static str) -> WaitQueue {
        WaitQueue(Line::new(scheduler, what, 0))
    }

    /// Joins the line now, not at the first poll.
    pub fn wait(&self) -> Wait {
        Wait {
            line: self.0.clone(),
            node: Some(self.0.join(0)),
        }
    }

    /// Wakes the first in line; false if nobody waits.
    pub fn wake_one(&self) -> bool {
        self.0.wake_first()
    }

    pub fn wake_all(&self) {
        // Those who join while the woken run are not among them.
        let waiting = self.len();
        for _ in 0..waiting {
            self.0.wake_first();
        }
    }

    pub fn len(&self) -> usize {
        self.0.nodes.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

pub struct Wait {
    line: Rc<Line>,
    node: Option<Rc<Node>>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some(node) = self.node.as_ref() else {
            return Poll::Ready(());
        };
        if node.woken.get() {
            self.node = None;
            return Poll::Ready(());
        }
        self.line.register(node);
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            if node.woken.get() {
                self.line.wake_first();
            } else {
                self.line.leave(&node);
            }
        }
    }
}

/// Grants units in the order of asking.
#[derive(Clone)]
pub struct Semaphore(Rc<Line>);

impl Semaphore {
    pub fn new(scheduler: &Scheduler, what: &'static str, units: u32) -> Semaphore {
        Semaphore(Line::new(scheduler, what, units))
    }

    pub fn available(&self) -> u32 {
        self.0.free.get()
    }

    pub fn acquire(&self, units: u32) -> Acquire {
        Acquire {
            line: self.0.clone(),
            node: None,
            units,
            done: false,
        }
    }
}

pub struct Acquire {
    line: Rc<Line>,
    node: Option<Rc<Node>>,
    units: u32,
    done: bool,
}

impl Future for Acquire {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Permit> {
        let line = self.line.clone();
        if self.node.is_none() {
            self.node = Some(line.join(self.units));
            line.grant();
        }
        match &self.node {
            Some(node) if !node.woken.get() => {
                line.register(node);
                Poll::Pending
            }
            _ => {
                self.done = true;
                Poll::Ready(Permit {
                    line,
                    units: self.units,
                })
            }
        }
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if let Some(node) = self.node.take() {
            if node.woken.get() {
                self.line.free.set(self.line.free.get() + self.units);
            } else {
                self.line.leave(&node);
            }
            self.line.grant();
        }
    }
}

/// Units held; given back when dropped.
pub struct Permit {
    line: Rc<Line>,
    units: u32,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.line.free.set(self.line.free.get() + self.units);
        self.line.grant();
    }
}
