//! Is the crate as fast as the best of its peers, where it has a goal?
//!
//! Each scenario has contenders, ours among them, and goals: our figure over a peer's. In each
//! round every contender runs once; the next round goes backwards. So a slow minute of the machine
//! is everybody's. See `runner.rs` for what becomes of the figures, and `README.md` for a run.

mod echo;
mod gil;
mod handoff;
mod locks;
mod pool;
mod quiet;
mod runner;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use quiet::Patience;
use runner::{Scenario, Verdict};

/// Measures the crate beside its peers, in interleaved rounds.
///
/// Exits with 1 if a goal is missed.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Only scenarios whose name contains one of these
    names: Vec<String>,
    /// How many rounds; goals are judged from 9 on
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Before each turn wait until nothing else runs, for so many seconds a scenario at most
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    patience: u64,
    /// A `CPython` to measure beside ours; may be given several times
    #[arg(long, value_name = "PATH")]
    python: Vec<PathBuf>,
    /// Print the names of the scenarios, and measure nothing
    #[arg(long)]
    list: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What this program is when a scenario has started it.
#[derive(Subcommand)]
enum Part {
    /// Serves one connection of the scenario `echo`, under a lock
    #[command(hide = true)]
    ServeEcho(echo::Setting),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Part::ServeEcho(setting)) = arguments.part {
        echo::serve(setting);
        return ExitCode::SUCCESS;
    }
    let is_wanted = |scenario: &Scenario| {
        arguments.names.is_empty()
            || arguments.names.iter().any(|name| scenario.name.contains(name))
    };
    let mut missed = 0;
    for mut scenario in scenarios(&arguments.python).into_iter().filter(is_wanted) {
        if arguments.list {
            println!("{}", scenario.name);
            continue;
        }
        let mut patience = Patience::new(Duration::from_secs(arguments.patience));
        let verdicts = runner::run(&mut scenario, arguments.rounds, &mut patience);
        missed += verdicts.iter().filter(|verdict| **verdict == Verdict::Missed).count();
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn scenarios(pythons: &[PathBuf]) -> Vec<Scenario> {
    let mut scenarios = vec![
        locks::uncontended(),
        locks::contended(),
        handoff::on_one_cpu(),
        handoff::across_cpus(),
        gil::two_cpu_threads(),
        echo::lock_off(),
    ];
    scenarios.extend(pool::scenarios());
    scenarios.extend(echo::lock_on(pythons));
    scenarios
}
