//! The timeline for programs: `trainyard.timeline/1`, the shares of every lane.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Shown, Timeline, Whose};
use crate::look::lanes::Figures;
use crate::look::lanes::lock::held_ns;
use crate::look::palette::LOOKS;

const SCHEMA: &str = "trainyard.timeline/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    missing: &'a [String],
    about: BTreeMap<&'a str, &'a str>,
    runs: Vec<OneRun<'a>>,
}

/// Times are in nanoseconds; `from_ns` and `until_ns` count from the begin of the run, and bound
/// what the shares are shares of.
#[derive(Serialize)]
struct OneRun<'a> {
    number: usize,
    label: &'a str,
    workload: Option<&'a str>,
    length_ns: u64,
    from_ns: u64,
    until_ns: u64,
    #[serde(flatten)]
    figures: Figures,
    hand_offs: usize,
    locks: Vec<Lock<'a>>,
    lanes: Vec<Lane<'a>>,
}

#[derive(Serialize)]
struct Lock<'a> {
    lock: u64,
    held_by: Vec<HeldBy<'a>>,
}

/// How long a lane held a lock in the whole run.
#[derive(Serialize)]
struct HeldBy<'a> {
    lane: Option<&'a str>,
    track: u32,
    held_ns: u64,
}

#[derive(Serialize)]
struct Lane<'a> {
    name: &'a str,
    track: u32,
    /// Not said of tasks: they share the track of their loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    woken_in_vain: Option<usize>,
    share: BTreeMap<&'static str, f64>,
}

/// Writes the timeline as one JSON document, with all its lanes.
///
/// # Panics
///
/// Never: what it writes are texts and numbers.
pub fn document(timeline: &Timeline) -> String {
    let runs = timeline.scales.iter().flat_map(|scale| {
        let window = (scale.from_ns, scale.until_ns);
        scale.runs.iter().map(move |run| one_run(run, window))
    });
    let mut runs: Vec<OneRun<'_>> = runs.collect();
    runs.sort_by_key(|run| run.number);
    let about = timeline.about.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let document = Document { schema: SCHEMA, missing: &timeline.missing, about, runs };
    let text = serde_json::to_string_pretty(&document).expect("it holds texts and numbers");
    text + "\n"
}

fn one_run(run: &Shown, (from_ns, until_ns): (u64, u64)) -> OneRun<'_> {
    let (names, rows) = (run.lanes(), &run.rows);
    let locks = run.locks.iter().map(|lock| {
        let held: BTreeMap<u32, u64> = held_ns(&lock.spans).into_iter().collect();
        let held_by = held.into_iter().map(|(track, held_ns)| {
            let lane = names.get(&track).map(|&index| rows[index].lane.name.as_str());
            HeldBy { lane, track, held_ns }
        });
        Lock { lock: lock.id, held_by: held_by.collect() }
    });
    let lanes = rows.iter().map(|row| {
        // INVARIANT: [TIMELINE-1] the page prints `Spent::share` of the same `Spent`.
        let share = LOOKS.iter().map(|look| (look.name, row.spent.share(look.state)));
        Lane {
            name: &row.lane.name,
            track: row.lane.track,
            woken_in_vain: (run.whose == Whose::Trains).then_some(row.in_vain_ns.len()),
            share: share.filter(|(_, share)| *share > 0.0).collect(),
        }
    });
    OneRun {
        number: run.number,
        label: &run.label,
        workload: run.workload.as_deref(),
        length_ns: run.length_ns,
        from_ns: from_ns.min(run.length_ns),
        until_ns: until_ns.min(run.length_ns),
        figures: run.figures,
        hand_offs: run.hand_offs,
        locks: locks.collect(),
        lanes: lanes.collect(),
    }
}
