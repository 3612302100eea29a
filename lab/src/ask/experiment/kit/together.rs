//! Several threads that do the same, and are waited for.

use std::thread;

/// Runs `work` in `count` threads, each of which is given its number; their answers, in order.
///
/// # Panics
///
/// Passes on a panic of a thread.
pub fn in_threads<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..count).map(|one| scope.spawn(move || work(one))).collect();
        threads.into_iter().map(|one| one.join().expect("a thread does not panic")).collect()
    })
}
