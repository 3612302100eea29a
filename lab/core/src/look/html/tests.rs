//! The page as text: what it holds, and what cannot get out of its place. What it does in a
//! browser is tested by `lab/tests/browser`.

use std::time::{Duration, Instant};

use super::*;
use crate::look::missing::missing;
use trainyard::trace::file::{Ending, Facts, Run};
use trainyard::trace::{Event, Kind, Recording, Track};

fn page(trace: &Trace) -> String {
    let mut page = Vec::new();
    write(trace, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn event(time_ns: u64, track: u32, kind: Kind, a: u64) -> Event {
    Event { time_ns, track, kind, cpu: 0, a, b: 0 }
}

fn track(number: u32, name: &str) -> Track {
    Track { number, name: name.to_owned(), pid: 1, overwritten: 0 }
}

/// Two threads that hand a lock over `turns` times.
fn run_of(turns: u64, name: &str) -> Run {
    let mut events = vec![event(0, 1, Kind::UnitBegin, 1), event(1, 2, Kind::UnitBegin, 2)];
    for turn in 0..turns {
        let (here, there) = if turn % 2 == 0 { (1, 2) } else { (2, 1) };
        let at = turn * 1000;
        events.push(event(at + 2, here, Kind::GilTake, 1));
        events.push(event(at + 10, there, Kind::GilWait, 1));
        events.push(event(at + 900, here, Kind::GilDrop, 1));
    }
    let end = turns * 1000 + 10;
    events.extend([event(end, 1, Kind::UnitEnd, 1), event(end, 2, Kind::UnitEnd, 2)]);
    let tracks = vec![track(1, name), track(2, "worker-1")];
    let recording = Recording { begin_ns: 0, end_ns: end, events, tracks };
    Run { about: Facts::default().with("label", name), recording }
}

fn trace_of(run: Run) -> Trace {
    Trace::of(Facts::default().with("command", "trainyard timeline cpu"), vec![run])
}

/// The contents of the elements whose begin tag is `tag`.
fn blocks<'a>(page: &'a str, tag: &str) -> Vec<&'a str> {
    let parts = page.split(tag).skip(1);
    parts.map(|part| part.split_once("</script>").unwrap().0).collect()
}

#[test]
fn the_template_is_filled_and_nothing_of_it_is_left() {
    let page = page(&trace_of(run_of(4, "worker-0")));
    assert!(!page.contains("{{"), "a name is left");
    assert!(page.contains("<title>trainyard timeline cpu</title>"));
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("--wait-gil: #"));
    assert_eq!(blocks(&page, "<script type=\"text/plain\" id=\"columns-0\">").len(), 1);
}

#[test]
fn a_page_loads_nothing() {
    // INVARIANT: [HTML-1]
    let page = page(&trace_of(run_of(4, "worker-0")));
    for way in
        ["http://", "https://", " src=", "@import", "url(", "fetch(", "XMLHttpRequest", "<link"]
    {
        assert!(!page.contains(way), "the page has {way}");
    }
}

#[test]
fn no_name_of_a_trace_leaves_the_block_of_words() {
    for name in
        ["</script><script>alert(1)</script>", "<!-- <script>", "\"};alert(1)//", "]]>\u{2028}"]
    {
        let mut trace = trace_of(run_of(4, name));
        trace.about.set("command", name);
        let page = page(&trace);
        let plain = self::page(&trace_of(run_of(4, "worker-0")));
        assert_eq!(page.matches("<script").count(), plain.matches("<script").count(), "{name}");
        assert_eq!(page.matches("<!--").count(), plain.matches("<!--").count(), "{name}");
        let words = blocks(&page, "<script type=\"application/json\" id=\"trace\">")[0];
        let words: serde_json::Value = serde_json::from_str(words).unwrap();
        assert_eq!(words["runs"][0]["tracks"][0]["name"], name);
        assert_eq!(words["runs"][0]["lanes"][1]["name"], name);
    }
}

#[test]
fn the_words_have_a_sentence_and_the_source_of_each_kind_that_occurs() {
    let page = page(&trace_of(run_of(4, "worker-0")));
    let words = blocks(&page, "<script type=\"application/json\" id=\"trace\">")[0];
    let words: serde_json::Value = serde_json::from_str(words).unwrap();
    let kinds = words["kinds"].as_object().unwrap();
    assert_eq!(kinds.len(), 5);
    let take = &kinds[&(Kind::GilTake as u16).to_string()];
    assert_eq!(take["sentence"], "A thread took the global lock.");
    assert!(take["site"]["excerpt"].as_str().unwrap().contains("emit(Kind::GilTake"));
}

#[test]
fn a_lane_is_a_lock_a_train_or_a_task_and_says_how_many_spans_it_has() {
    let page = page(&trace_of(run_of(4, "worker-0")));
    let words = blocks(&page, "<script type=\"application/json\" id=\"trace\">")[0];
    let words: serde_json::Value = serde_json::from_str(words).unwrap();
    let lanes = words["runs"][0]["lanes"].as_array().unwrap();
    let whats: Vec<_> = lanes.iter().map(|lane| lane["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["lock", "train", "train"]);
    assert!(lanes.iter().all(|lane| lane["count"].as_u64().unwrap() > 3));
}

#[test]
fn loss_and_a_missing_end_are_in_the_words() {
    let mut trace = trace_of(run_of(4, "worker-0"));
    trace.runs[0].recording.tracks[0].overwritten = 7;
    trace.ending = Ending::CutShort;
    let page = page(&trace);
    let words = blocks(&page, "<script type=\"application/json\" id=\"trace\">")[0];
    let words: serde_json::Value = serde_json::from_str(words).unwrap();
    let lines = missing(&trace);
    assert!(lines.len() == 2 && lines[1].contains("7 events were lost"), "{lines:?}");
    assert_eq!(words["missing"], serde_json::json!(lines));
}

#[test]
fn a_trace_without_runs_is_a_page_too() {
    let page = page(&Trace::of(Facts::default(), Vec::new()));
    assert!(page.contains("<title>an empty trace</title>"));
}

#[test]
fn an_event_of_a_track_that_the_file_forgot_has_a_track_all_the_same() {
    let mut run = run_of(4, "worker-0");
    run.recording.tracks.clear();
    assert!(page(&trace_of(run)).contains("\"name\":\"track 2\""));
}

/// Ten times what a release build takes; a tenth of a million, because tests are built for haste.
#[test]
fn a_hundred_thousand_events_take_no_time_to_speak_of() {
    let trace = trace_of(run_of(33_000, "worker-0"));
    let begin = Instant::now();
    let page = page(&trace);
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert!(page.len() < 20 * trace.runs[0].recording.events.len() + 200_000, "{}", page.len());
}
