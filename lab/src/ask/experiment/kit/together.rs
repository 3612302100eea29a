//! Several threads that do the same, and are waited for.

use std::thread;

use trainyard::sys::limits;

/// Only a limit far too low is in the way of these.
pub const SOME: &str = "an experiment takes a handful of threads";

/// Runs `work` in `count` threads, each of which is given its number; their answers, in order.
///
/// # Panics
///
/// Passes on a panic of a thread, and panics if threads are used up.
pub fn in_threads<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let work = &work;
        let start = |one| thread::Builder::new().spawn_scoped(scope, move || work(one));
        let started = |one| start(one).map_err(limits::of_a_thread).expect(SOME);
        let threads: Vec<_> = (0..count).map(started).collect();
        threads.into_iter().map(|one| one.join().expect("a thread does not panic")).collect()
    })
}
