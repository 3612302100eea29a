//! What a pool promises that starts its threads on demand, breaks, or is shut down: after `CPython`'s
//! `test_thread_pool.py`, `test_init.py` and `test_shutdown.py`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use trainyard::handle::{JobError, JobHandle, WaitFor, wait};
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Attached, Builder, Cancel, Gil, Mode, ThreadPool};

use crate::support::{eventually, turns, without_hanging};

fn on_demand(workers: usize) -> Builder {
    ThreadPool::builder().max_workers(workers).gil(Gil::new(Mode::Off))
}

/// A job that says that it has begun, and waits to be told to end; it ends as well if nobody can.
struct Gated {
    begins: mpsc::Receiver<()>,
    end: mpsc::Sender<()>,
}

fn gated() -> (Gated, impl FnOnce(&mut Attached<'_>) -> bool + Send) {
    let ((begun, begins), (end, ends)) = (mpsc::channel(), mpsc::channel());
    let program = move |_: &mut Attached<'_>| {
        begun.send(()).expect("the test waits for it");
        blocking(Why::Lock, || ends.recv().is_ok())
    };
    (Gated { begins, end }, program)
}

impl Gated {
    fn has_begun(&self) {
        self.begins.recv().expect("the job begins");
    }

    fn may_end(&self) {
        self.end.send(()).expect("the job waits");
    }
}

mod on_demand {
    use super::*;

    #[test]
    fn a_pool_has_no_threads_before_its_first_job() {
        let pool = on_demand(3).build().unwrap();
        assert_eq!((pool.started(), pool.workers()), (0, 3));
        assert_eq!(pool.submit(|_| 1).join().unwrap(), 1);
        assert_eq!(pool.started(), 1);
    }

    #[test]
    fn four_more_than_processors_and_at_most_32_by_default() {
        let processors = thread::available_parallelism().unwrap().get();
        let pool = ThreadPool::builder().build().unwrap();
        assert_eq!(pool.workers(), 32.min(processors + 4));
    }

    #[test]
    fn a_job_for_which_a_thread_is_idle_starts_none() {
        let pool = on_demand(5).build().unwrap();
        for n in 0..turns(50) {
            assert_eq!(pool.submit(move |_| n).join().unwrap(), n);
            eventually("the thread has nothing to do", || pool.idle() == 1);
        }
        assert_eq!(pool.started(), 1);
    }

    /// Each job waits for all others: it needs a thread of its own.
    ///
    /// Fails (hangs) if a thread that is on its way counts for two jobs.
    #[test]
    fn as_many_jobs_run_at_once_as_there_may_be_threads() {
        without_hanging(|| {
            for _ in 0..turns(20) {
                let (pool, all) = (on_demand(4).build().unwrap(), Arc::new(Barrier::new(4)));
                let meets = |_| {
                    let all = Arc::clone(&all);
                    pool.submit(move |_| _ = all.wait())
                };
                let jobs: Vec<_> = (0..4).map(meets).collect();
                for job in jobs {
                    job.join().unwrap();
                }
                assert_eq!(pool.started(), 4);
            }
        });
    }

    #[test]
    fn many_jobs_that_wait_start_as_many_threads_as_there_may_be_and_no_more() {
        let pool = on_demand(4).build().unwrap();
        let (end, ends) = mpsc::channel::<()>();
        let ends = Arc::new(std::sync::Mutex::new(ends));
        let waits = |_| {
            let ends = Arc::clone(&ends);
            pool.submit(move |_| ends.lock().unwrap().recv().is_err())
        };
        let jobs: Vec<_> = (0..60).map(waits).collect();
        assert_eq!(pool.started(), 4);
        drop(end);
        assert!(jobs.into_iter().all(|job| job.join().unwrap()));
        assert_eq!(pool.started(), 4);
    }

    /// Fails (hangs) if a thread is started before the job is queued, and not looked for after.
    #[test]
    fn jobs_from_many_threads_at_once_are_all_run() {
        without_hanging(|| {
            for mode in [Mode::default(), Mode::Off] {
                let pool = ThreadPool::builder().max_workers(3).gil(Gil::new(mode));
                let (pool, ran) = (pool.build().unwrap(), Arc::new(AtomicUsize::new(0)));
                let submit_all = || {
                    for _ in 0..turns(200) {
                        let ran = Arc::clone(&ran);
                        pool.submit(move |_| ran.fetch_add(1, Ordering::Relaxed)).join().unwrap();
                    }
                };
                thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(submit_all))));
                assert_eq!(ran.load(Ordering::Relaxed) as u64, 4 * turns(200));
                assert!(pool.started() <= 3);
            }
        });
    }

    #[test]
    fn a_job_that_submits_and_joins_another_gets_a_thread_for_it() {
        let pool = Arc::new(on_demand(2).build().unwrap());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move |_| own.submit(|_| 1).join());
        assert_eq!(outer.join().unwrap().unwrap(), 1);
        let own = Arc::clone(&pool);
        let nested = move |_: &mut Attached<'_>| {
            let inner = Arc::clone(&own);
            own.submit(move |_| inner.submit(|_| 1).join()).join()
        };
        // Whichever of the two joins last is told: there may be no third thread.
        let told = pool.submit(nested).join().unwrap().and_then(|middle| middle);
        assert!(matches!(told, Err(JobError::WouldDeadlock)));
    }

    #[test]
    fn a_scope_and_a_map_start_the_threads_that_they_need() {
        let pool = on_demand(3).build().unwrap();
        let all = Barrier::new(3);
        pool.scope(|scope| (0..3).for_each(|_| scope.spawn(|_| _ = all.wait())));
        assert_eq!(pool.started(), 3);
        let pool = on_demand(3).build().unwrap();
        assert_eq!(pool.map_slice(&[1, 2, 3], |_, n| n * n), [1, 4, 9]);
        assert!(pool.map([7], |_, n| n)[0].is_ok());
    }

    #[test]
    fn a_job_whose_thread_cannot_be_started_is_told() {
        let pool = on_demand(2).stack_size(1 << 50).build().unwrap();
        for _ in 0..2 {
            let Err(JobError::PoolBroken { reason }) = pool.submit(|_| ()).join() else { panic!() };
            assert!(!reason.is_empty());
        }
        let answer = pool.map([()], |_, ()| ()).remove(0);
        assert!(matches!(answer, Err(JobError::PoolBroken { .. })));
        assert_eq!(pool.started(), 0);
        assert!(on_demand(2).name("a\0b").build().is_err(), "said at once");
    }
}

mod broken {
    use super::*;

    #[test]
    fn an_initializer_that_panics_fails_all_jobs_that_have_not_begun_and_all_later_ones() {
        let gate = Arc::new(Barrier::new(2));
        let queued = Arc::clone(&gate);
        let pool = on_demand(1).initializer(move || {
            queued.wait();
            panic!("no session");
        });
        let pool = pool.build().unwrap();
        let jobs: Vec<_> = (0..3).map(|_| pool.submit(|_| ())).collect();
        gate.wait();
        let check = |answer: Result<(), JobError>| {
            let told = answer.unwrap_err().to_string();
            let says = "the pool is broken: an initializer panicked: no session";
            assert_eq!(told, says);
        };
        for job in jobs {
            check(job.join());
        }
        check(pool.submit(|_| ()).join());
        check(pool.map([()], |_, ()| ()).remove(0));
        check(pool.map_lazy([()], |_, ()| ()).next().unwrap());
        pool.shutdown(Cancel::Nothing);
        check(pool.submit(|_| ()).join());
    }

    #[test]
    fn what_runs_when_a_pool_breaks_is_answered() {
        let runs = Arc::new(AtomicUsize::new(0));
        let pool = on_demand(2).initializer(move || {
            assert!(runs.fetch_add(1, Ordering::Relaxed) == 0, "the second");
        });
        let (pool, (gate, program)) = (pool.build().unwrap(), gated());
        let first = pool.submit(program);
        gate.has_begun();
        assert!(matches!(pool.submit(|_| ()).join(), Err(JobError::PoolBroken { .. })));
        gate.may_end();
        assert!(first.join().unwrap());
    }
}

mod shutdown {
    use super::*;

    #[test]
    fn it_waits_for_what_is_queued_and_what_runs() {
        let (pool, ran) = (on_demand(2).build().unwrap(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..100 {
            let ran = Arc::clone(&ran);
            pool.spawn(move |_| _ = ran.fetch_add(1, Ordering::Relaxed));
        }
        pool.shutdown(Cancel::Nothing);
        assert_eq!(ran.load(Ordering::Relaxed), 100);
        pool.shutdown(Cancel::Queued);
        assert!(matches!(pool.submit(|_| ()).join(), Err(JobError::Shutdown)));
    }

    #[test]
    fn it_cancels_what_has_not_begun_and_nothing_else() {
        let pool = on_demand(1).build().unwrap();
        let (gate, program) = gated();
        let running = pool.submit(program);
        gate.has_begun();
        let queued: Vec<_> = (0..100).map(|_| pool.submit(|_| ())).collect();
        thread::scope(|scope| {
            scope.spawn(|| pool.shutdown(Cancel::Queued));
            let ended = wait(&queued, WaitFor::All, None);
            assert_eq!(ended.done.len(), 100, "while the first still runs");
            gate.may_end();
        });
        assert!(running.join().unwrap());
        let mut answers = queued.into_iter().map(JobHandle::join);
        assert!(answers.all(|answer| matches!(answer, Err(JobError::Cancelled))));
    }

    #[test]
    fn without_waiting_what_runs_goes_on() {
        let pool = on_demand(1).build().unwrap();
        let (gate, program) = gated();
        let running = pool.submit(program);
        gate.has_begun();
        let queued = pool.submit(|_| 2);
        pool.close();
        assert!(!running.is_finished() && !queued.is_finished());
        pool.cancel_queued();
        assert!(matches!(queued.join(), Err(JobError::Cancelled)));
        gate.may_end();
        assert!(running.join().unwrap());
    }

    #[test]
    fn a_pool_that_never_had_a_job_is_shut_down_at_once() {
        on_demand(5).build().unwrap().shutdown(Cancel::Nothing);
        ThreadPool::builder().workers(5).build().unwrap().shutdown(Cancel::Queued);
    }

    #[test]
    fn a_job_that_shuts_its_own_pool_down_goes_on() {
        let pool = Arc::new(on_demand(1).build().unwrap());
        let own = Arc::clone(&pool);
        let job = pool.submit(move |_| own.shutdown(Cancel::Queued));
        job.join().unwrap();
        assert!(matches!(pool.submit(|_| ()).join(), Err(JobError::Shutdown)));
        pool.shutdown(Cancel::Nothing);
    }

    /// Each job is run, or answered with `Shutdown`; after the shutdown none runs.
    #[test]
    fn a_job_that_races_with_it_is_one_or_the_other() {
        without_hanging(|| {
            for _ in 0..turns(100) {
                let (pool, ran) = (on_demand(2).build().unwrap(), AtomicUsize::new(0));
                let (ran, has_ended) = (Arc::new(ran), Arc::new(AtomicUsize::new(0)));
                let submit = || {
                    let (ran, has_ended) = (Arc::clone(&ran), Arc::clone(&has_ended));
                    let job = pool.submit(move |_| {
                        assert_eq!(has_ended.load(Ordering::SeqCst), 0, "it was waited for");
                        ran.fetch_add(1, Ordering::SeqCst);
                    });
                    match job.join() {
                        Ok(()) => 1,
                        Err(JobError::Shutdown) => 0,
                        Err(other) => panic!("{other}"),
                    }
                };
                thread::scope(|scope| {
                    let jobs: Vec<_> = (0..2).map(|_| scope.spawn(submit)).collect();
                    pool.shutdown(Cancel::Nothing);
                    has_ended.store(1, Ordering::SeqCst);
                    let answered: usize = jobs.into_iter().map(|job| job.join().unwrap()).sum();
                    assert_eq!(answered, ran.load(Ordering::SeqCst));
                });
            }
        });
    }

    #[test]
    fn several_threads_may_shut_a_pool_down() {
        let pool = on_demand(2).build().unwrap();
        let (gate, program) = gated();
        let job = pool.submit(program);
        gate.has_begun();
        thread::scope(|scope| {
            (0..3).for_each(|_| drop(scope.spawn(|| pool.shutdown(Cancel::Nothing))));
            gate.may_end();
        });
        assert!(job.is_finished());
    }

    /// Fails (panics) if a helper of the scope is cancelled.
    #[test]
    fn a_scope_that_has_begun_goes_on() {
        let pool = on_demand(1).build().unwrap();
        let (gate, program) = gated();
        let running = pool.submit(program);
        gate.has_begun();
        let mut answer = 0;
        pool.scope(|scope| {
            scope.spawn(|_| answer = 1);
            pool.close();
            pool.cancel_queued();
            gate.may_end();
        });
        assert_eq!(answer, 1);
        assert!(running.join().unwrap());
    }
}
