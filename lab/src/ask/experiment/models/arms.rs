//! The contenders of `compare`, as cells of an experiment.
//!
//! `lab/core/src/work/io` and `work/cpu` have one short file for each model. An experiment that asks
//! which model helps measures those files: one round, and one on the record for what was in flight
//! at once.

use clap::ValueEnum;

use crate::ask::experiment::kit::heard::ELSEWHERE;
use crate::ask::experiment::kit::prelude::*;
use crate::measure::arm_process::{ArmProcess, Halt};
use crate::measure::lines::lines_changed;
use crate::measure::usage::Account;
use lab_core::look::lanes::Lanes;
use lab_core::terms::contender::{Contender, GilState, Model, Workload};
use lab_core::terms::params::{CpuKernel, Params, Preset};
use lab_core::work::arm::Setup;
use lab_core::work::server::ServerConfig;
use lab_core::work::server::{START_TIMEOUT, ServerProcess};
use trainyard::sys::signal::Interrupts;

/// No round takes a tenth of it.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// The sums of the articles.
const INPUTS: usize = 20;

/// Measures one round of the cell's contender, in the processes that `compare` would start.
pub(super) fn measure(cell: &Cell) -> Result<Figures> {
    if cell.lock == Lock::Bare {
        return hogs::throughput(cell);
    }
    let failed = |why| LabError::failed("a cell", why);
    let interrupts = Interrupts::listen().map_err(failed)?;
    let halt = Halt { interrupts: &interrupts, silence_max: SILENCE_MAX };
    let (contender, params) = contender(cell);
    let config =
        ServerConfig { latency: Duration::from_nanos(params.latency_ns), ..Default::default() };
    let is_asked = contender.workload == Workload::Io;
    let server = is_asked.then(|| ServerProcess::spawn(&config, START_TIMEOUT)).transpose()?;
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
    // A cell measures once.
    drop(ELSEWHERE.set(recording));
    Ok(Figures::default()
        .with("wall_s", wall_s)
        .with("calls_per_s", f64::from(units) / wall_s)
        .with("startup_s", startup.as_secs_f64())
        .with("cpus_busy", (usage.user_s + usage.system_s) / wall_s)
        .with_count("memory_bytes", usage.max_rss_bytes)
        .with_count("in_flight_max", lanes.in_flight_max)
        .with_count("at_once_max", lanes.running_at_once_max)
        .with_count("lines", lines_changed(&contender).unwrap_or(0))
        .with_some("taken", outcome.gil.map(|gil| to_f64(gil.acquisitions))))
}

fn contender(cell: &Cell) -> (Contender, Params) {
    let model = Model::from_str(cell.word("model"), false);
    let workload = Workload::from_str(cell.word("workload"), false);
    let workload = workload.expect("a cell of this module names a workload");
    let mut params = Params { workloads: vec![workload], ..Params::of(Preset::Quick) };
    if workload == Workload::Io {
        let latency = cell.time("latency_s");
        params.requests = cell.count("requests");
        params.latency_ns = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
    } else {
        let first_n = cell.count("squares") as u64;
        params.kernel = CpuKernel::SumOfSquares { first_n, inputs: INPUTS };
    }
    let gil = match cell.lock {
        Lock::None => GilState::None,
        Lock::Off => GilState::Off,
        _ => GilState::On,
    };
    let model = model.expect("a cell of this module names a model");
    (
        Contender {
            workload,
            model,
            gil,
            rules: None,
            workers: cell.count("threads"),
            python: None,
        },
        params,
    )
}
