//! Timelines of runs made up by hand.

use super::*;
use crate::look::palette::LOOKS;
use crate::look::testing::{all, arrows, lock_on};
use crate::terms::output::Glyphs;
use trainyard::trace::{Event, Recording, Track};

const PAGE: Page = Page { width: 80, glyphs: Glyphs::Unicode, lanes_max: 16 };
const MS: u64 = 1_000_000;

fn page(trace: &Trace, asked: &Asked, page: Page) -> String {
    let timeline = plan(trace, asked).unwrap();
    anstream::adapter::strip_str(&draw(&timeline, page)).to_string()
}

/// The whole page of [`lock_on`], of which something is changed.
fn changed(change: impl FnOnce(&mut Recording), on: Page) -> String {
    let mut trace = lock_on();
    change(&mut trace.runs[0].recording);
    page(&trace, &Asked::default(), on)
}

fn of_run(run: &str) -> Asked {
    Asked { run: Some(run.to_owned()), ..Asked::default() }
}

fn of_window(from_ns: u64, until_ns: u64) -> Asked {
    Asked { from_ns, until_ns: Some(until_ns), ..of_run("7") }
}

#[test]
fn two_threads_under_a_lock_look_like_this() {
    let text = page(&all(), &of_run("7"), PAGE);
    assert_eq!(text, include_str!("expected_80.txt"), "\n{text}");
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

#[test]
fn a_window_shows_only_what_lies_in_it() {
    let whole = plan(&all(), &of_run("7")).unwrap();
    let part = plan(&all(), &of_window(12 * MS, 14 * MS)).unwrap();
    assert!(whole.scales[0].runs[0].rows[0].spent.has(|state| state == State::WaitGil));
    // From 10.03 ms to 15 ms the first thread has the lock.
    assert!((part.scales[0].runs[0].rows[0].spent.share(State::Run) - 1.0).abs() < 1e-9);
    let text = page(&all(), &of_window(12 * MS, 14 * MS), PAGE);
    assert!(text.contains("shares are of the part drawn") && text.contains("12  "), "{text}");
    let late = plan(&all(), &of_window(900 * MS, 1000 * MS)).unwrap_err();
    assert!(late.to_string().starts_with("nothing lies between --from and --to"), "{late}");
}

/// Fails if a lane that has lost events is drawn from the begin, or that time is part of a share.
#[test]
fn what_was_lost_is_neither_drawn_nor_counted() {
    let mut trace = lock_on();
    let recording = &mut trace.runs[0].recording;
    let lost = |event: &Event| event.track == 0 && event.time_ns < 30 * MS;
    recording.events.retain(|event| !lost(event));
    recording.tracks[0].overwritten = 7;
    let timeline = plan(&trace, &Asked::default()).unwrap();
    let rows = &timeline.scales[0].runs[0].rows;
    assert!(rows[0].spans[0].from_ns >= 30 * MS && rows[0].spent.beyond_ns == 0);
    assert_eq!(rows[1].spans[0].from_ns, timeline.scales[0].runs[0].begin_ns);
    let text = page(&trace, &Asked::default(), PAGE);
    let lane = text.lines().find(|line| line.contains("0 thread 0")).unwrap();
    assert!(lane.contains("|          ") && text.contains("before is not drawn"), "{text}");
    // A window in which nothing is known has no shares.
    let early = plan(&trace, &Asked { until_ns: Some(MS), ..Asked::default() }).unwrap();
    assert_eq!(early.scales[0].runs[0].rows[0].spent, Spent::default());
}

#[test]
fn failed_wakeups_stand_under_the_lane() {
    let insert = |recording: &mut Recording| {
        let events = &mut recording.events;
        let wait = events.iter().position(|event| event.kind == Kind::GilDropRequest).unwrap();
        events.insert(wait, Event { kind: Kind::GilWakeFailed, b: 0, ..events[wait] });
    };
    let text = changed(insert, PAGE);
    let lane = text.lines().position(|line| line.contains("1 thread 1")).unwrap();
    let ticks = text.lines().nth(lane + 1).unwrap();
    assert_eq!(ticks.matches('╵').count(), 1, "{text}");
    assert!(text.contains("╵ woken in vain"), "{text}");
}

#[test]
fn lanes_that_are_left_out_are_counted() {
    let text = page(&all(), &of_run("2"), Page { lanes_max: 2, ..PAGE });
    assert!(text.contains("3 more lanes are left out; --lanes 5 draws them"), "{text}");
}

/// Fails if the width of the names counts lanes alone.
#[test]
fn the_names_of_many_locks_have_room() {
    let double = |recording: &mut Recording| {
        recording.tracks.iter_mut().for_each(|track| track.name = "t".to_owned());
        for event in std::mem::take(&mut recording.events) {
            let is_lock = matches!(event.kind, Kind::GilTake | Kind::GilDrop);
            let more = Event { a: event.a + 4_000_000_000_000_000_000, ..event };
            recording.events.extend(is_lock.then_some(more).into_iter().chain([event]));
        }
    };
    let text = changed(double, Page { width: 40, ..PAGE });
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
    // INVARIANT: [TIMELINE-2]
    assert!(widest <= 40 && text.contains("lock 4000000000…"), "{text}");
}

/// Fails if the mark of a lane without a digit is explained as a thread without a lane.
#[test]
fn lanes_without_a_digit_have_a_mark_of_their_own() {
    // Lanes stand in the order of their names: these come first.
    let add = |recording: &mut Recording| {
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
    };
    let text = changed(add, Page { lanes_max: 50, ..PAGE });
    assert!(text.contains("+ one of the lanes that have this mark"), "{text}");
    assert!(!text.contains("* another thread") && text.contains("\n + thread 1"), "{text}");
}

/// Fails if a run that has no lanes is passed over in silence.
#[test]
fn a_run_in_which_nobody_worked_is_named() {
    let mut trace = all();
    trace.runs[2].recording.events.clear();
    let text = page(&trace, &Asked::default(), PAGE);
    assert!(text.ends_with("\n3. 5 threads, lock off: nothing to draw\n"), "{text}");
    trace.runs = vec![trace.runs.remove(2)];
    let refused = plan(&trace, &Asked::default()).unwrap_err().to_string();
    assert!(refused.ends_with("(1 run, 0 events)"), "{refused}");
}

#[test]
fn tasks_have_lanes_of_their_own() {
    let asked = Asked { whose: Whose::Tasks, ..Asked::default() };
    let text = page(&arrows(), &asked, PAGE);
    assert!(text.contains("task 7"), "{text}");
    // Fails if what the loop's track did is said of its first task.
    let mut trace = arrows();
    let events = &mut trace.runs[0].recording.events;
    let vain = Event { kind: Kind::GilWakeFailed, ..events[1] };
    events.insert(1, vain);
    events.insert(2, Event { kind: Kind::GilTake, ..vain });
    let timeline = plan(&trace, &asked).unwrap();
    let run = &timeline.scales[0].runs[0];
    assert!(run.locks.is_empty() && run.rows.iter().all(|row| row.in_vain_ns.is_empty()));
    assert!(!document(&timeline).contains("woken_in_vain"));
    let refused = plan(&lock_on(), &asked).unwrap_err().to_string();
    assert!(refused.starts_with("there is nothing to draw, no task of a loop"), "{refused}");
}
