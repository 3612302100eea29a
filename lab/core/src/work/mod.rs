//! The work that is measured: the same in every contender.

pub mod arm;
pub mod cost;
pub mod cpu;
pub mod io;
pub mod pages;
pub mod race;
pub mod server;
pub mod sums;
pub mod task;
