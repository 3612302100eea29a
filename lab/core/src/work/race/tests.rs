//! Races: what the search finds, what real runs find, and that the second is part of the first.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::puzzle::{PUZZLES, Puzzle, compile};
use super::replay::replay;
use super::run::{Job, Outcome, Trouble, record, run};
use super::search::{Possible, search};
use super::setting::Runner;
use crate::terms::lock::{Pace, Placement, Rules};

const EVERYWHERE: Runner = Runner::LockOff;
const EVERY_OP: Runner = locked(Placement::EveryOp);
const BACK_EDGE: Runner = locked(Placement::BackEdge);
const NEVER: Runner = locked(Placement::Never);

const fn locked(placement: Placement) -> Runner {
    Runner::LockOn(Rules { policy: None, placement: Some(placement), per_worker: false })
}

/// A puzzle's text; another text is itself.
fn text_of(name: &str) -> &str {
    PUZZLES.iter().find(|(puzzle, ..)| *puzzle == name).map_or(name, |(_, _, text)| *text)
}

fn endings(text: &str, rounds: u32, trains: usize, runner: Runner) -> Vec<Possible> {
    search(&compile(text_of(text), rounds).unwrap(), trains, runner).unwrap()
}

/// Two trains on `runner`, each doing `text` so often.
fn with_job<R>(text: &str, rounds: u32, runner: Runner, ask: impl FnOnce(&Job<'_>) -> R) -> R {
    let puzzle = &Puzzle::of_text("", text_of(text));
    let program = &compile(&puzzle.text, rounds).unwrap();
    let pace = Pace { switch_interval: Duration::from_micros(50), ..Pace::default() };
    ask(&Job { puzzle, program, rounds, trains: 2, runner, cpus: &[], pace })
}

/// The first outcome of many runs that satisfies `wanted`.
fn outcome_that(
    text: &str,
    rounds: u32,
    runner: Runner,
    wanted: impl Fn(&Outcome) -> bool,
) -> Option<Outcome> {
    with_job(text, rounds, runner, |job| (0..200).map(|_| run(job).unwrap()).find(wanted))
}

/// The values of the first variable that can come out. A known surprise: two trains with two updates
/// each can lose half of them, and however many they are, two can be all that is left.
#[test]
fn the_search_knows_what_each_placement_allows() {
    for (text, rounds, trains, runner, expected) in [
        ("counter", 1, 2, EVERYWHERE, &[1, 2][..]),
        ("counter", 1, 2, EVERY_OP, &[1, 2]),
        ("counter", 3, 2, BACK_EDGE, &[6]),
        ("counter-with-call", 1, 2, BACK_EDGE, &[1, 2]),
        ("counter-with-call", 3, 2, NEVER, &[6]),
        ("counter", 3, 2, Runner::Coop, &[6]),
        ("await-in-the-middle", 1, 2, Runner::Coop, &[1, 2]),
        ("with a:\n  x += 1", 2, 3, EVERYWHERE, &[6]),
        ("x += 1", 2, 2, EVERYWHERE, &[2, 3, 4]),
        ("x += 1", 4, 2, EVERYWHERE, &[2, 3, 4, 5, 6, 7, 8]),
        ("x += 1", 1, 3, EVERYWHERE, &[1, 2, 3]),
    ] {
        let possible = endings(text, rounds, trains, runner).into_iter();
        let values: BTreeSet<i64> = possible.map(|possible| possible.ending.unwrap()[0]).collect();
        assert!(values.iter().eq(expected), "{text}, {rounds} times, {runner}: {values:?}");
    }
}

#[test]
fn a_schedule_that_was_found_does_what_was_found_and_is_as_short_as_can_be() {
    let fails = "x = 1\nx = 0\ny = 1 // (1 - x)";
    let texts = PUZZLES.map(|(name, ..)| name).into_iter().filter(|name| *name != "article");
    let is_failure = |possible: &Possible| matches!(possible.ending, Err(Trouble::Failed(_)));
    assert!(endings(fails, 1, 2, EVERYWHERE).iter().any(is_failure));
    for text in texts.chain([fails]) {
        let program = compile(text_of(text), 1).unwrap();
        let found = endings(text, 1, 2, EVERYWHERE);
        assert!(found.len() > 1, "{text}");
        for Possible { ending, schedule } in found {
            assert_eq!(replay(&program, 2, &schedule).unwrap().ending, ending, "{text}");
            assert!(schedule.switches() <= 5, "{text}: {schedule}");
        }
    }
    assert_eq!(endings("x = x + 1", 1, 2, EVERYWHERE)[1].schedule.switches(), 2);
    let locks = endings("two-locks", 1, 2, EVERYWHERE);
    let deadlock = locks.iter().find(|possible| possible.ending == Err(Trouble::Deadlock)).unwrap();
    assert_eq!(deadlock.schedule.switches(), 1);
}

#[test]
fn a_search_without_end_is_refused() {
    for text in ["while x == 0: pass", "while 1: x += 1"] {
        let refused = search(&compile(text, 1).unwrap(), 2, NEVER).map(|found| found.len());
        assert!(refused.is_err(), "{text}: {refused:?}");
    }
}

/// Reference figures of CPython: `c += 1` loses some up to 3.9 and none since 3.10; with a call in
/// it, some and some. Fails if `Instruction::place` calls every instruction a back edge.
#[test]
fn what_is_lost_depends_on_where_the_lock_looks() {
    const ROUNDS: u32 = 100_000;
    let is_whole = |outcome: &Outcome| outcome.values == [2 * i64::from(ROUNDS)];
    for (text, runner) in
        [("counter", EVERY_OP), ("counter-with-call", EVERY_OP), ("counter-with-call", BACK_EDGE)]
    {
        let lost = outcome_that(text, ROUNDS, runner, |outcome| !is_whole(outcome));
        assert!(lost.is_some(), "{text}, {runner}");
    }
    // They are switched, and lose nothing.
    let is_switched = |outcome: &Outcome| {
        assert!(is_whole(outcome), "{outcome:?}");
        outcome.forced_switches > 0
    };
    assert!(outcome_that("counter", ROUNDS, BACK_EDGE, is_switched).is_some());
}

#[test]
fn tasks_lose_at_an_await_in_the_middle_and_nowhere_else() {
    for (text, expected) in
        [("counter", 1000), ("await-in-the-middle", 500), ("x = x + 1\nawait sleep(0)", 1000)]
    {
        let outcome = outcome_that(text, 500, Runner::Coop, |_| true).unwrap();
        assert_eq!(outcome.values, [expected], "{text}");
    }
}

/// Fails (it does not end) if `Waits::blocked` never answers `Deadlock`.
#[test]
fn trains_that_wait_for_each_other_are_noticed_and_end() {
    let is_deadlock = |outcome: &Outcome| outcome.trouble == Some(Trouble::Deadlock);
    for runner in [Runner::LockOff, EVERY_OP] {
        assert!(outcome_that("two-locks", 100_000, runner, is_deadlock).is_some(), "{runner}");
    }
    let task = |text: &str| outcome_that(text, 100, Runner::Coop, |_| true).unwrap();
    // One that holds a lock over an await waits for nobody.
    assert_eq!(task("with a:\n  x += 1\n  await sleep(0)").values, [200]);
    // Without an await between the two locks nobody comes between.
    assert_eq!(task(&text_of("two-locks").replace("x += 1", "await sleep(0)")).trouble, None);
}

/// A recording is what happened: done again in that order, it comes to the same loss.
#[test]
fn a_recorded_loss_happens_again_when_it_is_replayed() {
    for (name, runner) in [
        ("counter", EVERY_OP),
        ("counter-with-call", BACK_EDGE),
        ("counter", EVERYWHERE),
        ("await-in-the-middle", Runner::Coop),
    ] {
        with_job(name, 100_000, runner, |job| {
            let tape = (0..50).find_map(|_| record(job).unwrap()).expect(name);
            let replayed = replay(job.program, 2, &tape.schedule).unwrap();
            assert!(tape.lost.is_some(), "{name}, {runner}");
            assert_eq!(replayed.tape.lost, tape.lost, "{name}, {runner}");
        });
    }
}

fn statement() -> impl Strategy<Value = &'static str> {
    select(vec![
        "x = x + 1",
        "y = x * 2 + y",
        "x += train",
        "if x == 0: x = train + 5",
        "if y > x: y = y - 1",
        "with a:\n  x += 1\n  y += 1",
        "with a: y = x",
        "x = twice(x)",
        "await sleep(0)",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Fails if `can_switch_before` in the search leaves out `LOAD_GLOBAL` or `STORE_GLOBAL`.
    #[test]
    fn what_comes_out_is_among_what_can_come_out(
        statements in vec(statement(), 1..4),
        rounds in 1..3_u32,
    ) {
        let text = format!("def twice(c): return c * 2\n{}", statements.join("\n"));
        for runner in [EVERY_OP, BACK_EDGE, NEVER, EVERYWHERE, Runner::Coop] {
            let possible = endings(&text, rounds, 2, runner);
            for _ in 0..4 {
                let outcome = with_job(&text, rounds, runner, |job| run(job).unwrap());
                prop_assert_eq!(&outcome.trouble, &None);
                let ending = Ok(outcome.values);
                let is_among = possible.iter().any(|possible| possible.ending == ending);
                prop_assert!(is_among, "{} {:?}\n{}", runner, ending, text);
            }
        }
    }
}
