//! Programs, watched from outside: what the examples print, and what a runtime leaves behind.
//!
//! [`leaves_nothing`] runs each of its tests in a process of its own and counts before and after;
//! [`audit`] puts the counting itself to the test.

mod audit;
mod census;
mod examples;
mod leaves_nothing;
