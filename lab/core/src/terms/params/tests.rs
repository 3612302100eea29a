//! What the presets and the options make of each other.

use super::*;
use crate::terms::python::PythonGil;

/// `io sync none 1; io threads on 5`.
fn rows(params: &Params, cpus: usize) -> String {
    let rows = params.contenders(cpus).into_iter();
    let said = rows.map(|Contender { workload, model, gil, workers, .. }| {
        format!("{workload} {model} {gil} {workers}")
    });
    said.collect::<Vec<_>>().join("; ")
}

#[test]
fn each_preset_measures_its_pools_in_the_order_of_the_table() {
    let few = Params {
        models: vec![Model::Procs, Model::Threads],
        gil: GilChoice::Off,
        workers: Some(3),
        workloads: vec![Workload::Io],
        ..Params::of(Preset::Quick)
    };
    for (params, expected) in [
        (
            Params::of(Preset::Quick),
            "io sync none 1; io threads on 5; io threads off 5; io coop none 160; io procs none 5; \
             cpu sync none 1; cpu threads on 2; cpu threads off 2; cpu threads-native on 2; \
             cpu coop none 20; cpu procs none 2",
        ),
        // The reference takes part whoever else is asked for.
        (few, "io sync none 1; io threads off 3; io procs none 3"),
    ] {
        assert_eq!(rows(&params, 2), expected);
    }
    for (preset, cpus, workers) in [
        (Preset::Rp2018, 8, [1, 5, 5, 5, 20, 8]),
        (Preset::Rp2024, 8, [1, 5, 5, 5, 20, 4]),
        (Preset::Quick, 64, [1, 20, 20, 20, 20, 20]),
        (Preset::Quick, 1, [1, 2, 2, 2, 20, 2]),
    ] {
        let cpu = Params { workloads: vec![Workload::Cpu], ..Params::of(preset) };
        let rows = cpu.contenders(cpus).into_iter();
        assert_eq!(rows.map(|row| row.workers).collect::<Vec<_>>(), workers, "{preset:?} {cpus}");
    }
}

/// Native code looks nowhere, and a lock that is off has no rules.
#[test]
fn each_policy_at_each_place_is_a_row_of_the_threads_that_have_the_lock_on() {
    let params = Params {
        workloads: vec![Workload::Cpu],
        models: vec![Model::Threads, Model::ThreadsNative],
        policies: vec![Policy::Ticks, Policy::Fifo],
        placements: vec![Placement::BackEdge, Placement::Never],
        ..Params::of(Preset::Quick)
    };
    let rows = params.contenders(2).into_iter();
    assert_eq!(
        rows.map(|row| format!("{row} = {}", row.label())).collect::<Vec<_>>(),
        [
            "cpu/sync/1 = one after another",
            "cpu/threads-on-ticks-back-edge/2 = 2 threads, lock on, ticks, back-edge",
            "cpu/threads-on-ticks-never/2 = 2 threads, lock on, ticks, never",
            "cpu/threads-on-fifo-back-edge/2 = 2 threads, lock on, fifo, back-edge",
            "cpu/threads-on-fifo-never/2 = 2 threads, lock on, fifo, never",
            "cpu/threads-off/2 = 2 threads, lock off",
            "cpu/threads-native-on-ticks/2 = 2 threads, native, ticks",
            "cpu/threads-native-on-fifo/2 = 2 threads, native, fifo",
        ]
    );
    let each = Params { lock_per_worker: true, ..Params::of(Preset::Quick) };
    let row = each.contenders(2)[1];
    assert_eq!(
        (row.to_string(), row.label()),
        ("io/threads-on-each/5".into(), "5 threads, a lock each".into())
    );
}

#[test]
fn a_cpython_plays_the_models_that_were_asked_for_and_that_it_has() {
    let python = |version, gil| Python { path: "python".into(), version, gil };
    let params = |models: &[Model]| Params {
        models: models.to_vec(),
        workloads: vec![Workload::Cpu],
        pythons: vec![
            python((2, 7, 18), PythonGil::Ticks),
            python((3, 13, 0), PythonGil::Timed),
            python((3, 13, 0), PythonGil::Off),
        ],
        ..Params::of(Preset::Quick)
    };
    let of_python = |models| {
        let rows = params(models).contenders(2).into_iter();
        let rows = rows.filter(|row| row.python.is_some());
        rows.map(|row| format!("{row} {}", row.gil)).collect::<Vec<_>>()
    };
    assert_eq!(
        of_python(&[Model::Threads, Model::ThreadsNative]),
        [
            "cpu/python-sync-2.7.18/1 none",
            "cpu/python-sync-3.13.0/1 none",
            "cpu/python-threads-3.13.0/2 on",
            "cpu/python-sync-3.13.0t/1 none",
            "cpu/python-threads-3.13.0t/2 off",
        ]
    );
    let coop = of_python(&[Model::Coop]);
    assert_eq!(coop[2..4], ["cpu/python-coop-3.13.0/20 none", "cpu/python-sync-3.13.0t/1 none"]);
}

#[test]
fn options_that_leave_nothing_to_compare_are_refused() {
    let native = Params { models: vec![Model::ThreadsNative], ..Params::of(Preset::Quick) };
    assert!(native.check().unwrap_err().starts_with("nothing is left to compare in io"));
    let cpu = Params { workloads: vec![Workload::Cpu], ..native };
    assert_eq!(cpu.check(), Ok(()));
    assert!(Params { gil: GilChoice::Off, ..cpu }.check().is_err());
    let sync = Params { models: vec![Model::Sync], ..Params::of(Preset::Quick) };
    assert_eq!(sync.check(), Ok(()), "a reference alone is a measurement too");
}

#[test]
fn a_round_may_take_ten_times_what_its_units_add_up_to() {
    let quick = Params::of(Preset::Quick);
    assert_eq!(quick.round_max(Workload::Cpu), ROUND_MAX + 20 * INPUT_MAX);
    let many = Params { requests: 1_000_000, ..quick.clone() };
    assert_eq!(many.round_max(Workload::Io), ROUND_MAX + Duration::from_millis(5) * 10_000_000);
    let url = Params { urls: vec!["http://[::1]/".to_owned()], requests: 2, ..quick };
    assert_eq!(url.round_max(Workload::Io), ROUND_MAX + 2 * SILENCE_MAX);
}

#[test]
fn parameters_survive_the_way_to_an_arm() {
    let params = Params { urls: vec!["http://[::1]/".to_owned()], ..Params::of(Preset::Rp2024) };
    let text = serde_json::to_string(&params).unwrap();
    assert_eq!(serde_json::from_str::<Params>(&text).unwrap(), params);
}
