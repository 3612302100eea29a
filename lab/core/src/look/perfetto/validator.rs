//! Reads a document back and holds it to the rules of the format, as Perfetto's importer has them.
//!
//! What breaks one of them is dropped there without a word, or drawn where nobody looks: a slice
//! that overlaps another, a counter that is a text, an arrow that ends before it begins.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

/// A record with the fields that most rules need.
pub(crate) struct Read {
    pub(super) phase: char,
    pub(super) name: String,
    pub(super) pid: u32,
    pub(super) tid: u32,
    /// Nanoseconds from the origin; `None` for metadata.
    pub(super) at_ns: Option<u64>,
    pub(super) length_ns: Option<u64>,
    pub(super) whole: Value,
}

/// Reads a document and checks every rule; returns its records in the order of the document.
#[track_caller]
pub(super) fn validate(text: &str) -> Vec<Read> {
    let document: Value = serde_json::from_str(text).expect("it is JSON");
    assert_eq!(document["displayTimeUnit"], "ns");
    assert!(document["metadata"].as_object().unwrap().values().all(Value::is_string));
    let records = document["traceEvents"].as_array().unwrap();
    let records: Vec<Read> = records.iter().map(read).collect();
    check_names(&records);
    check_decimals(text);
    check_nesting(&records);
    check_tracks(&records);
    check_states(&records);
    check_counters_and_moments(&records);
    check_arrows(&records);
    records
}

/// INVARIANT: [PERFETTO-1] every record has them, and they fit.
#[track_caller]
fn read(record: &Value) -> Read {
    let number = |key: &str| {
        let number = record[key].as_u64().unwrap_or_else(|| panic!("no {key} in {record}"));
        let number = u32::try_from(number).expect("it fits 32 bits");
        assert!(number > 0, "{key} 0 would be another one's: {record}");
        number
    };
    let phase = record["ph"].as_str().unwrap();
    assert!(matches!(phase, "M" | "X" | "b" | "e" | "T" | "C" | "i"), "{record}");
    let name = record["name"].as_str().unwrap().to_owned();
    assert!(!name.is_empty(), "{record}");
    let time = |key: &str| record.get(key).map(nanoseconds);
    let (at_ns, length_ns) = (time("ts"), time("dur"));
    assert_eq!(at_ns.is_none(), phase == "M", "{record}");
    assert_eq!(length_ns.is_some(), matches!(phase, "X" | "T"), "{record}");
    let phase = phase.chars().next().unwrap();
    let (pid, tid) = (number("pid"), number("tid"));
    Read { phase, name, pid, tid, at_ns, length_ns, whole: record.clone() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^53")]
fn nanoseconds(value: &Value) -> u64 {
    let microseconds = value.as_f64().expect("a time is a number");
    assert!((0.0..9e12).contains(&microseconds), "{value}");
    (microseconds * 1000.0).round() as u64
}

#[track_caller]
fn check_names(records: &[Read]) {
    let mut named: HashMap<&str, HashSet<(u32, u32)>> = HashMap::new();
    for record in records.iter().filter(|record| record.phase == 'M') {
        let args = &record.whole["args"];
        match record.name.as_str() {
            "process_name" | "thread_name" => {
                assert!(!args["name"].as_str().unwrap().is_empty());
            }
            "process_sort_index" | "thread_sort_index" => assert!(args["sort_index"].is_u64()),
            other => panic!("unknown metadata {other}"),
        }
        let thread = if record.name.starts_with("process") { record.pid } else { record.tid };
        let is_new = named.entry(&record.name).or_default().insert((record.pid, thread));
        assert!(is_new, "named twice: {}", record.whole);
    }
    let mut owners: HashMap<u32, u32> = HashMap::new();
    for Read { pid, tid, whole, .. } in records {
        for key in ["process_name", "process_sort_index"] {
            assert!(named[key].contains(&(*pid, *pid)), "no {key} for {whole}");
        }
        for key in ["thread_name", "thread_sort_index"] {
            assert!(named[key].contains(&(*pid, *tid)), "no {key} for {whole}");
            assert!(named[key].contains(&(*pid, *pid)), "a main thread nobody named: {whole}");
        }
        // Perfetto names a thread by its number alone.
        assert_eq!(*owners.entry(*tid).or_insert(*pid), *pid, "one tid in two processes: {whole}");
    }
}

/// INVARIANT: [PERFETTO-2] three decimals, so that a nanosecond is a nanosecond.
#[track_caller]
fn check_decimals(text: &str) {
    for key in ["\"ts\":", "\"dur\":"] {
        for (at, _) in text.match_indices(key) {
            let number = text[at + key.len()..].split([',', '}']).next().unwrap();
            let (whole, decimals) = number.split_once('.').expect("it has decimals");
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            assert!(digits(whole) && digits(decimals) && decimals.len() == 3, "{number}");
        }
    }
}

/// INVARIANT: [PERFETTO-3] on a thread, whatever begins inside a slice ends inside it.
#[track_caller]
fn check_nesting(records: &[Read]) {
    /// When it begins, how long it lasts, the longest first, and whether it is a lane's.
    type Slice = (u64, Reverse<u64>, bool);
    let mut threads: BTreeMap<(u32, u32), Vec<Slice>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.phase == 'X') {
        let (at_ns, length_ns) = (record.at_ns.unwrap(), record.length_ns.unwrap());
        let is_lane = record.whole["cat"] == "lane";
        let slice = (at_ns, Reverse(length_ns), is_lane);
        threads.entry((record.pid, record.tid)).or_default().push(slice);
    }
    for (thread, mut slices) in threads {
        slices.sort_unstable();
        let mut open: Vec<u64> = Vec::new();
        for (at_ns, Reverse(length_ns), is_lane) in slices {
            open.retain(|end_ns| *end_ns > at_ns);
            assert!(!is_lane || open.is_empty(), "lanes overlap on {thread:?} at {at_ns}");
            let end_ns = at_ns + length_ns;
            assert!(open.iter().all(|outer| end_ns <= *outer), "{thread:?} at {at_ns}");
            open.push(end_ns);
        }
    }
}

/// INVARIANT: [PERFETTO-3] on a track, begins and ends pair up inside one outer slice.
#[track_caller]
fn check_tracks(records: &[Read]) {
    /// A process, a category, an id.
    type Track<'a> = (u32, &'a str, &'a str);
    /// What is open, when something happened last, and how many outer slices there were.
    type Life<'a> = (Vec<&'a str>, u64, usize);
    let mut tracks: HashMap<Track<'_>, Life<'_>> = HashMap::new();
    for record in records.iter().filter(|record| matches!(record.phase, 'b' | 'e')) {
        assert!(record.whole.get("id").is_none(), "a plain id is everybody's: {}", record.whole);
        let id = record.whole["id2"]["local"].as_str().expect("an id of the process's own");
        assert!(u64::from_str_radix(id.strip_prefix("0x").unwrap(), 16).is_ok(), "{id}");
        let key = (record.pid, record.whole["cat"].as_str().unwrap(), id);
        let (open, last_ns, outer) = tracks.entry(key).or_default();
        let at_ns = record.at_ns.unwrap();
        assert!(*last_ns <= at_ns, "back in time: {}", record.whole);
        *last_ns = at_ns;
        if record.phase == 'b' {
            *outer += usize::from(open.is_empty());
            open.push(&record.name);
            assert!(open.len() <= 2, "{}", record.whole);
        } else {
            assert_eq!(open.pop().unwrap(), record.name);
        }
    }
    for (track, (open, _, outer)) in tracks {
        assert!(open.is_empty() && outer == 1, "{track:?}: {open:?}, {outer} outer slices");
    }
}

#[track_caller]
fn check_states(records: &[Read]) {
    let mut ends: HashMap<(u32, u32), u64> = HashMap::new();
    for record in records.iter().filter(|record| record.phase == 'T') {
        assert!(matches!(record.name.as_str(), "Running" | "S"), "{}", record.whole);
        let end_ns = ends.entry((record.pid, record.tid)).or_default();
        assert!(*end_ns <= record.at_ns.unwrap(), "states overlap: {}", record.whole);
        *end_ns = record.at_ns.unwrap() + record.length_ns.unwrap();
    }
}

#[track_caller]
fn check_counters_and_moments(records: &[Read]) {
    for record in records {
        let args = record.whole.get("args").and_then(Value::as_object);
        match record.phase {
            'C' => {
                assert_eq!(record.tid, record.pid, "{}", record.whole);
                assert!(args.unwrap().values().all(Value::is_u64), "{}", record.whole);
            }
            'i' => assert_eq!(record.whole["s"], "t", "{}", record.whole),
            _ => {}
        }
    }
}

/// INVARIANT: [PERFETTO-4] numbers that leave once, and before they enter.
#[track_caller]
fn check_arrows(records: &[Read]) {
    let mut ends: Vec<(u64, usize, u64, bool, bool)> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let flag = |key: &str| record.whole.get(key).is_some_and(|flag| flag == true);
        let (enters, leaves) = (flag("flow_in"), flag("flow_out"));
        let id = record.whole.get("bind_id").map(|id| id.as_u64().expect("a JSON number"));
        assert_eq!(id.is_some(), enters || leaves, "{}", record.whole);
        if let Some(id) = id {
            assert!(matches!(record.phase, 'X' | 'b'), "{}", record.whole);
            ends.push((record.at_ns.unwrap(), index, id, enters, leaves));
        }
    }
    ends.sort_unstable();
    // Whether something has left that has not entered yet.
    let mut open: HashMap<u64, bool> = HashMap::new();
    for (_, index, id, enters, leaves) in ends {
        let whole = &records[index].whole;
        match (enters, open.get(&id)) {
            (true, flying) => assert_eq!(flying, Some(&true), "nothing has left for {whole}"),
            (false, before) => assert_eq!(before, None, "it leaves twice: {whole}"),
        }
        open.insert(id, leaves);
    }
    assert!(open.values().all(|flying| !flying), "some arrows enter nothing");
}
