//! What one has to read to understand the loop. Everything else in `coop` is built on it.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`task`] | where a future lives between two polls |
//! | [`waker`] | how a task says that it can go on |
//! | [`inbox`] | how that reaches the loop from another thread |
//! | [`run_queue`] | whose turn it is |
//! | [`timer`], [`sleep`] | who waits for which moment |
//! | [`reactor`], [`source`] | who waits for which socket |
//! | [`world`] | time and the kernel's news, real or virtual |
//! | [`scheduler`], [`outside`], [`current`] | the loop itself, and how tasks find it |
//! | [`join`] | how a task's output reaches whoever waits for it |
//! | [`settings`] | what a loop is told when it is built |
//!
//! Read next: [`task`].

pub(in crate::coop) mod current;
mod inbox;
pub(in crate::coop) mod join;
mod outside;
pub(in crate::coop) mod reactor;
mod run_queue;
pub(in crate::coop) mod scheduler;
pub(in crate::coop) mod settings;
pub(in crate::coop) mod sleep;
pub(in crate::coop) mod source;
pub(in crate::coop) mod task;
mod timer;
mod waker;
mod world;
