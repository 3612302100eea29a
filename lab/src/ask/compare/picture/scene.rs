//! What a block shows: which trains, from which moment on, and for how long.
//!
//! All strips of a block show the same length of time, so it is chosen for all of them: a few of
//! the periods that repeat. For waiting that is the server's latency, for computing a turn with
//! the lock.

use super::Subject;
use crate::ask::compare::report::Report;
use lab_core::look::lanes::{Lane, Lanes};
use lab_core::look::palette::State;
use lab_core::look::strip::{self, Mark};
use lab_core::terms::{GilState, Model, Workload};

/// How many trains of a pool are drawn.
const TRAINS_MAX: usize = 2;
/// How many waits, or turns with the lock, a strip shows: enough to see that they repeat.
const PERIODS: u64 = 6;

/// The trains of one contender that are drawn, from one moment on.
pub(super) struct Scene {
    pub(super) strips: Vec<Vec<Mark>>,
    /// Whether they begin with a second train that came late: before it there is nothing to compare.
    pub(super) waits_for_second: bool,
}

/// Cuts the trains that worked first into strips of `cells` cells, which show `window_ns` each.
pub(super) fn strips(lanes: &Lanes, window_ns: u64, cells: usize) -> Scene {
    let first_work = |lane: &Lane| {
        let span = lane.spans.iter().find(|span| span.state != State::Idle);
        span.map(|span| span.from_ns)
    };
    let with_work = lanes.trains.iter().filter_map(|lane| Some((first_work(lane)?, lane)));
    let mut trains: Vec<(u64, &Lane)> = with_work.collect();
    trains.sort_by_key(|(first_work_ns, _)| *first_work_ns);
    trains.truncate(TRAINS_MAX);
    // A thread's start takes a while, and a short window would show only who came first.
    let late_ns = lanes.begin_ns.saturating_add(window_ns / PERIODS);
    let second = trains.get(1).map(|(first_work_ns, _)| *first_work_ns);
    let second = second.filter(|second_ns| *second_ns > late_ns);
    let from_ns = second.unwrap_or(lanes.begin_ns);
    let until_ns = from_ns.saturating_add(window_ns);
    let strip = |(_, lane): &(u64, &Lane)| strip::marks(&lane.spans, from_ns, until_ns, cells);
    Scene { strips: trains.iter().map(strip).collect(), waits_for_second: second.is_some() }
}

/// How much time is drawn: some periods of what repeats, and no more than there is.
pub(super) fn window_ns(report: &Report, workload: Workload, subjects: &[Subject<'_>]) -> u64 {
    let params = &report.params;
    let lengths = subjects.iter().filter_map(|subject| subject.lanes.as_ref());
    let longest_ns = lengths.map(|lanes| lanes.end_ns - lanes.begin_ns).max().unwrap_or(0).max(1);
    let period_ns = match workload {
        Workload::Io if params.urls.is_empty() => params.latency_ns,
        // Somebody else's server, or no latency: what one request takes in sequence.
        Workload::Io => 0,
        Workload::Cpu => turn_ns(params.switch_interval_ns, subjects),
    };
    let fallback_ns = (longest_ns / params.units(workload) as u64).max(1);
    let period_ns = if period_ns == 0 { fallback_ns } else { period_ns };
    round_up(period_ns.saturating_mul(PERIODS).min(longest_ns))
}

/// How long a train keeps the lock: an interval, if the machine lets it be handed over that fast.
///
/// On a busy machine a waiter has to wait for a processor before it can ask for the lock.
fn turn_ns(interval_ns: u64, subjects: &[Subject<'_>]) -> u64 {
    let locked = subjects
        .iter()
        .filter(|subject| (subject.row.model, subject.row.gil) == (Model::Threads, GilState::On));
    let turns = locked.filter_map(|subject| {
        let lanes = subject.lanes.as_ref()?;
        let spans = lanes.trains.iter().flat_map(|lane| &lane.spans);
        let turns = spans.filter(|span| span.state == State::Run).count() as u64;
        (lanes.end_ns - lanes.begin_ns).checked_div(turns)
    });
    let seen_ns = turns.max().unwrap_or(0);
    if seen_ns > interval_ns.saturating_mul(2) { seen_ns } else { interval_ns }
}

/// The next number that begins with 1, 1.5, 2, 3, 4, 5, 6 or 8 and goes on with zeros.
fn round_up(value: u64) -> u64 {
    let mut scale = 1_u64;
    while value > scale.saturating_mul(10) {
        scale *= 10;
    }
    let steps =
        [2, 3, 4, 6, 8, 10, 12, 16, 20].map(|halves| scale.saturating_mul(halves).div_ceil(2));
    steps.into_iter().find(|&step| step >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_round_number() {
        let values = [1, 7, 11, 14, 30_000_000, 62_000_000];
        assert_eq!(values.map(round_up), [1, 8, 15, 15, 30_000_000, 80_000_000]);
    }
}
