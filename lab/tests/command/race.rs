//! `trainyard race` and `trainyard dis` as their users run them: the program, its arguments, its
//! outputs, its exit code.

use std::fs;

use crate::program::{check_refused, document, printed};

/// Enough for a few switches, also in a debug build.
const SHORT: &str = "--runs 2 --rounds 20000 --switch-interval 100us";

#[test]
fn every_way_to_run_it_has_a_row_and_a_reason() {
    let page = printed(&format!("race 'x = x + 1' {SHORT}"));
    assert!(page.starts_with("    x = x + 1\n\n2 trains, each 20 000 times; 2 runs;"), "{page}");
    let locked = ["lock on, every-op", "lock on, back-edge", "lock on, never"];
    for label in locked.into_iter().chain(["lock off", "tasks", "processes"]) {
        let rows = page.lines().filter(|line| line.starts_with(&format!(" {label} "))).count();
        assert_eq!(rows, 2, "{label}: a row of figures and one with the reason\n{page}");
    }
    assert!(page.contains("trainyard race 'x = x + 1' --search"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
}

#[test]
fn the_document_says_what_was_found() {
    let document = document(&format!("race 'x = x + 1' {SHORT}"));
    assert_eq!(document["schema"], "trainyard.race/1");
    assert_eq!(document["variables"], serde_json::json!(["x"]));
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let own = row["model"] == "procs";
        let expected = if own { vec![20_000, 20_000] } else { vec![40_000] };
        assert_eq!(row["expected"], serde_json::json!(expected), "{row}");
        assert_eq!(row["found"].as_array().unwrap().len(), 2);
        if own || row["checks"] == "back-edge" || row["model"] == "coop" {
            assert_eq!(row["wrong_runs"], 0, "{row}");
        }
    }
}

#[test]
fn each_policy_has_a_row_that_names_it_and_counts_what_it_forces() {
    let policies = "--policy timed,ticks,fifo,priority,no-forced-switching";
    let found = document(&format!("race 'x = x + 1' {policies} --placement back-edge {SHORT}"));
    let rows = found["rows"].as_array().unwrap();
    let said: Vec<&str> = rows.iter().map(|row| row["policy"].as_str().unwrap()).collect();
    assert_eq!(said, ["timed", "ticks", "fifo", "priority", "no-forced-switching"]);
    for row in rows {
        assert_eq!((&row["wrong_runs"], &row["checks"]), (&0.into(), &"back-edge".into()), "{row}");
    }
    // Nobody need wait for a tick.
    let ticks = &rows[1];
    assert!(ticks["forced_switches"].as_u64() >= Some(2 * 2 * 20_000 / 100), "{ticks}");
    assert!(ticks["why"].as_str().unwrap().contains(" drops by ticks, "), "{ticks}");
    let page = printed(&format!("race 'x = x + 1' --lock-per-worker --gil both {SHORT}"));
    assert_eq!(page.lines().filter(|line| line.starts_with(" a lock each ")).count(), 2, "{page}");
    // A lock of one's own holds nobody back.
    let any = document("race 'x = x + 1' --lock-per-worker --search");
    assert_eq!(any["endings"].as_array().unwrap().len(), 2);
}

#[test]
fn one_processor_tells_the_system_from_the_second_processor() {
    let page = printed(&format!("race {SHORT} --affinity 0 --gil off"));
    assert!(page.contains("lock off, CPU 0"), "{page}");
}

#[test]
fn the_search_lists_each_ending_and_a_schedule_that_can_be_replayed() {
    let page = printed("race 'x = x + 1' --search");
    assert!(page.contains("2 things can come out"), "{page}");
    let again = page.lines().find_map(|line| line.strip_prefix("Again: trainyard race ")).unwrap();
    let replayed = printed(&format!("race {again}"));
    assert!(replayed.ends_with("It ends with x = 1.\n"), "{replayed}");
    assert!(replayed.contains("train A             train B\n"), "{replayed}");
    assert!(replayed.contains("LOAD_GLOBAL x (0)"), "{replayed}");
    let one = document("race counter --search --placement back-edge");
    assert_eq!(one["endings"].as_array().unwrap().len(), 1);
    assert_eq!(one["endings"][0]["values"], serde_json::json!([2]));
    let deadlock = document("race two-locks --search");
    let endings = deadlock["endings"].as_array().unwrap();
    assert!(endings.iter().any(|ending| ending["ending"] == "deadlock"), "{deadlock}");
}

#[test]
fn a_program_can_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("add.py");
    fs::write(&path, "def add(c):\n    return c + 1\nx = add(x)\n").unwrap();
    let path = path.to_str().unwrap();
    let found = document(&format!("race {path} --search --placement back-edge"));
    assert_eq!(found["endings"].as_array().unwrap().len(), 2);
    assert!(printed(&format!("dis {path}")).contains("Disassembly of add:"));
}

#[test]
fn bad_input_is_refused_with_one_clear_line() {
    for (program, flags, says) in [
        ("x = x / 2", "", "line 1, column 7: '/' makes fractions; write '//'"),
        ("conter", "", "'conter' is no puzzle, no file, and no program"),
        ("x = 1 // 0", "", "train A, alone, fails: line 1: division by zero"),
        ("while x == 0: pass", "--rounds 1", "alone, train A does not end within"),
        ("x += 1", "--search --rounds 50 --threads 4", "the search gave up after"),
    ] {
        check_refused(&format!("race '{program}' {flags}"), says);
    }
    for (flags, says) in [
        ("--placement here", "invalid value 'here' for --placement: the"),
        ("--threads 0", "invalid value '0' for --threads: it must"),
        ("--replay 3A", "invalid value '3A' for --replay: it must"),
        ("--replay A9", "turn 1, train A: it ends or waits with 3"),
        ("--format csv", "invalid value 'csv' for --format: the"),
        ("--gil off --placement never", "--placement is about a lock that is on"),
        ("--model coop --gil on", "--gil and --affinity are about threads"),
        ("--search --gil on", "--search takes one way to run it"),
        ("--search --model procs", "--search: processes share nothing"),
        ("--affinity 1023", "--affinity: sched_setaffinity:"),
        ("--replay AB --placement never", "--replay does a schedule on one thread: it"),
        ("--replay AB --gil on", "--replay does a schedule on one thread: it"),
        ("--replay AB --model coop", "--replay does a schedule on one thread: it"),
        ("--replay AB --affinity 0", "--replay does a schedule on one thread: it"),
    ] {
        check_refused(&format!("race {flags}"), says);
    }
    check_refused("dis 'x = '", "line 1, column 5: expected a number");
}

/// Fails (it does not end) without `Machine::give_locks_back`.
#[test]
fn a_train_that_fails_inside_with_gives_its_lock_back() {
    let text = "x = 1\nwith a:\n  y = 10 // x\nx = 0";
    for flags in ["--gil off", "--gil on --switch-interval 100us", "--model coop"] {
        printed(&format!("race '{text}' {flags} --runs 2 --rounds 20000"));
    }
}

/// Fails if only the order of the trains' numbers counts as right.
#[test]
fn what_some_order_of_the_trains_gives_is_not_wrong_and_no_switch_is_blamed() {
    let flags = "--gil on --runs 8 --rounds 1 --switch-interval 5ms";
    let found = document(&format!("race 'x = train' {flags} --placement every-op"));
    assert_eq!(found["rows"][0]["wrong_runs"], 0, "{found}");
    assert_eq!(found["rows"][0]["other_orders"], serde_json::json!([[0]]));
    let found = document("race 'x = train' --search");
    let endings = found["endings"].as_array().unwrap();
    assert!(endings.iter().all(|ending| ending["as_one_after_another"] == true), "{found}");
    let page = printed(&format!("race 'with a: x = 2 * x + train' {flags} --threads 4"));
    assert!(!page.contains(" 0 forced switches"), "{page}");
}

/// The help's own examples are commands that work: those that do not run for long are run.
#[test]
fn the_examples_of_the_help_work() {
    let help = printed("race --help");
    let examples: Vec<&str> =
        help.lines().filter_map(|line| line.trim().strip_prefix("trainyard race ")).collect();
    assert!(examples.len() >= 6, "{help}");
    for example in examples {
        // What an example shows stands behind at least two blanks.
        let command = example.split("  ").next().unwrap();
        let has = |flag| command.contains(flag);
        let short = match SHORT.rsplit_once(" --switch-interval") {
            _ if has("--search") || has("--replay") => "",
            Some((short, _)) if has("--switch-interval") => short,
            _ => SHORT,
        };
        printed(&format!("race {command} {short}"));
    }
}
