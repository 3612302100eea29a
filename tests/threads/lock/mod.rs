//! What the global lock promises, each promise a test; the pool on it is in `pool`.
//!
//! Where a promise is about order, the recorder is the witness: the test records, and replays the
//! recording through the model. Which policy keeps which law is for `policies`; every order of
//! steps for `tests/interleave`.
//!
//! `TRAINYARD_STRESS` multiplies the turns of the storms, 1 if not set; `ci/toggle.sh` makes them
//! long.

mod counting;
mod daemons;
mod fairness;
mod giving_up;
mod holding;
mod leftovers;
mod refusals;
mod sections;
mod storms;
mod switching;
mod toggling;
