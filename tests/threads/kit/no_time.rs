//! A wait of no time: item 16. It is over at once, and leaves everything as it was.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use trainyard::handle;
use trainyard::threads::{
    self, Barrier, BoundedSemaphore, Condition, Event, GetError, Lock, PutError, Queue, RLock,
    Semaphore, SimpleQueue, Waited,
};

use crate::support::{short, without_hanging};

const NO_TIME: Duration = Duration::ZERO;

#[test]
fn a_lock_or_a_permit_that_is_not_to_be_had_at_once_stays_anothers() {
    let (lock, rlock) = (Lock::new(()), RLock::new());
    let (permits, seats) = (Semaphore::new(0), BoundedSemaphore::new(1));
    let held = (lock.acquire(), seats.acquire(), rlock.acquire());
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            assert!(lock.acquire_timeout(NO_TIME).is_none());
            assert!(rlock.acquire_timeout(NO_TIME).is_none());
            assert!(permits.acquire_timeout(NO_TIME).is_none());
            assert!(seats.acquire_timeout(NO_TIME).is_none());
        });
        other.join().unwrap();
    });
    assert!(rlock.acquire_timeout(NO_TIME).is_some() && rlock.depth() == 1, "it is ours");
    drop(held);
    permits.release(1);
    assert!(lock.acquire_timeout(NO_TIME).is_some() && rlock.acquire_timeout(NO_TIME).is_some());
    assert!(permits.acquire_timeout(NO_TIME).is_some() && seats.acquire_timeout(NO_TIME).is_some());
}

/// Fails if a wait that was over at once leaves its place in line, or breaks no barrier.
#[test]
fn what_has_not_happened_yet_is_given_up_and_nobody_stays_in_line() {
    let (lock, changed, event) = (Lock::new(0), Condition::new(), Event::new());
    let mut guard = lock.acquire();
    assert_eq!(changed.wait_timeout(&mut guard, NO_TIME), Waited::TooLate);
    let never = |value: &mut i32| *value == 1;
    assert_eq!(changed.wait_for_timeout(&mut guard, never, NO_TIME), Waited::TooLate);
    assert_eq!((changed.waiting(), lock.is_locked()), (0, true));
    assert_eq!(event.wait_timeout(NO_TIME), Waited::TooLate);
    let barrier = Barrier::new(2);
    assert!(barrier.wait_timeout(NO_TIME).is_err() && barrier.is_broken());
    assert_eq!((Barrier::new(1).wait_timeout(NO_TIME), barrier.waiting()), (Ok(0), 0));
}

#[test]
fn a_queue_answers_at_once_and_keeps_what_it_has() {
    let (queue, simple) = (Queue::bounded(1), SimpleQueue::<u8>::new());
    assert_eq!(queue.get_timeout(NO_TIME), Err(GetError::Empty));
    assert_eq!(queue.put_timeout(1, NO_TIME), Ok(()));
    assert_eq!(queue.put_timeout(2, NO_TIME), Err(PutError::Full(2)));
    assert_eq!((queue.join_timeout(NO_TIME), queue.unfinished()), (Waited::TooLate, 1));
    assert_eq!((queue.get_timeout(NO_TIME), queue.task_done()), (Ok(1), Ok(())));
    assert_eq!((queue.join_timeout(NO_TIME), simple.get_timeout(NO_TIME)), (Waited::InTime, None));
    assert!(format!("{queue:?}").contains("getters: 0, putters: 0, joiners: 0"), "{queue:?}");
}

#[test]
fn a_thread_or_a_job_that_has_not_ended_can_be_waited_for_again() {
    without_hanging(|| {
        threads::run(|| {
            let stop = Arc::new(Event::new());
            let stopped = Arc::clone(&stop);
            let mut worker = threads::spawn(&short(), "worker", move |_| stopped.wait()).unwrap();
            assert_eq!(worker.thread().join_timeout(NO_TIME), Waited::TooLate);
            assert!(worker.join_timeout(NO_TIME).is_none());
            stop.set();
            worker.join().unwrap();
        });
        let (promise, mut handle) = handle::job();
        assert!(handle.join_timeout(NO_TIME).is_none());
        promise.fulfil(Ok(1));
        assert_eq!(handle.join_timeout(NO_TIME).expect("it is here").unwrap(), 1);
    });
}
