//! The axis of time under the lanes: round numbers, one unit.

/// Units, and how many nanoseconds each has.
const UNITS: [(&str, u64); 4] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];
/// A unit is used from twice its length on: `1.5 s` is better read as `1500 ms`.
const UNITS_MIN: u64 = 2;
/// A label for so many cells, at most: labels that touch are read as one.
const CELLS_PER_LABEL: usize = 9;

/// Writes labels at their places in a line of `cells` columns.
pub(super) fn axis(from_ns: u64, until_ns: u64, cells: usize) -> String {
    let length_ns = (until_ns - from_ns).max(1);
    let fits = |(_, unit_ns): &&(&str, u64)| until_ns >= UNITS_MIN * unit_ns;
    let (unit, unit_ns) = *UNITS.iter().find(fits).unwrap_or(&UNITS[3]);
    let step_ns = step(length_ns, cells / CELLS_PER_LABEL);
    let mut line = String::new();
    let mut last_end = 0;
    let mut at_ns = from_ns.div_ceil(step_ns) * step_ns;
    while at_ns < until_ns {
        let place = u128::from(at_ns - from_ns) * cells as u128 / u128::from(length_ns);
        let place = usize::try_from(place).unwrap_or(cells);
        let label = label(at_ns, unit_ns);
        // Room for the unit behind the last label.
        if place + label.len() + 1 + unit.len() > cells {
            break;
        }
        line += &" ".repeat(place - last_end);
        line += &label;
        last_end = place + label.len();
        at_ns += step_ns;
    }
    if line.is_empty() { line } else { format!("{line} {unit}") }
}

/// The smallest of 1, 2, 5, 10, 20, … that cuts `length_ns` into `labels` pieces at most.
fn step(length_ns: u64, labels: usize) -> u64 {
    let least_ns = length_ns.div_ceil(labels.max(1) as u64);
    let mut scale = 1_u64;
    loop {
        for digit in [1, 2, 5] {
            let step_ns = scale.saturating_mul(digit);
            if step_ns >= least_ns {
                return step_ns;
            }
        }
        scale = scale.saturating_mul(10);
    }
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
        assert_eq!(axis(0, 30_000_000, 54), "0        5        10       15       20       25 ms");
        assert_eq!(axis(0, 1_500_000_000, 30), "0         500 ms");
        assert_eq!(axis(12_000_000, 13_000_000, 40), "12                  12.5 ms");
        assert_eq!(axis(0, 7, 40), "0          2          4          6 ns");
    }

    #[test]
    fn an_axis_is_never_wider_than_its_lane() {
        for cells in 1..120 {
            for until_ns in [1, 7, 999, 12_345, 98_765_432, 61_000_000_000, u64::MAX / 2] {
                let line = axis(until_ns / 3, until_ns, cells);
                assert!(line.len() <= cells, "{cells}: {line}");
            }
        }
    }
}
