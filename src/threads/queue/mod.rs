//! Queues between threads: the counterparts of Python's `queue` module.
//!
//! | file | what is in it | Python |
//! | --- | --- | --- |
//! | [`order`] | which item comes out next | `_put`, `_get` of a subclass |
//! | [`error`](mod@error) | why nothing was put or got | `Full`, `Empty`, `ShutDown` |
//! | `state` | what the queue's lock guards | |
//! | [`ordered`] | the queue itself, for any order | `Queue` |
//! | [`simple`] | [`SimpleQueue`] | `SimpleQueue` |
//!
//! [`Queue`], [`LifoQueue`] and [`PriorityQueue`] are one queue with three orders.
//!
//! # Example: a producer, two consumers, and the end
//!
//! ```
//! use trainyard::threads::{Gil, Lock, Mode, Queue};
//!
//! let (gil, queue, sum) = (Gil::new(Mode::default()), Queue::bounded(4), Lock::new(0));
//! std::thread::scope(|scope| {
//!     for _ in 0..2 {
//!         scope.spawn(|| {
//!             gil.attach(|_| {
//!                 while let Ok(item) = queue.get() {
//!                     *sum.acquire() += item;
//!                 }
//!             });
//!         });
//!     }
//!     gil.attach(|_| {
//!         (1..=100).try_for_each(|item| queue.put(item)).expect("nobody has shut it down");
//!         queue.shutdown(); // the consumers get what is left, then an error
//!     });
//! });
//! assert_eq!(sum.into_inner(), 5050);
//! ```

pub mod error;
#[cfg(all(test, loom))]
mod models;
pub mod order;
pub mod ordered;
pub mod simple;
mod state;

pub use error::{GetError, PutError, ShutDown, TooManyDone};
pub use order::{FirstIn, LastIn, LeastFirst, Order};
pub use ordered::OrderedQueue;
pub use simple::SimpleQueue;

/// A queue whose items come out in the order in which they were put in.
pub type Queue<T> = OrderedQueue<T, FirstIn<T>>;

/// A queue whose items come out in the opposite order: the last one first.
pub type LifoQueue<T> = OrderedQueue<T, LastIn<T>>;

/// A queue whose smallest item comes out first; equal ones in any order, as in Python.
///
/// Items are compared under the queue's lock: a comparison must not use the same queue.
pub type PriorityQueue<T> = OrderedQueue<T, LeastFirst<T>>;
