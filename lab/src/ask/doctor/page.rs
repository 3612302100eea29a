//! The page: what was found, for people and for programs.

use std::fmt::Write;

use super::Report;
use super::limits::Limits;
use super::machine::Machine;
use super::noise::Noise;
use lab_core::text::numbers;
use lab_core::text::wrap::wrap;
use lab_core::work::cost::{Cost, Spread};

const COLUMNS: usize = 80;
/// Where the right column begins.
const INDENT: usize = 20;

/// Renders the schema `trainyard.doctor/1`, with a line end.
///
/// # Panics
///
/// Never: every key is a string and every value can be written.
pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report is plain data") + "\n"
}

/// Renders the page.
pub fn text(report: &Report) -> String {
    let mut page = String::new();
    let sections = [
        ("The machine", machine(&report.machine)),
        ("Limits", limits(&report.limits)),
        ("Noise", noise(&report.noise)),
        ("The clock and the recorder", cost(&report.cost)),
    ];
    for (title, rows) in sections {
        writeln!(page, "{title}").expect("writing to memory does not fail");
        for (name, value) in rows {
            page += &row(name, &value);
        }
        page.push('\n');
    }
    for (title, shows) in [("What shows here", true), ("What does not", false)] {
        let mut advice = report.advice.iter().filter(|one| one.shows == shows).peekable();
        if advice.peek().is_some() {
            writeln!(page, "{title}").expect("writing to memory does not fail");
        }
        for one in advice {
            page += &item("- ", &one.what);
            if !one.next.is_empty() {
                page += &item("  next: ", &one.next);
            }
        }
    }
    page
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
    let Noise { median_ns, p99_ns, largest_ns, watched_ns, gaps, largest_gap_ns, .. } = *noise;
    let [median, p99, largest, watched, largest_gap] =
        [median_ns, p99_ns, largest_ns, watched_ns, largest_gap_ns].map(numbers::nanoseconds);
    let times = numbers::grouped(noise.spins as u64);
    let largest_gap =
        if gaps == 0 { String::new() } else { format!(", the largest {largest_gap}") };
    let lost = numbers::percent(noise.lost);
    let steal = noise.steal.map(|steal| format!("{} of the time", numbers::percent(steal)));
    vec![
        (
            "equal work",
            format!(
                "{median} as a rule, 1 in 100 {p99} and more, at most {largest} ({times} times)"
            ),
        ),
        ("gaps", format!("{gaps} of 10 us or more in {watched}{largest_gap}; they take {lost}")),
        ("steal", steal.unwrap_or(UNKNOWN.to_owned())),
    ]
}

fn cost(cost: &Cost) -> Rows {
    let Cost { clock_ns, clock_step_ns, stamp_ns, unarmed, armed, .. } = *cost;
    let stamp = if cost.stamp_is_counter {
        "the processor's counter, with its number"
    } else {
        "the clock, and the processor's number"
    };
    let events = numbers::grouped(cost.ring_events as u64);
    let size = numbers::megabytes(cost.ring_bytes as u64);
    vec![
        ("clock", format!("{clock_ns:.1} ns a reading, steps of {clock_step_ns} ns")),
        ("an event's stamp", format!("{stamp_ns:.1} ns: {stamp}")),
        ("not recording", goal("a site that does not record", unarmed)),
        ("recording", goal("a site that records", armed)),
        (
            "a thread's ring",
            format!("{events} events, {size}; older ones are overwritten, and counted"),
        ),
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

fn row(name: &str, value: &str) -> String {
    format!("  {name:<width$}{}\n", block(value, INDENT), width = INDENT - 2)
}

fn item(mark: &str, text: &str) -> String {
    format!("  {mark}{}\n", block(text, 2 + mark.len()))
}

/// Breaks `text` into lines of which each stands `indent` columns from the left.
fn block(text: &str, indent: usize) -> String {
    let lines = wrap(text, COLUMNS - indent, 0);
    lines.trim_end().replace('\n', &format!("\n{:indent$}", ""))
}
