//! What will and will not show on this machine, and what can be done about it.

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::machine::{Machine, line};
use super::noise::Noise;
use crate::measure::warnings::{Build, is_busy};
use lab_core::text::numbers;
use lab_core::work::cost::Cost;

/// From here on a hypervisor's other guests are in every figure.
const STEAL_MAX: f64 = 0.01;
/// From here on a slow round is not the contender's doing: pyperf's bound for a round is 39 %.
const P99_MAX: f64 = 1.39;
/// The experiment `how-many` goes so far.
const THREADS_WANTED: u64 = 10_000;
/// `compare io --workers 1000` needs about four for each connection, on both sides.
const DESCRIPTORS_WANTED: u64 = 4_096;
/// A worker process takes some megabytes; two hundred of them fit easily in this.
const MEMORY_WANTED: u64 = 2 << 30;

/// One thing that shows here, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// Whether it shows.
    pub shows: bool,
    /// What, and why.
    pub what: String,
    /// What to do; empty if nothing is to be done.
    pub next: String,
}

fn shows(what: impl Into<String>) -> Advice {
    Advice { shows: true, what: what.into(), next: String::new() }
}

fn hides(what: impl Into<String>, next: impl Into<String>) -> Advice {
    Advice { shows: false, what: what.into(), next: next.into() }
}

/// Says what follows from what was found.
pub fn advise(
    machine: &Machine,
    limits: &Limits,
    noise: &Noise,
    cost: &Cost,
    build: Build,
) -> Vec<Advice> {
    let mut advice = Vec::new();
    if build == Build::Debug {
        advice.push(hides(
            "no speed at all: this is a debug build, many times slower",
            "`cargo run --release -- doctor`",
        ));
    }
    advice.extend(parallel(machine));
    advice.extend(quiet(machine, noise));
    advice.extend(tracing(machine, cost));
    advice.extend(sizes(limits));
    let paranoid = line("/proc/sys/kernel/perf_event_paranoid").and_then(|n| n.parse::<i64>().ok());
    if paranoid.is_some_and(|level| level > 2) {
        advice.push(hides(
            "what `perf` would say beside us: the kernel lets only root count events",
            "`sudo sysctl kernel.perf_event_paranoid=2`, if the machine is yours",
        ));
    }
    advice
}

/// What takes more than one processor.
fn parallel(machine: &Machine) -> Vec<Advice> {
    let cpus = machine.cpus();
    let mut advice = Vec::new();
    if cpus == 1 {
        advice.push(hides(
            "that threads without the lock, and processes, compute side by side: there is 1 processor",
            "give the program two, with `taskset` or the container's quota",
        ));
    } else {
        advice.push(shows(format!(
            "threads without the lock, and processes, compute side by side: up to {cpus} times as \
             fast as one"
        )));
    }
    if machine.quota_cpus < machine.allowed_cpus {
        advice.push(hides(
            format!(
                "a steady pace of more than {} at once: the control group stops the program for \
                 the rest of each period when its quota is used up",
                numbers::count(machine.quota_cpus, "processor")
            ),
            format!("`--workers {cpus}`, or a larger quota"),
        ));
    }
    if machine.smt == Some(true) && cpus > 1 {
        advice.push(hides(
            "the full speed-up: two of the processors may be two halves of one core",
            "`--affinity` with one of each pair; \
             /sys/devices/system/cpu/cpu0/topology/thread_siblings_list names them",
        ));
    }
    advice
}

/// What takes a machine with nothing else to do.
fn quiet(machine: &Machine, noise: &Noise) -> Vec<Advice> {
    let mut advice = Vec::new();
    let load = machine.load_average.filter(|load| is_busy(*load, machine.cpus()));
    if let Some(load) = load {
        advice.push(hides(
            format!("small differences: the machine is busy, a load of {load:.1}"),
            "end what else runs, or trust only intervals that do not hold 1.00x",
        ));
    }
    if let Some(steal) = noise.steal.filter(|steal| *steal > STEAL_MAX) {
        advice.push(hides(
            format!(
                "small differences: the hypervisor gave {} of the time to others",
                numbers::percent(steal)
            ),
            "more rounds, `--rigorous`, or another hour",
        ));
    }
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let p99 = noise.p99_ns as f64 / (noise.median_ns as f64).max(1.0);
    if p99 > P99_MAX {
        advice.push(hides(
            format!(
                "single events of microseconds: of a hundred equal pieces of work one takes {} as \
                 long as the others",
                numbers::ratio(p99)
            ),
            "look at medians, and take a pause that shows in one lane alone for the machine's",
        ));
    } else if load.is_none() {
        advice.push(shows("differences of a few percent: equal pieces of work take equally long"));
    }
    if let Some(governor) = machine.governor.as_deref().filter(|name| *name != "performance") {
        advice.push(hides(
            format!("an even pace from the first round on: the governor is `{governor}`"),
            "`--warmup 3`, or `sudo cpupower frequency-set -g performance`",
        ));
    }
    advice
}

/// What takes a recorder that is hardly felt.
fn tracing(machine: &Machine, cost: &Cost) -> Vec<Advice> {
    let mut advice = Vec::new();
    if cost.unarmed.is_met() && cost.armed.is_met() {
        advice.push(shows(format!(
            "what happens inside, almost undisturbed: 10 000 events a second cost a thread {:.2} % \
             of it",
            cost.armed.median_ns / 1e3
        )));
    }
    if !cost.armed.is_met() {
        let source = machine.clock_source.as_deref().unwrap_or("unknown");
        let reason = format!(
            "waits of less than {} in a recording: an event costs {:.0} ns, {:.0} of them its \
             stamp (the kernel's clock is {source})",
            numbers::seconds(cost.armed.median_ns * 10.0 / 1e9),
            cost.armed.median_ns,
            cost.stamp_ns
        );
        let next = if source == "tsc" || source == "kvm-clock" || source == "arch_sys_counter" {
            "run it again when the machine is quiet; figures are never taken while recording"
        } else {
            "boot with `tsc=reliable` if the processor's counter is steady"
        };
        advice.push(hides(reason, next));
    }
    advice
}

/// What takes room.
fn sizes(limits: &Limits) -> Vec<Advice> {
    let mut advice = Vec::new();
    if let Some(descriptors) = limits.descriptors.filter(|limit| *limit < DESCRIPTORS_WANTED) {
        let most = limits.descriptors_hard.unwrap_or(DESCRIPTORS_WANTED).min(65_536);
        advice.push(hides(
            format!(
                "thousands of connections at once: {} descriptors can be open",
                numbers::grouped(descriptors)
            ),
            format!("`ulimit -n {most}`"),
        ));
    }
    if let Some(threads) = limits.threads().filter(|limit| *limit < THREADS_WANTED) {
        advice.push(hides(
            format!(
                "10 000 threads in one process: {} are the most here",
                numbers::grouped(threads)
            ),
            "`ulimit -u`, the container's `--pids-limit`, or `sysctl vm.max_map_count`, whichever \
             is the smallest above",
        ));
    } else {
        advice.push(shows("10 000 threads in one process, as far as limits go"));
    }
    let memory = limits.memory_available.into_iter().chain(limits.memory_of_group).min();
    if let Some(memory) = memory.filter(|bytes| *bytes < MEMORY_WANTED) {
        advice.push(hides(
            format!("200 processes, or a million tasks: {} are left", numbers::megabytes(memory)),
            "end what else runs, or fewer of them",
        ));
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_core::work::cost::Spread;

    fn machine() -> Machine {
        Machine {
            cpu_model: "EPYC".to_owned(),
            online_cpus: Some("0-3".to_owned()),
            allowed_cpus: 4,
            quota_cpus: 4,
            quota_us: None,
            smt: Some(false),
            governor: Some("performance".to_owned()),
            kernel: "6.1.0".to_owned(),
            clock_source: Some("tsc".to_owned()),
            load_average: Some(0.1),
            trainyard: "0.1.0".to_owned(),
        }
    }

    const QUIET: Noise = Noise {
        spins: 100,
        median_ns: 20_000,
        p99_ns: 21_000,
        largest_ns: 90_000,
        watched_ns: 1_000_000,
        gaps: 0,
        largest_gap_ns: 0,
        lost: 0.0,
        steal: Some(0.0),
    };

    fn cost(armed_ns: f64) -> Cost {
        let spread = |median_ns, goal_ns| Spread {
            median_ns,
            low_ns: median_ns,
            high_ns: median_ns,
            goal_ns,
        };
        Cost {
            clock_ns: 22.0,
            clock_step_ns: 10,
            stamp_ns: 25.0,
            stamp_is_counter: false,
            unarmed: spread(0.4, 1.0),
            armed: spread(armed_ns, 40.0),
            ring_events: 65_536,
            ring_bytes: 2 << 20,
        }
    }

    #[track_caller]
    fn check_hides(machine: &Machine, limits: &Limits, noise: &Noise, cost: &Cost, text: &str) {
        let advice = advise(machine, limits, noise, cost, Build::Release);
        let found = advice.iter().find(|one| !one.shows && one.what.contains(text));
        let found = found.unwrap_or_else(|| panic!("nothing says '{text}': {advice:#?}"));
        assert!(!found.next.is_empty(), "{found:?}");
    }

    #[test]
    fn a_good_machine_shows_everything() {
        let advice = advise(&machine(), &Limits::default(), &QUIET, &cost(35.0), Build::Release);
        // What `perf` may do is the kernel's of this very machine.
        let hidden = advice.iter().filter(|one| !one.shows && !one.what.contains("perf"));
        assert_eq!(hidden.count(), 0, "{advice:#?}");
        assert!(advice.iter().any(|one| one.what.contains("up to 4 times")), "{advice:#?}");
    }

    #[test]
    fn what_a_machine_lacks_is_named_with_a_next_step() {
        let (good, limits, cheap) = (machine(), Limits::default(), cost(35.0));
        let one = Machine { allowed_cpus: 1, quota_cpus: 1, ..good.clone() };
        check_hides(&one, &limits, &QUIET, &cheap, "there is 1 processor");
        let quota = Machine { quota_cpus: 2, ..good.clone() };
        check_hides(&quota, &limits, &QUIET, &cheap, "a steady pace of more than 2 processors");
        let halves = Machine { smt: Some(true), ..good.clone() };
        check_hides(&halves, &limits, &QUIET, &cheap, "two halves of one core");
        let saves = Machine { governor: Some("powersave".to_owned()), ..good.clone() };
        check_hides(&saves, &limits, &QUIET, &cheap, "`powersave`");
        let busy = Machine { load_average: Some(9.0), ..good.clone() };
        check_hides(&busy, &limits, &QUIET, &cheap, "a load of 9.0");
        let stolen = Noise { steal: Some(0.2), ..QUIET };
        check_hides(&good, &limits, &stolen, &cheap, "gave 20 % of the time to others");
        let uneven = Noise { p99_ns: 60_000, ..QUIET };
        check_hides(&good, &limits, &uneven, &cheap, "one takes 3.0x as long");
        check_hides(&good, &limits, &QUIET, &cost(80.0), "an event costs 80 ns, 25 of them");
        let few = Limits { descriptors: Some(1024), ..limits };
        check_hides(&good, &few, &QUIET, &cheap, "1 024 descriptors");
        let few = Limits { processes: Some(2_000), ..limits };
        check_hides(&good, &few, &QUIET, &cheap, "2 000 are the most");
        let small = Limits { memory_of_group: Some(512_000_000), ..limits };
        check_hides(&good, &small, &QUIET, &cheap, "512 MB are left");
    }
}
