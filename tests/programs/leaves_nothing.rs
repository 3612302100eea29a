//! What a runtime made and used and dropped leaves behind: nothing.
//!
//! Descriptors, threads, children, zombies and `/dev/shm` are counted in a fresh process before and
//! after; see [`census`]. Process pools count the same way in `tests/procs`.

use std::time::Duration;

use trainyard::coop;
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Gil, Mode, ThreadPool};

use crate::census;

/// Enough that a leak of one descriptor or thread each time cannot hide.
const TIMES: usize = 50;

/// Fails if `ThreadPool::drop` does not join.
#[test]
fn thread_pools_leave_nothing_behind() {
    census::alone("leaves_nothing::thread_pools_leave_nothing_behind", || {
        for mode in [Mode::default(), Mode::Off] {
            for _ in 0..TIMES {
                let gil = Gil::new(mode.clone());
                let pool = ThreadPool::builder().workers(3).gil(gil).build().unwrap();
                drop(pool.submit(|_| blocking(Why::Sleep, std::thread::yield_now)));
            }
        }
    });
}

/// Fails if the poller, its eventfd or its timerfd outlive the runtime.
#[test]
fn event_loops_leave_nothing_behind() {
    census::alone("leaves_nothing::event_loops_leave_nothing_behind", || {
        for _ in 0..TIMES {
            let mut runtime = coop::Runtime::new().unwrap();
            drop(runtime.spawn(std::future::pending::<()>()));
            runtime.block_on(async { coop::sleep(Duration::from_micros(10)).await });
        }
    });
}
