//! What `handle::wait` and `handle::as_completed` promise, after `CPython`'s `test_wait.py` and
//! `test_as_completed.py`.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use trainyard::handle::{self, JobError, JobHandle, JobId, Promise, WaitFor};
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Gil, Mode, Standing, ThreadPool};

use crate::support::{AN_HOUR, await_standing, without_hanging};

fn ids(handles: &[&JobHandle<u32>]) -> Vec<JobId> {
    handles.iter().map(|handle| handle.id()).collect()
}

fn cancelled() -> JobHandle<u32> {
    let (_promise, handle) = waiting();
    assert!(handle.cancel());
    handle
}

fn failed() -> JobHandle<u32> {
    let (promise, handle) = waiting();
    promise.fulfil(Err(JobError::panicked(Box::new("this is an error"))));
    handle
}

fn successful() -> JobHandle<u32> {
    let (promise, handle) = waiting();
    promise.fulfil(Ok(42));
    handle
}

fn waiting() -> (Promise<u32>, JobHandle<u32>) {
    handle::job()
}

/// Fulfils each from another thread, in their order.
fn fulfilled_elsewhere(promises: Vec<Promise<u32>>) -> thread::JoinHandle<()> {
    thread::spawn(move || promises.into_iter().for_each(|promise| promise.fulfil(Ok(1))))
}

#[test]
fn a_wait_for_the_first_returns_what_is_done_and_what_is_not() {
    let ((promise, quick), (_slow_promise, slow)) = (waiting(), waiting());
    let ends = fulfilled_elsewhere(vec![promise]);
    let both = handle::wait([&slow, &quick], WaitFor::First, None);
    assert_eq!((ids(&both.done), ids(&both.not_done)), (ids(&[&quick]), ids(&[&slow])));
    ends.join().unwrap();
}

#[test]
fn a_wait_for_the_first_of_jobs_of_which_some_are_done_returns_those() {
    let (cancelled, successful, (_promise, slow)) = (cancelled(), successful(), waiting());
    let both = handle::wait([&cancelled, &slow, &successful], WaitFor::First, None);
    assert_eq!(ids(&both.done), ids(&[&cancelled, &successful]));
    assert_eq!(ids(&both.not_done), ids(&[&slow]));
}

#[test]
fn a_wait_for_the_first_error_goes_on_over_answers_and_cancelled_jobs() {
    let (cancelled, successful) = (cancelled(), successful());
    let ((well, fine), (panics, failing), (_promise, slow)) = (waiting(), waiting(), waiting());
    let ends = thread::spawn(move || {
        well.fulfil(Ok(1));
        panics.fulfil(Err(JobError::panicked(Box::new("this is an error"))));
    });
    let jobs = [&cancelled, &successful, &fine, &failing, &slow];
    let both = handle::wait(jobs, WaitFor::FirstError, None);
    assert_eq!(ids(&both.done), ids(&[&cancelled, &successful, &fine, &failing]));
    assert_eq!(ids(&both.not_done), ids(&[&slow]));
    ends.join().unwrap();
}

#[test]
fn a_wait_for_the_first_error_is_over_if_one_has_failed_already() {
    let (failed, (_promise, slow)) = (failed(), waiting());
    let both = handle::wait([&slow, &failed], WaitFor::FirstError, None);
    assert_eq!((ids(&both.done), ids(&both.not_done)), (ids(&[&failed]), ids(&[&slow])));
}

#[test]
fn a_wait_for_the_first_error_is_over_when_all_are_done_without_one() {
    let ((promise, fine), cancelled) = (waiting(), cancelled());
    let ends = fulfilled_elsewhere(vec![promise]);
    let both = handle::wait([&fine, &cancelled], WaitFor::FirstError, None);
    assert_eq!((both.done.len(), both.not_done.len()), (2, 0));
    ends.join().unwrap();
}

#[test]
fn a_wait_for_all_takes_any_mix_of_endings() {
    let (failed, cancelled, successful) = (failed(), cancelled(), successful());
    let (promises, slow): (Vec<_>, Vec<_>) = (0..2).map(|_| waiting()).unzip();
    let ends = fulfilled_elsewhere(promises);
    let jobs = [&failed, &slow[0], &cancelled, &successful, &slow[1]];
    let both = handle::wait(jobs, WaitFor::All, None);
    assert_eq!((ids(&both.done), both.not_done.len()), (ids(&jobs), 0));
    ends.join().unwrap();
}

#[test]
fn a_wait_that_times_out_has_cancelled_nothing() {
    for (until, timeout) in [
        (WaitFor::All, Duration::ZERO),
        (WaitFor::All, Duration::from_millis(1)),
        (WaitFor::FirstError, Duration::from_millis(1)),
    ] {
        let (successful, (promise, slow)) = (successful(), waiting());
        let both = handle::wait([&successful, &slow], until, Some(timeout));
        assert_eq!((ids(&both.done), ids(&both.not_done)), (ids(&[&successful]), ids(&[&slow])));
        promise.fulfil(Ok(7));
        assert_eq!(slow.join().unwrap(), 7);
    }
}

/// `CPython`'s issue 20369: a job that is named twice kept a wait for all from ending.
#[test]
fn a_job_that_is_named_twice_is_waited_for_once() {
    let (promise, job) = waiting();
    let ends = fulfilled_elsewhere(vec![promise]);
    let both = handle::wait([&job, &job], WaitFor::All, None);
    assert_eq!((both.done.len(), both.not_done.len()), (1, 0));
    let shared = Arc::new(job);
    let jobs = handle::as_completed([Arc::clone(&shared), shared], None);
    assert_eq!(jobs.map(Result::unwrap).count(), 1);
    ends.join().unwrap();
}

#[test]
fn a_wait_for_no_jobs_is_over_at_once() {
    for until in [WaitFor::First, WaitFor::FirstError, WaitFor::All] {
        let none = handle::wait(Vec::<JobHandle<u32>>::new(), until, None);
        assert_eq!((none.done.len(), none.not_done.len()), (0, 0));
    }
    assert!(handle::as_completed(Vec::<JobHandle<u32>>::new(), None).next().is_none());
}

#[test]
fn a_job_whose_answer_was_taken_counts_as_done() {
    let mut taken = failed();
    assert!(taken.join_timeout(Duration::ZERO).unwrap().is_err());
    let both = handle::wait([&taken], WaitFor::All, None);
    assert_eq!(both.done.len(), 1);
}

/// `CPython`'s issue 14406: jobs that end at the same time were counted as one.
#[test]
fn a_wait_for_all_of_a_hundred_jobs_that_end_at_once_ends() {
    without_hanging(|| {
        for mode in [Mode::default(), Mode::Off] {
            let pool = ThreadPool::builder().workers(100).gil(Gil::new(mode)).build().unwrap();
            let gate = Arc::new(std::sync::Barrier::new(101));
            let waits = || {
                let gate = Arc::clone(&gate);
                pool.submit(move |_| _ = blocking(Why::Lock, || gate.wait()))
            };
            let jobs: Vec<_> = (0..100).map(|_| waits()).collect();
            gate.wait();
            let both = handle::wait(jobs, WaitFor::All, None);
            assert_eq!((both.done.len(), both.not_done.len()), (100, 0));
        }
    });
}

/// Fails (hangs) if a wait keeps the lock: the job needs it.
#[test]
fn a_thread_that_waits_for_several_jobs_gives_the_lock_up() {
    without_hanging(|| {
        let pool = ThreadPool::builder().workers(1).build().unwrap();
        pool.gil().attach(|_| {
            let job = pool.submit(|_| 1);
            assert_eq!(handle::wait([&job], WaitFor::All, Some(AN_HOUR)).done.len(), 1);
            let jobs = [job, pool.submit(|_| 2)];
            let sum = handle::as_completed(jobs, None).map(|job| job.unwrap().join().unwrap());
            assert_eq!(sum.sum::<u32>(), 3);
        });
    });
}

#[test]
fn a_thread_whose_jobs_are_done_keeps_the_lock() {
    let gil = Gil::new(Mode::default());
    gil.attach(|_| {
        let (job, before) = (successful(), gil.counters().acquisitions);
        drop(handle::wait([&job], WaitFor::All, None));
        assert_eq!(handle::as_completed([job], None).count(), 1);
        assert_eq!(gil.counters().acquisitions, before);
    });
}

#[test]
fn jobs_are_returned_as_they_end() {
    let (mut promises, jobs): (Vec<_>, Vec<_>) = (0..5).map(|_| waiting()).unzip();
    let done = successful();
    let order: Vec<JobId> = jobs.iter().rev().map(JobHandle::id).collect();
    let mut ended = handle::as_completed(jobs.iter().chain([&done]), None);
    assert_eq!(ended.next().unwrap().unwrap().id(), done.id(), "first what is done already");
    promises.reverse();
    let ends = fulfilled_elsewhere(promises);
    assert_eq!(ended.map(|job| job.unwrap().id()).collect::<Vec<_>>(), order);
    ends.join().unwrap();
}

#[test]
fn what_is_done_is_returned_even_if_there_is_no_time() {
    for timeout in [Duration::ZERO, Duration::from_millis(1)] {
        let (done, (promise, slow)) = ([cancelled(), failed(), successful()], waiting());
        let mut jobs = handle::as_completed(done.iter().chain([&slow]), Some(timeout));
        let returned: Vec<JobId> = jobs.by_ref().map_while(Result::ok).map(JobHandle::id).collect();
        assert_eq!(returned, ids(&done.each_ref()));
        assert!(jobs.next().is_none(), "it has ended");
        assert_eq!(ids(&jobs.into_rest()), ids(&[&slow]));
        promise.fulfil(Ok(1));
    }
}

#[test]
fn the_error_says_how_many_are_unfinished() {
    let ((_queued, queued), (running, runs)) = (waiting(), waiting());
    assert_eq!(running.start(), handle::Start::Run);
    let jobs = [cancelled(), queued, runs, successful()];
    let error = handle::as_completed(jobs, Some(Duration::ZERO)).find_map(Result::err).unwrap();
    assert_eq!(error.to_string(), "2 (of 4) jobs unfinished when the time was up");
}

#[test]
fn a_handle_that_was_returned_is_the_callers_alone() {
    let answer = Arc::new(0);
    let (promise, handle) = handle::job();
    let (_other, slow) = handle::job();
    promise.fulfil(Ok(Arc::clone(&answer)));
    let mut jobs = handle::as_completed([handle, slow], None);
    drop(jobs.next());
    assert_eq!(Arc::strong_count(&answer), 1, "nobody keeps what was returned");
}

#[test]
fn an_iterator_that_is_dropped_leaves_its_jobs_alone() {
    let (promise, job) = waiting();
    drop(handle::as_completed([&job], None));
    let (told, hears) = mpsc::channel();
    job.on_done(move || told.send(()).unwrap());
    promise.fulfil(Ok(1));
    hears.recv().unwrap();
    assert_eq!(job.join().unwrap(), 1);
}

#[test]
fn jobs_of_two_pools_are_waited_for_together() {
    let pools = [1, 2].map(|n| (n, ThreadPool::builder().workers(1).build().unwrap()));
    let jobs = pools.each_ref().map(|(n, pool)| {
        let n = *n;
        pool.submit(move |_| n)
    });
    let sum = handle::as_completed(jobs, None).map(|job| job.unwrap().join().unwrap());
    assert_eq!(sum.sum::<u32>(), 3);
}

/// Two threads wait for the same job, one with its waker, and a callback is left with it.
#[test]
fn everybody_who_waits_for_a_job_is_told() {
    let gil = Gil::new(Mode::default());
    let ((promise, job), (told, hears)) = (waiting(), mpsc::channel());
    let job = &job;
    job.on_done(move || told.send(()).unwrap());
    thread::scope(|scope| {
        for name in ["one", "two"] {
            let gil = gil.clone();
            let waits =
                move || gil.attach(|_| handle::wait([job], WaitFor::All, Some(AN_HOUR)).done.len());
            let thread = thread::Builder::new().name(name.to_owned());
            thread.spawn_scoped(scope, waits).unwrap();
        }
        for name in ["one", "two"] {
            await_standing(&gil, name, Standing::Detached);
        }
        promise.fulfil(Ok(1));
    });
    hears.recv().unwrap();
}

/// Fails, with a hang, if a callback runs before the threads that wait are woken.
#[test]
fn a_callback_may_wait_for_the_thread_that_waits_for_its_job() {
    without_hanging(|| {
        let (promise, job) = handle::job();
        let (waited, has_waited) = mpsc::channel();
        job.on_done(move || has_waited.recv().expect("the thread says so"));
        thread::scope(|scope| {
            scope.spawn(|| promise.fulfil(Ok(1)));
            let both = handle::wait([&job], WaitFor::All, None);
            assert_eq!((both.done.len(), both.not_done.len()), (1, 0));
            waited.send(()).expect("the callback waits");
        });
    });
}
