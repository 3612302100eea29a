//! `trainyard compare` and `trainyard sweep` as their users run them: the program, its
//! arguments, its outputs, its exit code.
//!
//! Nothing is mocked. Each test starts the real program on settings that are small, and where the
//! moment matters, it is the test's own HTTP server that makes it: it holds an answer back until
//! the test has done what it wants to do in the middle of a round.

mod children;
mod deaths;
mod documents;
mod endings;
mod outputs;
mod python;
mod refusals;
mod servers;
mod sweep;
