//! What is written comes back; what is damaged is named; what is cut off is missing, and said.

use super::block::{self, HEADER_BYTES};
use super::*;
use crate::trace::{Event, Kind, Track};

fn event(time_ns: u64, track: u32) -> Event {
    Event { time_ns, track, kind: Kind::UnitBegin, cpu: 1, a: time_ns, b: 2 }
}

fn track(number: u32, overwritten: u64) -> Track {
    Track { number, name: format!("worker-{number}"), pid: 70 + number, overwritten }
}

/// Two runs; the first has two tracks that take turns, the second one without an event.
fn trace() -> Trace {
    let first = Recording {
        begin_ns: 5,
        end_ns: 99,
        events: (10..30).map(|time| event(time, 1 + u32::try_from(time).unwrap() % 2)).collect(),
        tracks: vec![track(1, 0), track(2, 3)],
    };
    let second =
        Recording { begin_ns: 100, end_ns: 101, events: Vec::new(), tracks: vec![track(7, 0)] };
    let run = |label: &str, recording| {
        let about = Facts::default().with("label", label);
        Run { about, recording }
    };
    let about = Facts::default().with("program", "test").with("seed", "7");
    Trace::of(about, vec![run("one", first), run("two", second)])
}

fn bytes(trace: &Trace) -> Vec<u8> {
    let mut bytes = Vec::new();
    trace.write_to(&mut bytes).unwrap();
    bytes
}

#[track_caller]
fn check_error(bytes: &[u8], line: &str) {
    assert_eq!(Trace::from_bytes(bytes).unwrap_err().to_string(), line);
}

#[test]
fn a_trace_survives_the_file() {
    assert_eq!(Trace::from_bytes(&bytes(&trace())).unwrap(), trace());
}

#[test]
fn a_run_that_never_ended_ends_with_its_last_sign_of_life() {
    let mut open = trace();
    open.runs[0].recording.end_ns = 0;
    let read = Trace::from_bytes(&bytes(&open)).unwrap();
    assert_eq!(read.runs[0].recording.end_ns, 29);
}

#[test]
fn a_trace_that_was_cut_short_says_so_again() {
    let mut short = trace();
    short.ending = Ending::CutShort;
    assert_eq!(Trace::from_bytes(&bytes(&short)).unwrap(), short);
}

/// Fails if `is_cut` of a block, or the number of blocks, is not looked at.
#[test]
fn a_file_without_its_end_is_refused_wherever_it_stops() {
    let whole = bytes(&trace());
    let last = whole.len() - HEADER_BYTES;
    for end in block::MAGIC_TEXT.len()..=last {
        let error = Trace::from_bytes(&whole[..end]).unwrap_err().to_string();
        let says = format!("its end is missing: it stops after {end} bytes and ");
        assert!(error.starts_with(&says), "{error}");
    }
    check_error(
        &whole[..last],
        &format!(
            "its end is missing: it stops after {last} bytes and 5 of 6 blocks, so it has to be \
             copied or recorded again"
        ),
    );
}

#[test]
fn a_file_to_which_something_was_added_is_damaged() {
    let whole = bytes(&trace());
    let added = [whole.as_slice(), b"and more"].concat();
    let line = format!("it is damaged: at byte {} something follows its last block", whole.len());
    check_error(&added, &line);
}

#[test]
fn what_is_no_trace_is_refused_in_one_line() {
    let no_trace = "it is no trace that `-o FILE` has written";
    check_error(b"", no_trace);
    check_error(b"%PDF-1.7", no_trace);
}

#[test]
fn a_newer_trace_and_one_of_the_other_byte_order_are_named() {
    let mut newer = bytes(&trace());
    newer[block::VERSION_WORD * 8..][..8].copy_from_slice(&4_u64.to_ne_bytes());
    check_error(
        &newer,
        "its format is version 4, and this trainyard reads 3: a newer one is needed",
    );
    newer[block::VERSION_WORD * 8] = 2;
    check_error(
        &newer,
        "its format is version 2, and this trainyard reads 3: it has to be recorded again",
    );
    let mut other = bytes(&trace());
    other[8..HEADER_BYTES].chunks_exact_mut(8).for_each(<[u8]>::reverse);
    check_error(&other, "it was written on a machine of the other byte order");
}

#[test]
fn what_is_damaged_is_named_with_its_place() {
    let whole = bytes(&trace());
    let ring = whole.windows(8).position(|word| word == b"worker-1").unwrap() - 64;
    let damage = |at: usize, value: u64| {
        let mut bytes = whole.clone();
        bytes[at..at + 8].copy_from_slice(&value.to_ne_bytes());
        bytes
    };
    let named = |what: &str| format!("it is damaged: at byte {ring} {what}");
    check_error(&damage(ring, 7), &named("no block begins"));
    check_error(&damage(ring + 8, 9), &named("a block of an unknown kind begins"));
    check_error(&damage(ring + 24, 9), &named("a track has no run"));
    let first = ring + HEADER_BYTES;
    let unknown = 1 << 32 | 999 << 16;
    check_error(&damage(first + 8, unknown), &named("a track has an event of unknown kind"));
    let foreign = event(1, 6).to_words()[1];
    check_error(&damage(first + 8, foreign), &named("a track has an event of another one"));
    let mut between = whole.clone();
    between[ring - 1] = 1;
    let error = Trace::from_bytes(&between).unwrap_err().to_string();
    assert!(error.ends_with("something stands between two blocks"), "{error}");
}

#[test]
fn rubbish_of_any_kind_is_an_error_or_a_trace_and_never_a_panic() {
    let written = bytes(&trace());
    // The same, as if nobody had finished it: its rings then hold ticks.
    let mut flight = written.clone();
    flight[block::BLOCKS_WORD * 8..][..8].fill(0);
    for whole in [written, flight] {
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                drop(Trace::from_bytes(&bytes));
                // And the rest of the word, and the next.
                bytes.iter_mut().skip(at).take(16).for_each(|byte| *byte = value);
                drop(Trace::from_bytes(&bytes));
            }
        }
    }
}

/// Fails if one of the times is believed: a view then adds to it, and wraps.
#[test]
fn the_times_of_no_recording_are_damage() {
    const YEAR_NS: u64 = 365 * 24 * 3_600 * 1_000_000_000;
    let written = |begin_ns, end_ns, last_ns| {
        let mut trace = trace();
        let recording = &mut trace.runs[0].recording;
        (recording.begin_ns, recording.end_ns) = (begin_ns, end_ns);
        recording.events.last_mut().unwrap().time_ns = last_ns;
        bytes(&trace)
    };
    let first_run = 2 * HEADER_BYTES;
    let longer = "a run is longer than a year";
    for (begin_ns, end_ns, last_ns, what) in [
        (5, 4, 29, "a run ends before it begins"),
        (5, u64::MAX, 29, longer),
        (5, 5 + YEAR_NS, 29, longer),
        (5, 0, u64::MAX, longer),
        (0, 0, u64::MAX, longer),
        (5, 99, u64::MAX, "a run has an event long after its end"),
        (5, 99, YEAR_NS, "a run has an event long after its end"),
        (
            u64::MAX - 7,
            u64::MAX,
            u64::MAX - 1,
            "a run begins more than a century after its machine was started",
        ),
    ] {
        let line = format!("it is damaged: at byte {first_run} {what}");
        check_error(&written(begin_ns, end_ns, last_ns), &line);
    }
    // Rings that are copied a little later, and a long run, are nothing strange.
    for (begin_ns, end_ns, last_ns) in [(5, 99, 1_000_000), (5, YEAR_NS, YEAR_NS)] {
        Trace::from_bytes(&written(begin_ns, end_ns, last_ns)).unwrap();
    }
}

/// Gives `head`, then zeros for ever; panics when it has given more than anybody needs.
struct Endless<'a> {
    head: &'a [u8],
    given: usize,
}

impl std::io::Read for Endless<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.given += out.len();
        assert!(self.given < 1 << 20, "it is read on and on");
        let from_head = self.head.len().min(out.len());
        out.fill(0);
        out[..from_head].copy_from_slice(&self.head[..from_head]);
        self.head = &self.head[from_head..];
        Ok(out.len())
    }
}

/// Fails if a file is read whole before it is looked at.
#[test]
fn a_device_without_an_end_is_read_up_to_its_first_wrong_byte() {
    let read = |head: &[u8]| Trace::read_from(Endless { head, given: 0 });
    let line = |head: &[u8]| read(head).unwrap_err().to_string();
    let whole = bytes(&trace());
    let no_trace = "it is no trace that `-o FILE` has written";
    assert_eq!(line(b""), no_trace);
    assert_eq!(line(&block::MAGIC_TEXT), no_trace);
    let follows =
        format!("it is damaged: at byte {} something follows its last block", whole.len());
    assert_eq!(line(&whole), follows);
    // A recorder that died leaves zeros behind its last block; there the file ends.
    let mut flight = whole;
    flight[block::BLOCKS_WORD * 8..][..8].fill(0);
    assert_eq!(read(&flight).unwrap().runs.len(), 2);
    flight[block::ALIGNMENT_WORD * 8..][..8].copy_from_slice(&(1_u64 << 40).to_ne_bytes());
    assert_eq!(line(&flight), no_trace);
}

/// Fails if a flight file is made through a link that somebody has put there.
#[test]
fn rings_are_kept_in_a_new_file_or_in_none() {
    let path = std::env::temp_dir().join(format!("rings-{}.trace", std::process::id()));
    std::fs::write(&path, "kept").unwrap();
    let why = flight::keep_in(&path, &Facts::default(), &Facts::default()).unwrap_err();
    assert_eq!(why.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
    std::fs::remove_file(path).unwrap();
}
