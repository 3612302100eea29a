//! The laboratory: the same work through all three runtimes, measured and shown.
//!
//! The lower floors are the package `trainyard-lab-core`'s, which is built optimised. Above them,
//! bottom to top:
//!
//! 1. [`measure`]: contenders in processes of their own, rounds, recordings;
//! 2. [`ask`]: what can be asked: a comparison, a sweep, a race, an experiment, the tour;
//! 3. [`command`]: the command line, and the book that is made of the experiments.

#![expect(
    missing_docs,
    clippy::missing_errors_doc,
    reason = "nobody else's library: a doc says what names and types do not; see LabError"
)]

pub mod ask;
pub mod command;
pub mod measure;
