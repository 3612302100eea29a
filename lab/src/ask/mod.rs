//! What can be asked of the laboratory.

pub mod compare;
pub mod doctor;
pub mod document;
pub mod experiment;
pub mod guide;
pub mod race;
pub mod sweep;
pub mod trace_check;
pub mod view;
