//! The loop's other half: what it does for the outside between two rounds of polls.
//!
//! # The life of one turn
//!
//! 1. Collect what has become ready: tasks that made room for others, wakes from other threads,
//!    deadlines that have passed.
//! 2. Something is ready: look at the sockets without waiting, and go back to polling.
//! 3. Nothing is: sleep until the kernel, another thread or the next deadline has news. Collect
//!    again.
//!
//! # Invariants
//!
//! - **OUTSIDE-1** The loop sleeps only when the run queue is empty and the inbox, after
//!   `sleeping` was raised, is empty too (see [`inbox`](super::inbox)).
//!
//! Read next: [`join`](super::join).
#![forbid(unsafe_code)]

use super::inbox::Doze;
use super::reactor::Patience;
use super::scheduler::Scheduler;
use super::timer::Due;
use super::world::News;
use crate::trace::{self, Kind};

impl Scheduler {
    /// Takes one turn.
    pub(super) fn serve_outside(&self) {
        self.collect();
        if self.run_queue.borrow().is_empty() {
            self.sleep();
            self.collect();
        } else {
            let _: News = self.take_news(Patience::Look);
        }
    }

    /// Queues what has become ready without the kernel's help.
    fn collect(&self) {
        for waker in self.made_room.take() {
            waker.wake();
        }
        let mut keys = Vec::new();
        self.inbox.drain(&mut keys);
        for key in keys {
            // A task may have ended after its wake-up was sent.
            if self.tasks.borrow().contains(key) {
                self.enqueue(key);
            }
        }
        let now_ns = self.world.now_ns();
        while let Due::Now(waker) = self.pop_due(now_ns) {
            waker.wake();
        }
    }

    /// Sleeps until there is news.
    fn sleep(&self) {
        let now_ns = self.world.now_ns();
        let deadline_ns = match self.pop_due(now_ns) {
            Due::Now(waker) => return waker.wake(),
            Due::At(deadline_ns) => Some(deadline_ns),
            Due::Never => None,
        };
        let timeout_ns = deadline_ns.map_or(u64::MAX, |deadline_ns| deadline_ns - now_ns);
        trace::emit(Kind::LoopPark, timeout_ns, 0);
        // INVARIANT: [OUTSIDE-1]
        let news = match self.inbox.prepare_to_block() {
            Doze::Block => self.take_news(Patience::Until(deadline_ns)),
            Doze::Drain => News::Events(0),
        };
        self.inbox.awake();
        match news {
            News::Events(count) => trace::emit(Kind::LoopUnpark, count, 0),
            News::Deadlock { seed } => self.report_deadlock(seed),
        }
    }

    /// Asks the world for news, and calls the wakers.
    fn take_news(&self, patience: Patience) -> News {
        let mut ready = Vec::new();
        let news = self.world.wait(patience, &mut ready);
        // INVARIANT: the reactor is free by now.
        for waker in ready {
            waker.wake();
        }
        news
    }

    fn pop_due(&self, now_ns: u64) -> Due {
        self.timers.borrow_mut().pop_due(now_ns)
    }

    fn report_deadlock(&self, seed: u64) {
        let tasks = self.list();
        let mut text = format!(
            "deadlock on virtual time (seed {seed}): \
             nothing is ready, no deadline is set, and {} tasks wait",
            tasks.len()
        );
        for task in tasks {
            text = format!("{text}\n  {task}");
        }
        panic!("{text}");
    }
}
