//! How long something took, in seconds, by the clock that all figures are measured with.

use std::time::Duration;

use trainyard::sys::clock;

/// Runs since it was started.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    begun_ns: u64,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self { begun_ns: clock::now_ns() }
    }

    /// How long it has run.
    pub fn elapsed(self) -> Duration {
        Duration::from_nanos(clock::now_ns() - self.begun_ns)
    }

    /// The same, as a figure.
    pub fn seconds(self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}
