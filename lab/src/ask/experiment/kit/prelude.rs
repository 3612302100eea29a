//! What nearly every experiment says: `use crate::ask::experiment::kit::prelude::*;`.

pub use super::cell::{Cell, INTERVAL_S, Lock, Probe, Scale};
pub use super::claim::{AsBare, OneProcessor, is, special, that, that_by};
pub use super::contender::{Contender, Python, by_lock};
pub use super::experiment::{Experiment, Group};
pub use super::figures::{Column, Figures, Results, Unit, percentile, to_f64};
pub use super::hogs::Clock;
pub use super::lesson::{Activity, Lesson};
pub use super::pause::{pause, pause_and_keep};
pub use super::quantity::Explanation::{By, Told};
pub use super::relation::{Check, counting, timing};
pub use super::stopwatch::Stopwatch;
pub use super::together::in_threads;
pub use super::voice::{recorded_elsewhere, say};
pub use super::yardstick::{ONE_CPU, gain, gains_as_bare, one_processor, with_two_processors};
pub use super::{echo, hogs, program};
pub use lab_core::terms::error::{LabError, Result};
pub use lab_core::text::numbers::{bytes, count, grouped, percent, ratio, seconds};
pub use lab_core::work::task::Task;
