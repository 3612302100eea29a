//! Has any contender become slower than it was?
//!
//! The same workload × model files that `trainyard compare` measures, one at a time, in this
//! process. Ids are `workload/model/workers`.
//!
//! What would mislead: reading a ratio between two ids. They are not measured next to each other,
//! and a machine's speed drifts; for ratios there is `trainyard compare`, which interleaves. The
//! server of `io` runs in this process too, so its processor time counts against the contenders.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use lab_core::terms::contender::{Contender, GilState, Model, Workload};
use lab_core::terms::params::{CpuKernel, Params, Preset};
use lab_core::work::arm::{Arm, Setup};
use lab_core::work::server::{Server, ServerConfig};
use lab_core::work::{cpu, io};

/// Short, so that the runtime's own share of a request is as large as it gets.
const LATENCY: Duration = Duration::from_micros(500);

/// 20 sums of this length take about a millisecond: longer than a wake-up, short enough to repeat.
const FIRST_N: u64 = 50_000;

fn main() {
    trainyard::procs::init();
    let server = Server::start(&ServerConfig { latency: LATENCY, ..ServerConfig::default() })
        .expect("a free port on the loopback");
    let criterion = &mut Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut bench = |workload, model, gil, workers| {
        let contender = Contender { workload, model, gil, rules: None, workers, python: None };
        let kernel = CpuKernel::SumOfSquares { first_n: FIRST_N, inputs: 20 };
        let params = Params { kernel, ..Params::of(Preset::Quick) };
        let setup = Setup { contender, params, server: Some(server.address()), flight: None };
        bench_contender(criterion, &setup);
    };
    for (model, gil, workers) in [
        (Model::Sync, GilState::None, 1),
        (Model::Threads, GilState::On, 5),
        (Model::Threads, GilState::Off, 5),
        (Model::Coop, GilState::None, 160),
        (Model::Procs, GilState::None, 5),
    ] {
        bench(Workload::Io, model, gil, workers);
    }
    for (model, gil, workers) in [
        (Model::Sync, GilState::None, 1),
        (Model::Threads, GilState::On, 2),
        (Model::Threads, GilState::Off, 2),
        (Model::ThreadsNative, GilState::On, 2),
        (Model::Coop, GilState::None, 20),
        (Model::Procs, GilState::None, 2),
    ] {
        bench(Workload::Cpu, model, gil, workers);
    }
    criterion.final_summary();
}

fn bench_contender(criterion: &mut Criterion, setup: &Setup) {
    match (setup.contender.workload, setup.contender.model) {
        (Workload::Io, Model::Sync) => bench_arm::<io::sync::Sync>(criterion, setup),
        (Workload::Io, Model::Coop) => bench_arm::<io::coop::Coop>(criterion, setup),
        (Workload::Io, Model::Procs) => bench_arm::<io::procs::Procs>(criterion, setup),
        (Workload::Io, _) => bench_arm::<io::threads::Threads>(criterion, setup),
        (Workload::Cpu, Model::Sync) => bench_arm::<cpu::sync::Sync>(criterion, setup),
        (Workload::Cpu, Model::Coop) => bench_arm::<cpu::coop::Coop>(criterion, setup),
        (Workload::Cpu, Model::Procs) => bench_arm::<cpu::procs::Procs>(criterion, setup),
        (Workload::Cpu, Model::Threads) => bench_arm::<cpu::threads::Threads>(criterion, setup),
        (Workload::Cpu, Model::ThreadsNative) => {
            bench_arm::<cpu::threads_native::ThreadsNative>(criterion, setup);
        }
        (Workload::Cpu, _) => unreachable!("no Python is benched"),
    }
}

fn bench_arm<A: Arm>(criterion: &mut Criterion, setup: &Setup) {
    let Contender { workload, model, gil, workers, .. } = setup.contender;
    let model = model.to_string().replace('-', "_");
    let id = match gil {
        GilState::None => format!("{workload}/{model}/{workers}"),
        state => format!("{workload}/{model}_gil_{state}/{workers}"),
    };
    let mut arm = A::start(setup).expect("the contender comes up");
    criterion.bench_function(&id, |bencher| {
        bencher.iter(|| black_box(arm.round().expect("no unit fails").len()));
    });
}
