//! To be written in this issue: `sys`.

pub mod socket;
