//! Four threads compute; the lock goes off after one second and on again after two.
//!
//! Watch the number of processors that are busy: one while the lock is on, whatever the machine has;
//! all of them, up to four, while it is off. The threads notice nothing: the same loop, with the same
//! check points.
//!
//! Run it with `cargo run --release --example gil_toggle`.
#![expect(clippy::print_stdout, reason = "it tells a story")]

use std::hint::black_box;
use std::io::{IsTerminal, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::sys::clock::process_cpu;
use trainyard::threads::{Attached, Gil, Mode};

const THREADS: usize = 4;
/// How often the line is drawn, and what it is the mean of.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS_PER_SECOND: u32 = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cores = thread::available_parallelism()?.get();
    println!("{THREADS} threads compute, on {cores} processors.");
    let (gil, is_over) = (Gil::new(Mode::default()), AtomicBool::new(false));
    let means = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| gil.attach(|at| compute(at, &is_over)));
        }
        let means = watch(&gil);
        is_over.store(true, Ordering::Relaxed);
        means
    })?;
    println!(
        "\nbusy on average: lock on {:.1}, off {:.1}, on again {:.1}",
        means[0], means[1], means[2]
    );
    let switches = gil.counters().forced_switches;
    println!("while it was on it changed hands {switches} times on request");
    Ok(())
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

/// Turns the lock, and draws what it does; returns how many processors were busy in each second.
fn watch(gil: &Gil) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let mut means = Vec::new();
    for mode in [Mode::default(), Mode::Off, Mode::default()] {
        let name = if mode.is_on() { "on" } else { "off" };
        gil.set_mode(mode)?;
        let mut sum = 0.0;
        for _ in 0..LOOKS_PER_SECOND {
            let busy = busy_now()?;
            sum += busy;
            draw(name, busy)?;
        }
        means.push(sum / f64::from(LOOKS_PER_SECOND));
    }
    Ok(means)
}

/// Returns processor time over time, of the next 100 ms.
fn busy_now() -> std::io::Result<f64> {
    let (began, used) = (Instant::now(), process_cpu(std::process::id())?);
    #[expect(clippy::disallowed_methods, reason = "this thread has no lock")]
    thread::sleep(LOOK_EVERY);
    let used = process_cpu(std::process::id())?.saturating_sub(used);
    Ok(used.as_secs_f64() / began.elapsed().as_secs_f64())
}

/// One line that moves, on a terminal; elsewhere one line after another.
fn draw(name: &str, busy: f64) -> std::io::Result<()> {
    let bar: String =
        (1..100).take_while(|tenth| f64::from(*tenth) <= busy * 10.0).map(|_| '█').collect();
    let (before, after) = if stdout().is_terminal() { ("\r", "\x1b[K") } else { ("", "\n") };
    print!("{before}lock {name:<3}  busy {busy:>4.1}  {bar}{after}");
    stdout().flush()
}
