//! What nearly every experiment says: `use crate::ask::experiment::kit::prelude::*;`.

pub use super::cell::{Cell, INTERVAL_S, Lock, Probe, Scale};
pub use super::claim::{
    AS_BARE, BARE, ONE_CPU, ONE_PROCESSOR, gains_as_bare, is, most, no_second_processor,
};
pub use super::claim::{special, that};
pub use super::contender::{Contender, Python, by_lock};
pub use super::experiment::Design;
pub use super::figures::{Figures, Results, percentile, to_f64};
pub use super::hogs::Clock;
pub use super::pause::{pause, pause_and_keep};
pub use super::relation::{Check, counting, timing};
pub use super::stopwatch::Stopwatch;
pub use super::together::in_threads;
pub use super::voice::{recorded_elsewhere, say};
pub use super::{echo, hogs, program};
pub use lab_core::terms::error::{LabError, Result};
pub use lab_core::text::numbers::{bytes, count, grouped, percent, ratio, seconds};
pub use lab_core::work::task::Task;
