//! The terms in which the laboratory speaks: contenders, parameters, samples, and what they are
//! worth.

pub mod contender;
pub mod duration;
pub mod error;
pub mod host;
pub mod nearest;
pub mod outfile;
pub mod output;
pub mod params;
pub mod python;
pub mod sample;
pub mod stats;

pub use error::{LabError, Result};
