//! The floors of the laboratory that must be fast: what is measured, and what is drawn of it.
//!
//! A package of its own because it is optimised in test builds too, as the runtimes are: what
//! computes takes thirty times as long without. The rest of the laboratory builds faster so.
//!
//! A module imports only from its own floor and those below. Bottom to top:
//!
//! 1. [`terms`]: who takes part, with which parameters, what a round gave, and what it is worth;
//! 2. [`text`]: figures and lines for a terminal, and charts;
//! 3. [`work`]: what contenders do: compute, fetch pages from a server, race a program's trains;
//! 4. [`look`]: what a recording shows: lanes, and the documents that are made of them.
//!
//! The floors above are the package `trainyard-lab`'s.

#![expect(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "nobody else's library: a doc says what names and types do not; see LabError"
)]

pub mod look;
pub mod terms;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod work;
