//! Reads a document back and holds it to the rules of the format, as Perfetto's importer has them.
//!
//! What breaks one of them is dropped there without a word, or drawn where nobody looks: a slice
//! that overlaps another, a counter that is a text, an arrow that ends before it begins.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

pub(crate) struct Read {
    pub(super) phase: char,
    pub(super) name: String,
    pub(super) pid: u32,
    pub(super) tid: u32,
    /// Nanoseconds from the origin; 0 for metadata.
    pub(super) at_ns: u64,
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
    check_arrows(&records);
    records
}

/// INVARIANT: [PERFETTO-1] every record has them, and they fit.
#[track_caller]
fn read(record: &Value) -> Read {
    let number = |key: &str| {
        let number = record[key].as_u64().and_then(|number| u32::try_from(number).ok());
        number.filter(|number| *number > 0).unwrap_or_else(|| panic!("{key} of {record}"))
    };
    let phase = record["ph"].as_str().unwrap().chars().next().unwrap();
    let name = record["name"].as_str().unwrap().to_owned();
    assert!("MXbeTCi".contains(phase) && !name.is_empty(), "{record}");
    let time = |key: &str| record.get(key).map(nanoseconds);
    let (at_ns, length_ns) = (time("ts"), time("dur"));
    assert_eq!(at_ns.is_none(), phase == 'M', "{record}");
    assert_eq!(length_ns.is_some(), matches!(phase, 'X' | 'T'), "{record}");
    let (pid, tid) = (number("pid"), number("tid"));
    let arguments = record.get("args").and_then(Value::as_object);
    match phase {
        'C' => assert!(tid == pid && arguments.unwrap().values().all(Value::is_u64), "{record}"),
        'i' => assert_eq!(record["s"], "t", "{record}"),
        'T' => assert!(matches!(&*name, "Running" | "S"), "{record}"),
        _ => {}
    }
    Read { phase, name, pid, tid, at_ns: at_ns.unwrap_or(0), length_ns, whole: record.clone() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^53")]
fn nanoseconds(value: &Value) -> u64 {
    let microseconds = value.as_f64().expect("a time is a number");
    assert!((0.0..9e12).contains(&microseconds), "{value}");
    (microseconds * 1000.0).round() as u64
}

#[track_caller]
fn check_names(records: &[Read]) {
    let mut named: HashSet<(&str, u32, u32)> = HashSet::new();
    for Read { name, pid, tid, whole, .. } in records.iter().filter(|record| record.phase == 'M') {
        let (of, what) = name.split_once('_').unwrap();
        let thread = if of == "process" { pid } else { tid };
        let argument = &whole["args"][what];
        assert!(matches!(of, "process" | "thread") && argument != "", "{whole}");
        assert!(if what == "name" { argument.is_string() } else { argument.is_u64() }, "{whole}");
        assert!(named.insert((name, *pid, *thread)), "named twice: {whole}");
    }
    let mut owners: HashMap<u32, u32> = HashMap::new();
    for Read { pid, tid, whole, .. } in records {
        for (key, thread) in [
            ("process_name", pid),
            ("process_sort_index", pid),
            ("thread_name", tid),
            ("thread_sort_index", tid),
            // A main thread that nobody named.
            ("thread_name", pid),
        ] {
            assert!(named.contains(&(key, *pid, *thread)), "no {key} for {whole}");
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

/// INVARIANT: [PERFETTO-3] on a thread, whatever begins inside a slice ends inside it; lanes and
/// states do not overlap at all.
#[track_caller]
fn check_nesting(records: &[Read]) {
    /// When it begins, how long it lasts, the longest first, and whether it overlaps nothing.
    type Slice = (u64, Reverse<u64>, bool);
    let mut threads: HashMap<(char, u32, u32), Vec<Slice>> = HashMap::new();
    for Read { phase, pid, tid, at_ns, length_ns, whole, .. } in records {
        let Some(length_ns) = length_ns else { continue };
        let is_alone = whole["cat"] == "lane" || *phase == 'T';
        let slices = threads.entry((*phase, *pid, *tid)).or_default();
        slices.push((*at_ns, Reverse(*length_ns), is_alone));
    }
    for (thread, mut slices) in threads {
        slices.sort_unstable();
        let mut open: Vec<u64> = Vec::new();
        for (at_ns, Reverse(length_ns), is_alone) in slices {
            open.retain(|end_ns| *end_ns > at_ns);
            let end_ns = at_ns + length_ns;
            let nests = open.iter().all(|outer| !is_alone && end_ns <= *outer);
            assert!(nests, "overlap on {thread:?} at {at_ns}");
            open.push(end_ns);
        }
    }
}

/// INVARIANT: [PERFETTO-3] on a track, begins and ends pair up inside one outer slice.
#[track_caller]
fn check_tracks(records: &[Read]) {
    /// What is open, when something happened last, and how many outer slices there were.
    type Life<'a> = (Vec<&'a str>, u64, usize);
    let mut tracks: HashMap<(u32, &str, &str), Life<'_>> = HashMap::new();
    for record in records.iter().filter(|record| matches!(record.phase, 'b' | 'e')) {
        let Read { phase, name, pid, at_ns, whole, .. } = record;
        assert!(whole.get("id").is_none(), "a plain id is everybody's: {whole}");
        let id = whole["id2"]["local"].as_str().expect("an id of the process's own");
        assert!(u64::from_str_radix(id.strip_prefix("0x").unwrap(), 16).is_ok(), "{id}");
        let key = (*pid, whole["cat"].as_str().unwrap(), id);
        let (open, last_ns, outer) = tracks.entry(key).or_default();
        assert!(std::mem::replace(last_ns, *at_ns) <= *at_ns, "back in time: {whole}");
        if *phase == 'b' {
            *outer += usize::from(open.is_empty());
            open.push(name);
            assert!(open.len() <= 2, "{whole}");
        } else {
            assert_eq!(open.pop().unwrap(), name);
        }
    }
    for (track, (open, _, outer)) in tracks {
        assert!(open.is_empty() && outer == 1, "{track:?}: {open:?}, {outer} outer slices");
    }
}

/// INVARIANT: [PERFETTO-4] numbers that leave once, and before they enter.
#[track_caller]
fn check_arrows(records: &[Read]) {
    let mut ends: Vec<(u64, usize, u64, bool, bool)> = Vec::new();
    for (index, Read { phase, at_ns, whole, .. }) in records.iter().enumerate() {
        let flag = |key: &str| whole.get(key).is_some_and(|flag| flag == true);
        let (enters, leaves) = (flag("flow_in"), flag("flow_out"));
        let id = whole.get("bind_id").map(|id| id.as_u64().expect("a JSON number"));
        assert_eq!(id.is_some(), enters || leaves, "{whole}");
        assert!(id.is_none() || matches!(phase, 'X' | 'b'), "{whole}");
        ends.extend(id.map(|id| (*at_ns, index, id, enters, leaves)));
    }
    ends.sort_unstable();
    // Whether something has left that has not entered yet.
    let mut open: HashMap<u64, bool> = HashMap::new();
    for (_, index, id, enters, leaves) in ends {
        // Nothing enters that has not left, and nothing leaves twice.
        let expected = enters.then_some(true);
        assert_eq!(open.insert(id, leaves), expected, "{}", records[index].whole);
    }
    assert!(open.values().all(|flying| !flying), "some arrows enter nothing");
}
