//! What one job of a pool promises, and the pool to its jobs: after `CPython`'s `test_future.py` and
//! `executor.py`.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, mpsc};

use trainyard::handle::{JobError, JobHandle};
use trainyard::threads::{self, Event, Gil, Mode, ThreadPool};

use crate::support::{eventually, panic_of, without_hanging};

fn pool(workers: usize) -> ThreadPool {
    let pool = ThreadPool::builder().workers(workers).gil(Gil::new(Mode::Off)).build();
    pool.expect("threads can be had")
}

/// A job that waits until the sender is dropped: whatever is submitted to a pool of one worker waits too.
fn keep_busy(pool: &ThreadPool) -> (JobHandle<usize>, mpsc::Sender<()>) {
    let ((began, begins), (end, ends)) = (mpsc::channel(), mpsc::channel());
    let busy = pool.submit(move |_| {
        began.send(()).expect("the test waits for it");
        ends.iter().count()
    });
    begins.recv().expect("the job begins");
    (busy, end)
}

/// Item 36. Fails if callbacks run in another order, or one is forgotten when the job is cancelled.
#[test]
fn callbacks_run_in_the_order_in_which_they_were_added_however_the_job_ends() {
    let (pool, calls) = (pool(1), Arc::new(Mutex::new(Vec::new())));
    let add_three = |job: &JobHandle<usize>, first: usize| {
        for n in first..first + 3 {
            let calls = Arc::clone(&calls);
            job.on_done(move || calls.lock().unwrap().push(n));
        }
    };
    let (busy, end) = keep_busy(&pool);
    let [cancelled, fails] = [pool.submit(|_| 1), pool.submit(|_| resume_unwind(Box::new("oh")))];
    add_three(&cancelled, 0);
    assert!(cancelled.cancel());
    assert_eq!(*calls.lock().unwrap(), [0, 1, 2]);
    add_three(&busy, 3);
    add_three(&fails, 6);
    drop(end);
    assert!(fails.join().is_err() && busy.join().is_ok());
    eventually("all are called", || calls.lock().unwrap().len() == 9);
    assert_eq!(*calls.lock().unwrap(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

/// Item 37. Fails if a job is cancelled that runs, or has an answer.
#[test]
fn a_job_can_be_cancelled_once_and_only_before_it_begins() {
    let pool = pool(1);
    let (running, end) = keep_busy(&pool);
    let queued = pool.submit(|_| 1);
    assert_eq!([running.cancel(), queued.cancel(), queued.cancel()], [false, true, false]);
    assert!(!running.is_finished() && queued.is_finished());
    drop(end);
    let fails: JobHandle<()> = pool.submit(|_| resume_unwind(Box::new("oh")));
    eventually("the pool is idle", || running.is_finished() && fails.is_finished());
    assert_eq!([running.cancel(), fails.cancel()], [false, false]);
    assert!(matches!(queued.join(), Err(JobError::Cancelled)));
    assert!(matches!(fails.join(), Err(JobError::Panicked { .. })) && running.join().is_ok());
}

/// Items 40 and 53. Fails if the pool keeps what a job that has ended was given, or has answered.
#[test]
fn when_a_job_is_joined_nobody_else_has_its_program_or_its_answer() {
    let (pool, token) = (pool(2), Arc::new(()));
    for _ in 0..100 {
        let theirs = Arc::clone(&token);
        let answer = pool.submit(move |_| Arc::clone(&theirs)).join().unwrap();
        assert_eq!(Arc::strong_count(&token), 2);
        drop(answer);
        let theirs = Arc::clone(&token);
        let failed = pool.submit(move |_| {
            drop(theirs);
            resume_unwind(Box::new("oh"))
        });
        let failed: Result<(), _> = failed.join();
        assert!(failed.is_err());
        assert_eq!(Arc::strong_count(&token), 1);
    }
}

/// Item 41.
#[test]
fn a_pool_without_workers_is_refused() {
    let says = panic_of("none", || drop(ThreadPool::builder().workers(0)));
    assert!(says.contains("at least one worker"), "{says}");
    let says = panic_of("none", || drop(ThreadPool::builder().max_workers(0)));
    assert!(says.contains("at least one worker"), "{says}");
}

/// Item 45. Fails if the end of `main` ends a pool that a thread of the program still uses.
#[test]
fn a_job_that_is_submitted_while_the_program_ends_is_run() {
    let (pool, main_ends) = (Arc::new(pool(1)), Arc::new(Event::new()));
    let (answer, answers) = mpsc::channel();
    threads::run(|| {
        let (theirs, may_submit) = (Arc::clone(&pool), Arc::clone(&main_ends));
        let late = move |_: &mut threads::Attached<'_>| {
            may_submit.wait();
            answer.send(theirs.submit(|_| 7).join()).unwrap();
        };
        drop(threads::spawn(&Gil::new(Mode::default()), "late", late).unwrap());
        let main = threads::current();
        let ends = Arc::clone(&main_ends);
        std::thread::spawn(move || {
            main.join();
            ends.set();
        });
    });
    assert_eq!(answers.recv().unwrap().unwrap(), 7);
}

/// G16. Fails if a panic costs the pool a thread, or a thread its turn.
#[test]
fn after_ten_thousand_panics_a_pool_has_the_threads_that_it_had() {
    let pool = pool(2);
    let fails = (0..10_000).map(|n: u32| pool.submit(move |_| resume_unwind(Box::new(n))));
    let fails: Vec<JobHandle<()>> = fails.collect();
    assert!(fails.into_iter().all(|job| matches!(job.join(), Err(JobError::Panicked { .. }))));
    eventually("both are idle", || pool.idle() == 2);
    let names = [(); 2].map(|()| pool.submit(|_| threads::current().name().to_owned()));
    assert!(names.map(|name| name.join().unwrap()).iter().all(|name| name.starts_with("worker-")));
    assert_eq!(pool.started(), 2);
}

/// G20. Fails, with a hang, if a thread of the pool waits for its own end.
#[test]
fn the_last_owner_of_a_pool_may_be_a_job_of_its_own() {
    without_hanging(|| {
        let ((end, ends), (ended, has_ended)) = (mpsc::channel::<()>(), mpsc::channel());
        let pool = Arc::new(pool(2));
        let own = Arc::clone(&pool);
        pool.spawn(move |_| {
            assert_eq!(ends.iter().count(), 0);
            drop(own);
            ended.send(()).unwrap();
        });
        drop(pool);
        drop(end);
        assert_eq!(has_ended.recv(), Ok(()));
    });
}
