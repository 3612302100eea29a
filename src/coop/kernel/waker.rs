//! The waker: how a task says that it can go on.
//!
//! # The life of one wake-up
//!
//! 1. Somebody who has news for the task calls `wake`, in whatever thread.
//! 2. The task's `queued` flag is set. It was set already: somebody has called before, the poll
//!    that will see the news is still to come, and nothing more is to be done.
//! 3. It was not: this caller queues the task. On the loop's own thread that is a push to a
//!    `VecDeque`; on another it goes through the [`inbox`](super::inbox).
//! 4. The loop takes the task from the queue, clears the flag, and polls.
//!
//! # Invariants
//!
//! - **WAKE-1** A task is in the queues at most once: whoever sets `queued` pushes, nobody else.
//! - **WAKE-2** `queued` is cleared before the poll, not after: news that comes during the poll
//!   queues the task once more.
//! - **WAKE-3** The flag of a task that has ended stays set, so a late wake does nothing. A waker
//!   keeps the inbox alive, not the loop: it may be called and dropped anywhere, at any time.
//!
//! # Why the last wake-up is seen
//!
//! All changes of `queued` have one order. A wake that finds the flag set comes, in that order,
//! before the clearing of step 4. So the clearing reads what it wrote or something later, and
//! Release and Acquire carry the news over to the poll.
//!
//! Read next: [`inbox`](super::inbox).
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::task::Wake;

use super::current::{Home, queue_if_home};
use super::inbox::{Bell, Inbox};
use super::task::Key;
use crate::sys::prim::{AtomicBool, Ordering};

/// One task, as seen by those who wake it.
pub(super) struct TaskWaker {
    key: Key,
    queued: Queued,
    inbox: Arc<Inbox<Bell>>,
}

impl TaskWaker {
    /// Makes the waker of a task that its creator queues at once.
    pub(super) fn new_queued(key: Key, inbox: Arc<Inbox<Bell>>) -> Self {
        Self { key, queued: Queued::new_set(), inbox }
    }

    pub(super) fn key(&self) -> Key {
        self.key
    }

    pub(super) fn is_queued(&self) -> bool {
        self.queued.is_set()
    }

    /// Step 4: what comes from now on is news for the next poll.
    pub(super) fn begin_poll(&self) {
        // INVARIANT: [WAKE-2]
        // STEP: clear-queued-before-poll
        self.queued.clear();
    }

    /// Makes every later wake do nothing.
    pub(super) fn retire(&self) {
        // INVARIANT: [WAKE-3]
        let _ = self.queued.set();
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // STEP: set-queued
        if self.queued.set() == Push::Nothing {
            return;
        }
        // STEP: push
        if queue_if_home(&self.inbox, self.key) == Home::Elsewhere {
            self.inbox.push(self.key);
        }
    }
}

/// What a wake has to do next.
#[must_use = "a wake that answers Owed and is not pushed loses the task"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Push {
    Owed,
    Nothing,
}

/// Whether the task is in a queue, or on its way into one.
struct Queued(AtomicBool);

impl Queued {
    fn new_set() -> Self {
        Self(AtomicBool::new(true))
    }

    fn set(&self) -> Push {
        // INVARIANT: [WAKE-1] of all that come before one clearing, one finds it clear.
        // ORDER: Release; pairs with the Acquire in `clear`, which must see our news.
        if self.0.swap(true, Ordering::Release) { Push::Nothing } else { Push::Owed }
    }

    fn clear(&self) {
        // A swap, not a store: only by reading the flag do we see what its setters wrote.
        // ORDER: Acquire; pairs with the Release in `set`.
        self.0.swap(false, Ordering::Acquire);
    }

    fn is_set(&self) -> bool {
        // ORDER: Relaxed; a picture for people.
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::sys::prim::{AtomicU32, Mutex};

    struct Model {
        queued: Queued,
        queue: Mutex<u32>,
        news: AtomicU32,
    }

    /// Two wakers with news each; the loop polls as often as it was asked to.
    ///
    /// Fails if `clear` comes after the poll ([WAKE-2]), if `clear` is a Relaxed store or swap, or
    /// if `set` is Relaxed: the last poll then has not seen all news. Fails as well if `set`
    /// loads and stores instead of swapping: the task is in the queue twice (WAKE-1).
    #[test]
    fn loom_the_last_poll_sees_all_news_and_the_task_is_queued_once() {
        loom::model(|| {
            let model = Arc::new(Model {
                queued: Queued(AtomicBool::new(false)),
                queue: Mutex::new(0),
                news: AtomicU32::new(0),
            });
            let wakers: Vec<_> = (0..2)
                .map(|_| {
                    let model = Arc::clone(&model);
                    thread::spawn(move || wake(&model))
                })
                .collect();
            let mut seen = run_queued(&model).unwrap_or(0);
            for waker in wakers {
                waker.join().unwrap();
            }
            // The joins would order everything, so the model compares what the flag promised:
            // after the last wake either a poll is still owed, or one has seen all news.
            while let Some(now) = run_queued(&model) {
                seen = now;
            }
            assert_eq!(seen, 2, "a wake-up was lost");
        });
    }

    fn wake(model: &Model) {
        // ORDER: Relaxed; the flag alone has to carry the news.
        model.news.fetch_add(1, Ordering::Relaxed);
        if model.queued.set() == Push::Owed {
            let mut length = model.queue.lock();
            *length += 1;
            assert_eq!(*length, 1, "the task is in the queue twice");
        }
    }

    /// Takes the task from the queue and polls it: the poll looks at the news.
    fn run_queued(model: &Model) -> Option<u32> {
        {
            let mut length = model.queue.lock();
            *length = length.checked_sub(1)?;
        }
        model.queued.clear();
        Some(model.news.load(Ordering::Relaxed))
    }
}
