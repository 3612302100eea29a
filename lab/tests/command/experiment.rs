//! `trainyard experiment` as its users run it.
//!
//! What is asserted is what was counted, in which order, and who was measured; the times that a
//! busy machine shows are printed by the program itself, and judged by `ci/experiments.sh`.

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::program::{Ended, Program, check_refused, trainyard};

#[test]
fn the_list_names_every_experiment_and_each_can_be_shown() {
    let list = trainyard("experiment list").with_code(0).stdout;
    assert!(list.lines().any(|line| line == "lock: what a global lock does"), "{list}");
    let (list, _) = list.split_once("Try next:").unwrap();
    let rows = list.lines().filter_map(|line| line.strip_prefix("  "));
    let rows = rows.filter(|row| !row.starts_with(' '));
    let names: Vec<&str> = rows.filter_map(|row| row.split_whitespace().next()).collect();
    let expected = ["ccbench", "convoy", "scaling", "interval", "fairness", "c-library"];
    assert!(expected.iter().all(|name| names.contains(name)), "{names:?}");
    for name in names {
        let page = trainyard(&format!("experiment show {name}")).with_code(0).stdout;
        assert!(page.contains("What must hold") && page.contains("--wrong "), "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    }
}

#[test]
fn what_does_not_exist_is_refused_with_the_nearest_name() {
    for (line, says) in [
        ("run convoi", "unknown experiment 'convoi'; did you mean 'convoy'?\n"),
        (
            "show relativity",
            "unknown experiment 'relativity'; `trainyard experiment list` has them\n",
        ),
        (
            "run convoy --wrong one-to-two-interval",
            "convoy has no relation 'one-to-two-interval'; did you mean 'one-to-two-intervals'?\n",
        ),
        (
            "run convoy scaling --wrong one-at-a-time",
            "--wrong takes one experiment, whose relation it makes fail\n",
        ),
        (
            "run convoy --format csv",
            "invalid value 'csv' for --format: the formats are table and json\n",
        ),
        (
            "run --group locks",
            "invalid value 'locks' for --group: the groups are models, tasks, lock, threads and \
             processes\n",
        ),
        (
            "lst",
            "unknown command 'experiment lst'; experiment takes one of list, show, run and record\n",
        ),
        ("run", "name an experiment, a group with --group, or take --all\n"),
        ("", "experiment takes one of list, show, run and record\n"),
        (
            "run convoy --python=/bin/true",
            "--python '/bin/true' is no Python: it does not say which version it is\n",
        ),
        ("run convoy --python /no/such", "--python '/no/such' cannot be run: No such file"),
    ] {
        check_refused(&format!("experiment {line}"), says);
    }
}

/// The cells of the one experiment in the document.
fn cells(document: &Value) -> &Vec<Value> {
    document["experiments"][0]["cells"].as_array().unwrap()
}

fn relations(document: &Value) -> &Vec<Value> {
    document["experiments"][0]["relations"].as_array().unwrap()
}

/// A relation about times may fail on a busy machine: that is `ci/experiments.sh`'s to judge.
#[track_caller]
fn one_document(ended: &Ended) -> Value {
    assert!(ended.status.code() == Some(0) || ended.stderr.contains("failed"), "{ended:?}");
    ended.json()
}

#[test]
fn the_document_has_every_cell_every_figure_and_every_relation() {
    let document = one_document(&trainyard("experiment run fairness --quick --format json"));
    let said = ["schema", "complete", "quick"].map(|key| document[key].to_string());
    assert_eq!(said, ["\"trainyard.experiment/1\"", "true", "true"]);
    assert!(document["wrong"].is_null());
    assert_eq!(document["contenders"][0]["name"], "ours");
    assert!(document["host"]["cpus"].as_u64().unwrap() >= 1);
    let experiment = &document["experiments"][0];
    assert_eq!(
        (&experiment["name"], experiment["prediction"].is_null()),
        (&"fairness".into(), true)
    );
    for cell in cells(&document) {
        assert_eq!(cell["measured"].as_array().unwrap().len(), 1, "{cell}");
        let jain = &cell["measured"][0]["figures"]["jain"];
        assert_eq!(jain["samples"].as_array().unwrap().len(), 1, "one round: {cell}");
        // Jain's index of four threads lies between a quarter and one, whatever the machine does.
        assert!((0.249..=1.001).contains(&jain["median"].as_f64().unwrap()), "{cell}");
        let others = &cell["measured"][0]["figures"]["others_share"]["median"];
        assert!((0.0..=1.0).contains(&others.as_f64().unwrap()), "{cell}");
    }
    for relation in relations(&document) {
        assert!(relation["figures"].as_str().unwrap().contains(|c: char| c.is_ascii_digit()));
        assert!((1..=5).contains(&relation["attempts"].as_u64().unwrap()));
    }
    assert!(experiment["explanation"].as_str().unwrap().contains("Jain's index is "));
}

/// Nothing about tasks depends on the system: what is counted is the same on any machine.
#[test]
fn what_tasks_lose_and_how_often_they_run_is_exact() {
    let line = "experiment run await-in-the-middle starved-loop --quick --format json";
    let document = trainyard(line).with_code(0).json();
    let experiments = document["experiments"].as_array().unwrap();
    let lost = |cell: usize| &experiments[0]["cells"][cell]["measured"][0]["figures"]["lost"];
    let lost: Vec<f64> = (0..3).map(|cell| lost(cell)["median"].as_f64().unwrap()).collect();
    assert_eq!(lost, [0.0, 1_000.0, 0.0]);
    let relations = experiments.iter().flat_map(|one| one["relations"].as_array().unwrap());
    assert!(relations.clone().count() == 6 && relations.clone().all(|one| one["attempts"] == 1));
    assert!(experiments.iter().all(|one| one["group"] == "tasks"), "{document}");
}

/// A count, so that it fails on any machine: two workers of one lock find it taken.
#[test]
fn a_wrong_setting_fails_its_relation_and_the_program() {
    let line = "experiment run sub-interpreters --quick --wrong own-locks-are-free --format json";
    let ended = trainyard(line).with_code(1);
    assert_eq!(
        ended.stderr,
        "trainyard: 1 relation failed, as is expected with the wrong setting\n"
    );
    let document = ended.json();
    assert_eq!(document["wrong"]["relation"], "own-locks-are-free");
    let [relation] = relations(&document).as_slice() else { panic!("{document}") };
    assert_eq!((&relation["outcome"], &relation["attempts"]), (&"failed".into(), &1.into()));
    assert_eq!(cells(&document).len(), 1, "only what the relation reads");
    assert!(document["experiments"][0]["explanation"].is_null(), "that is of the right setting");
    // The same cells with the right setting.
    let line = "experiment run sub-interpreters --quick --format json";
    let document = one_document(&trainyard(line));
    let outcome = relations(&document).iter().find(|one| one["name"] == "own-locks-are-free");
    assert_eq!(outcome.unwrap()["outcome"], "holds");
}

/// What is counted there does not depend on how busy the machine is: threads that stand still, a
/// daemon that is cut off, a worker that crashes, what a process owns.
#[test]
fn what_threads_and_processes_do_to_each_other_is_a_matter_of_counts() {
    for name in ["deadlock", "daemon", "crash", "what-a-process-owns", "copy-on-write"] {
        let document = trainyard(&format!("experiment run {name} --quick --format json"));
        let document = document.with_code(0).json();
        for relation in relations(&document) {
            let outcome = relation["outcome"].as_str().unwrap();
            assert_eq!(relation["nature"], "count", "{name}: {relation}");
            // A kernel may not say whose a page is.
            assert!(outcome == "holds" || name == "copy-on-write", "{name}: {relation}");
            assert_ne!(outcome, "failed", "{name}: {relation}");
        }
        assert!(document["experiments"][0]["explanation"].is_string(), "{name}");
    }
}

/// The program leaves nobody behind, and what it has measured is a document.
#[test]
fn after_ctrl_c_there_is_one_document_and_no_process() {
    let mut program = Program::start("experiment run scaling --format json");
    let family = program.family_when("a cell is measured", |family| !family.is_empty());
    program.signal(Signal::SIGINT);
    let ended = program.end().with_code(130);
    assert_eq!(ended.stderr, "trainyard: interrupted\n");
    assert_eq!(ended.json()["complete"], false);
    let left: Vec<_> =
        family.iter().chain(&program.family()).filter(|one| one.is_known()).cloned().collect();
    assert!(left.is_empty(), "left over: {left:?}");
}

#[test]
fn nobody_can_be_a_cell_by_hand() {
    let ended = trainyard("__experiment 1 ours convoy {}").with_code(0);
    assert_eq!(ended.stdout, "", "its parent is not the lab");
    let ended = trainyard("__experiment").with_code(2);
    assert!(ended.stderr.contains("is what `experiment run` starts"), "{ended:?}");
}
