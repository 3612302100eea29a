//! Running an experiment: cells in processes, relations checked, and the pages made of what is found.
//!
//! [`command`] does what the command line asks. [`session`] is one run: [`process`] measures each
//! cell, [`others`] is what others took of the machine meanwhile, and each [`look`] at a relation
//! ends as a part of the [`report`], which is printed as JSON or as a [`page`].

pub(crate) mod command;
pub(crate) mod look;
pub(crate) mod others;
pub(crate) mod page;
pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod session;
