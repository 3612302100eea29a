//! A pool of processes, asked by two threads at once.

use std::sync::Arc;

use trainyard::procs::Pool;

use crate::runner::tests;
use crate::{in_threads, turns};

tests![stress_two_threads_share_a_pool_of_processes];

/// Hangs if a job that is queued does not ring the supervisor's bell.
fn stress_two_threads_share_a_pool_of_processes() {
    let pool = Arc::new(Pool::builder().workers(2).build().expect("processes can be had"));
    let shared = Arc::clone(&pool);
    in_threads(2, move |me| {
        let first = me as u64 * turns(200);
        let answers = shared.map(|n: u64| n + 1, first..first + turns(200));
        assert!(answers.map(|n| n.expect("no job fails")).eq(first + 1..=first + turns(200)));
    });
}
