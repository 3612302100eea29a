//! What the global lock and the thread pool promise.
//!
//! Where a promise is about order, the recorder is the witness: the test records, and replays the
//! recording through the model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use trainyard::handle::JobError;
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Attached, Gil, Mode, ThreadPool};
use trainyard::trace::{self, Event, Kind, Recording};

/// Short, so that a test sees many switches; long enough that a thread is really running by then.
const INTERVAL: Duration = Duration::from_millis(1);

fn short() -> Gil {
    Gil::new(Mode::timed(INTERVAL))
}

/// Records what `body` does. One recording at a time in a process.
fn recorded(body: impl FnOnce()) -> Recording {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let recorder = trace::arm();
    body();
    recorder.finish()
}

/// Runs `program` in two threads attached to `gil`, until each was asked for the lock three times.
fn two_spinners(gil: &Gil) {
    let spin = |at: &mut Attached<'_>| {
        while gil.counters().forced_switches < 6 {
            at.checkpoint();
        }
    };
    thread::scope(|scope| {
        for name in ["one", "two"] {
            let thread = thread::Builder::new().name(name.to_owned());
            thread.spawn_scoped(scope, || gil.attach(spin)).expect("two threads can be had");
        }
    });
}

/// Keeps the events of the lock that `track` last took: tests run beside each other.
fn of_one_lock(recording: &Recording, thread: &str) -> Vec<Event> {
    let track = recording.tracks.iter().find(|(_, name)| name == thread);
    let track = track.expect("the thread recorded").0;
    let taken = |event: &&Event| event.track == track && event.kind == Kind::GilTake;
    let lock = recording.events.iter().find(taken).expect("it took the lock").a;
    let gil = |event: &&Event| event.a == lock && event.kind.name().starts_with("Gil");
    recording.events.iter().filter(gil).copied().collect()
}

#[test]
fn a_thread_alone_never_waits_and_is_never_asked() {
    let gil = short();
    gil.attach(|at| (0..1_000_000).for_each(|_| at.checkpoint()));
    let counters = gil.counters();
    assert_eq!((counters.acquisitions, counters.contended, counters.drop_requests), (1, 0, 0));
}

/// Fails if `wait_until_switched` is not called: the releaser then takes the lock back first.
#[test]
fn a_thread_that_was_asked_does_not_take_the_lock_back_before_another_had_it() {
    let recording = recorded(|| two_spinners(&short()));
    trace::check::check(&recording.events).unwrap();
    let events = of_one_lock(&recording, "one");
    let mut forced = 0;
    for (index, dropped) in events.iter().enumerate() {
        if dropped.kind == Kind::GilDrop && dropped.b == 1 {
            let next = events[index..].iter().find(|event| event.kind == Kind::GilTake);
            assert_ne!(next.unwrap().track, dropped.track, "GIL-2");
            forced += 1;
        }
    }
    assert!(forced >= 6, "{forced} forced switches");
}

#[test]
fn every_request_is_followed_by_a_drop_of_the_thread_that_was_asked() {
    let gil = short();
    two_spinners(&gil);
    let counters = gil.counters();
    assert!(counters.drop_requests >= counters.forced_switches);
    assert!(counters.wait_ns > 0 && counters.hold_ns > 0);
}

/// Loses updates (and fails) if `take` does not wait while the lock is taken.
#[test]
fn an_update_inside_one_attachment_is_never_lost() {
    let (gil, count) = (short(), AtomicU64::new(0));
    let add = || {
        for _ in 0..10_000 {
            gil.attach(|_| count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(add);
        }
    });
    assert_eq!(count.into_inner(), 40_000);
}

#[test]
fn with_the_lock_off_two_threads_are_attached_at_once() {
    let (gil, both) = (Gil::new(Mode::Off), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..2 {
            // With the lock on, the first to arrive would keep the second out for ever.
            scope.spawn(|| gil.attach(|_| both.wait()));
        }
    });
    assert_eq!(gil.counters().acquisitions, 0);
}

#[test]
fn a_blocking_call_lets_another_thread_in_without_being_asked() {
    let gil = Gil::new(Mode::timed(Duration::from_hours(1)));
    let (sender, receiver) = mpsc::channel();
    let attached = Barrier::new(2);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        scope.spawn(|| {
            gil.attach(|_| {
                attached.wait();
                blocking(Why::Lock, || receiver.lock().unwrap().recv().unwrap());
            });
        });
        attached.wait();
        // The other holds the lock, or waits inside its blocking call already. The interval is an
        // hour, so only that call can let us in.
        gil.attach(|_| sender.send(()).unwrap());
    });
    assert_eq!(gil.counters().drop_requests, 0);
}

#[test]
fn attaching_again_reuses_the_attachment() {
    let gil = short();
    gil.attach(|_| gil.attach(|_| gil.attach(|_| ())));
    assert_eq!(gil.counters().acquisitions, 1);
}

#[test]
fn attaching_inside_a_blocking_call_takes_the_lock_anew() {
    let gil = short();
    gil.attach(|at| at.detach(Why::Io, || gil.attach(|_| ())));
    assert_eq!(gil.counters().acquisitions, 3);
    gil.attach(|_| ());
}

#[test]
fn attaching_to_a_second_lock_is_refused_and_names_the_thread() {
    let refuse = || {
        let (first, second) = (short(), short());
        let both = || first.attach(|_| second.attach(|_| ()));
        let payload = catch_unwind(AssertUnwindSafe(both)).unwrap_err();
        first.attach(|_| ());
        payload.downcast_ref::<String>().unwrap().clone()
    };
    let thread = thread::Builder::new().name("greedy".to_owned()).spawn(refuse).unwrap();
    assert_eq!(
        thread.join().unwrap(),
        "thread greedy is attached to another lock: leave that one first"
    );
}

#[test]
fn a_panic_leaves_the_lock_free() {
    let gil = short();
    let panicking = || gil.attach(|_| panic!("under the lock"));
    assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
    let panicking = || gil.attach(|at| at.detach(Why::Io, || panic!("without the lock")));
    assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
    thread::scope(|scope| scope.spawn(|| gil.attach(|_| ())).join().unwrap());
}

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
}
