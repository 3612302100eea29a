//! What can be scanned: the variables of a sweep, and their values.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Serialize, Serializer};

use lab_core::terms::nearest::suggestion;
use lab_core::terms::{CpuKernel, GilChoice, Model, Params, Placement, Policy, Workload};
use lab_core::text::numbers;

/// A parameter that takes several values in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// How many threads, processes, connections.
    Workers,
    /// How long a thread waits before it asks for the lock.
    SwitchInterval,
    /// After how many check points the policy ticks drops the lock.
    CheckInterval,
    /// How long the server takes.
    Latency,
    /// How many pages a round fetches.
    Requests,
    Inputs,
    Gil,
    /// By which rules it changes hands.
    Policy,
    /// Where it may.
    Placement,
    /// The model of concurrency.
    Models,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Count(usize),
    /// In nanoseconds.
    Duration(u64),
    Gil(GilChoice),
    Policy(Policy),
    Placement(Placement),
    Model(Model),
}

/// Up to here every whole number is measured; a longer range is doubled through.
const EACH_MAX: u64 = 12;
/// More values than anybody reads off a page.
const VALUES_MAX: usize = 100;

impl Variable {
    /// Each with its name on the command line, that of the option that sets it to one value, and
    /// its name in documents, with the unit.
    const NAMES: [(Self, &'static str, &'static str); 10] = [
        (Self::Workers, "workers", "workers"),
        (Self::SwitchInterval, "switch-interval", "switch_interval_s"),
        (Self::CheckInterval, "check-interval", "check_interval"),
        (Self::Latency, "latency", "latency_s"),
        (Self::Requests, "requests", "requests"),
        (Self::Inputs, "inputs", "inputs"),
        (Self::Gil, "gil", "gil"),
        (Self::Policy, "policy", "policy"),
        (Self::Placement, "placement", "placement"),
        (Self::Models, "models", "model"),
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The name in documents.
    pub fn key(self) -> &'static str {
        Self::NAMES[self as usize].2
    }

    pub fn find(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.into_iter().find(|(_, known, _)| *known == name);
        found.map(|(variable, ..)| variable).ok_or_else(|| {
            let names = Self::NAMES.map(|(_, known, _)| known);
            let all = format!("there are {}", names.join(", "));
            format!("unknown variable '{name}'; {}", suggestion(name, &names, &all))
        })
    }

    /// Whether its values lie on a line.
    pub fn is_numeric(self) -> bool {
        !matches!(self, Self::Gil | Self::Policy | Self::Placement | Self::Models)
    }

    /// Whether more of it may stop to help: of work, or of waiting, there is just more.
    pub fn has_knee(self) -> bool {
        matches!(self, Self::Workers | Self::SwitchInterval)
    }

    /// Whether `workload` is any different for it.
    pub fn applies_to(self, workload: Workload) -> bool {
        match self {
            Self::Latency | Self::Requests => workload == Workload::Io,
            Self::Inputs => workload == Workload::Cpu,
            _ => true,
        }
    }

    /// Whether `model` is any different for it.
    pub fn applies_to_model(self, model: Model) -> bool {
        match self {
            Self::SwitchInterval | Self::CheckInterval | Self::Policy => model.has_lock(),
            Self::Gil | Self::Placement => matches!(model, Model::Threads),
            Self::Workers => model != Model::Sync,
            _ => true,
        }
    }

    /// Whether a contender's label says its value.
    pub fn is_in_label(self, model: Model) -> bool {
        match self {
            Self::Gil | Self::Policy | Self::Placement | Self::Models => true,
            // The tasks of a loop are not counted there.
            Self::Workers => model.in_ours() != Model::Coop,
            _ => false,
        }
    }
}

impl Value {
    /// Sets the parameter to this value.
    pub fn apply(self, variable: Variable, params: &mut Params) {
        match (variable, self) {
            (Variable::Workers, Self::Count(count)) => params.workers = Some(count),
            (Variable::Requests, Self::Count(count)) => params.requests = count,
            (Variable::Inputs, Self::Count(count)) => {
                params.kernel = CpuKernel::with_inputs(params.kernel, count);
            }
            (Variable::SwitchInterval, Self::Duration(ns)) => params.switch_interval_ns = ns,
            (Variable::Latency, Self::Duration(ns)) => params.latency_ns = ns,
            (Variable::CheckInterval, Self::Count(count)) => {
                // What is read is in the range, as of the option of the same name.
                let every = u32::try_from(count).ok().and_then(NonZeroU32::new);
                params.check_interval = every.unwrap_or(NonZeroU32::MAX);
            }
            (Variable::Policy, Self::Policy(policy)) => params.policies = vec![policy],
            (Variable::Placement, Self::Placement(place)) => params.placements = vec![place],
            (Variable::Gil, Self::Gil(choice)) => params.gil = choice,
            (Variable::Models, Self::Model(model)) => params.models = vec![model],
            (variable, value) => unreachable!("{variable:?} has no value {value:?}"),
        }
    }

    /// Where it lies on a line: a count, or seconds.
    #[expect(clippy::cast_precision_loss, reason = "counts and durations are far below 2^53")]
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(count as f64),
            Self::Duration(ns) => Some(Duration::from_nanos(ns).as_secs_f64()),
            Self::Gil(_) | Self::Policy(_) | Self::Placement(_) | Self::Model(_) => None,
        }
    }
}

impl Serialize for Variable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.key().serialize(serializer)
    }
}

/// A count, seconds, or a name.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => count.serialize(serializer),
            Self::Duration(_) => self.number().serialize(serializer),
            _ => serializer.collect_str(self),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Count(count) => count.to_string(),
            Self::Duration(0) => "0".to_owned(),
            Self::Duration(_) => numbers::seconds(self.number().unwrap_or_default()),
            Self::Gil(choice) => choice.name().to_owned(),
            Self::Policy(policy) => policy.name().to_owned(),
            Self::Placement(placement) => placement.name().to_owned(),
            Self::Model(model) => model.to_string(),
        };
        formatter.pad(&text)
    }
}

/// Lists the values from `min` to `max`, both of one kind.
///
/// With a step they are that far apart. Without one they are all the whole numbers, if these are at
/// most 12, and otherwise each is twice the one before; `max` is always among these.
pub fn range(min: Value, max: Value, step: Option<Value>) -> Result<Vec<Value>, String> {
    let number = |value| match value {
        Value::Count(count) => Ok(count as u64),
        Value::Duration(ns) => Ok(ns),
        _ => Err("it has names, and no range".to_owned()),
    };
    let (low, high, step) = (number(min)?, number(max)?, step.map(number).transpose()?);
    if low > high {
        return Err(format!("MIN is {min}, which is more than MAX, {max}"));
    }
    let is_count = matches!(min, Value::Count(_));
    let from_low = |next: &dyn Fn(u64) -> Option<u64>| -> Vec<u64> {
        let values = std::iter::successors(Some(low), |value| next(*value));
        values.take_while(|value| *value <= high).take(VALUES_MAX + 1).collect()
    };
    let mut numbers = match step {
        Some(0) => return Err("the step cannot be 0".to_owned()),
        Some(step) => from_low(&|value| value.checked_add(step)),
        None if is_count && high - low < EACH_MAX => (low..=high).collect(),
        None if low == 0 => return Err("a range from 0 needs a step: -D".to_owned()),
        None => from_low(&|value| value.checked_mul(2)),
    };
    if step.is_none() && numbers.last() != Some(&high) {
        numbers.push(high);
    }
    if numbers.len() > VALUES_MAX {
        return Err(format!("that is more than {VALUES_MAX} values: a larger step, -D"));
    }
    let count = |number| Value::Count(usize::try_from(number).unwrap_or(usize::MAX));
    let make = |number| if is_count { count(number) } else { Value::Duration(number) };
    Ok(numbers.into_iter().map(make).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_range_has_every_number_a_long_one_doubles_and_a_step_is_added() {
        let twelve: Vec<usize> = (1..=12).collect();
        let counts = |min, max, step: Option<usize>| {
            range(Value::Count(min), Value::Count(max), step.map(Value::Count))
        };
        for (min, max, step, expected) in [
            (1, 4, None, &[1, 2, 3, 4][..]),
            (1, 12, None, &twelve),
            (1, 64, None, &[1, 2, 4, 8, 16, 32, 64]),
            (3, 20, None, &[3, 6, 12, 20]),
            (5, 5, None, &[5]),
            (1, 10, Some(4), &[1, 5, 9]),
            (0, 64, Some(32), &[0, 32, 64]),
            (1, usize::MAX, Some(usize::MAX), &[1]),
        ] {
            let expected = expected.iter().copied().map(Value::Count);
            assert!(counts(min, max, step).unwrap().into_iter().eq(expected), "{min} to {max}");
        }
        for (min, max, step, expected) in [
            (8, 1, None, "MIN is 8, which is more than MAX, 1"),
            (1, 8, Some(0), "the step cannot be 0"),
            (1, 1000, Some(1), "that is more than 100 values: a larger step, -D"),
            (0, 64, None, "a range from 0 needs a step: -D"),
        ] {
            assert_eq!(counts(min, max, step).unwrap_err(), expected);
        }
        let on = Value::Gil(GilChoice::On);
        assert!(range(on, on, None).is_err());
        let ms = |ms: u64| Value::Duration(ms * 1_000_000);
        let said: Vec<String> =
            range(ms(1), ms(5), None).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(said, ["1 ms", "2 ms", "4 ms", "5 ms"]);
    }

    #[test]
    fn a_name_that_is_nearly_one_is_seen_through() {
        for (variable, name, _) in Variable::NAMES {
            assert_eq!((Variable::find(name), variable.name()), (Ok(variable), name));
        }
        let unknown = |name| Variable::find(name).unwrap_err();
        assert_eq!(unknown("worker"), "unknown variable 'worker'; did you mean 'workers'?");
        assert!(unknown("speed").ends_with(
            "there are workers, switch-interval, check-interval, latency, requests, inputs, gil, \
             policy, placement, models"
        ));
    }
}
