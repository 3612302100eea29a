//! What is measured at which point: every combination of the values, and nobody twice.
//!
//! All contenders of a workload are alive at the same time, each in a process of its own, and take
//! turns, whatever the point: a machine that slows down for a minute slows all points. Whoever is the
//! same at several points (the sequential run, when the number of workers is scanned) is measured
//! once, and stands in all of their rows.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::variable::{Value, Variable};
use crate::measure::conductor::Place;
use lab_core::terms::error::{self, LabError};
use lab_core::terms::{Contender, GilChoice, GilState, Model, Pace, Params, Policy, Workload};

/// What is measured at which points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is the same at every point.
    pub params: Params,
    /// What is not; the first changes slowest.
    pub scans: Vec<Scan>,
}

/// A variable and its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scan {
    #[serde(rename = "name")]
    pub variable: Variable,
    /// As they were typed; [`Plan::points`] has them in rising order.
    pub values: Vec<Value>,
}

impl Scan {
    /// Each value, with its variable.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (Variable, Value)> {
        self.values.iter().map(|value| (self.variable, *value))
    }
}

/// One value of each variable, in the order of the scans.
pub type Point = Vec<(Variable, Value)>;

/// `workers 4`.
pub(super) fn said_of((variable, value): &(Variable, Value)) -> String {
    format!("{} {value}", variable.name())
}

/// A point as a document has it: keys and values.
pub(super) fn as_map<S: Serializer>(point: &Point, serializer: S) -> Result<S::Ok, S::Error> {
    let pairs: BTreeMap<_, _> = point.iter().map(|(it, value)| (it.key(), value)).collect();
    pairs.serialize(serializer)
}

/// Who is measured, and who of them stands in which row.
#[derive(Debug)]
pub struct Layout {
    /// Everyone, once.
    pub places: Vec<Place>,
    /// Each point, with its contenders, and which of the places each is.
    pub rows: Vec<(Point, Vec<(Contender, usize)>)>,
}

/// More rows than anybody reads.
const POINTS_MAX: usize = 100;
/// Each is a process, or several; more than a few hundred only show how the machine pages.
const PROCESSES_MAX: usize = 300;
/// As many as a whole machine has by default for a user, with a margin (`ulimit -u`).
const THREADS_MAX: usize = 4000;

impl Plan {
    /// Checks what no single option can know of the others.
    pub fn check(&self) -> Result<(), String> {
        for (index, scan) in self.scans.iter().enumerate() {
            self.check_variable(scan.variable, &self.scans[..index])?;
        }
        let count = self.scans.iter().map(|scan| scan.values.len()).product::<usize>();
        if count > POINTS_MAX {
            return Err(format!(
                "that is {count} points, and {POINTS_MAX} are the most: a larger step, or fewer \
                 values"
            ));
        }
        let points = self.points();
        points.iter().try_for_each(|point| self.params_at(point).check())
    }

    /// Who takes part at any point.
    pub(super) fn models(&self) -> impl Iterator<Item = Model> {
        let scanned = self.scans.iter().flat_map(Scan::pairs);
        let scanned = scanned.filter_map(|(_, value)| match value {
            Value::Model(model) => Some(model),
            _ => None,
        });
        self.params.models.iter().copied().chain(scanned)
    }

    fn check_variable(&self, variable: Variable, earlier: &[Scan]) -> Result<(), String> {
        let name = variable.name();
        if earlier.iter().any(|scan| scan.variable == variable) {
            return Err(format!("{name} is scanned twice: once is enough"));
        }
        let scans_models = self.scans.iter().any(|scan| scan.variable == Variable::Models);
        let mut models = self.params.models.iter();
        if !scans_models && !models.any(|&model| variable.applies_to_model(model)) {
            return Err(format!("{name} is nothing to the models that --models asks for"));
        }
        let mut workloads = self.params.workloads.iter();
        match workloads.find(|workload| !variable.applies_to(**workload)) {
            Some(other) => Err(format!("{name} does not apply to {other}: leave {other} out")),
            None => Ok(()),
        }
    }

    /// Every combination of the values. Those that lie on a line are in rising order, however they
    /// were typed: a knee is looked for from left to right.
    pub fn points(&self) -> Vec<Point> {
        self.scans.iter().fold(vec![Vec::new()], |points, scan| {
            let mut values = scan.values.clone();
            // Names have no order, and stay as they were typed.
            let number = |value: &Value| value.number().unwrap_or_default();
            values.sort_by(|one, other| number(one).total_cmp(&number(other)));
            let longer = |point: &Point| {
                let with = |value| [point.as_slice(), &[(scan.variable, value)]].concat();
                values.iter().copied().map(with).collect::<Vec<_>>()
            };
            points.iter().flat_map(longer).collect()
        })
    }

    pub fn params_at(&self, point: &Point) -> Params {
        let mut params = self.params.clone();
        for &(variable, value) in point {
            value.apply(variable, &mut params);
        }
        params
    }

    /// Says who of `workload` is measured, on a machine with `cpus` processors. Fails with
    /// [`LabError::BadInput`] if those are more than can be alive at the same time.
    pub fn layout(&self, workload: Workload, cpus: usize) -> error::Result<Layout> {
        let (mut places, mut rows) = (Vec::new(), Vec::new());
        for point in self.points() {
            let params = self.params_at(&point);
            let contenders = params.contenders(cpus).into_iter();
            let mine = contenders.filter(|contender| contender.workload == workload);
            let mut seat = |who| (who, seat(&mut places, Place::new(who, &params)));
            let seated = mine.map(&mut seat).collect();
            rows.push((point, seated));
        }
        check_size(&places)?;
        let mut layout = Layout { places, rows };
        for index in 0..layout.places.len() {
            layout.places[index].label = layout.label(index);
        }
        Ok(layout)
    }
}

impl Layout {
    /// What the place with this index is called: its contender, and what that does not say of its
    /// point.
    ///
    /// What is not the same in all rows where it stands makes no difference to it, and is left out;
    /// what does make one is said. So no two places are called the same.
    fn label(&self, index: usize) -> String {
        let contender = self.places[index].contender;
        let stands = |seated: &[(Contender, usize)]| seated.iter().any(|(_, at)| *at == index);
        let mine = self.rows.iter().filter(|(_, seated)| stands(seated));
        let points: Vec<&Point> = mine.map(|(point, _)| point).collect();
        let is_everywhere = |pair: &&(Variable, Value)| points.iter().all(|it| it.contains(pair));
        let same = points.first().copied().into_iter().flatten().filter(is_everywhere);
        let said = same.filter(|(variable, _)| !variable.is_in_label(contender.model));
        std::iter::once(contender.label()).chain(said.map(said_of)).collect::<Vec<_>>().join(", ")
    }
}

/// The index of `place` among `places`, where it is put unless one of them measures the same.
fn seat(places: &mut Vec<Place>, place: Place) -> usize {
    let wanted = essence(&place);
    let known = places.iter().position(|known| essence(known) == wanted);
    known.unwrap_or_else(|| {
        places.push(place);
        places.len() - 1
    })
}

fn check_size(places: &[Place]) -> error::Result<()> {
    let of = |wanted: Model| {
        let mine = places.iter().filter(move |place| place.contender.model.in_ours() == wanted);
        mine.map(|place| place.contender.workers).sum::<usize>()
    };
    let processes = places.len() + of(Model::Procs);
    let threads = of(Model::Threads) + of(Model::ThreadsNative);
    for (count, what, most) in
        [(processes, "processes", PROCESSES_MAX), (threads, "threads", THREADS_MAX)]
    {
        if count > most {
            return Err(LabError::BadInput(format!(
                "all points take turns, so {count} {what} would be alive at the same time, and \
                 {most} are the most: fewer values, or fewer --models"
            )));
        }
    }
    Ok(())
}

/// What of a place makes a difference to what it measures: all else is made equal.
fn essence(place: &Place) -> (Contender, Params) {
    let Place { mut contender, mut params, .. } = place.clone();
    let model = contender.model.in_ours();
    // Who takes part besides.
    (params.models, params.gil, params.workers) = (Vec::new(), GilChoice::Both, None);
    params.policies.clear();
    params.placements.clear();
    // A hold lasts an interval, or so many ticks.
    let has_ticks = contender.rules.is_some_and(|rules| rules.policy == Some(Policy::Ticks));
    if !model.has_lock() || contender.gil != GilState::On || has_ticks {
        params.switch_interval_ns = 0;
    }
    if !has_ticks {
        params.check_interval = Pace::default().check_interval;
    }
    match contender.workload {
        Workload::Io => params.kernel = params.kernel.with_inputs(0),
        Workload::Cpu => (params.latency_ns, params.requests) = (0, 0),
    }
    if (contender.workload, model) == (Workload::Cpu, Model::Coop) {
        // It has one thread, and no connections.
        contender.workers = 0;
    }
    (contender, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::sweep::testing;

    fn sweep(workloads: &[Workload], scans: &[Scanned<'_>]) -> Plan {
        let scan = |&(variable, values): &Scanned<'_>| Scan { variable, values: values.to_vec() };
        let mut sweep = testing::sweep(scans.iter().map(scan).collect());
        sweep.params.workloads = workloads.to_vec();
        sweep
    }

    type Scanned<'a> = (Variable, &'a [Value]);

    const COUNTS: [Value; 3] = [Value::Count(1), Value::Count(2), Value::Count(4)];
    const INTERVALS: [Value; 2] = [Value::Duration(100_000), Value::Duration(5_000_000)];

    #[test]
    fn the_points_are_every_combination_in_rising_order_and_the_first_variable_changes_slowest() {
        let said = |scans: &[Scanned<'_>]| -> Vec<String> {
            let points = sweep(&[Workload::Cpu], scans).points().into_iter();
            points.map(|point| point.iter().map(|(_, value)| value.to_string()).collect()).collect()
        };
        assert_eq!(
            said(&[(Variable::Workers, &COUNTS), (Variable::SwitchInterval, &INTERVALS)]),
            ["1100 us", "15 ms", "2100 us", "25 ms", "4100 us", "45 ms"]
        );
        // Names stay in the order in which they were typed.
        let names = [Value::Gil(GilChoice::On), Value::Gil(GilChoice::Off)];
        let falling = [Value::Count(4), Value::Count(1), Value::Count(2)];
        assert_eq!(
            said(&[(Variable::Gil, &names), (Variable::Workers, &falling)]),
            ["on1", "on2", "on4", "off1", "off2", "off4"]
        );
    }

    /// Fails if `essence` leaves something in that makes no difference.
    #[test]
    fn whoever_is_the_same_at_several_points_is_measured_once() {
        let count = |workload, scans: &[Scanned<'_>]| {
            let layout = sweep(&[workload], scans).layout(workload, 2).unwrap();
            (layout.rows.len(), layout.places.len())
        };
        // io at 3 points: sync once; threads on and off, connections, processes at each.
        assert_eq!(count(Workload::Io, &[(Variable::Workers, &COUNTS)]), (3, 1 + 3 * 4));
        // cpu: sync and the tasks once; threads on, off and native, processes at each.
        assert_eq!(count(Workload::Cpu, &[(Variable::Workers, &COUNTS)]), (3, 2 + 3 * 4));
        // The interval is only something to threads with the lock on.
        assert_eq!(count(Workload::Cpu, &[(Variable::SwitchInterval, &INTERVALS)]), (2, 4 + 2 * 2));
    }

    /// A loop has as many connections as there are workers, and its name does not say so.
    #[test]
    fn a_label_says_what_of_the_point_makes_a_difference_and_no_more() {
        for (workload, expected) in [
            (Workload::Cpu, &["one after another", "coop, one thread"][..]),
            (
                Workload::Io,
                &[
                    "one after another",
                    "coop, one thread, workers 1",
                    "coop, one thread, workers 2",
                ],
            ),
        ] {
            let counts = [Value::Count(1), Value::Count(2)];
            let mut sweep = sweep(&[workload], &[(Variable::Workers, &counts)]);
            sweep.params.models = vec![Model::Coop];
            let places = sweep.layout(workload, 2).unwrap().places;
            assert!(places.iter().map(|place| &*place.label).eq(expected.iter().copied()));
        }
    }

    #[test]
    fn what_does_not_apply_or_is_too_much_is_refused_in_one_line() {
        let many: Vec<Value> = (1..=60).map(Value::Count).collect();
        let intervals: Scanned<'_> = (Variable::SwitchInterval, &INTERVALS);
        let workers: Scanned<'_> = (Variable::Workers, &COUNTS);
        let cases: [(Workload, &[Scanned<'_>], &str); 3] = [
            (Workload::Cpu, &[(Variable::Latency, &INTERVALS)], "latency does not apply to cpu: "),
            (Workload::Io, &[workers; 2], "workers is scanned twice"),
            (Workload::Cpu, &[(Variable::Workers, &many), intervals], "that is 120 points"),
        ];
        for (workload, scans, expected) in cases {
            let refused = sweep(&[workload], scans).check().unwrap_err();
            assert!(refused.starts_with(expected), "{refused}");
        }
        let mut lone = sweep(&[Workload::Cpu], &[intervals]);
        lone.params.models = vec![Model::Procs];
        assert!(lone.check().unwrap_err().starts_with("switch-interval is nothing to the models"));
    }
}
