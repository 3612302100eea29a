//! Every protocol of the crate, in every order of its steps; and its twins, which must fail.
//!
//! A correct script that passes proves little as long as nobody has seen the same rules fail.
//! So each protocol has a twin with one mistake, and the test of the twin states the schedule
//! that the explorer finds: the shortest order of steps in which the mistake does its harm.
//! The models are in `tests/interleave/`.

#[path = "interleave/protocols.rs"]
#[expect(dead_code, reason = "what is modelled, and by whom, is for tests/tidy.rs")]
mod protocols;

use std::collections::BTreeMap;

use protocols::{PROTOCOLS, death, handoff, inbox, task};
use trainyard::interleave::{CheckError, Checked};

/// The check must pass, on at least so many states that it cannot have been vacuous.
#[track_caller]
fn check_holds(result: Result<Checked, CheckError>, states_min: usize) {
    let checked = result.unwrap_or_else(|breach| panic!("the correct script is wrong\n{breach}"));
    assert!(checked.states >= states_min, "only {} states: are the scripts empty?", checked.states);
}

/// The check must find `rule` broken, by exactly this schedule.
#[track_caller]
fn check_breaks(result: Result<Checked, CheckError>, rule: &str, schedule: &[&str]) {
    match result {
        Err(CheckError::Violated(violation)) => {
            assert_eq!(violation.rule, rule, "\n{violation}");
            let found = violation.schedule.to_string();
            assert!(found.lines().eq(schedule.iter().copied()), "found another schedule:\n{found}");
        }
        other => panic!("the twin must break {rule:?}, but: {other:?}"),
    }
}

#[test]
fn no_wake_up_from_another_thread_is_lost() {
    check_holds(inbox::correct(2).check(inbox::always, inbox::finally), 100);
}

#[test]
fn a_sleeper_that_looks_before_it_raises_its_flag_loses_a_wake_up() {
    let twin = inbox::looks_before_it_raises(1);
    check_breaks(
        twin.check(inbox::always, inbox::finally),
        "deadlock",
        &[
            "   pusher           sleeper",
            "1                   last-look",
            "2  push-under-lock",
            "3  swap-sleeping",
            "4                   raise-sleeping",
            ".                   (block)",
        ],
    );
}

#[test]
fn the_lock_changes_hands_and_nobody_waits_for_ever() {
    check_holds(handoff::correct().check(handoff::always, handoff::finally), 100);
}

#[test]
fn a_waiter_that_leaves_its_request_behind_hangs_the_holder() {
    let twin = handoff::leaves_its_request();
    check_breaks(
        twin.check(handoff::always, handoff::finally),
        "deadlock",
        &[
            "   A                      B                  clock          caller",
            "1  take",
            "2  look-at-breaker",
            "3                         take",
            "4                                            pass-interval",
            "5                         wait-one-interval",
            "6                         ask",
            "7                                                           call-off",
            "8  mark-free",
            "9                         wait-one-interval",
            ".  (wait-until-switched)",
        ],
    );
}

#[test]
fn a_releaser_that_is_not_made_to_wait_takes_the_lock_back() {
    let twin = handoff::without_forced_switching();
    check_breaks(
        twin.check(handoff::always, handoff::finally),
        "who gives way does not take the lock back before another had it",
        &[
            "   A                  B                    clock",
            "1  take",
            "2                     take",
            "3                                          pass-interval",
            "4                     wait-one-interval",
            "5                     ask",
            "6  look-at-breaker",
            "7  mark-free",
            "8  take",
            ".  (look-at-breaker)  (wait-one-interval)",
        ],
    );
}

#[test]
fn the_last_answer_of_a_worker_outlives_it() {
    check_holds(death::correct().check(death::always, death::finally), 20);
}

#[test]
fn a_supervisor_that_believes_the_exit_notice_first_loses_an_answer() {
    let twin = death::believes_the_notice_first();
    let rule = "a result that was sent is delivered";
    check_breaks(
        twin.check(death::always, death::finally),
        rule,
        &[
            "   worker       kernel            supervisor",
            "1  send-result",
            "2               kill-worker",
            "3               close-socket",
            "4               post-exit-notice",
            "5                                 await-news",
            "6                                 reap-worker",
            "7                                 declare-death",
        ],
    );
}

#[test]
fn a_wake_up_during_the_poll_queues_the_task_again() {
    check_holds(task::correct().check(task::always, task::finally), 40);
}

#[test]
fn a_flag_cleared_after_the_poll_swallows_a_wake_up() {
    let twin = task::clears_after_the_poll();
    check_breaks(
        twin.check(task::always, task::finally),
        "deadlock",
        &[
            "   waker       waker 2     scheduler",
            "1  make-ready",
            "2  set-queued",
            "3  push",
            "4                          take-from-queue",
            "5                          poll",
            "6              make-ready",
            "7              set-queued",
            "8                          clear-queued-after-poll",
            ".                          (take-from-queue)",
        ],
    );
}

#[test]
fn a_step_name_belongs_to_one_protocol() {
    let mut owners = BTreeMap::new();
    for protocol in PROTOCOLS {
        for step in protocol.our_steps() {
            let other = owners.insert(step, protocol.name);
            assert_eq!(other, None, "step {step:?} is also one of {}", protocol.name);
        }
    }
}
