//! A comparison made up by hand, for the tests of everything that shows one.
//!
//! The times are invented; the figures of a report are computed from them as from real ones.

use super::report::Report;
use lab_core::terms::{
    Contender, GilState, Host, Measured, Model, Params, Preset, Python, PythonGil, Workload,
};
use lab_core::testing::{measured, nothing_recorded, one, who};

/// What `trainyard compare` might find out on two processors.
pub(crate) fn report() -> (Report, Vec<Measured>) {
    report_of(measured())
}

/// The same beside a CPython.
pub(crate) fn report_beside_python() -> (Report, Vec<Measured>) {
    use Model::{PythonCoop, PythonProcs, PythonSync, PythonThreads};
    let path = "/usr/bin/python3".into();
    let python = Python { path, version: (3, 13, 0), gil: PythonGil::Timed };
    let version = python.id();
    let one = |workload, model, workers, median_s| {
        let gil = if model == PythonThreads { GilState::On } else { GilState::None };
        let contender =
            Contender { rules: None, python: Some(version), ..who(workload, model, gil, workers) };
        let mut one = one(contender, median_s, nothing_recorded());
        (one.gil, one.recording) = (None, None);
        one
    };
    let (mut io, mut cpu): (Vec<_>, Vec<_>) =
        measured().into_iter().partition(|one| one.contender.workload == Workload::Io);
    io.push(one(Workload::Io, PythonSync, 1, 0.95));
    io.push(one(Workload::Io, PythonThreads, 5, 0.2));
    io.push(one(Workload::Io, PythonCoop, 160, 0.09));
    cpu.push(one(Workload::Cpu, PythonSync, 1, 1.8));
    cpu.push(one(Workload::Cpu, PythonThreads, 2, 1.83));
    cpu.push(one(Workload::Cpu, PythonProcs, 2, 0.99));
    io.append(&mut cpu);
    report_with(&Params { pythons: vec![python], ..Params::of(Preset::Quick) }, io)
}

/// The report of `measured`, whatever it is.
pub(crate) fn report_of(measured: Vec<Measured>) -> (Report, Vec<Measured>) {
    report_with(&Params::of(Preset::Quick), measured)
}

/// The machine of all these.
pub(crate) fn host() -> Host {
    Host {
        cpus: 2,
        cpu_model: "Test CPU".to_owned(),
        kernel: "6.1".to_owned(),
        trainyard: "0.1.0".to_owned(),
    }
}

fn report_with(params: &Params, measured: Vec<Measured>) -> (Report, Vec<Measured>) {
    let lines = |contender: &Contender| match contender.model {
        Model::Sync => Some(0),
        Model::Coop => Some(6),
        _ => Some(9),
    };
    let report = Report::new(params, host(), &measured, lines);
    (report, measured)
}
