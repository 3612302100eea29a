//! What an experiment is made of, and what measures.
//!
//! An experiment is a constant of type [`Experiment`](experiment::Experiment), and reads like the
//! page it becomes. It imports [`prelude`], and is written with few words:
//!
//! | to say | one writes | see |
//! | --- | --- | --- |
//! | a setting | `Cell::new`, `plain`, `computing`, `serving`, with `.with(name, value)` | [`cell`] |
//! | what was measured | `Figures::default().with(name, value)` | [`figures`] |
//! | a figure of a cell | `{p50_s in a cell}`, in a text | [`quantity`] |
//! | what must hold | `timing` or `counting`, `.says`, `.claims`, `.wrong` | [`relation`] |
//! | that it holds | `&that(text, condition)`, `&special(cells, function)` | [`claim`] |
//! | what follows | `Told(text)`, `By(function)` | [`quantity`] |
//!
//! What measures, in the cell's process: [`hogs`] are threads that compute, [`echo`] a server that
//! is asked, [`program`] a program that may crash ([`heard`] listens to it), [`stopwatch`] the clock. Two threads without any
//! lock show what the machine can do: [`yardstick`].
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
pub mod lesson;
pub mod pause;
pub mod prelude;
pub mod program;
pub mod quantity;
pub mod relation;
pub mod stopwatch;
pub mod together;
pub mod voice;
pub mod yardstick;
