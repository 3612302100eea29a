//! Races: what the search finds, what real runs find, and that the second is part of the first.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::puzzle::{PUZZLES, Puzzle};
use super::replay::replay;
use super::run::{Job, Outcome, Trouble, record, run};
use super::search::{Ending, Possible, search};
use super::setting::{Checks, Runner};
use trainyard::vm::Program;

const EVERYWHERE: Runner = Runner::LockOff;

fn text_of(name: &str) -> &'static str {
    PUZZLES.iter().find(|(puzzle, ..)| *puzzle == name).map(|(_, _, text)| *text).unwrap()
}

fn endings(text: &str, rounds: u32, trains: usize, runner: Runner) -> Vec<Possible> {
    let program = Program::compile_repeated(text, rounds).unwrap();
    search(&program, trains, runner).unwrap()
}

/// The values of the first variable that can come out, in order.
#[track_caller]
fn check_values(text: &str, rounds: u32, trains: usize, runner: Runner, expected: &[i64]) {
    let values: BTreeSet<i64> = endings(text, rounds, trains, runner)
        .into_iter()
        .map(|possible| match possible.ending {
            Ending::Values(values) => values[0],
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(values.into_iter().collect::<Vec<_>>(), expected, "{text}");
}

/// Two trains on `runner`, each doing `text` so often.
fn with_job<R>(text: &str, rounds: u32, runner: Runner, ask: impl FnOnce(&Job<'_>) -> R) -> R {
    let puzzle = Puzzle::of_text("", text);
    let program = puzzle.compile(rounds).unwrap();
    let switch_interval = Duration::from_micros(50);
    let (puzzle, program) = (&puzzle, &program);
    ask(&Job { puzzle, program, rounds, trains: 2, runner, cpus: &[], switch_interval })
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

#[test]
fn the_search_knows_what_each_placement_allows() {
    let [every_op, back_edge, never] =
        [Checks::EveryOp, Checks::BackEdge, Checks::Never].map(Runner::LockOn);
    let [counter, call, awaits] =
        ["counter", "counter-with-call", "await-in-the-middle"].map(text_of);
    for (text, rounds, runner, expected) in [
        (counter, 1, EVERYWHERE, &[1, 2][..]),
        (counter, 1, every_op, &[1, 2]),
        (counter, 3, back_edge, &[6]),
        (call, 1, back_edge, &[1, 2]),
        (call, 3, never, &[6]),
        (counter, 3, Runner::Coop, &[6]),
        (awaits, 1, Runner::Coop, &[1, 2]),
    ] {
        check_values(text, rounds, 2, runner, expected);
    }
    check_values("with a:\n  x += 1", 2, 3, EVERYWHERE, &[6]);
}

/// The known surprise: two trains with two updates each can lose half of them, and however many they
/// are, two can be all that is left.
#[test]
fn more_rounds_can_lose_nearly_everything() {
    check_values("x += 1", 2, 2, EVERYWHERE, &[2, 3, 4]);
    check_values("x += 1", 4, 2, EVERYWHERE, &[2, 3, 4, 5, 6, 7, 8]);
    check_values("x += 1", 1, 3, EVERYWHERE, &[1, 2, 3]);
}

#[test]
fn a_schedule_that_was_found_does_what_was_found_and_is_as_short_as_can_be() {
    for (name, _, text) in PUZZLES.into_iter().filter(|(name, ..)| *name != "article") {
        let program = Program::compile(text).unwrap();
        let found = search(&program, 2, EVERYWHERE).unwrap();
        assert!(found.len() > 1, "{name}");
        for Possible { ending, schedule } in found {
            assert_eq!(replay(&program, 2, &schedule).unwrap().ending, ending, "{name}");
            assert!(schedule.switches() <= 5, "{name}: {schedule}");
        }
    }
    let text = "x = 1\nx = 0\ny = 1 // (1 - x)";
    let failing = endings(text, 1, 2, EVERYWHERE);
    let failing = failing.iter().find(|possible| matches!(possible.ending, Ending::Failed(_)));
    let Possible { ending, schedule } = failing.unwrap();
    let program = Program::compile_repeated(text, 1).unwrap();
    assert_eq!(replay(&program, 2, schedule).unwrap().ending, *ending, "{schedule}");
    let lost = &endings("x = x + 1", 1, 2, EVERYWHERE)[1];
    assert_eq!(lost.schedule.switches(), 2);
    let locks = endings(text_of("two-locks"), 1, 2, EVERYWHERE);
    let deadlock = locks.iter().find(|possible| possible.ending == Ending::Deadlock).unwrap();
    assert_eq!(deadlock.schedule.switches(), 1);
}

#[test]
fn a_search_without_end_is_refused() {
    for text in ["while x == 0: pass", "while 1: x += 1"] {
        let program = Program::compile(text).unwrap();
        let refused = search(&program, 2, Runner::LockOn(Checks::Never)).map(|found| found.len());
        assert!(refused.is_err(), "{text}: {refused:?}");
    }
}

/// Reference figures of CPython: `c += 1` loses some up to 3.9 and none since 3.10; with a call in
/// it, some and some. Fails if `Instruction::place` calls every instruction a back edge.
#[test]
fn what_is_lost_depends_on_where_the_lock_looks() {
    const ROUNDS: u32 = 100_000;
    let lost = |outcome: &Outcome| outcome.values != [2 * i64::from(ROUNDS)];
    let (counter, call) = (text_of("counter"), text_of("counter-with-call"));
    let on = |checks| Runner::LockOn(checks);
    assert!(outcome_that(counter, ROUNDS, on(Checks::EveryOp), lost).is_some());
    assert!(outcome_that(call, ROUNDS, on(Checks::EveryOp), lost).is_some());
    assert!(outcome_that(call, ROUNDS, on(Checks::BackEdge), lost).is_some());
    // They are switched, and lose nothing.
    let is_switched = |outcome: &Outcome| {
        assert_eq!(outcome.values, [200_000]);
        outcome.forced_switches > 0
    };
    assert!(outcome_that(counter, ROUNDS, on(Checks::BackEdge), is_switched).is_some());
}

#[test]
fn tasks_lose_at_an_await_in_the_middle_and_nowhere_else() {
    let values = |text| outcome_that(text, 500, Runner::Coop, |_| true).unwrap().values;
    assert_eq!(values(text_of("counter")), [1000]);
    assert_eq!(values(text_of("await-in-the-middle")), [500]);
    assert_eq!(values("x = x + 1\nawait sleep(0)"), [1000]);
}

/// Fails (it does not end) if `Waits::blocked` never answers `Deadlock`.
#[test]
fn trains_that_wait_for_each_other_are_noticed_and_end() {
    let is_deadlock = |outcome: &Outcome| outcome.trouble == Some(Trouble::Deadlock);
    let text = text_of("two-locks");
    for runner in [Runner::LockOff, Runner::LockOn(Checks::EveryOp)] {
        assert!(outcome_that(text, 100_000, runner, is_deadlock).is_some(), "{runner}");
    }
    // One that holds a lock over an await waits for nobody.
    let text = "with a:\n  x += 1\n  await sleep(0)";
    assert_eq!(outcome_that(text, 100, Runner::Coop, |_| true).unwrap().values, [200]);
    let text = text_of("two-locks").replace("x += 1", "await sleep(0)");
    let outcome = outcome_that(&text, 100, Runner::Coop, |_| true).unwrap();
    assert_eq!(
        outcome.trouble, None,
        "without an await between the two locks nobody comes between"
    );
}

/// A recording is what happened: done again in that order, it comes to the same loss.
#[test]
fn a_recorded_loss_happens_again_when_it_is_replayed() {
    let cases = [
        ("counter", Runner::LockOn(Checks::EveryOp)),
        ("counter-with-call", Runner::LockOn(Checks::BackEdge)),
        ("counter", Runner::LockOff),
        ("await-in-the-middle", Runner::Coop),
    ];
    for (name, runner) in cases {
        let text = text_of(name);
        with_job(text, 100_000, runner, |job| {
            let tape = (0..50).find_map(|_| record(job).unwrap()).expect(name);
            let replayed = replay(job.program, 2, &tape.schedule).unwrap();
            assert!(tape.lost.is_some(), "{name}, {runner}");
            assert_eq!(replayed.tape.lost, tape.lost, "{name}, {runner}");
        });
    }
}

fn statement() -> impl Strategy<Value = String> {
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
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Fails if `is_noticed` in the search leaves out `LOAD_GLOBAL` or `STORE_GLOBAL`.
    #[test]
    fn what_comes_out_is_among_what_can_come_out(
        statements in vec(statement(), 1..4),
        rounds in 1..3_u32,
    ) {
        let text = format!("def twice(c): return c * 2\n{}", statements.join("\n"));
        let program = Program::compile_repeated(&text, rounds).unwrap();
        for runner in [
            Runner::LockOn(Checks::EveryOp),
            Runner::LockOn(Checks::BackEdge),
            Runner::LockOn(Checks::Never),
            Runner::LockOff,
            Runner::Coop,
        ] {
            let possible = search(&program, 2, runner).unwrap();
            for _ in 0..4 {
                let outcome = with_job(&text, rounds, runner, |job| run(job).unwrap());
                prop_assert_eq!(&outcome.trouble, &None);
                let ending = Ending::Values(outcome.values);
                let is_among = possible.iter().any(|possible| possible.ending == ending);
                prop_assert!(is_among, "{} {:?}\n{}", runner, ending, text);
            }
        }
    }
}
