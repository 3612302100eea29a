//! What threads under the global lock promise, each promise a test: the lock, the pool on it, and
//! the policies that say who gets it.
#![expect(
    clippy::excessive_nesting,
    reason = "a scope, a thread and an attachment are three closures before anything happens"
)]

#[path = "../support/alone.rs"]
mod alone;
mod lock;
mod policies;
mod pool;
mod support;
