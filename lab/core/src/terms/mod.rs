//! The terms in which the laboratory speaks: contenders, parameters, samples, and what they are
//! worth. The words that everybody uses stand at the floor's root.

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

pub use contender::{Contender, GilChoice, GilState, Model, Workload};
pub use error::{LabError, Result};
pub use host::{Conditions, Host};
pub use params::{CpuKernel, Params, Preset};
pub use python::{Python, PythonGil, Version};
pub use sample::{GilStats, Measured, Outcome, TreeUsage};
pub use stats::{Speedup, Summary, Verdict};
