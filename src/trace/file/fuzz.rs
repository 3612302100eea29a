//! What must hold of every sequence of bytes that is read as a trace, as a function for fuzzers.

use super::{ReadError, Trace};

/// Reads `data`. What is read has times that can be reckoned with, takes no more room than `data`
/// explains, and survives being written and read again.
///
/// # Panics
///
/// Panics if one of these does not hold.
#[doc(hidden)]
pub fn fuzz_file(data: &[u8]) -> Option<Trace> {
    let trace = match Trace::from_bytes(data) {
        Ok(trace) => trace,
        Err(ReadError::File(why)) => panic!("bytes in memory cannot fail: {why}"),
        Err(why) => {
            assert_eq!(why.to_string().lines().count(), 1, "{why:?}");
            return None;
        }
    };
    for run in &trace.runs {
        let recording = &run.recording;
        assert!(recording.begin_ns <= recording.end_ns, "[READ-2]");
        assert!(recording.events.is_sorted_by_key(|event| event.time_ns), "in order");
        assert!(recording.events.len() * 32 <= data.len(), "[READ-1]");
    }
    let mut written = Vec::new();
    trace.write_to(&mut written).expect("writing to memory does not fail");
    let again = Trace::from_bytes(&written);
    assert!(again.as_ref().is_ok_and(|again| is_same(again, &trace)), "{again:?}, not {trace:?}");
    Some(trace)
}

/// Tells whether a trace came back; of tracks with one number the first has the events of all.
fn is_same(again: &Trace, before: &Trace) -> bool {
    let events = |trace: &Trace| trace.runs.iter().map(|run| run.recording.events.len()).sum();
    let [again_count, before_count]: [usize; 2] = [events(again), events(before)];
    again.about == before.about && again_count == before_count && again.ending == before.ending
}
