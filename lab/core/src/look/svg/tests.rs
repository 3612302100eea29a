//! Pictures of runs made up by hand: well-formed, small enough, and nothing lost.

use super::*;
use crate::look::testing::{all, arrows, lock_on, spans, text};
use trainyard::trace::{Event, Kind};

/// Every tag is closed in order, every attribute quoted, `<` and `&` stand for themselves nowhere,
/// and there are not too many marks.
#[track_caller]
pub(in crate::look) fn check_picture(picture: &str) {
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
    for (at, _) in picture.match_indices('&') {
        let entities = ["&amp;", "&lt;", "&gt;", "&quot;"];
        assert!(entities.iter().any(|entity| picture[at..].starts_with(entity)));
    }
    let is_xml = |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    assert!(picture.chars().all(is_xml));
    // INVARIANT: [SVG-1]
    assert!(marks(picture) <= MARKS_MAX, "{} marks", marks(picture));
    // Fails if a run's heading stands where there is no more room for its lanes.
    for part in picture.split("<text class=\"head\"").skip(2) {
        assert!(part.contains("class=\"shares\""), "no lane under {part}");
    }
    // Fails if a warning is wider than the page.
    for line in picture.lines().filter(|line| line.contains("class=\"warn\"")) {
        let words = line.split('>').nth(1).unwrap();
        assert!(words.chars().count() <= LINE_LETTERS + "</text".len(), "{words}");
    }
}

fn marks(picture: &str) -> usize {
    ["<rect", "<path", "<text", "<circle"].iter().map(|tag| picture.matches(tag).count()).sum()
}

#[test]
fn a_mark_says_what_happened_and_what_began_it() {
    let picture = text(write, &lock_on());
    for part in [
        "<title>thread 1: waiting for the lock, 5.02 ms from 10 us on. A thread found the global \
         lock taken and waits for it. (GilWait)</title>",
        ">run 51 %, wait GIL 49 %</text>",
        "<title>thread 0 holds the lock</title>",
    ] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    check_picture(&picture);
    check_picture(&text(write, &arrows()));
    let nothing = text(write, &Trace { runs: Vec::new(), ..lock_on() });
    assert!(nothing.contains("there is nothing to draw"));
}

/// Half a million spans, a thousand locks, a hundred runs of eleven kinds, and a thousand runs
/// that have lost events.
#[test]
fn a_picture_has_a_limit_whatever_was_recorded() {
    let mut crowded = lock_on();
    let turn = |turn: u64| {
        let (at, track) = (turn * 200, u32::from(turn % 2 == 1));
        let event = move |us, kind, a| Event { time_ns: at + us, track, kind, cpu: 0, a, b: 0 };
        let unit = [event(50, Kind::UnitBegin, turn), event(150, Kind::UnitEnd, turn)];
        [[event(0, Kind::GilTake, 1), unit[0]], [unit[1], event(160, Kind::GilDrop, 1)]].concat()
    };
    crowded.runs[0].recording.events = (0..250_000).flat_map(turn).collect();
    let mut locks = lock_on();
    let recording = &mut locks.runs[0].recording;
    for event in std::mem::take(&mut recording.events) {
        let is_lock = matches!(event.kind, Kind::GilTake | Kind::GilDrop);
        let numbers = if is_lock { 0..1000 } else { 0..1 };
        recording.events.extend(numbers.map(|more| Event { a: event.a + more, ..event }));
    }
    let mut many = all();
    many.runs = vec![many.runs; 10].concat();
    let mut runs = lock_on();
    runs.runs[0].recording.tracks[0].overwritten = 7;
    runs.runs = vec![runs.runs[0].clone(); 1000];
    for (trace, said) in [
        (crowded, "too many to draw here"),
        (locks, ">996 more locks of 1000 not drawn</text>"),
        (many, "not drawn; --run draws one of them alone"),
        (runs.clone(), ">979 more runs of 1000 not drawn; "),
        (runs, ">and so on: 980 more warnings</text>"),
    ] {
        let picture = text(write, &trace);
        check_picture(&picture);
        assert!(picture.contains(said), "{said}");
    }
}

/// A lane of these lengths and states from 0 on, with room for so many marks.
fn drawn(lengths: &[(u64, State)], marks_max: usize) -> String {
    let until_ns = lengths.iter().map(|(length, _)| length).sum();
    let frame = Frame { origin_ns: 0, from_ns: 0, until_ns };
    let place = lane::Place { frame, top: 0.0, height: 18.0, marks_max, name: "first" };
    lane::draw(&spans(0, lengths), place, None)
}

/// The area of the marks of a state, as rectangles and as parts of one path.
fn area(drawn: &str, state: &str) -> f64 {
    let number = |text: &str, before: &str, after: char| -> f64 {
        text.split(before).nth(1).unwrap().split(after).next().unwrap().parse().unwrap()
    };
    let marks = drawn.lines().filter(|line| line.contains(&format!("class=\"{state}\"")));
    let area = |line: &str| match line.split_once(" d=\"") {
        Some((_, path)) => {
            let parts = path.split('M').skip(1);
            parts.map(|part| number(part, "h", 'v') * number(part, "v-", 'h')).sum::<f64>()
        }
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
        let last = drawn.rfind("class=\"run\"").unwrap();
        assert!(drawn.rfind("class=\"wait-gil\"").unwrap() > last, "on top of the work: {drawn}");
    }
    let columns = drawn(&[work, (2_000, State::WaitGil), work, (9_000, State::Idle)], 2);
    assert!(area(&columns, "wait-gil") < area(&columns, "run"), "{columns}");
    // Beside idleness too.
    let moments = [(9, State::Idle), (2, State::Run), (1, State::Wait), (99, State::Idle)];
    let columns = drawn(&moments.repeat(3_000), 20);
    assert!(area(&columns, "wait") > 0.0 && area(&columns, "run") > 0.0, "{columns}");
    assert!(!columns.contains("class=\"idle\""), "{columns}");
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
    let drawn = drawn(&requests[..80], 20);
    assert!((area(&drawn, "run") / 18.0 / 0.8 - 40.0).abs() < 9.0, "{drawn}");
}
