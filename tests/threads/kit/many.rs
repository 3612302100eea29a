//! Many threads: at once, and one after another.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
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

/// How many bytes of addresses the process has in use.
fn address_space() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = pages.split(' ').next().expect("the first is its size").parse::<u64>();
    pages.expect("a number") * 4096
}

/// Items 25 and 28, G15. Fails if a thread that could not be had is listed, or is waited for; or one that
/// could is not.
#[test]
#[cfg_attr(sanitized, ignore = "a sanitizer uses more addresses than any limit leaves")]
fn threads_that_cannot_be_had_are_errors_and_those_that_can_are_waited_for() {
    const BIG: usize = 64 << 20;
    alone(
        "kit::many::threads_that_cannot_be_had_are_errors_and_those_that_can_are_waited_for",
        || {
            let (gil, stop, ended) = (short(), Arc::new(Event::new()), Arc::new(AtomicU32::new(0)));
            let spawn = || {
                let (stop, ended) = (Arc::clone(&stop), Arc::clone(&ended));
                let wait = move |_: &mut threads::Attached<'_>| {
                    stop.wait();
                    ended.fetch_add(1, Ordering::Relaxed);
                };
                Thread::builder().stack_size(BIG).spawn(&gil, wait).map(drop)
            };
            let (soft, hard) = getrlimit(Resource::RLIMIT_AS).expect("Linux has it");
            let started = threads::run(|| {
                setrlimit(Resource::RLIMIT_AS, address_space() + 10 * BIG as u64, hard).unwrap();
                let started = (0..20).take_while(|_| spawn().is_ok()).count();
                assert!((1..=10).contains(&started), "{started} were started");
                for _ in 0..10 {
                    let refused = spawn().unwrap_err();
                    assert!(
                        refused.to_string().starts_with("a thread cannot be started"),
                        "{refused}"
                    );
                }
                assert_eq!(threads::enumerate().len(), started + 1);
                setrlimit(Resource::RLIMIT_AS, soft, hard).unwrap();
                spawn().expect("now there is room");
                stop.set();
                started + 1
            });
            assert_eq!(ended.load(Ordering::Relaxed) as usize, started);
        },
    );
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
