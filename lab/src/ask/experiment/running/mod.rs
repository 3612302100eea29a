//! Running an experiment: cells in processes, relations checked, and the pages made of what is found.
//!
//! [`command`] does what the command line asks. [`session`] is one run: [`process`] measures each
//! cell, [`others`] is what others took of the machine meanwhile, and each [`look`] at a relation
//! ends as a part of the [`finding`]. [`report`] and [`page`] are the two forms of the end.

pub mod command;
pub mod finding;
pub mod look;
pub mod others;
pub mod page;
pub mod process;
pub mod report;
pub mod session;
