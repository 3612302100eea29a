//! Our mutex, our condition variable and the global lock.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use trainyard::sys::prim::{Condvar, Mutex};
use trainyard::threads::{Attached, Gil, Guarded, Mode, ThreadPool};

use crate::runner::tests;
use crate::unguarded::Unguarded;
use crate::{in_threads, turns};

tests![
    stress_a_mutex_loses_no_count,
    stress_a_token_goes_round_through_a_condition,
    stress_the_global_lock_protects_plain_data_across_forced_switches,
    stress_guarded_data_survive_a_storm_of_modes,
    stress_every_job_of_a_thread_pool_is_answered_once,
];

/// `ThreadSanitizer` reports a race if `try_state` locks without comparing; counts are lost only
/// now and then.
fn stress_a_mutex_loses_no_count() {
    let count = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&count);
    in_threads(4, move |_| (0..turns(50_000)).for_each(|_| *shared.lock() += 1));
    assert_eq!(*count.lock(), 4 * turns(50_000));
}

/// Hangs if `Condvar::notify` wakes nobody. That it also has to count is for the model to show: the
/// moment between looking and sleeping is too short for a test of this kind.
fn stress_a_token_goes_round_through_a_condition() {
    let ring = Arc::new((Mutex::new(0_u64), Condvar::new()));
    let rounds = turns(2_000);
    in_threads(3, move |me| {
        for _ in 0..rounds {
            let mut turn = ring.0.lock();
            while *turn % 3 != me as u64 {
                turn = ring.1.wait(turn);
            }
            *turn += 1;
            drop(turn);
            ring.1.notify_all();
        }
    });
}

/// Panics (GIL-1) and loses counts if `take` does not wait.
fn stress_the_global_lock_protects_plain_data_across_forced_switches() {
    let gil = Gil::new(Mode::timed(Duration::from_micros(50)));
    let count = Arc::new(Unguarded::default());
    let shared = Arc::clone(&count);
    in_threads(4, move |_| {
        gil.attach(|at| {
            for _ in 0..turns(50_000) {
                shared.set(shared.get() + 1);
                at.checkpoint();
            }
        });
    });
    assert_eq!(count.get(), 4 * turns(50_000));
}

/// `ThreadSanitizer` reports a race if the mode changes while somebody runs: with the lock on, `plain`
/// has no other protection; and if `Guarded` takes no lock of its own while it is off.
fn stress_guarded_data_survive_a_storm_of_modes() {
    const INTERVAL: Duration = Duration::from_micros(50);
    let (gil, ticks) = (Gil::new(Mode::timed(INTERVAL)), NonZeroU32::MIN.saturating_add(9));
    let modes = [Mode::Off, Mode::timed(INTERVAL), Mode::Off, Mode::ticks(ticks)];
    let data = Arc::new((Guarded::new(&gil, Unguarded::default()), Unguarded::default()));
    let (of_all, shared) = (gil.clone(), Arc::clone(&data));
    let toggle = move |of_all: &Gil| {
        for (mode, _) in modes.iter().cycle().zip(0..turns(1_000)) {
            of_all.set_mode(mode.clone()).expect("all pass check points");
        }
    };
    let count = move |of_all: &Gil, at: &mut Attached<'_>| {
        let (guarded, plain) = &*shared;
        for _ in 0..turns(20_000) {
            guarded.with(at, |count| count.set(count.get() + 1));
            if of_all.is_on() {
                plain.set(plain.get() + 1);
            }
            at.checkpoint();
        }
    };
    in_threads(4, move |me| match me {
        0 => toggle(&of_all),
        _ => of_all.attach(|at| count(&of_all, at)),
    });
    let count = gil.attach(|at| data.0.with(at, |count| count.get()));
    assert_eq!(count, 3 * turns(20_000));
}

/// Fails if a pool's thread takes a job without the queue's lock.
fn stress_every_job_of_a_thread_pool_is_answered_once() {
    for mode in [Mode::timed(Duration::from_micros(50)), Mode::Off] {
        let pool = ThreadPool::builder().workers(3).gil(Gil::new(mode)).build().expect("threads");
        let answers = pool.map(0..turns(2_000), |at, n| {
            at.checkpoint();
            n
        });
        let answers: Vec<u64> = answers.into_iter().map(|n| n.expect("no job fails")).collect();
        assert!(answers.into_iter().eq(0..turns(2_000)));
    }
}
