//! An explorer of step orders: every way in which a few scripts can interleave.
//!
//! "The operating system may switch threads in the middle of `x = x + 1`" is a claim about
//! orders, and the orders of a short program can simply be tried, all of them. Stress tests
//! try the likely ones, over and over, and do not notice a wake-up that is lost in an
//! unlikely one.
//!
//! # The life of one exploration
//!
//! 1. A *model* is any small value that can be cloned, hashed and compared: the shared
//!    memory, with each script's own registers in it. A *script* is a list of named steps,
//!    each one function that changes the model in one atomic act and says where the script
//!    goes from there: [`Step`].
//! 2. [`Explorer::explore`] starts with every script before its first step. From each state
//!    it tries the next step of every script that has one; each new state goes to the end of
//!    a queue.
//! 3. A state in which every script is done is an *outcome*. A state in which some script is
//!    not done and none can move is a deadlock. A state from which neither can be reached is
//!    a livelock.
//! 4. Each different outcome is reported once, with a shortest [`Schedule`] that leads to it.
//!    [`Explorer::check`] looks at the states while they are found and stops at the first
//!    that breaks a rule.
//!
//! # Invariants
//!
//! - **EXPLORE-1** A state is the model and the position of each script, nothing else; the
//!   steps are functions without captures. So a state that was seen once need not be tried
//!   twice, and loops end.
//! - **EXPLORE-2** States are numbered in the order of their distance from the start, so the
//!   way in which a state was first found is as short as any.
//! - **EXPLORE-3** A step that answers [`Step::Blocked`] has not happened.
//!
//! # `x = x + 1`, by two trains at once
//!
//! ```
//! use trainyard::interleave::{Ending, Explorer, Step};
//!
//! #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
//! struct Model {
//!     x: u32,
//!     register: [u32; 2], // each train has its own
//! }
//!
//! fn load<const TRAIN: usize>(model: &mut Model) -> Step {
//!     model.register[TRAIN] = model.x;
//!     Step::Next
//! }
//! fn add<const TRAIN: usize>(model: &mut Model) -> Step {
//!     model.register[TRAIN] += 1;
//!     Step::Next
//! }
//! fn store<const TRAIN: usize>(model: &mut Model) -> Step {
//!     model.x = model.register[TRAIN];
//!     Step::Done
//! }
//!
//! let report = Explorer::new(Model::default())
//!     .script("train A", &[("load", load::<0>), ("add", add::<0>), ("store", store::<0>)])
//!     .script("train B", &[("load", load::<1>), ("add", add::<1>), ("store", store::<1>)])
//!     .explore(|model| model.x)?;
//!
//! assert_eq!(report.schedules, Some(20)); // six steps, three of them A's
//! let lost = report.find(&Ending::Finished(1)).expect("an update can be lost");
//! assert_eq!(
//!     lost.to_string(),
//!     "   train A  train B\n\
//!      1  load\n\
//!      2  add\n\
//!      3           load\n\
//!      4  store\n\
//!      5           add\n\
//!      6           store\n"
//! );
//! // It goes well in two orders only: A before B, and B before A. There is no third outcome.
//! let well = report.outcomes.iter().find(|outcome| outcome.ending == Ending::Finished(2));
//! assert_eq!(well.and_then(|outcome| outcome.schedules), Some(2));
//! assert_eq!(report.outcomes.len(), 2);
//! # Ok::<(), trainyard::interleave::ExploreError>(())
//! ```
//!
//! # What it assumes
//!
//! Sequential consistency: a step sees all that earlier steps did, in their order. Real
//! processors and compilers promise less to atomics weaker than `SeqCst`, so what passes here
//! can still be wrong with too weak an ordering: that is a matter for loom's models and for
//! the proofs beside the code. And the model is only as good as its steps: two acts in one
//! step can never be seen apart.
//!
//! # Not here
//!
//! Partial-order reduction, symmetry, fairness: the protocols of this crate have a few
//! hundred states.
//!
//! Read next [`script`], then [`explore`], [`schedule`], [`check`].
#![forbid(unsafe_code)]

pub mod check;
pub mod error;
pub mod explore;
pub mod schedule;
pub mod script;
mod search;
#[cfg(test)]
mod tests;

pub use check::{CheckError, Checked, Violation, ensure};
pub use error::ExploreError;
pub use explore::{Ending, Exploration, Explorer, Outcome};
pub use schedule::Schedule;
pub use script::{Action, Step};
