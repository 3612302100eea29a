//! One setting of an experiment: which lock, and what else is set.
//!
//! A cell crosses to the process that measures it as JSON, the same for our program and for a
//! Python script. Its label is its name in tables, in relations and in the document.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `CPython`'s default switch interval.
pub(crate) const INTERVAL_S: f64 = 0.005;

/// How much time an experiment takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A look: one round, and the settings that the relations need.
    Quick,
    /// Three rounds, and every setting.
    Full,
}

impl Scale {
    /// How often each cell is measured; figures are medians over the rounds.
    pub fn rounds(self) -> usize {
        self.pick(1, 3)
    }

    pub fn pick<T>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// The lock of a cell, in words that both languages understand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Lock {
    /// `CPython` 3.2 and later: a waiter asks after one interval, in seconds.
    Timed { interval_s: f64 },
    /// The same without forced switching: who dropped the lock may take it back at once.
    Unforced { interval_s: f64 },
    /// `CPython` before 3.2: dropped and taken again every so many check points.
    Ticks { every: NonZeroU32 },
    /// The lock is there, and off: free-threaded.
    Off,
    /// No lock of ours at all: plain threads, to see what the machine can do.
    Bare,
    /// What is asked has nothing to do with a lock: it is about tasks, or processes.
    None,
}

impl Lock {
    /// `CPython`'s default since 3.2.
    pub const TIMED: Self = Self::Timed { interval_s: INTERVAL_S };
    /// `CPython`'s default before.
    pub const TICKS: Self = Self::Ticks { every: NonZeroU32::new(100).expect("100 is not 0") };

    /// What a page calls it: a word, or the timed lock's interval, such as `0.1 ms`.
    pub fn named(name: &str) -> Self {
        match name.split_once(' ') {
            None if name == "timed" => Self::TIMED,
            None if name == "unforced" => Self::Unforced { interval_s: INTERVAL_S },
            None if name == "ticks" => Self::TICKS,
            None if name == "off" => Self::Off,
            None if name == "bare" => Self::Bare,
            Some((ms, "ms")) => Self::Timed { interval_s: ms.parse::<f64>().expect(ms) / 1e3 },
            _ => panic!("no lock is called '{name}'"),
        }
    }
}

/// What else is measured, by a process of ours that asks the one of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// How long an answer takes, with a pause before each question.
    Latency,
    /// How many answers come in a second, without a pause.
    Bandwidth,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Its name: unique in the experiment.
    pub label: String,
    pub lock: Lock,
    /// Who asks it, if it is a server.
    pub probe: Option<Probe>,
    pub parameters: BTreeMap<String, Value>,
}

impl Cell {
    /// A cell without parameters, which has nothing to do with a lock.
    pub fn plain(label: impl Into<String>) -> Self {
        Self { label: label.into(), lock: Lock::None, probe: None, parameters: BTreeMap::new() }
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// The same in place.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.parameters.insert(name.to_owned(), value.into());
    }

    /// What the experiment has set, as `read` has it; both sides are in one file, so a parameter
    /// that is not there is a mistake of the author's.
    fn parameter<'a, T>(&'a self, what: &str, name: &str, read: fn(&'a Value) -> Option<T>) -> T {
        let value = self.parameters.get(name).and_then(read);
        value.unwrap_or_else(|| panic!("cell '{}' has no {what} '{name}'", self.label))
    }

    /// A number that the experiment has set; a panic if it has not, as the next three.
    pub fn number(&self, name: &str) -> f64 {
        self.parameter("number", name, Value::as_f64)
    }

    /// The same, as a whole number.
    pub fn count(&self, name: &str) -> usize {
        self.parameter("whole number", name, |value| usize::try_from(value.as_u64()?).ok())
    }

    /// A word that the experiment has set.
    pub fn word(&self, name: &str) -> &str {
        self.parameter("word", name, Value::as_str)
    }

    /// A time in seconds that the experiment has set, such as `duration_s`.
    pub fn time(&self, name: &str) -> Duration {
        Duration::from_secs_f64(self.number(name))
    }

    /// What crosses to its process.
    pub fn json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}
