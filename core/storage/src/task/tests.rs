//! The scheduler and what tasks wait for.

use super::*;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::Future;

type Log = Rc<RefCell<Vec<u32>>>;

fn spawn_all(s: &Scheduler, log: &Log, n: u32, job: impl AsyncFn(u32) + Clone + 'static) {
    for i in 0..n {
        let (log, job) = (log.clone(), job.clone());
        s.spawn(async move {
            job(i).await;
            log.borrow_mut().push(i);
        });
    }
}

#[test]
fn tasks_run_in_turn_or_as_the_seed_says() {
    let order = |seed| {
        let (s, log) = (Scheduler::new(), Log::default());
        s.choose_by_seed(seed);
        let inner = s.clone();
        spawn_all(&s, &log, 8, async move |_| inner.yield_now().await);
        assert_eq!(s.pump(1000), Pump::Idle);
        log.take()
    };
    assert_eq!(order(None), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(order(Some(1)), order(Some(1)));
    assert_ne!(order(Some(1)), order(Some(2)));
    let mut sorted = order(Some(3));
    sorted.sort();
    assert_eq!(sorted, order(None));
}

#[test]
fn a_budget_bounds_a_pump() {
    let (s, log) = (Scheduler::new(), Log::default());
    spawn_all(&s, &log, 10, async |_| ());
    assert_eq!(s.pump(4), Pump::More);
    assert_eq!(log.borrow().len(), 4);
    assert_eq!(s.pump(100), Pump::Idle);
    assert!(s.inspect().is_empty());
}

#[test]
fn timers_fire_in_order_of_the_given_clock() {
    let (s, log) = (Scheduler::new(), Log::default());
    let inner = s.clone();
    spawn_all(&s, &log, 5, async move |i| {
        inner.sleep_until(100 - u64::from(i) * 10).await
    });
    assert_eq!(s.pump(100), Pump::Sleeping(60));
    s.set_now_us(80);
    assert_eq!(s.pump(100), Pump::Sleeping(90));
    assert_eq!(*log.borrow(), [4, 3, 2]);
    s.set_now_us(50);
    assert_eq!(s.now_us(), 80, "time does not go back");
    s.set_now_us(1000);
    assert_eq!(s.pump(100), Pump::Idle);
}

#[test]
fn queues_are_first_in_first_out_and_survive_drops() {
    let s = Scheduler::new();
    let queue = WaitQueue::new(&s, "test");
    let log = Log::default();
    let inner = queue.clone();
    spawn_all(&s, &log, 4, async move |_| inner.wait().await);
    s.pump(100);
    assert_eq!(s.inspect()[0].wait.as_deref(), Some("test"));
    let quitter = queue.wait();
    assert_eq!(queue.len(), 5);
    drop(quitter);
    assert_eq!(queue.len(), 4);
    queue.wake_one();
    s.pump(100);
    assert_eq!(*log.borrow(), [0]);
    // A waiter that was woken and dropped passes the wake on.
    let first = queue.clone();
    let held = Box::pin(first.wait());
    queue.wake_one();
    queue.wake_one();
    queue.wake_one();
    queue.wake_one();
    drop(held);
    s.pump(100);
    assert_eq!(*log.borrow(), [0, 1, 2, 3]);
}

#[test]
fn a_future_polled_outside_may_be_spawned_and_still_wakes() {
    let s = Scheduler::new();
    let value = OneShot::new(&s, "value");
    let other = value.clone();
    let mut job = Box::pin(async move { assert_eq!(other.wait().await, 7) });
    assert!(poll_once(job.as_mut()).is_pending());
    let id = s.spawn(job);
    s.pump(10);
    assert!(s.is_live(id));
    value.set(7);
    s.pump(10);
    assert!(!s.is_live(id));
}

#[test]
fn nobody_overtakes_in_a_semaphore() {
    let s = Scheduler::new();
    let units = Semaphore::new(&s, "units", 4);
    let log = Log::default();
    let (inner, sched) = (units.clone(), s.clone());
    // The second wants everything; the third and fourth would fit but come later.
    spawn_all(&s, &log, 4, async move |i| {
        let _permit = inner.acquire(if i == 1 { 4 } else { 1 }).await;
        sched.yield_now().await;
    });
    s.pump(1000);
    assert_eq!(*log.borrow(), [0, 1, 2, 3]);
    assert_eq!(units.available(), 4);
}

#[test]
fn a_dropped_wish_lets_the_next_in() {
    let s = Scheduler::new();
    let units = Semaphore::new(&s, "units", 2);
    let mut big = Box::pin(units.acquire(2));
    let mut wish = Box::pin(units.acquire(2));
    let mut small = Box::pin(units.acquire(1));
    let permit = poll_once(big.as_mut());
    assert!(permit.is_ready());
    assert!(poll_once(wish.as_mut()).is_pending());
    assert!(poll_once(small.as_mut()).is_pending());
    drop(wish);
    drop(permit);
    drop(big);
    assert!(poll_once(small.as_mut()).is_ready());
    drop(small);
    assert_eq!(units.available(), 2);
}

#[test]
fn clear_drops_every_task_even_when_tasks_hold_the_scheduler() {
    let s = Scheduler::new();
    let probe = Rc::new(());
    for _ in 0..3 {
        let (inner, held) = (s.clone(), probe.clone());
        s.spawn(async move {
            inner.sleep(1000).await;
            drop(held);
        });
    }
    s.pump(10);
    s.clear();
    assert_eq!(Rc::strong_count(&probe), 1);
    assert_eq!(s.pump(10), Pump::Idle);
    fn assert_future<F: Future<Output = ()>>(_: &F) {}
    assert_future(&s.yield_now());
}
