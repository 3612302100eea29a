//! Whether looking changes what one sees: the recorder, measured by itself.
//!
//! Every picture of this laboratory is drawn from events. If an event cost much, the picture would
//! be one of the recorder. So the same work is done with the recorder armed and not, in turn.

use std::fs::File;
use std::io::{self, Write};

use crate::ask::experiment::kit::prelude::*;
use lab_core::terms::stats::median;
use trainyard::coop::{self, yield_now};
use trainyard::sys::clock;
use trainyard::trace::{self, Kind};

/// What an event costs.
pub const EXPERIMENT: Experiment = Experiment {
    name: "trace-cost",
    group: Group::Tasks,
    title: "what it costs to be watched",
    question: "A task takes ten thousand turns. Each turn is three events: it was woken, its poll \
               began, its poll ended. What does it cost to record them all, against printing a line \
               for each to /dev/null?",
    choices: &[
        "about the same: both write an event",
        "less than half, and no event is lost",
        "less than half, but some events are lost",
        "nothing can be said: a program that is watched behaves differently",
    ],
    answer: 1,
    method: "One task of a loop yields ten thousand times. Twenty such rounds are watched and twenty \
             are not, in turn; the median of each is taken. Watched means: the recorder is armed; or, \
             in the other setting, the task writes three lines to /dev/null in each turn.",
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
            .claims(&special(|cell| cell.label == RECORDED, nothing_is_lost))
            .wrong("five times as many turns, more than a ring holds", |cell| {
                cell.set("turns", 5 * TURNS);
            }),
        timing("cheaper-than-a-line")
            .says("to record an event costs less than half of what it costs to print a line.")
            .of_ours()
            .claims(&special(|_| true, cheaper_than_a_line))
            .wrong("lines in both", |cell| cell.set("watch", "lines")),
    ],
    explain: By(explain),
    read: &[
        "src/trace/mod.rs: emit, one load and a branch while nobody records",
        "src/trace/ring.rs: where an event goes, without a lock",
    ],
};

const RECORDED: &str = "recorded";
const PRINTED: &str = "lines to /dev/null";
const TURNS: u32 = 10_000;
const EVENTS_A_TURN: u32 = 3;
const ROUNDS: usize = 20;

fn cells(_: Scale) -> Vec<Cell> {
    let cell = |label, watch| Cell::plain(label).with("watch", watch).with("turns", TURNS);
    vec![cell(RECORDED, "recorder"), cell(PRINTED, "lines")]
}

/// What a watched round leaves behind.
#[derive(Clone, Copy, Default)]
struct Seen {
    events: u64,
    lost: u64,
}

fn measure(cell: &Cell) -> Result<Figures> {
    let failed = |why: io::Error| LabError::failed("/dev/null", why);
    let turns = u32::try_from(cell.count("turns")).unwrap_or(u32::MAX);
    let watch = cell.word("watch");
    let null = File::options().write(true).open("/dev/null").map_err(failed)?;
    let (mut bare_s, mut watched_s) = (Vec::new(), Vec::new());
    let mut seen = Seen::default();
    for _ in 0..ROUNDS {
        bare_s.push(timed(|| coop::run(turn_often(turns, None)))?);
        watched_s.push(if watch == "lines" {
            seen.events = u64::from(EVENTS_A_TURN * turns);
            timed(|| coop::run(turn_often(turns, Some(&null))))?
        } else {
            let recorder = trace::arm();
            let took_s = timed(|| coop::run(turn_often(turns, None)));
            let recording = recorder.finish();
            let polls = [Kind::TaskWake, Kind::TaskPollBegin, Kind::TaskPollEnd];
            let of_turns = recording.events.iter().filter(|event| polls.contains(&event.kind));
            seen = Seen { events: of_turns.count() as u64, lost: recording.overwritten() };
            took_s?
        });
    }
    let a_turn = |rounds_s: &[f64]| median(rounds_s).map_or(f64::NAN, |s| s / f64::from(turns));
    let (bare_s, watched_s) = (a_turn(&bare_s), a_turn(&watched_s));
    Ok(Figures::default()
        .with("bare_s", bare_s)
        .with("watched_s", watched_s)
        .with("event_s", (watched_s - bare_s).max(0.0) / f64::from(EVENTS_A_TURN))
        .with_count("events", seen.events)
        .with_count("lost", seen.lost))
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

fn timed(work: impl FnOnce() -> io::Result<()>) -> Result<f64> {
    let stopwatch = Stopwatch::start();
    work().map_err(|why| LabError::failed("/dev/null", why))?;
    Ok(stopwatch.seconds())
}

/// Beside its turns a task is polled once to begin with.
fn nothing_is_lost(results: &Results, who: &Contender) -> Option<Check> {
    let (events, lost) =
        (results.count(who, RECORDED, "events")?, results.count(who, RECORDED, "lost")?);
    let figures = format!("{} events, {} lost", grouped(events), grouped(lost));
    Some(Check::that(lost == 0 && events >= u64::from(EVENTS_A_TURN * TURNS), figures))
}

fn cheaper_than_a_line(results: &Results, who: &Contender) -> Option<Check> {
    let event_s = |cell| results.of(who, cell, "event_s");
    let (recorded_s, printed_s) = (event_s(RECORDED)?, event_s(PRINTED)?);
    let figures = format!("{} and {}", seconds(recorded_s), seconds(printed_s));
    Some(Check::that(recorded_s < printed_s / 2.0, figures))
}

fn explain(results: &Results) -> Option<String> {
    let ours = |cell, figure| results.ours(cell, figure);
    Some(format!(
        "A turn of the task takes {}, and {} on the record: {} for each of its three events. A line for \
         each, which nobody even keeps, costs {}: the program would be one that prints. {} of {} \
         events were lost. An event costs the same whatever the work is, so a trace is true where the \
         work is much longer than an event, as a request is; and the rounds that `compare` measures are \
         never the recorded one.",
        seconds(ours(RECORDED, "bare_s")?),
        seconds(ours(RECORDED, "watched_s")?),
        seconds(ours(RECORDED, "event_s")?),
        seconds(ours(PRINTED, "event_s")?),
        ours(RECORDED, "lost")?,
        grouped(results.count(&Contender::Ours, RECORDED, "events")?)
    ))
}
