//! One sentence for each workload: who won, by how much, and why.
//!
//! Every word depends on the run's own figures. Nobody wins by name: if the processes beat the
//! loop at I/O on some machine, the sentence says so, and gives as reason what was recorded of
//! the processes; if what was recorded gives no reason, it says that.
//!
//! # The sentence
//!
//! 1. Who: the fastest of those with the verdict *faster*, and who of them is level with it:
//!    whose interval overlaps.
//! 2. By how much: the median of the paired ratios, with its interval.
//! 3. Why: for I/O how many requests were in flight, against those of the sequential run; for
//!    computing how many trains ran at the same time.
//! 4. What the lock had to do with it: how long the threads that had it on waited for it.

use super::beside;
use super::report::{Report, Row};
use lab_core::terms::stats::VERDICT_ROUNDS_MIN;
use lab_core::terms::{GilState, Model, Verdict, Workload};
use lab_core::text::{list, numbers};

pub fn sentences(report: &Report) -> Vec<String> {
    let about = |&workload: &Workload| {
        sentence(report, workload).into_iter().chain(beside::sentences(report, workload))
    };
    report.params.workloads.iter().flat_map(about).collect()
}

fn sentence(report: &Report, workload: Workload) -> Option<String> {
    // Which of ours won. What a CPython's own models make of the work is another sentence.
    let ours = report.rows(workload).filter(|row| row.python.is_none());
    let (sync, rivals): (Vec<&Row>, Vec<&Row>) = ours.partition(|row| row.model == Model::Sync);
    let (sync, best) = (*sync.first()?, best(rivals.iter().copied())?);
    let is_faster = |row: &&Row| row.verdict == Some(Verdict::Faster);
    let text = match (best.verdict, self::best(rivals.iter().copied().filter(is_faster))) {
        (None, _) => format!(
            "no verdict: {} came to {} one after another, but that takes {VERDICT_ROUNDS_MIN} \
             rounds to be sure of",
            name(best),
            ratio(best),
        ),
        (Some(_), None) => nobody(&rivals, workload),
        (Some(_), Some(winner)) => won(winner, &rivals, sync),
    };
    Some(format!("{workload}: {text}."))
}

fn best<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<&'a Row> {
    let ratios = rows.filter_map(|row| Some((row.speedup_vs_sync?, row)));
    ratios.max_by(|(left, _), (right, _)| left.total_cmp(right)).map(|(_, row)| row)
}

fn name(row: &Row) -> String {
    let threads = numbers::count(row.workers, "thread");
    match (row.model, row.gil) {
        (Model::Threads, GilState::On) => {
            let rules = row.rules.unwrap_or_default();
            let lock = if rules.per_worker { "a lock each" } else { "the lock on" };
            let said = rules.said();
            // No comma: this stands within a list, and before one.
            let said = said.strip_prefix(", ").map(|said| format!(" ({said})"));
            format!("{threads} with {lock}{}", said.unwrap_or_default())
        }
        (Model::Threads, _) => format!("{threads} with the lock off"),
        (Model::ThreadsNative, _) => format!("{threads} in native code"),
        (Model::Coop, _) => "coop".to_owned(),
        _ => row.contender().label(),
    }
}

fn ratio(row: &Row) -> String {
    numbers::ratio(row.speedup_vs_sync.unwrap_or(1.0))
}

fn nobody(rivals: &[&Row], workload: Workload) -> String {
    let text = if rivals.iter().all(|row| row.verdict == Some(Verdict::Slower)) {
        "one after another won: all others were slower"
    } else {
        "nobody was clearly faster than one after another"
    };
    let most =
        |figure: fn(&Row) -> Option<usize>| rivals.iter().filter_map(|row| figure(row)).max();
    let reason = match workload {
        Workload::Io => most(|row| row.in_flight_max)
            .map(|most| format!(", although up to {} were in flight", requests(most))),
        Workload::Cpu => most(|row| row.running_at_once_max).map(|most| match most {
            2.. => format!(", although up to {most} ran at the same time"),
            _ => ", and in the recorded round only one ran at a time".to_owned(),
        }),
    };
    format!("{text}{}{}", reason.unwrap_or_default(), lock(rivals, None))
}

fn won(winner: &Row, rivals: &[&Row], sync: &Row) -> String {
    let [low, high] = winner.speedup_interval.unwrap_or_default();
    let is_level = |row: &&&Row| {
        let overlaps = |[other_low, other_high]: [f64; 2]| other_low <= high && low <= other_high;
        let is_faster = row.verdict == Some(Verdict::Faster);
        is_faster && !is_same(row, winner) && row.speedup_interval.is_some_and(overlaps)
    };
    let level: Vec<String> = rivals.iter().filter(is_level).map(|row| name(row)).collect();
    let company =
        if level.is_empty() { String::new() } else { format!(" (level with {})", list(&level)) };
    let why = match winner.workload {
        Workload::Io => why_io(winner, rivals, sync),
        Workload::Cpu => why_cpu(winner),
    };
    format!(
        "{} won{company}, {} as fast as one after another {}, {}{}",
        name(winner),
        ratio(winner),
        numbers::interval([low, high]),
        why.unwrap_or_else(|| "and there is no recording to say why".to_owned()),
        lock(rivals, Some(winner))
    )
}

fn is_same(one: &Row, other: &Row) -> bool {
    one.contender() == other.contender()
}

fn requests(count: usize) -> String {
    numbers::count(count, "request")
}

fn has_own_lock(row: &Row) -> bool {
    row.rules.is_some_and(|rules| rules.per_worker)
}

/// Waiting is what I/O-bound work is made of, so what counts is how much of it happens at once.
fn why_io(winner: &Row, rivals: &[&Row], sync: &Row) -> Option<String> {
    let (in_flight, of_sync) = (winner.in_flight_max?, sync.in_flight_max?);
    let requests = requests(in_flight);
    if in_flight <= of_sync {
        let why =
            format!("though it never had more than {requests} in flight, so not by waiting less");
        return Some(why);
    }
    // The best of the others that worked another way is what makes the number telling.
    let second = best(rivals.iter().copied().filter(|row| row.model != winner.model));
    let others = match second.and_then(|row| Some((row.in_flight_max?, name(row)))) {
        Some((count, name)) if count != in_flight => format!(", {name} {count}"),
        _ => String::new(),
    };
    let carrier = if winner.model == Model::Coop { "its one thread" } else { "they" };
    Some(format!(
        "because {carrier} kept {requests} in flight at once, the sequential run {of_sync}{others}"
    ))
}

fn why_cpu(winner: &Row) -> Option<String> {
    let (at_once, cpus) = (winner.running_at_once_max?, winner.cpus_used?);
    if at_once <= 1 {
        return Some("though only one ran at a time, so not by doing things at once".to_owned());
    }
    let cpus = numbers::count(cpus, "processor");
    let own = match (winner.model, winner.gil) {
        (Model::Procs, _) => ", each with a memory and a lock of its own",
        (Model::ThreadsNative, _) => ": its loop gives the lock up",
        (Model::Threads, GilState::Off) => ": without the lock nobody waits for a turn",
        (Model::Threads, _) if has_own_lock(winner) => ": each has a lock of its own",
        _ => "",
    };
    Some(format!("because {at_once} ran at the same time on {cpus}{own}"))
}

/// From here on, waiting for the lock is a part of the story and not a rounding error.
const LOCK_WAIT_NOTABLE: f64 = 0.05;

/// What became of the threads that had the lock on.
fn lock(rivals: &[&Row], winner: Option<&Row>) -> String {
    let is_locked = |row: &&&Row| (row.model, row.gil) == (Model::Threads, GilState::On);
    let locked = rivals.iter().find(is_locked);
    let Some((row, share)) = locked.and_then(|row| Some((row, row.lock_wait_share()?))) else {
        return String::new();
    };
    let percent = numbers::percent(share);
    if share < LOCK_WAIT_NOTABLE {
        return format!("; waiting for the lock took {percent} of the time of {}", name(row));
    }
    let spent = format!("spent {percent} of their time waiting for it");
    if winner.is_some_and(|winner| is_same(winner, row)) {
        return format!("; they {spent}");
    }
    let turns = row.running_at_once_max.map(|at_once| format!("ran {at_once} at a time and "));
    format!("; {} ({}) {}{spent}", name(row), ratio(row), turns.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::compare::testing;
    use Workload::{Cpu, Io};
    use lab_core::terms::{Policy, Rules};

    /// What a row of the report is changed to.
    type Change = fn(&mut Row);

    fn set(row: &mut Row, speedup: f64, verdict: Verdict) {
        row.speedup_vs_sync = Some(speedup);
        row.speedup_interval = Some([speedup - 0.01, speedup + 0.01]);
        row.verdict = Some(verdict);
    }

    fn win(row: &mut Row, model: Model, speedup: f64) {
        row.gil_stats = None;
        if row.model == model {
            set(row, speedup, Verdict::Faster);
        }
    }

    fn coop_wins_for_no_reason(row: &mut Row) {
        win(row, Model::Coop, 60.0);
        if row.model == Model::Coop {
            row.in_flight_max = Some(1);
        }
    }

    fn a_lock_each_wins(row: &mut Row) {
        row.gil_stats = None;
        if (row.model, row.gil) == (Model::Threads, GilState::On) {
            set(row, 70.0, Verdict::Faster);
            let policy = Some(Policy::Fifo);
            row.rules = Some(Rules { policy, placement: None, per_worker: true });
            row.running_at_once_max = Some(2);
        }
    }

    fn nobody_wins(row: &mut Row) {
        row.gil_stats = None;
        if row.model != Model::Sync {
            set(row, 0.9, Verdict::Slower);
        }
    }

    /// Whoever wins, the reason is what was recorded of the winner, or there is none.
    #[test]
    fn every_winner_gets_a_sentence_with_its_own_reason() {
        let as_it_is: Change = |_| ();
        let procs_win: Change = |row| win(row, Model::Procs, 50.0);
        let coop_wins_and_nothing_was_recorded: Change = |row| {
            coop_wins_for_no_reason(row);
            (row.in_flight_max, row.running_at_once_max) = (None, None);
        };
        let threads_with_the_lock_on_win: Change = |row| {
            if (row.model, row.gil) == (Model::Threads, GilState::On) {
                set(row, 70.0, Verdict::Faster);
                row.running_at_once_max = Some(1);
            }
        };
        let one_is_unclear: Change = |row| {
            nobody_wins(row);
            row.running_at_once_max = Some(1);
            if row.model == Model::Coop {
                set(row, 1.0, Verdict::NotDistinguishable);
            }
        };
        let cases: [(Workload, Change); 13] = [
            (Io, as_it_is),
            (Cpu, as_it_is),
            (Io, procs_win),
            (Cpu, procs_win),
            (Io, coop_wins_for_no_reason),
            (Cpu, coop_wins_for_no_reason),
            (Io, coop_wins_and_nothing_was_recorded),
            (Cpu, threads_with_the_lock_on_win),
            (Cpu, a_lock_each_wins),
            (Cpu, nobody_wins),
            (Cpu, one_is_unclear),
            (Io, nobody_wins),
            (Io, |row| row.verdict = None),
        ];
        let said = cases.map(|(workload, change)| {
            let (mut report, _) = testing::report();
            report.results.iter_mut().for_each(change);
            sentence(&report, workload).unwrap() + "\n"
        });
        // And beside a CPython: the same, faster, and measured too seldom.
        let beside: [Change; 3] = [
            as_it_is,
            |row| {
                if row.model == Model::PythonThreads {
                    row.speedup_vs_python_sync = Some(1.9);
                    row.speedup_vs_python_sync_interval = Some([1.8, 2.0]);
                }
            },
            |row| row.speedup_vs_python_sync_interval = None,
        ];
        let beside = beside.map(|change| {
            let (mut report, _) = testing::report_beside_python();
            report.results.iter_mut().for_each(change);
            beside::sentences(&report, Cpu).join("\n") + "\n"
        });
        assert_eq!(said.concat() + &beside.concat(), include_str!("explained.txt"));
    }

    #[test]
    fn a_workload_without_a_reference_or_without_rivals_has_no_sentence() {
        for keeps_sync in [true, false] {
            let (mut report, _) = testing::report();
            report.results.retain(|row| (row.model == Model::Sync) == keeps_sync);
            assert_eq!(sentences(&report), Vec::<String>::new());
        }
    }
}
