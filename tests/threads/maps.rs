//! What a map that is read while it runs promises: after `CPython`'s `executor.py`, with the
//! `buffersize` of 3.14.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use trainyard::handle::JobError;
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Gil, Mode, ThreadPool};

use crate::support::{AN_HOUR, eventually, without_hanging};

fn pool(workers: usize) -> ThreadPool {
    ThreadPool::builder()
        .workers(workers)
        .gil(Gil::new(Mode::Off))
        .build()
        .expect("threads can be had")
}

#[test]
fn answers_come_in_the_order_of_the_items_however_long_each_takes() {
    for mode in [Mode::default(), Mode::Off] {
        let pool = ThreadPool::builder().workers(3).gil(Gil::new(mode)).build().unwrap();
        let answers = pool.map_lazy(0..200_u64, |at, n| {
            (0..(n % 7) * 1000).for_each(|_| at.checkpoint());
            n * n
        });
        let answers: Vec<u64> = answers.map(Result::unwrap).collect();
        assert_eq!(answers, (0..200).map(|n| n * n).collect::<Vec<_>>());
    }
}

#[test]
fn a_panic_is_the_answer_of_its_item_and_the_others_have_theirs() {
    let pool = pool(2);
    let answers: Vec<_> = pool.map_lazy([4, 3, 0, 2], |_, n| 12 / n).collect();
    let texts = answers.iter().map(|answer| answer.as_ref().map_err(ToString::to_string).copied());
    let zero = "the job panicked: attempt to divide by zero".to_owned();
    assert_eq!(texts.collect::<Vec<_>>(), [Ok(3), Ok(4), Err(zero), Ok(6)]);
}

#[test]
fn items_may_be_infinitely_many() {
    let pool = pool(2);
    let sum: u64 = pool.map_lazy(1.., |_, n: u64| n).take(100).map(Result::unwrap).sum();
    assert_eq!(sum, 5050);
}

#[test]
fn nothing_runs_before_the_first_answer_is_asked_for() {
    let (pool, ran) = (pool(1), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&ran);
    let mut answers = pool.map_lazy(0..10, move |_, _| counted.fetch_add(1, Ordering::Relaxed));
    assert_eq!(pool.submit(|_| 7).join().unwrap(), 7);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    assert_eq!(answers.next().unwrap().unwrap(), 0);
}

/// The first job waits until the window is full.
///
/// Fails if one item more is taken, and hangs if one less.
#[test]
fn as_many_items_are_taken_as_there_is_room_for() {
    without_hanging(|| {
        for room in [1, 2, 5] {
            let (pool, taken) = (pool(8), Arc::new(AtomicUsize::new(0)));
            let (counted, returned) = (Arc::clone(&taken), AtomicUsize::new(0));
            let items = (0..20).inspect(|_| {
                let taken = taken.fetch_add(1, Ordering::Relaxed) + 1;
                assert!(taken - returned.load(Ordering::Relaxed) <= room);
            });
            let answers = pool.map_lazy(items, move |_, n: u32| {
                let is_full = || n > 0 || counted.load(Ordering::Relaxed) == room;
                eventually("the window is full", is_full);
            });
            for answer in answers.buffer_size(room) {
                answer.unwrap();
                returned.fetch_add(1, Ordering::Relaxed);
            }
            assert_eq!(taken.load(Ordering::Relaxed), 20);
        }
    });
}

/// Each item comes only when the answer of the one before it has been returned.
#[test]
fn an_answer_that_is_there_is_returned_before_a_full_window_of_slow_items() {
    without_hanging(|| {
        let (pool, (send, items)) = (pool(1), mpsc::channel());
        send.send(0).unwrap();
        let mut answers = pool.map_lazy(items, |_, n: u32| n).buffer_size(1);
        for n in 0..10 {
            assert_eq!(answers.next().unwrap().unwrap(), n);
            send.send(n + 1).unwrap();
        }
    });
}

#[test]
fn dropped_half_way_it_cancels_what_has_not_begun() {
    let (pool, ran) = (pool(1), Arc::new(AtomicUsize::new(0)));
    let (end, ends) = mpsc::channel::<()>();
    let (ends, counted) = (std::sync::Mutex::new(ends), Arc::clone(&ran));
    let taken = Arc::new(AtomicUsize::new(0));
    let taken_by_now = Arc::clone(&taken);
    let items = (0..).inspect(|_| _ = taken.fetch_add(1, Ordering::Relaxed));
    let mut answers = pool.map_lazy(items, move |_, n: u32| {
        counted.fetch_add(1, Ordering::Relaxed);
        match n {
            0 => eventually("a second is taken", || taken_by_now.load(Ordering::Relaxed) > 1),
            1 => _ = blocking(Why::Lock, || ends.lock().unwrap().recv()),
            _ => {}
        }
    });
    answers.next().unwrap().unwrap();
    eventually("the second runs", || ran.load(Ordering::Relaxed) >= 2);
    drop(answers);
    drop(end);
    assert_eq!(pool.submit(|_| 7).join().unwrap(), 7);
    assert_eq!(ran.load(Ordering::Relaxed), 2);
}

/// `CPython`'s `test_executor_map_current_future_cancel`: the one that it waited for as well.
#[test]
fn a_timeout_cancels_what_has_not_begun_and_ends_the_map() {
    let pool = pool(1);
    let (end, ends) = mpsc::channel::<()>();
    let first = pool.submit(move |_| blocking(Why::Lock, || ends.recv().is_err()));
    let ran = Arc::new(AtomicUsize::new(0));
    for timeout in [Duration::ZERO, Duration::from_millis(1)] {
        let counted = Arc::clone(&ran);
        let items = ["second", "third"];
        let answers = pool.map_lazy(items, move |_, _| counted.fetch_add(1, Ordering::Relaxed));
        let mut answers = answers.timeout(timeout);
        assert!(matches!(answers.next(), Some(Err(JobError::TimedOut))));
        assert!(answers.next().is_none());
    }
    drop(end);
    assert!(first.join().unwrap());
    drop(pool);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[test]
fn a_timeout_that_is_long_enough_changes_nothing() {
    for timeout in [AN_HOUR, Duration::MAX] {
        let pool = pool(2);
        let answers = pool.map_lazy(0..10, |_, n: u32| n).timeout(timeout);
        assert_eq!(answers.map(Result::unwrap).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }
}

#[test]
fn an_iterator_of_items_that_panics_ends_the_reader_and_not_the_pool() {
    let pool = pool(2);
    let items = (0..10).inspect(|n| assert!(*n != 5, "item 5"));
    let read = || pool.map_lazy(items, |_, n: u32| n).map(Result::unwrap).sum::<u32>();
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    assert_eq!(ended.unwrap_err().downcast_ref::<&str>(), Some(&"item 5"));
    assert_eq!(pool.submit(|_| 7).join().unwrap(), 7);
}

#[test]
fn of_a_closed_pool_each_item_is_answered() {
    let pool = pool(1);
    pool.close();
    let answers: Vec<_> = pool.map_lazy([1, 2], |_, n: u32| n).collect();
    assert!(matches!(answers[..], [Err(JobError::Shutdown), Err(JobError::Shutdown)]));
}

/// Fails (hangs) if the reader keeps the lock.
#[test]
fn a_reader_gives_the_lock_up_while_it_waits() {
    without_hanging(|| {
        let pool = ThreadPool::builder().workers(2).build().unwrap();
        let sum: u32 =
            pool.gil().attach(|_| pool.map_lazy(0..10, |_, n| n).map(Result::unwrap).sum());
        assert_eq!(sum, 45);
    });
}

#[test]
fn in_the_only_worker_each_item_is_told_that_nobody_would_run_it() {
    let pool = Arc::new(pool(1));
    let own = Arc::clone(&pool);
    let outer = pool.submit(move |_| own.map_lazy([1, 2], |_, n: u32| n).collect::<Vec<_>>());
    let answers = outer.join().unwrap();
    assert!(matches!(answers[..], [Err(JobError::WouldDeadlock), Err(JobError::WouldDeadlock)]));
}
