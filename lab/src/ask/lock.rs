//! The options about the lock of the threads: the same wherever there is one, with one set of rules
//! for what goes with what.

use std::num::NonZeroU32;
use std::time::Duration;

use super::options::{distinct, nanoseconds};
use super::values;
use lab_core::terms::params::{GilChoice, Params};
use lab_core::terms::{Pace, Placement, Policy};

/// Whether it is on, by which rules it changes hands, and how long a hold lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Lock {
    /// The global lock of the threads: on, off, both; both if nothing is said
    #[arg(long, value_name = "STATE", value_parser = values::gil)]
    pub(crate) gil: Option<GilChoice>,

    /// Its rules while it is on, with commas, a row each: timed (CPython's since 3.2, and the
    /// default), ticks (CPython's before), fifo (first come, first served), priority (a thread back
    /// from a call before one that computes), no-forced-switching (timed, but who gave the lock up
    /// may take it straight back)
    #[arg(long, value_name = "POLICIES", value_delimiter = ',', value_parser = values::policy)]
    pub(crate) policy: Vec<Policy>,

    /// Where it may be given up, with commas, a row each: every-op (CPython up to 3.9), back-edge
    /// (since 3.10), never. A race has all three by default, all else back-edge: io and cpu have no
    /// other places
    #[arg(long, alias = "checks", value_name = "PLACES", value_delimiter = ',',
          value_parser = values::placement)]
    pub(crate) placement: Vec<Placement>,

    /// Give each thread a lock of its own, as CPython's sub-interpreters have
    #[arg(long = "lock-per-worker")]
    pub(crate) per_worker: bool,

    /// How long a thread waits before it asks for the lock, as in 5ms or 100us; 5ms if nothing is
    /// said
    #[arg(long, value_name = "DURATION", value_parser = values::switch_interval,
          allow_hyphen_values = true)]
    pub(crate) switch_interval: Option<Duration>,

    /// After how many check points ticks gives the lock up; 100 if nothing is said
    #[arg(long, value_name = "N", value_parser = values::check_interval,
          allow_negative_numbers = true)]
    pub(crate) check_interval: Option<NonZeroU32>,
}

impl Lock {
    /// The names of those of these options that were given.
    pub(crate) fn given(&self) -> impl Iterator<Item = &'static str> {
        let gil = self.gil.map(|_| "gil");
        let interval = self.switch_interval.map(|_| "switch-interval");
        gil.into_iter().chain(self.rules_given()).chain(interval)
    }

    /// The same, of those that mean nothing unless threads have a lock that is on.
    pub(crate) fn rules_given(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (!self.policy.is_empty(), "policy"),
            (!self.placement.is_empty(), "placement"),
            (self.per_worker, "lock-per-worker"),
            (self.check_interval.is_some(), "check-interval"),
        ];
        all.into_iter().filter_map(|(is_given, name)| is_given.then_some(name))
    }

    /// Fails with one line if some of them mean nothing.
    pub(crate) fn check(&self, has_threads: bool) -> Result<(), String> {
        let rule = self.rules_given().next();
        let has_ticks = self.policy.contains(&Policy::Ticks);
        match rule {
            Some(name) if self.gil == Some(GilChoice::Off) => Err(format!(
                "--{name} is about a lock that is on, and --gil off says that there is none: \
                 leave one of the two out"
            )),
            Some(name) if !has_threads => Err(format!(
                "--{name} is about the lock of threads, and none take part: add the model threads"
            )),
            _ if self.check_interval.is_some() && !has_ticks => {
                Err("--check-interval counts for --policy ticks alone: add that policy".to_owned())
            }
            _ if self.switch_interval.is_some() && self.policy == [Policy::Ticks] => {
                let says = "--switch-interval is nothing to --policy ticks, which counts check \
                            points: --check-interval";
                Err(says.to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Lays what was given over `params`.
    pub(crate) fn apply_to(&self, params: Params) -> Params {
        Params {
            gil: self.gil.unwrap_or(params.gil),
            policies: distinct(self.policy.clone()).unwrap_or_default(),
            placements: distinct(self.placement.clone()).unwrap_or_default(),
            lock_per_worker: self.per_worker,
            switch_interval_ns: self.switch_interval.map_or(params.switch_interval_ns, nanoseconds),
            check_interval: self.check_interval.unwrap_or(params.check_interval),
            ..params
        }
    }

    /// How long a hold lasts.
    pub(crate) fn pace(&self) -> Pace {
        let usual = Pace::default();
        Pace {
            switch_interval: self.switch_interval.unwrap_or(usual.switch_interval),
            check_interval: self.check_interval.unwrap_or(usual.check_interval),
        }
    }
}
