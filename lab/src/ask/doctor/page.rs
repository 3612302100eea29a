//! The page: what was found, for people and for programs.

use super::Report;
use super::machine::{Limits, Machine};
use super::noise::Noise;
use lab_core::text::wrap::wrap;
use lab_core::text::{add, numbers};
use lab_core::work::cost::{Cost, Spread};

const COLUMNS: usize = 80;
/// Where the right column begins.
const INDENT: usize = 20;

pub fn text(report: &Report) -> String {
    let mut page = String::new();
    for (title, rows) in [
        ("The machine", machine(&report.machine)),
        ("Limits", limits(&report.limits)),
        ("Noise", noise(&report.noise)),
        ("The clock and the recorder", cost(&report.cost)),
    ] {
        add!(page, "{title}\n");
        for (name, value) in rows {
            add!(page, "  {name:<width$}{}\n", block(&value, INDENT), width = INDENT - 2);
        }
        page.push('\n');
    }
    for (title, shows) in [("What shows here", true), ("What does not", false)] {
        let advice = report.advice.iter().filter(|one| one.shows == shows);
        for (number, one) in advice.enumerate() {
            if number == 0 {
                add!(page, "{title}\n");
            }
            add!(page, "  - {}\n", block(&one.what, 4));
            if !one.next.is_empty() {
                add!(page, "    next: {}\n", block(&one.next, 10));
            }
        }
    }
    page
}

/// Breaks `text` into lines of which each stands `indent` columns from the left.
fn block(text: &str, indent: usize) -> String {
    let lines = wrap(text, COLUMNS - indent, 0);
    lines.trim_end().replace('\n', &format!("\n{:indent$}", ""))
}

type Rows = Vec<(&'static str, String)>;

/// What the kernel does not say.
const UNKNOWN: &str = "unknown";

fn machine(machine: &Machine) -> Rows {
    let Machine { allowed_cpus, quota_cpus, .. } = *machine;
    let online = machine.online_cpus.as_deref().unwrap_or(UNKNOWN);
    let in_each = machine.quota_us.map(|[quota, period]| {
        let [quota, period] = [quota, period].map(|us| numbers::nanoseconds(us * 1000));
        format!(" ({quota} in each {period})")
    });
    let quota = if in_each.is_some() || quota_cpus < allowed_cpus {
        format!("a quota leaves {quota_cpus}{}", in_each.unwrap_or_default())
    } else {
        "no quota".to_owned()
    };
    let smt = match machine.smt {
        Some(true) => "on: two processors may be one core",
        Some(false) => "off",
        None => UNKNOWN,
    };
    let load = machine.load_average.map_or(UNKNOWN.to_owned(), |load| format!("{load:.2}"));
    vec![
        ("processors", format!("{allowed_cpus} may be used, online are {online}; {quota}")),
        ("model", machine.cpu_model.clone()),
        ("SMT", smt.to_owned()),
        ("governor", machine.governor.as_deref().unwrap_or(UNKNOWN).to_owned()),
        ("kernel", machine.kernel.clone()),
        ("load", format!("{load} over the last minute")),
        ("trainyard", machine.trainyard.clone()),
    ]
}

fn limits(limits: &Limits) -> Rows {
    let number = |limit: Option<u64>| limit.map_or("no limit".to_owned(), numbers::grouped);
    let hard = limits.descriptors_hard.map(numbers::grouped);
    let hard = hard.map_or(String::new(), |hard| format!(", may be raised to {hard}"));
    let left = limits.memory_available.map_or(UNKNOWN.to_owned(), numbers::megabytes);
    let group = limits.memory_of_group.map_or("no limit".to_owned(), numbers::megabytes);
    let [user, of_group, machine] =
        [limits.processes, limits.processes_of_group, limits.threads_of_machine].map(number);
    let threads =
        format!("{user} for the user, {of_group} for the control group, {machine} for the machine");
    vec![
        ("descriptors", number(limits.descriptors) + &hard),
        ("threads", threads),
        ("mappings", format!("{} for a process", number(limits.mappings))),
        ("memory", format!("{left} left; control group: {group}")),
    ]
}

fn noise(noise: &Noise) -> Rows {
    let [median, p99, largest, watched, largest_gap] =
        [noise.median_ns, noise.p99_ns, noise.largest_ns, noise.watched_ns, noise.largest_gap_ns]
            .map(numbers::nanoseconds);
    let (times, gaps) = (numbers::grouped(noise.spins as u64), noise.gaps);
    let largest_gap =
        if gaps == 0 { String::new() } else { format!(", the largest {largest_gap}") };
    let lost = numbers::percent(noise.lost);
    let steal = noise.steal.map(|steal| format!("{} of the time", numbers::percent(steal)));
    let equal =
        format!("{median} as a rule, 1 in 100 {p99} and more, at most {largest} ({times} times)");
    vec![
        ("equal work", equal),
        ("gaps", format!("{gaps} of 10 us or more in {watched}{largest_gap}; they take {lost}")),
        ("steal", steal.unwrap_or(UNKNOWN.to_owned())),
    ]
}

fn cost(cost: &Cost) -> Rows {
    let (clock_ns, step_ns, stamp_ns) = (cost.clock_ns, cost.clock_step_ns, cost.stamp_ns);
    let stamp = if cost.stamp_is_counter {
        "the processor's counter, with its number"
    } else {
        "the clock, and the processor's number"
    };
    let events = numbers::grouped(cost.ring_events as u64);
    let size = numbers::megabytes(cost.ring_bytes as u64);
    let ring = format!("{events} events, {size}; older ones are overwritten, and counted");
    vec![
        ("clock", format!("{clock_ns:.1} ns a reading, steps of {step_ns} ns")),
        ("an event's stamp", format!("{stamp_ns:.1} ns: {stamp}")),
        ("not recording", goal("a site that does not record", cost.unarmed)),
        ("recording", goal("a site that records", cost.armed)),
        ("a thread's ring", ring),
    ]
}

/// `a site that records: 38.1 ns [37.2, 40.9], goal 40 ns: met`.
fn goal(what: &str, spread: Spread) -> String {
    let Spread { median_ns, low_ns, high_ns, goal_ns } = spread;
    let verdict = if spread.is_met() { "met" } else { "missed" };
    format!(
        "{what}: {median_ns:.2} ns, half of the rounds in [{low_ns:.2}, {high_ns:.2}]; goal \
         {goal_ns} ns: {verdict}"
    )
}
