//! Locks: what does one cost alone, and when two threads want it all the time?
//!
//! `lock/uncontended`: one thread locks, adds one, unlocks. `Gil::attach` stands there for what it
//! is: two compare-exchanges, and an attachment that is found in a thread-local and counted.
//!
//! `lock/contended`: two threads, each on a processor of its own, do the same for 50 ms. A lock
//! can be fast by letting one thread have it all the time; so the smaller thread's share of the
//! turns is measured too.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::sys::{affinity, prim};
use trainyard::threads::{Gil, Mode};

use crate::runner::{Contender, Goal, Must, Scenario};

/// About 10 ms.
const TURNS: u32 = 2_000_000;
const WINDOW: Duration = Duration::from_millis(50);

/// What every mutex can do.
trait Lock: Sync {
    fn new() -> Self;
    fn add(&self);
}

impl Lock for prim::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    fn add(&self) {
        *self.lock() += 1;
    }
}

impl Lock for std::sync::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    fn add(&self) {
        *self.lock().expect("nobody panics under it") += 1;
    }
}

impl Lock for parking_lot::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    fn add(&self) {
        *self.lock() += 1;
    }
}

pub(crate) fn uncontended() -> Scenario {
    let gil = Gil::new(Mode::default());
    Scenario {
        name: "lock/uncontended".into(),
        question: "one thread locks, adds, unlocks",
        columns: &["ns a turn"],
        contenders: vec![
            Contender::new("trainyard", one_thread::<prim::Mutex<u64>>),
            Contender::new("std", one_thread::<std::sync::Mutex<u64>>),
            Contender::new("parking_lot", one_thread::<parking_lot::Mutex<u64>>),
            Contender::new("trainyard Gil::attach", move || {
                turns(TURNS / 20, || gil.attach(|_| black_box(())))
            }),
        ],
        goals: vec![Goal::at_most("trainyard", 1.0, "std")],
    }
}

fn one_thread<L: Lock>() -> Vec<f64> {
    let lock = L::new();
    turns(TURNS, || lock.add())
}

/// Returns the nanoseconds that one turn takes.
fn turns(count: u32, turn: impl Fn()) -> Vec<f64> {
    let began = Instant::now();
    for _ in 0..count {
        turn();
    }
    vec![began.elapsed().as_secs_f64() * 1e9 / f64::from(count)]
}

pub(crate) fn contended() -> Scenario {
    let share = Goal { who: "trainyard".into(), column: 1, must: Must::AtLeast(0.4) };
    Scenario {
        name: "lock/contended".into(),
        question: "two threads on two processors do nothing else",
        columns: &["ns a turn", "smaller share"],
        contenders: vec![
            Contender::new("trainyard", two_threads::<prim::Mutex<u64>>),
            Contender::new("std", two_threads::<std::sync::Mutex<u64>>),
            Contender::new("parking_lot", two_threads::<parking_lot::Mutex<u64>>),
        ],
        goals: vec![Goal::at_most("trainyard", 1.05, "parking_lot"), share],
    }
}

#[expect(clippy::cast_precision_loss, reason = "some million turns")]
fn two_threads<L: Lock>() -> Vec<f64> {
    let (lock, is_over, start) = (L::new(), AtomicBool::new(false), Barrier::new(3));
    let take_turns = |cpu: usize| {
        pin(cpu);
        start.wait();
        let mut turns = 0_u64;
        while !is_over.load(Ordering::Relaxed) {
            lock.add();
            turns += 1;
        }
        turns
    };
    thread::scope(|scope| {
        let threads = [0, 1].map(|cpu| scope.spawn(move || take_turns(cpu)));
        start.wait();
        let began = Instant::now();
        thread::sleep(WINDOW);
        is_over.store(true, Ordering::Relaxed);
        let elapsed = began.elapsed();
        let turns = threads.map(|thread| thread.join().expect("it only adds") as f64);
        let all = turns[0] + turns[1];
        vec![elapsed.as_secs_f64() * 1e9 / all, turns[0].min(turns[1]) / all]
    })
}

/// Keeps the calling thread on one of the processors that the process may use.
pub(crate) fn pin(index: usize) {
    let allowed = affinity::allowed_cpus().expect("the kernel tells");
    affinity::restrict_to(&[allowed[index % allowed.len()]]).expect("it is allowed");
}
