//! What threads wait with, in every order of its steps: the word of a semaphore, a condition, a queue;
//! and their twins, which must fail.

use crate::interleave::protocols::{condition, permits, queue};
use crate::interleave::{check_breaks, check_holds};

#[test]
fn permits_that_are_given_one_by_one_reach_all_who_sleep() {
    check_holds(permits::correct().check(permits::always, permits::finally), 100);
}

/// How two takers fall asleep, and the first of them wakes up for the first permit.
const BOTH_SLEEP: [&str; 10] = [
    "    taker               taker 2               giver",
    " 1  take-permit",
    " 2  announce-sleep",
    " 3  compare-and-sleep",
    " 4                      take-permit",
    " 5                      announce-sleep",
    " 6                      compare-and-sleep",
    " 7                                            give-permits",
    " 8                                            wake-sleepers",
    " 9  wake-up-for-permit",
];

/// And how the second sleeps on beside the second permit.
const ONE_SLEEPS_ON: [&str; 2] = [
    "12                                            wake-sleepers",
    " .                      (wake-up-for-permit)",
];

#[test]
fn a_taker_that_passes_nothing_on_leaves_another_asleep_beside_a_permit() {
    let between = ["10                                            give-permits", "11  take-permit"];
    check_breaks(
        permits::passes_nothing_on().check(permits::always, permits::finally),
        "deadlock",
        &[&BOTH_SLEEP[..], &between, &ONE_SLEEPS_ON].concat(),
    );
}

#[test]
fn a_taker_that_forgets_the_others_leaves_one_asleep_beside_a_permit() {
    let between = ["10  take-permit", "11                                            give-permits"];
    check_breaks(
        permits::forgets_the_others().check(permits::always, permits::finally),
        "deadlock",
        &[&BOTH_SLEEP[..], &between, &ONE_SLEEPS_ON].concat(),
    );
}

#[test]
fn no_notification_is_lost_and_who_waits_knows_whether_it_was_called() {
    check_holds(condition::correct().check(condition::always, condition::finally), 100);
}

#[test]
fn a_waiter_that_releases_the_lock_before_it_stands_in_line_is_not_called() {
    check_breaks(
        condition::releases_too_early().check(condition::always, condition::finally),
        "deadlock",
        &[
            "   notifier          waiter",
            "1                    acquire-and-look",
            "2                    release-the-lock",
            "3  change-the-value",
            "4  notify-first",
            "5                    stand-in-line",
            ".                    (sleep-until-notified)",
        ],
    );
}

#[test]
fn a_waiter_that_believes_the_clock_says_that_nobody_has_called_it() {
    check_breaks(
        condition::believes_the_clock().check(condition::always, condition::finally),
        "who was called knows it, and who comes too late was not",
        &[
            "   notifier          waiter                clock",
            "1                    acquire-and-look",
            "2                    stand-in-line",
            "3                    release-the-lock",
            "4  change-the-value",
            "5                                          pass-time",
            "6                    sleep-until-notified",
            "7  notify-first",
            "8                    leave-the-line",
            ".                    (acquire-and-look)",
        ],
    );
}

#[test]
fn a_waiter_that_is_called_and_stays_in_line_takes_the_call_of_another() {
    check_breaks(
        condition::calls_one_twice().check(condition::always, condition::finally),
        "deadlock",
        &[
            "    notifier          waiter                waiter 2",
            " 1                    acquire-and-look",
            " 2                    stand-in-line",
            " 3                    release-the-lock",
            " 4  change-the-value",
            " 5  notify-first",
            " 6                    sleep-until-notified",
            " 7                    acquire-and-look",
            " 8                                          acquire-and-look",
            " 9                                          stand-in-line",
            "10                                          release-the-lock",
            "11  change-the-value",
            "12  notify-first",
            " .                                          (sleep-until-notified)",
        ],
    );
}

#[test]
fn every_item_reaches_a_getter_and_the_end_reaches_all() {
    check_holds(queue::correct().check(queue::always, queue::finally), 100);
}

#[test]
fn a_getter_that_stands_in_line_later_sleeps_beside_an_item() {
    check_breaks(
        queue::stands_in_line_later().check(queue::always, queue::finally),
        "nobody stands in line beside an item that no other was called for",
        &[
            "   putter                   getter",
            "1                           look-or-stand-in-line",
            "2  look-or-stand-in-line",
            "3                           stand-in-line-later",
            ".  (look-or-stand-in-line)  (sleep-in-line)",
        ],
    );
}

#[test]
fn a_getter_that_goes_though_it_was_called_leaves_another_beside_its_item() {
    check_breaks(
        queue::goes_though_it_was_called().check(queue::always, queue::finally),
        "nobody stands in line beside an item that no other was called for",
        &[
            "   putter                   getter                 getter 2               clock",
            "1                           look-or-stand-in-line",
            "2                                                  look-or-stand-in-line",
            "3  look-or-stand-in-line",
            "4                           sleep-in-line",
            "5                                                                         pass-time",
            "6                           look-when-called",
            ".  (look-or-stand-in-line)                         (sleep-in-line)",
        ],
    );
}

#[test]
fn an_end_that_one_alone_is_told_of_leaves_the_other_asleep() {
    check_breaks(
        queue::ends_for_one_alone().check(queue::always, queue::finally),
        "deadlock",
        &[
            "   putter                 getter                 getter 2",
            "1  look-or-stand-in-line",
            "2                                                look-or-stand-in-line",
            "3  look-or-stand-in-line",
            "4                                                look-or-stand-in-line",
            "5                         look-or-stand-in-line",
            "6                                                look-or-stand-in-line",
            "7  shut-down",
            "8                         sleep-in-line",
            "9                         look-when-called",
            ".                                                (sleep-in-line)",
        ],
    );
}
