//! Pools of threads: what does a job cost?
//!
//! Two workers, and the thread that submits, on whichever processors they get.
//!
//! - `pool/dispatch` 100 000 empty closures, each in a box of its own, are submitted from outside
//!   the pool, and waited for with a counter. Nobody asks for an answer.
//! - `pool/answers` the same, but each has a handle, and every handle is joined. Only ours and
//!   tokio have handles.
//! - `pool/inside` 100 000 closures that borrow are submitted by a job, inside a scope.
//! - `pool/call, hot` one job is submitted and its answer waited for, over and over.
//! - `pool/call, parked` the same, but the pool has slept for 2 ms before each.
//! - `pool/map` a million items, computed by a multiplication or by about 8 ns of work.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use trainyard::threads::{Attached, Gil, Mode, ThreadPool};

use crate::runner::{Contender, Goal, Scenario};

const WORKERS: usize = 2;
const JOBS: u32 = 100_000;
const CALLS: u32 = 2_000;
const PARKED_CALLS: u32 = 40;
const ITEMS: u32 = 1_000_000;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        dispatch(),
        answers(),
        inside(),
        call("pool/call, hot", CALLS, Duration::ZERO),
        call("pool/call, parked", PARKED_CALLS, Duration::from_millis(2)),
        map("pool/map, light", |n| n.wrapping_mul(0x9e37_79b9)),
        map("pool/map, heavy", heavy),
    ]
}

fn ours(mode: Mode) -> ThreadPool {
    let pool = ThreadPool::builder().workers(WORKERS).gil(Gil::new(mode)).build();
    pool.expect("two threads can be had")
}

fn rayon_pool() -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build();
    pool.expect("two threads can be had")
}

fn tokio_runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.max_blocking_threads(WORKERS).build().expect("a runtime can be had")
}

/// A pool as one makes it of a channel.
struct Channel {
    jobs: Option<crossbeam_channel::Sender<Box<dyn FnOnce() + Send>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Channel {
    fn new() -> Self {
        let (sender, receiver) = crossbeam_channel::unbounded::<Box<dyn FnOnce() + Send>>();
        let work = || {
            let receiver = receiver.clone();
            thread::spawn(move || receiver.iter().for_each(|job| job()))
        };
        Self { jobs: Some(sender), threads: (0..WORKERS).map(|_| work()).collect() }
    }

    fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        let jobs = self.jobs.as_ref().expect("the channel is open until the end");
        jobs.send(Box::new(job)).expect("the workers receive until the channel is closed");
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.jobs.take();
        for thread in self.threads.drain(..) {
            thread.join().expect("no job panics");
        }
    }
}

/// Lets a thread wait until so many jobs are done.
struct Countdown {
    left: AtomicU32,
    waiter: Thread,
}

impl Countdown {
    /// It is never freed: a count of references would cost more than what is measured.
    fn new(jobs: u32) -> &'static Self {
        let (left, waiter) = (AtomicU32::new(jobs), thread::current());
        Box::leak(Box::new(Self { left, waiter }))
    }

    fn count(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waiter.unpark();
        }
    }

    fn wait(&self) {
        while self.left.load(Ordering::Acquire) != 0 {
            thread::park();
        }
    }
}

/// Submits `JOBS` jobs, waits for them, and returns the nanoseconds for each.
fn dispatched(submit: impl Fn(&'static Countdown)) -> Vec<f64> {
    let countdown = Countdown::new(JOBS);
    let start = Instant::now();
    for _ in 0..JOBS {
        submit(countdown);
    }
    countdown.wait();
    ns_each(start, JOBS)
}

fn ns_each(start: Instant, turns: u32) -> Vec<f64> {
    vec![start.elapsed().as_secs_f64() * 1e9 / f64::from(turns)]
}

fn dispatch() -> Scenario {
    let (off, on, channel) = (ours(Mode::Off), ours(Mode::default()), Channel::new());
    let (rayon, tokio) = (rayon_pool(), tokio_runtime());
    Scenario {
        name: "pool/dispatch".into(),
        question: "100 000 empty closures from outside, two workers",
        columns: &["ns a job"],
        contenders: vec![
            Contender::new("trainyard, lock off", move || {
                dispatched(|countdown| off.spawn(move |_| countdown.count()))
            }),
            Contender::new("trainyard, lock on", move || {
                dispatched(|countdown| on.spawn(move |_| countdown.count()))
            }),
            Contender::new("crossbeam-channel", move || {
                dispatched(|countdown| channel.spawn(move || countdown.count()))
            }),
            Contender::new("rayon", move || {
                dispatched(|countdown| rayon.spawn(move || countdown.count()))
            }),
            Contender::new("tokio spawn_blocking", move || {
                dispatched(|countdown| drop(tokio.spawn_blocking(move || countdown.count())))
            }),
        ],
        goals: vec![
            Goal::at_most("trainyard, lock off", 0.60, "crossbeam-channel"),
            Goal::at_most("trainyard, lock on", 0.60, "crossbeam-channel"),
        ],
    }
}

fn answers() -> Scenario {
    let (pool, tokio) = (ours(Mode::Off), tokio_runtime());
    Scenario {
        name: "pool/answers".into(),
        question: "100 000 closures, and the answer of each is waited for",
        columns: &["ns a job"],
        contenders: vec![
            Contender::new("trainyard, lock off", move || {
                let start = Instant::now();
                let handles: Vec<_> = (0..JOBS).map(|n| pool.submit(move |_| n)).collect();
                for handle in handles {
                    black_box(handle.join().expect("the job ran"));
                }
                ns_each(start, JOBS)
            }),
            Contender::new("tokio spawn_blocking", move || {
                let start = Instant::now();
                let handles: Vec<_> = (0..JOBS).map(|n| tokio.spawn_blocking(move || n)).collect();
                tokio.block_on(async {
                    for handle in handles {
                        black_box(handle.await.expect("the job ran"));
                    }
                });
                ns_each(start, JOBS)
            }),
        ],
        goals: vec![Goal::at_most("trainyard, lock off", 0.60, "tokio spawn_blocking")],
    }
}

fn inside() -> Scenario {
    let (pool, rayon) = (ours(Mode::Off), rayon_pool());
    let count = |sum: &AtomicU32| {
        sum.fetch_add(1, Ordering::Relaxed);
    };
    Scenario {
        name: "pool/inside".into(),
        question: "100 000 closures that borrow, submitted by a job in a scope, two workers",
        columns: &["ns a job"],
        contenders: vec![
            Contender::new("trainyard, lock off", move || {
                let (sum, start) = (AtomicU32::new(0), Instant::now());
                pool.scope(|scope| {
                    let submit = || (0..JOBS).for_each(|_| scope.spawn(|_| count(&sum)));
                    scope.spawn(move |_| submit());
                });
                assert_eq!(sum.into_inner(), JOBS);
                ns_each(start, JOBS)
            }),
            Contender::new("rayon scope", move || {
                let (sum, start) = (AtomicU32::new(0), Instant::now());
                rayon.scope(|scope| {
                    for _ in 0..JOBS {
                        scope.spawn(|_| count(&sum));
                    }
                });
                assert_eq!(sum.into_inner(), JOBS);
                ns_each(start, JOBS)
            }),
        ],
        goals: vec![Goal::at_most("trainyard, lock off", 0.60, "rayon scope")],
    }
}

/// Calls `call` so often, after a pause each time, and returns the microseconds of the median call.
fn called(calls: u32, pause: Duration, call: impl Fn(u32) -> u32) -> Vec<f64> {
    let timed = |n| {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let start = Instant::now();
        assert_eq!(call(n), n);
        start.elapsed().as_secs_f64() * 1e6
    };
    let mut sorted: Vec<f64> = (0..calls).map(timed).collect();
    sorted.sort_by(f64::total_cmp);
    vec![sorted[sorted.len() / 2]]
}

fn call(name: &str, calls: u32, pause: Duration) -> Scenario {
    let (pool, channel, tokio) = (ours(Mode::Off), Channel::new(), tokio_runtime());
    let peer = if pause.is_zero() { "crossbeam-channel" } else { "tokio spawn_blocking" };
    let times = if pause.is_zero() { 0.75 } else { 0.90 };
    Scenario {
        name: name.into(),
        question: "one job is submitted, and its answer waited for",
        columns: &["us"],
        contenders: vec![
            Contender::new("trainyard, lock off", move || {
                called(calls, pause, |n| pool.submit(move |_| n).join().expect("the job ran"))
            }),
            Contender::new("crossbeam-channel", move || {
                called(calls, pause, |n| {
                    let (sender, receiver) = crossbeam_channel::bounded(1);
                    channel.spawn(move || sender.send(n).expect("the caller waits"));
                    receiver.recv().expect("the job answers")
                })
            }),
            Contender::new("tokio spawn_blocking", move || {
                called(calls, pause, |n| {
                    let handle = tokio.spawn_blocking(move || n);
                    tokio.block_on(handle).expect("the job ran")
                })
            }),
        ],
        goals: vec![Goal::at_most("trainyard, lock off", times, peer)],
    }
}

/// About 8 ns of work that no compiler shortens.
fn heavy(n: u64) -> u64 {
    (0..8).fold(n, |value, _| (value ^ (value >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9))
}

fn map(name: &str, compute: fn(u64) -> u64) -> Scenario {
    use rayon::prelude::*;

    let (pool, rayon) = (ours(Mode::Off), rayon_pool());
    let items = Arc::new((0..u64::from(ITEMS)).collect::<Vec<u64>>());
    let (inputs, theirs, alone) = (Arc::clone(&items), Arc::clone(&items), items);
    let ns_an_item = |start: Instant| ns_each(start, ITEMS);
    Scenario {
        name: name.into(),
        question: "a million items, two workers",
        columns: &["ns an item"],
        contenders: vec![
            Contender::new("trainyard map_slice, lock off", move || {
                let start = Instant::now();
                black_box(pool.map_slice(&inputs, |_: &mut Attached<'_>, &n| compute(n)));
                ns_an_item(start)
            }),
            Contender::new("rayon", move || {
                let start = Instant::now();
                let answers: Vec<u64> =
                    rayon.install(|| theirs.par_iter().map(|&n| compute(n)).collect());
                black_box(answers);
                ns_an_item(start)
            }),
            Contender::new("one thread", move || {
                let start = Instant::now();
                black_box(alone.iter().map(|&n| compute(n)).collect::<Vec<u64>>());
                ns_an_item(start)
            }),
        ],
        goals: vec![Goal::at_most("trainyard map_slice, lock off", 1.00, "rayon")],
    }
}
