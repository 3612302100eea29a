//! The laws of a global lock, as those of its neighbours are in [`tests`](super).

use super::*;

#[test]
fn a_lock_has_one_holder() {
    let (take, drop) = (Kind::GilTake, Kind::GilDrop);
    check_last_is_illegal(&[(1, take, 5, 0), (2, take, 5, 1)], "a lock has one holder");
    check_last_is_illegal(&[(1, take, 5, 0), (2, drop, 5, 0)], "who holds the lock drops it");
    check_last_is_illegal(
        &[(1, drop, 5, 0), (1, drop, 5, 0)],
        "only who runs under a lock leaves it",
    );
    check_last_is_illegal(
        &[(1, take, 5, 3), (1, drop, 5, 0), (2, take, 5, 0)],
        "a lock is taken from the thread that held it last",
    );
}

#[test]
fn a_thread_is_attached_to_one_lock_and_does_nothing_else_while_it_waits() {
    check_last_is_illegal(
        &[(1, Kind::GilTake, 5, 0), (1, Kind::GilWait, 6, 0)],
        "a thread is attached to one lock, and once",
    );
    check_last_is_illegal(
        &[(2, Kind::GilTake, 5, 0), (1, Kind::GilWait, 5, 0), (1, Kind::BlockBegin, 0, 1)],
        "a thread that waits for a lock does nothing else",
    );
    check_last_is_illegal(
        &[(1, Kind::GilTake, 5, 0), (1, Kind::GilDropRequest, 5, 9)],
        "only who waits for a lock is called, asks, and gives up",
    );
}

#[test]
fn a_switch_is_asked_for_and_seen() {
    let wait = [(1, Kind::GilTake, 5, 0), (2, Kind::GilWait, 5, 0)];
    let asked = [&wait[..], &[(2, Kind::GilDropRequest, 5, 7), (1, Kind::GilDrop, 5, 1)]].concat();
    let taken = [&asked[..], &[(2, Kind::GilTake, 5, 7)]].concat();
    let unasked = [&wait[..], &[(1, Kind::GilDrop, 5, 1)]].concat();
    check_last_is_illegal(&unasked, "a drop on request was requested");
    check_last_is_illegal(
        &[&asked[..], &[(1, Kind::GilSwitched, 5, 0)]].concat(),
        "a thread sees the switch after another took the lock",
    );
    check_last_is_illegal(
        &[&asked[..], &[(2, Kind::GilTake, 5, 8)]].concat(),
        "a lock is taken from the thread that held it last",
    );
    let again = [
        (1, Kind::GilSwitched, 5, 0),
        (1, Kind::GilWait, 5, 0),
        (1, Kind::GilDropRequest, 5, 8),
        (2, Kind::GilDrop, 5, 1),
        (2, Kind::GilWait, 5, 0),
        (1, Kind::GilTake, 5, 8),
        (1, Kind::GilDrop, 5, 0),
        (2, Kind::GilTake, 5, 7),
    ];
    check_last_is_illegal(
        &[&taken[..], &again].concat(),
        "a thread that was asked for the lock goes on when it has seen another take it",
    );
    check_last_is_illegal(
        &[(1, Kind::GilTake, 5, 0), (1, Kind::GilDrop, 5, 0), (1, Kind::GilSwitched, 5, 0)],
        "only a thread that was asked for the lock, and dropped it, waits for the switch",
    );
}

/// Track 1 is asked, gives way, and gets the lock back: so switches are forced. Then it is asked again.
const GIVES_WAY: [Line; 11] = [
    (1, Kind::GilTake, 5, 0),
    (2, Kind::GilWait, 5, 0),
    (2, Kind::GilDropRequest, 5, 7),
    (1, Kind::GilDrop, 5, 1),
    (1, Kind::GilWait, 5, 0),
    (2, Kind::GilTake, 5, 7),
    (2, Kind::GilDrop, 5, 0),
    (1, Kind::GilSwitched, 5, 0),
    (1, Kind::GilTake, 5, 8),
    (2, Kind::GilWait, 5, 0),
    (2, Kind::GilDropRequest, 5, 7),
];

/// Fails if only the missing of `GilSwitched` is noticed, which nobody emits who takes it straight back.
#[test]
fn a_thread_that_gives_way_does_not_take_the_lock_straight_back() {
    let law = "a thread that was asked for the lock, and dropped it, lets the waiter have it first";
    let (drop, take) = ((1, Kind::GilDrop, 5, 1), (1, Kind::GilTake, 5, 7));
    check_last_is_illegal(&[&GIVES_WAY[..], &[drop, take]].concat(), law);
    check_last_is_illegal(&[&GIVES_WAY[..], &[drop, (1, Kind::GilWait, 5, 0), take]].concat(), law);
}

/// Fails if the law is held against a thread that owes nothing.
#[test]
fn a_thread_may_take_the_lock_straight_back_where_nobody_waits_or_no_switch_is_forced() {
    let (drop, take) = ((1, Kind::GilDrop, 5, 1), (1, Kind::GilTake, 5, 7));
    // The waiter gives up: before the drop, or after it.
    let gives_up = (2, Kind::GilGiveUp, 5, 0);
    check_is_legal(&[&GIVES_WAY[..], &[gives_up, drop, take]].concat());
    check_is_legal(&[&GIVES_WAY[..], &[drop, gives_up, take]].concat());
    // Other rules, which may force nothing.
    let rules = (3, Kind::GilMode, 5, 2);
    check_is_legal(&[&GIVES_WAY[..], &[rules, drop, take]].concat());
    check_is_legal(&[&GIVES_WAY[..], &[drop, rules, take]].concat());
    // It leaves of its own accord: to another lock, and back from it as another of this lock's threads.
    check_is_legal(&[&GIVES_WAY[..], &[(1, Kind::GilDrop, 5, 0), take]].concat());
    // No switch was forced so far.
    check_is_legal(&[&GIVES_WAY[..4], &[take]].concat());
}

#[test]
fn the_mode_changes_while_nobody_runs() {
    let (stop, mode, resume) = (Kind::GilStop, Kind::GilMode, Kind::GilResume);
    for running in [(1, Kind::GilTake, 5, 0), (1, Kind::GilFree, 5, 0)] {
        check_last_is_illegal(
            &[running, (2, stop, 5, 0), (2, mode, 5, 0)],
            "the mode changes while nobody runs",
        );
    }
    check_last_is_illegal(
        &[(2, resume, 5, 0), (2, mode, 5, 1)],
        "the mode changes while the world stands still, and once",
    );
    check_last_is_illegal(
        &[(2, stop, 5, 0), (2, mode, 5, 1), (2, resume, 5, 0), (1, Kind::GilFree, 5, 0)],
        "only beside a lock that is off threads run freely",
    );
    check_last_is_illegal(
        &[(2, stop, 5, 0), (2, mode, 5, 0), (2, resume, 5, 0), (1, Kind::GilTake, 5, 0)],
        "only a lock that is on is held",
    );
    check_last_is_illegal(
        &[(2, stop, 5, 0), (2, mode, 5, 1), (1, Kind::GilTake, 5, 0)],
        "nobody runs attached when the mode has changed and the world stands still",
    );
    check_last_is_illegal(
        &[(2, stop, 5, 0), (2, mode, 5, 0), (1, Kind::GilFree, 5, 0)],
        "nobody runs attached when the mode has changed and the world stands still",
    );
    check_last_is_illegal(
        &[(2, stop, 5, 0), (3, stop, 5, 0)],
        "the world is stopped by one thread at a time",
    );
}

#[test]
fn a_daemon_that_was_told_to_stop_never_runs_again() {
    check_last_is_illegal(
        &[(1, Kind::GilTake, 5, 0), (1, Kind::GilDrop, 5, 3), (1, Kind::GilTake, 5, 1)],
        "a thread that was stopped without a stop of the world never runs again",
    );
}
