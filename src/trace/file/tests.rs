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
