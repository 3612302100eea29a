//! What can be asked of the laboratory: a folder or a file for each question.
//!
//! [`compare`] measures every model side by side, and [`sweep`] does so for many values of a
//! parameter. [`race`] runs one program in every way there is. An `experiment` has a question, a
//! prediction and relations that must hold; the [`guide`] is a tour through twelve of them.
//! [`view`] draws what was recorded, [`trace_check`] judges it, and [`doctor`] examines the machine.
//!
//! Each takes what the command line has understood, and answers with text. Read next: [`compare`].

pub mod compare;
pub mod doctor;
pub mod document;
pub(crate) mod experiment;
pub mod guide;
pub mod race;
pub mod sweep;
pub mod trace_check;
pub mod view;
