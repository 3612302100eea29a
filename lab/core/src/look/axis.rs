//! The axis of time under the lanes: round numbers, one unit.

use crate::look::lanes::tape::place;

/// Units, and how many nanoseconds each has.
const UNITS: [(&str, u64); 4] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];
/// A unit is used from twice its length on: `1.5 s` is better read as `1500 ms`.
const UNITS_MIN: u64 = 2;
/// A label for so many cells: closer ones are hard to tell apart.
const CELLS_PER_LABEL: usize = 6;

/// Labels, and the unit that they all have.
pub(super) struct Axis {
    /// The moments that have a label, in order.
    pub(super) labels: Vec<(u64, String)>,
    pub(super) unit: &'static str,
}

impl Axis {
    /// At most `labels_max` labels between two moments.
    pub(super) fn new(from_ns: u64, until_ns: u64, labels_max: usize) -> Self {
        let fits = |(_, unit_ns): &&(&str, u64)| until_ns >= UNITS_MIN * unit_ns;
        let (unit, unit_ns) = *UNITS.iter().find(fits).unwrap_or(&UNITS[3]);
        let step_ns = step(until_ns.saturating_sub(from_ns).max(1), labels_max);
        // Behind the last label the next one may be beyond what a number can hold.
        let moments =
            (from_ns.div_ceil(step_ns)..=u64::MAX).map_while(|step| step.checked_mul(step_ns));
        let moments = moments.take_while(|at_ns| *at_ns < until_ns);
        let labels = moments.map(|at_ns| (at_ns, label(at_ns, unit_ns))).collect();
        Self { labels, unit }
    }
}

/// Writes labels at their places in a line of `cells` columns.
pub(super) fn line(from_ns: u64, until_ns: u64, cells: usize) -> String {
    let Axis { labels, unit } = Axis::new(from_ns, until_ns, cells / CELLS_PER_LABEL);
    let mut line = String::new();
    for (at_ns, label) in labels {
        let place = place(at_ns, from_ns, until_ns, cells);
        // Room for the unit behind the last label.
        if place + label.len() + 1 + unit.len() > cells {
            break;
        }
        // A label that would touch the one before it is left out.
        if line.is_empty() || place > line.len() {
            line += &" ".repeat(place - line.len());
            line += &label;
        }
    }
    if line.is_empty() { line } else { format!("{line} {unit}") }
}

/// The smallest of 1, 2, 5, 10, 20, … that cuts `length_ns` into `labels_max` pieces at most.
fn step(length_ns: u64, labels_max: usize) -> u64 {
    let least_ns = length_ns.div_ceil(labels_max.max(1) as u64);
    let scales = (0..=u64::MAX.ilog10()).map(|exponent| 10_u64.pow(exponent));
    let mut steps = scales.flat_map(|scale| [1, 2, 5].map(|digit| scale.saturating_mul(digit)));
    steps.find(|step_ns| *step_ns >= least_ns).unwrap_or(u64::MAX)
}

/// A moment in units, with as many digits behind the point as it needs.
fn label(at_ns: u64, unit_ns: u64) -> String {
    let (whole, rest) = (at_ns / unit_ns, at_ns % unit_ns);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = unit_ns.ilog10() as usize;
    let fraction = format!("{rest:0digits$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_round_and_stand_where_their_moment_is() {
        assert_eq!(line(0, 30_000_000, 54), "0        5        10       15       20       25 ms");
        assert_eq!(line(0, 1_500_000_000, 30), "0         500       1000 ms");
        assert_eq!(line(12_000_000, 13_000_000, 40), "12      12.2    12.4    12.6    12.8 ms");
        assert_eq!(line(0, 7, 40), "0          2          4           6 ns");
    }

    #[test]
    fn an_axis_is_never_wider_than_its_lane() {
        for cells in 1..120 {
            for until_ns in [1, 7, 999, 12_345, 98_765_432, 61_000_000_000, u64::MAX / 2] {
                let line = line(until_ns / 3, until_ns, cells);
                assert!(line.len() <= cells, "{cells}: {line}");
            }
        }
    }
}
