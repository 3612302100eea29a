//! What a trace does not show, in words that stand first in every view.

use crate::text::numbers;
use crate::text::plain::plain;
use trainyard::trace::file::{Ending, Trace};

/// One line for each thing that is missing; none for a trace that is whole.
// INVARIANT: [VIEW-2] every view begins with these lines.
pub fn missing(trace: &Trace) -> Vec<String> {
    let cut_short = "this trace is cut short: the program that recorded has died; what came last \
                     may be missing";
    let mut lines =
        Vec::from_iter((trace.ending == Ending::CutShort).then(|| cut_short.to_owned()));
    for run in &trace.runs {
        let label = plain(run.label());
        let ending = run.about.get("ending").map(|ending| format!("{label}: {}", plain(ending)));
        lines.extend(ending);
        let lost = run.recording.overwritten();
        if lost > 0 {
            let lost = numbers::grouped(lost);
            lines.push(format!(
                "{label}: {lost} events were lost, the oldest of rings that were full; what was \
                 before is not drawn, and the figures are lower bounds"
            ));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::testing::lock_on;

    #[test]
    fn what_is_missing_is_said_and_a_whole_trace_has_nothing_to_say() {
        let mut trace = lock_on();
        assert!(missing(&trace).is_empty());
        trace.runs[0].recording.tracks[0].overwritten = 1200;
        trace.runs[0].about.set("ending", "cut short: its process died\u{1b}");
        trace.ending = Ending::CutShort;
        let lines = missing(&trace);
        assert!(lines[0].starts_with("this trace is cut short"), "{lines:?}");
        assert_eq!(lines[1], "2 threads, lock on: cut short: its process died?");
        assert!(lines[2].starts_with("2 threads, lock on: 1 200 events were lost"), "{lines:?}");
    }
}
