//! `trainyard` as its users run it: the program, its arguments, its outputs, its exit code.
//!
//! A module for each command that measures, and [`views`], [`trace_file`] and [`mutations`] for the
//! files that it writes and reads. What starts processes, or is ended by a signal, goes through
//! [`program`], which finds whatever is left over.

#![expect(clippy::unwrap_used, reason = "helpers of tests, as in tests")]

mod compare;
mod experiment;
mod mutations;
mod program;
mod race;
mod trace_file;
mod views;
mod web;
