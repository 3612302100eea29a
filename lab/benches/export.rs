//! How long does it take to turn a million events into a document?
//!
//! Half of them are those of four threads that hand one lock around, half those of a loop with a
//! hundred tasks: every projection has something to do. Each form is written to a file in the
//! temporary folder, from a trace that lies in memory.
//!
//! ```sh
//! cargo bench --bench export
//! ```
//!
//! Misleading if read as the time of `trainyard export`: that reads the trace from a file as well,
//! which is timed here in a row of its own.
#![expect(clippy::print_stdout, reason = "a report")]

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Instant;

use lab_core::look::{csv, html, perfetto, svg};
use trainyard::trace::file::{Facts, Run, Trace};
use trainyard::trace::{Event, Kind, Recording, Track};

type Write = fn(&Trace, &mut dyn io::Write) -> io::Result<()>;

const FORMS: [(&str, Write); 5] = [
    ("perfetto", perfetto::write),
    ("svg", svg::write),
    ("html", html::write),
    ("csv", csv::write),
    ("csv, events", csv::write_events),
];

fn main() -> io::Result<()> {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let events = if is_test { 2_000 } else { 1_000_000 };
    let runs = [threads(events / 2), tasks(events / 2)]
        .map(|recording| Run { about: Facts::default().with("label", "a bench"), recording });
    let trace = Trace::of(Facts::default(), runs.into());
    println!("{events} events, about");
    let folder = std::env::temp_dir().join(format!("trainyard-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("trace");
    trace.write_to(&mut File::create(&file)?)?;
    let begin = Instant::now();
    let read = Trace::read(&file).map_err(io::Error::other)?;
    report("reading the file", begin, &file)?;
    let events = |trace: &Trace| trace.runs.iter().map(|run| run.recording.events.len()).sum();
    let (was_read, was_written): (usize, usize) = (events(&read), events(&trace));
    assert_eq!(was_read, was_written);
    for (name, write) in FORMS {
        let path = folder.join("document");
        let begin = Instant::now();
        write(&trace, &mut File::create(&path)?)?;
        report(name, begin, &path)?;
    }
    std::fs::remove_dir_all(folder)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn report(name: &str, begin: Instant, path: &Path) -> io::Result<()> {
    let seconds = begin.elapsed().as_secs_f64();
    let megabytes = std::fs::metadata(path)?.len() as f64 / 1e6;
    println!("{name:<18} {seconds:6.2} s {megabytes:8.1} MB");
    Ok(())
}

/// Four threads that hand one lock around.
fn threads(events: usize) -> Recording {
    const THREADS: usize = 4;
    let (mut all, mut at_ns) = (Vec::with_capacity(events), 0);
    let mut push = |at_ns: &mut u64, thread: usize, kind, b| {
        *at_ns += 250;
        let (track, cpu) = (track(thread), u16::try_from(thread % 2).expect("0 or 1"));
        all.push(Event { time_ns: *at_ns, track, kind, cpu, a: 7, b });
    };
    for thread in 0..THREADS {
        push(&mut at_ns, thread, Kind::ThreadJobBegin, 0);
        push(&mut at_ns, thread, Kind::GilWait, 0);
    }
    for turn in 0..events / 5 {
        let (thread, next) = (turn % THREADS, (turn + 1) % THREADS);
        push(&mut at_ns, thread, Kind::GilTake, 0);
        push(&mut at_ns, next, Kind::GilDropRequest, 0);
        push(&mut at_ns, thread, Kind::GilDrop, 1);
        push(&mut at_ns, next, Kind::GilWakeFailed, 0);
        push(&mut at_ns, thread, Kind::GilWait, 0);
    }
    recording(all, THREADS)
}

/// A loop with a hundred tasks that wait for their sockets in turn.
fn tasks(events: usize) -> Recording {
    const TASKS: u64 = 100;
    let (mut all, mut at_ns) = (Vec::with_capacity(events), 0);
    let mut push = |kind, a| {
        at_ns += 400;
        all.push(Event { time_ns: at_ns, track: 1, kind, cpu: 0, a, b: 0 });
    };
    for task in 1..=TASKS {
        push(Kind::TaskSpawn, task);
    }
    for turn in 0..events as u64 / 6 {
        let task = turn % TASKS + 1;
        push(Kind::TaskPollBegin, task);
        push(Kind::UnitBegin, turn);
        push(Kind::UnitEnd, turn);
        push(Kind::IoWait, task);
        push(Kind::TaskPollEnd, task);
        push(Kind::TaskWake, task);
    }
    recording(all, 1)
}

fn recording(events: Vec<Event>, threads: usize) -> Recording {
    let end_ns = events.last().map_or(0, |event| event.time_ns);
    let tracks = (0..threads).map(|thread| Track {
        number: track(thread),
        name: format!("thread-{thread}"),
        pid: 100,
        overwritten: 0,
    });
    Recording { begin_ns: 0, end_ns, events, tracks: tracks.collect() }
}

fn track(thread: usize) -> u32 {
    u32::try_from(thread + 1).expect("a few threads")
}
