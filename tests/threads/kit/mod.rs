//! What the kit promises: locks and their relatives, queues, threads. The numbers of the items are
//! those of CPython's own tests, gathered in the order of `test_threading` and `test_queue`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod barriers;
mod conditions;
mod doors;
mod events;
mod locals;
mod locks;
mod many;
mod page;
mod queues;
mod semaphores;
mod shutdowns;
mod thread;
mod timers;
