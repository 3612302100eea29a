//! What the thread pool promises; the lock below it is in `lock`.
//!
//! Where a promise is about order, the recorder is the witness: the test records, and replays the
//! recording through the model.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use trainyard::handle::JobError;
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Gil, Mode, ThreadPool};
use trainyard::trace::{self, Kind};

use crate::alone::alone;
use crate::support::{INTERVAL, recorded};

#[test]
fn answers_come_in_the_order_of_the_items() {
    for mode in [Mode::timed(INTERVAL), Mode::Off] {
        let pool = ThreadPool::builder().workers(3).gil(Gil::new(mode)).build().unwrap();
        let answers = pool.map(0..100_u64, |at, n| {
            at.checkpoint();
            n * n
        });
        let answers: Vec<u64> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..100).map(|n| n * n).collect::<Vec<_>>());
    }
}

#[test]
fn a_job_that_panics_fails_alone() {
    let pool = ThreadPool::builder().workers(1).build().unwrap();
    let failing = pool.submit::<(), _>(|_| panic!("job {}", 7));
    let JobError::Panicked { message, .. } = failing.join().unwrap_err() else {
        panic!("not the job's own panic")
    };
    assert_eq!(message, "job 7");
    assert_eq!(pool.submit(|_| 8).join().unwrap(), 8);
}

#[test]
fn a_queued_job_can_be_cancelled() {
    let pool = ThreadPool::builder().workers(1).build().unwrap();
    let (release, released) = mpsc::channel::<()>();
    let running = pool.submit(move |_| blocking(Why::Lock, || released.recv().is_ok()));
    let queued = pool.submit(|_| unreachable!("it was cancelled"));
    assert!(queued.cancel());
    release.send(()).unwrap();
    assert!(running.join().unwrap());
    assert!(matches!(queued.join(), Err::<(), _>(JobError::Cancelled)));
}

#[test]
fn a_pool_that_is_dropped_runs_what_is_queued_first() {
    let done = Arc::new(AtomicU64::new(0));
    let pool = ThreadPool::builder().workers(2).build().unwrap();
    for _ in 0..50 {
        let done = Arc::clone(&done);
        drop(pool.submit(move |_| done.fetch_add(1, Ordering::Relaxed)));
    }
    drop(pool);
    assert_eq!(done.load(Ordering::Relaxed), 50);
}

#[test]
fn a_closed_pool_answers_shutdown() {
    let pool = ThreadPool::builder().workers(1).build().unwrap();
    pool.close();
    pool.close();
    assert!(matches!(pool.submit(|_| ()).join(), Err(JobError::Shutdown)));
}

#[test]
fn the_initializer_runs_once_in_each_thread() {
    thread_local!(static MINE: AtomicBool = const { AtomicBool::new(false) });
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    let pool = ThreadPool::builder()
        .workers(3)
        .initializer(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            MINE.with(|mine| mine.store(true, Ordering::Relaxed));
        })
        .build()
        .unwrap();
    let seen = pool.map(0..30, |_, _| MINE.with(|mine| mine.load(Ordering::Relaxed)));
    assert!(seen.into_iter().all(Result::unwrap));
    drop(pool);
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[test]
fn a_pool_whose_initializer_panics_is_not_made() {
    let builder = ThreadPool::builder().workers(2).initializer(|| panic!("no session"));
    let error = builder.build().unwrap_err();
    assert_eq!(error.to_string(), "an initializer failed: the job panicked: no session");
}

#[test]
fn a_pool_that_works_obeys_the_model_with_the_lock_on_and_off() {
    alone("pool::a_pool_that_works_obeys_the_model_with_the_lock_on_and_off", || {
        for mode in [Mode::timed(INTERVAL), Mode::Off] {
            let recording = recorded(|| {
                let pool = ThreadPool::builder().workers(3).gil(Gil::new(mode)).build().unwrap();
                pool.map(0..30, |at, n: u64| {
                    (0..n * 1000).for_each(|_| at.checkpoint());
                    blocking(Why::Sleep, thread::yield_now);
                });
            });
            trace::check::check(&recording.events).unwrap();
            let begun = recording.events.iter().filter(|event| event.kind == Kind::ThreadJobBegin);
            assert!(begun.count() >= 30);
        }
    });
}
