//! Documents of recordings, made by hand and made up, against the rules of the format.

use proptest::prelude::*;

use super::validator::{Read, validate};
use super::*;
use crate::look::lanes::Lanes;
use crate::look::lanes::tape::joined;
use crate::look::testing;
use trainyard::trace::file::{Ending, Facts};
use trainyard::trace::{Event, Recording, Track};

fn valid(trace: &Trace) -> Vec<Read> {
    validate(&testing::text(write, trace))
}

/// How often there is a slice or a state of this name.
fn count(records: &[Read], phase: char, name: &str) -> usize {
    records.iter().filter(|record| record.phase == phase && record.name == name).count()
}

#[test]
fn a_lock_that_changes_hands_is_valid_and_joins_the_slices_in_which_it_was_held() {
    let records = valid(&testing::lock_on());
    let spans = |state| {
        let lanes = Lanes::read(&testing::lock_on().runs[0].recording).unwrap();
        let spans = lanes.trains.iter().flat_map(|lane| joined(&lane.spans));
        spans.filter(|span| span.state == state).count()
    };
    assert_eq!(count(&records, 'X', "run"), spans(State::Run));
    assert_eq!(count(&records, 'X', "wait GIL"), spans(State::WaitGil));
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

#[test]
fn a_task_is_one_track_with_an_arrow_from_its_waker() {
    let records = valid(&testing::arrows());
    let on_track = records.iter().filter(|record| record.whole["cat"] == "task");
    let begun: Vec<&str> =
        on_track.filter(|r| r.phase == 'b').map(|record| record.name.as_str()).collect();
    assert_eq!(begun, ["task 7", "poll", "wait", "poll"]);
    let id = |name: &str, phase: char| {
        let of = records.iter().filter(|r| r.phase == phase && r.name == name);
        of.filter_map(|record| record.whole["bind_id"].as_u64()).next_back()
    };
    assert_eq!(id("wake task", 'X'), id("poll", 'b'));
    assert!(id("poll", 'b').is_some());
}

#[test]
fn a_job_has_an_arrow_for_each_hop() {
    let records = valid(&testing::arrows());
    let ends = |wanted: &str, flag: &str| {
        let of = records.iter().filter(|r| r.phase == 'X' && r.name == wanted);
        let of = of.filter(|record| record.whole.get(flag).is_some());
        of.map(|record| record.whole["bind_id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    // Queued, sent, run by the worker, answered, read.
    assert_eq!(ends("queue job", "flow_out").len(), 2);
    let sent = ends("send job", "flow_out");
    assert!(sent.len() == 1 && ends("run", "flow_in").contains(&sent[0]));
    assert_eq!(ends("IPC", "flow_out"), ends("read answer", "flow_in"));
    let loop_called = ends("call loop", "flow_out");
    assert_eq!((loop_called.len(), loop_called), (1, ends("called", "flow_in")));
}

#[test]
fn runs_are_processes_with_their_names_and_counters() {
    let trace = testing::all();
    let records = valid(&trace);
    let names = records.iter().filter(|record| record.name == "process_name");
    let names: Vec<&str> =
        names.map(|record| record.whole["args"]["name"].as_str().unwrap()).collect();
    // All were recorded with one pid, as far as these recordings know.
    assert_eq!(names.len(), trace.runs.len());
    assert!(names.contains(&"2 threads, lock on"));
    assert!(count(&records, 'C', "units") > 0 && count(&records, 'C', "lock 1") > 0);
    assert!(count(&records, 'T', "Running") > 0 && count(&records, 'T', "S") > 0);
}

#[test]
fn what_is_missing_stands_in_the_head_and_in_the_name_of_the_process() {
    let mut trace = testing::lock_on();
    trace.ending = Ending::CutShort;
    trace.runs[0].recording.tracks[0].overwritten = 7;
    trace.about.set("command", "trainyard \"quoted\"");
    let text = testing::text(write, &trace);
    let records = validate(&text);
    assert!(text.find("cut short").unwrap() < text.find("traceEvents").unwrap());
    let name = records.iter().find(|record| record.name == "process_name").unwrap();
    assert_eq!(name.whole["args"]["name"], "2 threads, lock on (7 events were lost)");
}

#[test]
fn what_has_no_name_gets_one_and_two_loops_count_their_own_tasks() {
    let mut trace = testing::arrows();
    let run = &mut trace.runs[0];
    run.about.set("label", "");
    let recording = &mut run.recording;
    let second = Event { track: 2, a: 8, ..recording.events[0] };
    recording.events.insert(1, second);
    let records = valid(&trace);
    assert_eq!(
        (count(&records, 'C', "tasks"), count(&records, 'C', "tasks of main") > 0),
        (0, true)
    );
    assert!(count(&records, 'C', "tasks of supervisor") > 0);
    let recording = &mut trace.runs[0].recording;
    recording.tracks.iter_mut().for_each(|track| track.name.clear());
    let records = valid(&trace);
    let is_called = |name: &str| records.iter().any(|r| r.whole["args"]["name"] == name);
    assert!(is_called("a run") && is_called("track 1"));
    for track in &mut trace.runs[0].recording.tracks {
        track.name = "loop".to_owned();
    }
    let records = valid(&trace);
    assert!(count(&records, 'C', "tasks of loop (track 2)") > 0);
}

proptest! {
    /// Whatever was recorded: a ring that lost its beginning makes the strangest recordings.
    #[test]
    fn every_recording_makes_a_valid_document(
        lines in proptest::collection::vec(
            (0..60_u64, 1..5_u32, 0..3_u16, proptest::sample::select(Kind::ALL), 0..4_u64, 0..3_u64),
            0..80,
        ),
        pids in proptest::collection::vec(0..3_u32, 4),
    ) {
        let events = lines.iter().map(|&(us, track, cpu, kind, a, b)| Event {
            time_ns: us * 1000 + 500, track, kind, cpu, a, b,
        });
        let mut events: Vec<Event> = events.collect();
        events.sort_by_key(|event| (event.time_ns, event.kind.stamp(), event.track));
        let tracks = (1..).zip(&pids).map(|(number, &pid)| Track {
            number, name: format!("track-{number}"), pid, overwritten: 0,
        });
        let recording = Recording {
            begin_ns: 0, end_ns: 70_000, events, tracks: tracks.collect(),
        };
        let run = Run { about: Facts::default(), recording };
        valid(&Trace::of(Facts::default(), vec![run.clone(), run]));
    }
}
