//! The inbox: how a wake-up from another thread reaches the loop.
//!
//! # The life of one wake-up
//!
//! 1. Thread B calls [`Inbox::push`], and the task's key joins the queue.
//! 2. B looks at `sleeping`. Clear: the loop will come by itself; no system call was made.
//! 3. Set: B clears it and rings. One pusher per sleep gets this far.
//! 4. The loop wakes and takes everything with [`Inbox::drain`].
//!
//! # Invariants
//!
//! - **INBOX-1** The loop raises `sleeping` before its last look at the queue.
//! - **INBOX-2** Whoever lowers `sleeping` owes one ring, or is the loop itself.
//!
//! # Why no wake-up is lost
//!
//! The pusher's and the loop's turns in the queue's lock come in some order. Pusher first: the
//! loop's last look sees the task. Loop first: INBOX-1 put `sleeping` before that turn, so the
//! pusher, whose turn is later, sees it raised and rings, unless another pusher did.
//!
//! # Not here
//!
//! Order between threads, and a bound: a task is in here at most once (see
//! [`waker`](super::waker)), so the inbox is never longer than the list of tasks.
//!
//! Read next: [`run_queue`](super::run_queue).
#![forbid(unsafe_code)]

use super::task::Key;
use crate::sys::prim::{AtomicBool, Mutex, Ordering};
use crate::trace::{self, Kind};

/// Whether the loop may block.
#[must_use = "blocking on Drain sleeps over a task that is already here"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doze {
    Block,
    Drain,
}

/// What ends the loop's sleep.
pub(super) trait Ring {
    fn ring(&self);
}

/// The queue that other threads push to.
pub(super) struct Inbox<B> {
    queue: Mutex<Vec<Key>>,
    sleeping: AtomicBool,
    bell: B,
}

impl<B: Ring> Inbox<B> {
    pub(super) fn new(bell: B) -> Self {
        Self { queue: Mutex::new(Vec::new()), sleeping: AtomicBool::new(false), bell }
    }

    /// Leaves `key` for the loop and wakes the loop if it sleeps.
    pub(super) fn push(&self, key: Key) {
        // STEP: push-under-lock
        self.queue.lock().push(key);
        // STEP: swap-sleeping
        // ORDER: Relaxed. The queue's lock already orders this against `prepare_to_block`.
        if self.sleeping.swap(false, Ordering::Relaxed) {
            trace::emit(Kind::BellRung, key.id.0, 0);
            // INVARIANT: [INBOX-2] we lowered it.
            // STEP: ring
            self.bell.ring();
        } else {
            trace::emit(Kind::BellSaved, key.id.0, 0);
        }
    }

    /// Announces that the loop is about to block, and says whether it still may.
    pub(super) fn prepare_to_block(&self) -> Doze {
        // STEP: raise-sleeping
        // ORDER: Relaxed; see `push`. A store would do. But loom does not know that nothing comes
        // between a swap and what it has read, and would see pushers miss a flag that was stored;
        // beside a system call a swap costs nothing.
        self.sleeping.swap(true, Ordering::Relaxed);
        // INVARIANT: [INBOX-1] this look comes after the line above.
        // STEP: last-look
        if self.queue.lock().is_empty() { Doze::Block } else { Doze::Drain }
    }

    /// Says that the loop is awake, whatever woke it.
    pub(super) fn awake(&self) {
        // STEP: lower-sleeping
        // ORDER: Relaxed. A pusher that reads this lets the loop come by itself, and the loop's
        // next last look comes after its push.
        self.sleeping.swap(false, Ordering::Relaxed);
    }

    /// Moves everything to `into`, which is empty and lends its memory for the next pushes.
    pub(super) fn drain(&self, into: &mut Vec<Key>) {
        // STEP: drain
        std::mem::swap(&mut *self.queue.lock(), into);
    }
}

/// The bell of a real loop is an eventfd in its poller; on virtual time nobody sleeps.
pub(super) enum Bell {
    Eventfd(mio::Waker),
    Silent,
}

impl Ring for Bell {
    fn ring(&self) {
        if let Self::Eventfd(waker) = self {
            waker.wake().expect("an eventfd can be written to as long as it is open");
        }
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::sys::prim::Futex;

    /// An eventfd: it keeps a ring that nobody has heard yet.
    struct Eventfd(Futex);

    impl Ring for Eventfd {
        fn ring(&self) {
            // ORDER: Relaxed; the bell carries no news, the inbox's lock does.
            self.0.word().swap(1, Ordering::Relaxed);
            self.0.wake(1);
        }
    }

    impl Eventfd {
        fn hear(&self) {
            while self.0.word().swap(0, Ordering::Relaxed) == 0 {
                let _ = self.0.wait(0, None);
            }
        }
    }

    /// The loop as the scheduler runs it, until it has received `expected` keys.
    fn receive(inbox: &Inbox<Eventfd>, expected: usize) {
        let (mut received, mut keys) = (0, Vec::new());
        while received < expected {
            if inbox.prepare_to_block() == Doze::Block {
                inbox.bell.hear();
            }
            inbox.awake();
            inbox.drain(&mut keys);
            received += keys.drain(..).count();
        }
    }

    fn check_every_push_arrives(pushers: usize, preemption_bound: usize) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(preemption_bound);
        model.check(move || {
            let inbox = Arc::new(Inbox::new(Eventfd(Futex::new(0))));
            for _ in 0..pushers {
                let inbox = Arc::clone(&inbox);
                thread::spawn(move || inbox.push(Key::for_test(1)));
            }
            receive(&inbox, pushers);
        });
    }

    /// Fails ("deadlock") if `prepare_to_block` looks first and raises the flag after, if the
    /// flag is not raised, or if `push` swaps first and pushes after.
    #[test]
    fn loom_a_push_while_the_loop_falls_asleep_arrives() {
        check_every_push_arrives(1, 3);
    }

    /// Fails ("deadlock") for the same reasons, and if `push` rings only for the first push.
    #[test]
    fn loom_two_pushers_and_a_sleeping_loop_lose_nothing() {
        check_every_push_arrives(2, 2);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Default)]
    struct Count(Cell<u32>);

    impl Ring for Count {
        fn ring(&self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn a_push_to_a_loop_that_is_awake_rings_nobody() {
        let inbox = Inbox::new(Count::default());
        inbox.push(Key::for_test(1));
        assert_eq!(inbox.bell.0.get(), 0);
    }

    /// Fails if `push` loads the flag instead of swapping it.
    #[test]
    fn one_sleep_is_ended_by_one_ring_however_many_push() {
        let inbox = Inbox::new(Count::default());
        assert_eq!(inbox.prepare_to_block(), Doze::Block);
        for id in 1..=100 {
            inbox.push(Key::for_test(id));
        }
        assert_eq!(inbox.bell.0.get(), 1);
        let mut keys = Vec::new();
        inbox.drain(&mut keys);
        assert_eq!(keys, (1..=100).map(Key::for_test).collect::<Vec<_>>());
    }

    #[test]
    fn a_loop_must_not_block_over_a_task_that_is_here() {
        let inbox = Inbox::new(Count::default());
        inbox.push(Key::for_test(1));
        assert_eq!(inbox.prepare_to_block(), Doze::Drain);
        inbox.awake();
        inbox.push(Key::for_test(2));
        assert_eq!(inbox.bell.0.get(), 0);
    }
}
