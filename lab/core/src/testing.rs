//! Measurements made up by hand, for the tests of everything that shows some.
//!
//! The times are invented; the figures are computed from them as from real ones.
#![expect(clippy::unwrap_used, reason = "helpers of tests, as in tests")]

use trainyard::trace::{Event, Kind, Recording, Track};

use crate::terms::contender::{Contender, GilState, Model, Workload};
use crate::terms::sample::{GilStats, Measured, TreeUsage};

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
    Contender { workload, model, gil, workers, python: None }
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

/// Puts events in order, each on the processor that has its track's number.
fn recording(events: impl IntoIterator<Item = Event>) -> Recording {
    let mut events: Vec<Event> = events.into_iter().collect();
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

fn event(us: u64, track: u32, kind: Kind, a: u64, b: u64) -> Event {
    Event { time_ns: us * US, track, kind, cpu: u16::try_from(track % 2).unwrap(), a, b }
}

/// Threads that fetch one page after another, each 0.1 ms of work and 5 ms of waiting.
fn io_threads(threads: u32, gil: GilState) -> Recording {
    let fetch = move |track: u32, turn: u32| {
        let unit = u64::from(turn * threads + track);
        // The lock is never held long: who comes a little later finds it free.
        let from = u64::from(turn) * 5_200 + u64::from(track) * 300;
        let (take, drop) = match gil {
            GilState::On => (Kind::GilTake, Kind::GilDrop),
            _ => (Kind::GilFree, Kind::GilLeave),
        };
        vec![
            event(from, track, take, 1, 0),
            event(from, track, Kind::UnitBegin, unit, 0),
            event(from + 50, track, Kind::BlockBegin, 0, 0),
            event(from + 50, track, drop, 1, 0),
            event(from + 5_050, track, take, 1, 0),
            event(from + 5_050, track, Kind::BlockEnd, 0, 0),
            event(from + 5_100, track, Kind::UnitEnd, unit, 0),
            event(from + 5_100, track, drop, 1, 0),
        ]
    };
    let turns = 160 / threads;
    recording((0..turns).flat_map(|turn| (0..threads).flat_map(move |track| fetch(track, turn))))
}

/// A loop that sends 160 requests in 4 ms, waits for 3 ms, and reads the answers in 8 ms.
fn io_loop() -> Recording {
    let begins = (0..160).map(|unit| event(unit * 25, 0, Kind::UnitBegin, unit, 0));
    let park = [event(4_000, 0, Kind::LoopPark, 0, 0), event(7_000, 0, Kind::LoopUnpark, 1, 0)];
    let ends = (0..160).map(|unit| event(7_000 + unit * 50, 0, Kind::UnitEnd, unit, 0));
    recording(begins.chain(park).chain(ends))
}

/// A thread that computes `units` sums one after another.
fn computes(track: u32, length_us: u64, units: u64) -> Vec<Event> {
    let each = length_us / units;
    let unit = |unit: u64| {
        let number = unit + 100 * u64::from(track);
        [
            event(unit * each, track, Kind::UnitBegin, number, 0),
            event((unit + 1) * each, track, Kind::UnitEnd, number, 0),
        ]
    };
    (0..units).flat_map(unit).collect()
}

/// Two threads that hand one lock over every 5 ms.
fn lock_on() -> Vec<Event> {
    let mut events = vec![
        event(0, 0, Kind::GilTake, 1, 0),
        event(0, 0, Kind::ThreadJobBegin, 1, 0),
        event(0, 0, Kind::UnitBegin, 0, 0),
        event(10, 1, Kind::ThreadJobBegin, 2, 0),
        event(10, 1, Kind::GilWait, 1, 0),
    ];
    for turn in 1..12_u64 {
        let (from, to) = if turn % 2 == 1 { (0, 1) } else { (1, 0) };
        let at = turn * 5_000;
        events.push(event(at, to, Kind::GilDropRequest, 1, 0));
        events.push(event(at + 1, from, Kind::GilDrop, 1, 1));
        events.push(event(at + 30, to, Kind::GilTake, 1, 0));
        if turn == 1 {
            events.push(event(at + 31, to, Kind::UnitBegin, 1, 0));
        }
        events.push(event(at + 40, from, Kind::GilSwitched, 1, 0));
        events.push(event(at + 41, from, Kind::GilWait, 1, 0));
    }
    events.push(event(60_000, 1, Kind::UnitEnd, 1, 0));
    events.push(event(60_000, 1, Kind::ThreadJobEnd, 2, 0));
    events.push(event(60_000, 1, Kind::GilDrop, 1, 0));
    events.push(event(60_010, 0, Kind::GilTake, 1, 0));
    events.push(event(62_000, 0, Kind::UnitEnd, 0, 0));
    events.push(event(62_000, 0, Kind::ThreadJobEnd, 1, 0));
    events
}

fn lock_off(track: u32) -> Vec<Event> {
    let mut events = vec![
        event(0, track, Kind::GilFree, 1, 0),
        event(0, track, Kind::ThreadJobBegin, u64::from(track), 0),
    ];
    events.extend(computes(track, 30_000, 10));
    events.push(event(30_000, track, Kind::ThreadJobEnd, u64::from(track), 0));
    events
}

fn native_thread(track: u32, length_us: u64) -> Vec<Event> {
    let job = u64::from(track);
    let begin = u64::from(track) * 20;
    vec![
        event(begin, track, Kind::GilTake, 1, 0),
        event(begin, track, Kind::ThreadJobBegin, job, 0),
        event(begin, track, Kind::UnitBegin, job, 0),
        event(begin + 5, track, Kind::BlockBegin, 4, 0),
        event(begin + 5, track, Kind::GilDrop, 1, 0),
        event(begin + length_us, track, Kind::GilTake, 1, 0),
        event(begin + length_us, track, Kind::BlockEnd, 4, 0),
        event(begin + length_us + 5, track, Kind::UnitEnd, job, 0),
        event(begin + length_us + 5, track, Kind::ThreadJobEnd, job, 0),
        event(begin + length_us + 5, track, Kind::GilDrop, 1, 0),
    ]
}

/// A worker process with ten jobs, and a moment of talking between them.
fn worker(track: u32, length_us: u64) -> Vec<Event> {
    let each = length_us / 10;
    let job = |number: u64| {
        let (from, unit) = (number * each, number + 100 * u64::from(track));
        [
            event(from, track, Kind::WorkerJobBegin, unit, 64),
            event(from, track, Kind::UnitBegin, unit, 0),
            event(from + each - 60, track, Kind::UnitEnd, unit, 0),
            event(from + each - 60, track, Kind::WorkerJobEnd, unit, 16),
            event(from + each - 40, track, Kind::WorkerIdle, 0, 0),
        ]
    };
    (0..10).flat_map(job).collect()
}
