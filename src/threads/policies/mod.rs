//! Two more rules for the lock, which CPython does not have: [`Priority`], and [`Fifo`].
//!
//! CPython's own, [`Timed`](super::Timed) and [`Ticks`](super::Ticks), are in the kernel, with the
//! trait that all of them implement. Every simple rule for such a lock has a case in which it fails;
//! each file says which, and the examples `policy_priority` and `policy_fifo` show it.
//!
//! | rules | who is served | what goes wrong |
//! | --- | --- | --- |
//! | `Timed` | whoever waits longest in vain asks | each call costs a thread one interval beside one that computes |
//! | `Ticks` | whoever is quickest | no waiter is ever sure of its turn |
//! | [`Priority`] | who waits for something, before who computes | many short waits starve a thread that computes |
//! | [`Fifo`] | who came first | the lock lies idle while each next holder wakes up |

mod fifo;
mod priority;

pub use fifo::Fifo;
pub use priority::Priority;
