//! The loop and other threads: a waker may be called anywhere, at any time, by anybody.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Poll, Waker};
use std::thread::ThreadId;
use std::time::Duration;

use trainyard::coop::{self, Builder, Runtime};
use trainyard::handle;
use trainyard::sys::blocking::{Hook, install};

/// Returns the waker of a task that waits for ever on `runtime`.
fn waker_of_a_task(runtime: &mut Runtime) -> Waker {
    let slot: Rc<RefCell<Option<Waker>>> = Rc::default();
    let inner = Rc::clone(&slot);
    drop(runtime.spawn(poll_fn(move |context| {
        *inner.borrow_mut() = Some(context.waker().clone());
        Poll::<()>::Pending
    })));
    runtime.block_on(coop::yield_now());
    slot.take().unwrap()
}

#[test]
fn a_waker_outlives_its_task_and_its_runtime_in_every_thread() {
    for _ in 0..100 {
        let mut runtime = Runtime::new().unwrap();
        let waker = waker_of_a_task(&mut runtime);
        std::thread::scope(|scope| {
            // Races the runtime's end.
            scope.spawn(|| (0..10).for_each(|_| waker.wake_by_ref()));
            drop(runtime);
        });
        waker.wake();
    }
}

/// Fails (hangs) if `push` does not ring, or if a wake from another thread is pushed to nobody.
#[test]
fn a_task_that_waits_for_another_thread_is_woken_from_its_sleep() {
    let answers = coop::run(async {
        let jobs = (0_u32..100).map(|number| {
            let (promise, answer) = handle::job();
            std::thread::spawn(move || promise.fulfil(Ok(number)));
            answer
        });
        coop::join_all(jobs).await
    });
    assert!(answers.into_iter().map(Result::unwrap).eq(0..100));
}

#[test]
fn a_waker_of_one_loop_works_from_inside_another_on_the_same_thread() {
    let mut sleeps = Runtime::new().unwrap();
    let (promise, answer) = handle::job();
    let waits = sleeps.spawn(answer);
    sleeps.block_on(coop::yield_now());
    coop::run(async { promise.fulfil(Ok(7)) });
    assert_eq!(sleeps.block_on(waits).unwrap().unwrap(), 7);
}

/// Polls itself for ever, without making room.
fn greedy(polls: Rc<Cell<u32>>) -> impl Future<Output = ()> {
    poll_fn(move |context| {
        polls.set(polls.get() + 1);
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Fails (never ends) if `round` has no limit.
#[test]
fn a_wake_from_another_thread_is_served_within_the_event_interval() {
    for interval in [1, 7, 61] {
        let mut runtime = Builder::new().event_interval(interval).build().unwrap();
        let polls = Rc::new(Cell::new(0));
        drop(runtime.spawn(greedy(Rc::clone(&polls))));
        runtime.block_on(async {
            let (promise, answer) = handle::job();
            let count = Rc::clone(&polls);
            let sender = coop::spawn(async move {
                // The wake-up lies in the inbox when this returns.
                std::thread::spawn(move || promise.fulfil(Ok(()))).join().unwrap();
                count.get()
            });
            answer.await.unwrap();
            let served_at = polls.get();
            // Two polls are not counted: the sender's, and ours.
            assert!(served_at - sender.await.unwrap() <= interval + 2, "interval {interval}");
        });
    }
}

/// Fails (never ends) if `round` has no limit.
#[test]
fn a_timer_fires_beside_a_task_that_is_always_ready() {
    coop::run(async {
        let task = coop::spawn(greedy(Rc::default()));
        coop::sleep(Duration::from_millis(1)).await;
        task.abort();
        let yields = coop::spawn(async {
            loop {
                coop::yield_now().await;
            }
        });
        coop::sleep(Duration::from_millis(1)).await;
        yields.abort();
    });
}

/// Counts, then wakes, again and again, in a thread of its own.
fn wake_often(times: u32, sent: &Arc<AtomicU32>, waker: &Waker) -> std::thread::JoinHandle<()> {
    let (sent, waker) = (Arc::clone(sent), waker.clone());
    std::thread::spawn(move || {
        for _ in 0..times {
            sent.fetch_add(1, Ordering::Relaxed);
            waker.wake_by_ref();
        }
    })
}

#[test]
fn every_wake_of_a_storm_is_seen_by_a_later_poll() {
    const THREADS: u32 = 4;
    const TIMES: u32 = 20_000;
    let (sent, mut threads) = (Arc::default(), Vec::new());
    coop::run(poll_fn(|context| {
        if threads.is_empty() {
            threads.extend((0..THREADS).map(|_| wake_often(TIMES, &sent, context.waker())));
        }
        let is_all = sent.load(Ordering::Relaxed) == THREADS * TIMES;
        if is_all { Poll::Ready(()) } else { Poll::Pending }
    }));
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_loop_that_sleeps_gives_up_what_its_thread_holds() {
    #[derive(Default)]
    struct Counts(Cell<u32>);
    impl Hook for Counts {
        fn release(&self) {
            self.0.set(self.0.get() + 1);
        }
        fn acquire(&self) {}
    }
    let counts = Rc::new(Counts::default());
    let installed = install(Rc::<Counts>::clone(&counts));
    coop::run(async { coop::yield_now().await });
    assert_eq!(counts.0.get(), 0, "nothing to wait for, nothing to give up");
    coop::run(async { coop::sleep(Duration::from_millis(1)).await });
    drop(installed);
    assert!(counts.0.get() > 0);
}

/// Where the tasks of [`count_to`] announce that they are ready to be switched.
#[derive(Clone, Copy)]
enum Await {
    Between,
    InTheMiddle,
}

/// Does `x = x + 1` a thousand times.
async fn count(x: Rc<Cell<u32>>, place: Await) {
    for _ in 0..1_000 {
        let read = x.get();
        if let Await::InTheMiddle = place {
            coop::yield_now().await;
        }
        x.set(read + 1);
        if let Await::Between = place {
            coop::yield_now().await;
        }
    }
}

/// Lets two tasks count on one `x`, and returns it.
fn count_to(place: Await) -> u32 {
    let x = Rc::default();
    coop::run(async {
        coop::join_all([(); 2].map(|()| coop::spawn(count(Rc::clone(&x), place)))).await;
    });
    x.get()
}

#[test]
fn two_tasks_lose_no_update_unless_they_await_in_the_middle() {
    assert_eq!(count_to(Await::Between), 2_000);
    // Each reads what the other has read: every second update is lost, in every run.
    assert_eq!(count_to(Await::InTheMiddle), 1_000);
}

#[test]
fn the_futures_of_a_loop_may_hold_what_must_not_leave_the_thread() {
    struct Witness {
        dropped_by: Rc<Cell<Option<ThreadId>>>,
    }
    impl Drop for Witness {
        fn drop(&mut self) {
            self.dropped_by.set(Some(std::thread::current().id()));
        }
    }
    let dropped_by = Rc::default();
    let mut runtime = Runtime::new().unwrap();
    let witness = Witness { dropped_by: Rc::clone(&dropped_by) };
    let handle = runtime.spawn(async move {
        let witness = witness;
        pending::<()>().await;
        drop(witness);
    });
    runtime.block_on(coop::yield_now());
    drop(runtime);
    assert_eq!(dropped_by.get(), Some(std::thread::current().id()));
    assert!(handle.is_finished());
}
