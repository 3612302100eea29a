//! What the global lock promises, each promise a test; the pool on it has `tests/threads.rs`.
//!
//! Where a promise is about order, the recorder is the witness: the test records, and replays the
//! recording through the model. Which policy keeps which law is for `tests/policies.rs`; every order
//! of steps for `tests/interleave.rs`.
//!
//! `TRAINYARD_STRESS` multiplies the turns of the storms, 1 if not set; `ci/toggle.sh` makes them
//! long.
#![expect(
    clippy::excessive_nesting,
    reason = "a scope, a thread and an attachment are three closures before anything happens"
)]

#[path = "lock/counting.rs"]
mod counting;
#[path = "lock/daemons.rs"]
mod daemons;
#[path = "lock/fairness.rs"]
mod fairness;
#[path = "lock/giving_up.rs"]
mod giving_up;
#[path = "lock/holding.rs"]
mod holding;
#[path = "lock/leftovers.rs"]
mod leftovers;
#[path = "lock/refusals.rs"]
mod refusals;
#[path = "lock/sections.rs"]
mod sections;
#[path = "lock/storms.rs"]
mod storms;
#[path = "lock/support.rs"]
mod support;
#[path = "lock/switching.rs"]
mod switching;
#[path = "lock/toggling.rs"]
mod toggling;
