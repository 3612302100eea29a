//! To be written in this issue: `lab`.
