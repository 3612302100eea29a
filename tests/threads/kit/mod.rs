//! What the kit promises: locks and their relatives, queues, threads. An item is one of a list of
//! what CPython's own tests ask (`lock_tests`, `test_threading`, `test_queue`).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod barriers;
mod conditions;
mod doors;
mod events;
mod failures;
mod locals;
mod locks;
mod many;
mod no_time;
mod page;
mod queues;
mod semaphores;
mod shutdowns;
mod signals;
mod thread;
mod timers;
