//! Which item of a queue comes out next.
//!
//! Read next: [`ordered`](super::ordered).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// The items of a queue, in an order of their own.
///
/// The methods are called under the queue's lock: they must not use that queue. They may give the
/// global lock up, at a check point or in a blocking call: other threads wait for the queue with theirs
/// given up. A `push` or `pop` that panics fails the call that needed it, and the queue goes on with the
/// items that the order has then; `len` must not panic.
///
/// # Example: a queue that has its own idea
///
/// ```
/// use trainyard::threads::{Order, OrderedQueue};
///
/// /// Longest first.
/// #[derive(Default)]
/// struct Longest(Vec<String>);
///
/// impl Order<String> for Longest {
///     fn push(&mut self, item: String) {
///         self.0.push(item);
///         self.0.sort_by_key(String::len);
///     }
///     fn pop(&mut self) -> Option<String> {
///         self.0.pop()
///     }
///     fn len(&self) -> usize {
///         self.0.len()
///     }
/// }
///
/// let queue = OrderedQueue::<String, Longest>::new();
/// queue.put("abc".to_owned())?;
/// queue.put("abcdef".to_owned())?;
/// assert_eq!(queue.get()?, "abcdef");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Order<T>: Default {
    /// Adds an item.
    fn push(&mut self, item: T);

    /// Takes the item that is next, if there is one.
    fn pop(&mut self) -> Option<T>;

    /// Returns how many items there are.
    fn len(&self) -> usize;

    /// Tells whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// First in, first out.
#[derive(Debug)]
pub struct FirstIn<T>(VecDeque<T>);

/// Last in, first out.
#[derive(Debug)]
pub struct LastIn<T>(Vec<T>);

/// The smallest first.
#[derive(Debug)]
pub struct LeastFirst<T>(BinaryHeap<Reverse<T>>);

impl<T> Order<T> for FirstIn<T> {
    fn push(&mut self, item: T) {
        self.0.push_back(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop_front()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Order<T> for LastIn<T> {
    fn push(&mut self, item: T) {
        self.0.push(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: Ord> Order<T> for LeastFirst<T> {
    fn push(&mut self, item: T) {
        self.0.push(Reverse(item));
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop().map(|Reverse(item)| item)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Default for FirstIn<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Default for LastIn<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Default for LeastFirst<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}
