//! What the event loop promises, each promise a test.
//!
//! A task's life is in [`tasks`] and [`panics`]; sockets in [`net`]; the clock in [`time`]; other
//! threads in [`threads`]; groups, joins and races in [`together`]. What a loop says about itself
//! is in [`trace`], and what it does when the process has no descriptors left in [`descriptors`]:
//! those run alone in a process of their own.

#[path = "../support/alone.rs"]
mod alone;
mod descriptors;
mod net;
mod panics;
mod tasks;
mod threads;
mod time;
mod together;
mod trace;
