//! Traces for the tests of the views: made by hand, measured by hand, and made up.

use std::io;

use proptest::prelude::*;
use proptest::sample::select;

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
    of("all \"three\" <runtimes>", by_hand("everything that has an arrow"))
}

/// A trace of one run.
pub(super) fn of(label: &str, recording: Recording) -> Trace {
    let about = Facts::default().with("label", label);
    Trace::of(Facts::default(), vec![Run { about, recording }])
}

/// The recording made by hand whose title begins so.
pub(super) fn by_hand(title: &str) -> Recording {
    let mut parts = RECORDINGS.split("\n## ").skip(1);
    let part = parts.find(|part| part.starts_with(title)).expect("a title of recordings.txt");
    read(part)
}

/// Reads the lines between a title and `=>`.
pub(super) fn read(part: &str) -> Recording {
    let mut tracks = [(1, "first"), (2, "second"), (9, "main")].map(|(n, name)| track(n, name, 1));
    let (mut tracks, mut events) = (tracks.as_mut_slice().to_vec(), Vec::new());
    for line in part.lines().skip(1).take_while(|line| *line != "=>") {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "track" => {
                tracks.retain(|track| u64::from(track.number) != number(1));
                tracks.push(track(narrow(number(1)), words[2], narrow(number(3))));
            }
            "lost" => {
                let lost = |track: &&mut Track| words.contains(&&*track.number.to_string());
                tracks.iter_mut().filter(lost).for_each(|track| track.overwritten = 3);
            }
            _ => events.push(Event {
                time_ns: number(0) * US,
                track: narrow(number(1)),
                cpu: narrow(number(2)),
                kind: *Kind::ALL.iter().find(|kind| kind.name() == words[3]).expect("a kind"),
                a: number(4),
                b: number(5),
            }),
        }
    }
    Recording { begin_ns: 0, end_ns: 100 * US, events, tracks }
}

fn narrow<T: TryFrom<u64, Error: std::fmt::Debug>>(number: u64) -> T {
    T::try_from(number).unwrap()
}

fn track(number: u32, name: &str, pid: u32) -> Track {
    Track { number, name: name.to_owned(), pid, overwritten: 0 }
}

/// Whatever can have been recorded: a ring that lost its beginning makes the strangest recordings.
pub(super) fn possible() -> impl Strategy<Value = Recording> {
    let event = (0..100_u64, 1..5_u32, 0..3_u16, select(Kind::ALL), 0..4_u64, 0..3_u64);
    let events = proptest::collection::vec(event, 0..80);
    (events, proptest::collection::vec(0..3_u32, 4)).prop_map(|(lines, pids)| {
        let event =
            |(us, track, cpu, kind, a, b)| Event { time_ns: us * US, track, kind, cpu, a, b };
        let mut events: Vec<Event> = lines.into_iter().map(event).collect();
        events.sort_by_key(|event| (event.time_ns, event.kind.stamp(), event.track));
        let tracks = (1..).zip(pids).map(|(number, pid)| track(number, "a track", pid));
        Recording { begin_ns: 0, end_ns: 100 * US, events, tracks: tracks.collect() }
    })
}

/// What nobody can have recorded and a damaged file may hold: times that go back or end at the end
/// of all numbers, tracks that nobody named or two that have one number, locks and tasks of any.
pub(super) fn hostile() -> impl Strategy<Value = Recording> {
    let moments = || select(&[0, 1, 7, 1_000_000, u64::MAX / 2, u64::MAX - 1, u64::MAX][..]);
    let track = || select(&[0, 1, 2, 1 << 22, u32::MAX - 1, u32::MAX][..]);
    let word = || select(&[0, 1, 2, 5, 1 << 40, u64::MAX / 2, u64::MAX][..]);
    let event = (moments(), track(), any::<u16>(), select(Kind::ALL), word(), word());
    let events = proptest::collection::vec(event, 0..80);
    let tracks = proptest::collection::vec((track(), track(), word()), 0..6);
    (events, tracks, moments(), moments(), any::<bool>()).prop_map(
        |(lines, tracks, begin_ns, end_ns, is_sorted)| {
            let event =
                |(time_ns, track, cpu, kind, a, b)| Event { time_ns, track, kind, cpu, a, b };
            let mut events: Vec<Event> = lines.into_iter().map(event).collect();
            if is_sorted {
                events.sort_by_key(|event| event.time_ns);
            }
            let track = |(number, pid, overwritten)| Track {
                overwritten,
                ..self::track(number, "\u{1b}<&\",\n", pid)
            };
            let tracks = tracks.into_iter().map(track).collect();
            Recording { begin_ns, end_ns, events, tracks }
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
