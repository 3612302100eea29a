//! The values of options: text becomes a value, or a reason that finishes the sentence
//! "invalid value … for --option: ".

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::ask::experiment::Group;
use lab_core::look::To;
use lab_core::terms::contender::{Model, Workload};
use lab_core::terms::duration;
use lab_core::terms::params::{GilChoice, Preset};
use lab_core::work::race::setting::{Checks, Model as RaceModel};

use lab_core::terms::output::{Color, Format};

/// More threads than this measure the machine's memory, not a model of concurrency.
const WORKERS_MAX: u64 = 1000;
/// A million requests of `quick` take an hour and a half in sequence.
const REQUESTS_MAX: u64 = 1_000_000;
/// Ten thousand sums of `quick` take a minute in sequence, and each is one larger than the last.
const INPUTS_MAX: u64 = 10_000;
/// More rounds than anybody waits for.
const ROUNDS_MAX: u64 = 10_000;
/// Each is a thread, and the article has this many.
const TRAINS_MAX: u64 = 5000;
/// A train takes a minute for as many turns.
const TURNS_MAX: u64 = 1_000_000_000;
/// A run of this program has this many threads at most.
const LANES_MAX: u64 = 10_000;
/// Below this there is no room for a lane.
const WIDTH_MIN: u64 = 40;
/// Wider than any terminal, and than any line that an editor shows.
const WIDTH_MAX: u64 = 1000;
/// A longer latency than any page is worth waiting for; a client gives a server up after 30 s.
const LATENCY_MAX: Duration = Duration::from_secs(10);
/// A mask of processors holds this many.
const CPUS_MAX: usize = 1024;

/// A positional argument, so its reason stands alone: it is a whole sentence.
pub(super) fn workload(text: &str) -> Result<Workload, String> {
    Workload::from_str(text, false)
        .map_err(|_| format!("unknown workload '{text}'; the workloads are io and cpu"))
}

pub(super) fn preset(text: &str) -> Result<Preset, String> {
    choice(text, "the presets are")
}

pub(super) fn model(text: &str) -> Result<Model, String> {
    choice(text, "the models are")
}

pub(super) fn gil(text: &str) -> Result<GilChoice, String> {
    choice(text, "the lock can be")
}

/// A trace is no text, and others may be written beside it while it is made.
pub(super) fn trace_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") {
            return Err("a trace is written to a file, not to standard output");
        }
        Ok(path)
    })
}

pub(super) fn format(text: &str) -> Result<Format, String> {
    choice(text, "the formats are")
}

pub(super) fn group(text: &str) -> Result<Group, String> {
    choice(text, "the groups are")
}

pub(super) fn color(text: &str) -> Result<Color, String> {
    choice(text, "it can be")
}

pub(super) fn race_model(text: &str) -> Result<RaceModel, String> {
    choice(text, "the models are")
}

pub(super) fn checks(text: &str) -> Result<Checks, String> {
    choice(text, "the places are")
}

/// A page or a document, where there are no rows for a spreadsheet.
pub(super) fn page_format(text: &str) -> Result<Format, String> {
    let format = format(text).ok();
    let format = format.filter(|format| matches!(format, Format::Table | Format::Json));
    format.ok_or_else(|| "the formats are table and json".to_owned())
}

pub(super) fn trains(text: &str) -> Result<usize, String> {
    count(text, 1, TRAINS_MAX)
}

pub(super) fn rounds(text: &str) -> Result<u32, String> {
    let rounds = count(text, 1, TURNS_MAX)?;
    u32::try_from(rounds).map_err(|error| error.to_string())
}

fn choice<T: ValueEnum>(text: &str, choices_are: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| format!("{choices_are} {}", names::<T>()))
}

/// `on, off and both`.
fn names<T: ValueEnum>() -> String {
    let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let mut names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) }
}

pub(super) fn workers(text: &str) -> Result<usize, String> {
    count(text, 1, WORKERS_MAX)
}

pub(super) fn requests(text: &str) -> Result<usize, String> {
    count(text, 1, REQUESTS_MAX)
}

pub(super) fn inputs(text: &str) -> Result<usize, String> {
    count(text, 1, INPUTS_MAX)
}

pub(super) fn runs(text: &str) -> Result<usize, String> {
    count(text, 1, ROUNDS_MAX)
}

pub(super) fn warmup(text: &str) -> Result<usize, String> {
    count(text, 0, ROUNDS_MAX)
}

fn count(text: &str, min: u64, max: u64) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    number
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| format!("it must be a whole number from {min} to {max}"))
}

/// How many lanes: more than anybody scrolls through.
pub(super) fn lanes(text: &str) -> Result<usize, String> {
    count(text, 1, LANES_MAX)
}

pub(super) fn width(text: &str) -> Result<usize, String> {
    count(text, WIDTH_MIN, WIDTH_MAX)
}

/// A moment of a run, counted from its begin.
pub(super) fn moment(text: &str) -> Result<Duration, String> {
    duration::parse(text)
}

pub(super) fn to(text: &str) -> Result<To, String> {
    choice(text, "the forms are")
}

pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("it must be a whole number from 0 to {}", u64::MAX))
}

pub(super) fn latency(text: &str) -> Result<Duration, String> {
    let latency = duration::parse(text)?;
    if latency > LATENCY_MAX {
        return Err("it can be 10s at most".to_owned());
    }
    Ok(latency)
}

pub(super) fn switch_interval(text: &str) -> Result<Duration, String> {
    let interval = duration::parse(text)?;
    if interval < Duration::from_micros(1) || interval > LATENCY_MAX {
        return Err("it must be from 1us to 10s".to_owned());
    }
    Ok(interval)
}

/// A list of processors: `0,2-3`.
pub(super) fn affinity(text: &str) -> Result<Affinity, String> {
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let range = cpu(first).zip(cpu(last)).filter(|(first, last)| first <= last);
        let (first, last) = range
            .ok_or_else(|| format!("it must be processors below {CPUS_MAX}, as in 0,1 or 0-3"))?;
        cpus.extend(first..=last);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Ok(Affinity(cpus))
}

/// A type of its own: clap takes a bare `Vec` for an option that is repeated.
#[derive(Clone, Debug)]
pub(super) struct Affinity(pub(super) Vec<usize>);

fn cpu(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&cpu| cpu < CPUS_MAX)
}

/// Only what can be seen without asking a server; whether it answers is found out before the run.
pub(super) fn url(text: &str) -> Result<String, String> {
    let has_scheme = |scheme: &str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if has_scheme("https://") {
        return Err("https is not supported, only http://".to_owned());
    }
    if !has_scheme("http://") || text.len() == "http://".len() {
        return Err("it must begin with http:// and name a host".to_owned());
    }
    Ok(text.to_owned())
}
