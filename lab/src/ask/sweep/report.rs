//! The results of a sweep: one struct, of which every output is a rendering.
//!
//! Its JSON form is the schema `trainyard.sweep/1`; later versions only add keys. A result is a row
//! of `trainyard.compare/1` with `parameters`, the point that it was measured at.

use std::ops::Deref;

use serde::Serialize;

use super::knee::{self, Knee};
use super::plan::{Layout, Plan, Point, Scan, as_map};
use super::variable::{Value, Variable};
use crate::ask::compare::report;
use crate::measure::lines;
use lab_core::terms::{Contender, GilState, Host, Measured, Model, Params, Rules, Workload, stats};

/// Everything that a sweep found out.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    schema: &'static str,
    pub(super) complete: bool,
    /// The seed of the resampling.
    pub(super) seed: u64,
    /// What is the same at every point.
    pub(super) params: Params,
    pub(super) warnings: Vec<String>,
    pub(super) host: Host,
    pub(super) variables: Vec<Scan>,
    /// One for each point and contender.
    pub(super) results: Vec<Row>,
    /// Where more stops to help, in each series that has such a point.
    pub(super) knees: Vec<Knee>,
    /// What follows of the knees of several workloads.
    pub(super) conclusion: Option<String>,
}

/// One contender at one point: a row of a comparison, and more.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    #[serde(rename = "parameters", serialize_with = "as_map")]
    pub(super) point: Point,
    /// Where the median of its wall times lies with 95 % confidence, in seconds.
    pub(super) wall_interval_s: Option<[f64; 2]>,
    #[serde(flatten)]
    pub(super) compared: report::Row,
    /// The series that it belongs to: its model, and what else of it is not scanned.
    #[serde(skip)]
    pub(super) column: String,
}

impl Report {
    /// An empty report.
    pub(super) fn new(plan: &Plan, host: Host) -> Self {
        Self {
            schema: "trainyard.sweep/1",
            complete: true,
            seed: plan.params.seed,
            params: plan.params.clone(),
            warnings: Vec::new(),
            host,
            variables: plan.scans.clone(),
            results: Vec::new(),
            knees: Vec::new(),
            conclusion: None,
        }
    }

    /// Adds what was measured of one workload.
    pub(super) fn add(&mut self, plan: &Plan, layout: &Layout, measured: &[Option<Measured>]) {
        for (point, contenders) in &layout.rows {
            let present = |&(contender, index): &(Contender, usize)| {
                // Measured for another point too, it may have another number of workers there.
                Some(Measured { contender, ..measured[index].as_ref()?.clone() })
            };
            let here: Vec<Measured> = contenders.iter().filter_map(present).collect();
            let params = plan.params_at(point);
            let rows = report::Report::new(&params, self.host.clone(), &here, lines::lines_changed);
            let row = |row: report::Row| Row {
                wall_interval_s: stats::median_interval(&row.wall_s.samples, self.seed),
                column: self.column(row.contender()),
                point: point.clone(),
                compared: row,
            };
            let rows: Vec<Row> = rows.results.into_iter().map(row).collect();
            self.results.extend(rows);
        }
    }

    pub(super) fn scanned(&self) -> impl Iterator<Item = Variable> {
        self.variables.iter().map(|scan| scan.variable)
    }

    /// How many rounds were measured, where most were.
    pub(super) fn rounds(&self) -> usize {
        self.results.iter().map(|row| row.rounds()).max().unwrap_or(0)
    }

    pub(super) fn is_knee(&self, row: &Row) -> bool {
        self.knees.iter().any(|knee| knee.is_at(row))
    }

    /// Looks for knees, and says what follows from them.
    pub(super) fn conclude(&mut self) {
        let Some(variable) = self.axis().filter(|variable| variable.has_knee()) else { return };
        let series = self.series();
        let knees = series.iter().filter_map(|rows| knee::describe(rows, variable, self.seed));
        self.knees = knees.collect();
        self.conclusion = knee::conclusion(self);
    }

    /// What is drawn from left to right: the first variable whose values lie on a line.
    pub(super) fn axis(&self) -> Option<Variable> {
        self.scanned().find(|variable| variable.is_numeric()).or_else(|| self.scanned().next())
    }

    /// The rows of each series: one contender, and one value of everything but the axis. Whoever is
    /// the same for all models is in it once.
    pub(super) fn series(&self) -> Vec<Vec<&Row>> {
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

    pub(super) fn rows(&self, workload: Workload) -> impl Iterator<Item = &Row> {
        self.results.iter().filter(move |row| row.workload == workload)
    }

    /// The name of a contender's column: its model, and what else of it is not scanned.
    fn column(&self, Contender { model, gil, rules, python, .. }: Contender) -> String {
        let name = match model {
            Model::Sync => "one after another",
            Model::PythonSync => "sync",
            Model::Threads | Model::PythonThreads => "threads",
            Model::ThreadsNative => "threads, native",
            Model::Coop => "coop",
            Model::PythonCoop => "asyncio",
            Model::Procs | Model::PythonProcs => "processes",
        };
        let is_scanned = |variable| self.scanned().any(|it| it == variable);
        let says_nothing = model == Model::ThreadsNative || is_scanned(Variable::Gil);
        match (python, gil, rules) {
            (Some(version), ..) => format!("py{version} {name}"),
            (None, GilState::None, _) => name.to_owned(),
            (None, _, Some(rules)) => {
                let rules = Rules {
                    policy: rules.policy.filter(|_| !is_scanned(Variable::Policy)),
                    placement: rules.placement.filter(|_| !is_scanned(Variable::Placement)),
                    ..rules
                };
                if says_nothing && !rules.per_worker {
                    format!("{name}{}", rules.said())
                } else {
                    format!("{name}, {rules}")
                }
            }
            _ if says_nothing => name.to_owned(),
            _ => format!("{name}, lock {gil}"),
        }
    }

    pub(super) fn columns(&self, workload: Workload) -> Vec<&str> {
        let firsts = firsts(grouped(self.rows(workload), |row| row.column.clone()));
        firsts.into_iter().map(|row| row.column.as_str()).collect()
    }
}

/// The rows that have the same key, in the order of the first of each.
pub(super) fn grouped<'a, K: PartialEq>(
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

pub(super) fn firsts(groups: Vec<Vec<&Row>>) -> Vec<&Row> {
    groups.into_iter().map(|group| group[0]).collect()
}

impl Deref for Row {
    type Target = report::Row;

    fn deref(&self) -> &report::Row {
        &self.compared
    }
}

impl Row {
    pub(super) fn value_of(&self, variable: Variable) -> Option<Value> {
        self.point.iter().find(|(it, _)| *it == variable).map(|(_, value)| *value)
    }

    /// What of its point its column does not say: all but the model.
    pub(super) fn place(&self) -> impl Iterator<Item = (Variable, Value)> {
        self.point.iter().copied().filter(|(it, _)| *it != Variable::Models)
    }
}
