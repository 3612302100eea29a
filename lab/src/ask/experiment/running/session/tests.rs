//! Runs without processes: an instrument that says what it is told to.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::LazyLock;

use super::*;
use crate::ask::experiment::kit::claim::That;
use crate::ask::experiment::kit::contender::PythonGil;
use crate::ask::experiment::running::others::OTHERS_SHARE;
use lab_core::terms::error::LabError;

/// The figure of `on` must be 5.
const CLAIM: That<1> = that(|[x]| is(x, 5));

static DESIGN: Design = Design::new(include_str!("example.md"), |_| Ok(Figures::default()))
    .twin("", by_lock)
    .relations(&[
        timing("timing", &CLAIM),
        counting("count", &CLAIM).of_ours(),
        counting("compared", &CLAIM).of_each_python(),
    ]);

static EXPERIMENT: LazyLock<Experiment> = LazyLock::new(|| Experiment::new(Group::Lock, &DESIGN));

fn plan(scale: Scale, wrong: Option<&'static Relation>) -> Plan {
    let (path, version, gil) = (PathBuf::from("python"), (3, 13, 0), PythonGil::Timed);
    let contenders = vec![Contender::Ours, Contender::Python(Python { path, version, gil })];
    Plan { experiment: &EXPERIMENT, scale, wrong, contenders }
}

/// Runs `plan` with figures that `x` makes of who, which cell, and how often that was measured
/// before; returns what was measured, in order, with the finding.
fn run(
    plan: &Plan,
    x: impl Fn(&Contender, &Cell, usize) -> Result<f64>,
) -> (Vec<String>, Finding, Result<()>) {
    let log = RefCell::new(Vec::new());
    let (finding, ended) = plan.run(&mut |cell, who| {
        let line = format!("{who} {}", cell.label);
        let before = log.borrow().iter().filter(|known| **known == line).count();
        log.borrow_mut().push(line);
        Ok(Figures::default().with("x", x(who, cell, before)?))
    });
    (log.into_inner(), finding, ended)
}

/// What was checked, for whom, how it ended, and after how many tries.
fn ends(finding: &Finding) -> Vec<String> {
    let line =
        |one: &Outcome| format!("{} {} {:?} {}", one.name, one.contender, one.ending, one.attempts);
    finding.outcomes.iter().map(line).collect()
}

#[test]
fn each_contender_is_measured_where_it_can_be_in_turn() {
    let (log, finding, ended) = run(&plan(Scale::Full, None), |_, _, _| Ok(5.0));
    assert_eq!(ended, Ok(()));
    let round = ["ours on", "CPython 3.13.0 on", "ours off"];
    let reversed = ["CPython 3.13.0 on", "ours on", "ours off"];
    assert_eq!(log, [round, reversed, round].concat());
    assert_eq!(log.len(), plan(Scale::Full, None).measurements());
    let [first, second] = ["timing ours Holds 1", "timing CPython 3.13.0 Holds 1"];
    let expected = [first, second, "count ours Holds 1", "compared CPython 3.13.0 Holds 1"];
    assert_eq!(ends(&finding), expected);
}

#[test]
fn a_relation_about_times_gets_three_tries_and_one_about_counts_one() {
    let (log, finding, _) = run(&plan(Scale::Quick, None), |_, _, _| Ok(6.0));
    let [first, second] = ["timing ours Failed 3", "timing CPython 3.13.0 Failed 3"];
    let expected = [first, second, "count ours Failed 1", "compared CPython 3.13.0 Failed 1"];
    assert_eq!(ends(&finding), expected);
    let again = ["ours on", "CPython 3.13.0 on"];
    assert_eq!(log[3..], [again, again].concat(), "only what the relation reads");
}

#[test]
fn what_a_second_look_finds_takes_the_place_of_the_first() {
    let unlucky = |_: &Contender, _: &Cell, before| Ok(if before == 0 { 6.0 } else { 5.0 });
    let (_, finding, _) = run(&plan(Scale::Quick, None), unlucky);
    assert_eq!(ends(&finding)[0], "timing ours Holds 2");
    assert_eq!(finding.results.ours("on", "x"), Some(5.0));
    assert_eq!(finding.results.ours("off", "x"), Some(6.0), "nobody asked for that one again");
}

/// It is a setting of our lock: a CPython has no part in it, but for one that ours is compared with,
/// and that is measured in the right one.
#[test]
fn a_wrong_setting_changes_our_cells_of_its_relation_and_checks_nothing_else() {
    let (ours, python) = ("ours Off".to_owned(), "CPython 3.13.0 Timed { interval_s: 0.005 }");
    for (name, measured, end) in [
        ("timing", vec![ours.clone(); 3], "timing ours Failed 3"),
        ("compared", vec![ours, python.to_owned()], "compared CPython 3.13.0 Failed 1"),
    ] {
        let locks = RefCell::new(Vec::new());
        let plan = plan(Scale::Quick, EXPERIMENT.relation(name));
        let (_, finding, ended) = run(&plan, |who, cell, _| {
            locks.borrow_mut().push(format!("{who} {:?}", cell.lock));
            Ok(6.0)
        });
        assert_eq!((locks.into_inner(), ended), (measured, Ok(())));
        assert_eq!(ends(&finding), [end]);
    }
}

/// Runs with accounts made up: `tries` are `x` and the share that others used of the machine, in
/// our first, second, ... measurement of the cell that is read; returns how `timing` ended.
#[track_caller]
fn check_tries(tries: &[(f64, f64)], ending: Ending, attempts: usize) -> String {
    let mut next = tries.iter();
    let (finding, _) = plan(Scale::Quick, None).run(&mut |cell, who| {
        let is_tried = *who == Contender::Ours && cell.label == "on";
        // The cell that nobody reads, and what others did there, excuse nobody.
        let (x, others) = if is_tried { *next.next().expect("no try more") } else { (5.0, 0.9) };
        Ok(Figures::default().with("x", x).with(OTHERS_SHARE, others))
    });
    assert_eq!(ends(&finding)[0], format!("timing ours {ending:?} {attempts}"), "{tries:?}");
    assert_eq!(next.len(), 0, "{tries:?}: too few tries");
    finding.outcomes[0].figures.clone()
}

/// Fails if a failure is excused without a busy machine, or held against a busy one.
#[test]
fn what_fails_has_failed_on_a_quiet_machine_and_is_skipped_on_a_busy_one() {
    let (holds, fails) = (5.0, 6.0);
    let (quiet, busy) = (0.02, 0.3);
    let figures = check_tries(&[(fails, quiet); 3], Ending::Failed, 3);
    assert_eq!(figures, "It is 6");
    let figures = check_tries(&[(fails, busy); 3], Ending::Skipped, 3);
    assert_eq!(figures, "others used 30 % of the machine's processor time meanwhile (It is 6)");
    check_tries(&[(holds, busy)], Ending::Holds, 1);
    check_tries(&[(fails, busy), (fails, quiet), (holds, busy)], Ending::Holds, 3);
    // Three tries of the same kind decide.
    let mixed = [(fails, busy), (fails, quiet), (fails, busy), (fails, quiet)];
    check_tries(&[&mixed[..], &[(fails, quiet)]].concat(), Ending::Failed, 5);
    check_tries(&[&mixed[..], &[(fails, busy)]].concat(), Ending::Skipped, 5);
}

/// A count is right or wrong, however busy the machine is.
#[test]
fn a_count_that_is_wrong_has_failed_on_a_busy_machine_too() {
    let (finding, _) = plan(Scale::Quick, None)
        .run(&mut |_, _| Ok(Figures::default().with("x", 6.0).with(OTHERS_SHARE, 0.5)));
    assert_eq!(finding.outcomes[2].ending, Ending::Failed);
}

/// Not failed, and not silently missing either.
#[test]
fn a_relation_that_reads_what_there_was_no_room_for_is_skipped_and_says_why() {
    let small = |_: &Contender, _: &Cell, _| Err(LabError::NoRoom("8 threads at most".to_owned()));
    let (log, finding, ended) = run(&plan(Scale::Quick, None), small);
    assert_eq!((log.len(), ended), (3, Ok(())));
    assert!(finding.outcomes.iter().all(|one| one.ending == Ending::Skipped), "{finding:?}");
    assert_eq!(finding.outcomes[0].figures, "on: 8 threads at most");
    assert_eq!(finding.results.left_out.len(), 3);
}

#[test]
fn an_explanation_says_first_what_this_run_does_not_show() {
    let explanation = |x| run(&plan(Scale::Quick, None), |_, _, _| Ok(x)).1.explanation().unwrap();
    assert_eq!(explanation(5.0), "It is what it is.");
    let open = explanation(6.0);
    assert!(open.contains("(timing failed, count failed)"), "{open}");
    assert!(open.ends_with("It is what it is."), "{open}");
}

#[test]
fn what_was_measured_before_a_failure_is_kept() {
    let breaks = |who: &Contender, _: &Cell, _| match who {
        Contender::Ours => Ok(5.0),
        Contender::Python(_) => Err(LabError::Interrupted),
    };
    let (log, finding, ended) = run(&plan(Scale::Quick, None), breaks);
    assert_eq!((log.len(), ended), (2, Err(LabError::Interrupted)));
    assert_eq!(finding.results.ours("on", "x"), Some(5.0));
    assert_eq!(finding.outcomes, []);
}
