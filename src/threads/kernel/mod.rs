//! What one must read to understand the runtime: the lock, the token, the pool.
//!
//! In this order: [`policy`], the rules; [`thread`], one thread's two words; [`turn`], the word that says who has the lock;
//! [`lock`], how it changes hands; [`queue`], how a thread waits for it; [`world`], how its mode changes;
//! [`gil`], the handle with the knobs; [`attach`], the token; [`job`], a job of the pool;
//! [`work_queue`], where jobs wait, and workers for them; [`pool`], threads that run jobs. What
//! is counted on the way is in [`counters`](super::counters).

pub mod attach;
pub mod gil;
pub mod job;
pub mod lock;
#[cfg(all(test, loom))]
mod models;
pub mod policy;
pub mod pool;
pub mod queue;
pub mod thread;
pub mod turn;
pub mod work_queue;
pub mod world;
