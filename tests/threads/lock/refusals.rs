//! What is refused at once, with a message that names the thread, instead of a hang.

use std::io::ErrorKind;

use trainyard::sys::Why;
use trainyard::threads::{self, Gil, Guarded, Mode, ThreadPool, with_both};

use crate::support::{panic_of, short};

#[track_caller]
fn check_refused(name: &str, says: &str, gil: &Gil, body: impl FnOnce() + Send) {
    assert_eq!(panic_of(name, body), says);
    // And the lock is as it was.
    gil.attach(|_| ());
}

#[test]
fn attaching_to_a_second_lock_is_refused_and_names_the_thread() {
    let (first, second) = (short(), short());
    let says = "thread greedy is attached to another lock: leave that one first";
    check_refused("greedy", says, &first, || first.attach(|_| second.attach(|_| ())));
    second.attach(|_| ());
}

/// Inside a blocking call nothing is held, so there is nothing to be refused for.
#[test]
fn a_second_lock_can_be_had_while_the_first_is_given_up() {
    let (first, second) = (short(), short());
    first.attach(|at| at.detach(Why::Native, || second.attach(|_| ())));
    assert_eq!((first.counters().acquisitions, second.counters().acquisitions), (2, 1));
    first.attach(|_| ());
}

#[test]
fn attaching_inside_a_guarded_section_is_refused_and_names_the_thread() {
    let gil = short();
    let guarded = Guarded::new(&gil, ());
    let says = "thread nested is inside a guarded section: attach before it, or after";
    check_refused("nested", says, &gil, || {
        gil.attach(|at| guarded.with(at, |()| gil.attach(|_| ())));
    });
    let other = short();
    check_refused("nested", says, &gil, || {
        gil.attach(|at| guarded.with(at, |()| other.attach(|_| ())));
    });
}

#[test]
fn a_value_of_another_lock_is_refused_and_the_thread_named() {
    let (gil, other) = (short(), short());
    let guarded = Guarded::new(&other, ());
    let says = "thread stranger is not attached to the lock that protects this value";
    check_refused("stranger", says, &gil, || gil.attach(|at| guarded.with(at, |()| ())));
    let own = Guarded::new(&gil, ());
    check_refused("stranger", says, &gil, || {
        gil.attach(|at| with_both(&own, &guarded, at, |(), ()| ()));
    });
}

#[test]
fn the_same_object_twice_is_refused() {
    let gil = Gil::new(Mode::Off);
    let one = Guarded::new(&gil, ());
    let says = panic_of("twice", || gil.attach(|at| with_both(&one, &one, at, |(), ()| ())));
    assert!(says.contains("with_both was given the same object twice"), "{says}");
}

#[test]
fn a_thread_of_no_program_starts_no_daemon() {
    let gil = short();
    let says = "a thread is spawned inside threads::run, which joins it";
    check_refused("lost", says, &gil, || {
        threads::spawn_daemon(&gil, "daemon", |_| ()).unwrap();
    });
}

/// Fails if the name reaches std, which panics: in `spawn` under the lock of the whole program.
#[test]
fn a_zero_byte_in_a_threads_name_is_an_error_that_shows_the_name() {
    let gil = short();
    let refused = threads::run(|| {
        let spawned = threads::spawn(&gil, "a\0b", |_| ()).map(drop);
        let daemon = threads::spawn_daemon(&gil, "a\0b", |_| ());
        let pool = ThreadPool::builder().workers(1).name("a\0b").build().map(drop);
        threads::spawn(&gil, "ab", |_| ()).unwrap().join().unwrap();
        [spawned, daemon, pool].map(|answer| answer.unwrap_err())
    });
    for (why, name) in refused.iter().zip([r"a\0b", r"a\0b", r"a\0b-0"]) {
        let line =
            format!("a thread cannot be started: there is a zero byte in its name, \"{name}\"");
        assert_eq!((why.kind(), why.to_string()), (ErrorKind::InvalidInput, line));
    }
}
