//! What can be asked of the laboratory: a folder or a file for each question.
//!
//! [`compare`] measures every model side by side, and [`sweep`] does so for many values of a
//! parameter. [`race`] runs one program in every way there is. An `experiment` has a question, a
//! prediction and relations that must hold; the [`guide`] is a tour through twelve of them.
//! [`timeline`] draws what was recorded, [`export`] turns it into a document, [`trace_check`] judges
//! it, and [`doctor`] examines the machine.
//!
//! Each is a struct of its options, which clap fills in, and answers with text. What several have in
//! common stands in `options` and `lock`, and how a value is read in `values`. Read next: [`compare`].

pub mod compare;
pub mod doctor;
pub mod document;
pub(crate) mod experiment;
pub mod export;
pub mod guide;
pub(crate) mod lock;
pub(crate) mod options;
pub mod race;
pub mod sweep;
pub mod timeline;
pub mod trace_check;
pub(crate) mod values;
