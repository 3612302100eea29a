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

fn machine(machine: &Machine) -> Rows {
    let Machine { allowed_cpus, quota_cpus, .. } = *machine;
    let online = machine.online_cpus.as_deref().unwrap_or("unknown");
    let quota = match machine.quota_us {
        Some([quota, period]) => format!(
            "; a quota leaves {quota_cpus} ({} in each {})",
            numbers::nanoseconds(quota * 1000),
            numbers::nanoseconds(period * 1000)
        ),
        None if quota_cpus < allowed_cpus => format!("; a quota leaves {quota_cpus}"),
        None => "; no quota".to_owned(),
    };
    let smt = match machine.smt {
        Some(true) => "on: two processors may be one core",
        Some(false) => "off",
        None => "unknown",
    };
    let load = machine.load_average.map_or("unknown".to_owned(), |load| format!("{load:.2}"));
    vec![
        ("processors", format!("{allowed_cpus} may be used, online are {online}{quota}")),
        ("model", machine.cpu_model.clone()),
        ("SMT", smt.to_owned()),
        ("governor", machine.governor.clone().unwrap_or_else(|| "unknown".to_owned())),
        ("kernel", machine.kernel.clone()),
        ("load", format!("{load} over the last minute")),
        ("trainyard", machine.trainyard.clone()),
    ]
}

fn limits(limits: &Limits) -> Rows {
    let number = |limit: Option<u64>| limit.map_or("no limit".to_owned(), numbers::grouped);
    let hard = limits
        .descriptors_hard
        .map(|hard| format!(", may be raised to {}", numbers::grouped(hard)));
    let memory = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), numbers::megabytes);
    let group = limits.memory_of_group.map_or("no limit".to_owned(), numbers::megabytes);
    vec![
        ("descriptors", number(limits.descriptors) + hard.as_deref().unwrap_or_default()),
        (
            "threads",
            format!(
                "{} for the user, {} for the control group, {} for the machine",
                number(limits.processes),
                number(limits.processes_of_group),
                number(limits.threads_of_machine)
            ),
        ),
        ("mappings", format!("{} for a process", number(limits.mappings))),
        ("memory", format!("{} left; control group: {group}", memory(limits.memory_available))),
    ]
}

fn noise(noise: &Noise) -> Rows {
    let ns = numbers::nanoseconds;
    let steal = match noise.steal {
        Some(steal) => format!("{} of the time", numbers::percent(steal)),
        None => "unknown".to_owned(),
    };
    let largest = match noise.gaps {
        0 => String::new(),
        _ => format!(", the largest {}", ns(noise.largest_gap_ns)),
    };
    vec![
        (
            "equal work",
            format!(
                "{} as a rule, 1 in 100 {} and more, at most {} ({} times)",
                ns(noise.median_ns),
                ns(noise.p99_ns),
                ns(noise.largest_ns),
                numbers::grouped(noise.spins as u64)
            ),
        ),
        (
            "gaps",
            format!(
                "{} of 10 us or more in {}{largest}; they take {}",
                noise.gaps,
                ns(noise.watched_ns),
                numbers::percent(noise.lost)
            ),
        ),
        ("steal", steal),
    ]
}

fn cost(cost: &Cost) -> Rows {
    let Cost { clock_ns, clock_step_ns, stamp_ns, unarmed, armed, .. } = *cost;
    let stamp = if cost.stamp_is_counter {
        "the processor's counter, with its number"
    } else {
        "the clock, and the processor's number"
    };
    vec![
        ("clock", format!("{clock_ns:.1} ns a reading, steps of {clock_step_ns} ns")),
        ("an event's stamp", format!("{stamp_ns:.1} ns: {stamp}")),
        ("not recording", goal("a site that does not record", unarmed)),
        ("recording", goal("a site that records", armed)),
        (
            "a thread's ring",
            format!(
                "{} events, {}; older ones are overwritten, and counted",
                numbers::grouped(cost.ring_events as u64),
                numbers::megabytes(cost.ring_bytes as u64)
            ),
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
