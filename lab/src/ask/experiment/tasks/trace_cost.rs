//! Whether looking changes what one sees: the same work with the recorder armed and not, in turn. If
//! an event cost much, every picture of this laboratory would be one of the recorder.

use std::fs::File;
use std::io::{self, Write};

use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::stats::median;
use trainyard::coop::{self, yield_now};
use trainyard::sys::clock;
use trainyard::trace::{self, Event, Kind};

pub(super) const DESIGN: Design = Design::new(include_str!("trace_cost.md"), measure).relations(&[
    counting(
        "nothing-is-lost",
        &that(
            // Beside its turns a task is polled once to begin with.
            |[events, lost]| is(lost, 0) && events >= f64::from(EVENTS_A_TURN * TURNS),
        ),
    )
    .of_ours(),
    timing("cheaper-than-a-line", &that(|[recorded, printed]| recorded < printed / 2.0)).of_ours(),
]);

const TURNS: u32 = 10_000;
const EVENTS_A_TURN: u32 = 3;
const ROUNDS: usize = 20;

fn measure(cell: &Cell) -> Result<Figures> {
    let turns = u32::try_from(cell.count("turns")).unwrap_or(u32::MAX);
    let null = File::options().write(true).open("/dev/null");
    let null = null.map_err(|why| LabError::failed("/dev/null", why))?;
    let (mut bare_s, mut watched_s) = (Vec::new(), Vec::new());
    let (mut events, mut lost) = (u64::from(EVENTS_A_TURN * turns), 0);
    for _ in 0..ROUNDS {
        bare_s.push(round_s(turns, None)?);
        if cell.word("watch") == "lines" {
            watched_s.push(round_s(turns, Some(&null))?);
            continue;
        }
        let recorder = trace::arm();
        let took_s = round_s(turns, None);
        let recording = recorder.finish();
        watched_s.push(took_s?);
        let of_turns = [Kind::TaskWake, Kind::TaskPollBegin, Kind::TaskPollEnd];
        let is_seen = |event: &&Event| of_turns.contains(&event.kind);
        events = recording.events.iter().filter(is_seen).count() as u64;
        lost = recording.overwritten();
    }
    let a_turn = |rounds_s: &[f64]| median(rounds_s).map_or(f64::NAN, |s| s / f64::from(turns));
    let (bare_s, watched_s) = (a_turn(&bare_s), a_turn(&watched_s));
    Ok(Figures::default()
        .with("bare_s", bare_s)
        .with("watched_s", watched_s)
        .with("event_s", (watched_s - bare_s).max(0.0) / f64::from(EVENTS_A_TURN))
        .with_count("events", events)
        .with_count("lost", lost))
}

/// The work: turns of one task; in each, three lines, if there is a file for them.
async fn turn_often(turns: u32, mut lines: Option<&File>) -> io::Result<()> {
    for turn in 0..turns {
        yield_now().await;
        if let Some(lines) = &mut lines {
            for what in ["woken", "poll begins", "poll ends"] {
                writeln!(lines, "{} task 1: {what}, turn {turn}", clock::now_ns())?;
            }
        }
    }
    Ok(())
}

fn round_s(turns: u32, lines: Option<&File>) -> Result<f64> {
    let stopwatch = Stopwatch::start();
    coop::run(turn_often(turns, lines)).map_err(|why| LabError::failed("/dev/null", why))?;
    Ok(stopwatch.seconds())
}
