//! The machine: what a result is worth nothing without.

use std::fs;
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

use trainyard::sys::affinity;

/// The machine, as every document names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// How many processors this program may use.
    pub cpus: usize,
    pub cpu_model: String,
    pub kernel: String,
    pub trainyard: String,
}

/// What disturbs a measurement on this machine, at this moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// How many processors the affinity mask leaves.
    pub allowed_cpus: usize,
    /// How many of them a quota of the control group leaves, at least 1.
    pub quota_cpus: usize,
    /// How many threads wanted to run, on average over the last minute, if the kernel says.
    pub load_average: Option<f64>,
}

impl Host {
    /// Asks the machine. What it does not say is `unknown`.
    pub fn read() -> Self {
        let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let kernel = kernel.trim();
        Self {
            cpus: Conditions::read().cpus(),
            cpu_model: cpu_model(&cpu_info).unwrap_or("unknown").to_owned(),
            kernel: if kernel.is_empty() { "unknown" } else { kernel }.to_owned(),
            trainyard: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// `x86_64` calls it `model name`; `aarch64` says nothing of the kind.
fn cpu_model(cpu_info: &str) -> Option<&str> {
    let fields = cpu_info.lines().filter_map(|line| line.split_once(':'));
    fields
        .map(|(name, value)| (name.trim(), value.trim()))
        .find(|(name, value)| *name == "model name" && !value.is_empty())
        .map(|(_, value)| value)
}

impl Conditions {
    pub fn read() -> Self {
        // Std's count is of the mask and of the quota of every group above us, rounded down.
        let available = available_parallelism().map_or(1, usize::from);
        let allowed_cpus = affinity::allowed_cpus().map_or(available, |cpus| cpus.len());
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load_average =
            load.split_ascii_whitespace().next().and_then(|first| first.parse().ok());
        Self { allowed_cpus, quota_cpus: available.min(allowed_cpus), load_average }
    }

    /// How many processors can be busy at once.
    pub fn cpus(&self) -> usize {
        self.allowed_cpus.min(self.quota_cpus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_processor_a_kernel_and_our_version() {
        let host = Host::read();
        assert!(host.cpus >= 1);
        assert!(host.kernel.starts_with(|c: char| c.is_ascii_digit()), "{}", host.kernel);
        assert_eq!(host.trainyard, env!("CARGO_PKG_VERSION"));
        assert!(Conditions::read().load_average.is_some());
        let intel = "processor\t: 0\nmodel\t\t: 1\nmodel name\t: EPYC: 7B13\n";
        assert_eq!(cpu_model(intel), Some("EPYC: 7B13"));
        assert_eq!(cpu_model("processor\t: 0\nBogoMIPS\t: 50.00\n"), None);
    }
}
