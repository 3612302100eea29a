//! What the lock counts: exact sums, and nothing that goes back.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use trainyard::sys::Why;
use trainyard::threads::{Counters, Gil, Mode, Standing};

use crate::support::{
    Ends, INTERVAL, assert_settled, await_standing, drops, eventually, named, short, spinners,
    turns,
};

/// Every counter, so that two readings can be compared.
fn all(counters: &Counters) -> [u64; 10] {
    [
        counters.acquisitions,
        counters.contended,
        counters.drop_requests,
        counters.forced_switches,
        counters.tick_drops,
        counters.own_drops,
        counters.stop_drops,
        counters.failed_wakeups,
        counters.wait_ns,
        counters.hold_ns,
    ]
}

/// Item 13. Fails if a drop is not counted under the mutex that the reader takes.
#[test]
fn at_every_moment_the_lock_was_taken_as_often_as_dropped_or_once_more() {
    let (gil, is_over) = (Gil::new(Mode::timed(INTERVAL / 10)), AtomicBool::new(false));
    gil.keep_time(true);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    gil.attach(|at| {
                        (0..50).for_each(|_| at.checkpoint());
                        at.detach(Why::Native, || ());
                    });
                }
            });
        }
        let _ends = Ends(&is_over);
        let mut before = gil.counters();
        while before.acquisitions < turns(20_000) {
            let now = gil.counters();
            let held = now.acquisitions - drops(&now);
            assert!(held <= 1, "{now:?}");
            let goes_on = all(&before).into_iter().zip(all(&now)).all(|(then, now)| then <= now);
            assert!(goes_on, "{before:?}, then {now:?}");
            before = now;
        }
    });
    assert_settled(&gil.counters());
}

#[test]
fn the_whole_is_the_sum_of_the_threads_and_of_those_that_have_ended() {
    let (gil, stay) = (short(), Barrier::new(2));
    spinners(&gil, &["ended", "ended too"], 3);
    // A thread is forgotten when its locals go, a little after its closure.
    eventually("they have ended", || gil.threads().is_empty());
    let ended = gil.counters();
    thread::scope(|scope| {
        named(scope, "stays", || {
            (0..7).for_each(|_| gil.attach(|_| ()));
            stay.wait();
            stay.wait();
        });
        stay.wait();
        let threads = gil.threads();
        assert_eq!(threads.len(), 1, "{threads:?}");
        assert_eq!(threads[0].counters.acquisitions, 7);
        assert_eq!(gil.counters().acquisitions, ended.acquisitions + 7);
        stay.wait();
    });
}

/// G25: threads count for themselves, whatever the mode is turned to meanwhile.
#[test]
fn nothing_is_counted_twice_or_lost_while_the_mode_changes() {
    let (gil, done) = (short(), AtomicBool::new(false));
    let with_the_lock = AtomicU64::new(0);
    thread::scope(|scope| {
        let threads = [(); 3].map(|()| {
            scope.spawn(|| {
                for _ in 0..turns(3_000) {
                    // No check point inside: the lock is taken once if it is on, or not at all.
                    gil.attach(|_| {
                        with_the_lock.fetch_add(u64::from(gil.is_on()), Ordering::Relaxed)
                    });
                }
            })
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                gil.set_mode(Mode::Off).unwrap();
                gil.set_mode(Mode::timed(INTERVAL)).unwrap();
            }
        });
        for thread in threads {
            thread.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    let counters = gil.counters();
    assert_eq!(counters.acquisitions, with_the_lock.into_inner());
    assert_settled(&counters);
}

#[test]
fn each_wait_is_in_the_histogram_of_its_thread() {
    let (gil, end) = (short(), Barrier::new(2));
    thread::scope(|scope| {
        named(scope, "holder", || gil.attach(|_| end.wait()));
        await_standing(&gil, "holder", Standing::Running);
        let waiter = named(scope, "waiter", || {
            let began = Instant::now();
            assert_eq!(gil.attach_timeout(INTERVAL * 4, |_| ()), None);
            assert!(began.elapsed() >= INTERVAL * 4);
            let reports = gil.threads();
            let own = reports.iter().find(|report| report.name == "waiter").unwrap();
            assert_eq!((own.waits.total(), own.counters.contended), (1, 1));
            // How long it is depends on when the machine let us in: it counts from then on.
            let longest = own.waits.quantile(1.0).unwrap().as_nanos();
            let waited = u128::from(own.counters.wait_ns);
            assert!(waited < longest && longest <= 2 * waited, "{waited} below {longest} ns");
            assert_eq!(own.counters.acquisitions, 0);
        });
        // First let the holder go: one that waits for ever would hide what has failed.
        let judged = waiter.join();
        end.wait();
        judged.unwrap();
    });
}
