//! What can go wrong in the laboratory, and how the program then ends.
//!
//! A reader of the terminal gets one lower-case line that names the actor, so every variant holds
//! that line already written: whoever fails knows best what happened. The variant itself answers
//! another question, which only the top of the program asks: whose fault was it, and with which
//! code does the program end?

use std::fmt;

use serde::{Deserialize, Serialize};
use trainyard::coop::JoinError;
use trainyard::handle::JobError;

pub type Result<T> = std::result::Result<T, LabError>;

/// Why the laboratory could not do what it was asked.
///
/// It can be encoded, because a contender in a process of its own reports through a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LabError {
    /// The user asked for something that cannot be: exit 2.
    BadInput(String),
    /// A run or a check failed: exit 1.
    Failed(String),
    /// A worker process died under a round, which is therefore void and may be repeated: exit 1
    /// when it was not.
    WorkerDied(String),
    /// This machine has no room for what was to be measured, or whom was to be measured has no such
    /// thing; whoever measures leaves it out and says why. Exit 1 where nobody can.
    NoRoom(String),
    /// The user pressed Ctrl-C: exit 130, as a shell reports SIGINT.
    Interrupted,
}

impl LabError {
    /// A failure of `actor`, for the reason `why`.
    pub fn failed(actor: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Failed(format!("{actor}: {why}"))
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadInput(_) => 2,
            Self::Failed(_) | Self::WorkerDied(_) | Self::NoRoom(_) => 1,
            Self::Interrupted => 130,
        }
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadInput(line)
            | Self::Failed(line)
            | Self::WorkerDied(line)
            | Self::NoRoom(line) => out.write_str(line),
            Self::Interrupted => out.write_str("interrupted"),
        }
    }
}

impl std::error::Error for LabError {}

/// A job without an answer voids the round; a dead worker is worth another try.
impl From<JobError> for LabError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::WorkerDied { .. } => Self::WorkerDied(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<JoinError> for LabError {
    fn from(error: JoinError) -> Self {
        Self::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_line_and_its_exit_code_also_in_another_process() {
        for (error, line, code) in [
            (LabError::BadInput("no such workload: ip".into()), "no such workload: ip", 2),
            (LabError::failed("the server", "it left"), "the server: it left", 1),
            (LabError::WorkerDied("worker 7 was killed".into()), "worker 7 was killed", 1),
            (LabError::NoRoom("only 8 processes".into()), "only 8 processes", 1),
            (LabError::Interrupted, "interrupted", 130),
        ] {
            assert_eq!((error.to_string().as_str(), error.exit_code()), (line, code));
            let bytes = postcard::to_allocvec(&error).unwrap();
            assert_eq!(postcard::from_bytes::<LabError>(&bytes), Ok(error));
        }
    }
}
