//! What did each step of the lock's history cure, and what did the cure cost?
//!
//! - `two_cpu_threads`: each of two threads passes ten million check points and is done. Criterion
//!   times the check points; a line under each says how often the lock was given up, how often
//!   it then changed hands, and how much of the work was the second thread's when the first had
//!   ended. Half is fair, nought is starved.
//! - `io_beside_cpu`: how long a thread that comes back from half a millisecond of I/O waits for
//!   the lock, beside one that computes in jobs of ten million check points.
//! - `alone`: a thread takes the lock and leaves it, and nobody else wants it. A line under each says
//!   what that costs in parts of what it cost one step before.
//!
//! What would mislead. Throughput alone puts the mutex first: it does nothing at a check point,
//! and its threads run one after the other. The waits behind ticks are short because these check
//! points are; behind calls that take a millisecond each, a hundred ticks are a tenth of a
//! second. The numbers of switches depend on how fast the kernel wakes a thread on another
//! processor, some 20 µs in a virtual machine: the slower, the more often the releaser wins.

use std::fmt;
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use trainyard::threads::history::{
    CheckPoint, GlobalLock, Thread, forced_switching, mutex, one_word, ticks, timed,
};

/// A fifth of CPython's default, for as many switches in a fifth of the time.
const INTERVAL: Duration = Duration::from_millis(1);
/// CPython's default before 3.2.
const TICKS: u32 = 100;
/// What a thread does before it has done its work: dozens of milliseconds.
const CHECK_POINTS: u64 = 10_000_000;
const IO: Duration = Duration::from_micros(500);

fn locks() -> [(&'static str, Box<dyn GlobalLock>); 5] {
    [
        ("mutex", Box::new(mutex::Lock::new())),
        ("ticks", Box::new(ticks::Lock::new(TICKS))),
        ("timed", Box::new(timed::Lock::new(INTERVAL))),
        ("forced_switching", Box::new(forced_switching::Lock::new(INTERVAL))),
        ("one_word", Box::new(one_word::Lock::new(INTERVAL))),
    ]
}

/// A few nanoseconds: an instruction or two of an interpreter.
fn work(seed: u64) -> u64 {
    (0..8).fold(seed, |sum, _| black_box(sum.wrapping_mul(31)))
}

/// Does a thread's work under `lock`, and returns how often it gave the lock up meanwhile.
fn compute(lock: &dyn GlobalLock, me: Thread, passed: &AtomicU64) -> u64 {
    let mut drops = 0;
    for number in 1..=CHECK_POINTS {
        work(number);
        passed.store(number, Ordering::Relaxed);
        drops += u64::from(lock.checkpoint(me) == CheckPoint::Dropped);
    }
    drops
}

/// What was counted while two threads did their work.
#[derive(Default)]
struct Counts {
    runs: u64,
    drops: AtomicU64,
    switches: u64,
    /// How many check points the second thread had passed when the first one ended, added up.
    second: AtomicU64,
}

impl Counts {
    /// Lets two threads do their work under `lock`; returns how long they took.
    fn run(&mut self, lock: &dyn GlobalLock) -> Duration {
        let (passed, start) = ([AtomicU64::new(0), AtomicU64::new(0)], Barrier::new(3));
        let before = lock.switches();
        let take_and_compute = |index: usize, me| {
            start.wait();
            lock.take(me);
            self.drops.fetch_add(compute(lock, me, &passed[index]), Ordering::Relaxed);
            // Under the lock, so the other one stands still, or is done.
            let other = passed[1 - index].load(Ordering::Relaxed);
            if other < CHECK_POINTS {
                self.second.fetch_add(other, Ordering::Relaxed);
            }
            lock.leave(me);
        };
        let began = thread::scope(|scope| {
            scope.spawn(|| take_and_compute(0, Thread(1)));
            scope.spawn(|| take_and_compute(1, Thread(2)));
            start.wait();
            Instant::now()
        });
        let elapsed = began.elapsed();
        self.runs += 1;
        self.switches += lock.switches() - before;
        elapsed
    }
}

impl fmt::Display for Counts {
    #[expect(clippy::cast_precision_loss, reason = "a report rounds far more than that")]
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.runs as f64;
        let drops = self.drops.load(Ordering::Relaxed) as f64 / runs;
        let switches = self.switches as f64 / runs;
        let second = self.second.load(Ordering::Relaxed) as f64 / runs;
        let share = second / (second + CHECK_POINTS as f64);
        write!(
            formatter,
            "given up at a check point {drops:.0} times a run, another holder {switches:.0} \
             times; share of the second {share:.2}"
        )
    }
}

#[expect(clippy::print_stdout, reason = "a bench reports what it counted")]
fn two_cpu_threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("two_cpu_threads");
    group.throughput(Throughput::Elements(2 * CHECK_POINTS)).sample_size(10);
    for (name, lock) in locks() {
        let mut counts = Counts::default();
        group.bench_function(format!("{name}/2"), |bencher| {
            bencher.iter_custom(|runs| (0..runs).map(|_| counts.run(lock.as_ref())).sum());
        });
        if counts.runs > 0 {
            println!("{name}: {counts}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "stands for I/O; these locks have no door")]
fn io_beside_cpu(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("io_beside_cpu");
    group.sample_size(10);
    for (name, lock) in locks() {
        let is_over = AtomicBool::new(false);
        let compute_in_jobs = || {
            while !is_over.load(Ordering::Relaxed) {
                lock.take(Thread(1));
                compute(lock.as_ref(), Thread(1), &AtomicU64::new(0));
                lock.leave(Thread(1));
                // Until the next job comes; else a mutex would never change hands at all.
                thread::sleep(IO);
            }
        };
        let wait_after_io = || {
            thread::sleep(IO);
            let began = Instant::now();
            lock.take(Thread(2));
            let waited = began.elapsed();
            lock.leave(Thread(2));
            waited
        };
        thread::scope(|scope| {
            scope.spawn(compute_in_jobs);
            group.bench_function(format!("{name}/1"), |bencher| {
                bencher.iter_custom(|times| (0..times).map(|_| wait_after_io()).sum());
            });
            is_over.store(true, Ordering::Relaxed);
        });
    }
}

#[expect(clippy::print_stdout, reason = "a bench reports what it counted")]
#[expect(clippy::cast_precision_loss, reason = "a report rounds far more than that")]
fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("alone");
    let mut step_before = None;
    for (name, lock) in locks() {
        let mut fastest_ns = f64::INFINITY;
        group.bench_function(format!("{name}/1"), |bencher| {
            bencher.iter_custom(|times| {
                let elapsed = take_and_leave(lock.as_ref(), times);
                fastest_ns = fastest_ns.min(elapsed.as_secs_f64() * 1e9 / times as f64);
                elapsed
            });
        });
        if fastest_ns.is_finite()
            && let Some((before, its_ns)) = step_before.replace((name, fastest_ns))
        {
            println!("{name}: {:.2} of {before}", fastest_ns / its_ns);
        }
    }
}

fn take_and_leave(lock: &dyn GlobalLock, times: u64) -> Duration {
    let began = Instant::now();
    for _ in 0..times {
        lock.take(Thread(1));
        lock.leave(Thread(1));
    }
    began.elapsed()
}

criterion_group!(benches, two_cpu_threads, io_beside_cpu, alone);
criterion_main!(benches);
