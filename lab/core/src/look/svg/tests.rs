//! Pictures of runs made up by hand: well-formed, small enough, and nothing lost.

use super::*;
use crate::look::testing;
use trainyard::trace::file::Ending;
use trainyard::trace::{Event, Kind};

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
    assert!(picture.contains("not drawn; --run draws one of them alone"), "the rest is said");
    check_no_empty_heading(&picture);
}

/// Fails if a run's heading stands where there is no more room for its lanes.
#[track_caller]
fn check_no_empty_heading(picture: &str) {
    let headings = || picture.lines().filter(|line| line.starts_with("<text class=\"head\""));
    let lanes = |part: &str| part.contains("class=\"shares\"");
    for heading in headings().skip(1) {
        let after = picture.split_once(heading).unwrap().1;
        let part = after.split("<text class=\"head\"").next().unwrap();
        assert!(lanes(part), "no lane under {heading}");
    }
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
    assert!(picture.contains(">979 more runs of 1000 not drawn; "));
    assert!(picture.contains(">and so on: 980 more warnings</text>"));
}

/// A lane of these lengths and states from 0 on, with room for so many marks.
fn drawn(lengths: &[(u64, State)], marks_max: usize) -> String {
    let mut until_ns = 0;
    let spans = lengths.iter().map(|&(length, state)| {
        let from_ns = until_ns;
        until_ns += length;
        crate::look::lanes::Span { from_ns, until_ns, state, cpu: 0, event: None }
    });
    let spans: Vec<_> = spans.collect();
    let frame = Frame { origin_ns: 0, from_ns: 0, until_ns };
    let row = lane::Row { frame, top: 0.0, height: 18.0, marks_max, name: "first" };
    lane::draw(&spans, row, None)
}

/// The area of the marks of a state, as rectangles and as parts of one path.
fn area(drawn: &str, state: &str) -> f64 {
    let number = |text: &str, before: &str, after: char| -> f64 {
        text.split(before).nth(1).unwrap().split(after).next().unwrap().parse().unwrap()
    };
    let marks = drawn.lines().filter(|line| line.contains(&format!("class=\"{state}\"")));
    let area = |line: &str| match line.split_once(" d=\"") {
        Some((_, path)) => path
            .split('M')
            .skip(1)
            .map(|part| number(part, "h", 'v') * number(part, "v-", 'h'))
            .sum::<f64>(),
        None => number(line, "width=\"", '"') * number(line, "height=\"", '"'),
    };
    marks.map(area).sum()
}

/// Fails if a column shows only the state that took most of its time.
#[test]
fn a_short_wait_is_drawn_whatever_the_scale() {
    let work = (50_000_000, State::Run);
    for marks_max in [2, 10] {
        let drawn = drawn(&[work, (2_000, State::WaitGil), work], marks_max);
        // INVARIANT: [SVG-2]
        assert!(drawn.contains("class=\"wait-gil\""), "{drawn}");
        let last = drawn.rfind("class=\"run\"").unwrap();
        assert!(drawn.rfind("class=\"wait-gil\"").unwrap() > last, "on top of the work: {drawn}");
    }
    let columns = drawn(&[work, (2_000, State::WaitGil), work, (9_000, State::Idle)], 2);
    assert!(area(&columns, "wait-gil") < area(&columns, "run"), "{columns}");
}

/// Fails if a moment of work takes the column in which a train mostly waited.
#[test]
fn a_moment_of_work_does_not_paint_the_waiting_over() {
    let requests = [(50_000, State::Run), (5_000_000, State::Wait)].repeat(2_000);
    for marks_max in [20, 40, 500] {
        let drawn = drawn(&requests, marks_max);
        let (waiting, working) = (area(&drawn, "wait"), area(&drawn, "run"));
        assert!((waiting - 640.0 * 18.0 * 0.45).abs() < 20.0, "waiting all along: {waiting}");
        assert!(working > 0.0 && working < waiting / 2.0, "{working} of work");
        assert!(marks(&drawn) <= marks_max, "{} marks", marks(&drawn));
    }
    // Few moments are thin, and as high as work is elsewhere.
    let drawn = drawn(&[(50_000, State::Run), (5_000_000, State::Wait)].repeat(40), 20);
    assert!((area(&drawn, "run") / 18.0 / 0.8 - 40.0).abs() < 9.0, "{drawn}");
}

/// Fails if a mostly idle column shows the work alone.
#[test]
fn a_wait_is_drawn_beside_idleness_too() {
    let moments = [(9, State::Idle), (2, State::Run), (1, State::Wait), (99, State::Idle)];
    let drawn = drawn(&moments.repeat(3_000), 20);
    assert!(area(&drawn, "wait") > 0.0 && area(&drawn, "run") > 0.0, "{drawn}");
    assert!(!drawn.contains("class=\"idle\""), "{drawn}");
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
    // Fails if a warning is wider than the page.
    let warnings = picture.lines().filter(|line| line.contains("class=\"warn\""));
    assert!(warnings.clone().count() > 2, "{picture}");
    for line in warnings {
        let words = line.split('>').nth(1).unwrap();
        assert!(words.chars().count() <= text::LINE_LETTERS + "</text".len(), "{words}");
    }
    trace.runs.clear();
    assert!(testing::text(write, &trace).contains("there is nothing to draw"));
}
