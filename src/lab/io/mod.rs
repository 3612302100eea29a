//! The workload `io`: many small pages fetched over HTTP from another process.
//!
//! What the contenders share, bottom to top: [`http`] turns requests into bytes and bytes into
//! answers without touching a socket, so that blocking and cooperative contenders use the same
//! code; [`target`] is one URL, resolved before anything is timed, and what its answer must be;
//! [`session`] is the blocking client.
//!
//! The pages come from [`crate::lab::server`]. Read next: [`http`].

pub mod http;
pub mod session;
pub mod target;
