//! Racing a program of [`trainyard::vm`]: in every way to run it, and by search.
//!
//! Read in this order: [`puzzle`], [`setting`], [`run`], `train`, `waits`; then [`tape`] and
//! [`replay`] for one run instruction by instruction, [`serial`] and [`search`] for what can come out.

pub mod puzzle;
pub mod replay;
pub mod run;
pub mod schedule;
pub mod search;
pub mod serial;
pub mod setting;
pub mod tape;
mod train;
mod waits;

#[cfg(test)]
mod tests;
