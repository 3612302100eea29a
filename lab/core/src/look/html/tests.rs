//! The page as text: what it holds, and what cannot get out of its place. What it does in a
//! browser is tested by `lab/tests/browser`.

use std::time::{Duration, Instant};

use super::*;
use crate::look::missing::missing;
use crate::look::testing::{lock_on, of, text};
use trainyard::trace::file::{Ending, Facts};
use trainyard::trace::{Event, Kind};

fn words(trace: &Trace) -> serde_json::Value {
    let page = text(write, trace);
    let (_, words) = page.split_once("<script type=\"application/json\" id=\"trace\">").unwrap();
    serde_json::from_str(words.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_template_is_filled_and_the_page_loads_nothing() {
    let mut trace = lock_on();
    trace.about.set("command", "trainyard timeline cpu");
    let page = text(write, &trace);
    for part in ["<title>trainyard timeline cpu</title>", "default-src 'none'", "--wait-gil: #"] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<script type=\"text/plain\" id=\"columns-0\">").count(), 1);
    // INVARIANT: [HTML-1]
    let ways = ["http://", "https://", " src=", "@import", "url(", "fetch(", "XMLHttp", "<link"];
    for way in ways.into_iter().chain(["{{"]) {
        assert!(!page.contains(way), "the page has {way}");
    }
    let page = text(write, &Trace::of(Facts::default(), Vec::new()));
    assert!(page.contains("<title>an empty trace</title>"));
}

#[test]
fn the_words_are_those_of_the_trace() {
    let mut trace = lock_on();
    let name = "</script><script>alert(1)</script>";
    trace.runs[0].recording.tracks[0].name = name.to_owned();
    trace.runs[0].recording.tracks[0].overwritten = 7;
    trace.ending = Ending::CutShort;
    let words = words(&trace);
    let run = &words["runs"][0];
    assert_eq!((&run["tracks"][0]["name"], &run["lanes"][1]["name"]), (&name.into(), &name.into()));
    let lanes = run["lanes"].as_array().unwrap();
    let whats: Vec<_> = lanes.iter().map(|lane| lane["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["lock", "train", "train"]);
    assert!(lanes.iter().all(|lane| lane["count"].as_u64().unwrap() > 3));
    // Each kind that occurs has a sentence and its source.
    let take = &words["kinds"][(Kind::GilTake as u16).to_string()];
    assert_eq!(take["sentence"], "A thread took the global lock.");
    assert!(take["site"]["excerpt"].as_str().unwrap().contains("emit(Kind::GilTake"));
    let occurs = |kind: &&Kind| trace.runs[0].recording.events.iter().any(|e| e.kind == **kind);
    let occur = Kind::ALL.iter().filter(occurs).count();
    assert_eq!(words["kinds"].as_object().unwrap().len(), occur);
    assert_eq!(words["missing"], serde_json::json!(missing(&trace)));
}

#[test]
fn an_event_of_a_track_that_the_file_forgot_has_a_track_all_the_same() {
    let mut trace = lock_on();
    trace.runs[0].recording.tracks.clear();
    assert!(text(write, &trace).contains("\"name\":\"track 1\""));
}

/// Ten times what a release build takes; a tenth of a million, because tests are built for haste.
#[test]
fn a_hundred_thousand_events_take_no_time_to_speak_of() {
    let mut recording = lock_on().runs.remove(0).recording;
    let event = |n: u64| {
        let (turn, here) = (n / 3, u32::from(n / 3 % 2 == 1));
        let shapes = [(2, here, Kind::GilTake), (10, 1 - here, Kind::GilWait)];
        let (ns, track, kind) =
            *shapes.get((n % 3) as usize).unwrap_or(&(900, here, Kind::GilDrop));
        Event { time_ns: turn * 1000 + ns, track, kind, cpu: 0, a: 1, b: 0 }
    };
    recording.events = (0..99_000).map(event).collect();
    let (trace, begin) = (of("a run", recording), Instant::now());
    let page = text(write, &trace);
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert!(page.len() < 20 * trace.runs[0].recording.events.len() + 200_000, "{}", page.len());
}
