//! The comparison: what was found out, the picture of it, and every form in which it is told.

pub mod beside;
pub mod explain;
pub mod forms;
pub mod next;
pub mod picture;
pub mod report;
pub mod run;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
