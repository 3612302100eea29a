//! Many threads: at once, and one after another.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use trainyard::threads::{self, Event, Gil, Mode, Thread};

use crate::alone::alone;
use crate::support::{INTERVAL, eventually, short};

const SMALL: usize = 64 * 1024;

/// Item 28. Fails if a thousand threads cannot wait at once, or one of them is forgotten.
#[test]
fn a_thousand_threads_wait_for_one_event_and_end() {
    for mode in [Mode::timed(INTERVAL), Mode::Off] {
        let (gil, stop, woken) =
            (Gil::new(mode), Arc::new(Event::new()), Arc::new(AtomicU32::new(0)));
        threads::run(|| {
            for _ in 0..1000 {
                let (stop, woken) = (Arc::clone(&stop), Arc::clone(&woken));
                let wait = move |_: &mut threads::Attached<'_>| {
                    stop.wait();
                    woken.fetch_add(1, Ordering::Relaxed);
                };
                drop(Thread::builder().stack_size(SMALL).spawn(&gil, wait).unwrap());
            }
            assert_eq!(threads::enumerate().len(), 1001);
            stop.set();
        });
        assert_eq!(woken.load(Ordering::Relaxed), 1000);
    }
}

/// How many pieces of memory the process has mapped; a thread's stack is two.
fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").expect("Linux has it").lines().count()
}

/// Fails if the handles of ended threads are kept: each keeps a stack.
#[test]
fn the_stacks_of_ended_threads_are_given_back_while_the_program_runs() {
    alone("kit::many::the_stacks_of_ended_threads_are_given_back_while_the_program_runs", || {
        let gil = short();
        threads::run(|| {
            let before = mappings();
            for _ in 0..1000 {
                threads::spawn(&gil, "short", |_| ()).unwrap().join().unwrap();
            }
            assert_eq!(threads::enumerate().len(), 1);
            assert!(mappings() < before + 200, "{before} before, {} now", mappings());
        });
    });
}

/// Fails at the 32 746th thread, or soon after, if ended threads are kept: a process may have 65 530
/// mappings.
#[test]
fn forty_thousand_short_threads_can_be_started_one_after_another() {
    let (gil, ended) = (Gil::new(Mode::Off), Arc::new(AtomicU32::new(0)));
    threads::run(|| {
        for started in 1..=40_000 {
            let count = Arc::clone(&ended);
            let short = move |_: &mut threads::Attached<'_>| {
                count.fetch_add(1, Ordering::Relaxed);
            };
            drop(Thread::builder().stack_size(SMALL).spawn(&gil, short).unwrap());
            eventually("two are alive at most", || ended.load(Ordering::Relaxed) + 1 >= started);
        }
    });
    assert_eq!(ended.load(Ordering::Relaxed), 40_000);
}
