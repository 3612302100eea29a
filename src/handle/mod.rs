//! To be written in this issue: `handle`.
