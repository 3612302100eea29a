//! To be written in this issue: `interleave`.
