//! A lock with priorities: a thread back from a call pre-empts one that computes, at once.
//!
//! David Beazley's answer to the convoy that he had found (bpo-7946, 2010); the rules are those of
//! `threads::Priority`. They were not taken into CPython: like every simple rule for such a lock they
//! have a case in which they fail, and this program shows that, too.
//!
//! Run it with `cargo run --release --example policy_priority`.
#![expect(clippy::print_stdout, reason = "it tells a story")]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::sys::Why;
use trainyard::threads::{Attached, Gil, Mode, Priority};

/// CPython's, for both policies.
const INTERVAL: Duration = Duration::from_millis(5);

/// How long the second comparison watches.
const RUN: Duration = Duration::from_millis(400);

fn main() {
    let modes = || {
        let priority = Mode::on(Priority { interval: INTERVAL });
        [("timed, as CPython", Mode::timed(INTERVAL)), ("priority", priority)]
    };
    println!("One thread computes. Another sleeps 2 ms, again and again: how long until it");
    println!("has the lock back?");
    for (name, mode) in modes() {
        let (median, slowest) = back_from_sleep(&Gil::new(mode), 60);
        println!("  {name:<18} half of the time within {median:>7.0?}, at worst {slowest:.0?}");
    }

    println!("\nNow the other thread does tiny reads, and works for 1 ms on what it has read.");
    println!("For how much of the time does the one that computes have the lock?");
    for (name, mode) in modes() {
        let gil = Gil::new(mode);
        gil.keep_time(true);
        println!("  {name:<18} {:>3.0} %", share_beside_tiny_reads(&gil) * 100.0);
    }
    println!(
        "\nWith priorities each read takes the lock away from it: whoever waits often and shortly"
    );
    println!(
        "never counts as one that computes, and starves whoever does. \"Python really needs a"
    );
    println!("scheduler, not a lock\", said Nir Aides in that discussion.");
}

/// Returns how long a thread waits for the lock after a sleep, beside one that computes.
fn back_from_sleep(gil: &Gil, sleeps: usize) -> (Duration, Duration) {
    let is_over = AtomicBool::new(false);
    let mut waits: Vec<Duration> = thread::scope(|scope| {
        scope.spawn(|| gil.attach(|at| compute(at, &is_over)));
        let waits = gil.attach(|at| {
            let one = |_| at.detach(Why::Sleep, nap).elapsed();
            (0..sleeps).map(one).collect()
        });
        is_over.store(true, Ordering::Relaxed);
        waits
    });
    waits.sort();
    (waits[sleeps / 2], waits[sleeps - 1])
}

/// Sleeps, and returns when that was over.
fn nap() -> Instant {
    sleep(Duration::from_millis(2));
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "stands for a call; its caller has the door")]
fn sleep(time: Duration) {
    thread::sleep(time);
}

/// Returns for which share of the time a thread that computes holds the lock, beside one that reads.
fn share_beside_tiny_reads(gil: &Gil) -> f64 {
    let (is_over, began) = (AtomicBool::new(false), Instant::now());
    let hold_ns = thread::scope(|scope| {
        scope.spawn(|| gil.attach(|at| read_and_work(at, &is_over)));
        let computes = thread::Builder::new().name("computes".to_owned());
        let computes = computes.spawn_scoped(scope, || gil.attach(|at| compute(at, &is_over)));
        computes.expect("a thread can be had");
        sleep(RUN);
        let threads = gil.threads();
        is_over.store(true, Ordering::Relaxed);
        let computes = threads.into_iter().find(|thread| thread.name == "computes");
        computes.map_or(0, |thread| thread.counters.hold_ns)
    });
    Duration::from_nanos(hold_ns).as_secs_f64() / began.elapsed().as_secs_f64()
}

/// A loop with a check point in each turn, as an interpreter's.
fn compute(at: &mut Attached<'_>, is_over: &AtomicBool) {
    // ORDER: Relaxed; seen a little later, it ends a little later.
    while !is_over.load(Ordering::Relaxed) {
        for turn in 0..100 {
            black_box(turn);
        }
        at.checkpoint();
    }
}

/// A read that takes 50 µs, and 1 ms of work, over and over.
fn read_and_work(at: &mut Attached<'_>, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        at.detach(Why::Io, || sleep(Duration::from_micros(50)));
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(1) {
            at.checkpoint();
        }
    }
}
