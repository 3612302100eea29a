//! A call that takes a while, as to a server or a disk: with the lock given up around it, or not.

use std::thread;
use std::time::Duration;

use trainyard::sys::{Why, blocking};

/// Sleeps, and gives up meanwhile what others may need.
pub fn pause(time: Duration) {
    blocking(Why::Sleep, || pause_and_keep(time));
}

/// Sleeps and keeps the lock, as a C library does that knows of none.
#[expect(clippy::disallowed_methods, reason = "here is what it looks like without the door")]
pub fn pause_and_keep(time: Duration) {
    thread::sleep(time);
}
