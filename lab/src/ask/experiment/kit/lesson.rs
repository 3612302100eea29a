//! What one does with an experiment on the guided tour, beside running it.

use super::experiment::Experiment;

/// What one does at a stop, beside running the experiment.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// What to look at, and by which command.
    pub look: Activity,
    /// One thing to change, and what to watch then.
    pub change: Activity,
    /// Something to make oneself.
    pub make: &'static str,
}

/// A command, and why one would run it.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// What is typed after `trainyard `.
    pub command: &'static str,
    /// What to look at in what it prints.
    pub says: &'static str,
}

/// One stop.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// The question.
    pub experiment: &'static Experiment,
    /// What to do about it.
    pub lesson: &'static Lesson,
}
