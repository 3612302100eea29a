//! What will and will not show on this machine, and what can be done about it.

use serde::{Deserialize, Serialize};

use super::Report;
use super::machine::line;
use crate::measure::warnings::{Build, is_busy};
use lab_core::text::numbers;
use trainyard::sys::child;

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
/// Clock sources that are read without a system call.
const QUICK_CLOCKS: [&str; 3] = ["tsc", "kvm-clock", "arch_sys_counter"];

/// One thing that shows here, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    pub shows: bool,
    pub what: String,
    /// What to do; empty if nothing is to be done.
    pub next: String,
}

/// What the advice depends on beside the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub build: Build,
    /// What is wrong with `/proc`, through which processes are started and measured.
    pub proc_lacks: Option<String>,
    /// Whom the kernel lets count events: up to 2 everybody.
    pub perf_paranoid: i64,
}

impl Here {
    pub fn look() -> Self {
        let paranoid = line("/proc/sys/kernel/perf_event_paranoid");
        Self {
            build: Build::this(),
            proc_lacks: child::check_proc().err().map(|why| why.to_string()),
            perf_paranoid: paranoid.and_then(|level| level.parse().ok()).unwrap_or(0),
        }
    }
}

pub fn advise(found: &Report, here: &Here) -> Vec<Advice> {
    let mut page = Page(Vec::new());
    if here.build == Build::Debug {
        let debug = "no speed at all: this is a debug build, many times slower";
        page.hides(debug, "`cargo run --release -- doctor`");
    }
    page.parallel(found, here);
    page.quiet(found);
    page.tracing(found);
    page.sizes(found);
    if here.perf_paranoid > 2 {
        page.hides(
            "what `perf` would say beside us: the kernel lets only root count events",
            "`sudo sysctl kernel.perf_event_paranoid=2`, if the machine is yours",
        );
    }
    page.0
}

/// The advice, in the order of the page.
struct Page(Vec<Advice>);

impl Page {
    fn shows(&mut self, what: impl Into<String>) {
        self.0.push(Advice { shows: true, what: what.into(), next: String::new() });
    }

    fn hides(&mut self, what: impl Into<String>, next: impl Into<String>) {
        self.0.push(Advice { shows: false, what: what.into(), next: next.into() });
    }

    /// What takes more than one processor.
    fn parallel(&mut self, found: &Report, here: &Here) {
        let (machine, cpus) = (&found.machine, found.machine.cpus());
        let with_processes = here.proc_lacks.is_none();
        let and = if with_processes { ", and processes," } else { "" };
        let who = format!("threads without the lock{and}");
        if cpus == 1 {
            let next = "give the program two, with `taskset` or the container's quota";
            self.hides(format!("that {who} compute side by side: there is 1 processor"), next);
        } else {
            self.shows(format!("{who} compute side by side: up to {cpus} times as fast as one"));
        }
        if let Some(why) = &here.proc_lacks {
            let (why, next) = why.rsplit_once(": ").unwrap_or((why, ""));
            self.hides(format!("anything that takes a process, as `compare` does: {why}"), next);
        }
        if machine.quota_cpus < machine.allowed_cpus {
            let most = numbers::count(machine.quota_cpus, "processor");
            self.hides(
                format!(
                    "a steady pace of more than {most} at once: the control group stops the \
                     program for the rest of each period when its quota is used up"
                ),
                format!("`--workers {cpus}`, or a larger quota"),
            );
        }
        if machine.smt == Some(true) && cpus > 1 {
            self.hides(
                "the full speed-up: two of the processors may be two halves of one core",
                "`--affinity` with one of each pair; \
                 /sys/devices/system/cpu/cpu0/topology/thread_siblings_list names them",
            );
        }
    }

    /// What takes a machine with nothing else to do.
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    fn quiet(&mut self, found: &Report) {
        let (machine, noise) = (&found.machine, &found.noise);
        let load = machine.load_average.filter(|load| is_busy(*load, machine.cpus()));
        if let Some(load) = load {
            self.hides(
                format!("small differences: the machine is busy, a load of {load:.1}"),
                "end what else runs, or trust only intervals that do not hold 1.00x",
            );
        }
        if let Some(steal) = noise.steal.filter(|steal| *steal > STEAL_MAX) {
            let share = numbers::percent(steal);
            self.hides(
                format!("small differences: the hypervisor gave {share} of the time to others"),
                "more rounds, with `--runs 20`, or another hour",
            );
        }
        let p99 = noise.p99_ns as f64 / (noise.median_ns as f64).max(1.0);
        if p99 > P99_MAX {
            let as_long = numbers::ratio(p99);
            self.hides(
                format!(
                    "single events of microseconds: of a hundred equal pieces of work one takes \
                     {as_long} as long as the others"
                ),
                "look at medians, and take a pause that shows in one lane alone for the machine's",
            );
        } else if load.is_none() {
            self.shows("differences of a few percent: equal pieces of work take equally long");
        }
        if let Some(governor) = machine.governor.as_deref().filter(|name| *name != "performance") {
            self.hides(
                format!("an even pace from the first round on: the governor is `{governor}`"),
                "`--warmup 3`, or `sudo cpupower frequency-set -g performance`",
            );
        }
    }

    /// What takes a recorder that is hardly felt.
    fn tracing(&mut self, found: &Report) {
        let (armed_ns, stamp_ns) = (found.cost.armed.median_ns, found.cost.stamp_ns);
        if found.cost.armed.is_met() {
            if found.cost.unarmed.is_met() {
                self.shows(format!(
                    "what happens inside, almost undisturbed: 10 000 events a second cost a \
                     thread {:.2} % of it",
                    armed_ns / 1e3
                ));
            }
            return;
        }
        let source = found.machine.clock_source.as_deref().unwrap_or("unknown");
        let next = if QUICK_CLOCKS.contains(&source) {
            "run it again when the machine is quiet; figures are never taken while recording"
        } else {
            "boot with `tsc=reliable` if the processor's counter is steady"
        };
        let shortest = numbers::seconds(armed_ns * 10.0 / 1e9);
        self.hides(
            format!(
                "waits of less than {shortest} in a recording: an event costs {armed_ns:.0} ns, \
                 {stamp_ns:.0} of them its stamp (the kernel's clock is {source})"
            ),
            next,
        );
    }

    /// What takes room.
    fn sizes(&mut self, found: &Report) {
        let limits = &found.limits;
        if let Some(few) = limits.descriptors.filter(|limit| *limit < DESCRIPTORS_WANTED) {
            let most = limits.descriptors_hard.unwrap_or(DESCRIPTORS_WANTED).min(65_536);
            let few = numbers::grouped(few);
            self.hides(
                format!("thousands of connections at once: {few} descriptors can be open"),
                format!("`ulimit -n {most}`"),
            );
        }
        match limits.threads().filter(|limit| *limit < THREADS_WANTED).map(numbers::grouped) {
            None => self.shows("10 000 threads in one process, as far as limits go"),
            Some(few) => self.hides(
                format!("10 000 threads in one process: {few} are the most here"),
                "`ulimit -u`, the container's `--pids-limit`, or `sysctl vm.max_map_count`, \
                 whichever is the smallest above",
            ),
        }
        let memory = limits.memory_available.into_iter().chain(limits.memory_of_group).min();
        if let Some(left) = memory.filter(|bytes| *bytes < MEMORY_WANTED).map(numbers::megabytes) {
            self.hides(
                format!("200 processes, or a million tasks: {left} are left"),
                "end what else runs, or fewer of them",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab_core::text::add;

    const GOOD: Here = Here { build: Build::Release, proc_lacks: None, perf_paranoid: 2 };

    /// Fails if something that is lacking is not named with a next step, or if processes are promised
    /// where none can be started.
    #[test]
    fn what_a_machine_shows_and_lacks_is_said() {
        let good = || serde_json::from_str::<Report>(include_str!("good.json")).unwrap();
        let mut said = String::new();
        let mut say = |report: &Report, here: &Here, known: &[Advice]| {
            let advice = advise(report, here);
            for Advice { shows, what, next } in advice.iter().filter(|one| !known.contains(one)) {
                add!(said, "shows: {shows}: {what}\n  next: {next}\n");
            }
            said += "\n";
            advice
        };
        let known = say(&good(), &GOOD, &[]);
        let changes: [fn(&mut Report); 11] = [
            |it| it.machine.allowed_cpus = 1,
            |it| it.machine.quota_cpus = 2,
            |it| it.machine.smt = Some(true),
            |it| it.machine.governor = Some("powersave".to_owned()),
            |it| it.machine.load_average = Some(9.0),
            |it| it.noise.steal = Some(0.2),
            |it| it.noise.p99_ns = 60_000,
            |it| it.cost.armed.median_ns = 80.0,
            |it| it.limits.descriptors = Some(1024),
            |it| it.limits.processes = Some(2_000),
            |it| it.limits.memory_of_group = Some(512_000_000),
        ];
        for change in changes {
            let mut report = good();
            change(&mut report);
            say(&report, &GOOD, &known);
        }
        let proc_lacks = Some("/proc is not mounted: `mount it`".to_owned());
        say(&good(), &Here { build: Build::Debug, ..GOOD }, &known);
        say(&good(), &Here { perf_paranoid: 3, ..GOOD }, &known);
        say(&good(), &Here { proc_lacks, ..GOOD }, &known);
        assert_eq!(said, include_str!("advised.txt"), "\n{said}");
    }
}
