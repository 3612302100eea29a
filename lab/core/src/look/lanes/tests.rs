//! Recordings made by hand, and what must be read from them; and the laws that hold for any.

use std::fmt::Write;

use proptest::prelude::*;

use super::tape::joined;
use super::*;
use crate::look::testing::{RECORDINGS, US, hostile, possible, read};
use crate::testing::check_known;

/// Everything that is read from a recording, as lines.
fn projections(recording: &Recording) -> String {
    let mut text = String::new();
    if let Some(lanes) = Lanes::read(recording) {
        for lane in &lanes.trains {
            text += &line(recording, &lane.name, &joined(&lane.spans));
        }
        let Figures { in_flight_max, running_at_once_max, cpus_used } = lanes.figures;
        writeln!(
            text,
            "figures: {in_flight_max} in flight, {running_at_once_max} at once, {cpus_used} cpus"
        )
        .unwrap();
    }
    for lane in tasks::read(recording, 0, 100 * US) {
        text += &line(recording, &format!("{} of {}", lane.name, lane.track), &lane.spans);
    }
    for lane in lock::read(recording, 0, 100 * US) {
        text += &line(recording, &lane.name, &lane.spans);
    }
    for Flow { what, from, to } in flows::read(recording) {
        writeln!(text, "{}: {from} -> {to}", what.words()[0]).unwrap();
    }
    for (what, points) in counters::read(recording) {
        let point = |(at_ns, value)| format!(" {}={value}", at_ns / US);
        let points: String = points.into_iter().map(point).collect();
        writeln!(text, "{what:?}:{points}").unwrap();
    }
    text
}

fn line<S: std::fmt::Debug>(recording: &Recording, name: &str, spans: &[Span<S>]) -> String {
    let span = |span: &Span<S>| {
        let event = span.event.map(|event| recording.events[event as usize].kind.name());
        let by = event.map_or_else(String::new, |event| format!(" by {event}"));
        format!("{}-{} {:?}{by}", span.from_ns / US, span.until_ns / US, span.state)
    };
    format!("{name}: {}\n", spans.iter().map(span).collect::<Vec<_>>().join(", "))
}

#[test]
fn what_is_read_from_each_recording_made_by_hand() {
    let mut parts = RECORDINGS.split("\n## ");
    let mut anew = parts.next().unwrap().to_owned() + "\n";
    for part in parts {
        let (lines, _) = part.split_once("=>\n").expect("=> ends a recording");
        write!(anew, "## {lines}=>\n{}\n", projections(&read(part))).unwrap();
    }
    check_known("lab/core/src/look/lanes/recordings.txt", &(anew.trim_end().to_owned() + "\n"));
}

#[test]
fn lanes_are_ordered_as_people_count() {
    let mut names = ["worker-10", "worker-9", "main", "worker 2", "9", "worker-9-b"];
    names.sort_by_key(|name| in_words_and_numbers(name));
    assert_eq!(names, ["9", "main", "worker 2", "worker-9", "worker-9-b", "worker-10"]);
}

/// Fails if a lane has a gap or, where `alike` may not stand side by side, two spans for one.
#[track_caller]
fn check_lane<S: Copy + PartialEq + std::fmt::Debug>(spans: &[Span<S>], round: (u64, u64)) {
    // INVARIANT: [LANES-1]
    let inside = |span: &Span<S>| round.0 <= span.from_ns && span.until_ns <= round.1;
    assert!(spans.iter().all(|span| inside(span) && span.from_ns < span.until_ns), "{spans:?}");
    assert_eq!(spans.last().map_or(round.1, |span| span.until_ns), round.1);
    for pair in spans.windows(2) {
        assert_eq!(pair[0].until_ns, pair[1].from_ns);
        assert_ne!((pair[0].state, pair[0].cpu), (pair[1].state, pair[1].cpu));
    }
}

proptest! {
    #[test]
    fn whatever_was_recorded_no_lane_has_a_gap(recording in prop_oneof![possible(), hostile()]) {
        let Scene { begin_ns, end_ns, lanes, locks, tasks, .. } =
            Scene::read(&recording, (recording.begin_ns, recording.end_ns));
        for lane in &locks {
            check_lane(&lane.spans, (begin_ns, end_ns));
        }
        for span in tasks.iter().flat_map(|lane| &lane.spans) {
            prop_assert!(begin_ns <= span.from_ns && span.from_ns < span.until_ns);
            prop_assert!(span.until_ns <= end_ns);
        }
        let Some(lanes) = lanes else { return Ok(()) };
        for lane in &lanes.trains {
            check_lane(&lane.spans, (begin_ns, end_ns));
        }
        prop_assert!(lanes.figures.running_at_once_max <= lanes.trains.len());
        let begins_late = |lane: &Lane| lane.spans.first().is_some_and(|s| s.from_ns > begin_ns);
        let has_lost = |lane: &Lane| {
            recording.tracks.iter().any(|t| t.number == lane.track && t.overwritten > 0)
        };
        prop_assert!(lanes.trains.iter().all(|lane| !begins_late(lane) || has_lost(lane)));
    }
}

/// Whoever works under a lock holds it.
#[test]
fn a_lock_is_held_for_as_long_as_its_threads_work() {
    let recording = read(RECORDINGS.split("\n## ").nth(1).unwrap());
    let Scene { lanes, locks, .. } = Scene::read(&recording, (0, 0));
    let held = lock::held_ns(&locks[0].spans);
    for lane in lanes.unwrap().trains {
        let working = lane.spans.iter().filter(|span| span.state == State::Run);
        assert_eq!(held[&lane.track], working.map(Span::length_ns).sum::<u64>(), "{}", lane.name);
    }
}
