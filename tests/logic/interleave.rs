//! Every protocol of the crate, in every order of its steps; and its twins, which must fail.
//!
//! A correct script that passes proves little while nobody has seen the same rules fail: each protocol has a twin with one mistake, and the test of the twin states the schedule
//! that the explorer finds: the shortest order of steps in which the mistake does its harm.
//! The models are in `tests/interleave/`.

#[path = "../interleave/protocols.rs"]
#[expect(dead_code, reason = "what is modelled, and by whom, is for tests/tidy")]
pub(crate) mod protocols;

use std::collections::BTreeMap;

use protocols::{PROTOCOLS, death, handoff, inbox, task, toggle, turn};
use trainyard::interleave::{CheckError, Checked};

/// The check must pass, on at least so many states that it cannot have been vacuous.
#[track_caller]
pub(crate) fn check_holds(result: Result<Checked, CheckError>, states_min: usize) {
    let checked = result.unwrap_or_else(|breach| panic!("the correct script is wrong\n{breach}"));
    assert!(checked.states >= states_min, "only {} states: are the scripts empty?", checked.states);
}

/// The check must find `rule` broken, by exactly this schedule.
#[track_caller]
pub(crate) fn check_breaks(result: Result<Checked, CheckError>, rule: &str, schedule: &[&str]) {
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
    check_holds(handoff::correct().check(handoff::always, handoff::finally), 10_000);
}

const MISSED: &[&str] = &[
    "   A               B",
    "1  take-the-turn",
    "2                  take-the-turn",
    "3                  close-the-turn",
    "4  leave-the-turn",
    ".                  (sleep-until-called)",
];

#[test]
fn a_word_that_is_closed_in_time_loses_no_waiter() {
    check_holds(turn::correct().check(turn::always, turn::finally), 15);
}

#[test]
fn a_holder_that_leaves_a_closed_word_without_a_look_calls_nobody() {
    check_breaks(
        turn::leaves_without_a_look().check(turn::always, turn::finally),
        "deadlock",
        MISSED,
    );
}

#[test]
fn a_waiter_that_queues_at_an_open_word_is_not_seen() {
    check_breaks(
        turn::queues_at_an_open_word().check(turn::always, turn::finally),
        "deadlock",
        MISSED,
    );
}

#[test]
fn a_word_that_is_opened_though_somebody_waits_loses_the_waiter() {
    check_breaks(turn::opens_too_early().check(turn::always, turn::finally), "deadlock", MISSED);
}

#[test]
fn a_waiter_that_leaves_its_request_behind_interrupts_the_holder_in_vain() {
    let twin = handoff::leaves_its_request();
    check_breaks(
        twin.check(handoff::always, handoff::finally),
        "no request outlives the last who waits",
        &[
            "   A                  C                  clock          program",
            "1  take",
            "2                     take",
            "3                                        pass-interval",
            "4                     wait-one-interval",
            "5                     ask",
            "6                                                       refuse",
            "7                     wait-one-interval",
            "8                     leave-queue",
            ".  (look-at-breaker)",
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
fn a_releaser_that_calls_before_it_queues_is_overlooked() {
    let twin = handoff::queues_too_late();
    check_breaks(
        twin.check(handoff::always, handoff::finally),
        "who gives way waits when the next one takes the lock",
        &[
            "   A                B                  clock",
            "1  take",
            "2                   take",
            "3                                      pass-interval",
            "4                   wait-one-interval",
            "5                   ask",
            "6  look-at-breaker",
            "7  mark-free",
            "8                   wait-one-interval",
            "9                   take",
            ".  (take)           (look-at-breaker)",
        ],
    );
}

#[test]
fn a_call_that_is_not_passed_on_leaves_a_waiter_asleep_over_a_free_lock() {
    let twin = handoff::keeps_the_call();
    check_breaks(
        twin.check(handoff::always, handoff::finally),
        "deadlock",
        &[
            "   A                B                    clock  C                  program",
            "1  take",
            "2  look-at-breaker",
            "3                                               take",
            "4                   take",
            "5  mark-free",
            "6                                                                  refuse",
            "7                                               wait-one-interval",
            "8                                               leave-queue",
            ".                   (wait-one-interval)",
        ],
    );
}

#[test]
fn a_waiter_that_does_not_look_who_was_served_asks_a_newcomer() {
    let twin = handoff::asks_a_newcomer();
    check_breaks(
        twin.check(handoff::always, handoff::finally),
        "who asks has seen one holder for a whole interval",
        &[
            "   A                B                    clock          C",
            "1  take",
            "2  look-at-breaker",
            "3                   take",
            "4                                        pass-interval",
            "5  mark-free",
            "6                                                       take",
            "7                   wait-one-interval",
            "8                   ask",
            ".                   (wait-one-interval)                 (look-at-breaker)",
        ],
    );
}

#[test]
fn the_mode_changes_while_nobody_runs_and_everybody_goes_on() {
    for before in [toggle::Before::On, toggle::Before::Off] {
        check_holds(toggle::correct(before).check(toggle::always, toggle::finally), 1_000);
    }
}

#[test]
fn a_toggler_that_waits_for_nobody_changes_the_mode_under_a_train() {
    let twin = toggle::waits_for_nobody();
    check_breaks(
        twin.check(toggle::always, toggle::finally),
        toggle::UNDER_A_TRAIN,
        &[
            "   A                     B               toggler",
            "1  look-at-mode",
            "2  enter-free",
            "3                                        mark-stopped",
            "4                                        raise-stop",
            "5                                        raise-next-stop",
            "6                                        look-who-runs",
            "7                                        change-mode",
            ".  (look-at-mode-again)  (look-at-mode)  (lower-stop)",
        ],
    );
}

#[test]
fn a_toggler_that_wakes_nobody_leaves_trains_asleep() {
    let twin = toggle::forgets_to_wake();
    check_breaks(
        twin.check(toggle::always, toggle::finally),
        "deadlock",
        &[
            "    A                B             toggler",
            " 1  look-at-mode",
            " 2  take-turn",
            " 3  look-for-a-stop",
            " 4                   look-at-mode",
            " 5                   take-turn",
            " 6                                 mark-stopped",
            " 7                                 raise-stop",
            " 8                                 raise-next-stop",
            " 9                                 look-who-runs",
            "10                                 sleep-until-halted",
            "11  leave-turn",
            "12                                 wake-up-halted",
            "13                                 look-who-runs",
            "14                                 change-mode",
            "15                                 lower-stop",
            "16                                 lower-next-stop",
            "17                                 wake-everybody",
            " .                   (take-turn)",
        ],
    );
}

#[test]
fn a_train_that_leaves_without_a_word_lets_the_toggler_sleep() {
    let twin = toggle::leaves_without_a_word();
    check_breaks(
        twin.check(toggle::always, toggle::finally),
        "deadlock",
        &[
            "    A                   B                     toggler",
            " 1  look-at-mode",
            " 2  enter-free",
            " 3  look-at-mode-again",
            " 4  look-for-a-stop",
            " 5                      look-at-mode",
            " 6                                            mark-stopped",
            " 7                                            raise-stop",
            " 8                                            raise-next-stop",
            " 9                      enter-free",
            "10                                            look-who-runs",
            "11  exit",
            "12                                            sleep-until-halted",
            "13  tell-the-stopper",
            "14                      wait-until-resumed",
            " .                      (wait-until-resumed)  (wake-up-halted)",
        ],
    );
}

#[test]
fn a_train_that_tells_without_the_mutex_tells_a_toggler_that_does_not_sleep_yet() {
    let twin = toggle::tells_too_early();
    check_breaks(
        twin.check(toggle::always, toggle::finally),
        "deadlock",
        &[
            "    A                   B                     toggler",
            " 1  look-at-mode",
            " 2  enter-free",
            " 3  look-at-mode-again",
            " 4  look-for-a-stop",
            " 5                      look-at-mode",
            " 6                                            mark-stopped",
            " 7                                            raise-stop",
            " 8                                            raise-next-stop",
            " 9                      enter-free",
            "10                                            look-who-runs",
            "11  exit",
            "12  tell-the-stopper",
            "13                                            sleep-until-halted",
            "14                      wait-until-resumed",
            " .                      (wait-until-resumed)  (wake-up-halted)",
        ],
    );
}

#[test]
fn a_train_that_trusts_its_first_look_runs_without_a_lock_that_is_on() {
    let twin = toggle::trusts_its_first_look();
    check_breaks(
        twin.check(toggle::always, toggle::finally),
        toggle::WITHOUT_THE_LOCK,
        &[
            "   A                   B               toggler",
            "1  look-at-mode",
            "2                                      mark-stopped",
            "3                                      raise-stop",
            "4                                      raise-next-stop",
            "5                                      look-who-runs",
            "6                                      change-mode",
            "7                                      lower-stop",
            "8  enter-free",
            "9  look-at-mode-again",
            ".  (look-for-a-stop)   (look-at-mode)  (lower-next-stop)",
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
