//! What nearly every file here says: `use crate::ask::experiment::kit::prelude::*;`.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
pub(crate) use std::time::Duration;
pub(crate) use std::{io, thread};

pub(crate) use super::cell::{Cell, INTERVAL_S, Lock, Probe, Scale};
pub(crate) use super::claim::{AS_BARE, BARE, ONE_CPU, ONE_PROCESSOR, that};
pub(crate) use super::claim::{gains_as_bare, is, most, no_second_processor};
pub(crate) use super::contender::{Contender, Python, by_lock};
pub(crate) use super::experiment::{Design, Experiment, Group, designs};
pub(crate) use super::figures::{Column, Figures, LeftOut, Measured, Results};
pub(crate) use super::figures::{jain, percentile, to_f64};
pub(crate) use super::hogs::{Clock, in_threads, start_in};
pub(crate) use super::relation::{Check, Ending, Nature, Of, Outcome, Relation};
pub(crate) use super::relation::{counting, timing};
pub(crate) use super::time::{Stopwatch, pause, pause_and_keep};
pub(crate) use super::{echo, hogs, program};
pub(crate) use lab_core::terms::error::{LabError, Result};
pub(crate) use lab_core::text::numbers::{count, percent, ratio, seconds};
pub(crate) use lab_core::work::task::Task;
pub(crate) use trainyard::sys::{Why, blocking};
pub(crate) use trainyard::threads::{Attached, ThreadPool};
