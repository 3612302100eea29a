//! The word of a semaphore, in every order of its steps; and its twins, which must fail.

use crate::interleave::protocols::permits;
use crate::interleave::{check_breaks, check_holds};

#[test]
fn permits_that_are_given_one_by_one_reach_all_who_sleep() {
    check_holds(permits::correct().check(permits::always, permits::finally), 100);
}

#[test]
fn a_taker_that_passes_nothing_on_leaves_another_asleep_beside_a_permit() {
    let twin = permits::passes_nothing_on();
    check_breaks(
        twin.check(permits::always, permits::finally),
        "deadlock",
        &[
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
            "10                                            give-permits",
            "11  take-permit",
            "12                                            wake-sleepers",
            " .                      (wake-up-for-permit)",
        ],
    );
}

#[test]
fn a_taker_that_forgets_the_others_leaves_one_asleep_beside_a_permit() {
    let twin = permits::forgets_the_others();
    check_breaks(
        twin.check(permits::always, permits::finally),
        "deadlock",
        &[
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
            "10  take-permit",
            "11                                            give-permits",
            "12                                            wake-sleepers",
            " .                      (wake-up-for-permit)",
        ],
    );
}
