//! The explorer: a model and its scripts go in, every different outcome comes out.
//!
//! Read after [`super::script`]; read next [`super::schedule`].

use std::fmt;
use std::hash::Hash;
use std::ops::ControlFlow;

use super::error::ExploreError;
use super::schedule::Schedule;
use super::script::{Action, Script};
use super::search::{Graph, Standing};

/// A choice, not a measurement: three scripts of ten steps have 1 331 positions, so this
/// leaves each of them 75 different models. What has more is rarely a protocol that a reader
/// can follow.
const STATES_MAX: usize = 100_000;

/// A model, and the scripts that will work on it in every order.
#[derive(Clone, Debug)]
pub struct Explorer<M> {
    pub(super) model: M,
    pub(super) scripts: Vec<Script<M>>,
    pub(super) states_max: usize,
}

/// How a schedule can end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ending<O> {
    /// Every script is done.
    Finished(O),
    /// Some script is not done, and every such script is blocked.
    Deadlock,
    /// The scripts can go on for ever and can do nothing else: from here no end can be
    /// reached.
    Livelock,
}

/// One ending, and a shortest way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<O> {
    /// What came out.
    pub ending: Ending<O>,
    /// How many of all schedules end so; `None` if they are infinitely many.
    pub schedules: Option<u128>,
    /// The fewest steps that bring it about.
    pub schedule: Schedule,
}

/// All that can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration<O> {
    /// Every different ending once, those with shorter schedules first, a livelock last.
    pub outcomes: Vec<Outcome<O>>,
    /// How many different states there are.
    pub states: usize,
    /// In how many orders the steps can be done; `None` if a loop makes them infinitely many.
    pub schedules: Option<u128>,
}

impl<M: Clone + Eq + Hash + fmt::Debug> Explorer<M> {
    /// An explorer without scripts, whose schedules will start from `model`.
    pub fn new(model: M) -> Self {
        Self { model, scripts: Vec::new(), states_max: STATES_MAX }
    }

    /// Adds a script. Its name heads its column.
    #[must_use]
    pub fn script(mut self, name: &'static str, steps: &[(&'static str, Action<M>)]) -> Self {
        self.scripts.push(Script { name, steps: steps.to_vec() });
        self
    }

    /// Bounds the number of states that an exploration keeps (100 000 by default).
    #[must_use]
    pub fn states_max(mut self, states_max: usize) -> Self {
        self.states_max = states_max;
        self
    }

    /// The names of all steps, each with the name of its script, in the order in which they
    /// were added.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.scripts
            .iter()
            .flat_map(|script| script.steps.iter().map(move |&(step, _)| (script.name, step)))
    }

    /// Tries every order, and reports each different answer of `outcome` in a state where all
    /// scripts are done, besides deadlock and livelock.
    ///
    /// # Errors
    ///
    /// More than [`states_max`](Self::states_max) states, or a script that contradicts
    /// itself.
    pub fn explore<O: Eq>(
        &self,
        outcome: impl Fn(&M) -> O,
    ) -> Result<Exploration<O>, ExploreError> {
        let mut graph = Graph::new(self.model.clone(), &self.scripts);
        graph.search(self.states_max, |_, _| ControlFlow::<()>::Continue(()))?;
        let ways = graph.ways();
        let mut outcomes: Vec<Outcome<O>> = Vec::new();
        for &(number, standing) in &graph.ends {
            let ending = match standing {
                Standing::Finished => Ending::Finished(outcome(graph.model(number))),
                Standing::Deadlocked | Standing::Moving => Ending::Deadlock,
            };
            let more = ways.as_ref().map(|ways| ways[number]);
            if let Some(known) = outcomes.iter_mut().find(|known| known.ending == ending) {
                known.schedules = sum(known.schedules, more);
            } else {
                outcomes.push(Outcome {
                    ending,
                    schedules: more,
                    schedule: graph.schedule(number),
                });
            }
        }
        if let Some(number) = graph.trap() {
            let schedule = graph.schedule(number);
            outcomes.push(Outcome { ending: Ending::Livelock, schedules: None, schedule });
        }
        Ok(Exploration { outcomes, states: graph.states(), schedules: graph.schedules() })
    }
}

fn sum(one: Option<u128>, other: Option<u128>) -> Option<u128> {
    one?.checked_add(other?)
}

impl<O: PartialEq> Exploration<O> {
    /// A shortest schedule to `ending`, if there is any.
    pub fn find(&self, ending: &Ending<O>) -> Option<&Schedule> {
        let found = self.outcomes.iter().find(|outcome| outcome.ending == *ending);
        found.map(|outcome| &outcome.schedule)
    }
}

impl<O: fmt::Debug> fmt::Display for Exploration<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |schedules: Option<u128>| match schedules {
            Some(1) => "1 schedule".to_owned(),
            Some(schedules) => format!("{schedules} schedules"),
            None => "schedules without number".to_owned(),
        };
        writeln!(f, "{} states, {}", self.states, number(self.schedules))?;
        for Outcome { ending, schedules, schedule } in &self.outcomes {
            write!(f, "\n{ending}: {}, for instance\n{schedule}", number(*schedules))?;
        }
        Ok(())
    }
}

impl<O: fmt::Debug> fmt::Display for Ending<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished(outcome) => write!(f, "{outcome:?}"),
            Self::Deadlock => write!(f, "deadlock"),
            Self::Livelock => write!(f, "livelock"),
        }
    }
}
