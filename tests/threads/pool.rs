//! What the thread pool promises; the lock below it is in `lock`.
//!
//! Where a promise is about order, the recorder is the witness: the test records, and replays the
//! recording through the model.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use trainyard::handle::JobError;
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Attached, Gil, Guarded, Mode, ThreadPool};
use trainyard::trace::{self, Kind};

use crate::alone::alone;
use crate::support::{INTERVAL, recorded, without_hanging};

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
    assert_eq!(error.to_string(), "an initializer panicked: no session");
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

#[test]
fn a_worker_that_joins_a_job_that_nobody_is_left_to_run_is_told() {
    let pool = Arc::new(ThreadPool::builder().workers(1).build().unwrap());
    let own = Arc::clone(&pool);
    let outer = pool.submit(move |_| own.submit(|_| 1).join());
    assert!(matches!(outer.join().unwrap(), Err(JobError::WouldDeadlock)));
    assert_eq!(pool.submit(|_| 2).join().unwrap(), 2, "the pool goes on");
}

/// Both workers wait for a job behind them: the second to wait is told, so its worker is free again,
/// and runs what the first waits for.
#[test]
fn of_two_workers_that_would_deadlock_one_is_told_and_the_other_gets_its_answer() {
    let pool = Arc::new(ThreadPool::builder().workers(2).build().unwrap());
    let both = Arc::new(std::sync::Barrier::new(2));
    let outer = || {
        let (pool, both) = (Arc::clone(&pool), Arc::clone(&both));
        move |_: &mut Attached<'_>| {
            blocking(Why::Lock, || both.wait());
            pool.submit(|_| 1).join()
        }
    };
    let answers = [pool.submit(outer()), pool.submit(outer())].map(|outer| outer.join().unwrap());
    let told = answers.iter().filter(|answer| matches!(answer, Err(JobError::WouldDeadlock)));
    let answered = answers.iter().filter(|answer| matches!(answer, Ok(1)));
    assert_eq!((told.count(), answered.count()), (1, 1));
}

#[test]
fn a_callback_in_the_only_worker_that_joins_is_told() {
    let pool = Arc::new(ThreadPool::builder().workers(1).build().unwrap());
    let (told, seen) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let first = pool.submit(move |_| blocking(Why::Lock, || released.recv().is_ok()));
    let own = Arc::clone(&pool);
    first.on_done(move || told.send(own.submit(|_| ()).join()).unwrap());
    release.send(()).unwrap();
    assert!(matches!(seen.recv().unwrap(), Err(JobError::WouldDeadlock)));
}

/// The first job waits for all that came after it, of which its worker took some along with it.
///
/// Fails (hangs) if workers do not steal.
#[test]
fn no_job_waits_behind_a_long_one_while_a_worker_has_nothing_to_do() {
    without_hanging(|| {
        let pool = ThreadPool::builder().workers(2).gil(Gil::new(Mode::Off)).build().unwrap();
        let (ended, ends) = mpsc::channel();
        // Both workers wait at the gate, so that the queue is long when they look at it.
        let gate = Arc::new(std::sync::Barrier::new(3));
        for _ in 0..2 {
            let gate = Arc::clone(&gate);
            pool.spawn(move |_| _ = gate.wait());
        }
        let long = pool.submit(move |_| ends.iter().take(199).count());
        for _ in 0..199 {
            let ended = ended.clone();
            pool.spawn(move |_| ended.send(()).unwrap());
        }
        gate.wait();
        assert_eq!(long.join().unwrap(), 199);
    });
}

#[test]
fn the_destructor_of_what_a_job_panicked_with_may_panic_too() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload's destructor");
        }
    }
    let pool = ThreadPool::builder().workers(1).build().unwrap();
    pool.spawn(|_| std::panic::panic_any(Bomb));
    drop(pool.submit::<(), _>(|_| std::panic::panic_any(Bomb)));
    assert_eq!(pool.submit(|_| 8).join().unwrap(), 8);
    let builder = ThreadPool::builder().workers(2).initializer(|| std::panic::panic_any(Bomb));
    assert!(builder.build().is_err());
}

mod scope {
    use super::*;

    #[test]
    fn jobs_that_borrow_have_ended_when_the_scope_ends() {
        for mode in [Mode::default(), Mode::Off] {
            let pool = ThreadPool::builder().workers(3).gil(Gil::new(mode)).build().unwrap();
            let mut squares = [0; 100];
            pool.scope(|scope| {
                for (n, square) in squares.iter_mut().enumerate() {
                    scope.spawn(move |_| *square = n * n);
                }
            });
            assert!(squares.iter().enumerate().all(|(n, square)| *square == n * n));
        }
    }

    #[test]
    fn a_job_may_submit_further_ones() {
        let (pool, count) = (ThreadPool::builder().workers(2).build().unwrap(), AtomicU64::new(0));
        let count = &count;
        pool.scope(|scope| {
            scope.spawn(move |_| {
                for _ in 0..100 {
                    scope.spawn(|_| _ = count.fetch_add(1, Ordering::Relaxed));
                }
            });
        });
        assert_eq!(count.load(Ordering::Relaxed), 100);
    }

    #[test]
    fn no_job_waits_behind_a_long_one_while_a_worker_has_nothing_to_do() {
        without_hanging(|| {
            let pool = ThreadPool::builder().workers(2).gil(Gil::new(Mode::Off)).build().unwrap();
            let (gate, (ended, ends)) = (std::sync::Barrier::new(3), mpsc::channel());
            let gate = &gate;
            pool.scope(|scope| {
                // As above, both workers wait at the gate until the queue is long.
                for _ in 0..2 {
                    scope.spawn(move |_| _ = gate.wait());
                }
                scope.spawn(move |_| assert_eq!(ends.iter().take(199).count(), 199));
                for _ in 0..199 {
                    let ended = ended.clone();
                    scope.spawn(move |_| ended.send(()).unwrap());
                }
                gate.wait();
            });
        });
    }

    #[test]
    fn a_scope_in_a_detached_part_of_the_only_worker_goes_on() {
        without_hanging(|| {
            let pool = Arc::new(ThreadPool::builder().workers(1).build().unwrap());
            let own = Arc::clone(&pool);
            let squares = move || own.map_slice(&[1, 2, 3], |_, n| n * n);
            let outer = pool.submit(move |at| at.detach(Why::Native, squares));
            assert_eq!(outer.join().unwrap(), [1, 4, 9]);
        });
    }

    #[test]
    fn its_panic_is_passed_on_when_all_jobs_have_ended() {
        let (pool, count) = (ThreadPool::builder().workers(2).build().unwrap(), AtomicU64::new(0));
        let count = &count;
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.scope(|scope| {
                scope.spawn(|_| panic!("one of them"));
                for _ in 0..100 {
                    scope.spawn(|_| _ = count.fetch_add(1, Ordering::Relaxed));
                }
            });
        }));
        assert_eq!(ended.unwrap_err().downcast_ref::<&str>(), Some(&"one of them"));
        assert_eq!(count.load(Ordering::Relaxed), 100);
    }

    /// Fails (hangs) if whoever opened the scope does not run its jobs.
    #[test]
    fn a_scope_and_a_map_inside_the_only_worker_go_on() {
        let pool = Arc::new(ThreadPool::builder().workers(1).build().unwrap());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move |_| {
            let sum = AtomicU64::new(0);
            own.scope(|scope| scope.spawn(|_| sum.store(1, Ordering::Relaxed)));
            let mapped = own.map(0..10_u64, |_, n| n).into_iter().map(Result::unwrap).sum::<u64>();
            sum.into_inner() + mapped + own.map_slice(&[1, 2], |_, n| *n).iter().sum::<u64>()
        });
        assert_eq!(outer.join().unwrap(), 1 + 45 + 3);
    }

    /// Fails (is unsound) if the section is noticed after jobs that borrow were queued.
    #[test]
    fn inside_a_guarded_section_of_a_job_there_is_no_scope_and_no_map() {
        let pool = Arc::new(ThreadPool::builder().workers(2).build().unwrap());
        let guarded = Guarded::new(pool.gil(), ());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move |at| {
            guarded.with(at, |()| drop(own.map(0..100, |_, n: u64| n)));
        });
        let JobError::Panicked { message, .. } = outer.join().unwrap_err() else { panic!() };
        assert!(message.contains("is inside a guarded section"), "{message}");
        assert_eq!(pool.map([7], |_, n| n)[0].as_ref().ok(), Some(&7), "the pool goes on");
    }

    #[test]
    fn each_worker_with_a_lock_of_its_own_runs_jobs_of_a_scope() {
        let builder = ThreadPool::builder().workers(2).gil_per_worker(Mode::default());
        let pool = Arc::new(builder.build().unwrap());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move |_| own.map_slice(&[1, 2, 3], |_, n| n * n));
        assert_eq!(outer.join().unwrap(), [1, 4, 9]);
    }

    #[test]
    fn a_recording_of_jobs_inside_jobs_obeys_the_model() {
        alone("pool::scope::a_recording_of_jobs_inside_jobs_obeys_the_model", || {
            let recording = recorded(|| {
                let pool = Arc::new(ThreadPool::builder().workers(2).build().unwrap());
                let own = Arc::clone(&pool);
                let outer = pool.submit(move |_| {
                    own.scope(|scope| (0..10).for_each(|_| scope.spawn(|_| ())));
                    own.map(0..10_u64, |_, n| n).len()
                });
                assert_eq!(outer.join().unwrap(), 10);
            });
            trace::check::check(&recording.events).unwrap();
        });
    }

    #[test]
    fn a_closed_pool_says_that_the_jobs_were_dropped() {
        let pool = ThreadPool::builder().workers(1).build().unwrap();
        pool.close();
        let dropped = Arc::new(());
        let held = Arc::clone(&dropped);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.scope(|scope| scope.spawn(move |_| drop(held)));
        }));
        assert!(ended.is_err());
        assert_eq!(Arc::strong_count(&dropped), 1);
    }
}

mod map {
    use super::*;

    #[test]
    fn the_panic_of_one_item_is_its_answer_and_the_others_have_theirs() {
        let pool = ThreadPool::builder().workers(2).build().unwrap();
        let answers = pool.map(0..100_u64, |_, n| 1000 / (n % 10));
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(answer.is_err(), n % 10 == 0, "{n}");
        }
    }

    #[test]
    fn of_a_closed_pool_each_item_is_answered_and_a_job_that_still_runs_can_map() {
        let pool = Arc::new(ThreadPool::builder().workers(1).build().unwrap());
        let (own, (close, closed)) = (Arc::clone(&pool), mpsc::channel::<()>());
        let running = pool.submit(move |_| {
            blocking(Why::Lock, || closed.recv().is_ok());
            own.map([1, 2], |_, n| n).into_iter().map(Result::unwrap).sum::<i32>()
        });
        pool.close();
        let answers = pool.map([1, 2], |_, n| n);
        assert!(answers.iter().all(|answer| matches!(answer, Err(JobError::Shutdown))));
        close.send(()).unwrap();
        assert_eq!(running.join().unwrap(), 3);
    }

    /// Fails if the answers that were written before a panic are leaked, or dropped twice.
    #[test]
    fn a_panic_drops_the_answers_that_were_written() {
        let pool = ThreadPool::builder().workers(2).build().unwrap();
        let (counted, numbers) = (Arc::new(()), (0..1000).collect::<Vec<_>>());
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.map_slice(&numbers, |_, n| {
                assert!(*n != 700, "item 700");
                Arc::clone(&counted)
            })
        }));
        assert!(ended.is_err());
        assert_eq!(Arc::strong_count(&counted), 1);
        assert_eq!(pool.map_slice(&numbers, |_, _| Arc::clone(&counted)).len(), 1000);
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
