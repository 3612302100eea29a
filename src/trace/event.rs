//! One event, one schema: what happened, when, where, and two words about it.
//!
//! A kind is emitted at exactly one place of the source. `src/trace/sites.md`, which the tidy
//! test keeps true, leads from each kind to that place; this is how a picture can show the code
//! that drew it.
//!
//! # The stamp rule
//!
//! A *releasing* event (it lets others go on: a lock dropped, a task woken, a job queued) is
//! stamped before the state that others see is changed; an *acquiring* event (it says that
//! something was seen: a lock taken, a task polled) after. So in the order of time causes come
//! before effects, across threads and processes; on a tie releases sort first.
//!
//! # Invariants
//!
//! - **TRACE-1** A kind is emitted at one place, and that place obeys the stamp rule.
//! - **TRACE-2** An event is four words, the same in memory, in a shared ring and in a file.

/// Which side of the stamp rule a kind stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stamp {
    /// Stamped before the state is published.
    Releasing,
    /// Concerns its own thread alone.
    Local,
    /// Stamped after the state was observed.
    Acquiring,
}

macro_rules! kinds {
    ($($(#[doc = $sentence:literal])+ $name:ident = $number:literal, $stamp:ident, $a:literal, $b:literal;)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $sentence])+ $name = $number,)+
        }

        impl Kind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the name as it stands in the source.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Returns the sentence that says what happened.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => concat!($($sentence),+).trim_ascii(),)+ }
            }

            /// Returns what the words `a` and `b` mean; empty where there is nothing.
            pub fn words(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($a, $b),)+ }
            }

            /// Returns the side of the stamp rule.
            pub fn stamp(self) -> Stamp {
                match self { $(Self::$name => Stamp::$stamp,)+ }
            }

            /// Reads the number of a kind; `None` for a number that this version does not know.
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

kinds! {
    /// A thread began a call that may sleep.
    BlockBegin = 1, Local, "why", "depth";
    /// The call that may sleep is over, and the thread runs its program again.
    BlockEnd = 2, Local, "why", "depth";

    /// A job was put into a pool's queue.
    JobQueued = 10, Releasing, "job", "";
    /// A job's answer was given to whoever waits for it.
    JobDone = 11, Releasing, "job", "outcome";

    /// A thread asks all that run under the global lock to stop, so that the mode can change.
    GilStop = 15, Releasing, "lock", "";
    /// The lock gets another mode: 0 off, 1 on, both while nobody runs; 2 other rules, while it is on.
    GilMode = 16, Local, "lock", "mode";
    /// The threads of the lock may run again.
    GilResume = 17, Releasing, "lock", "";
    /// A waiter was woken because the lock was free, and found it taken again.
    GilWakeFailed = 18, Local, "lock", "";
    /// A waiter leaves without the lock: its time is over, or the lock was switched off.
    GilGiveUp = 19, Local, "lock", "";
    /// A thread found the global lock taken and waits for it.
    GilWait = 20, Local, "lock", "";
    /// A waiter has waited as long as the policy says, and asks the holder to drop the lock.
    GilDropRequest = 21, Releasing, "lock", "holder";
    /// A thread took the global lock.
    GilTake = 22, Acquiring, "lock", "previous holder";
    /// The holder dropped the lock: 0 of its own accord, 1 asked, 2 after its ticks, 3 to stop.
    GilDrop = 23, Releasing, "lock", "cause";
    /// The thread that dropped the lock on request has seen another take it.
    GilSwitched = 24, Acquiring, "lock", "";
    /// A thread attached to a lock that is switched off: it runs at once, beside others.
    GilFree = 25, Acquiring, "lock", "";
    /// A thread left a lock that is switched off.
    GilLeave = 26, Releasing, "lock", "";

    /// A thread of a pool took a job and runs it.
    ThreadJobBegin = 30, Acquiring, "job", "";
    /// A thread of a pool is done with its job.
    ThreadJobEnd = 31, Local, "job", "";
    /// A thread of a pool has started.
    ThreadStart = 32, Local, "pool", "";
    /// A thread of a pool ends.
    ThreadEnd = 33, Local, "pool", "";

    /// A task was created and put into the run queue.
    TaskSpawn = 40, Releasing, "task", "parent";
    /// A task was woken and put into the run queue.
    TaskWake = 41, Releasing, "task", "by";
    /// The loop began to poll a task.
    TaskPollBegin = 42, Acquiring, "task", "";
    /// The task came back from a poll: it waits, it is done, or it panicked.
    TaskPollEnd = 43, Local, "task", "outcome";
    /// A task's future was dropped before it was done.
    TaskCancel = 44, Local, "task", "";

    /// The loop has nothing to run and sleeps until an event or the next deadline.
    LoopPark = 50, Local, "timeout ns", "";
    /// The loop woke up.
    LoopUnpark = 51, Local, "events", "";
    /// A wake from another thread rang the loop's bell, a system call.
    BellRung = 52, Releasing, "task", "";
    /// A wake from another thread found the loop awake and saved the system call.
    BellSaved = 53, Acquiring, "task", "";
    /// A task waits for a descriptor to become ready.
    IoWait = 54, Local, "task", "token";
    /// The kernel says that a descriptor is ready.
    IoReady = 55, Acquiring, "token", "";
    /// A task waits for a deadline.
    TimerSet = 56, Local, "task", "deadline ns";
    /// A deadline has passed.
    TimerFire = 57, Acquiring, "task", "deadline ns";

    /// The supervisor started a worker process.
    WorkerSpawn = 60, Releasing, "slot", "pid";
    /// A worker process said hello and may get jobs.
    WorkerReady = 61, Acquiring, "slot", "pid";
    /// A worker process is gone and reaped.
    WorkerExit = 62, Acquiring, "pid", "wait status";
    /// The parent wrote a job to a worker's socket.
    FrameSend = 63, Releasing, "job", "bytes";
    /// The parent read an answer from a worker's socket.
    FrameReceive = 64, Acquiring, "job", "bytes";
    /// A worker process read a job and runs it.
    WorkerJobBegin = 65, Acquiring, "job", "bytes";
    /// A worker process is done with a job and sends the answer.
    WorkerJobEnd = 66, Releasing, "job", "bytes";
    /// A worker process waits for its next job.
    WorkerIdle = 67, Local, "pid", "";

    /// A unit of the laboratory's work began: one request, one sum.
    UnitBegin = 80, Local, "unit", "";
    /// A unit of the laboratory's work is done.
    UnitEnd = 81, Local, "unit", "";
}

/// One thing that happened, in 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Event {
    /// When, in nanoseconds of [`clock::now_ns`](crate::sys::clock::now_ns). While it lies in a ring:
    /// in [`ticks`](crate::sys::ticks::now).
    pub time_ns: u64,
    /// Which ring wrote it: one for each thread, one for each worker process.
    pub track: u32,
    /// What happened.
    pub kind: Kind,
    /// The processor it happened on.
    pub cpu: u16,
    /// The first word; [`Kind::words`] says what it means.
    pub a: u64,
    /// The second word.
    pub b: u64,
}

/// The words that one event takes in a ring.
pub const WORDS: usize = 4;

const _: () = assert!(size_of::<Event>() == WORDS * size_of::<u64>(), "TRACE-2");

impl Event {
    /// Packs the event into four words.
    // INVARIANT: [TRACE-2] rings, sockets and files hold these words and no others.
    pub fn to_words(self) -> [u64; WORDS] {
        let place = u64::from(self.track) << 32 | u64::from(self.kind as u16) << 16;
        [self.time_ns, place | u64::from(self.cpu), self.a, self.b]
    }

    /// Reads four words back; `None` if the kind is unknown.
    #[expect(clippy::cast_possible_truncation, reason = "takes the packed word apart")]
    pub fn from_words([time_ns, place, a, b]: [u64; WORDS]) -> Option<Self> {
        let kind = Kind::from_number((place >> 16) as u16)?;
        Some(Self { time_ns, track: (place >> 32) as u32, kind, cpu: place as u16, a, b })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_its_four_words() {
        for &kind in Kind::ALL {
            let event = Event { time_ns: u64::MAX, track: 0xdead_beef, kind, cpu: 7, a: 1, b: 2 };
            assert_eq!(Event::from_words(event.to_words()), Some(event));
        }
        assert_eq!(Event::from_words([0, 0xffff_0000, 0, 0]), None);
    }

    #[test]
    fn a_kind_has_a_sentence_and_its_own_number() {
        for &kind in Kind::ALL {
            assert!(kind.sentence().ends_with('.'), "{kind:?}");
            assert_eq!(Kind::from_number(kind as u16), Some(kind));
        }
    }
}
