//! A value that arrives once: one side sets it, the other awaits it.

use super::scheduler::{Scheduler, TaskId};
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::Poll;

struct Inner<T> {
    scheduler: Scheduler,
    what: &'static str,
    value: RefCell<Option<T>>,
    waiter: Cell<Option<TaskId>>,
}

pub struct OneShot<T>(Rc<Inner<T>>);

impl<T> Clone for OneShot<T> {
    fn clone(&self) -> Self {
        OneShot(self.0.clone())
    }
}

impl<T> OneShot<T> {
    pub fn new(scheduler: &Scheduler, what: &'static str) -> OneShot<T> {
        OneShot(Rc::new(Inner {
            scheduler: scheduler.clone(),
            what,
            value: RefCell::new(None),
            waiter: Cell::new(None),
        }))
    }

    pub fn set(&self, value: T) {
        *self.0.value.borrow_mut() = Some(value);
        if let Some(task) = self.0.waiter.take() {
            self.0.scheduler.wake(task);
        }
    }

    /// The value, if it has come.
    pub fn try_take(&self) -> Option<T> {
        self.0.value.borrow_mut().take()
    }

    /// Waits for the value and takes it. One waiter at a time.
    pub async fn wait(&self) -> T {
        poll_fn(|_| match self.try_take() {
            Some(value) => Poll::Ready(value),
            None => {
                self.0.waiter.set(self.0.scheduler.current());
                self.0.scheduler.note_wait(self.0.what);
                Poll::Pending
            }
        })
        .await
    }
}
