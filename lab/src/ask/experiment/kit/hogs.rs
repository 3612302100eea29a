//! Threads that compute: as neighbours of somebody who waits, or to see how much they get done.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::prelude::*;
use trainyard::sys::rusage::{Whose, usage};
use trainyard::sys::{clock, limits};
use trainyard::threads::{Attached, Counters, ForcedSwitching, Gil, Mode, ThreadPool, Timed};

/// The lock of `cell`, which keeps time. Threads of a bare cell never attach; whoever else asks gets one
/// that is off.
pub(crate) fn gil(cell: &Cell) -> Gil {
    let gil = Gil::new(mode(cell.lock));
    gil.keep_time(true);
    gil
}

/// The same, as a mode.
pub(crate) fn mode(lock: Lock) -> Mode {
    match lock {
        Lock::Timed { interval_s } => Mode::timed(Duration::from_secs_f64(interval_s)),
        Lock::Unforced { interval_s } => Mode::on(Timed {
            interval: Duration::from_secs_f64(interval_s),
            forced_switching: ForcedSwitching::No,
        }),
        Lock::Ticks { every } => Mode::ticks(every),
        Lock::Off | Lock::Bare | Lock::None => Mode::Off,
    }
}

/// A pool of `workers` threads under `gil`.
pub(crate) fn pool(workers: usize, gil: Gil) -> Result<ThreadPool> {
    let pool = ThreadPool::builder().workers(workers).gil(gil).build();
    pool.map_err(|why| LabError::failed("the pool of threads", why))
}

/// How long `main` may get no turn beside hogs. Whoever asks it has given up by then, after 5 s.
const STARVED_MAX_NS: u64 = 6_000_000_000;

/// Until when the hogs beside `main` compute.
#[derive(Debug)]
pub(crate) struct Beside {
    done: AtomicBool,
    turn_ns: AtomicU64,
}

impl Beside {
    /// `main` has a turn. The hogs end if it gets no other for 6 s: on a machine with nothing else to
    /// do, those of the old lock never let it in again.
    pub(crate) fn turn(&self) {
        // ORDER: Relaxed, here and below; seen late, it costs a call more.
        self.turn_ns.store(clock::now_ns(), Ordering::Relaxed);
    }

    fn compute(&self, at: &mut Attached<'_>, task: Task) {
        while !self.is_over() {
            task.call(at);
        }
    }

    fn is_over(&self) -> bool {
        let starved_ns = clock::now_ns().saturating_sub(self.turn_ns.load(Ordering::Relaxed));
        self.done.load(Ordering::Relaxed) || starved_ns > STARVED_MAX_NS
    }
}

/// Runs `main` in this thread while `count` threads compute beside it, all under `gil`. Fails if they
/// cannot be started.
pub(crate) fn beside<R>(
    gil: &Gil,
    count: usize,
    task: Task,
    main: impl FnOnce(&Beside) -> R,
) -> Result<R> {
    let beside = Beside { done: AtomicBool::new(false), turn_ns: AtomicU64::new(clock::now_ns()) };
    thread::scope(|scope| {
        let _end = Raised(&beside.done);
        for number in 0..count {
            let hog = || gil.attach(|at| beside.compute(at, task));
            named(number).spawn_scoped(scope, hog).map_err(no_thread)?;
        }
        Ok(main(&beside))
    })
}

/// A thread that a recording knows by name.
fn named(number: usize) -> thread::Builder {
    thread::Builder::new().name(format!("hog {number}"))
}

/// Starts one thread of a cell's own.
pub(crate) fn start_in<'scope, R: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: impl FnOnce() -> R + Send + 'scope,
) -> Result<thread::ScopedJoinHandle<'scope, R>> {
    thread::Builder::new().spawn_scoped(scope, work).map_err(no_thread)
}

pub(crate) fn no_thread(why: io::Error) -> LabError {
    LabError::failed("a cell", limits::of_a_thread(why))
}

/// Ends the threads beside `main` also when `main` panics, or the next one cannot be started: the
/// scope waits for them.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed); // ORDER: Relaxed; see `Beside::turn`.
    }
}

/// Lets `threads` threads do a `task` over and over for a time, all under the cell's lock, and
/// says how much they did: the cell's `threads`, `task` and `duration_s`.
pub(crate) fn throughput(cell: &Cell) -> Result<Figures> {
    let (gil, threads, task) = (gil(cell), cell.count("threads"), Task::named(cell.word("task")));
    let run = |_| {
        // From here: who waits for the lock all the time gets nothing done.
        let clock = Clock::start(cell);
        match cell.lock {
            Lock::Bare => clock.repeat(|| task.call_bare()),
            _ => gil.attach(|at| clock.repeat(|| task.call(at))),
        }
    };
    Ok(measured(|| together(threads, named, run))?.and(counted(&[gil])))
}

/// Runs `work` in `count` threads that begin together, each of which is given its number; their
/// answers, in order. Fails if they cannot be started.
///
/// # Panics
///
/// Passes on a panic of a thread.
pub(crate) fn in_threads<R: Send>(
    count: usize,
    work: impl Fn(usize) -> R + Sync,
) -> Result<Vec<R>> {
    together(count, |_| thread::Builder::new(), work)
}

fn together<R: Send>(
    count: usize,
    builder: fn(usize) -> thread::Builder,
    work: impl Fn(usize) -> R + Sync,
) -> Result<Vec<R>> {
    let gate = RwLock::new(());
    let begin = |number| {
        drop(gate.read());
        work(number)
    };
    thread::scope(|scope| {
        let begin = &begin;
        // Opens when all have been started, and also when one could not be: none waits for it.
        let closed = gate.write();
        let start = |one| builder(one).spawn_scoped(scope, move || begin(one)).map_err(no_thread);
        let threads: Result<Vec<_>> = (0..count).map(start).collect();
        drop(closed);
        let join = |one: thread::ScopedJoinHandle<'_, R>| one.join().expect("it does not panic");
        Ok(threads?.into_iter().map(join).collect())
    })
}

/// Runs `work`, which says what each of its threads did, if that is of interest; measures it.
pub(crate) fn measured(work: impl FnOnce() -> Result<Vec<Turns>>) -> Result<Figures> {
    let (used_s, begun) = (processor_time_s()?, Stopwatch::start());
    let turns = work()?;
    let wall_s = begun.seconds();
    let used_s = processor_time_s()? - used_s;
    let busy = Figures::default().with("cpus_busy", used_s / wall_s);
    let counts: Vec<f64> = turns.iter().map(|one| to_f64(one.count)).collect();
    let Some(longest) = turns.iter().map(|one| one.elapsed).max() else { return Ok(busy) };
    // ccbench divides by the longest time, which is the pessimist's choice.
    let rate = counts.iter().sum::<f64>() / longest.as_secs_f64();
    Ok(busy.with("calls_per_s", rate).with("jain", jain(&counts)))
}

/// What `gils` have counted.
pub(crate) fn counted(gils: &[Gil]) -> Figures {
    let sum = |count: fn(&Counters) -> u64| {
        to_f64(gils.iter().map(|gil| count(&gil.counters())).sum::<u64>())
    };
    let held_s = sum(|counters| counters.hold_ns) / 1e9;
    let switches = sum(|counters| counters.forced_switches);
    let drops = switches + sum(|counters| counters.tick_drops);
    Figures::default()
        .with("contended", sum(|counters| counters.contended))
        .with("forced_switches_per_s", if held_s > 0.0 { switches / held_s } else { 0.0 })
        .with("wasted_wakeups", sum(|counters| counters.failed_wakeups) / drops.max(1.0))
}

/// What one thread did, and how long that took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    count: u64,
    elapsed: Duration,
}

/// When a thread began, and how long it goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    begun: Stopwatch,
    duration: Duration,
}

impl Clock {
    /// Begins now, for the cell's `duration_s`.
    pub(crate) fn start(cell: &Cell) -> Self {
        Self { begun: Stopwatch::start(), duration: cell.time("duration_s") }
    }

    /// Calls until the time is over. The last call may end later.
    pub(crate) fn repeat(self, mut call: impl FnMut()) -> Turns {
        let mut count = 0;
        loop {
            let elapsed = self.begun.elapsed();
            if elapsed >= self.duration {
                return Turns { count, elapsed };
            }
            call();
            count += 1;
        }
    }
}

fn processor_time_s() -> Result<f64> {
    let usage = usage(Whose::Process).map_err(|why| LabError::failed("a cell", why))?;
    Ok((usage.user + usage.system).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hogs_end_with_whom_they_are_beside_and_when_it_gets_no_turn() {
        let long_ago = clock::now_ns().saturating_sub(2 * STARVED_MAX_NS);
        let beside = Beside { done: AtomicBool::new(false), turn_ns: AtomicU64::new(long_ago) };
        assert!(beside.is_over(), "it starves");
        beside.turn();
        assert!(!beside.is_over());
        drop(Raised(&beside.done));
        assert!(beside.is_over());
    }
}
