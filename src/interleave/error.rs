//! What can be wrong with an exploration itself, as opposed to what it finds.
//!
//! Read after [`super::script`].

use std::fmt;

/// Why the explorer gave up before it had seen every state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExploreError {
    /// The scripts have more states than the explorer may keep.
    TooManyStates {
        /// The limit, see [`Explorer::states_max`](super::Explorer::states_max).
        states_max: usize,
    },
    /// A step answered [`Step::Goto`](super::Step::Goto) with a name that its script does not
    /// have.
    UnknownLabel {
        /// The script.
        script: &'static str,
        /// The step that answered.
        step: &'static str,
        /// The name that is missing.
        label: &'static str,
    },
    /// A step answered [`Step::Blocked`](super::Step::Blocked) and changed the model all the
    /// same.
    BlockedButChanged {
        /// The script.
        script: &'static str,
        /// The step.
        step: &'static str,
    },
    /// Two steps of one script have the same name.
    DoubleStep {
        /// The script.
        script: &'static str,
        /// The name.
        step: &'static str,
    },
}

impl fmt::Display for ExploreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyStates { states_max } => write!(
                f,
                "explorer gave up: more than {states_max} states; shorten the scripts, look for a \
                 counter that grows without end, or raise states_max"
            ),
            Self::UnknownLabel { script, step, label } => {
                write!(f, "script {script:?} has no step {label:?} for {step:?} to go to")
            }
            Self::BlockedButChanged { script, step } => write!(
                f,
                "step {step:?} of script {script:?} said that it is blocked but changed the model"
            ),
            Self::DoubleStep { script, step } => {
                write!(f, "script {script:?} has two steps named {step:?}")
            }
        }
    }
}

impl std::error::Error for ExploreError {}
