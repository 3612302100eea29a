//! The words of a page: everything that is not a column of numbers, as one JSON document.
//!
//! Names of threads, labels and commands come from a trace file, and that may come from anybody.
//! In the page they stand in a block of JSON in which `<` is always written as `\u003c`: no text
//! can end the block, begin a comment in it, or open a script. `viewer/details.js` makes text
//! nodes of them, never markup.

use std::collections::HashSet;
use std::fmt::Debug;

use serde_json::{Map, Value, json};

use super::lanes::{Page, Row};
use crate::look::lanes::flows::What as Arrow;
use crate::look::missing::missing;
use crate::look::palette::{LOOKS, Look};
use crate::look::sites;
use trainyard::sys::Why;
use trainyard::trace::file::{Facts, Trace};
use trainyard::trace::{Kind, Stamp, Track};

/// The document, safe to stand inside of a script element.
pub(super) fn document(trace: &Trace, pages: &[Page<'_>]) -> String {
    let facts = json!({
        "facts": pairs(&trace.about),
        "missing": missing(trace),
        "states": LOOKS.iter().map(state).collect::<Vec<_>>(),
        "whys": (0..).map_while(Why::from_word).map(lower).collect::<Vec<_>>(),
        "vainKind": Kind::GilWakeFailed as u16,
        "arrows": Arrow::ALL.map(|arrow| arrow.words()[0]),
        "kinds": kinds(pages),
        "runs": pages.iter().map(run).collect::<Vec<_>>(),
    });
    // INVARIANT: [HTML-2] a text would need a `<` to leave the block.
    facts.to_string().replace('<', "\\u003c")
}

fn pairs(facts: &Facts) -> Vec<(&str, &str)> {
    facts.iter().collect()
}

fn state(look: &Look) -> Value {
    json!({
        "name": look.name,
        "label": look.label,
        "means": look.meaning,
        "height": f64::from(look.height) / 100.0,
        "texture": lower(look.texture),
    })
}

/// The name of a variant, for the page.
fn lower(variant: impl Debug) -> String {
    format!("{variant:?}").to_lowercase()
}

/// The kinds that occur, by their numbers, each with its sentence and the source that emits it.
fn kinds(pages: &[Page<'_>]) -> Map<String, Value> {
    let events = pages.iter().flat_map(|page| &page.run.recording.events);
    let occurs: HashSet<Kind> = events.map(|event| event.kind).collect();
    let found = Kind::ALL.iter().filter(|kind| occurs.contains(kind));
    found.map(|&kind| ((kind as u16).to_string(), about_kind(kind))).collect()
}

fn about_kind(kind: Kind) -> Value {
    let site = sites::site(kind);
    json!({
        "name": kind.name(),
        "sentence": kind.sentence(),
        "words": kind.words(),
        "stamp": match kind.stamp() {
            Stamp::Releasing => "stamped before others could see it",
            Stamp::Local => "",
            Stamp::Acquiring => "stamped after it was seen",
        },
        "site": {
            "file": site.file,
            "line": site.line,
            "first": site.first_line,
            "excerpt": site.excerpt,
        },
    })
}

fn run(page: &Page<'_>) -> Value {
    let (run, begin_ns) = (page.run, page.scene.begin_ns);
    let track =
        |track: &Track| json!({ "number": track.number, "name": track.name, "pid": track.pid });
    let lane = |row: &Row| {
        json!({
            "what": row.what,
            "name": row.lane.name,
            "track": row.lane.track,
            "id": row.lane.id,
            "end": row.end_ns.saturating_sub(begin_ns),
            "count": row.lane.spans.len(),
            "ticks": row.ticks.len(),
        })
    };
    json!({
        "label": run.label(),
        "facts": pairs(&run.about),
        "begin": begin_ns,
        "length": page.scene.end_ns - begin_ns,
        "tracks": page.tracks.iter().map(track).collect::<Vec<_>>(),
        "events": run.recording.events.len(),
        "lanes": page.rows.iter().map(lane).collect::<Vec<_>>(),
        "flows": page.scene.flows.len(),
    })
}
