//! `trainyard compare` and `trainyard sweep` as their users run them: the program, its
//! arguments, its outputs, its exit code.
//!
//! Nothing is mocked. Each test starts the real program on settings that are small, and where the
//! moment matters, it is the test's own HTTP server that makes it: it holds an answer back until
//! the test has done what it wants to do in the middle of a round.

#![expect(clippy::unwrap_used, reason = "helpers of tests, as in tests")]

#[path = "compare/deaths.rs"]
mod deaths;
#[path = "compare/documents.rs"]
mod documents;
#[path = "compare/endings.rs"]
mod endings;
#[path = "compare/outputs.rs"]
mod outputs;
#[path = "compare/program.rs"]
mod program;
#[path = "compare/python.rs"]
mod python;
#[path = "compare/refusals.rs"]
mod refusals;
#[path = "compare/servers.rs"]
mod servers;
#[path = "compare/sweep.rs"]
mod sweep;
#[path = "compare/web.rs"]
mod web;
