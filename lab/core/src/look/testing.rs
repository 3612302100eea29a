//! Traces for the tests of the views: made by hand, measured by hand, and made up.

use std::fmt::Debug;
use std::io;
use std::str::FromStr;

use proptest::prelude::*;
use proptest::sample::select;

use super::lanes::tape::Span;
use super::palette::State;
use crate::testing;
use trainyard::trace::file::{Facts, Run, Trace};
use trainyard::trace::{Event, Kind, Recording, Track};

/// The recordings made by hand: how their lines are read stands above them.
pub(super) const RECORDINGS: &str = include_str!("lanes/recordings.txt");

pub(super) const US: u64 = 1_000;

/// What `compare` would have recorded: the runs of a report made up by hand.
pub(super) fn all() -> Trace {
    let runs = testing::measured().into_iter().map(|one| {
        let about = one.contender.facts();
        Run { about, recording: one.recording.unwrap() }
    });
    Trace::of(Facts::default().with("program", "trainyard test"), runs.collect())
}

/// Two threads that hand one lock over every 5 ms.
pub(super) fn lock_on() -> Trace {
    let mut trace = all();
    trace.runs.retain(|run| run.label() == "2 threads, lock on");
    trace
}

/// A loop, a pool of workers and a pool of threads, with everything that has an arrow.
pub(super) fn arrows() -> Trace {
    let mut parts = RECORDINGS.split("\n## ");
    let part = parts.find(|part| part.starts_with("everything that has an arrow"));
    of("all \"three\" <runtimes>", read(part.expect("recordings.txt has it")))
}

pub(super) fn of(label: &str, recording: Recording) -> Trace {
    let about = Facts::default().with("label", label);
    Trace::of(Facts::default(), vec![Run { about, recording }])
}

/// A lane of these lengths and states.
pub(super) fn spans(mut from_ns: u64, lengths: &[(u64, State)]) -> Vec<Span> {
    let span = |&(length, state): &(u64, State)| {
        from_ns += length;
        Span { from_ns: from_ns - length, until_ns: from_ns, state, cpu: 0, event: None }
    };
    lengths.iter().map(span).collect()
}

/// Reads the lines between a title and `=>`.
pub(super) fn read(part: &str) -> Recording {
    let mut tracks = vec![track(1, "first", 1), track(2, "second", 1), track(9, "main", 1)];
    let mut events = Vec::new();
    for line in part.lines().skip(1).take_while(|line| *line != "=>") {
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "track" => {
                let track = track(number(words[1]), words[2], number(words[3]));
                tracks.retain(|other| other.number != track.number);
                tracks.push(track);
            }
            "lost" => {
                let lost = |track: &&mut Track| words.contains(&&*track.number.to_string());
                tracks.iter_mut().filter(lost).for_each(|track| track.overwritten = 3);
            }
            us => events.push(Event {
                time_ns: number::<u64>(us) * US,
                track: number(words[1]),
                cpu: number(words[2]),
                kind: *Kind::ALL.iter().find(|kind| kind.name() == words[3]).expect("a kind"),
                a: number(words[4]),
                b: number(words[5]),
            }),
        }
    }
    Recording { begin_ns: 0, end_ns: 100 * US, events, tracks }
}

fn number<T: FromStr<Err: Debug>>(word: &str) -> T {
    word.parse().unwrap()
}

fn track(number: u32, name: &str, pid: u32) -> Track {
    Track { number, name: name.to_owned(), pid, overwritten: 0 }
}

/// An event's time, track, processor, kind and words.
type Line = (u64, u32, u16, Kind, u64, u64);

fn event((time_ns, track, cpu, kind, a, b): Line) -> Event {
    Event { time_ns, track, kind, cpu, a, b }
}

/// Whatever can have been recorded: a ring that lost its beginning makes the strangest recordings.
pub(super) fn possible() -> impl Strategy<Value = Recording> {
    let moment = (0..100_u64).prop_map(|us| us * US);
    let line = (moment, 1..5_u32, 0..3_u16, select(Kind::ALL), 0..4_u64, 0..3_u64);
    let lines = proptest::collection::vec(line, 0..80);
    (lines, proptest::collection::vec(0..3_u32, 4)).prop_map(|(lines, pids)| {
        let mut events: Vec<Event> = lines.into_iter().map(event).collect();
        events.sort_by_key(|event| (event.time_ns, event.kind.stamp(), event.track));
        let tracks = (1..).zip(pids).map(|(number, pid)| track(number, "a track", pid));
        Recording { begin_ns: 0, end_ns: 100 * US, events, tracks: tracks.collect() }
    })
}

/// What nobody can have recorded and a damaged file may hold: times that go back or end at the end
/// of all numbers, tracks that nobody named or two that have one number, locks and tasks of any.
pub(super) fn hostile() -> impl Strategy<Value = Recording> {
    let moment = || select(&[0, 1, 7, 1_000_000, u64::MAX / 2, u64::MAX - 1, u64::MAX][..]);
    let number = || select(&[0, 1, 2, 1 << 22, u32::MAX - 1, u32::MAX][..]);
    let word = || select(&[0, 1, 2, 5, 1 << 40, u64::MAX / 2, u64::MAX][..]);
    let line = (moment(), number(), any::<u16>(), select(Kind::ALL), word(), word());
    let lines = proptest::collection::vec(line, 0..80);
    let tracks = proptest::collection::vec((number(), number(), word()), 0..6);
    (lines, tracks, moment(), moment(), any::<bool>()).prop_map(
        |(lines, tracks, begin_ns, end_ns, is_sorted)| {
            let mut events: Vec<Event> = lines.into_iter().map(event).collect();
            if is_sorted {
                events.sort_by_key(|event| event.time_ns);
            }
            let name = "\u{1b}<&\",\n";
            let tracks = tracks.into_iter().map(|(number, pid, overwritten)| Track {
                overwritten,
                ..track(number, name, pid)
            });
            Recording { begin_ns, end_ns, events, tracks: tracks.collect() }
        },
    )
}

/// What a view writes.
pub(super) fn text(
    write: fn(&Trace, &mut dyn io::Write) -> io::Result<()>,
    trace: &Trace,
) -> String {
    let mut out = Vec::new();
    write(trace, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
