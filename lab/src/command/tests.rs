//! The command line against right, wrong and random arguments.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use proptest::prelude::*;

use super::*;
use crate::ask::compare::next::suggestions;
use crate::ask::experiment::catalogue::tour;
use crate::ask::sweep::plan::Plan;
use lab_core::terms::output::{Color, Format, Glyphs, Output};
use lab_core::terms::{CpuKernel, GilChoice, Model, Params, Placement, Policy, Preset, Workload};
use lab_core::work::race::setting::Runner;

fn parse_line(line: &str) -> Result<Command, Exit> {
    let name = std::iter::once(OsString::from("trainyard"));
    // Every other part is what stands between quotes.
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(OsString::from).collect::<Vec<_>>(),
        _ => vec![OsString::from(part)],
    });
    parse(name.chain(words))
}

#[track_caller]
fn compare(line: &str) -> (Params, Output) {
    match parse_line(line) {
        Ok(Command::Compare(compare)) => compare.resolve().unwrap(),
        other => panic!("{line}: {other:?}"),
    }
}

/// Bad input: exactly this first line, a hint, exit code 2.
#[track_caller]
fn check_refused(line: &str, first: &str) {
    let exit = parse_line(line).unwrap_err();
    let lines: Vec<&str> = exit.message.lines().collect();
    assert_eq!(lines[0], format!("trainyard: {first}"));
    assert_eq!((lines.len(), exit.code), (2, 2));
}

#[test]
fn no_arguments_mean_compare_on_its_defaults() {
    let expected = (Params::of(Preset::Quick), Output::default());
    assert_eq!((compare(""), compare("compare")), (expected.clone(), expected));
    assert_eq!(parse(std::iter::empty()), parse_line("compare"));
}

#[test]
fn an_option_without_a_verb_is_an_option_of_compare() {
    assert_eq!(compare("--runs 3"), compare("compare --runs 3"));
}

#[test]
fn options_override_the_preset_and_leave_the_rest() {
    let line = "compare cpu io cpu --preset rp2018 --models threads,procs --models coop --gil off \
                --workers 3 --requests 10 --inputs 4 --latency 1.5ms --switch-interval 100us --runs 9 -w 2 \
                --seed 4 --affinity 0,2-3";
    let expected = Params {
        workloads: vec![Workload::Cpu, Workload::Io],
        models: vec![Model::Threads, Model::Procs, Model::Coop],
        gil: GilChoice::Off,
        workers: Some(3),
        requests: 10,
        latency_ns: 1_500_000,
        switch_interval_ns: 100_000,
        runs: 9,
        warmup: 2,
        seed: 4,
        affinity: vec![0, 2, 3],
        kernel: CpuKernel::SumOfSquares { first_n: 5_000_000, inputs: 4 },
        ..Params::of(Preset::Rp2018)
    };
    assert_eq!(compare(line).0, expected);
    let line = "--policy ticks,fifo,ticks --placement never --lock-per-worker --check-interval 7";
    let expected = Params {
        policies: vec![Policy::Ticks, Policy::Fifo],
        placements: vec![Placement::Never],
        lock_per_worker: true,
        check_interval: 7.try_into().unwrap(),
        ..Params::of(Preset::Quick)
    };
    assert_eq!(compare(line).0, expected);
}

#[test]
fn an_export_to_a_dash_is_the_document_on_standard_output() {
    let output = compare("--export-json - --export-csv x.csv --ascii --color never").1;
    let export = lab_core::terms::output::Export { format: Format::Csv, path: "x.csv".into() };
    assert_eq!(output.stdout, Format::Json);
    assert_eq!(output.files, [export]);
    assert_eq!((output.glyphs, output.color), (Glyphs::Ascii, Color::Never));
}

#[test]
fn bad_input_is_one_clear_first_line() {
    let cases = include_str!("refused.txt").split("$ trainyard ").skip(1);
    for case in cases {
        let mut lines = case.lines();
        check_refused(lines.next().unwrap(), lines.next().unwrap());
    }
    assert!(parse_line("io").unwrap_err().message.contains("trainyard compare io"));
    for lacks_a_part in ["sweep io -P workers 1", "sweep io -L workers"] {
        assert_eq!(parse_line(lacks_a_part).unwrap_err().code, 2);
    }
}

#[test]
fn a_line_end_in_an_argument_stays_on_the_line() {
    let args = ["trainyard", "compare", "a\nb\u{1b}[2J"].map(OsString::from);
    let message = parse(args.into_iter()).unwrap_err().message;
    assert!(message.starts_with("trainyard: unknown workload 'a\\nb\\u{1b}[2J'; "), "{message}");
}

#[test]
fn every_example_in_the_help_works() {
    let mut examples = 0;
    let verbs = "compare race dis experiment serve sweep timeline export trace doctor guide";
    for verb in std::iter::once("").chain(verbs.split(' ')) {
        let exit = parse_line(&format!("{verb} --help")).unwrap_err();
        assert_eq!(exit.code, 0);
        let (_, tail) = exit.message.split_once("Examples:").expect("has examples");
        for example in tail.lines().filter_map(|line| line.strip_prefix("  trainyard")) {
            // Two spaces end the command, `>` and `|` hand its output on.
            let command = example.split("  ").next().unwrap().split(['>', '|']).next().unwrap();
            assert!(parse_line(command).is_ok(), "trainyard{command}");
            examples += 1;
        }
    }
    assert!(examples > 40, "the examples were not found");
}

#[test]
fn a_race_is_run_in_the_ways_that_are_asked_for() {
    let runners = |line: &str| match parse_line(line) {
        Ok(Command::Race(race)) => race.runners().unwrap(),
        other => panic!("{line}: {other:?}"),
    };
    let labels =
        |line: &str| runners(line).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    assert_eq!(runners("race").len(), 6);
    assert_eq!(runners("race 'x += 1' --gil on").len(), 3);
    assert_eq!(runners("race --gil off"), [Runner::LockOff]);
    assert_eq!(labels("race --placement never"), "lock on, never");
    assert_eq!(labels("race --checks never --gil both"), "lock on, never; lock off");
    assert_eq!(
        labels("race --policy fifo,ticks --placement every-op,never"),
        "lock on, fifo, every-op; lock on, fifo, never; lock on, ticks, every-op; \
         lock on, ticks, never"
    );
    assert_eq!(labels("race --lock-per-worker --gil both"), "a lock each; lock off");
    assert_eq!(labels("race --search --lock-per-worker"), "a lock each");
    assert_eq!(runners("race --affinity 0").len(), 4);
    assert_eq!(runners("race --model procs,coop,procs"), [Runner::Procs, Runner::Coop]);
    // A search without a word about the lock lets switches fall anywhere.
    assert_eq!(runners("race --search"), [Runner::LockOff]);
    assert_eq!(runners("race --search --model coop"), [Runner::Coop]);
}

/// Each scan as `workers 1,2,4`, and the plan.
#[track_caller]
fn sweep(line: &str) -> (Vec<String>, Plan) {
    let Ok(Command::Sweep(sweep)) = parse_line(&format!("sweep {line}")) else { panic!("{line}") };
    let (plan, _) = sweep.resolve().unwrap();
    let scans = plan.scans.iter().map(|scan| {
        let values: Vec<String> = scan.values.iter().map(ToString::to_string).collect();
        format!("{} {}", scan.variable.name(), values.join(","))
    });
    (scans.collect(), plan)
}

#[test]
fn ranges_and_lists_become_values() {
    let (scans, asked) = sweep("io cpu -P workers 1 64");
    assert_eq!(scans, ["workers 1,2,4,8,16,32,64"]);
    assert_eq!(asked.params.workloads, [Workload::Io, Workload::Cpu]);
    assert_eq!((asked.params.models, asked.params.gil), (vec![Model::Threads], GilChoice::Both));
    let (scans, asked) =
        sweep("cpu -P workers 2 10 -D 4 -L gil on,off -L switch-interval 0.1ms,5ms");
    assert_eq!(scans, ["workers 2,6,10", "gil on,off", "switch-interval 100 us,5 ms"]);
    assert_eq!(asked.points().len(), 12);
    assert_eq!(sweep("-P latency 1ms 4ms").1.params.workloads, [Workload::Io]);
    assert_eq!(sweep("-L models procs,coop --runs 2").1.params.runs, 2);
    let policies = "timed,ticks,fifo,priority,no-forced-switching";
    // As hyperfine has it, and with an equals sign.
    for form in [format!("-L policy {policies}"), format!("cpu -L policy={policies} --gil on")] {
        assert_eq!(sweep(&form).0, [format!("policy {policies}")]);
    }
    let line =
        "io cpu --parameter-list placement=back-edge,never -P check-interval 50 200 --policy ticks";
    let (scans, plan) = sweep(line);
    assert_eq!(scans, ["check-interval 50,100,200", "placement back-edge,never"]);
    let at = |index: usize| plan.params_at(&plan.points()[index]);
    assert_eq!(
        (at(0).check_interval.get(), &at(0).placements[..]),
        (50, &[Placement::BackEdge][..])
    );
    assert_eq!(at(1).placements, [Placement::Never]);
}

#[test]
fn a_server_is_started_by_the_arguments_that_its_configuration_makes() {
    let config = ServerConfig { port: 8000, until_eof: true, ..ServerConfig::default() };
    assert_eq!(parse_line(&config.to_args().join(" ")), Ok(Command::Serve(config)));
}

#[test]
fn what_an_arm_is_told_reaches_it_untouched() {
    let expected = ["io", "--workers", "x"].map(OsString::from).to_vec();
    assert_eq!(parse_line("__arm io --workers x"), Ok(Command::Arm { args: expected }));
    assert!(!parse_line("--help").unwrap_err().message.contains("__arm"));
}

/// Words of the language, so that random lines get past the first argument.
const WORDS: &str = "compare sweep serve io cpu --runs --workers --latency --models --gil -w -L --policy --affinity \
    --url --export-json --format json 0 -1 5ms on - -- threads --help --ascii = --seed=9 http://x \
    99999999999999999999";

proptest! {
    #[test]
    fn no_arguments_at_all_make_it_panic(
        words in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(WORDS.split(' ').collect::<Vec<_>>()).prop_map(OsString::from),
                proptest::collection::vec(any::<u8>(), 0..9).prop_map(OsString::from_vec),
            ],
            0..8,
        )
    ) {
        if let Err(exit) = parse(std::iter::once(OsString::from("trainyard")).chain(words)) {
            prop_assert!(exit.code == 0 || exit.code == 2);
            let clear = exit.message.starts_with("trainyard: ") && exit.message.lines().count() == 2;
            prop_assert!(exit.code == 0 || clear, "{}", exit.message);
        }
    }
}

#[test]
fn every_command_of_the_tour_is_one() {
    for task in tour().iter().flat_map(|(_, lesson)| [lesson.look, lesson.change]) {
        let parsed = parse_line(task.command);
        assert!(parsed.is_ok(), "{}: {parsed:?}", task.command);
    }
}

#[test]
fn every_suggestion_is_a_command_and_nobody_is_told_to_do_what_they_just_did() {
    let one = |workload, preset| Params { workloads: vec![workload], ..Params::of(preset) };
    for params in [
        Params::of(Preset::Quick),
        Params::of(Preset::Rp2024),
        one(Workload::Io, Preset::Quick),
        one(Workload::Cpu, Preset::Rp2018),
        Params { workers: Some(20), switch_interval_ns: 1, ..Params::of(Preset::Quick) },
    ] {
        let suggestions = suggestions(&params);
        assert!((2..=4).contains(&suggestions.len()));
        for (command, _) in suggestions {
            let (of_it, output) = compare(command.strip_prefix("trainyard ").unwrap());
            assert!(!output.files.is_empty() || of_it != params, "{command}");
        }
    }
}
