//! The options of `trainyard sweep`: what is scanned, in hyperfine's words, and what is not.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::ArgAction;

use super::plan::{Plan, Scan};
use super::variable::{Value, Variable, range};
use crate::ask::lock::Lock;
use crate::ask::options::{Measuring, Results, Work, distinct, nanoseconds};
use crate::ask::values;
use lab_core::terms::output::{Color, Output};
use lab_core::terms::{GilChoice, Model, Params, Preset, Workload};

const EXAMPLES: &str = "\
Variables: workers, switch-interval, check-interval, latency, requests, inputs,
gil, policy, placement, models.

A range of more than 12 whole numbers, and every range of durations, is doubled
through, MIN, 2 MIN, 4 MIN and so on, and MAX, unless -D says how far to step.

Examples:
  trainyard sweep io cpu -P workers 1 64            how many threads are right?
  trainyard sweep io -P workers 5 60 -D 5 --export-svg workers.svg
  trainyard sweep cpu -L switch-interval 0.1ms,1ms,5ms --gil on
  trainyard sweep cpu -P workers 1 4 -L gil on,off  every combination
  trainyard sweep cpu -L policy=timed,ticks,fifo,priority,no-forced-switching
  trainyard sweep io -P latency 1ms 32ms --models threads,coop
  trainyard sweep cpu -L models threads,procs -P inputs 4 20 -D 8 --runs 6
  trainyard sweep cpu -P workers 1 4 -o run.trace   for: trainyard timeline

Exit status: 0 done, 1 a run or a check failed, 2 bad input, 130 interrupted.";

/// Measure at many values of a parameter, and see where more stops to help
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Sweep {
    /// What to do: io, cpu; none means each that the variables apply to
    #[arg(value_name = "WORKLOAD", value_parser = values::workload, allow_negative_numbers = true)]
    workloads: Vec<Workload>,

    /// Scan VAR from MIN to MAX; may be repeated
    #[arg(long, short = 'P', num_args = 3, value_names = ["VAR", "MIN", "MAX"],
          allow_hyphen_values = true, action = ArgAction::Append)]
    parameter_scan: Vec<String>,

    /// Step of a scan; one for each -P, in their order
    #[arg(long, short = 'D', value_name = "STEP", allow_hyphen_values = true)]
    parameter_step_size: Vec<String>,

    /// Scan the values of VAR, with commas; may be repeated
    #[arg(long, short = 'L', num_args = 2, value_names = ["VAR", "VALUES"],
          allow_hyphen_values = true, action = ArgAction::Append)]
    parameter_list: Vec<String>,

    /// Who takes part, with commas: sync, threads, threads-native, coop, procs; sync always does
    #[arg(long, value_name = "MODELS", value_delimiter = ',', value_parser = values::model,
          default_value = "threads")]
    models: Vec<Model>,

    #[command(flatten, next_help_heading = "What is run")]
    work: Work,

    #[command(flatten, next_help_heading = "How it is measured")]
    pub(super) measuring: Measuring,

    #[command(flatten, next_help_heading = "Where the results go")]
    results: Results,

    /// Draw the results into FILE as an SVG picture
    #[arg(long, value_name = "FILE")]
    export_svg: Option<PathBuf>,

    /// Colours: auto, always, never; auto honours `NO_COLOR`
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = values::color)]
    color: Color,
}

impl Sweep {
    /// Says what is measured at which points, and where the results go; fails with one line if options
    /// do not go together.
    pub(crate) fn resolve(&self) -> Result<(Plan, Output), String> {
        let scans = self.scans()?;
        if scans.is_empty() {
            return Err("nothing is scanned: -P workers 1 64, or -L gil on,off".to_owned());
        }
        if let Some(name) = scans.iter().find_map(|scan| self.also_fixed(scan.variable)) {
            return Err(format!(
                "{name} is scanned: --{name} cannot be one value at the same time"
            ));
        }
        let workloads = self.chosen_workloads(&scans)?;
        let output = self.results.clone().into_output(self.export_svg.clone())?;
        let output = Output { color: self.color, ..output };
        let preset = self.work.apply_to(self.measuring.apply_to(Params::of(Preset::Quick)));
        let models = distinct(self.models.clone()).unwrap_or_default();
        let lock = self.lock_with(&scans);
        let plan = Plan { params: Params { workloads, models, ..preset }, scans };
        plan.check()?;
        lock.check(plan.models().any(Model::has_lock))?;
        Ok((plan, output))
    }

    /// The options about the lock, as if what is scanned had been given.
    fn lock_with(&self, scans: &[Scan]) -> Lock {
        let mut lock = self.work.lock.clone();
        let pace = lock.pace();
        for (variable, value) in scans.iter().flat_map(Scan::pairs) {
            match (variable, value) {
                (_, Value::Policy(policy)) => lock.policy.push(policy),
                (_, Value::Placement(placement)) => lock.placement.push(placement),
                (Variable::CheckInterval, _) => lock.check_interval = Some(pace.check_interval),
                (Variable::SwitchInterval, _) => lock.switch_interval = Some(pace.switch_interval),
                _ => {}
            }
        }
        if scans.iter().any(|scan| scan.values == [Value::Gil(GilChoice::Off)]) {
            lock.gil = Some(GilChoice::Off);
        }
        lock
    }

    /// The workloads that are named, or those that all of `scans` apply to.
    fn chosen_workloads(&self, scans: &[Scan]) -> Result<Vec<Workload>, String> {
        if let Some(named) = distinct(self.workloads.clone()) {
            return Ok(named);
        }
        let mut all = vec![Workload::Io, Workload::Cpu];
        all.retain(|workload| scans.iter().all(|scan| scan.variable.applies_to(*workload)));
        if all.is_empty() {
            return Err("there is no workload that all of these variables apply to".to_owned());
        }
        Ok(all)
    }

    fn scans(&self) -> Result<Vec<Scan>, String> {
        let (ranges, _) = self.parameter_scan.as_chunks::<3>();
        let steps = &self.parameter_step_size;
        if steps.len() > ranges.len() {
            return Err("-D is the step of a -P: there are more -D than -P".to_owned());
        }
        let (lists, _) = self.parameter_list.as_chunks::<2>();
        let ranges = (0..).zip(ranges).map(|(index, range)| scan_range(range, steps.get(index)));
        ranges.chain(lists.iter().map(scan_list)).collect()
    }

    /// The name of `variable`, if an option sets it to one value.
    fn also_fixed(&self, variable: Variable) -> Option<&'static str> {
        let is_fixed = match variable {
            // It has a default.
            Variable::Models => self.models != [Model::Threads],
            _ => self.work.given().any(|name| name == variable.name()),
        };
        is_fixed.then(|| variable.name())
    }
}

fn scan_range([name, min, max]: &[String; 3], step: Option<&String>) -> Result<Scan, String> {
    let variable = Variable::find(name)?;
    if !variable.is_numeric() {
        let example = match variable {
            Variable::Gil => "on,off",
            Variable::Policy => "timed,fifo",
            Variable::Placement => "back-edge,never",
            _ => "threads,procs",
        };
        return Err(format!("{name} has names, and no range: -L {name} {example}"));
    }
    let (min, max) = (value(variable, min)?, value(variable, max)?);
    let step = step.map(|step| step_value(variable, step)).transpose()?;
    let values = range(min, max, step).map_err(|why| format!("-P {name}: {why}"))?;
    Ok(Scan { variable, values })
}

fn scan_list([name, list]: &[String; 2]) -> Result<Scan, String> {
    let variable = Variable::find(name)?;
    let values: Vec<Value> =
        list.split(',').map(|text| value(variable, text.trim())).collect::<Result<_, _>>()?;
    Ok(Scan { variable, values: distinct(values).unwrap_or_default() })
}

/// Reads one value, as the option of the same name would.
fn value(variable: Variable, text: &str) -> Result<Value, String> {
    let exact = |duration| Value::Duration(nanoseconds(duration));
    let count = |number: NonZeroU32| Value::Count(number.get() as usize);
    let value = match variable {
        Variable::Workers => values::workers(text).map(Value::Count),
        Variable::Requests => values::requests(text).map(Value::Count),
        Variable::Inputs => values::inputs(text).map(Value::Count),
        Variable::SwitchInterval => values::switch_interval(text).map(exact),
        Variable::Latency => values::latency(text).map(exact),
        Variable::CheckInterval => values::check_interval(text).map(count),
        Variable::Policy => values::policy(text).map(Value::Policy),
        Variable::Placement => values::placement(text).map(Value::Placement),
        Variable::Models => values::model(text).map(Value::Model),
        Variable::Gil => match values::gil(text) {
            Ok(GilChoice::Both) => Err("a value is one state: on or off".to_owned()),
            other => other.map(Value::Gil),
        },
    };
    value.map_err(|why| format!("invalid value '{text}' for {}: {why}", variable.name()))
}

/// Reads a step: it may be what no value may be, 0, and is then refused as a step.
fn step_value(variable: Variable, text: &str) -> Result<Value, String> {
    match (variable, text) {
        (Variable::SwitchInterval | Variable::Latency, "0") => Ok(Value::Duration(0)),
        (_, "0") => Ok(Value::Count(0)),
        _ => value(variable, text).map_err(|why| format!("the step: {why}")),
    }
}
