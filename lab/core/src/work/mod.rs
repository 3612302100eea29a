//! The work that is measured: the same in every contender.
//!
//! # The life of one round
//!
//! 1. A contender, an [`arm`], has brought up its threads, loop or processes; that is timed apart.
//! 2. It does its workload's units: sums of [`cpu`], or pages of [`io`] from the [`server`], which
//!    is another process. Each workload × model is one short file.
//! 3. Its answers are checked and digested, after the clock was stopped.
//!
//! Beside the two workloads: [`race`] runs the programs of [`trainyard::vm`]; [`task`] and [`sums`]
//! are what experiments time; [`cost`] is what an event costs.
//!
//! Read next: [`cpu::sync`], then the files beside it.

pub mod arm;
pub mod cost;
pub mod cpu;
pub mod io;
pub mod pages;
pub mod race;
pub mod server;
pub mod sums;
pub mod task;
