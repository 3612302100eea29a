//! Programs with daemons: who is waited for, and what becomes of the others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::sys::Why;
use trainyard::threads::{self, Attached, Gil, Mode, Placement, Standing};
use trainyard::trace::check::check;

use crate::alone::alone;
use crate::support::{
    INTERVAL, await_standing, eventually, named, pass_once, recorded, short, standing,
};

#[test]
fn threads_are_waited_for_and_so_are_those_that_they_start() {
    let (gil, done) = (short(), Arc::new(AtomicU64::new(0)));
    threads::run(|| {
        let (inner_gil, inner_done) = (gil.clone(), Arc::clone(&done));
        let outer = threads::spawn(&gil, "outer", move |_| {
            let done = Arc::clone(&inner_done);
            let inner = move |_: &mut Attached<'_>| {
                done.fetch_add(1, Ordering::Relaxed);
            };
            drop(threads::spawn(&inner_gil, "inner", inner).unwrap());
            inner_done.fetch_add(1, Ordering::Relaxed);
        });
        drop(outer.unwrap());
    });
    assert_eq!(done.load(Ordering::Relaxed), 2);
}

#[test]
fn a_main_that_panics_waits_for_its_threads_first() {
    let (gil, done) = (short(), Arc::new(AtomicBool::new(false)));
    let main = || {
        threads::run(|| {
            let done = Arc::clone(&done);
            let work = move |_: &mut Attached<'_>| done.store(true, Ordering::Relaxed);
            drop(threads::spawn(&gil, "worker", work).unwrap());
            panic!("main");
        })
    };
    assert!(catch_unwind(AssertUnwindSafe(main)).is_err());
    assert!(done.load(Ordering::Relaxed));
    threads::run(|| ()); // and the thread belongs to no program any more
}

/// Item 12. Fails if `finish` refuses nobody, and (the destructor) if a refused thread is unwound.
#[test]
fn a_daemon_does_nothing_any_more_when_the_program_is_over() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    for mode in [Mode::timed(INTERVAL), Mode::Off] {
        let gil = Gil::new(mode);
        let (turns, dropped) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (turn, flag) = (Arc::clone(&turns), Flag(Arc::clone(&dropped)));
        threads::run(|| {
            let compute = move |at: &mut Attached<'_>| {
                let _flag = flag;
                (0..u64::MAX).for_each(|_| {
                    turn.fetch_add(1, Ordering::Relaxed);
                    at.checkpoint();
                });
            };
            threads::spawn_daemon(&gil, "daemon", compute).unwrap();
            eventually("the daemon runs", || turns.load(Ordering::Relaxed) > 0);
        });
        let is_gone = || standing(&gil, "daemon") == Some(Standing::Detached);
        eventually("it has come to its last check point", is_gone);
        let last = turns.load(Ordering::Relaxed);
        (0..1_000).for_each(|_| pass_once(&gil));
        assert_eq!((turns.load(Ordering::Relaxed), dropped.load(Ordering::Relaxed)), (last, false));
    }
}

/// Fails if a daemon is told to leave at its first check point: here it would have none.
#[test]
fn a_daemon_that_comes_too_late_does_not_begin() {
    let (gil, end) = (short(), Barrier::new(2));
    gil.set_placement(Placement::Never);
    let begun = Arc::new(AtomicBool::new(false));
    thread::scope(|scope| {
        named(scope, "holder", || gil.attach(|_| end.wait()));
        await_standing(&gil, "holder", Standing::Running);
        threads::run(|| {
            let flag = Arc::clone(&begun);
            let work = move |_: &mut Attached<'_>| flag.store(true, Ordering::Relaxed);
            threads::spawn_daemon(&gil, "late", work).unwrap();
            await_standing(&gil, "late", Standing::Waiting);
        });
        end.wait();
    });
    eventually("it has come and gone", || standing(&gil, "late").is_none());
    assert!(!begun.load(Ordering::Relaxed));
}

/// Fails if a refused waiter stays in the queue, or its request with the holder.
#[test]
fn a_daemon_that_waits_when_the_program_is_over_leaves_the_queue() {
    let (gil, leave) = (short(), Barrier::new(2));
    let (come_back, is_inside) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
    thread::scope(|scope| {
        threads::run(|| {
            let (inside, back) = (Arc::clone(&is_inside), Arc::clone(&come_back));
            let wait = move |at: &mut Attached<'_>| {
                at.detach(Why::Io, || {
                    inside.store(true, Ordering::Relaxed);
                    back.wait();
                });
                unreachable!("it is refused on its way back");
            };
            threads::spawn_daemon(&gil, "daemon", wait).unwrap();
            eventually("the daemon is in its call", || is_inside.load(Ordering::Relaxed));
            named(scope, "holder", || {
                gil.attach(|at| {
                    leave.wait();
                    assert!(!at.asked().is_raised(), "no request stays behind");
                });
            });
            await_standing(&gil, "holder", Standing::Running);
            come_back.wait();
            await_standing(&gil, "daemon", Standing::Waiting);
            eventually("it asks", || gil.counters().drop_requests > 0);
        });
        await_standing(&gil, "daemon", Standing::Detached);
        leave.wait();
    });
    gil.attach(|_| ());
}

/// G14. Hangs, or takes the limit, if the end of the program waits for daemons.
#[test]
fn a_process_ends_with_its_daemons_wherever_they_are() {
    let began = Instant::now();
    alone("lock::daemons::a_process_ends_with_its_daemons_wherever_they_are", leave_daemons_behind);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// Two daemons compute and wait for the lock by turns, one sleeps, one holds another lock for ever.
/// Fails if a daemon that is refused takes the lock once more, or may not leave the queue without it.
#[test]
fn a_recording_of_daemons_that_are_refused_obeys_the_model() {
    alone("lock::daemons::a_recording_of_daemons_that_are_refused_obeys_the_model", || {
        let recording = recorded(|| {
            leave_daemons_behind();
            thread::park_timeout(INTERVAL * 4);
        });
        check(&recording.events).unwrap();
    });
}

fn leave_daemons_behind() {
    fn compute(at: &mut Attached<'_>) {
        (0..u64::MAX).for_each(|_| at.checkpoint());
    }
    fn sleep(at: &mut Attached<'_>) {
        (0..u64::MAX).for_each(|_| at.detach(Why::Sleep, thread::park));
    }
    fn hold(_: &mut Attached<'_>) {
        (0..u64::MAX).for_each(|_| thread::park());
    }
    let (gil, other) = (short(), short());
    threads::run(|| {
        let daemon = |gil: &Gil, name, body: fn(&mut Attached<'_>)| {
            threads::spawn_daemon(gil, name, body).expect("threads can be had");
        };
        daemon(&gil, "computes", compute);
        daemon(&gil, "computes too", compute);
        daemon(&gil, "sleeps", sleep);
        daemon(&other, "holds", hold);
        await_standing(&other, "holds", Standing::Running);
        await_standing(&gil, "sleeps", Standing::Detached);
    });
}
