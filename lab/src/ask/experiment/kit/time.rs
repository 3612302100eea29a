//! Time as it is measured, and as it is spent.

use std::thread;
use std::time::Duration;

use trainyard::sys::{Why, blocking, clock};

/// Runs since it was started, by the clock that all figures are measured with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    begun_ns: u64,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { begun_ns: clock::now_ns() }
    }

    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_nanos(clock::now_ns() - self.begun_ns)
    }

    pub(crate) fn seconds(self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

/// A call that takes a while, as to a server or a disk: gives up meanwhile what others may need.
pub(crate) fn pause(time: Duration) {
    blocking(Why::Sleep, || pause_and_keep(time));
}

/// The same as a C library does it that knows of no lock: keeps it.
#[expect(clippy::disallowed_methods, reason = "here is what it looks like without the door")]
pub(crate) fn pause_and_keep(time: Duration) {
    thread::sleep(time);
}
