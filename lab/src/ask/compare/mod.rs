//! The comparison: what was found out, the picture of it, and every form in which it is told.

pub mod beside;
pub mod csv;
pub mod explain;
pub mod json;
pub mod markdown;
pub mod next;
pub mod picture;
pub mod report;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
