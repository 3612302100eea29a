//! A story of threads under one lock: they take turns, on any processor, and let others in when
//! they wait.
//!
//! Run it with `cargo run --release --example threads_story`.
#![expect(clippy::print_stdout, reason = "it tells a story")]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::handle::JobError;
use trainyard::sys::Why;
use trainyard::threads::{Attached, Gil, Mode, SimpleQueue, ThreadPool};
use trainyard::trace::{self, Kind, check::check};

/// As long as eight of the lock's switch intervals.
const WORK: Duration = Duration::from_millis(40);
const NAP: Duration = Duration::from_millis(10);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    computing()?;
    waiting()?;
    letter();
    queue()?;
    Ok(())
}

/// Two threads compute. Under the lock that takes as long as one after another.
fn computing() -> Result<(), Box<dyn std::error::Error>> {
    let turns = turns_in(WORK);
    println!("Two threads compute, {turns} turns of a loop each. One takes {WORK:?} alone.");
    for (name, mode) in [("on", Mode::default()), ("off", Mode::Off)] {
        let pool = ThreadPool::builder().workers(2).gil(Gil::new(mode)).build()?;
        let recorder = trace::arm();
        let begin = Instant::now();
        let done = pool.map([turns; 2], spin);
        let took = begin.elapsed();
        done.into_iter().collect::<Result<Vec<()>, JobError>>()?;
        let recording = recorder.finish();
        println!("  lock {name:<3}  both are done after {took:.0?}");
        if name == "off" {
            continue;
        }
        check(&recording.events).map_err(|illegal| format!("two held the lock: {illegal}"))?;
        let taken = recording.events.iter().filter(|event| event.kind == Kind::GilTake);
        let cpus: BTreeSet<u16> = taken.map(|event| event.cpu).collect();
        let counters = pool.gil().counters();
        println!(
            "            {} times a waiter asked after 5 ms, {} times the holder gave way;\n\
             \x20           it was held on processors {cpus:?}, never by two threads at once",
            counters.drop_requests, counters.forced_switches
        );
    }
    Ok(())
}

/// A loop with a check point in each turn, as an interpreter's.
fn spin(at: &mut Attached<'_>, turns: u64) {
    for turn in 0..turns {
        black_box(turn);
        at.checkpoint();
    }
}

/// How many turns one thread alone does in that time.
fn turns_in(time: Duration) -> u64 {
    const AT_ONCE: u64 = 10_000;
    let (begin, mut turns) = (Instant::now(), 0);
    Gil::new(Mode::Off).attach(|at| {
        while begin.elapsed() < time {
            spin(at, AT_ONCE);
            turns += AT_ONCE;
        }
    });
    turns
}

/// Eight threads wait. The lock is given up meanwhile, so all wait at the same time.
fn waiting() -> Result<(), Box<dyn std::error::Error>> {
    let pool = ThreadPool::builder().workers(8).build()?;
    let begin = Instant::now();
    let naps = pool.map([NAP; 8], |at, nap| at.detach(Why::Sleep, || sleep(nap)));
    let took = begin.elapsed();
    naps.into_iter().collect::<Result<Vec<()>, JobError>>()?;
    println!("\nEight threads under the lock sleep for {NAP:?} each: all are up after {took:.0?}.");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "stands for a slow call; its caller has the door")]
fn sleep(nap: Duration) {
    thread::sleep(nap);
}

/// A holder waits for what another thread can do only with the lock.
fn letter() {
    // Nobody asks for this lock within an hour: it changes hands because its holder waits.
    let gil = Gil::new(Mode::timed(Duration::from_hours(1)));
    let letters = SimpleQueue::new();
    let letter = thread::scope(|scope| {
        gil.attach(|_| {
            scope.spawn(|| gil.attach(|_| letters.put("I have the lock now")));
            letters.get()
        })
    });
    println!("\nA holds the lock and waits for a letter that B writes under the lock. It arrives:");
    println!("  \"{letter}\". Every call that may sleep gives the lock up.");
}

/// Shared without a lock of its own: a queue that is safe to share.
fn queue() -> Result<(), Box<dyn std::error::Error>> {
    let pool = ThreadPool::builder().workers(2).gil(Gil::new(Mode::Off)).build()?;
    let sold: Arc<Vec<AtomicU32>> = Arc::new((0..1_000).map(|_| AtomicU32::new(0)).collect());
    let sales = pool.map(0..sold.len(), {
        let sold = Arc::clone(&sold);
        move |at, ticket| {
            spin(at, 1_000);
            // ORDER: Relaxed; a plain counter, read when all jobs are joined.
            sold[ticket].fetch_add(1, Ordering::Relaxed);
            thread::current().name().unwrap_or("nobody").to_owned()
        }
    });
    let mut sellers: BTreeMap<String, u32> = BTreeMap::new();
    for seller in sales {
        *sellers.entry(seller?).or_default() += 1;
    }
    let twice = sold.iter().filter(|sold| sold.load(Ordering::Relaxed) != 1).count();
    println!("\nTwo threads, lock off, sell 1000 tickets out of one queue: {sellers:?}.");
    println!("  Tickets that were sold twice or never: {twice}.");
    Ok(())
}
