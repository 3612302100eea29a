//! Running an experiment: cells in processes, relations checked, and the pages made of what is found.
//!
//! [`command`] does what the command line asks; [`session`] is one run; [`process`] measures one
//! cell, and [`others`] what others took meanwhile; [`report`] and [`page`] are the two forms of the
//! end.

pub mod command;
pub mod others;
pub mod page;
pub mod process;
pub mod report;
pub mod session;
