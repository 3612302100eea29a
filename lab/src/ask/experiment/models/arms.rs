//! The contenders of `compare`, as cells of an experiment.
//!
//! `lab/core/src/work/io` and `lab/core/src/work/cpu` have one short file for each model. An experiment that asks which
//! model helps measures those same files: one round, and one more on the record for what was in
//! flight at once.

use std::time::Duration;

use clap::ValueEnum;

use crate::ask::experiment::kit::cell::{Cell, Lock};
use crate::ask::experiment::kit::figures::Figures;
use crate::ask::experiment::kit::hogs;
use crate::ask::experiment::kit::voice::recorded_elsewhere;
use crate::measure::arm_process::{ArmProcess, Halt};
use crate::measure::sources::lines_changed;
use crate::measure::usage::Account;
use lab_core::look::lanes::Lanes;
use lab_core::terms::contender::{Contender, GilState, Model, Workload};
use lab_core::terms::error::{LabError, Result};
use lab_core::terms::params::{CpuKernel, Params, Preset};
use lab_core::work::arm::Setup;
use lab_core::work::server::ServerConfig;
use lab_core::work::server::child::ServerProcess;
use lab_core::work::task::Task;
use trainyard::sys::signal::Interrupts;

/// No round takes a tenth of it.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// The sums of the articles.
const INPUTS: usize = 20;

/// Plain threads without any lock, to see what the machine can do; see
/// [`yardstick`](crate::ask::experiment::kit::yardstick).
pub const BARE: [&str; 2] = ["1 bare thread", "2 bare threads"];

/// Fetches so many pages from a server that takes its time.
pub fn waiting(label: &str, model: Model, trains: usize, pages: usize, latency_s: f64) -> Cell {
    let cell = cell(label, Workload::Io, model, trains);
    cell.with("requests", pages).with("latency_s", latency_s)
}

/// Computes twenty sums, each of so many squares; a Python computes for `duration_s` instead.
pub fn computing(label: &str, model: Model, trains: usize, squares: u64, duration_s: f64) -> Cell {
    let cell = cell(label, Workload::Cpu, model, trains);
    cell.with("squares", squares).with("duration_s", duration_s)
}

/// The cells that a relation about two processors compares with.
pub fn bare(duration_s: f64) -> [Cell; 2] {
    [(BARE[0], 1), (BARE[1], 2)].map(|(label, threads)| {
        let cell = Cell::computing(label, Lock::Bare, threads, Task::Pi, duration_s);
        cell.with("model", "bare")
    })
}

fn cell(label: &str, workload: Workload, model: Model, trains: usize) -> Cell {
    let lock = match model {
        Model::Threads | Model::ThreadsNative => Lock::TIMED,
        _ => Lock::None,
    };
    let cell = Cell::new(label, lock).with("workload", workload.name());
    cell.with("model", model.name()).with("threads", trains)
}

/// Measures one round of the cell's contender, in the processes that `compare` would start.
///
/// # Errors
///
/// Fails if threads, processes or the server cannot be had, or a unit of work fails.
///
/// # Panics
///
/// Panics if the cell is none of this module's.
pub fn measure(cell: &Cell) -> Result<Figures> {
    if cell.lock == Lock::Bare {
        return hogs::throughput(cell);
    }
    let failed = |why| LabError::failed("a cell", why);
    let interrupts = Interrupts::listen().map_err(failed)?;
    let halt = Halt { interrupts: &interrupts, silence_max: SILENCE_MAX };
    let contender = contender(cell);
    let params = params(cell, contender.workload);
    let latency = Duration::from_nanos(params.latency_ns);
    let server = match contender.workload {
        Workload::Io => {
            Some(ServerProcess::spawn(&ServerConfig { latency, ..Default::default() })?)
        }
        Workload::Cpu => None,
    };
    let address = server.as_ref().map(ServerProcess::address);
    let setup = Setup { contender, params, server: address, flight: None };
    let (mut arm, startup) = ArmProcess::start(setup, &halt)?;

    arm.forget_peaks();
    let before = arm.usage();
    let outcome = arm.round(&halt)?;
    let mut account = Account::default();
    account.add(before, arm.usage());
    let recording = arm.record(&halt)?;

    let usage = account.per_round();
    let wall_s = Duration::from_nanos(outcome.wall_ns).as_secs_f64();
    let units = u32::try_from(outcome.units).unwrap_or(u32::MAX);
    let lanes = Lanes::read(&recording).map(|lanes| lanes.figures).unwrap_or_default();
    recorded_elsewhere(recording);
    let figures = Figures::default()
        .with("wall_s", wall_s)
        .with("calls_per_s", f64::from(units) / wall_s)
        .with("startup_s", startup.as_secs_f64())
        .with("cpus_busy", (usage.user_s + usage.system_s) / wall_s)
        .with_count("memory_bytes", usage.max_rss_bytes)
        .with_count("in_flight_max", lanes.in_flight_max)
        .with_count("at_once_max", lanes.running_at_once_max)
        .with_count("lines", lines_changed(&contender).unwrap_or(0));
    Ok(match outcome.gil {
        Some(gil) => figures.with_count("taken", gil.acquisitions),
        None => figures,
    })
}

fn contender(cell: &Cell) -> Contender {
    let model = Model::from_str(cell.word("model"), false);
    let workload = Workload::from_str(cell.word("workload"), false);
    Contender {
        workload: workload.expect("a cell of this module names a workload"),
        model: model.expect("a cell of this module names a model"),
        gil: match cell.lock {
            Lock::None => GilState::None,
            Lock::Off => GilState::Off,
            _ => GilState::On,
        },
        workers: cell.count("threads"),
        python: None,
    }
}

fn params(cell: &Cell, workload: Workload) -> Params {
    let params = Params { workloads: vec![workload], ..Params::of(Preset::Quick) };
    match workload {
        Workload::Io => Params {
            requests: cell.count("requests"),
            latency_ns: u64::try_from(Duration::from_secs_f64(cell.number("latency_s")).as_nanos())
                .unwrap_or(u64::MAX),
            ..params
        },
        Workload::Cpu => {
            let first_n = cell.count("squares") as u64;
            Params { kernel: CpuKernel::SumOfSquares { first_n, inputs: INPUTS }, ..params }
        }
    }
}
