//! Racing a program of [`trainyard::vm`]: in every way that there is, and by search.

pub mod processes;
pub mod puzzle;
pub mod record;
pub mod replay;
pub mod run;
pub mod schedule;
pub mod search;
pub mod serial;
pub mod setting;
pub mod tape;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod waits;
