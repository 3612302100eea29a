//! Traces for the tests of the views.

use std::io;

use crate::testing;
use trainyard::trace::file::{Facts, Run, Trace};
use trainyard::trace::{Event, Kind, Recording, Track};

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
    let lines: &[(u64, u32, Kind, u64, u64)] = &[
        (1, 1, Kind::TaskSpawn, 7, 0),
        (2, 1, Kind::TaskPollBegin, 7, 0),
        (3, 1, Kind::UnitBegin, 0, 0),
        (4, 1, Kind::IoWait, 7, 1),
        (5, 1, Kind::TaskPollEnd, 7, 0),
        (6, 1, Kind::LoopPark, 0, 0),
        (8, 3, Kind::BellRung, 7, 0),
        (9, 1, Kind::LoopUnpark, 1, 0),
        (10, 1, Kind::TaskWake, 7, 0),
        (10, 1, Kind::TaskPollBegin, 7, 0),
        (12, 1, Kind::UnitEnd, 0, 0),
        (13, 1, Kind::TaskPollEnd, 7, 1),
        (14, 3, Kind::JobQueued, 40, 0),
        (15, 2, Kind::FrameSend, 40, 64),
        (16, 4, Kind::WorkerJobBegin, 40, 64),
        (17, 4, Kind::UnitBegin, 1, 0),
        (18, 4, Kind::UnitEnd, 1, 0),
        (19, 4, Kind::WorkerJobEnd, 40, 8),
        (20, 4, Kind::WorkerIdle, 0, 0),
        (21, 2, Kind::FrameReceive, 40, 8),
        (22, 3, Kind::JobQueued, 41, 0),
        (23, 3, Kind::ThreadJobBegin, 41, 0),
        (25, 3, Kind::GilWakeFailed, 9, 0),
        (30, 3, Kind::ThreadJobEnd, 41, 0),
    ];
    let event = |&(us, track, kind, a, b): &(u64, u32, Kind, u64, u64)| {
        let cpu = u16::try_from(track).unwrap();
        Event { time_ns: us * 1_000, track, kind, cpu, a, b }
    };
    let names = [(1, "main", 50), (2, "supervisor", 50), (3, "pool-0", 50), (4, "worker 0", 51)];
    let track = |(number, name, pid): (u32, &str, u32)| Track {
        number,
        name: name.to_owned(),
        pid,
        overwritten: 0,
    };
    let recording = Recording {
        begin_ns: 0,
        end_ns: 40_000,
        events: lines.iter().map(event).collect(),
        tracks: names.map(track).into(),
    };
    let about = Facts::default().with("label", "all \"three\" <runtimes>");
    Trace::of(Facts::default(), vec![Run { about, recording }])
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
