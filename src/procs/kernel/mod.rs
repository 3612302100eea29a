//! The process pool itself: what has to be read to understand it. How a function call crosses, as
//! two offsets, stands apart in [`call`](crate::procs::call).
//!
//! Read in this order:
//!
//! | file | what it is |
//! | --- | --- |
//! | [`wire`] | the form in which values cross |
//! | [`frame`], [`stream`] | the unit in which the two sides talk, without and with a socket |
//! | [`child`] | the worker's side |
//! | [`spawn`] | the parent's side of a start |
//! | [`job`], [`worker`], [`slot`] | what the supervisor looks after |
//! | [`shared`], [`supervisor`] | how jobs reach it, and what it does with them |

pub(crate) mod child;
pub(crate) mod frame;
pub(crate) mod job;
pub(crate) mod shared;
pub(crate) mod slot;
pub(crate) mod spawn;
pub(crate) mod stream;
pub(crate) mod supervisor;
pub(crate) mod wire;
pub(crate) mod worker;
