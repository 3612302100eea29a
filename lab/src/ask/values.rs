//! The values of options: text becomes a value, or a reason that finishes the sentence
//! "invalid value … for --option: ".

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::ask::experiment::kit::experiment::Group;
use lab_core::terms::output::Format;
use lab_core::terms::{Workload, duration};
use lab_core::text::list;

/// A longer latency than any page is worth waiting for; a client gives a server up after 30 s.
const LATENCY_MAX: Duration = Duration::from_secs(10);
/// A mask of processors holds this many.
const CPUS_MAX: usize = 1024;

/// A positional argument, so its reason stands alone: it is a whole sentence.
pub(crate) fn workload(text: &str) -> Result<Workload, String> {
    Workload::from_str(text, false)
        .map_err(|_| format!("unknown workload '{text}'; the workloads are io and cpu"))
}

/// Not `-`: standard output has the page that comes with a trace, and a reader of one could not tell
/// where the other begins.
pub(crate) fn trace_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") {
            return Err("a trace is written to a file: standard output has the page");
        }
        Ok(path)
    })
}

/// One of a few names; `choices_are` begins the sentence that lists them.
fn choice<T: ValueEnum>(text: &str, choices_are: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        format!("{choices_are} {}", list(&names))
    })
}

/// Parsers of names, each with what it says of another name.
macro_rules! choices {
    ($($name:ident: $kind:ty, $choices_are:literal;)*) => { $(
        pub(crate) fn $name(text: &str) -> Result<$kind, String> {
            choice(text, $choices_are)
        }
    )* };
}

choices! {
    preset: lab_core::terms::params::Preset, "the presets are";
    model: lab_core::terms::contender::Model, "the models are";
    gil: lab_core::terms::params::GilChoice, "the lock can be";
    format: Format, "the formats are";
    group: Group, "the groups are";
    color: lab_core::terms::output::Color, "it can be";
    race_model: lab_core::work::race::setting::Model, "the models are";
    policy: lab_core::terms::Policy, "the policies are";
    placement: lab_core::terms::Placement, "the places are";
    to: lab_core::look::To, "the forms are";
}

/// A page or a document, where there are no rows for a spreadsheet.
pub(crate) fn page_format(text: &str) -> Result<Format, String> {
    let format = format(text).ok();
    let format = format.filter(|format| matches!(format, Format::Table | Format::Json));
    format.ok_or_else(|| "the formats are table and json".to_owned())
}

fn count<T: TryFrom<u64>>(text: &str, min: u64, max: u64) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("it must be a whole number from {min} to {max}"))
}

/// Parsers of numbers, each with the range that it takes, and why no more.
macro_rules! counts {
    ($($(#[$why:meta])* $name:ident: $kind:ty, $min:literal to $max:expr;)*) => { $(
        $(#[$why])*
        pub(crate) fn $name(text: &str) -> Result<$kind, String> {
            count(text, $min, $max)
        }
    )* };
}

counts! {
    /// More threads measure the machine's memory, not a model of concurrency.
    workers: usize, 1 to 1000;
    /// A million requests of `quick` take an hour and a half in sequence.
    requests: usize, 1 to 1_000_000;
    /// Ten thousand sums of `quick` take a minute in sequence, and each is one larger than the last.
    inputs: usize, 1 to 10_000;
    /// More rounds than anybody waits for.
    runs: usize, 1 to 10_000;
    /// As many as may be measured.
    warmup: usize, 0 to 10_000;
    /// Each is a thread, and the article has this many.
    trains: usize, 1 to 5000;
    /// A train takes a minute for as many turns.
    rounds: u32, 1 to 1_000_000_000;
    /// A run of this program has this many threads at most: more than anybody scrolls through.
    lanes: usize, 1 to 10_000;
    /// Below there is no room for a lane; no terminal, and no line in an editor, is wider.
    width: usize, 40 to 1000;
    /// Any seed will do.
    seed: u64, 0 to u64::MAX;
}

/// A billion check points take a second and more: longer than a whole round of `quick`.
pub(crate) fn check_interval(text: &str) -> Result<NonZeroU32, String> {
    count(text, 1, 1_000_000_000).map(|every| NonZeroU32::new(every).expect("1 at least"))
}

pub(crate) fn latency(text: &str) -> Result<Duration, String> {
    let latency = duration::parse(text)?;
    if latency > LATENCY_MAX {
        return Err("it can be 10s at most".to_owned());
    }
    Ok(latency)
}

pub(crate) fn switch_interval(text: &str) -> Result<Duration, String> {
    let interval = duration::parse(text)?;
    if interval < Duration::from_micros(1) || interval > LATENCY_MAX {
        return Err("it must be from 1us to 10s".to_owned());
    }
    Ok(interval)
}

/// A type of its own: clap takes a bare `Vec` for an option that is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Affinity(pub(crate) Vec<usize>);

/// A list of processors: `0,2-3`.
pub(crate) fn affinity(text: &str) -> Result<Affinity, String> {
    let cpu = |text: &str| text.parse().ok().filter(|cpu: &usize| *cpu < CPUS_MAX);
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

/// Only what can be seen without asking a server; whether it answers is found out before the run.
pub(crate) fn url(text: &str) -> Result<String, String> {
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
