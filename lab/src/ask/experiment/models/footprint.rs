//! How much memory a process has to itself: the pages in memory that no other process has, and the
//! addresses that are taken, whether or not anything is there.
//!
//! What processes share, such as the program's code, costs nothing more. See `proc_pid_smaps(5)`
//! and `proc_pid_status(5)`.

use crate::ask::experiment::kit::prelude::*;
use std::fmt::Display;
use std::fs;

/// The bytes in memory that nobody else has, and the addresses.
pub(super) type Footprint = [f64; 2];

/// Looks at process `pid`, or at "self".
pub(super) fn footprint(pid: impl Display) -> Result<Footprint> {
    let sum_of = |file, name| {
        let path = format!("/proc/{pid}/{file}");
        let text = fs::read_to_string(&path).map_err(|why| LabError::failed(path, why));
        text.map(|text| sum_bytes(&text, name))
    };
    Ok([sum_of("smaps_rollup", "Private_")?, sum_of("status", "VmSize:")?])
}

/// What one of `count` has, if they have all that has come since `before`.
pub(super) fn of_each(before: Footprint, now: Footprint, count: usize) -> Footprint {
    [0, 1].map(|one| (now[one] - before[one]) / to_f64(count))
}

/// Adds up the lines that begin with `name`: `Private_Dirty:   112 kB`.
fn sum_bytes(text: &str, name: &str) -> f64 {
    let lines = text.lines().filter(|line| line.starts_with(name));
    let kibibytes = lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kibibytes.sum::<f64>() * 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_to_is_private_and_the_lines_with_one_name_are_added_up() {
        let before = footprint("self").unwrap();
        let touched = vec![1_u8; 8 << 20];
        let between = of_each(before, footprint("self").unwrap(), 1);
        drop(std::hint::black_box(touched));
        // Tests beside this one take and give memory too.
        assert!(between[0] > f64::from(4 << 20) && between[1] >= 0.0, "{between:?}");
        let text = "Shared_Clean: 7 kB\nPrivate_Clean:   44 kB\nPrivate_Dirty:  112 kB\n";
        assert!((sum_bytes(text, "Private_") - 156.0 * 1024.0).abs() < 0.5);
    }
}
