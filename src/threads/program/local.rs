//! A value for each thread: the counterpart of `threading.local`.
//!
//! # The life of one value
//!
//! 1. A thread asks for it the first time: it is made, in that thread, by the closure of the
//!    [`Local`].
//! 2. The thread finds it each time that it asks again; nobody else can reach it.
//! 3. It is dropped in its thread: when the thread ends, still attached to its global lock; or when the
//!    thread first asks for another value after the `Local` was dropped.
//!
//! What a thread has is in a table of its own, by the number of the `Local`, so that there may be as
//! many as there are objects that want one; `thread_local!` is for statics.
//!
//! # Not here
//!
//! Dropping the values of other threads along with the `Local`, as Python does: they need not be
//! `Send`.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// A value for each thread that asks for it.
///
/// # Example: each thread counts for itself
///
/// ```
/// use trainyard::threads::Local;
///
/// let count = Local::new(|| 0);
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             (0..3).for_each(|_| count.with(|count| *count += 1));
///             assert_eq!(count.with(|count| *count), 3);
///         });
///     }
/// });
/// assert_eq!(count.with(|count| *count), 0);
/// ```
pub struct Local<T> {
    number: u64,
    make: Box<dyn Fn() -> T + Send + Sync>,
    /// Lives as long as the `Local`; whoever has a value sees by it that the `Local` is gone.
    lives: Arc<()>,
}

struct Value {
    value: Rc<dyn Any>,
    lives: Weak<()>,
}

thread_local! {
    static VALUES: RefCell<HashMap<u64, Value>> = RefCell::new(HashMap::new());
}

impl<T: 'static> Local<T> {
    /// Creates one whose values are made by `make`, each in its thread.
    pub fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // ORDER: Relaxed; a plain counter.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { number, make: Box::new(make), lives: Arc::new(()) }
    }

    /// Runs `visit` with this thread's value.
    ///
    /// # Panics
    ///
    /// Panics if it is called inside itself, for the same `Local`; or by a destructor, when the
    /// thread's locals are gone. Passes on a panic of `make` or `visit`.
    pub fn with<R>(&self, visit: impl FnOnce(&mut T) -> R) -> R {
        let known = VALUES
            .with(|values| values.borrow().get(&self.number).map(|value| Rc::clone(&value.value)));
        let value = known.unwrap_or_else(|| self.make());
        let cell = value.downcast_ref::<RefCell<T>>().expect("a number belongs to one `Local`");
        visit(&mut cell.borrow_mut())
    }

    /// Makes this thread's value, and drops those of which the `Local` is gone.
    fn make(&self) -> Rc<dyn Any> {
        // Foreign code: it may ask for another `Local`, so the table is not borrowed.
        let value: Rc<dyn Any> = Rc::new(RefCell::new((self.make)()));
        let entry = Value { value: Rc::clone(&value), lives: Arc::downgrade(&self.lives) };
        let gone: Vec<Value> = VALUES.with(|values| {
            let mut values = values.borrow_mut();
            let gone = values.extract_if(|_, value| value.lives.strong_count() == 0);
            let gone = gone.map(|(_, value)| value).collect();
            values.insert(self.number, entry);
            gone
        });
        drop(gone);
        value
    }
}

/// Drops every value of this thread, which is about to end.
pub(super) fn drop_all() {
    // A destructor may ask for a value, which is then dropped with the thread's other locals.
    let values = VALUES.try_with(|values| std::mem::take(&mut *values.borrow_mut()));
    drop(values);
}

impl<T: Default + 'static> Default for Local<T> {
    /// Creates one whose values begin as their type's default.
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T> fmt::Debug for Local<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Local").field("number", &self.number).finish_non_exhaustive()
    }
}
