//! What the checker of recordings is worth: real recordings are legal, and one event less is not.
//!
//! Each scenario is recorded, judged, and judged again without each of its events in turn. A kind
//! counts as noticed by its share of events whose loss is found: all of them, but for the kinds in
//! [`PARTLY_SEEN`]; `trainyard::trace::check` says why those cannot be.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use trainyard::coop::net::{TcpListener, TcpStream};
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Attached, Gil, Mode, ThreadPool};
use trainyard::trace::check::{check, check_recording};
use trainyard::trace::{self, Event, Kind, Recording};
use trainyard::{coop, procs};

use crate::runner::tests;

tests![every_recording_is_legal_and_none_is_without_one_of_its_events];

/// How many events of one recording are removed at most, evenly spread.
const SAMPLE: usize = 3000;

fn every_recording_is_legal_and_none_is_without_one_of_its_events() {
    let mut sum = Shares::new();
    for Scenario { name, record, unknown } in SCENARIOS {
        let recording = record();
        match check_recording(&recording) {
            Ok(judged) => println!("{name}: {judged}"),
            Err(illegal) => {
                show(&recording, illegal.index);
                panic!("{name}: {illegal}");
            }
        }
        remove_each(&recording, unknown, &mut sum);
    }
    assert!(report(&sum), "the losses of a kind above are noticed too rarely");
}

struct Scenario {
    name: &'static str,
    record: fn() -> Recording,
    /// Kinds that may be about what there was before the recording, and are not counted.
    unknown: &'static [Kind],
}

const fn scenario(name: &'static str, record: fn() -> Recording) -> Scenario {
    Scenario { name, record, unknown: &[] }
}

const SCENARIOS: [Scenario; 10] = [
    scenario("threads, lock on", || pool(Mode::timed(INTERVAL), 200)),
    scenario("threads, asked to switch", asked),
    scenario("threads, lock off", || pool(Mode::Off, 200)),
    scenario("threads, ticks", || pool(Mode::ticks(NonZeroU32::MIN.saturating_add(49)), 20)),
    scenario("threads, toggled", toggled),
    scenario("threads, long intervals", || pool(Mode::timed(Duration::from_hours(1)), 200)),
    scenario("coop, one client", || recorded(|| coop::run(echo(1)))),
    scenario("coop, ten clients", || recorded(|| coop::run(echo(10)))),
    Scenario {
        name: "coop, in the middle",
        record: in_the_middle,
        unknown: &[Kind::UnitBegin, Kind::UnitEnd, Kind::TimerSet, Kind::TaskWake],
    },
    scenario("procs, one worker killed", workers),
];

const INTERVAL: Duration = Duration::from_micros(200);

fn recorded(run: impl FnOnce()) -> Recording {
    let recorder = trace::arm();
    run();
    recorder.finish()
}

fn pool(mode: Mode, turns: u64) -> Recording {
    recorded(|| {
        let pool = ThreadPool::builder().workers(3).gil(Gil::new(mode)).build().expect("threads");
        let answers = pool.map(0..60_u64, move |at, n| {
            trace::emit(Kind::UnitBegin, n, 0);
            (0..n * turns).for_each(|_| at.checkpoint());
            blocking(Why::Sleep, std::thread::yield_now);
            blocking(Why::Io, || blocking(Why::Lock, std::thread::yield_now));
            trace::emit(Kind::UnitEnd, n, 0);
        });
        assert!(answers.iter().all(Result::is_ok));
    })
}

/// Three threads compute, for longer than an interval.
fn asked() -> Recording {
    recorded(|| {
        let gil = Gil::new(Mode::timed(INTERVAL));
        let pool = ThreadPool::builder().workers(3).gil(gil.clone()).build().expect("threads");
        let compute = move |at: &mut Attached<'_>, _| {
            while gil.counters().forced_switches < 60 {
                (0..1000).for_each(|_| at.checkpoint());
            }
        };
        assert!(pool.map(0..3, compute).iter().all(Result::is_ok));
    })
}

static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Computes, and gives the lock up now and then, until the turning is over.
fn until_over(at: &mut Attached<'_>) {
    while !IS_OVER.load(Ordering::Relaxed) {
        (0..50_000).for_each(|_| at.checkpoint());
        at.detach(Why::Native, || ());
    }
}

fn toggled() -> Recording {
    recorded(|| {
        let gil = Gil::new(Mode::timed(Duration::from_micros(200)));
        let pool = ThreadPool::builder().workers(3).gil(gil.clone()).build().expect("threads");
        let jobs: Vec<_> = (0..3).map(|_| pool.submit(until_over)).collect();
        for turn in 0..20 {
            let mode = if turn % 3 == 0 { Mode::Off } else { Mode::default() };
            gil.set_mode(mode).expect("the jobs have check points");
        }
        IS_OVER.store(true, Ordering::Relaxed);
        for job in jobs {
            job.join().expect("it ends");
        }
    })
}

async fn serve(mut listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        drop(coop::spawn(async move {
            let mut buffer = [0; 16];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                coop::sleep(Duration::from_micros(100)).await;
                stream.write_all(&buffer[..length]).await.expect("the client reads");
            }
        }));
    }
}

async fn ask(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    for unit in 0..10 {
        trace::emit(Kind::UnitBegin, unit, 0);
        stream.write_all(b"hello").await.expect("the server reads");
        assert_eq!(stream.read(&mut [0; 16]).await.expect("the server answers"), 5);
        trace::emit(Kind::UnitEnd, unit, 0);
    }
}

async fn echo(clients: usize) {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = TcpListener::bind(local).expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let server = coop::spawn(serve(listener));
    let clients: Vec<_> = (0..clients).map(|_| coop::spawn(ask(address))).collect();
    coop::join_all(clients).await.into_iter().for_each(|client| client.expect("it ends"));
    server.abort();
}

/// The recording begins while tasks are under way.
fn in_the_middle() -> Recording {
    coop::run(async {
        let before = coop::spawn(echo(10));
        coop::sleep(Duration::from_millis(1)).await;
        let recorder = trace::arm();
        before.await.expect("it ends");
        recorder.finish()
    })
}

fn workers() -> Recording {
    let pool = procs::Pool::builder().workers(2).build().expect("processes");
    recorded(|| {
        let jobs: Vec<_> = (0..60_u64).map(|n| pool.submit(work, n)).collect();
        let died = jobs.into_iter().filter_map(|job| job.join().err()).count();
        assert_eq!(died, 1, "one killed itself");
        // Until the new worker has done something by which its beginning is missed.
        let mut done_by = BTreeSet::new();
        while done_by.len() < 2 {
            done_by.extend(pool.map(pid_of, 60..80_u64).map(|answer| answer.expect("no death")));
        }
    })
}

fn pid_of(n: u64) -> u32 {
    work(n);
    std::process::id()
}

fn work(n: u64) -> u64 {
    if n == 30 {
        std::process::abort();
    }
    blocking(Why::Sleep, std::thread::yield_now);
    n
}

/// By kind: how many were removed, and of how many the loss was noticed.
type Shares = BTreeMap<&'static str, (usize, usize)>;

fn remove_each(recording: &Recording, unknown: &[Kind], shares: &mut Shares) {
    let events = &recording.events;
    let step = events.len().div_ceil(SAMPLE).max(1);
    let is_judged = |&index: &usize| {
        let event = &events[index];
        is_inner(events, index) && !unknown.contains(&event.kind) && event_may_be_seen(event)
    };
    for index in (0..events.len()).step_by(step).filter(is_judged) {
        let mut rest = events.clone();
        let removed = rest.remove(index);
        let is_noticed = check(&rest).is_err();
        if !is_noticed && least_share(removed.kind.name()) == 100 {
            show(recording, index);
        }
        let share = shares.entry(removed.kind.name()).or_default();
        share.0 += 1;
        share.1 += usize::from(is_noticed);
    }
}

/// Other rules for a lock that stays on are seen by nothing else.
fn event_may_be_seen(event: &Event) -> bool {
    event.kind != Kind::GilMode || event.b != 2
}

/// Tells whether an event is neither the first nor the last of its track, nor of what it is about.
fn is_inner(events: &[Event], index: usize) -> bool {
    let event = &events[index];
    let is_beside = |other: &&Event| other.track == event.track;
    let (before, after) = (&events[..index], &events[index + 1..]);
    let goes_on =
        before.iter().any(|other| is_beside(&other)) && after.iter().any(|other| is_beside(&other));
    let same = |other: &Event| topic(other) == topic(event);
    // A worker that died in its job said nothing more of it.
    let next = after.iter().find(|other| is_beside(other)).map(|next| next.kind);
    let dies = event.kind == Kind::WorkerJobBegin && next == Some(Kind::WorkerIdle);
    // What the first of a track got for a number may have been lying about before the recording.
    let needed = if event.kind == Kind::JobQueued { 2 } else { 1 };
    let has_begun = before.iter().filter(|other| same(other)).take(needed).count() == needed;
    goes_on && !dies && has_begun && after.iter().any(same)
}

/// What an event is about.
fn topic(event: &Event) -> (&'static str, u64) {
    let Event { track, kind, a, .. } = *event;
    let track = u64::from(track);
    match kind {
        Kind::BlockBegin | Kind::BlockEnd => ("call", track),
        Kind::LoopPark | Kind::LoopUnpark => ("loop", track),
        // The first or the last of a job or a task, but not of the track that tells of it.
        Kind::JobQueued
        | Kind::JobDone
        | Kind::TaskSpawn
        | Kind::TaskCancel
        | Kind::WorkerSpawn
        | Kind::WorkerExit
        | Kind::WorkerReady => ("track", track),
        Kind::WorkerIdle => ("worker", a),
        Kind::GilSwitched => ("switch", a),
        Kind::ThreadStart | Kind::ThreadEnd => ("thread", track),
        Kind::UnitBegin | Kind::UnitEnd => ("unit", track),
        Kind::IoReady => ("socket", a),
        _ if kind.name().starts_with("Gil") => ("lock", a),
        _ if kind.name().contains("Job") || kind.name().starts_with("Frame") => ("job", a),
        _ => ("task", a),
    }
}

/// The kinds of which some, or all, can be lost without a trace; and the share, in percent, that is
/// noticed at least.
const PARTLY_SEEN: [(Kind, usize); 10] = [
    (Kind::GilWakeFailed, 0),
    (Kind::GilWait, 0),
    (Kind::GilDropRequest, 0),
    (Kind::BellRung, 0),
    (Kind::BellSaved, 0),
    (Kind::IoWait, 0),
    (Kind::IoReady, 0),
    (Kind::TimerFire, 0),
    (Kind::TaskCancel, 0),
    // But for tasks that are dropped before their next poll.
    (Kind::TaskWake, 90),
];

fn least_share(name: &str) -> usize {
    PARTLY_SEEN.iter().find(|(kind, _)| kind.name() == name).map_or(100, |(_, share)| *share)
}

fn report(shares: &Shares) -> bool {
    let mut is_well = true;
    println!("\n{:<18} {:>7} {:>8} {:>6}", "removed", "events", "noticed", "share");
    for (name, (removed, noticed)) in shares {
        let share = noticed * 100 / removed;
        println!("{name:<18} {removed:>7} {noticed:>8} {share:>5}%");
        is_well &= share >= least_share(name);
    }
    is_well
}

fn show(recording: &Recording, index: usize) {
    let from = index.saturating_sub(6);
    let until = (index + 6).min(recording.events.len());
    for (number, event) in recording.events.iter().enumerate().take(until).skip(from) {
        let Event { time_ns, track, kind, a, b, .. } = *event;
        let mark = if number == index { ">" } else { " " };
        println!("{mark} {number} {time_ns} track {track} {} {a} {b}", kind.name());
    }
    println!();
}
