//! Pictures of runs made up by hand: well-formed, small enough, and nothing lost.

use super::*;
use crate::lab::view::testing;
use crate::trace::file::Ending;
use crate::trace::{Event, Kind};

fn marks(picture: &str) -> usize {
    ["<rect", "<path", "<text", "<circle"].iter().map(|tag| picture.matches(tag).count()).sum()
}

/// Every tag is closed in order, every attribute quoted, and `<` and `&` stand for themselves
/// nowhere.
#[track_caller]
fn check_well_formed(picture: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = picture;
    while let Some(begin) = rest.find('<') {
        let end = begin + rest[begin..].find('>').expect("a tag ends");
        let tag = &rest[begin + 1..end];
        let first = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(first), "{tag}"),
            (false, true) => {}
            (false, false) => open.push(first),
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
    let entities = ["&amp;", "&lt;", "&gt;", "&quot;"];
    for (at, _) in picture.match_indices('&') {
        assert!(entities.iter().any(|entity| picture[at..].starts_with(entity)));
    }
    let is_xml = |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    assert!(picture.chars().all(is_xml));
}

#[test]
fn every_picture_is_well_formed() {
    for trace in [testing::all(), testing::lock_on(), testing::arrows()] {
        let picture = testing::text(write, &trace);
        check_well_formed(&picture);
        assert!(picture.starts_with("<svg xmlns="));
        assert!(picture.contains("prefers-color-scheme: dark"));
    }
    let mut strange = testing::lock_on();
    strange.runs[0].recording.tracks[0].name = "a<b>&\"c\u{1}\n\u{fffe}\u{ffff}".to_owned();
    check_well_formed(&testing::text(write, &strange));
}

#[test]
fn a_mark_says_what_happened_and_what_began_it() {
    let picture = testing::text(write, &testing::lock_on());
    let title = "<title>thread 1: waiting for the lock, 5.02 ms from 10 us on. A thread found the \
                 global lock taken and waits for it. (GilWait)</title>";
    assert!(picture.contains(title), "{picture}");
    assert!(picture.contains(">run 51 %, wait GIL 49 %</text>"), "{picture}");
    assert!(picture.contains("<title>thread 0 holds the lock</title>"), "{picture}");
}

/// Half a million spans: more than fit, and one wait of 2 us among them.
fn crowded() -> Trace {
    let mut trace = testing::lock_on();
    let recording = &mut trace.runs[0].recording;
    let mut events = Vec::new();
    for turn in 0..250_000_u64 {
        let (at, thread) = (turn * 200, u32::from(turn % 2 == 0));
        let event = |us, kind, a| Event { time_ns: at + us, track: thread, kind, cpu: 0, a, b: 0 };
        events.push(event(0, Kind::GilTake, 1));
        events.push(event(50, Kind::UnitBegin, turn));
        events.push(event(150, Kind::UnitEnd, turn));
        events.push(event(160, Kind::GilDrop, 1));
    }
    recording.events = events;
    trace
}

#[test]
fn a_picture_has_a_limit_whatever_was_recorded() {
    let picture = testing::text(write, &crowded());
    // INVARIANT: [SVG-1]
    assert!(marks(&picture) <= MARKS_MAX, "{} marks", marks(&picture));
    check_well_formed(&picture);
    let mut many = testing::all();
    let runs = many.runs.clone();
    for _ in 0..9 {
        many.runs.extend(runs.clone());
    }
    let picture = testing::text(write, &many);
    assert!(marks(&picture) <= MARKS_MAX, "{} marks", marks(&picture));
    assert!(picture.contains("not drawn"), "the rest is said");
}

/// Fails if the locks of a run are not counted among its rows.
#[test]
fn a_thousand_locks_and_a_thousand_runs_fit_too() {
    let mut locks = testing::lock_on();
    let recording = &mut locks.runs[0].recording;
    let events = std::mem::take(&mut recording.events);
    for event in events {
        let is_lock = matches!(event.kind, Kind::GilTake | Kind::GilDrop);
        let numbers = if is_lock { 0..1000 } else { 0..1 };
        recording.events.extend(numbers.map(|more| Event { a: event.a + more, ..event }));
    }
    let picture = testing::text(write, &locks);
    // INVARIANT: [SVG-1]
    assert!(marks(&picture) <= MARKS_MAX, "{} marks", marks(&picture));
    assert!(picture.contains(">996 more locks of 1000 not drawn</text>"));
    let mut runs = testing::lock_on();
    runs.runs[0].recording.tracks[0].overwritten = 7;
    runs.runs = vec![runs.runs[0].clone(); 1000];
    let picture = testing::text(write, &runs);
    assert!(marks(&picture) <= MARKS_MAX, "{} marks", marks(&picture));
    assert!(picture.contains(">968 more runs of 1000 not drawn</text>"));
    assert!(picture.contains(">and so on: 960 more lines</text>"));
}

/// Fails if a column shows only the state that took most of its time.
#[test]
fn a_short_wait_is_drawn_whatever_the_scale() {
    let span = |from_ns, until_ns, state| crate::lab::lanes::Span {
        from_ns,
        until_ns,
        state,
        cpu: 0,
        event: None,
    };
    let spans = [
        span(0, 50_000_000, State::Run),
        span(50_000_000, 50_002_000, State::WaitGil),
        span(50_002_000, 100_000_000, State::Run),
    ];
    for marks_max in [2, 10] {
        let frame = Frame { origin_ns: 0, from_ns: 0, until_ns: 100_000_000 };
        let row = lane::Row { frame, top: 0.0, height: 18.0, marks_max, name: "first" };
        let drawn = lane::draw(&spans, row, None);
        // INVARIANT: [SVG-2]
        assert!(drawn.contains("class=\"wait-gil\""), "{drawn}");
        let last = drawn.rfind("class=\"run\"").unwrap();
        assert!(drawn.rfind("class=\"wait-gil\"").unwrap() > last, "on top of the work: {drawn}");
    }
}

#[test]
fn what_is_missing_stands_above_the_lanes() {
    let mut trace = testing::lock_on();
    trace.ending = Ending::CutShort;
    trace.runs[0].recording.tracks[0].overwritten = 7;
    let picture = testing::text(write, &trace);
    let lanes = picture.find("<title>thread 0").unwrap();
    assert!(picture.find("cut short").unwrap() < lanes);
    assert!(picture.find("7 events were lost").unwrap() < lanes);
    trace.runs.clear();
    assert!(testing::text(write, &trace).contains("there is nothing to draw"));
}
