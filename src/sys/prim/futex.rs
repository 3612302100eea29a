//! A word that threads can sleep on.
//!
//! # The life of one sleep
//!
//! 1. A thread reads the word and decides that it has to wait.
//! 2. [`Futex::wait`] gives the kernel the value it saw. The kernel compares it with the word
//!    under its own lock, and puts the thread to sleep only if they are still equal.
//! 3. Another thread changes the word, then calls [`Futex::wake`].
//!
//! # Why no wake-up is lost
//!
//! The comparison of step 2 and the wake of step 3 take the same kernel lock. If the wake comes
//! first, the change came before it, the comparison fails, and the sleeper never sleeps. If the
//! comparison comes first, the wake finds the sleeper in the queue.
//!
//! Under loom the kernel's lock is loom's `Mutex`. Time does not pass in a model: a timed wait ends
//! early when a model thread calls `fire_timeouts`, and so "the timer may fire now" becomes one
//! more step whose every place in the order is explored.
//!
//! See `futex(2)`.
#![cfg_attr(
    not(loom),
    expect(unsafe_code, reason = "the system call takes the address of the word")
)]

use std::time::Duration;

use super::AtomicU32;
#[cfg(any(loom, test))]
use super::Ordering;
#[cfg(not(loom))]
use crate::sys::clock::now_ns;

/// How a wait ended.
#[must_use = "a timed wait that ended early has to look at the word again"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Woken, or not asleep at all because the word had changed, or for no reason.
    Woken,
    /// The time was over.
    TimedOut,
}

/// A 32-bit word to sleep on.
///
/// # Example: one thread waits for another
///
/// ```
/// use trainyard::sys::prim::{Futex, Ordering};
///
/// let done = Futex::new(0);
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         done.word().store(1, Ordering::Release);
///         done.wake(1);
///     });
///     while done.word().load(Ordering::Acquire) == 0 {
///         let _ = done.wait(0, None);
///     }
/// });
/// ```
#[derive(Debug)]
pub struct Futex {
    word: AtomicU32,
    #[cfg(loom)]
    kernel: model::Kernel,
}

impl Futex {
    /// Creates a word.
    #[cfg(not(loom))]
    pub const fn new(value: u32) -> Self {
        Self { word: AtomicU32::new(value) }
    }

    /// Returns the word itself.
    #[inline]
    pub fn word(&self) -> &AtomicU32 {
        &self.word
    }
}

#[cfg(not(loom))]
impl Futex {
    /// Sleeps while the word is `expected`, at most for `timeout`.
    ///
    /// It may also return for no reason: look at the word again.
    pub fn wait(&self, expected: u32, timeout: Option<Duration>) -> Wait {
        // A moment, not a length: a signal interrupts the call, and a wait that began anew after
        // each signal might never end.
        let now = Duration::from_nanos(now_ns());
        let limit = timeout.and_then(|timeout| now.checked_add(timeout)).map(|deadline| {
            // A deadline in 292 billion years is as good as none.
            let tv_sec = i64::try_from(deadline.as_secs()).unwrap_or(i64::MAX);
            libc::timespec { tv_sec, tv_nsec: i64::from(deadline.subsec_nanos()) }
        });
        let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        loop {
            // SAFETY: the word lives as long as `self`, which we borrow; `limit` is null or points
            // to a timespec of this frame; the kernel keeps neither after the call.
            let answer = unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.word.as_ptr(),
                    libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
                    expected,
                    limit,
                    std::ptr::null::<u32>(),
                    libc::FUTEX_BITSET_MATCH_ANY,
                )
            };
            match (answer, std::io::Error::last_os_error().raw_os_error()) {
                (-1, Some(libc::ETIMEDOUT)) => return Wait::TimedOut,
                (-1, Some(libc::EINTR)) => {}
                _ => return Wait::Woken,
            }
        }
    }

    /// Wakes at most `count` threads that sleep on the word.
    pub fn wake(&self, count: u32) {
        // SAFETY: the word lives as long as `self`, which we borrow. Waking has no other effect.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.word.as_ptr(),
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                count.min(i32::MAX.cast_unsigned()),
            );
        }
    }
}

#[cfg(loom)]
impl Futex {
    /// Creates a word of the model.
    pub fn new(value: u32) -> Self {
        Self { word: AtomicU32::new(value), kernel: model::Kernel::new() }
    }

    /// Sleeps while the word is `expected`; a timed wait may be ended by `fire_timeouts`.
    pub fn wait(&self, expected: u32, timeout: Option<Duration>) -> Wait {
        self.kernel.wait(|| self.word.load(Ordering::SeqCst) == expected, timeout.is_some())
    }

    /// Wakes at most `count` threads that sleep on the word.
    pub fn wake(&self, count: u32) {
        self.kernel.wake(count);
    }

    /// Ends every timed wait that is under way.
    pub fn fire_timeouts(&self) {
        self.kernel.fire_timeouts();
    }
}

#[cfg(loom)]
mod model {
    //! What the kernel does, in loom's terms.

    use loom::sync::{Condvar, Mutex};

    use super::Wait;

    #[derive(Debug)]
    pub(super) struct Kernel {
        timeouts: Mutex<u32>,
        queue: Condvar,
    }

    impl Kernel {
        pub(super) fn new() -> Self {
            Self { timeouts: Mutex::new(0), queue: Condvar::new() }
        }

        pub(super) fn wait(&self, unchanged: impl Fn() -> bool, timed: bool) -> Wait {
            let timeouts = self.timeouts.lock().expect("no model thread panics in here");
            let before = *timeouts;
            if !unchanged() {
                return Wait::Woken;
            }
            let timeouts = self.queue.wait(timeouts).expect("no model thread panics in here");
            if timed && *timeouts != before { Wait::TimedOut } else { Wait::Woken }
        }

        pub(super) fn wake(&self, count: u32) {
            let guard = self.timeouts.lock().expect("no model thread panics in here");
            if count == 1 {
                self.queue.notify_one();
            } else {
                self.queue.notify_all();
            }
            drop(guard);
        }

        pub(super) fn fire_timeouts(&self) {
            let mut timeouts = self.timeouts.lock().expect("no model thread panics in here");
            *timeouts += 1;
            self.queue.notify_all();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_a_value_that_has_changed_returns_at_once() {
        assert_eq!(Futex::new(1).wait(0, None), Wait::Woken);
    }

    #[test]
    fn a_wait_that_nobody_ends_times_out() {
        let futex = Futex::new(0);
        // A spurious wake-up is legal, so look until the kernel says that time is over.
        while futex.wait(0, Some(Duration::from_millis(1))) == Wait::Woken {}
        assert_eq!(futex.word().load(Ordering::Relaxed), 0);
    }
}
