//! A thread that waits, and then does one thing: the counterpart of `threading.Timer`.
//!
//! Read next: [`local`](super::local).

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Thread, ThreadBuilder};
use crate::sys::Why;
use crate::threads::kernel::attach::Attached;
use crate::threads::kernel::gil::Gil;
use crate::threads::sync::deadline::Deadline;
use crate::threads::sync::event::Event;

const WAITS: u32 = 0;
const FIRED: u32 = 1;
const CANCELLED: u32 = 2;

/// A closure that a thread runs after some time, unless it is cancelled before.
///
/// Dropping the timer cancels nothing.
///
/// # Example: one timer fires, the other is cancelled
///
/// ```
/// use std::time::Duration;
/// use trainyard::threads::{self, Gil, Mode, Timer};
///
/// threads::run(|| {
///     let gil = Gil::new(Mode::default());
///     let soon = Timer::start(&gil, Duration::from_millis(1), |_| println!("now"))?;
///     let late = Timer::start(&gil, Duration::from_hours(1), |_| unreachable!())?;
///     soon.thread().join();
///     assert!(!soon.cancel());
///     assert!(late.cancel());
///     Ok::<(), std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Timer {
    thread: Thread,
    fate: Arc<Fate>,
}

/// What becomes of a timer: the first to say so decides.
#[derive(Default)]
struct Fate {
    word: AtomicU32,
    is_cancelled: Event,
}

impl Timer {
    /// Starts a thread that waits for `delay`, with the global lock given up, and then runs `program`
    /// attached to `gil`.
    ///
    /// # Errors
    ///
    /// Fails if the system has no thread to give, or the program is over.
    ///
    /// # Panics
    ///
    /// Panics outside [`run`](super::run).
    pub fn start<F>(gil: &Gil, delay: Duration, program: F) -> io::Result<Self>
    where
        F: FnOnce(&mut Attached<'_>) + Send + 'static,
    {
        Self::start_as(Thread::builder(), gil, delay, program)
    }

    /// As [`start`](Self::start), in a thread that `builder` describes: with a name, say, or as a daemon.
    ///
    /// # Errors
    ///
    /// Fails if the system has no thread to give, the program is over, or there is a zero byte in the name.
    ///
    /// # Panics
    ///
    /// Panics outside [`run`](super::run).
    pub fn start_as<F>(
        builder: ThreadBuilder,
        gil: &Gil,
        delay: Duration,
        program: F,
    ) -> io::Result<Self>
    where
        F: FnOnce(&mut Attached<'_>) + Send + 'static,
    {
        let (fate, deadline) = (Arc::<Fate>::default(), Deadline::after(delay));
        let shared = Arc::clone(&fate);
        let wait = move |at: &mut Attached<'_>| {
            let _waited = shared.is_cancelled.wait_until(deadline, Why::Sleep);
            if shared.decide(FIRED) {
                program(at);
            }
        };
        let handle = builder.spawn(gil, wait)?;
        Ok(Self { thread: handle.thread().clone(), fate })
    }

    /// Keeps the timer from firing, and tells whether that worked: it may have fired already.
    pub fn cancel(&self) -> bool {
        let is_in_time = self.fate.decide(CANCELLED);
        self.fate.is_cancelled.set();
        is_in_time
    }

    /// Returns the timer's thread, to be joined or looked at.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl Fate {
    fn decide(&self, fate: u32) -> bool {
        // ORDER: Relaxed; the first wins, and hands nothing over.
        let before = self.word.compare_exchange(WAITS, fate, Ordering::Relaxed, Ordering::Relaxed);
        before.is_ok()
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ORDER: Relaxed; an answer that may be old when it is read.
        let fate = match self.fate.word.load(Ordering::Relaxed) {
            WAITS => "waits",
            FIRED => "fired",
            _ => "cancelled",
        };
        formatter.debug_tuple("Timer").field(&self.thread).field(&fate).finish()
    }
}
