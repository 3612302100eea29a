//! How much memory a process has to itself.
//!
//! What processes share, as the program's code, costs nothing once more. So counted are the pages
//! that are in memory and nobody else's; and, apart from that, the addresses that are taken, whether
//! or not anything is there. See `proc_pid_smaps(5)` and `proc_pid_status(5)`.

use std::fs;
use std::ops::{Add, Mul, Sub};

use lab_core::terms::error::{LabError, Result};

/// What a process has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Footprint {
    /// In memory, and nobody else's.
    pub private_bytes: f64,
    /// Addresses.
    pub virtual_bytes: f64,
}

impl Footprint {
    /// Looks at this process.
    ///
    /// # Errors
    ///
    /// Fails if the kernel does not say.
    pub fn own() -> Result<Self> {
        Self::of(std::process::id())
    }

    /// Looks at process `pid`.
    ///
    /// # Errors
    ///
    /// Fails if the kernel does not say, or there is no such process.
    pub fn of(pid: u32) -> Result<Self> {
        let read = |name| {
            let path = format!("/proc/{pid}/{name}");
            fs::read_to_string(&path).map_err(|why| LabError::failed(path, why))
        };
        let (maps, status) = (read("smaps_rollup")?, read("status")?);
        Ok(Self {
            private_bytes: sum_bytes(&maps, "Private_"),
            virtual_bytes: sum_bytes(&status, "VmSize:"),
        })
    }
}

impl Add for Footprint {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            private_bytes: self.private_bytes + other.private_bytes,
            virtual_bytes: self.virtual_bytes + other.virtual_bytes,
        }
    }
}

impl Mul<f64> for Footprint {
    type Output = Self;

    fn mul(self, times: f64) -> Self {
        Self {
            private_bytes: self.private_bytes * times,
            virtual_bytes: self.virtual_bytes * times,
        }
    }
}

/// What came to be between two looks.
impl Sub for Footprint {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        self + before * -1.0
    }
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
    fn what_is_written_to_is_private_and_what_is_only_asked_for_is_addresses() {
        let before = Footprint::own().unwrap();
        let touched = vec![1_u8; 8 << 20];
        let between = Footprint::own().unwrap() - before;
        drop(std::hint::black_box(touched));
        // Tests beside this one take and give memory too.
        assert!(between.private_bytes > f64::from(4 << 20), "{between:?}");
        assert!(between.virtual_bytes >= 0.0, "{between:?}");
    }

    #[test]
    fn the_lines_with_one_name_are_added_up() {
        let text = "Shared_Clean: 7 kB\nPrivate_Clean:   44 kB\nPrivate_Dirty:  112 kB\n";
        assert!((sum_bytes(text, "Private_") - 156.0 * 1024.0).abs() < 0.5);
    }
}
