//! A sweep made up by hand, for the tests of everything that shows one.

use super::plan::{Plan, Scan};
use super::report::{Report, Row};
use super::variable::{Value, Variable};
use crate::ask::compare::testing::host;
use lab_core::terms::{Contender, GilState, Measured, Model, Params, Preset, Workload};
use lab_core::testing::{self, who};

const COUNTS: [usize; 5] = [1, 2, 8, 16, 64];

/// What `trainyard sweep io cpu -P workers 1 64` might find out, after `doctor` has changed every
/// row.
pub(super) fn report(doctor: impl FnMut(&mut Row)) -> Report {
    // Typed from the largest to the smallest, which is to make no difference.
    let values = COUNTS.into_iter().rev().map(Value::Count).collect();
    report_of(vec![Scan { variable: Variable::Workers, values }], doctor)
}

/// A sweep of these scans.
pub(super) fn sweep(scans: Vec<Scan>) -> Plan {
    Plan { params: Params::of(Preset::Quick), scans }
}

/// The same report of other scans, with no other numbers of workers.
pub(super) fn report_of(scans: Vec<Scan>, doctor: impl FnMut(&mut Row)) -> Report {
    let mut sweep = sweep(scans);
    sweep.params.models = vec![Model::Threads];
    let mut report = Report::new(&sweep, host());
    for workload in [Workload::Io, Workload::Cpu] {
        let layout = sweep.layout(workload, 2).unwrap();
        let measured = layout.places.iter().map(|place| Some(measured(place.contender)));
        report.add(&sweep, &layout, &measured.collect::<Vec<_>>());
    }
    report.results.iter_mut().for_each(doctor);
    for row in &mut report.results {
        let at_once = if row.compared.gil == GilState::Off { 2 } else { 1 };
        row.compared.in_flight_max = Some(row.compared.workers);
        row.compared.running_at_once_max = Some(at_once.min(row.compared.workers));
        row.compared.cpus_used = Some(2);
    }
    report.conclude();
    report
}

/// `io` gets faster up to 16 threads; `cpu` up to 2, and only with the lock off.
fn measured(contender: Contender) -> Measured {
    let Contender { workload, model, gil, workers, .. } = contender;
    let median_s = match (workload, model, gil) {
        (Workload::Io, Model::Sync, _) => 0.85,
        (Workload::Io, ..) => 0.85 / [1.0, 2.0, 8.0, 16.0, 16.1][position(workers)],
        (Workload::Cpu, _, GilState::Off) => 0.06 / [1.0, 1.9, 1.9, 1.88, 1.86][position(workers)],
        (Workload::Cpu, ..) => 0.06,
    };
    let contender = who(workload, model, gil, workers);
    let mut one = testing::one(contender, median_s, testing::nothing_recorded());
    one.recording = None;
    // Not the same in every row, or it would be one measurement that stands in all of them.
    one.wall_s[0] *= [1.0, 1.001, 1.002, 1.003, 1.004][position(workers)];
    if workload == Workload::Cpu {
        one.usage.voluntary_switches = 4;
    }
    one
}

fn position(workers: usize) -> usize {
    COUNTS.iter().position(|count| *count >= workers).unwrap()
}
