//! Whether looking changes what one sees: the same work with the recorder armed and not, in turn. If
//! an event cost much, every picture of this laboratory would be one of the recorder.

use std::fs::File;
use std::io::{self, Write};

use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::stats::median;
use trainyard::coop::{self, yield_now};
use trainyard::sys::clock;
use trainyard::trace::{self, Event, Kind};

/// What an event costs.
pub const EXPERIMENT: Experiment = Experiment {
    name: "trace-cost",
    group: Group::Tasks,
    title: "what it costs to be watched",
    question: "A task takes ten thousand turns. Each turn is three events: it was woken, its poll \
               began, its poll ended. What does it cost to record them all, against printing a \
               line for each to /dev/null?",
    choices: &[
        "about the same: both write an event",
        "less than half, and no event is lost",
        "less than half, but some events are lost",
        "nothing can be said: a program that is watched behaves differently",
    ],
    answer: 1,
    method: "One task of a loop yields ten thousand times. Twenty such rounds are watched and \
             twenty are not, in turn; the median of each is taken. Watched means: the recorder is \
             armed; or, in the other setting, the task writes three lines to /dev/null in each \
             turn.",
    cells,
    ours: measure,
    twin: None,
    plays: |_, _| false,
    columns: &[
        Column { figure: "bare_s", title: "a turn", unit: Unit::Seconds },
        Column { figure: "watched_s", title: "a turn\nwatched", unit: Unit::Seconds },
        Column { figure: "event_s", title: "an event", unit: Unit::Seconds },
        Column { figure: "events", title: "events", unit: Unit::Count },
        Column { figure: "lost", title: "lost", unit: Unit::Count },
    ],
    relations: &[
        counting("nothing-is-lost")
            .says("every turn's three events are in the recording, and none was overwritten.")
            .of_ours()
            .claims(&that(
                "{grouped events in recorded} events, {grouped lost in recorded} lost",
                // Beside its turns a task is polled once to begin with.
                |[events, lost]| is(lost, 0) && events >= f64::from(EVENTS_A_TURN * TURNS),
            ))
            .wrong("five times as many turns, more than a ring holds", |cell| {
                cell.set("turns", 5 * TURNS);
            }),
        timing("cheaper-than-a-line")
            .says("to record an event costs less than half of what it costs to print a line.")
            .of_ours()
            .claims(&that(
                "{event_s in recorded} and {event_s in lines to /dev/null}",
                |[recorded, printed]| recorded < printed / 2.0,
            ))
            .wrong("lines in both", |cell| cell.set("watch", "lines")),
    ],
    explain: Told(
        "A turn of the task takes {bare_s in recorded}, and {watched_s in recorded} on the record: \
         {event_s in recorded} for each of its three events. A line for each, which nobody even \
         keeps, costs {event_s in lines to /dev/null}: the program would be one that prints. {lost \
         in recorded} of {grouped events in recorded} events were lost. An event costs the same \
         whatever the work is, so a trace is true where the work is much longer than an event, as \
         a request is; and the rounds that `compare` measures are never the recorded one.",
    ),
    read: &[
        "src/trace/mod.rs: emit, one load and a branch while nobody records",
        "src/trace/ring.rs: where an event goes, without a lock",
    ],
};

const TURNS: u32 = 10_000;
const EVENTS_A_TURN: u32 = 3;
const ROUNDS: usize = 20;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, watch| Cell::plain(label).with("watch", watch).with("turns", TURNS);
    vec![cell("recorded", "recorder"), cell("lines to /dev/null", "lines")]
}

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
