//! The results of a sweep: one struct, of which every output is a rendering.
//!
//! Its JSON form is the schema `trainyard.sweep/1`; later versions only add keys. A result is a row
//! of `trainyard.compare/1` with `parameters`, the point that it was measured at.

use std::ops::{Deref, DerefMut};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::knee::{self, Knee};
use super::plan::{Layout, Point, Sweep};
use super::sentence;
use super::variable::{Value, Variable};
use crate::ask::compare::report;
use crate::measure::lines;
use lab_core::terms::contender::{Contender, GilState, Model, Workload};
use lab_core::terms::host::Host;
use lab_core::terms::params::Params;
use lab_core::terms::sample::Measured;
use lab_core::terms::stats;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "trainyard.sweep/1";

/// Everything that a sweep found out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Whether it ran to its end.
    pub complete: bool,
    /// The seed of the resampling.
    pub seed: u64,
    /// What is the same at every point.
    pub params: Params,
    /// What makes the figures doubtful.
    pub warnings: Vec<String>,
    /// The machine.
    pub host: Host,
    /// What was scanned: names and values.
    pub variables: Vec<Json>,
    /// One for each point and contender.
    pub results: Vec<Row>,
    /// Where more stops to help, in each series that has such a point.
    pub knees: Vec<Knee>,
    /// What follows of the knees of several workloads.
    pub conclusion: Option<String>,
    /// The variables.
    #[serde(skip)]
    pub scanned: Vec<Variable>,
}

/// One contender at one point.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The point.
    pub parameters: Map<String, Json>,
    /// Where the median of its wall times lies with 95 % confidence, in seconds.
    pub wall_interval_s: Option<[f64; 2]>,
    /// What `compare` would say of it.
    #[serde(flatten)]
    pub compared: report::Row,
    /// The point.
    #[serde(skip)]
    pub point: Point,
    /// The series that it belongs to: its model, and what else of it is not scanned.
    #[serde(skip)]
    pub column: String,
}

impl Report {
    /// An empty report.
    pub fn new(sweep: &Sweep, host: Host) -> Self {
        let variables = sweep.scans.iter().map(|scan| {
            let values: Vec<Json> = scan.values.iter().map(|value| value.json()).collect();
            serde_json::json!({ "name": scan.variable.key(), "values": values })
        });
        Self {
            schema: SCHEMA,
            complete: true,
            seed: sweep.params.seed,
            params: sweep.params.clone(),
            warnings: Vec::new(),
            host,
            variables: variables.collect(),
            results: Vec::new(),
            knees: Vec::new(),
            conclusion: None,
            scanned: sweep.scans.iter().map(|scan| scan.variable).collect(),
        }
    }

    /// Adds what was measured of one workload.
    pub fn add(&mut self, sweep: &Sweep, layout: &Layout, measured: &[Option<Measured>]) {
        for (point, contenders) in &layout.rows {
            let present = |&(contender, index): &(Contender, usize)| {
                // Measured for another point too, it may have another number of workers there.
                Some(Measured { contender, ..measured[index].as_ref()?.clone() })
            };
            let here: Vec<Measured> = contenders.iter().filter_map(present).collect();
            let params = sweep.params_at(point);
            let rows = report::Report::new(&params, self.host.clone(), &here, lines::lines_changed);
            let row = |row: report::Row| Row {
                parameters: point
                    .iter()
                    .map(|(it, value)| (it.key().to_owned(), value.json()))
                    .collect(),
                wall_interval_s: stats::median_interval(&row.wall_s.samples, self.seed),
                column: column(&row.contender(), &self.scanned),
                point: point.clone(),
                compared: row,
            };
            self.results.extend(rows.results.into_iter().map(row));
        }
    }

    /// How many rounds were measured, where most were.
    pub fn rounds(&self) -> usize {
        self.results.iter().map(|row| row.rounds()).max().unwrap_or(0)
    }

    /// Looks for knees, and says what follows from them.
    pub fn conclude(&mut self) {
        let Some(variable) = self.axis().filter(|variable| variable.has_knee()) else { return };
        let series = self.series();
        let knees = series.iter().filter_map(|rows| knee::describe(rows, variable, self.seed));
        self.knees = knees.collect();
        self.conclusion = sentence::conclusion(self);
    }

    /// What is drawn from left to right: the first variable whose values lie on a line.
    pub fn axis(&self) -> Option<Variable> {
        let numeric = self.scanned.iter().copied().find(|variable| variable.is_numeric());
        numeric.or_else(|| self.scanned.first().copied())
    }

    /// The rows of each series: one contender, and one value of everything but the axis. Whoever is
    /// the same for all models is in it once.
    pub fn series(&self) -> Vec<Vec<&Row>> {
        let axis = self.axis();
        let key = |row: &Row| {
            let others: Vec<(Variable, Value)> =
                row.place().filter(|(it, _)| Some(*it) != axis).collect();
            (row.workload, row.column.clone(), others)
        };
        let value = |row: &Row| axis.and_then(|axis| row.value_of(axis));
        let series = grouped(self.results.iter(), key).into_iter();
        series.map(|rows| firsts(grouped(rows.into_iter(), value))).collect()
    }

    /// The rows of `workload`.
    pub fn rows(&self, workload: Workload) -> impl Iterator<Item = &Row> {
        self.results.iter().filter(move |row| row.workload == workload)
    }

    /// The columns of `workload`, in the order of the contenders.
    pub fn columns(&self, workload: Workload) -> Vec<&str> {
        let firsts = firsts(grouped(self.rows(workload), |row| row.column.clone()));
        firsts.into_iter().map(|row| row.column.as_str()).collect()
    }
}

/// The rows that have the same key, in the order of the first of each.
pub fn grouped<'a, K: PartialEq>(
    rows: impl Iterator<Item = &'a Row>,
    key: impl Fn(&Row) -> K,
) -> Vec<Vec<&'a Row>> {
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|group| key(group[0]) == key(row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// The first row of each group.
pub fn firsts(groups: Vec<Vec<&Row>>) -> Vec<&Row> {
    groups.into_iter().map(|group| group[0]).collect()
}

/// A row is one of a comparison, and more.
impl Deref for Row {
    type Target = report::Row;

    fn deref(&self) -> &report::Row {
        &self.compared
    }
}

impl DerefMut for Row {
    fn deref_mut(&mut self) -> &mut report::Row {
        &mut self.compared
    }
}

impl Row {
    /// The value of `variable` at its point.
    pub fn value_of(&self, variable: Variable) -> Option<Value> {
        self.point.iter().find(|(it, _)| *it == variable).map(|(_, value)| *value)
    }

    /// What of its point its column does not say: all but the model.
    pub fn place(&self) -> impl Iterator<Item = (Variable, Value)> {
        self.point.iter().copied().filter(|(it, _)| *it != Variable::Models)
    }

    /// `850 ms` and the like: what a reader sees of the point.
    pub fn point_text(&self) -> String {
        let part = |(it, value): &(Variable, Value)| format!("{} {value}", it.name());
        self.point.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

/// The name of a contender's column: its model, and what else of it is not scanned.
fn column(contender: &Contender, scanned: &[Variable]) -> String {
    let lock = match contender.gil {
        GilState::On => "lock on",
        GilState::Off => "lock off",
        GilState::None => "",
    };
    let lock = if scanned.contains(&Variable::Gil) { "" } else { lock };
    let model = match contender.model {
        Model::Sync => "one after another",
        Model::PythonSync => "sync",
        Model::Threads | Model::PythonThreads => "threads",
        Model::ThreadsNative => "threads, native",
        Model::Coop => "coop",
        Model::PythonCoop => "asyncio",
        Model::Procs | Model::PythonProcs => "processes",
    };
    let lock = if contender.model == Model::ThreadsNative { "" } else { lock };
    if let Some(version) = contender.python {
        return format!("py{version} {model}");
    }
    if lock.is_empty() { model.to_owned() } else { format!("{model}, {lock}") }
}
