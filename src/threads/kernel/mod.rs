//! What one must read to understand the runtime: the lock, the token, the pool.

pub mod attach;
pub mod lock;
pub mod pool;
