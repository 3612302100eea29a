//! A lock that is handed over in the order of arrival, and what that costs.
//!
//! The rules are those of `threads::Fifo`: nobody takes the lock while others wait, and it is kept for
//! the first in the queue until that thread has woken up.
//!
//! Run it with `cargo run --release --example policy_fifo`.
#![expect(clippy::print_stdout, reason = "it tells a story")]

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use trainyard::threads::{Fifo, Gil, Guarded, Mode};

/// How often each of the threads takes the lock.
const TIMES: usize = 2_000;
const NAMES: [char; 3] = ['a', 'b', 'c'];

fn main() {
    let interval = Duration::from_millis(5);
    println!("Three threads take the lock {TIMES} times each, for some microseconds each time.");
    let modes = [
        ("timed, as CPython", Mode::timed(interval)),
        ("in order of arrival", Mode::on(Fifo { interval })),
    ];
    for (name, mode) in modes {
        let gil = Gil::new(mode);
        gil.keep_time(true);
        let run = run(&gil);
        println!("\n{name}");
        println!("  who had it, where it changed hands most: {}", run.order);
        println!(
            "  {:>5.1} µs from one holder to the next; {:.0} % of the time nobody held it",
            run.each.as_secs_f64() * 1e6,
            run.idle * 100.0
        );
        println!("  {} times a thread came and had to sleep", run.contended);
    }
    println!("\nNobody is overtaken, and each hand-over waits for a thread to wake up.");
}

/// What happened in one run.
struct Run {
    order: String,
    each: Duration,
    /// The share of the time in which nobody held the lock.
    idle: f64,
    contended: u64,
}

fn run(gil: &Gil) -> Run {
    let (takers, all) = (Guarded::new(gil, Vec::new()), Barrier::new(NAMES.len()));
    let began = Instant::now();
    thread::scope(|scope| {
        for name in NAMES {
            let (takers, all) = (&takers, &all);
            scope.spawn(move || {
                all.wait();
                (0..TIMES).for_each(|_| take_once(gil, takers, name));
            });
        }
    });
    let (took, counters) = (began.elapsed(), gil.counters());
    let takers = takers.into_inner();
    // Elsewhere one thread may have been alone: Linux lets them run when it likes.
    let changes = |part: &&[char]| part.windows(2).filter(|two| two[0] != two[1]).count();
    let crowded = takers.windows(48).max_by_key(changes);
    Run {
        order: crowded.map_or_else(String::new, |crowded| crowded.iter().collect()),
        each: took / u32::try_from(takers.len()).unwrap_or(u32::MAX),
        idle: 1.0 - Duration::from_nanos(counters.hold_ns).as_secs_f64() / took.as_secs_f64(),
        contended: counters.contended,
    }
}

/// Has the lock for some microseconds.
fn take_once(gil: &Gil, takers: &Guarded<Vec<char>>, name: char) {
    gil.attach(|at| {
        for turn in 0..5_000 {
            black_box(turn);
        }
        takers.with(at, |takers| takers.push(name));
    });
}
