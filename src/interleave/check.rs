//! The check: rules that must hold in every state, and at every end; the first breach is
//! shown.
//!
//! A deadlock and a livelock are always breaches. A breach comes with a shortest schedule
//! that leads to it and with the model as it was then, ready to be printed in a failing test.
//!
//! Read after [`super::schedule`]; read next the private `search`.

use std::fmt;
use std::hash::Hash;
use std::ops::ControlFlow;

use super::error::ExploreError;
use super::explore::Explorer;
use super::schedule::Schedule;
use super::search::{Graph, Standing};

/// What a check that found nothing wrong looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// How many different states there are.
    pub states: usize,
    /// In how many orders the steps can be done; `None` if a loop makes them infinitely many.
    pub schedules: Option<u128>,
}

/// A rule that was broken, and a shortest way to break it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The rule's own words; "deadlock" and "livelock" for the two rules that always hold.
    pub rule: &'static str,
    /// The order of steps that broke it.
    pub schedule: Schedule,
    /// The model after the last of these steps, as its `Debug` prints it.
    pub model: String,
}

/// Why a check did not pass.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// A rule was broken.
    Violated(Box<Violation>),
    /// The exploration itself failed.
    Explore(ExploreError),
}

/// A rule in the form in which [`Explorer::check`] wants it: broken unless `holds`.
///
/// # Errors
///
/// The rule's words, if it does not hold.
pub fn ensure(holds: bool, rule: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(rule) }
}

impl<M: Clone + Eq + Hash + fmt::Debug> Explorer<M> {
    /// Tries every order until a state breaks `always`, or an end breaks `finally`, or
    /// nothing can move any more though some script is not done.
    ///
    /// ```
    /// use trainyard::interleave::{Explorer, Step, ensure};
    ///
    /// // Two philosophers who each take their left fork first.
    /// type Forks = [bool; 2];
    /// fn take<const FORK: usize>(taken: &mut Forks) -> Step {
    ///     if taken[FORK] {
    ///         return Step::Blocked;
    ///     }
    ///     taken[FORK] = true;
    ///     Step::Next
    /// }
    /// fn put_both(taken: &mut Forks) -> Step {
    ///     *taken = [false; 2];
    ///     Step::Done
    /// }
    ///
    /// let breach = Explorer::new([false; 2])
    ///     .script("plato", &[("left", take::<0>), ("right", take::<1>), ("put", put_both)])
    ///     .script("socrates", &[("left", take::<1>), ("right", take::<0>), ("put", put_both)])
    ///     .check(|_| Ok(()), |taken| ensure(*taken == [false; 2], "all forks are on the table"))
    ///     .unwrap_err();
    /// assert!(breach.to_string().starts_with("broken: deadlock\n"));
    /// ```
    ///
    /// # Errors
    ///
    /// The nearest [`Violation`], or what made the exploration fail.
    pub fn check(
        &self,
        always: impl Fn(&M) -> Result<(), &'static str>,
        finally: impl Fn(&M) -> Result<(), &'static str>,
    ) -> Result<Checked, CheckError> {
        let mut graph = Graph::new(self.model.clone(), &self.scripts);
        let judge = |model: &M, standing: Standing| {
            let verdict = always(model).and_then(|()| match standing {
                Standing::Moving => Ok(()),
                Standing::Finished => finally(model),
                Standing::Deadlocked => Err("deadlock"),
            });
            verdict.map_or_else(ControlFlow::Break, ControlFlow::Continue)
        };
        let breach = graph.search(self.states_max, judge).map_err(CheckError::Explore)?;
        let breach = breach.or_else(|| graph.trap().map(|number| (number, "livelock")));
        let Some((number, rule)) = breach else {
            return Ok(Checked { states: graph.states(), schedules: graph.schedules() });
        };
        let model = format!("{:?}", graph.model(number));
        let schedule = graph.schedule(number);
        Err(CheckError::Violated(Box::new(Violation { rule, schedule, model })))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken: {}\n{}then {}", self.rule, self.schedule, self.model)
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Violated(violation) => violation.fmt(f),
            Self::Explore(error) => error.fmt(f),
        }
    }
}

/// As `Display`, so that an `unwrap` in a test prints the schedule in columns.
impl fmt::Debug for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for CheckError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Violated(_) => None,
            Self::Explore(error) => Some(error),
        }
    }
}
