//! What nearly every experiment says: `use crate::ask::experiment::kit::prelude::*;`.

pub use super::cell::{Cell, INTERVAL_S, Lock};
pub use super::claim::{AS_BARE, BARE, ONE_CPU, ONE_PROCESSOR, that};
pub use super::claim::{gains_as_bare, is, most, no_second_processor};
pub use super::contender::{Contender, Python, by_lock};
pub use super::experiment::Design;
pub use super::figures::{Figures, Results, percentile, to_f64};
pub use super::hogs::{Clock, in_threads};
pub use super::relation::{Check, counting, timing};
pub use super::time::{Stopwatch, pause, pause_and_keep};
pub use super::voice::{recorded_elsewhere, say};
pub use super::{echo, hogs, program};
pub use lab_core::terms::error::{LabError, Result};
pub use lab_core::text::numbers::{bytes, count, grouped, percent, ratio, seconds};
pub use lab_core::work::task::Task;
