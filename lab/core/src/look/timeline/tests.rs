//! Timelines of runs made up by hand.

use super::*;
use crate::look::palette::LOOKS;
use crate::look::testing::{all, arrows, lock_on};
use crate::terms::output::Glyphs;
use crate::testing::check_known;
use crate::text::add;
use trainyard::trace::{Event, Recording, Track};

const PAGE: Page = Page { width: 80, glyphs: Glyphs::Unicode, lanes_max: 16 };
const MS: u64 = 1_000_000;

/// The page, or why there is none.
fn page(trace: &Trace, asked: &Asked, page: Page) -> String {
    match plan(trace, asked) {
        Ok(timeline) => anstream::adapter::strip_str(&draw(&timeline, page)).to_string(),
        Err(refused) => format!("{refused}\n"),
    }
}

fn of_run(run: &str) -> Asked {
    Asked { run: Some(run.to_owned()), ..Asked::default() }
}

fn of_window(from_ns: u64, until_ns: u64) -> Asked {
    Asked { from_ns, until_ns: Some(until_ns), ..of_run("7") }
}

/// [`lock_on`], of which something is changed.
fn changed(change: impl FnOnce(&mut Recording)) -> Trace {
    let mut trace = lock_on();
    change(&mut trace.runs[0].recording);
    trace
}

fn lose_30_ms(recording: &mut Recording) {
    recording.events.retain(|event| event.track != 0 || event.time_ns >= 30 * MS);
    recording.tracks[0].overwritten = 7;
}

fn wake_in_vain(recording: &mut Recording) {
    let events = &mut recording.events;
    let wait = events.iter().position(|event| event.kind == Kind::GilDropRequest).unwrap();
    events.insert(wait, Event { kind: Kind::GilWakeFailed, b: 0, ..events[wait] });
}

/// Fails if the width of the names counts lanes alone.
fn double_the_lock(recording: &mut Recording) {
    recording.tracks.iter_mut().for_each(|track| track.name = "t".to_owned());
    for event in std::mem::take(&mut recording.events) {
        let is_lock = matches!(event.kind, Kind::GilTake | Kind::GilDrop);
        let more = Event { a: event.a + 4_000_000_000_000_000_000, ..event };
        recording.events.extend(is_lock.then_some(more).into_iter().chain([event]));
    }
}

/// Lanes stand in the order of their names: forty come first, and no digit is left for the others.
fn add_lanes(recording: &mut Recording) {
    let mut units = recording.events.iter().filter(|event| event.kind == Kind::UnitBegin);
    let unit = *units.next().unwrap();
    for number in 100..140 {
        let name = format!("a {number}");
        recording.tracks.push(Track { number, name, pid: 0, overwritten: 0 });
        let begin = Event { track: number, a: u64::from(number) * 1000, ..unit };
        let end = Event { kind: Kind::UnitEnd, time_ns: unit.time_ns + 1, ..begin };
        recording.events.extend([begin, end]);
    }
    recording.events.sort_by_key(|event| event.time_ns);
}

#[test]
fn every_kind_of_page_looks_like_this() {
    let mut said = String::new();
    let mut show = |what: &str, trace: &Trace, asked: &Asked, on: Page| {
        add!(said, "## {what}\n{}\n", page(trace, asked, on));
    };
    let (whole, tasks) = (Asked::default(), Asked { whose: Whose::Tasks, ..Asked::default() });
    let mut without_work = all();
    without_work.runs[2].recording.events.clear();
    let nobody = Trace { runs: vec![without_work.runs[2].clone()], ..all() };
    let (lossy, narrow) = (changed(lose_30_ms), Page { width: 40, ..PAGE });
    let early = Asked { until_ns: Some(MS), ..Asked::default() };
    show("two threads under a lock", &all(), &of_run("7"), PAGE);
    show("a window", &all(), &of_window(12 * MS, 14 * MS), PAGE);
    show("a window behind the end", &all(), &of_window(900 * MS, 1000 * MS), PAGE);
    show("what was lost is neither drawn nor counted", &lossy, &whole, PAGE);
    show("a window in which nothing is known of a lane", &lossy, &early, PAGE);
    show("woken in vain", &changed(wake_in_vain), &whole, PAGE);
    show("lanes that are left out", &all(), &of_run("2"), Page { lanes_max: 2, ..PAGE });
    show("many locks have long names", &changed(double_the_lock), &whole, narrow);
    show("lanes without a digit", &changed(add_lanes), &whole, Page { lanes_max: 50, ..PAGE });
    show("a run in which nobody worked", &without_work, &whole, PAGE);
    show("and no others", &nobody, &whole, PAGE);
    show("tasks", &arrows(), &tasks, PAGE);
    show("no tasks", &lock_on(), &tasks, PAGE);
    check_known("lab/core/src/look/timeline/pages.txt", &said);
}

#[test]
fn no_line_is_wider_than_the_page_and_the_alphabet_is_what_was_asked_for() {
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        for width in (40..200).step_by(7) {
            for lanes_max in [1, 16] {
                let text = page(&all(), &Asked::default(), Page { width, glyphs, lanes_max });
                // INVARIANT: [TIMELINE-2]
                let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
                assert!(widest <= width, "{width} columns, {widest} used:\n{text}");
                assert!(glyphs == Glyphs::Unicode || text.is_ascii(), "{text}");
            }
        }
    }
}

/// Every share that the page prints, next to the document's.
#[test]
fn the_page_and_the_document_say_the_same() {
    for asked in [Asked::default(), of_window(12 * MS, 15 * MS)] {
        let timeline = plan(&all(), &asked).unwrap();
        let text = page(&all(), &asked, Page { width: 160, ..PAGE });
        let json: serde_json::Value = serde_json::from_str(&document(&timeline)).unwrap();
        assert_eq!(json["schema"], "trainyard.timeline/1");
        let lanes = json["runs"].as_array().unwrap().iter();
        let lanes = lanes.flat_map(|run| run["lanes"].as_array().unwrap());
        // Lanes begin with a bar, and the lock's lane has no shares.
        let printed: Vec<&str> = text.lines().filter(|line| line.contains(" %")).collect();
        assert_eq!(lanes.clone().count(), printed.len(), "{text}");
        for (lane, line) in lanes.zip(printed) {
            assert!(line.contains(lane["name"].as_str().unwrap()), "{line}: {lane}");
            let (_, shares) = line.rsplit_once('|').unwrap();
            for share in shares.trim().split("  ") {
                let (label, percent) = share.trim_end_matches(" %").rsplit_once(' ').unwrap();
                let label = label.trim_end_matches(" <");
                let look = LOOKS.iter().find(|look| label == look.label).unwrap();
                let exact = lane["share"][look.name].as_f64().unwrap() * 100.0;
                // INVARIANT: [TIMELINE-1]
                let rounded: f64 = percent.parse().unwrap();
                assert!((exact - rounded).abs() <= 0.5 || exact < 1.0, "{line}: {lane}");
            }
        }
    }
}

#[test]
fn runs_of_one_workload_share_a_scale() {
    let timeline = plan(&all(), &Asked::default()).unwrap();
    let labels = |scale: &Scale| scale.runs.iter().map(|run| run.number).collect::<Vec<_>>();
    let scales: Vec<Vec<usize>> = timeline.scales.iter().map(labels).collect();
    assert_eq!(scales, [vec![1, 2, 3, 4, 5], vec![6, 7, 8, 9, 10, 11]]);
    let text = page(&all(), &Asked::default(), PAGE);
    let working = |label: &str| {
        let line = text.lines().position(|line| line.contains(label)).unwrap();
        let strip = text.lines().nth(line + 1).unwrap().split('|').nth(1).unwrap();
        strip.chars().filter(|cell| *cell == '█').count()
    };
    // A run that takes half as long is half as long.
    assert!(working("6. one after another") >= 2 * working("2 threads, lock off") - 2, "{text}");
}

/// Fails if what the loop's track did is said of its first task.
#[test]
fn what_a_loop_did_is_said_of_none_of_its_tasks() {
    let mut trace = arrows();
    let events = &mut trace.runs[0].recording.events;
    let vain = Event { kind: Kind::GilWakeFailed, ..events[1] };
    events.insert(1, vain);
    events.insert(2, Event { kind: Kind::GilTake, ..vain });
    let timeline = plan(&trace, &Asked { whose: Whose::Tasks, ..Asked::default() }).unwrap();
    let run = &timeline.scales[0].runs[0];
    assert!(run.locks.is_empty() && run.rows.iter().all(|row| row.in_vain_ns.is_empty()));
    assert!(!document(&timeline).contains("woken_in_vain"));
}
