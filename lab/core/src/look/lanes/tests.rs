//! Recordings made by hand, and what must be read from them.

use proptest::prelude::*;

use super::train::State;
use super::*;
use trainyard::trace::Track;

pub(super) const US: u64 = 1_000;
const IO: u64 = 0;
const NATIVE: u64 = 4;

/// An event as a line: microsecond, track, processor, kind, first and second word.
pub(super) type Line = (u64, u32, u16, Kind, u64, u64);

pub(super) fn recording(lines: &[Line]) -> Recording {
    let events = lines.iter().map(|&(us, track, cpu, kind, a, b)| Event {
        time_ns: us * US,
        track,
        kind,
        cpu,
        a,
        b,
    });
    let track = |(number, name): (u32, &str)| {
        let name = name.to_owned();
        Track { number, name, pid: 1, overwritten: 0 }
    };
    let tracks = [(1, "first"), (2, "second"), (9, "main")].map(track).into();
    Recording { begin_ns: 0, end_ns: 100 * US, events: events.collect(), tracks }
}

fn read(lines: &[Line]) -> Lanes {
    Lanes::read(&recording(lines)).expect("somebody worked")
}

/// The spans of lane `index`, in microseconds.
#[track_caller]
fn check_lane(lanes: &Lanes, index: usize, expected: &[(u64, u64, State)]) {
    let mut spans: Vec<(u64, u64, State)> = Vec::new();
    for Span { from_ns, until_ns, state, .. } in &lanes.trains[index].spans {
        match spans.last_mut() {
            // Only the processor differs.
            Some(last) if last.2 == *state => last.1 = until_ns / US,
            _ => spans.push((from_ns / US, until_ns / US, *state)),
        }
    }
    assert_eq!(spans, expected);
}

#[track_caller]
fn check_figures(lanes: &Lanes, in_flight: usize, at_once: usize, cpus: usize) {
    let expected =
        Figures { in_flight_max: in_flight, running_at_once_max: at_once, cpus_used: cpus };
    assert_eq!(lanes.figures, expected);
}

/// Two threads that compute under one lock: 1 begins, 2 asks, 1 hands over, and so on.
pub(super) const LOCK_ON: &[Line] = &[
    (10, 1, 0, Kind::ThreadJobBegin, 1, 0),
    (10, 1, 0, Kind::GilTake, 7, 0),
    (11, 1, 0, Kind::UnitBegin, 0, 0),
    (12, 2, 1, Kind::ThreadJobBegin, 2, 0),
    (13, 2, 1, Kind::GilWait, 7, 0),
    (20, 2, 1, Kind::GilDropRequest, 7, 1),
    (21, 1, 0, Kind::GilDrop, 7, 1),
    (22, 2, 1, Kind::GilTake, 7, 1),
    (23, 2, 1, Kind::UnitBegin, 1, 0),
    (23, 1, 0, Kind::GilSwitched, 7, 0),
    (24, 1, 0, Kind::GilWait, 7, 0),
    (30, 2, 1, Kind::UnitEnd, 1, 0),
    (31, 2, 1, Kind::ThreadJobEnd, 2, 0),
    (32, 2, 1, Kind::BlockBegin, 2, 0),
    (32, 2, 1, Kind::GilDrop, 7, 0),
    (33, 1, 1, Kind::GilTake, 7, 2),
    (40, 1, 1, Kind::UnitEnd, 0, 0),
    (40, 1, 1, Kind::ThreadJobEnd, 1, 0),
];

#[test]
fn threads_under_a_lock_run_in_turn() {
    let lanes = read(LOCK_ON);
    check_lane(&lanes, 0, &[(10, 21, State::Run), (21, 33, State::WaitGil), (33, 40, State::Run)]);
    check_lane(
        &lanes,
        1,
        &[
            (10, 12, State::Idle),
            (12, 13, State::Ready),
            (13, 22, State::WaitGil),
            (22, 32, State::Run),
            (32, 40, State::Idle),
        ],
    );
    check_figures(&lanes, 2, 1, 2);
    assert_eq!(lanes.trains[0].name, "first");
}

/// The events from 21 µs on: thread 1 had the lock, thread 2 waited for it, both had jobs.
#[test]
fn lanes_are_ordered_as_people_count() {
    let mut names = ["worker-10", "worker-9", "main", "worker 2", "9", "worker-9-b"];
    names.sort_by_key(|name| in_words_and_numbers(name));
    assert_eq!(names, ["9", "main", "worker 2", "worker-9", "worker-9-b", "worker-10"]);
}

#[test]
fn joined_spans_differ_in_their_states() {
    let lanes = read(LOCK_ON);
    let spans = tape::joined(&lanes.trains[0].spans);
    assert!(spans.windows(2).all(|pair| pair[0].state != pair[1].state));
    let whole = |spans: &[Span]| spans.iter().map(Span::length_ns).sum::<u64>();
    assert_eq!(whole(&spans), whole(&lanes.trains[0].spans));
}

#[test]
fn a_span_knows_the_event_that_began_it() {
    let recording = recording(LOCK_ON);
    let lanes = Lanes::read(&recording).expect("somebody worked");
    let kinds = |index: usize| -> Vec<Option<Kind>> {
        let spans = lanes.trains[index].spans.iter();
        spans.map(|span| span.event.map(|event| recording.events[event as usize].kind)).collect()
    };
    // The first thread moves to another processor with its second `GilTake`.
    assert_eq!(kinds(0), [Kind::GilTake, Kind::GilDrop, Kind::GilTake].map(Some));
    let (wait, take) = (Some(Kind::GilWait), Some(Kind::GilTake));
    let second = [None, Some(Kind::ThreadJobBegin), wait, take, Some(Kind::GilDrop)];
    assert_eq!(kinds(1), second);
}

#[test]
fn a_recording_that_begins_in_the_middle_is_read_from_what_it_shows() {
    let middle: Vec<Line> = LOCK_ON.iter().copied().filter(|line| line.0 >= 20).collect();
    let lanes = read(&middle);
    check_lane(&lanes, 0, &[(0, 21, State::Run), (21, 33, State::WaitGil), (33, 40, State::Run)]);
    check_lane(&lanes, 1, &[(0, 22, State::WaitGil), (22, 32, State::Run), (32, 40, State::Idle)]);
    check_figures(&lanes, 2, 1, 2);
}

#[test]
fn threads_without_a_lock_run_beside_each_other() {
    let lanes = read(&[
        (5, 9, 0, Kind::BlockBegin, 3, 0),
        (10, 1, 0, Kind::ThreadJobBegin, 1, 0),
        (10, 1, 0, Kind::GilFree, 7, 0),
        (11, 1, 0, Kind::UnitBegin, 0, 0),
        (12, 2, 1, Kind::GilFree, 7, 0),
        (12, 2, 1, Kind::ThreadJobBegin, 2, 0),
        (12, 2, 1, Kind::UnitBegin, 1, 0),
        (20, 2, 1, Kind::UnitEnd, 1, 0),
        (20, 2, 1, Kind::ThreadJobEnd, 2, 0),
        (30, 1, 0, Kind::UnitEnd, 0, 0),
        (30, 1, 0, Kind::ThreadJobEnd, 1, 0),
    ]);
    check_lane(&lanes, 0, &[(10, 30, State::Run)]);
    check_lane(&lanes, 1, &[(10, 12, State::Idle), (12, 20, State::Run), (20, 30, State::Idle)]);
    check_figures(&lanes, 2, 2, 2);
    assert_eq!(lanes.trains.len(), 2, "the thread that only waits for answers is no train");
}

#[test]
fn trains_that_share_a_processor_do_not_run_at_once() {
    let lanes = read(&[
        (10, 1, 3, Kind::UnitBegin, 0, 0),
        (11, 2, 3, Kind::UnitBegin, 1, 0),
        (20, 2, 3, Kind::UnitEnd, 1, 0),
        (30, 1, 3, Kind::UnitEnd, 0, 0),
    ]);
    check_figures(&lanes, 2, 1, 1);
}

#[test]
fn a_thread_that_gave_the_lock_up_for_native_code_runs() {
    let one = |track, cpu, from| {
        [
            (from, track, cpu, Kind::GilTake, 7, 0),
            (from, track, cpu, Kind::ThreadJobBegin, u64::from(track), 0),
            (from + 1, track, cpu, Kind::BlockBegin, NATIVE, 0),
            (from + 1, track, cpu, Kind::GilDrop, 7, 0),
            (from + 20, track, cpu, Kind::GilTake, 7, 0),
            (from + 20, track, cpu, Kind::BlockEnd, NATIVE, 0),
            (from + 21, track, cpu, Kind::ThreadJobEnd, u64::from(track), 0),
            (from + 21, track, cpu, Kind::GilDrop, 7, 0),
        ]
    };
    let mut script = [one(1, 0, 10), one(2, 1, 12)].concat();
    script.sort_by_key(|line| line.0);
    let lanes = read(&script);
    check_lane(
        &lanes,
        0,
        &[
            (10, 11, State::Run),
            (11, 30, State::Native),
            (30, 31, State::Run),
            (31, 33, State::Idle),
        ],
    );
    check_figures(&lanes, 0, 2, 2);
}

#[test]
fn a_thread_that_waits_for_the_network_waits_also_for_the_lock_afterwards() {
    let lanes = read(&[
        (10, 1, 0, Kind::GilTake, 7, 0),
        (10, 1, 0, Kind::UnitBegin, 0, 0),
        (12, 1, 0, Kind::BlockBegin, IO, 0),
        (12, 1, 0, Kind::GilDrop, 7, 0),
        (20, 1, 0, Kind::GilWait, 7, 0),
        (25, 1, 0, Kind::GilTake, 7, 2),
        (25, 1, 0, Kind::BlockEnd, IO, 0),
        (30, 1, 0, Kind::UnitEnd, 0, 0),
    ]);
    check_lane(
        &lanes,
        0,
        &[
            (10, 12, State::Run),
            (12, 20, State::Wait),
            (20, 25, State::WaitGil),
            (25, 30, State::Run),
        ],
    );
    check_figures(&lanes, 1, 1, 1);
}

#[test]
fn a_loop_runs_all_its_tasks_one_at_a_time_with_many_units_in_flight() {
    let lanes = read(&[
        (9, 1, 0, Kind::TaskSpawn, 1, 0),
        (10, 1, 0, Kind::TaskPollBegin, 1, 0),
        (11, 1, 0, Kind::UnitBegin, 0, 0),
        (12, 1, 0, Kind::TaskPollEnd, 1, 0),
        (12, 1, 0, Kind::TaskPollBegin, 2, 0),
        (13, 1, 0, Kind::UnitBegin, 1, 0),
        (14, 1, 0, Kind::TaskPollEnd, 2, 0),
        (15, 1, 0, Kind::LoopPark, 0, 0),
        (25, 1, 3, Kind::LoopUnpark, 2, 0),
        (26, 1, 3, Kind::TaskPollBegin, 1, 0),
        (27, 1, 3, Kind::UnitEnd, 0, 0),
        (28, 1, 3, Kind::TaskPollEnd, 1, 1),
        (29, 1, 3, Kind::UnitEnd, 1, 0),
    ]);
    check_lane(&lanes, 0, &[(11, 15, State::Run), (15, 25, State::Wait), (25, 29, State::Run)]);
    check_figures(&lanes, 2, 1, 2);
}

#[test]
fn a_worker_process_works_talks_and_waits_for_its_next_job() {
    let lanes = read(&[
        (9, 1, 0, Kind::WorkerIdle, 0, 0),
        (10, 1, 0, Kind::WorkerJobBegin, 1, 0),
        (11, 1, 0, Kind::UnitBegin, 0, 0),
        (12, 1, 0, Kind::BlockBegin, IO, 0),
        (18, 1, 0, Kind::BlockEnd, IO, 0),
        (20, 1, 0, Kind::UnitEnd, 0, 0),
        (21, 1, 0, Kind::WorkerJobEnd, 1, 0),
        (23, 1, 0, Kind::WorkerIdle, 0, 0),
        (23, 1, 0, Kind::BlockBegin, IO, 0),
        (26, 1, 0, Kind::BlockEnd, IO, 0),
        (26, 1, 0, Kind::WorkerJobBegin, 2, 0),
        (30, 1, 0, Kind::WorkerJobEnd, 2, 0),
    ]);
    check_lane(
        &lanes,
        0,
        &[
            (10, 12, State::Run),
            (12, 18, State::Wait),
            (18, 21, State::Run),
            (21, 23, State::Ipc),
            (23, 26, State::Idle),
            (26, 30, State::Run),
        ],
    );
}

#[test]
fn work_without_an_end_goes_on_to_the_end_of_the_recording() {
    let lanes = read(&[(10, 1, 0, Kind::UnitBegin, 0, 0), (20, 1, 0, Kind::BlockBegin, IO, 0)]);
    check_lane(&lanes, 0, &[(10, 20, State::Run), (20, 100, State::Wait)]);
}

#[test]
fn units_that_were_in_flight_before_the_recording_count() {
    let ends = |track, unit| (10 + unit, track, 0, Kind::UnitEnd, unit, 0);
    check_figures(&read(&[ends(1, 0), ends(1, 1), (15, 1, 0, Kind::UnitBegin, 2, 0)]), 2, 1, 1);
}

/// Threads of an experiment: they take a lock, and nobody counts what they do.
#[test]
fn without_units_and_jobs_whoever_has_a_lock_is_a_train() {
    let lanes = read(&[
        (5, 9, 0, Kind::BlockBegin, 3, 0),
        (10, 1, 0, Kind::GilTake, 7, 0),
        (12, 1, 0, Kind::BlockBegin, IO, 0),
        (12, 1, 0, Kind::GilDrop, 7, 0),
        (13, 2, 1, Kind::GilTake, 7, 0),
        (20, 1, 0, Kind::GilWait, 7, 0),
        (24, 2, 1, Kind::GilDrop, 7, 0),
        (25, 1, 0, Kind::GilTake, 7, 2),
        (25, 1, 0, Kind::BlockEnd, IO, 0),
        (30, 1, 0, Kind::GilDrop, 7, 0),
    ]);
    check_lane(
        &lanes,
        0,
        &[
            (10, 12, State::Run),
            (12, 20, State::Wait),
            (20, 25, State::WaitGil),
            (25, 30, State::Run),
        ],
    );
    check_lane(&lanes, 1, &[(10, 13, State::Idle), (13, 24, State::Run), (24, 30, State::Idle)]);
    assert_eq!(lanes.trains.len(), 2, "the thread that only waits for them is no train");
}

/// A loop whose tasks do nothing that the laboratory counts.
#[test]
fn without_units_a_loop_that_polls_is_a_train() {
    let lanes = read(&[
        (10, 1, 0, Kind::TaskPollBegin, 1, 0),
        (12, 1, 0, Kind::TaskPollEnd, 1, 0),
        (13, 1, 0, Kind::LoopPark, 0, 0),
        (20, 1, 0, Kind::LoopUnpark, 1, 0),
        (21, 1, 0, Kind::TaskPollBegin, 1, 0),
        (25, 1, 0, Kind::TaskPollEnd, 1, 1),
    ]);
    let spans = &lanes.trains[0].spans;
    assert_eq!(spans[1].state, State::Wait);
    assert_eq!((spans[0].state, spans[2].state), (State::Run, State::Run));
}

#[test]
fn a_recording_of_nothing_has_no_lanes() {
    assert!(Lanes::read(&recording(&[(5, 9, 0, Kind::BlockBegin, 3, 0)])).is_none());
    assert!(Lanes::read(&Recording::default()).is_none());
}

proptest! {
    #[test]
    fn whatever_was_recorded_every_lane_covers_the_round_without_a_gap(
        lines in proptest::collection::vec(
            (0..100_u64, 1..4_u32, 0..3_u16, proptest::sample::select(Kind::ALL), 0..5_u64, 0..2_u64),
            0..60,
        )
    ) {
        let mut lines = lines;
        lines.sort_by_key(|line| line.0);
        let Some(lanes) = Lanes::read(&recording(&lines)) else { return Ok(()) };
        for Lane { spans, .. } in &lanes.trains {
            let mut at = lanes.begin_ns;
            for pair in spans.windows(2) {
                prop_assert_ne!((pair[0].state, pair[0].cpu), (pair[1].state, pair[1].cpu));
            }
            for span in spans {
                prop_assert!(span.from_ns == at && span.until_ns > at);
                at = span.until_ns;
            }
            prop_assert_eq!(at, lanes.end_ns);
        }
        prop_assert!(lanes.figures.running_at_once_max <= lanes.trains.len());
    }
}

/// Fails if a lane begins before the first event that its track has kept.
#[test]
fn what_a_ring_has_lost_is_on_no_lane() {
    let middle: Vec<Line> = LOCK_ON.iter().copied().filter(|line| line.0 >= 20).collect();
    let mut recording = recording(&middle);
    let first_us = |recording: &Recording| {
        let lanes = Lanes::read(recording).expect("somebody worked");
        let locks = lock::read(recording, lanes.begin_ns, lanes.end_ns);
        let trains = lanes.trains.iter().map(|lane| lane.spans[0].from_ns / US);
        (trains.collect::<Vec<_>>(), locks[0].spans[0].from_ns / US)
    };
    assert_eq!(first_us(&recording), (vec![0, 0], 0));
    recording.tracks[0].overwritten = 3;
    assert_eq!(first_us(&recording), (vec![21, 0], 21));
    recording.tracks[1].overwritten = 3;
    assert_eq!(first_us(&recording), (vec![21, 20], 21));
    // The thread that uses no lock has lost nothing that matters to it.
    recording.tracks[2].overwritten = 3;
    assert_eq!(first_us(&recording), (vec![21, 20], 21));
    let polls = [(40, 1, 0, Kind::TaskPollBegin, 5, 0), (60, 1, 0, Kind::TaskWake, 6, 0)];
    let mut tasks = self::recording(&polls);
    tasks.tracks[0].overwritten = 3;
    let lanes = tasks::read(&tasks, 0, 100 * US);
    let from: Vec<u64> = lanes.iter().map(|lane| lane.spans[0].from_ns / US).collect();
    assert_eq!(from, [40, 40], "the second one waited since the first event at least");
}
