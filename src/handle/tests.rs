//! What a job's two ends promise each other.
#![expect(unsafe_code, reason = "a waker whose clone is code of the test's own")]

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};

use super::*;

#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll_once<T>(handle: &mut JobHandle<T>, counter: &Arc<Wakes>) -> Poll<JobResult<T>> {
    let waker = Waker::from(Arc::clone(counter));
    Pin::new(handle).poll(&mut Context::from_waker(&waker))
}

#[test]
fn a_thread_that_joins_gets_the_answer() {
    let (promise, handle) = job();
    std::thread::scope(|scope| {
        scope.spawn(|| promise.fulfil(Ok(1)));
        assert_eq!(handle.join().unwrap(), 1);
    });
}

#[test]
fn a_task_that_waits_is_woken_once() {
    let (promise, mut handle) = job();
    let wakes = Arc::new(Wakes::default());
    assert!(poll_once(&mut handle, &wakes).is_pending());
    promise.fulfil(Ok(1));
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    assert!(matches!(poll_once(&mut handle, &wakes), Poll::Ready(Ok(1))));
}

#[test]
fn a_queued_job_can_be_cancelled_and_must_not_run() {
    let (promise, handle) = job::<u32>();
    assert!(handle.cancel());
    assert!(!handle.cancel(), "it is cancelled already");
    assert_eq!(promise.start(), Start::Cancelled);
    promise.fulfil(Ok(1));
    assert!(matches!(handle.join(), Err(JobError::Cancelled)));
}

#[test]
fn a_running_job_cannot_be_cancelled() {
    let (promise, handle) = job();
    assert_eq!(promise.start(), Start::Run);
    assert!(!handle.cancel());
    promise.fulfil(Ok(1));
    assert_eq!(handle.join().unwrap(), 1);
}

#[test]
fn a_promise_that_is_dropped_answers_shutdown() {
    let (promise, handle) = job::<u32>();
    drop(promise);
    assert!(matches!(handle.join(), Err(JobError::Shutdown)));
}

#[test]
fn a_join_that_gives_up_can_be_tried_again() {
    let (promise, mut handle) = job();
    assert!(handle.join_timeout(Duration::from_millis(1)).is_none());
    promise.fulfil(Ok(1));
    assert_eq!(handle.join_timeout(Duration::ZERO).unwrap().unwrap(), 1);
}

#[test]
fn a_callback_runs_once_in_the_thread_that_ends_the_job_or_at_once() {
    let (promise, handle) = job();
    let calls = Arc::new(AtomicU32::new(0));
    let callback = |calls: &Arc<AtomicU32>| {
        let calls = Arc::clone(calls);
        move || {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    handle.on_done(callback(&calls));
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    promise.fulfil(Ok(()));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    handle.on_done(callback(&calls));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

/// Fails (hangs, and the test harness says so) if `finish` calls out under the lock.
#[test]
fn a_callback_may_ask_the_handle() {
    let (promise, handle) = job();
    let handle = Arc::new(handle);
    let asked = Arc::clone(&handle);
    handle.on_done(move || assert!(asked.is_finished()));
    promise.fulfil(Ok(()));
}

/// Fails if the loop over the callbacks does not catch.
#[test]
fn a_callback_that_panics_does_not_silence_the_next() {
    let (promise, handle) = job();
    let called = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&called);
    handle.on_done(|| panic!("the first"));
    handle.on_done(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    promise.fulfil(Ok(()));
    assert_eq!(called.load(Ordering::Relaxed), 1);
}

/// Fails (hangs) if the waker is cloned under the lock.
#[test]
fn a_waker_may_ask_the_handle_while_it_is_cloned() {
    use std::task::{RawWaker, RawWakerVTable};

    static HANDLE: std::sync::OnceLock<JobHandle<()>> = std::sync::OnceLock::new();
    fn ask(data: *const ()) -> RawWaker {
        assert!(!HANDLE.get().unwrap().is_finished());
        RawWaker::new(data, &TABLE)
    }
    static TABLE: RawWakerVTable = RawWakerVTable::new(ask, |_| (), |_| (), |_| ());
    let (_promise, handle) = job::<()>();
    let mut polled = JobHandle { shared: Arc::clone(&handle.shared) };
    HANDLE.set(handle).unwrap();
    // SAFETY: the table's functions do nothing with the pointer.
    let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) };
    assert!(Pin::new(&mut polled).poll(&mut Context::from_waker(&waker)).is_pending());
}

#[test]
fn the_error_of_a_panic_keeps_its_text() {
    let payload = catch_unwind(|| panic!("job {}", 7)).unwrap_err();
    assert_eq!(JobError::panicked(payload).to_string(), "the job panicked: job 7");
}

/// A loop of waits must not leave an address behind with each job for each turn.
///
/// Fails if either forgets to take its address back.
#[test]
fn a_wait_that_is_over_leaves_nothing_with_its_jobs() {
    let (_promise, handle) = job::<u32>();
    let (done, jobs) = job::<u32>();
    done.fulfil(Ok(1));
    drop(wait([&handle, &jobs], WaitFor::First, None));
    drop(wait([&handle], WaitFor::All, Some(Duration::ZERO)));
    drop(as_completed([&handle], None));
    assert!(as_completed([&handle], Some(Duration::ZERO)).all(|job| job.is_err()));
    drop(as_completed([&handle], None).into_rest());
    assert!(handle.shared.state.lock().on_done.is_empty());
}
