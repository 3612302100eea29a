//! Wake-ups that come to a loop from other threads.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::thread;

use trainyard::coop::{self, Runtime};
use trainyard::sys::prim::{Condvar, Mutex};
use trainyard::threads::ThreadPool;

use crate::runner::tests;
use crate::turns;
use crate::unguarded::Unguarded;

tests![
    stress_a_wake_brings_what_was_written_before_it,
    stress_the_last_wake_of_a_storm_from_two_threads_is_seen,
    stress_wakers_in_two_threads_outlive_their_loop,
    stress_a_loop_awaits_the_answers_of_a_pool,
];

/// Where a task leaves its waker for the thread that is to wake it next.
#[derive(Default)]
struct Errand {
    waker: Mutex<Option<Waker>>,
    is_here: Condvar,
    /// What the thread writes before it wakes. Nothing but the wake-up orders it.
    news: Unguarded,
}

impl Errand {
    fn give(&self, waker: &Waker) {
        *self.waker.lock() = Some(waker.clone());
        self.is_here.notify_one();
    }

    fn take(&self) -> Waker {
        let mut waker = self.waker.lock();
        loop {
            match waker.take() {
                Some(taken) => return taken,
                None => waker = self.is_here.wait(waker),
            }
        }
    }
}

/// A task and a thread of its own take turns: the task gives its waker, the thread writes and wakes.
async fn take_turns(rounds: u64) {
    let errand = Arc::new(Errand::default());
    let shared = Arc::clone(&errand);
    let thread = thread::spawn(move || {
        for round in 1..=rounds {
            let waker = shared.take();
            shared.news.set(round);
            waker.wake();
        }
    });
    let mut round = 0;
    poll_fn(|context| {
        // From the second poll on, the wake-up is the only reason to be here.
        assert_eq!(errand.news.get(), round);
        if round == rounds {
            return Poll::Ready(());
        }
        round += 1;
        errand.give(context.waker());
        Poll::Pending
    })
    .await;
    thread.join().expect("waking does not panic");
}

/// Two threads push to one inbox; each turn may find the loop asleep, awake, or on its way.
///
/// Hangs if `push` does not ring. `ThreadSanitizer` reports a race if a wake-up reaches the loop
/// by a way that orders nothing.
fn stress_a_wake_brings_what_was_written_before_it() {
    coop::run(coop::join_all([turns(3_000), turns(3_000)].map(take_turns)));
}

/// Hangs if `queued` is cleared after the poll, now and then (WAKE-2).
fn stress_the_last_wake_of_a_storm_from_two_threads_is_seen() {
    let each = turns(10_000);
    let (count, mut threads) = (Arc::new(AtomicU64::new(0)), Vec::new());
    let storm = |waker: &Waker| {
        let (count, waker) = (Arc::clone(&count), waker.clone());
        thread::spawn(move || {
            for _ in 0..each {
                count.fetch_add(1, Ordering::Relaxed);
                waker.wake_by_ref();
            }
        })
    };
    coop::run(poll_fn(|context| {
        if threads.is_empty() {
            threads.extend([storm(context.waker()), storm(context.waker())]);
        }
        let all_seen = count.load(Ordering::Relaxed) == 2 * each;
        if all_seen { Poll::Ready(()) } else { Poll::Pending }
    }));
    for thread in threads {
        thread.join().expect("waking does not panic");
    }
}

/// `AddressSanitizer` reports a use after free if a waker borrows from the loop (WAKE-3).
fn stress_wakers_in_two_threads_outlive_their_loop() {
    for _ in 0..turns(200) {
        let mut runtime = Runtime::new().expect("descriptors can be had");
        let waker = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&waker);
        drop(runtime.spawn(poll_fn(move |context| {
            *slot.lock() = Some(context.waker().clone());
            Poll::<()>::Pending
        })));
        runtime.block_on(coop::yield_now());
        let waker = waker.lock().take().expect("the task has run");
        let threads = [waker.clone(), waker].map(|waker| {
            thread::spawn(move || {
                (0..10).for_each(|_| waker.wake_by_ref());
                drop(waker);
            })
        });
        drop(runtime);
        for thread in threads {
            thread.join().expect("waking a task that is gone does not panic");
        }
    }
}

/// Hangs if a job's end wakes nobody who awaits its handle.
fn stress_a_loop_awaits_the_answers_of_a_pool() {
    let pool = ThreadPool::builder().workers(2).build().expect("threads can be had");
    let answers: Vec<u64> = coop::run(async {
        let jobs = (0..turns(500)).map(|n| pool.submit(move |_| n));
        let answers = coop::join_all(jobs).await;
        answers.into_iter().map(|answer| answer.expect("no job fails")).collect()
    });
    assert!(answers.into_iter().eq(0..turns(500)));
}
