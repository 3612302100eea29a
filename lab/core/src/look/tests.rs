//! The laws of all views: what holds whatever a recording says, also one that nobody can have
//! recorded.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::fuzz::{FORMS, timeline};
use super::testing::{all, arrows, hostile, lock_on, of, possible, text};
use super::timeline::{Asked, Page, Whose, draw, plan};
use super::*;
use crate::terms::output::Glyphs;
use crate::testing::check_known;
use trainyard::trace::file::{Ending, Trace};
use trainyard::trace::{Event, Kind, Recording, Track};

fn views(trace: &Trace) -> impl Iterator<Item = (&'static str, String)> {
    let forms = FORMS.into_iter().map(|(name, write)| (name, text(write, trace)));
    let whose = [("timeline", Whose::Trains), ("timeline of tasks", Whose::Tasks)];
    forms.chain(whose.into_iter().map(|(name, whose)| (name, timeline(trace, whose))))
}

/// Fails if a view panics, if its memory or its time follows a number in an event rather than
/// their count, or if it says nothing.
#[track_caller]
fn check_bounded(trace: &Trace, within: Duration) {
    let events: usize = trace.runs.iter().map(|run| run.recording.events.len()).sum();
    let mut begin = Instant::now();
    for (name, text) in views(trace) {
        let (took, length_max) = (begin.elapsed(), 1_000_000 + 10_000 * events);
        assert!(took < within, "{name} took {took:?} for {events} events");
        let length = text.len();
        assert!((1..length_max).contains(&length), "{name}: {length} bytes for {events} events");
        begin = Instant::now();
    }
}

proptest! {
    /// Two runs, which one scale has to hold. A release build takes a hundredth of that time.
    #[test]
    fn no_view_panics_or_grows_with_the_numbers_in_events(one in hostile(), other in hostile()) {
        let mut trace = of("a run", one);
        trace.runs.extend(of("another", other).runs);
        check_bounded(&trace, Duration::from_secs(20));
    }

    #[test]
    fn whatever_was_recorded_every_document_is_valid(recording in possible()) {
        let mut trace = of("a run", recording);
        trace.runs.push(trace.runs[0].clone());
        perfetto::tests::valid(&trace);
        svg::tests::check_picture(&text(svg::write, &trace));
    }
}

/// Fails if a view takes ten times what it should for as many tracks, tasks and locks as events:
/// as it does where what one event asks for is sought among all others.
#[test]
fn no_view_is_slow_for_as_many_tracks_tasks_and_locks_as_events() {
    let count = 8_000_u32;
    let event = |n: u32, track, kind, a| Event { time_ns: n.into(), track, kind, cpu: 0, a, b: 0 };
    let shapes: [&dyn Fn(u32) -> Event; 5] = [
        &|n| event(n, n, Kind::TaskSpawn, 5),
        &|n| event(n, n, if n % 2 == 0 { Kind::GilWait } else { Kind::GilTake }, n.into()),
        &|n| event(n, 1, Kind::BlockEnd, 0),
        &|n| event(n, n, Kind::UnitBegin, n.into()),
        &|n| event(n, n, Kind::GilTake, 1),
    ];
    for (shape, lost) in shapes.into_iter().zip([0, 3].into_iter().cycle()) {
        let mut events: Vec<Event> = (0..count).map(shape).collect();
        events.push(event(count, 0, Kind::TaskPollBegin, 1));
        let track = |number| Track { number, name: "t".into(), pid: number, overwritten: lost };
        let tracks = (0..count).map(track).collect();
        let recording = Recording { begin_ns: 0, end_ns: count.into(), events, tracks };
        check_bounded(&of("a run", recording), Duration::from_mins(1));
    }
}

/// Every event that has an arrow, in every form, as it was last looked at. `TRAINYARD_BLESS=1`
/// writes the documents anew.
#[test]
fn the_documents_of_a_small_recording_are_known() {
    let mut trace = arrows();
    trace.runs[0].recording.tracks[0].name = "a \"b\", c".to_owned();
    for (name, text) in views(&trace).filter(|(name, _)| *name != "html") {
        let file = name.replace(' ', "_") + ".txt";
        check_known(&format!("lab/core/src/look/expected/{file}"), &text);
    }
}

/// The trace of the report: one event at the end of all numbers.
#[test]
fn an_event_at_the_end_of_all_time_is_drawn_at_once() {
    let mut trace = lock_on();
    trace.runs[0].recording.events.last_mut().unwrap().time_ns = u64::MAX;
    check_bounded(&trace, Duration::from_secs(20));
    assert!(timeline(&trace, Whose::Trains).contains("18446744073"), "centuries");
}

/// Fails if a warning comes after what it warns of, or not at all.
#[test]
fn what_is_missing_is_said_first() {
    let mut trace = lock_on();
    trace.ending = Ending::CutShort;
    trace.runs[0].recording.tracks[0].overwritten = 7;
    for (name, text) in views(&trace).filter(|(name, _)| *name != "timeline of tasks") {
        let (cut, lost) = (text.find("cut short"), text.find("7 events"));
        let is_early = match name {
            "perfetto" => cut < text.find("traceEvents"),
            "svg" => cut < text.find("<title>thread 0"),
            "html" => true,
            "csv" | "events" => text.lines().skip(1).all(|line| line.ends_with("7 events lost")),
            _ => cut < Some(300),
        };
        assert!(cut.is_some() && is_early && lost.is_some(), "{name}: {text}");
    }
}

/// Fails if a name of a trace is written as it is where that means something else.
#[test]
fn no_name_of_a_trace_leaves_its_place() {
    let named = |mut trace: Trace, name: &str| {
        trace.about.set("command", name);
        trace.about.set("program", name);
        for run in &mut trace.runs {
            run.about.set("label", name);
            run.about.set("ending", name);
            run.recording.tracks.iter_mut().for_each(|track| track.name = name.to_owned());
        }
        trace
    };
    for trace in [all(), arrows()] {
        let plain = text(html::write, &named(trace.clone(), "a name"));
        let strange = named(trace, "</script><!-- <b>\u{1b}]0;a\u{7}\u{9b}2J&\"\u{2028}\u{fffe}");
        let page = text(html::write, &strange);
        for tag in ["<script", "</script", "<!--", "<b>"] {
            assert_eq!(page.matches(tag).count(), plain.matches(tag).count());
        }
        svg::tests::check_picture(&text(svg::write, &strange));
        perfetto::tests::valid(&strange);
        let page = Page { width: 80, glyphs: Glyphs::Unicode, lanes_max: 16 };
        let page = draw(&plan(&strange, &Asked::default()).unwrap(), page);
        let page = anstream::adapter::strip_str(&page).to_string();
        assert!(page.contains("?]0;a??2J"), "{page}");
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{page:?}");
    }
}
