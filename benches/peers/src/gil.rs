//! The lock on: does a second thread that computes cost anything?
//!
//! Twice the work, by one thread and by two. Two threads under the lock cannot be faster than one;
//! what the hand-offs cost is what they are slower. A run takes some 40 switch intervals.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use trainyard::threads::{Attached, Gil, Mode};

use crate::runner::{Contender, Goal, Scenario};

/// Some 100 ms, and twice that a run.
const CHECK_POINTS: u32 = 100_000_000;

pub(crate) fn two_cpu_threads() -> Scenario {
    let contender = |name: &str, mode: fn() -> Mode, threads| {
        Contender::new(name, move || twice_the_work(&Gil::new(mode()), threads))
    };
    Scenario {
        name: "gil/two cpu threads".into(),
        question: "twice the work, by one thread and by two",
        columns: &["ns a check point"],
        contenders: vec![
            contender("on, one thread", Mode::default, 1),
            contender("on, two threads", Mode::default, 2),
            contender("off, one thread", || Mode::Off, 1),
            contender("off, two threads", || Mode::Off, 2),
        ],
        // 0.97 of the throughput.
        goals: vec![Goal::at_most("on, two threads", 1.0 / 0.97, "on, one thread")],
    }
}

/// Returns the nanoseconds of wall time for each check point, all threads together.
fn twice_the_work(gil: &Gil, threads: u32) -> Vec<f64> {
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| gil.attach(|at| compute(at, 2 * CHECK_POINTS / threads)));
        }
    });
    vec![began.elapsed().as_secs_f64() * 1e9 / f64::from(2 * CHECK_POINTS)]
}

/// A few instructions of an interpreter between two check points.
pub(crate) fn compute(at: &mut Attached<'_>, check_points: u32) {
    let mut sum = 0_u32;
    for number in 0..check_points {
        sum = black_box(sum.wrapping_mul(31).wrapping_add(number));
        at.checkpoint();
    }
}
