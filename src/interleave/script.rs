//! A script: named steps, and where each of them leads.
//!
//! A script is a thread, a process or a task as far as the explorer cares: a position in a
//! list of steps. What it remembers between two steps (its registers) is part of the model,
//! so that two states are equal exactly when the future is ([EXPLORE-1](super#invariants)).
//!
//! Read after [`super`]; read next [`super::explore`].

use super::error::ExploreError;

/// Says where a script goes after one of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the step that follows; after the last one the script is done.
    Next,
    /// To the step of that name in the same script.
    Goto(&'static str),
    /// Nowhere: the step cannot happen yet, and has changed nothing. It will be tried again
    /// in every state that the other scripts bring about.
    Blocked,
    /// The script has ended.
    Done,
}

/// What a step does to the model; one atomic act.
pub type Action<M> = fn(&mut M) -> Step;

/// One column of every schedule.
#[derive(Clone, Debug)]
pub(super) struct Script<M> {
    pub(super) name: &'static str,
    pub(super) steps: Vec<(&'static str, Action<M>)>,
}

/// What one attempt at a step came to.
pub(super) enum Attempt<M> {
    /// It cannot happen in this state.
    Blocked,
    /// It happened: the model after it, and the script's new position (`None`: the script is
    /// done).
    Moved(M, Option<usize>),
}

impl<M: Clone + Eq> Script<M> {
    /// Where the script stands before it has done anything.
    pub(super) fn start(&self) -> Option<usize> {
        self.at_or_done(0)
    }

    /// Tries step `at` on a copy of `model`.
    pub(super) fn attempt(&self, model: &M, at: usize) -> Result<Attempt<M>, ExploreError> {
        let (step, action) = self.steps[at];
        let mut after = model.clone();
        let position = match action(&mut after) {
            Step::Next => self.at_or_done(at + 1),
            Step::Goto(label) => {
                Some(self.position_of(label).ok_or(ExploreError::UnknownLabel {
                    script: self.name,
                    step,
                    label,
                })?)
            }
            Step::Done => None,
            // INVARIANT: [EXPLORE-3] a blocked step that changed something would be a step
            // that nobody sees.
            Step::Blocked if after != *model => {
                return Err(ExploreError::BlockedButChanged { script: self.name, step });
            }
            Step::Blocked => return Ok(Attempt::Blocked),
        };
        Ok(Attempt::Moved(after, position))
    }

    /// Refuses a name that stands for two steps: a `Goto` could mean either.
    pub(super) fn refuse_doubles(&self) -> Result<(), ExploreError> {
        for (at, &(step, _)) in self.steps.iter().enumerate() {
            if self.position_of(step) != Some(at) {
                return Err(ExploreError::DoubleStep { script: self.name, step });
            }
        }
        Ok(())
    }

    fn position_of(&self, label: &str) -> Option<usize> {
        self.steps.iter().position(|&(name, _)| name == label)
    }

    fn at_or_done(&self, at: usize) -> Option<usize> {
        (at < self.steps.len()).then_some(at)
    }
}
