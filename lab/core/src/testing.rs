//! Measurements made up by hand, for the tests of everything that shows some.
//!
//! The times are invented; the figures are computed from them as from real ones.
#![expect(clippy::unwrap_used, reason = "helpers of tests, as in tests")]

use trainyard::trace::{Event, Kind, Recording, Track};

use crate::terms::{Contender, GilState, GilStats, Measured, Model, Rules, TreeUsage, Workload};

const US: u64 = 1_000;

/// One contender with rounds around `median_s`.
pub fn one(contender: Contender, median_s: f64, recording: Recording) -> Measured {
    // Not the same for everybody, so that the ratios have a spread too.
    let mut wobble = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.005];
    wobble.rotate_left((contender.workers + contender.model as usize) % 7);
    let has_lock = contender.gil == GilState::On;
    Measured {
        contender,
        startup_s: 0.0012,
        wall_s: wobble.map(|factor| median_s * factor).to_vec(),
        units: if contender.workload == Workload::Io { 160 } else { 20 },
        checksum: 0x9f00_0000_0000_0001,
        usage: TreeUsage {
            user_s: 0.012,
            system_s: 0.02,
            max_rss_bytes: 4_200_000,
            voluntary_switches: 320,
            involuntary_switches: 4,
        },
        gil: has_lock.then_some(GilStats {
            acquisitions: 1000,
            contended: 12,
            drop_requests: 11,
            forced_switches: 10,
            failed_wakeups: 1,
            wait_s: 0.49 * 7.0 * median_s * 2.0,
            hold_s: 0.4,
        }),
        recording: Some(recording),
    }
}

/// A contender by its names.
pub fn who(workload: Workload, model: Model, gil: GilState, workers: usize) -> Contender {
    let rules = (gil == GilState::On).then(Rules::default);
    Contender { workload, model, gil, rules, workers, python: None }
}

/// What eleven contenders might give on two processors.
pub fn measured() -> Vec<Measured> {
    use GilState::{None, Off, On};
    use Model::{Coop, Procs, Sync, Threads, ThreadsNative};
    let io = |model, gil, workers| who(Workload::Io, model, gil, workers);
    let cpu = |model, gil, workers| who(Workload::Cpu, model, gil, workers);
    let native = recording((0..2).flat_map(|track| native_thread(track, 30_000)));
    let procs = recording((0..2).flat_map(|track| worker(track, 30_000)));
    vec![
        one(io(Sync, None, 1), 0.85, io_threads(1, None)),
        one(io(Threads, On, 5), 0.18, io_threads(5, On)),
        one(io(Threads, Off, 5), 0.181, io_threads(5, Off)),
        one(io(Coop, None, 160), 0.0223, io_loop()),
        one(io(Procs, None, 5), 0.19, io_threads(5, None)),
        one(cpu(Sync, None, 1), 0.06, recording(computes(0, 60_000, 20))),
        one(cpu(Threads, On, 2), 0.062, recording(lock_on())),
        one(cpu(Threads, Off, 2), 0.0312, recording((0..2).flat_map(lock_off))),
        one(cpu(ThreadsNative, On, 2), 0.0315, native),
        one(cpu(Coop, None, 20), 0.0601, recording(computes(0, 60_000, 20))),
        one(cpu(Procs, None, 2), 0.033, procs),
    ]
}

/// A recording in which nothing happened.
pub fn nothing_recorded() -> Recording {
    recording([])
}

/// When, on which track, what, and its two words; in microseconds.
type Line = (u64, u32, Kind, u64, u64);

/// What begins and what ends.
type Pair = (Kind, Kind);
const UNIT: Pair = (Kind::UnitBegin, Kind::UnitEnd);
const JOB: Pair = (Kind::ThreadJobBegin, Kind::ThreadJobEnd);
const CALL: Pair = (Kind::BlockBegin, Kind::BlockEnd);
const LOCK_ON: Pair = (Kind::GilTake, Kind::GilDrop);
const LOCK_OFF: Pair = (Kind::GilFree, Kind::GilLeave);

/// What lies in each other on a track, from `at` on: from when to when, what, and its first word.
fn nested(track: u32, at: u64, parts: &[(u64, u64, Pair, u64)]) -> Vec<Line> {
    let begin = |&(from, _, (begin, _), a): &_| (at + from, track, begin, a, 0);
    let end = |&(_, until, (_, end), a): &_| (at + until, track, end, a, 0);
    parts.iter().map(begin).chain(parts.iter().rev().map(end)).collect()
}

/// Puts events in order, each on the processor that has its track's number.
fn recording(lines: impl IntoIterator<Item = Line>) -> Recording {
    let event = |(us, track, kind, a, b): Line| Event {
        time_ns: us * US,
        track,
        kind,
        cpu: u16::try_from(track % 2).unwrap(),
        a,
        b,
    };
    let mut events: Vec<Event> = lines.into_iter().map(event).collect();
    events.sort_by_key(|event| (event.time_ns, event.kind.stamp(), event.track));
    let end_ns = events.last().map_or(0, |event| event.time_ns);
    let tracks = (0..8).map(|number| Track {
        number,
        name: format!("thread {number}"),
        pid: 1,
        overwritten: 0,
    });
    Recording { begin_ns: 0, end_ns, events, tracks: tracks.collect() }
}

/// Threads that fetch one page after another, each 0.1 ms of work and 5 ms of waiting.
fn io_threads(threads: u32, gil: GilState) -> Recording {
    let lock = if gil == GilState::On { LOCK_ON } else { LOCK_OFF };
    let fetch = |unit: u32| {
        let (turn, track) = (unit / threads, unit % threads);
        // The lock is never held long: who comes a little later finds it free.
        let from = u64::from(turn) * 5_200 + u64::from(track) * 300;
        let unit = (0, 5_100, UNIT, u64::from(unit));
        let rest = [(0, 50, lock, 1), (50, 5_050, CALL, 0), (5_050, 5_100, lock, 1)];
        nested(track, from, &[&[unit], &rest[..]].concat())
    };
    recording((0..160 / threads * threads).flat_map(fetch))
}

/// A loop that sends 160 requests in 4 ms, waits for 3 ms, and reads the answers in 8 ms.
fn io_loop() -> Recording {
    let park = [(4_000, 0, Kind::LoopPark, 0, 0), (7_000, 0, Kind::LoopUnpark, 1, 0)];
    let unit = |unit| nested(0, 0, &[(unit * 25, 7_000 + unit * 50, UNIT, unit)]);
    recording(park.into_iter().chain((0..160).flat_map(unit)))
}

/// A thread that computes `units` sums one after another.
fn computes(track: u32, length_us: u64, units: u64) -> Vec<Line> {
    let (each, first) = (length_us / units, 100 * u64::from(track));
    let unit = |unit| nested(track, unit * each, &[(0, each, UNIT, unit + first)]);
    (0..units).flat_map(unit).collect()
}

/// Two threads that hand one lock over every 5 ms.
fn lock_on() -> Vec<Line> {
    let mut lines = vec![(0, 0, Kind::GilTake, 1, 0)];
    lines.extend(nested(0, 0, &[(0, 62_000, JOB, 1), (0, 62_000, UNIT, 0)]));
    lines.extend(nested(1, 0, &[(10, 60_000, JOB, 2), (5_031, 60_000, UNIT, 1)]));
    lines.push((10, 1, Kind::GilWait, 1, 0));
    for turn in 1..12_u64 {
        let (from, to) = if turn % 2 == 1 { (0, 1) } else { (1, 0) };
        let at = turn * 5_000;
        lines.extend([
            (at, to, Kind::GilDropRequest, 1, 0),
            (at + 1, from, Kind::GilDrop, 1, 1),
            (at + 30, to, Kind::GilTake, 1, 0),
            (at + 40, from, Kind::GilSwitched, 1, 0),
            (at + 41, from, Kind::GilWait, 1, 0),
        ]);
    }
    lines.extend([(60_000, 1, Kind::GilDrop, 1, 0), (60_010, 0, Kind::GilTake, 1, 0)]);
    lines
}

fn lock_off(track: u32) -> Vec<Line> {
    let job = u64::from(track);
    let begin = [(0, track, Kind::GilFree, 1, 0), (0, track, Kind::ThreadJobBegin, job, 0)];
    let end = [(30_000, track, Kind::ThreadJobEnd, job, 0)];
    [&begin[..], &computes(track, 30_000, 10), &end].concat()
}

fn native_thread(track: u32, length: u64) -> Vec<Line> {
    let (job, end) = (u64::from(track), length + 5);
    let (call, locked) = ((5, length, CALL, 4), [(0, 5, LOCK_ON, 1), (length, end, LOCK_ON, 1)]);
    let parts = [locked[0], (0, end, JOB, job), (0, end, UNIT, job), call, locked[1]];
    nested(track, u64::from(track) * 20, &parts)
}

/// A worker process with ten jobs, and a moment of talking between them.
fn worker(track: u32, length_us: u64) -> Vec<Line> {
    let each = length_us / 10;
    let job = |number: u64| {
        let (from, unit) = (number * each, number + 100 * u64::from(track));
        [
            (from, track, Kind::WorkerJobBegin, unit, 64),
            (from, track, Kind::UnitBegin, unit, 0),
            (from + each - 60, track, Kind::UnitEnd, unit, 0),
            (from + each - 60, track, Kind::WorkerJobEnd, unit, 16),
            (from + each - 40, track, Kind::WorkerIdle, 0, 0),
        ]
    };
    (0..10).flat_map(job).collect()
}

/// Compares a text with what it was when somebody last looked at it, in the file at `path` from the
/// root of the repository. `TRAINYARD_BLESS=1` writes the file anew.
#[track_caller]
pub fn check_known(path: &str, text: &str) {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("TRAINYARD_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap();
    assert!(text == known, "it is not {path}:\n{text}");
}
