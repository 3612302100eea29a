//! The search: breadth first over states, each remembered with the step that first led to it.
//!
//! Two things are asked of the graph once it is complete: in how many orders it can be walked
//! ([`Graph::ways`]), and whether some state leads nowhere ([`Graph::trap`]).
//!
//! Read after [`super::explore`] and [`super::check`], which are its two users.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::error::ExploreError;
use super::schedule::Schedule;
use super::script::{Attempt, Script};

/// A state: all that the future depends on ([EXPLORE-1](super#invariants)).
#[derive(PartialEq, Eq, Hash)]
struct State<M> {
    model: M,
    /// Each script's next step; `None` once it is done.
    at: Vec<Option<usize>>,
}

/// What can still happen in a state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Some script can move.
    Moving,
    /// Every script is done.
    Finished,
    /// Some script is not done, and none can move.
    Deadlocked,
}

/// How a state was first reached: from which, by which script's step.
struct Arrival {
    from: usize,
    script: usize,
    step: usize,
}

/// Everything that was found, states numbered from the start outwards.
pub(super) struct Graph<'s, M> {
    scripts: &'s [Script<M>],
    states: Vec<Rc<State<M>>>,
    numbers: HashMap<Rc<State<M>>, usize>,
    arrivals: Vec<Option<Arrival>>,
    /// Every step from a state to a state, as pairs of numbers.
    moves: Vec<(usize, usize)>,
    /// The states in which nothing can move, nearest first, and whether they are good ends.
    pub(super) ends: Vec<(usize, Standing)>,
}

impl<'s, M: Clone + Eq + Hash> Graph<'s, M> {
    /// A graph that knows the start and nothing else.
    pub(super) fn new(model: M, scripts: &'s [Script<M>]) -> Self {
        let mut graph = Self {
            scripts,
            states: Vec::new(),
            numbers: HashMap::new(),
            arrivals: Vec::new(),
            moves: Vec::new(),
            ends: Vec::new(),
        };
        graph.number_of(State { model, at: scripts.iter().map(Script::start).collect() }, None);
        graph
    }

    /// Finds every state, and shows each to `visit` in the order of distance from the start;
    /// ends early with the number of the state at which `visit` breaks.
    pub(super) fn search<V>(
        &mut self,
        states_max: usize,
        mut visit: impl FnMut(&M, Standing) -> ControlFlow<V>,
    ) -> Result<Option<(usize, V)>, ExploreError> {
        for script in self.scripts {
            script.refuse_doubles()?;
        }
        let mut here = 0;
        // INVARIANT: [EXPLORE-2] new states go to the end of `states`, and we walk it from
        // the front.
        while here < self.states.len() {
            let standing = self.expand(here)?;
            if let ControlFlow::Break(verdict) = visit(&self.states[here].model, standing) {
                return Ok(Some((here, verdict)));
            }
            if self.states.len() > states_max {
                return Err(ExploreError::TooManyStates { states_max });
            }
            here += 1;
        }
        Ok(None)
    }

    /// Tries every script's next step in state `here`.
    fn expand(&mut self, here: usize) -> Result<Standing, ExploreError> {
        let state = Rc::clone(&self.states[here]);
        let mut standing = Standing::Finished;
        for (script, at) in state.at.iter().enumerate() {
            let &Some(step) = at else { continue };
            match self.scripts[script].attempt(&state.model, step)? {
                Attempt::Blocked if standing == Standing::Moving => {}
                Attempt::Blocked => standing = Standing::Deadlocked,
                Attempt::Moved(model, position) => {
                    standing = Standing::Moving;
                    let mut at = state.at.clone();
                    at[script] = position;
                    let arrival = Arrival { from: here, script, step };
                    let there = self.number_of(State { model, at }, Some(arrival));
                    self.moves.push((here, there));
                }
            }
        }
        if standing != Standing::Moving {
            self.ends.push((here, standing));
        }
        Ok(standing)
    }

    /// The number of a state; a state not seen before gets the next one.
    fn number_of(&mut self, state: State<M>, arrival: Option<Arrival>) -> usize {
        if let Some(&number) = self.numbers.get(&state) {
            return number; // INVARIANT: [EXPLORE-1] seen before, so its future is known.
        }
        let number = self.states.len();
        let state = Rc::new(state);
        self.states.push(Rc::clone(&state));
        self.numbers.insert(state, number);
        self.arrivals.push(arrival);
        number
    }

    /// How many states were found.
    pub(super) fn states(&self) -> usize {
        self.states.len()
    }

    /// The model in state `number`.
    pub(super) fn model(&self, number: usize) -> &M {
        &self.states[number].model
    }

    /// A shortest way from the start to state `number`.
    pub(super) fn schedule(&self, number: usize) -> Schedule {
        let mut steps = Vec::new();
        let mut here = number;
        while let Some(arrival) = &self.arrivals[here] {
            steps.push((arrival.script, self.scripts[arrival.script].steps[arrival.step].0));
            here = arrival.from;
        }
        steps.reverse();
        let both = self.scripts.iter().zip(&self.states[number].at);
        Schedule {
            scripts: self.scripts.iter().map(|script| script.name).collect(),
            steps,
            waiting: both.map(|(script, at)| at.map(|at| script.steps[at].0)).collect(),
        }
    }

    /// In how many orders of steps each state can be reached; `None` if a loop makes them
    /// infinitely many, or if they exceed `u128`.
    pub(super) fn ways(&self) -> Option<Vec<u128>> {
        let onward = self.neighbours(|&(from, to)| (from, to));
        let mut ways = vec![0_u128; self.states.len()];
        ways[0] = 1;
        for here in self.causes_first(&onward)? {
            for &there in &onward[here] {
                ways[there] = ways[there].checked_add(ways[here])?;
            }
        }
        Some(ways)
    }

    /// In how many orders the scripts can run to an end, if they can be counted.
    pub(super) fn schedules(&self) -> Option<u128> {
        let ways = self.ways()?;
        self.ends.iter().try_fold(0_u128, |sum, &(end, _)| sum.checked_add(ways[end]))
    }

    /// All states, each after all those from which a step leads to it; `None` if there is a
    /// loop.
    fn causes_first(&self, onward: &[Vec<usize>]) -> Option<Vec<usize>> {
        let mut missing = vec![0_usize; self.states.len()];
        for &(_, to) in &self.moves {
            missing[to] += 1;
        }
        // Every other state was reached from some state, so only the start can have no cause.
        let mut order = if missing[0] == 0 { vec![0] } else { vec![] };
        let mut at = 0;
        while let Some(&here) = order.get(at) {
            at += 1;
            order.extend(onward[here].iter().copied().filter(|&there| {
                missing[there] -= 1;
                missing[there] == 0
            }));
        }
        // On a loop, every state waits for the one before it.
        (order.len() == self.states.len()).then_some(order)
    }

    /// The nearest state from which no end can be reached: the scripts go round for ever.
    pub(super) fn trap(&self) -> Option<usize> {
        let backward = self.neighbours(|&(from, to)| (to, from));
        let mut leads_out = vec![false; self.states.len()];
        let mut found: Vec<usize> = self.ends.iter().map(|&(end, _)| end).collect();
        while let Some(here) = found.pop() {
            if !std::mem::replace(&mut leads_out[here], true) {
                found.extend(&backward[here]);
            }
        }
        leads_out.iter().position(|&leads_out| !leads_out)
    }

    /// For each state those that `direction` makes its neighbours.
    fn neighbours(&self, direction: fn(&(usize, usize)) -> (usize, usize)) -> Vec<Vec<usize>> {
        let mut neighbours = vec![Vec::new(); self.states.len()];
        for (here, there) in self.moves.iter().map(direction) {
            neighbours[here].push(there);
        }
        neighbours
    }
}
