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

pub mod cell;
pub mod claim;
pub mod contender;
pub mod echo;
pub mod experiment;
pub mod figures;
pub mod heard;
pub mod hogs;
pub mod page;
pub mod prelude;
pub mod program;
pub mod quantity;
pub mod relation;
pub mod time;
pub mod voice;
