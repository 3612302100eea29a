//! Documents of recordings made by hand, against the rules of the format.

use super::validator::{Read, validate};
use super::*;
use crate::look::lanes::tape::joined;
use crate::look::testing::{self, all, arrows, lock_on};
use trainyard::trace::Event;

/// The records of a document, which breaks no rule.
#[track_caller]
pub(in crate::look) fn valid(trace: &Trace) -> Vec<Read> {
    validate(&testing::text(write, trace))
}

/// How often there is a slice or a state of this name.
fn count(records: &[Read], phase: char, name: &str) -> usize {
    records.iter().filter(|record| record.phase == phase && record.name == name).count()
}

#[test]
fn a_lock_that_changes_hands_joins_the_slices_in_which_it_was_held() {
    let (trace, records) = (lock_on(), valid(&lock_on()));
    let scene = Scene::read(&trace.runs[0].recording, (0, 0));
    for (state, name) in [(State::Run, "run"), (State::WaitGil, "wait GIL")] {
        let spans = scene.trains().iter().flat_map(|lane| joined(&lane.spans));
        assert_eq!(count(&records, 'X', name), spans.filter(|span| span.state == state).count());
    }
    assert_eq!(count(&records, 'i', "drop request"), 11);
    // Every hand-off goes from a slice `run` to a slice `run`: there are no marks.
    let with_arrows = records.iter().filter(|record| record.whole.get("bind_id").is_some());
    let names: HashSet<&str> = with_arrows.map(|record| record.name.as_str()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["run"]);
    let wait = records.iter().find(|record| record.name == "wait GIL").unwrap();
    assert!(wait.whole["args"]["holder"].as_str().unwrap().starts_with("thread"));
    // With the lock on, one works at a time.
    let run = records.iter().filter(|record| record.phase == 'X' && record.name == "run");
    let worked_ns: u64 = run.map(|record| record.length_ns.unwrap()).sum();
    assert!(worked_ns <= 62_000_000, "{worked_ns}");
}

/// The numbers of the arrows at the slices of this name, which leave them or enter them.
fn arrows_at(records: &[Read], (phase, name): (char, &str), flag: &str) -> Vec<u64> {
    let of = records.iter().filter(|record| record.phase == phase && record.name == name);
    let of = of.filter(|record| record.whole.get(flag).is_some());
    of.map(|record| record.whole["bind_id"].as_u64().unwrap()).collect()
}

#[test]
fn every_hop_of_a_task_or_a_job_has_its_arrow() {
    let records = valid(&arrows());
    let from = |name| arrows_at(&records, ('X', name), "flow_out");
    let to = |name| arrows_at(&records, ('X', name), "flow_in");
    assert_eq!(from("wake task"), arrows_at(&records, ('b', "poll"), "flow_in"));
    assert_eq!((from("wake task").len(), from("queue job").len()), (2, 2));
    // Queued, sent, run by the worker, answered, read.
    assert!(from("send job").len() == 1 && to("run").contains(&from("send job")[0]));
    assert_eq!(from("IPC"), to("read answer"));
    assert_eq!((from("call loop").len(), from("call loop")), (1, to("called")));
}

#[test]
fn runs_are_processes_with_their_names_and_counters() {
    let mut trace = all();
    trace.runs[0].recording.tracks[0].overwritten = 7;
    let records = valid(&trace);
    let names = records.iter().filter(|record| record.name == "process_name");
    let names: Vec<&str> =
        names.map(|record| record.whole["args"]["name"].as_str().unwrap()).collect();
    // All were recorded with one pid, as far as these recordings know.
    assert_eq!(names.len(), trace.runs.len());
    assert!(names.contains(&"2 threads, lock on"));
    assert!(names.contains(&"one after another (7 events were lost)"), "{names:?}");
    for (phase, name) in [('C', "units"), ('C', "lock 1"), ('T', "Running"), ('T', "S")] {
        assert!(count(&records, phase, name) > 0, "{name}");
    }
}

#[test]
fn what_has_no_name_gets_one_and_two_loops_count_their_own_tasks() {
    let mut trace = arrows();
    trace.runs[0].about.set("label", "");
    let recording = &mut trace.runs[0].recording;
    let second = Event { track: 2, a: 8, ..recording.events[0] };
    recording.events.insert(1, second);
    let mut check = |name: Option<&str>, counters: [&str; 2], others: &[&str]| {
        let tracks = trace.runs[0].recording.tracks.iter_mut();
        tracks.for_each(|track| track.name = name.map_or(track.name.clone(), str::to_owned));
        let records = valid(&trace);
        assert!(counters.iter().all(|name| count(&records, 'C', name) > 0), "{counters:?}");
        assert_eq!(count(&records, 'C', "tasks"), 0);
        let is_called = |name: &&str| records.iter().any(|r| r.whole["args"]["name"] == **name);
        assert!(others.iter().all(is_called), "{others:?}");
    };
    check(None, ["tasks of main", "tasks of supervisor"], &["a run"]);
    check(Some(""), ["tasks of track 1", "tasks of track 2"], &["track 1"]);
    check(Some("loop"), ["tasks of loop (track 1)", "tasks of loop (track 2)"], &["loop"]);
}
