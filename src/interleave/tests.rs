//! The explorer on scripts whose outcomes can be counted by hand.

use super::{Action, CheckError, Ending, ExploreError, Explorer, Step, ensure};

/// Two trains' registers, and what they share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Model {
    x: u32,
    register: [u32; 2],
}

fn load<const TRAIN: usize>(model: &mut Model) -> Step {
    model.register[TRAIN] = model.x;
    Step::Next
}

fn store<const TRAIN: usize>(model: &mut Model) -> Step {
    model.x = model.register[TRAIN] + 1;
    Step::Next
}

fn two_increments() -> Explorer<Model> {
    Explorer::new(Model::default())
        .script("A", &[("load", load::<0>), ("store", store::<0>)])
        .script("B", &[("load", load::<1>), ("store", store::<1>)])
}

/// What a script of one step comes to, when the step is this.
#[track_caller]
fn check_single(action: Action<u32>, expected: &Ending<u32>) {
    let explored = Explorer::new(0).script("alone", &[("step", action)]).explore(|&x| x);
    let explored = explored.expect("a sound script");
    assert_eq!(explored.outcomes.len(), 1);
    assert_eq!(explored.outcomes[0].ending, *expected);
}

#[test]
fn two_scripts_of_two_steps_have_six_orders_and_two_outcomes() {
    let report = two_increments().explore(|model| model.x).expect("sound scripts");
    assert_eq!(report.schedules, Some(6));
    let endings: Vec<_> = report.outcomes.iter().map(|outcome| &outcome.ending).collect();
    assert_eq!(endings.len(), 2);
    assert!(endings.contains(&&Ending::Finished(1)) && endings.contains(&&Ending::Finished(2)));
    let lost = report.find(&Ending::Finished(1)).expect("a lost update");
    let first_two: Vec<_> = lost.steps().take(2).collect();
    assert_eq!(first_two, [("A", "load"), ("B", "load")]);
}

#[test]
fn the_first_schedule_found_is_a_shortest() {
    // Three ways to set 1: after seven idle turns, after one, and by the other script at
    // once.
    fn idle(_: &mut u32) -> Step {
        Step::Next
    }
    fn set(x: &mut u32) -> Step {
        *x = 1;
        Step::Done
    }
    fn wait(x: &mut u32) -> Step {
        if *x == 1 { Step::Done } else { Step::Blocked }
    }
    let breach = Explorer::new(0)
        .script("slow", &[("a", idle), ("b", idle), ("c", idle), ("set", set)])
        .script("quick", &[("a", idle), ("set", set)])
        .script("waiter", &[("wait", wait)])
        .check(|&x| ensure(x == 0, "nobody sets x"), |_| Ok(()))
        .expect_err("x is set");
    let CheckError::Violated(violation) = breach else { panic!("{breach}") };
    assert_eq!(violation.schedule.steps().collect::<Vec<_>>(), [("quick", "a"), ("quick", "set")]);
    assert_eq!(violation.rule, "nobody sets x");
    assert_eq!(violation.model, "1");
}

#[test]
fn a_loop_is_finite_and_its_schedules_are_not_counted() {
    fn count(x: &mut u32) -> Step {
        *x = (*x + 1) % 3;
        if *x == 0 { Step::Next } else { Step::Goto("count") }
    }
    fn again(_: &mut u32) -> Step {
        Step::Goto("spin")
    }
    fn spin(x: &mut u32) -> Step {
        if *x == 2 { Step::Done } else { Step::Goto("again") }
    }
    let report = Explorer::new(0)
        .script("counter", &[("count", count)])
        .script("spinner", &[("spin", spin), ("again", again)])
        .explore(|&x| x)
        .expect("sound scripts");
    assert_eq!(report.schedules, None);
    assert!(report.find(&Ending::Finished(0)).is_some());
    // If the counter passes 2 while nobody looks, the spinner turns for ever.
    assert!(report.find(&Ending::Livelock).is_some());
    assert_eq!(report.outcomes.len(), 2);
}

#[test]
fn a_blocked_script_that_nobody_frees_is_a_deadlock() {
    check_single(|_| Step::Blocked, &Ending::Deadlock);
}

#[test]
fn a_script_that_turns_on_the_spot_is_a_livelock() {
    check_single(|_| Step::Goto("step"), &Ending::Livelock);
}

#[test]
fn done_and_the_end_of_the_list_both_end_a_script() {
    check_single(|_| Step::Done, &Ending::Finished(0));
    check_single(|_| Step::Next, &Ending::Finished(0));
}

#[test]
fn a_blocked_script_moves_once_another_has_freed_it() {
    fn free(x: &mut u32) -> Step {
        *x = 1;
        Step::Next
    }
    fn wait(x: &mut u32) -> Step {
        if *x == 1 { Step::Next } else { Step::Blocked }
    }
    let scripts =
        Explorer::new(0).script("waiter", &[("wait", wait)]).script("f", &[("free", free)]);
    let checked = scripts.check(|_| Ok(()), |&x| ensure(x == 1, "x is free")).expect("no breach");
    assert_eq!((checked.states, checked.schedules), (3, Some(1)));
}

#[test]
fn an_exploration_that_would_not_end_gives_up_at_its_bound() {
    fn grow(x: &mut u32) -> Step {
        *x += 1;
        Step::Goto("grow")
    }
    let growing = Explorer::new(0).script("grower", &[("grow", grow)]).states_max(50);
    let error = growing.explore(|&x| x).expect_err("it grows for ever");
    assert_eq!(error, ExploreError::TooManyStates { states_max: 50 });
    assert!(error.to_string().starts_with("explorer gave up: more than 50 states"));
    // A check stops at a breach that lies within the bound.
    let breach = growing.check(|&x| ensure(x < 9, "x stays small"), |_| Ok(()));
    assert!(matches!(breach, Err(CheckError::Violated(_))), "{breach:?}");
}

#[test]
fn a_blocked_step_that_changed_the_model_is_refused() {
    fn lie(x: &mut u32) -> Step {
        *x += 1;
        Step::Blocked
    }
    let error = Explorer::new(0).script("liar", &[("lie", lie)]).explore(|&x| x);
    assert_eq!(error, Err(ExploreError::BlockedButChanged { script: "liar", step: "lie" }));
}

#[test]
fn a_goto_to_nowhere_and_a_name_for_two_steps_are_refused() {
    fn lost(_: &mut u32) -> Step {
        Step::Goto("nowhere")
    }
    let error =
        Explorer::new(0).script("s", &[("lost", lost)]).explore(|&x| x).expect_err("nowhere");
    assert_eq!(error.to_string(), r#"script "s" has no step "nowhere" for "lost" to go to"#);
    let error = Explorer::new(0).script("s", &[("lost", lost), ("lost", lost)]).explore(|&x| x);
    assert_eq!(error, Err(ExploreError::DoubleStep { script: "s", step: "lost" }));
}

#[test]
fn a_report_names_every_outcome_with_its_schedule() {
    let report = two_increments().explore(|model| model.x).expect("sound scripts").to_string();
    let expected = [
        "13 states, 6 schedules",
        "",
        "2: 2 schedules, for instance",
        "   A      B",
        "1  load",
        "2  store",
        "3         load",
        "4         store",
        "",
        "1: 4 schedules, for instance",
        "   A      B",
        "1  load",
        "2         load",
        "3  store",
        "4         store",
    ];
    assert!(report.lines().eq(expected), "{report}");
}
