//! What an experiment is made of, and what measures.
//!
//! An experiment is a [`page`] of words in Markdown and, beside it, a
//! [`Design`](experiment::Design) in Rust, which imports [`prelude`] and is written with few words:
//!
//! | to say | one writes | see |
//! | --- | --- | --- |
//! | a setting | `Cell::new`, `plain`, `computing`, `serving`, with `.with(name, value)` | [`cell`] |
//! | what was measured | `Figures::default().with(name, value)` | [`figures`] |
//! | what must hold | `timing` or `counting`, with a claim, and `.wrong(setting)` | [`relation`] |
//! | that it holds | `&that(condition)` | [`claim`] |
//! | a figure of a cell | `{p50_s in a cell}`, on the page | [`quantity`] |
//!
//! What measures, in the cell's process: [`hogs`] are threads that compute, [`echo`] a server that
//! is asked, [`program`] a program that may crash ([`heard`] listens to it), [`time`] the
//! clock.
//!
//! Nothing here knows an experiment by name.

pub(crate) mod cell;
pub(crate) mod claim;
pub(crate) mod contender;
pub(crate) mod echo;
pub(crate) mod experiment;
pub(crate) mod figures;
pub(crate) mod heard;
pub(crate) mod hogs;
pub(crate) mod page;
pub(crate) mod prelude;
pub(crate) mod program;
pub(crate) mod quantity;
pub(crate) mod relation;
pub(crate) mod time;
