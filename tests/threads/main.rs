//! What threads under the global lock promise, each promise a test: the lock, the policies that say
//! who gets it, the pool on it, and the kit.
#![expect(
    clippy::excessive_nesting,
    reason = "a scope, a thread and an attachment are three closures before anything happens"
)]

#[path = "../support/alone.rs"]
mod alone;
mod executor;
mod kit;
mod lock;
mod maps;
mod policies;
mod pool;
mod support;
mod waits;
