//! What one must read to understand the runtime: the lock, and the token.
//!
//! In this order: [`policy`], the rules; [`thread`], one thread's two words; [`turn`], the word that says who has the lock;
//! [`lock`], how it changes hands; `leave`, how it is given up; [`queue`], how a thread waits for it; [`world`], how its mode changes;
//! [`gil`], the handle with the knobs; [`attach`], the token. What
//! is counted on the way is in [`counters`](super::counters).

pub mod attach;
pub mod gil;
mod leave;
pub mod lock;
#[cfg(all(test, loom))]
mod models;
pub mod policy;
pub mod queue;
pub mod thread;
pub mod turn;
pub mod world;
