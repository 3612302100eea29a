//! What is said of the first event that cannot be.

use std::fmt;

use crate::trace::Event;

/// A law that an event breaks, and what would have kept it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Breach {
    law: &'static str,
    expected: &'static str,
}

pub(super) type Verdict = Result<(), Breach>;

/// Fails with `law`, unless it holds; `expected` says what should have come instead, or before.
pub(super) fn ensure(holds: bool, law: &'static str, expected: &'static str) -> Verdict {
    if holds { Ok(()) } else { Err(Breach { law, expected }) }
}

/// The first event of a recording that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// Which event, counted from 0.
    pub index: usize,
    /// The event.
    pub event: Event,
    /// How long after the begin of the recording it was.
    pub since_ns: u64,
    /// The name of its track; empty if that is not known.
    pub track: String,
    /// The law that it breaks.
    pub law: &'static str,
    /// What should have come instead, or before it.
    pub expected: &'static str,
}

impl Illegal {
    pub(super) fn new(index: usize, event: Event, begin_ns: u64, breach: Breach) -> Self {
        let since_ns = event.time_ns.saturating_sub(begin_ns);
        let Breach { law, expected } = breach;
        Self { index, event, since_ns, track: String::new(), law, expected }
    }

    pub(super) fn named(self, track: Option<&str>) -> Self {
        Self { track: track.unwrap_or_default().to_owned(), ..self }
    }
}

/// One line: which event, when, whose, what it says, the law, and what was expected.
impl fmt::Display for Illegal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, event, since_ns, track, law, expected } = self;
        let (ms, ns) = (since_ns / 1_000_000, since_ns % 1_000_000);
        write!(formatter, "event {index}, {ms}.{ns:06} ms after the begin, ")?;
        match track.as_str() {
            "" => write!(formatter, "track {}: ", event.track)?,
            name => write!(formatter, "track {} \"{name}\": ", event.track)?,
        }
        let Event { kind, a, b, .. } = *event;
        write!(formatter, "{}", kind.name())?;
        let (first, second) = kind.words();
        let words: Vec<String> = [(first, a), (second, b)]
            .iter()
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        if !words.is_empty() {
            write!(formatter, " ({})", words.join(", "))?;
        }
        let sentence = kind.sentence().trim_end_matches('.');
        write!(formatter, " says \"{sentence}\", but {law}; expected {expected}")
    }
}

impl std::error::Error for Illegal {}
